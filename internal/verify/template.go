package verify

import (
	"io/fs"
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
		a.addNested(t)
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

// addNested adds the stacks that are nested in the template's.
func (a *app) addNested(parent *template) {
	for id, stack := range parent.Nested {
		t := a.add(stack)
		t.parent, parent.nested[id] = parent, t
		t.parameters, _ = parent.resources[id].properties["Parameters"].(map[string]any)
		a.addNested(t)
	}
}
