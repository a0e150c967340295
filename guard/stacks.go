package guard

import (
	"bytes"
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

// A stack of an assembly, or one that is nested in it.
type stack struct {
	file            string // its template
	path            string // of constructs
	account, region string // empty if it can be any
	inStage         bool   // in the assembly of a Stage
	ofCDK           bool   // CDK knows the resources of the template
	template        *template.Template
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

// templates are the files of an assembly that nested stacks can be of, by digest.
type templates struct {
	assembly string
	files    map[string][]string
}

// digests match the digest of an asset, by which CDK names its object.
var digests = regexp.MustCompile(`[0-9a-f]{64}`)

// file is the template that a resource of the stack deploys from the URL, empty if
// it is none of the assembly.
func (all *templates) file(url any, s stack, resource string) (string, error) {
	if all.files == nil {
		all.files = map[string][]string{}
		if err := filepath.WalkDir(all.assembly, all.add); err != nil {
			return "", err
		}
	}
	text, err := json.Marshal(url)
	if err != nil {
		return "", err
	}
	for _, digest := range digests.FindAllString(string(text), -1) {
		if files := all.files[digest]; len(files) > 0 {
			return slices.MaxFunc(files, func(one, other string) int { return s.likeness(one, resource) - s.likeness(other, resource) }), nil
		}
	}
	return "", nil
}

// likeness is how many characters the file's name shares, from its beginning, with the
// name that CDK gives to the template of the NestedStack. Of nested stacks with the same
// template, each has a file of its own.
func (s stack) likeness(file, resource string) int {
	folder, base := filepath.Split(s.file)
	stem, _, _ := strings.Cut(base, ".")
	name := folder + hash.ReplaceAllString(stem, "") + resource
	n := 0
	for n < len(name) && n < len(file) && name[n] == file[n] {
		n++
	}
	return n
}

// hash matches the end that CDK gives to names.
var hash = regexp.MustCompile(`[0-9A-F]{8}$`)

func (all *templates) add(path string, entry os.DirEntry, err error) error {
	switch {
	case err != nil:
		return err
	case entry.IsDir() && strings.HasPrefix(entry.Name(), "asset."): // the code of a function, or similar
		return filepath.SkipDir
	case strings.HasPrefix(entry.Name(), "asset."):
		if digest := digests.FindString(entry.Name()); digest != "" {
			all.files[digest] = append(all.files[digest], path)
		}
	case strings.HasSuffix(entry.Name(), ".nested.template.json"): // whose digest is that of its JSON without spaces
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		var compact bytes.Buffer
		if err := json.Compact(&compact, text); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		digest := sha256.Sum256(compact.Bytes())
		name := hex.EncodeToString(digest[:])
		all.files[name] = append(all.files[name], path)
	}
	return nil
}

// deploys are the resource types that deploy another template, and the property
// that says where it is.
var deploys = map[string]struct{ what, property string }{
	"AWS::CloudFormation::Stack":    {"a nested stack", "TemplateURL"},
	"AWS::CloudFormation::StackSet": {"a stack set", "TemplateURL"},
	"AWS::Serverless::Application":  {"a serverless application", "Location"},
}

// nestedIn are the stacks that a stack deploys, and findings where nothing is to be
// seen of one.
func (all *templates) nestedIn(s stack) (stacks []stack, unseen []rules.Finding, err error) {
	for _, id := range slices.Sorted(maps.Keys(s.template.Resources)) {
		r := s.template.Resources[id]
		deploys, ok := deploys[r.Type]
		properties, _ := r.Properties.(map[string]any)
		url := properties[deploys.property]
		if !ok || url == nil {
			continue
		}
		file, err := all.file(url, s, id)
		if err != nil {
			return nil, nil, err
		}
		inner, why := s.inner(id, file)
		if why != "" {
			unseen = append(unseen, rules.Finding{
				Rule: "Guard-Unreadable", Resource: id, Path: "Properties." + deploys.property, Name: rules.NameOf(url),
				Message: fmt.Sprintf("the template of %s %s, so that nothing can be seen of the policies in it", deploys.what, why),
				Cure: "make the stack with awscdk.NewNestedStack, or include its template by cloudformationinclude.NewCfnInclude;" +
					" or acknowledge this when the template is reviewed",
			})
			continue
		}
		if r.Type == "AWS::CloudFormation::StackSet" { // to other accounts and Regions
			inner.template.Account, inner.template.Region = "", ""
		}
		inner.template.Nest(s.template, id)
		stacks = append(stacks, inner)
	}
	return stacks, unseen, nil
}

// inner is the stack that a resource deploys from a file of the assembly, or why it
// cannot be seen.
func (s stack) inner(resource, file string) (inner stack, why string) {
	if file == "" {
		return stack{}, "is at a URL, not in the app"
	}
	inner = s
	inner.file, inner.path = file, s.path+"/"+resource
	inner.ofCDK = strings.HasSuffix(file, ".nested.template.json")
	var err error
	if inner.template, err = inner.read(); err != nil {
		return stack{}, fmt.Sprintf("cannot be read (%v)", err)
	}
	return inner, ""
}
