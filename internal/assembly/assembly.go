// Package assembly reads the folder that cdk synth writes: its stacks, with their
// templates and the metadata of their constructs.
package assembly

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Prefix is what the types of this project's metadata begin with.
const Prefix = "shared-queue:"

// A Stack is one of an assembly, or of an assembly inside it, as a Stage has.
type Stack struct {
	Path     string // of its construct, like Live/Orders
	Name     string // in CloudFormation
	Account  string // empty if the app does not say
	Region   string
	File     string // of its template, in the folder
	Template map[string]any
	Metadata []Entry

	// Nested are the stacks that are nested in it, by the logical id of the resource that
	// nests them. Their names are made up, and they have no metadata of their own.
	Nested map[string]Stack
}

// An Entry is what a construct of this project has written about itself.
type Entry struct {
	Path string // of the construct, like Live/Orders/Queue
	Type string // begins with Prefix
	Data json.RawMessage
}

// The parts of a manifest that are read.
// https://github.com/aws/aws-cdk-cli/blob/main/packages/%40aws-cdk/cloud-assembly-schema/schema/cloud-assembly.schema.json
type (
	manifest struct {
		Artifacts map[string]artifact `json:"artifacts"`
	}
	artifact struct {
		Type         string             `json:"type"`
		Environment  string             `json:"environment,omitempty"` // aws://account/region
		Properties   properties         `json:"properties"`
		DisplayName  string             `json:"displayName,omitempty"`
		Metadata     map[string][]entry `json:"metadata,omitempty"`
		MetadataFile string             `json:"additionalMetadataFile,omitempty"`
	}
	properties struct {
		TemplateFile string            `json:"templateFile,omitempty"`
		StackName    string            `json:"stackName,omitempty"`
		Directory    string            `json:"directoryName,omitempty"`
		Protected    bool              `json:"terminationProtection,omitempty"`
		Tags         map[string]string `json:"tags,omitempty"`
	}
	entry struct {
		Type string          `json:"type"`
		Data json.RawMessage `json:"data"`
	}
)

const (
	manifestFile = "manifest.json"
	stackType    = "aws:cloudformation:stack"
	nestedType   = "cdk:cloud-assembly"
)

// Read reads all stacks, sorted by path.
func Read(folder fs.FS) ([]Stack, error) {
	stacks, err := read(folder, ".")
	slices.SortFunc(stacks, func(a, b Stack) int { return cmp.Compare(a.Path, b.Path) })
	return stacks, err
}

func read(folder fs.FS, at string) ([]Stack, error) {
	m, err := readManifest(folder, at)
	if err != nil {
		return nil, err
	}
	var stacks []Stack
	for id, a := range m.Artifacts {
		switch a.Type {
		case nestedType:
			inner, err := read(folder, path.Join(at, a.Properties.Directory))
			if err != nil {
				return nil, err
			}
			stacks = append(stacks, inner...)
		case stackType:
			stack, err := readStack(folder, at, id, a)
			if err != nil {
				return nil, err
			}
			stacks = append(stacks, stack)
		}
	}
	return stacks, nil
}

// readManifest reads an assembly's manifest, with the metadata of this project that
// stands in files beside it.
func readManifest(folder fs.FS, at string) (manifest, error) {
	var m manifest
	text, err := fs.ReadFile(folder, path.Join(at, manifestFile))
	if errors.Is(err, fs.ErrNotExist) {
		return m, fmt.Errorf("no %s: it is no folder that cdk synth has written: %w", manifestFile, err)
	}
	if err != nil {
		return m, err
	}
	if err := json.Unmarshal(text, &m); err != nil {
		return m, fmt.Errorf("%s: %w", path.Join(at, manifestFile), err)
	}
	for id, a := range m.Artifacts {
		if a.MetadataFile != "" {
			more := map[string][]entry{}
			if err := readJSON(folder, path.Join(at, a.MetadataFile), &more); err != nil {
				return m, err
			}
			for construct, entries := range a.Metadata {
				more[construct] = append(more[construct], entries...)
			}
			a.Metadata, a.MetadataFile = more, ""
		}
		for construct, entries := range a.Metadata {
			a.Metadata[construct] = slices.DeleteFunc(entries, func(e entry) bool { return !strings.HasPrefix(e.Type, Prefix) })
			if len(a.Metadata[construct]) == 0 {
				delete(a.Metadata, construct)
			}
		}
		m.Artifacts[id] = a
	}
	return m, nil
}

