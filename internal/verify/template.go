package verify

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"path"
	"strings"

	"example.com/shared-queue/internal/assembly"
)

// An app is all that was synthesized, with the Stages and nested stacks.
type app struct {
	templates []*template
	metadata  []metadata
	exports   map[string]output // by account, Region and name
	outputs   map[string]output // by account, Region, stack and name
}

// A template is that of a stack or of one that is nested in it.
type template struct {
	assembly.Stack
	resources map[string]resource

	// Of a nested stack: the template that nests it, and what its parameters are
	// there.
	parent     *template
	parameters map[string]any
	nested     map[string]*template // by logical id
}

type resource struct {
	Type       string
	properties map[string]any
}

// An output is a value that other templates may refer to.
type output struct {
	of    *template
	value any
}

// A metadata entry of a construct, and the template of its stack.
type metadata struct {
	assembly.Entry
	of *template
}

// inStage reports whether the template is in the assembly of a Stage.
func (t *template) inStage() bool { return strings.Contains(t.File, "/") }

// read reads the assembly in the folder.
func read(folder fs.FS) (*app, error) {
	stacks, err := assembly.Read(folder)
	if err != nil {
		return nil, err
	}
	a := &app{exports: map[string]output{}, outputs: map[string]output{}}
	for _, stack := range stacks {
		t := a.add(stack)
		for _, entry := range stack.Metadata {
			a.metadata = append(a.metadata, metadata{entry, t})
		}
		if err := a.addNested(folder, t); err != nil {
			return nil, err
		}
	}
	return a, nil
}

func (a *app) add(stack assembly.Stack) *template {
	t := &template{Stack: stack, resources: map[string]resource{}, nested: map[string]*template{}}
	a.templates = append(a.templates, t)
	resources, _ := stack.Template["Resources"].(map[string]any)
	for id, value := range resources {
		object, _ := value.(map[string]any)
		kind, _ := object["Type"].(string)
		properties, _ := object["Properties"].(map[string]any)
		t.resources[id] = resource{kind, properties}
	}
	env := t.Account + " " + t.Region + " "
	outputs, _ := stack.Template["Outputs"].(map[string]any)
	for id, value := range outputs {
		object, _ := value.(map[string]any)
		a.outputs[env+t.Name+" "+id] = output{t, object["Value"]}
		export, _ := object["Export"].(map[string]any)
		if name, ok := export["Name"].(string); ok {
			a.exports[env+name] = output{t, object["Value"]}
		}
	}
	return t
}

// addNested adds the templates of nested stacks, which are assets of the stack.
func (a *app) addNested(folder fs.FS, parent *template) error {
	text, err := fs.ReadFile(folder, strings.TrimSuffix(parent.File, ".template.json")+".assets.json")
	if errors.Is(err, fs.ErrNotExist) {
		return nil // a synthesizer without assets
	}
	if err != nil {
		return err
	}
	var assets struct {
		Files map[string]struct{ Source struct{ Path string } }
	}
	if err := json.Unmarshal(text, &assets); err != nil {
		return err
	}
	family, hashes := []*template{parent}, []string{""}
	for hash, asset := range assets.Files {
		if !strings.HasSuffix(asset.Source.Path, ".nested.template.json") {
			continue
		}
		stack := parent.Stack
		stack.Name, stack.File, stack.Template = hash, path.Join(path.Dir(parent.File), asset.Source.Path), nil
		text, err := fs.ReadFile(folder, stack.File)
		if err == nil {
			err = json.Unmarshal(text, &stack.Template)
		}
		if err != nil {
			return err
		}
		family, hashes = append(family, a.add(stack)), append(hashes, hash)
	}
	for i, t := range family[1:] {
		t.adopt(hashes[i+1], family)
	}
	return nil
}

// adopt finds the resource that nests the template, by the hash in its URL.
func (t *template) adopt(hash string, family []*template) {
	for _, parent := range family {
		for id, r := range parent.resources {
			url, err := json.Marshal(r.properties["TemplateURL"])
			if r.Type == "AWS::CloudFormation::Stack" && err == nil && bytes.Contains(url, []byte(hash)) {
				t.parent, parent.nested[id] = parent, t
				t.parameters, _ = r.properties["Parameters"].(map[string]any)
			}
		}
	}
}
