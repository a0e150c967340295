package verify

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
)

// An assembly is all that an app has synthesized, the assemblies of its Stages
// included.
type assembly struct {
	templates []*template
	metadata  []metadata
	exports   map[string]output // by account, Region and name
	outputs   map[string]output // by account, Region, stack and name
}

// A template is that of a stack or of one that is nested in it.
type template struct {
	file    string
	stack   string // path of constructs
	account string // empty if it can be any
	region  string
	inStage bool

	// Of a nested stack: the template that nests it, and what its parameters are
	// there.
	parent     *template
	parameters map[string]any
	nested     map[string]*template // by logical id

	Resources map[string]resource
	Outputs   map[string]struct {
		Value  any
		Export struct{ Name any }
	}
}

type resource struct {
	Type       string
	Properties map[string]any
}

// An output is a value that other templates may refer to.
type output struct {
	of    *template
	value any
}

// A metadata entry of a construct.
type metadata struct {
	construct string
	of        *template
	Type      string
	Data      json.RawMessage
}

// unknown is how CDK writes an account or Region that it does not know.
const unknown = "unknown-"

// read reads the assembly in the folder.
func read(folder string) (*assembly, error) {
	a := &assembly{exports: map[string]output{}, outputs: map[string]output{}}
	return a, a.add(folder, false)
}

// An artifact of a manifest.
// https://github.com/aws/aws-cdk-cli/blob/main/packages/%40aws-cdk/cloud-assembly-schema/schema/cloud-assembly.schema.json
type artifact struct {
	Type                   string
	DisplayName            string
	Environment            string // aws://account/Region
	Dependencies           []string
	Metadata               map[string][]metadata
	AdditionalMetadataFile string
	Properties             struct{ TemplateFile, DirectoryName, StackName, File string }
}

func (a *assembly) add(folder string, inStage bool) error {
	var manifest struct{ Artifacts map[string]artifact }
	if err := readJSON(filepath.Join(folder, "manifest.json"), &manifest); err != nil {
		return err
	}
	for id, found := range manifest.Artifacts {
		switch found.Type {
		case "aws:cloudformation:stack":
			if err := a.addStack(folder, id, found, inStage, manifest.Artifacts); err != nil {
				return err
			}
		case "cdk:cloud-assembly":
			if err := a.add(filepath.Join(folder, found.Properties.DirectoryName), true); err != nil {
				return err
			}
		}
	}
	return nil
}

func (a *assembly) addStack(folder, id string, found artifact, inStage bool, all map[string]artifact) error {
	t := &template{file: filepath.Join(folder, found.Properties.TemplateFile), stack: found.DisplayName, inStage: inStage}
	if t.stack == "" {
		t.stack = id
	}
	account, region, _ := strings.Cut(strings.TrimPrefix(found.Environment, "aws://"), "/")
	if !strings.HasPrefix(account, unknown) {
		t.account = account
	}
	if !strings.HasPrefix(region, unknown) {
		t.region = region
	}
	name := found.Properties.StackName
	if name == "" {
		name = id
	}
	if err := a.addTemplate(t, name); err != nil {
		return err
	}
	entries := []map[string][]metadata{found.Metadata}
	if found.AdditionalMetadataFile != "" {
		var more map[string][]metadata
		if err := readJSON(filepath.Join(folder, found.AdditionalMetadataFile), &more); err != nil {
			return err
		}
		entries = append(entries, more)
	}
	for _, by := range entries {
		for construct, list := range by {
			for _, entry := range list {
				entry.construct, entry.of = strings.TrimPrefix(construct, "/"), t
				a.metadata = append(a.metadata, entry)
			}
		}
	}
	for _, dependency := range found.Dependencies {
		if file := all[dependency].Properties.File; all[dependency].Type == "cdk:asset-manifest" {
			if err := a.addNested(folder, file, t); err != nil {
				return err
			}
		}
	}
	return nil
}

// addNested adds the templates of nested stacks, which are assets of the stack.
func (a *assembly) addNested(folder, file string, parent *template) error {
	var assets struct {
		Files map[string]struct{ Source struct{ Path string } }
	}
	if err := readJSON(filepath.Join(folder, file), &assets); err != nil {
		return err
	}
	parents := []*template{parent}
	for hash, asset := range assets.Files {
		if strings.HasSuffix(asset.Source.Path, ".nested.template.json") {
			nested := &template{
				file: filepath.Join(folder, asset.Source.Path), stack: parent.stack,
				account: parent.account, region: parent.region, inStage: parent.inStage,
			}
			if err := a.addTemplate(nested, hash); err != nil {
				return err
			}
			parents = append(parents, nested)
		}
	}
	for hash, asset := range assets.Files {
		for _, nested := range parents[1:] {
			if nested.file == filepath.Join(folder, asset.Source.Path) {
				nested.adopt(hash, parents)
			}
		}
	}
	return nil
}

// adopt finds the resource that nests the template, by the hash in its URL.
func (t *template) adopt(hash string, parents []*template) {
	for _, parent := range parents {
		for id, r := range parent.Resources {
			if r.Type != "AWS::CloudFormation::Stack" {
				continue
			}
			url, err := json.Marshal(r.Properties["TemplateURL"])
			if err == nil && bytes.Contains(url, []byte(hash)) {
				t.parent = parent
				t.parameters, _ = r.Properties["Parameters"].(map[string]any)
				if parent.nested == nil {
					parent.nested = map[string]*template{}
				}
				parent.nested[id] = t
			}
		}
	}
}

func (a *assembly) addTemplate(t *template, stackName string) error {
	if err := readJSON(t.file, t); err != nil {
		return err
	}
	a.templates = append(a.templates, t)
	env := t.account + " " + t.region + " "
	for id, o := range t.Outputs {
		a.outputs[env+stackName+" "+id] = output{t, o.Value}
		if name, ok := o.Export.Name.(string); ok {
			a.exports[env+name] = output{t, o.Value}
		}
	}
	return nil
}

func readJSON(file string, into any) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, into)
}
