package guard

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/aws/jsii-runtime-go/runtime"
)

// A validator is CDK's, of which some things are put right: its findings name
// their stacks, it fails where the CLI looks, and that it did not finish is a
// finding, which the CLI does not go on from.
type validator struct {
	awscdk.CloudFormationValidatePlugin
	// CDK's own findings are to be warnings, as in an app without the guard.
	lenient bool
}

func newValidator(lenient bool, rules []*awscdk.ValidationRuleSource) (v *validator, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("guard: CDK does not take the rules; each source is Rego, with a package: %v", r)
		}
	}()
	v = &validator{lenient: lenient}
	awscdk.NewCloudFormationValidatePlugin_Override(v, &awscdk.CloudFormationValidatePluginProps{RegoRules: &rules})
	return v, nil
}

// Validate overrides the method of CDK.
func (v *validator) Validate(context awscdk.IPolicyValidationContext) (report *awscdk.PolicyValidationPluginReport) {
	defer func() {
		if r := recover(); r != nil {
			report = reportOf([]*awscdk.PolicyViolation{unfinished(fmt.Sprint(r))})
		}
	}()
	report, err := v.report(context)
	if err != nil {
		return reportOf([]*awscdk.PolicyViolation{unfinished(err.Error())})
	}
	return report
}

func (v *validator) report(context awscdk.IPolicyValidationContext) (*awscdk.PolicyValidationPluginReport, error) {
	assembly := *context.AppConstruct().(awscdk.App).Outdir()
	found, err := v.findings(context, assembly)
	if err != nil {
		return nil, err
	}
	stacks := map[string]stack{}
	if err := readStacks(assembly, false, stacks); err != nil {
		return nil, err
	}
	return v.rewrite(found, stacks), nil
}

// findings are those of CDK's validator, as one value. As the struct that the
// method returns, each field of each finding would be a call of its own, and in
// a method that is called from JavaScript some three thousand are too many.
func (v *validator) findings(context awscdk.IPolicyValidationContext, assembly string) ([]*awscdk.PolicyViolation, error) {
	var reference constructs.IConstruct // to an object of whatever type
	runtime.Invoke(v.CloudFormationValidatePlugin, "validate", []any{context}, &reference)
	// An App of no further use: a Stack can copy what the reference is to.
	app := awscdk.NewApp(&awscdk.AppProps{Outdir: &assembly, AutoSynth: jsii.Bool(false)})
	copier := awscdk.NewStack(app, nil, nil)
	text, err := json.Marshal(copier.Resolve(reference))
	if err != nil {
		return nil, err
	}
	var report struct{ Violations []*awscdk.PolicyViolation }
	return report.Violations, json.Unmarshal(text, &report)
}

// A stack as the manifest of an assembly has it.
type stack struct {
	path    string // of constructs
	account string // "unknown-account" if it can be any
	nested  bool   // in the assembly of a Stage
}

// readStacks adds the stacks of an assembly and those that are nested in it, by
// template.
// https://github.com/aws/aws-cdk-cli/blob/main/packages/%40aws-cdk/cloud-assembly-schema/schema/cloud-assembly.schema.json
func readStacks(assembly string, nested bool, stacks map[string]stack) error {
	text, err := os.ReadFile(filepath.Join(assembly, "manifest.json"))
	if err != nil {
		return err
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
		return err
	}
	for id, artifact := range manifest.Artifacts {
		switch artifact.Type {
		case "aws:cloudformation:stack":
			path := artifact.DisplayName
			if path == "" {
				path = id
			}
			account, _, _ := strings.Cut(strings.TrimPrefix(artifact.Environment, "aws://"), "/")
			stacks[filepath.Join(assembly, artifact.Properties.TemplateFile)] = stack{path, account, nested}
		case "cdk:cloud-assembly":
			if err := readStacks(filepath.Join(assembly, artifact.Properties.DirectoryName), true, stacks); err != nil {
				return err
			}
		}
	}
	return nil
}

