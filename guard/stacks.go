package guard

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"example.com/shared-queue/guard/internal/rules"
	"example.com/shared-queue/guard/internal/template"
)

// A stack as the manifest of an assembly has it, or one that is nested in it.
type stack struct {
	file            string // its template
	path            string // of constructs
	account, region string // empty if it can be any
	inStage         bool   // in the assembly of a Stage
	ofCDK           bool   // CDK knows the resources of the template
}

// readStacks are the stacks of an assembly and of those nested in it, by template.
// https://github.com/aws/aws-cdk-cli/blob/main/packages/%40aws-cdk/cloud-assembly-schema/schema/cloud-assembly.schema.json
func readStacks(assembly string, inStage bool) ([]stack, error) {
	text, err := os.ReadFile(filepath.Join(assembly, "manifest.json"))
	if err != nil {
		return nil, err
	}
	var manifest struct {
		Artifacts map[string]struct {
			Type        string
			DisplayName string
			Environment string // aws://account/Region
			Properties  struct{ TemplateFile, DirectoryName string }
		}
	}
	if err := json.Unmarshal(text, &manifest); err != nil {
		return nil, err
	}
	var stacks []stack
	for _, id := range slices.Sorted(maps.Keys(manifest.Artifacts)) {
		artifact := manifest.Artifacts[id]
		switch artifact.Type {
		case "aws:cloudformation:stack":
			path := artifact.DisplayName
			if path == "" {
				path = id
			}
			account, region, _ := strings.Cut(strings.TrimPrefix(artifact.Environment, "aws://"), "/")
			stacks = append(stacks, stack{
				file: filepath.Join(assembly, artifact.Properties.TemplateFile), path: path, inStage: inStage, ofCDK: true,
				account: known(account, "unknown-account"), region: known(region, "unknown-region"),
			})
		case "cdk:cloud-assembly":
			inner, err := readStacks(filepath.Join(assembly, artifact.Properties.DirectoryName), true)
			if err != nil {
				return nil, err
			}
			stacks = append(stacks, inner...)
		}
	}
	return stacks, nil
}

func known(name, unknown string) string {
	if name == unknown {
		return ""
	}
	return name
}

func (s stack) read() (*template.Template, error) {
	text, err := os.ReadFile(s.file)
	if err != nil {
		return nil, err
	}
	return template.Parse(text, s.path, s.account, s.region)
}

// A nested is a resource that deploys another template, as nested stacks and stack
// sets do.
type nested struct{ id, what, property string }

func nestedIn(t *template.Template) (list []nested) {
	for _, id := range slices.Sorted(maps.Keys(t.Resources)) {
		properties, _ := t.Resources[id].Properties.(map[string]any)
		if properties["TemplateURL"] == nil {
			continue
		}
		switch t.Resources[id].Type {
		case "AWS::CloudFormation::Stack":
			list = append(list, nested{id, "a nested stack", "TemplateURL"})
		case "AWS::CloudFormation::StackSet":
			list = append(list, nested{id, "a stack set", "TemplateURL"})
		}
	}
	return list
}

// templates are the files of an assembly that nested stacks can be of, by digest.
type templates struct {
	assembly string
	files    map[string]string
}

// digests match the digest of an asset, by which CDK names its object.
var digests = regexp.MustCompile(`[0-9a-f]{64}`)

// file is the template that the URL is of, empty if it is none of the assembly.
func (all *templates) file(url any) (string, error) {
	if all.files == nil {
		all.files = map[string]string{}
		if err := filepath.WalkDir(all.assembly, all.add); err != nil {
			return "", err
		}
	}
	text, err := json.Marshal(url)
	if err != nil {
		return "", err
	}
	for _, digest := range digests.FindAllString(string(text), -1) {
		if file, ok := all.files[digest]; ok {
			return file, nil
		}
	}
	return "", nil
}

func (all *templates) add(path string, entry os.DirEntry, err error) error {
	switch {
	case err != nil:
		return err
	case entry.IsDir() && strings.HasPrefix(entry.Name(), "asset."): // the code of a function, or the like
		return filepath.SkipDir
	case strings.HasPrefix(entry.Name(), "asset."):
		if digest := digests.FindString(entry.Name()); digest != "" {
			all.files[digest] = path
		}
	case strings.HasSuffix(entry.Name(), ".template.json"): // that of a NestedStack, whose digest is that of its bytes
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		digest := sha256.Sum256(text)
		all.files[hex.EncodeToString(digest[:])] = path
	}
	return nil
}

// open reads the template of a nested stack, with what the parent passes. There is
// a finding if nothing is to be seen of it.
func (all *templates) open(parent stack, t *template.Template, n nested) (stack, *template.Template, *rules.Finding, error) {
	properties := t.Resources[n.id].Properties.(map[string]any)
	unseen := func(why string) *rules.Finding {
		return &rules.Finding{
			Rule: "Guard-Unreadable", Resource: n.id, Path: "Properties." + n.property,
			Name:    rules.NameOf(properties[n.property]),
			Message: fmt.Sprintf("the template of %s %s, so that nothing can be seen of the policies in it", n.what, why),
			Cure:    "make the stack with awscdk.NewNestedStack, or include its template by cloudformationinclude.NewCfnInclude; or acknowledge this when the template is reviewed",
		}
	}
	file, err := all.file(properties[n.property])
	if err != nil {
		return stack{}, nil, nil, err
	}
	if file == "" {
		return stack{}, nil, unseen("is at a URL, not in the app"), nil
	}
	inner := parent
	inner.file, inner.path, inner.ofCDK = file, parent.path+"/"+n.id, strings.HasSuffix(file, ".nested.template.json")
	if n.what == "a stack set" { // which deploys to other accounts and Regions
		inner.account, inner.region = "", ""
	}
	innerTemplate, err := inner.read()
	if err != nil {
		return stack{}, nil, unseen(fmt.Sprintf("cannot be read (%v)", err)), nil
	}
	innerTemplate.Nest(t, n.id)
	return inner, innerTemplate, nil, nil
}