func readStack(folder fs.FS, at, id string, a artifact) (Stack, error) {
	account, region, _ := strings.Cut(strings.TrimPrefix(a.Environment, "aws://"), "/")
	name := cmp.Or(a.Properties.StackName, id)
	s := Stack{
		Path: id, Name: name, File: path.Join(at, a.Properties.TemplateFile),
		Account: known(account, "unknown-account"), Region: known(region, "unknown-region"),
	}
	if a.DisplayName != "" { // the construct's path, and a name that differs from it
		s.Path, _, _ = strings.Cut(a.DisplayName, " ")
	}
	for _, construct := range slices.Sorted(maps.Keys(a.Metadata)) {
		for _, e := range a.Metadata[construct] {
			s.Metadata = append(s.Metadata, Entry{strings.TrimPrefix(construct, "/"), e.Type, e.Data})
		}
	}
	if err := readJSON(folder, s.File, &s.Template); err != nil {
		return s, err
	}
	nested, err := nestedTemplates(folder, s)
	if err != nil {
		return s, err
	}
	s.adopt(nested)
	return s, nil
}

// nestedTemplates are the stacks that are nested in the stack, however deep, by the
// hashes of their templates: they are assets of the stack.
func nestedTemplates(folder fs.FS, parent Stack) (map[string]Stack, error) {
	var assets struct {
		Files map[string]struct{ Source struct{ Path string } }
	}
	err := readJSON(folder, strings.TrimSuffix(parent.File, ".template.json")+".assets.json", &assets)
	if err != nil && !errors.Is(err, fs.ErrNotExist) { // a synthesizer may have none
		return nil, err
	}
	nested := map[string]Stack{}
	for hash, asset := range assets.Files {
		if !strings.HasSuffix(asset.Source.Path, ".nested.template.json") {
			continue
		}
		s := parent
		s.Name, s.File, s.Template, s.Metadata = hash, path.Join(path.Dir(parent.File), asset.Source.Path), nil, nil
		if err := readJSON(folder, s.File, &s.Template); err != nil {
			return nil, err
		}
		nested[hash] = s
	}
	return nested, nil
}

// adopt finds the resources that nest the templates, by the hashes in their URLs.
func (s *Stack) adopt(templates map[string]Stack) {
	s.Nested = nil
	resources, _ := s.Template["Resources"].(map[string]any)
	for id, value := range resources {
		resource, _ := value.(map[string]any)
		properties, _ := resource["Properties"].(map[string]any)
		url, err := json.Marshal(properties["TemplateURL"])
		if resource["Type"] != "AWS::CloudFormation::Stack" || err != nil {
			continue
		}
		for hash, nested := range templates {
			if bytes.Contains(url, []byte(hash)) {
				nested.adopt(templates)
				if s.Nested == nil {
					s.Nested = map[string]Stack{}
				}
				s.Nested[id] = nested
			}
		}
	}
}

// known is the value, empty if it is what CDK writes where it does not know one.
func known(value, unknown string) string {
	if value == unknown {
		return ""
	}
	return value
}

func readJSON(folder fs.FS, file string, into any) error {
	text, err := fs.ReadFile(folder, file)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, into); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}

// Files are what is worth a review and differs only if the app does: the templates,
// byte by byte, and a manifest of the stacks alone, with their account, Region, tags,
// termination protection and the metadata of this project. Read reads them too.
func Files(folder fs.FS) (map[string][]byte, error) {
	files := map[string][]byte{}
	return files, addFiles(files, folder, ".")
}

func addFiles(files map[string][]byte, folder fs.FS, at string) error {
	m, err := readManifest(folder, at)
	if err != nil {
		return err
	}
	for id, a := range m.Artifacts {
		switch a.Type {
		case nestedType:
			if err := addFiles(files, folder, path.Join(at, a.Properties.Directory)); err != nil {
				return err
			}
		case stackType:
			file := path.Join(at, a.Properties.TemplateFile)
			if files[file], err = fs.ReadFile(folder, file); err != nil {
				return err
			}
		default:
			delete(m.Artifacts, id)
		}
	}
	var text bytes.Buffer
	out := json.NewEncoder(&text)
	out.SetIndent("", " ")
	out.SetEscapeHTML(false)
	if err := out.Encode(m); err != nil {
		return err
	}
	files[path.Join(at, manifestFile)] = text.Bytes()
	return nil
}

// Replace writes the files to the folder, and removes all other templates and manifests
// there.
func Replace(folder string, files map[string][]byte) error {
	old, err := Files(os.DirFS(folder))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for file := range old {
		if err := os.Remove(filepath.Join(folder, filepath.FromSlash(file))); err != nil {
			return err
		}
	}
	for file, text := range files {
		name := filepath.Join(folder, filepath.FromSlash(file))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(name, text, 0o644); err != nil {
			return err
		}
	}
	return nil
}
