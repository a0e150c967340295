package guard

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
)

// A validator is CDK's, of which some things are put right: its findings name
// their stacks, it fails where the CLI looks, and that it did not finish is a
// finding, which the CLI does not go on from.
type validator struct {
	awscdk.CloudFormationValidatePlugin
	// CDK's own findings are to be warnings, as in an app without the guard.
	lenient bool
}

func newValidator(lenient bool, rules []*awscdk.ValidationRuleSource) *validator {
	v := &validator{lenient: lenient}
	awscdk.NewCloudFormationValidatePlugin_Override(v, &awscdk.CloudFormationValidatePluginProps{RegoRules: &rules})
	return v
}

// Validate overrides the method of CDK.
func (v *validator) Validate(context awscdk.IPolicyValidationContext) (report *awscdk.PolicyValidationPluginReport) {
	defer func() {
		if r := recover(); r != nil {
			report = unfinished(fmt.Sprint(r))
		}
	}()
	report = v.CloudFormationValidatePlugin.Validate(context)
	if len(*report.Violations) == 0 {
		return report
	}
	stacks := map[string]string{} // paths of constructs by file
	for _, s := range *context.StackTemplates() {
		stacks[*s.TemplatePath] = *s.StackConstructPath
	}
	return v.rewrite(*report.Violations, stacks, *context.AppConstruct().(awscdk.App).Outdir())
}

// rewrite makes the report of CDK's findings in an assembly.
func (v *validator) rewrite(found []*awscdk.PolicyViolation, stacks map[string]string, assembly string) *awscdk.PolicyValidationPluginReport {
	var violations []*awscdk.PolicyViolation
	success := true
	for _, f := range found {
		if strings.HasPrefix(*f.RuleName, "Guard-") {
			violations = append(violations, byStack(f, stacks, assembly)...)
			success = false
			continue
		}
		if v.lenient && ofCDK.MatchString(*f.RuleName) {
			f.Severity = jsii.String("warning")
		}
		if *f.Severity == "error" || *f.Severity == "fatal" {
			success = false
		}
		violations = append(violations, f)
	}
	return &awscdk.PolicyValidationPluginReport{Success: &success, Violations: &violations}
}

// ofCDK matches the ids of the rules that come with CDK.
var ofCDK = regexp.MustCompile(`^([A-Z]\d{4}|CDK-.+)$`)

// byStack makes a finding of each stack of one of the guard's. The location of
// a resource is its property path, and what is wrong and the cure, each on a
// line.
func byStack(f *awscdk.PolicyViolation, stacks map[string]string, assembly string) []*awscdk.PolicyViolation {
	rule, id, _ := strings.Cut(*f.RuleName, ".")
	var list []*awscdk.PolicyViolation
	for _, resource := range *f.ViolatingResources {
		lines := strings.SplitN(*(*resource.Locations)[0], "\n", 3)
		stack := stacks[*resource.TemplatePath]
		resource.Locations = &[]*string{&lines[0]}
		if filepath.Dir(*resource.TemplatePath) != assembly {
			// The CLI looks at no stack of a Stage unless it is asked for. It
			// does at what is in no stack that it knows.
			resource.ResourceLogicalId = jsii.String(stack + "/" + *resource.ResourceLogicalId)
		}
		list = append(list, &awscdk.PolicyViolation{
			RuleName:           jsii.String(rule + "." + strings.ReplaceAll(stack, "/", "-") + "." + id),
			Description:        jsii.String(strings.TrimPrefix(lines[0], "Properties.") + ": " + lines[1]),
			Fix:                &lines[2],
			Severity:           f.Severity,
			ViolatingResources: &[]*awscdk.PolicyViolatingResource{resource},
		})
	}
	return list
}

// unfinished is fatal, which CDK lets nobody acknowledge.
func unfinished(reason string) *awscdk.PolicyValidationPluginReport {
	return &awscdk.PolicyValidationPluginReport{
		Success: jsii.Bool(false),
		Violations: &[]*awscdk.PolicyViolation{{
			RuleName:    jsii.String("Guard-Unfinished"),
			Description: jsii.String("the templates were not validated: " + reason),
			Fix:         jsii.String("report this with the template; CDK_VALIDATION=false synthesizes without validation"),
			Severity:    jsii.String("fatal"),
			// The CLI prints a finding once for each resource.
			ViolatingResources: &[]*awscdk.PolicyViolatingResource{{Locations: &[]*string{}}},
		}},
	}
}