// rewrite makes the report of CDK's findings.
func (v *validator) rewrite(found []*awscdk.PolicyViolation, stacks map[string]stack) *awscdk.PolicyValidationPluginReport {
	violations := []*awscdk.PolicyViolation{}
	unread := maps.Clone(stacks)
	for _, f := range found {
		switch {
		case *f.RuleName == "Guard-Read":
			for _, resource := range *f.ViolatingResources {
				delete(unread, *resource.TemplatePath)
			}
		case ours(f):
			violations = append(violations, byStack(f, stacks)...)
		default:
			if v.lenient && ofCDK.MatchString(*f.RuleName) {
				f.Severity = jsii.String("warning")
			}
			violations = append(violations, f)
		}
	}
	for _, template := range slices.Sorted(maps.Keys(unread)) {
		violations = append(violations, unfinished("CDK's validator cannot read that of stack "+unread[template].path))
	}
	return reportOf(violations)
}

func reportOf(violations []*awscdk.PolicyViolation) *awscdk.PolicyValidationPluginReport {
	success := !slices.ContainsFunc(violations, func(f *awscdk.PolicyViolation) bool {
		return *f.Severity == "error" || *f.Severity == "fatal"
	})
	return &awscdk.PolicyValidationPluginReport{Success: &success, Violations: &violations}
}

// ours is true of a finding of the guard's, whose locations have four lines: see
// byStack.
func ours(f *awscdk.PolicyViolation) bool {
	locations := (*f.ViolatingResources)[0].Locations
	return strings.HasPrefix(*f.RuleName, "Guard-") && len(*locations) == 1 && strings.Count(*(*locations)[0], "\n") == 3
}

// ofCDK matches the ids of the rules that come with CDK.
var ofCDK = regexp.MustCompile(`^([A-Z]\d{4}|CDK-.+)$`)

// noPart matches what a part of an id does not have.
var noPart = regexp.MustCompile(`[^A-Za-z0-9_-]+`)

// byStack makes a finding of each stack of one of the guard's. The location of
// a resource is its property path, what is wrong, the cure, and the accounts in
// which it is not wrong, each on a line.
func byStack(f *awscdk.PolicyViolation, stacks map[string]stack) []*awscdk.PolicyViolation {
	rule, id, _ := strings.Cut(*f.RuleName, ".")
	var list []*awscdk.PolicyViolation
	seen := map[string]bool{}
	for _, resource := range *f.ViolatingResources {
		lines := strings.SplitN(*(*resource.Locations)[0], "\n", 4)
		in := stacks[*resource.TemplatePath]
		if lines[3] != "" && (in.account == "unknown-account" || strings.Contains(lines[3], in.account)) {
			continue
		}
		finding := strings.Join(append([]string{in.path}, lines[:3]...), "\n")
		if seen[finding] {
			continue
		}
		seen[finding] = true
		resource.Locations = &[]*string{&lines[0]}
		if in.nested {
			// The CLI looks at no stack of a Stage unless it is asked for. It
			// does at what is in no stack that it knows.
			resource.ResourceLogicalId = jsii.String(in.path + "/" + *resource.ResourceLogicalId)
		}
		list = append(list, &awscdk.PolicyViolation{
			RuleName:           jsii.String(rule + "." + noPart.ReplaceAllString(in.path, "-") + "." + id),
			Description:        jsii.String(strings.TrimPrefix(lines[0], "Properties.") + ": " + lines[1]),
			Fix:                &lines[2],
			Severity:           f.Severity,
			ViolatingResources: &[]*awscdk.PolicyViolatingResource{resource},
		})
	}
	return list
}

// unfinished is fatal, which CDK lets nobody acknowledge.
func unfinished(reason string) *awscdk.PolicyViolation {
	return &awscdk.PolicyViolation{
		RuleName:    jsii.String("Guard-Unfinished"),
		Description: jsii.String("the templates were not validated: " + reason),
		Fix:         jsii.String("report this with the template; CDK_VALIDATION=false synthesizes without validation"),
		Severity:    jsii.String("fatal"),
		// The CLI prints a finding once for each resource.
		ViolatingResources: &[]*awscdk.PolicyViolatingResource{{Locations: &[]*string{}}},
	}
}
