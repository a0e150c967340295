package guard

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/aws/jsii-runtime-go/runtime"

	"example.com/shared-queue/guard/internal/rules"
	"example.com/shared-queue/guard/internal/template"
)

// validator wraps CDK's validator and adds two things: the findings of the guard's
// rules, and one that the CLI does not go on from if the validation did not finish.
type validator struct {
	awscdk.CloudFormationValidatePlugin
	cdkFindingsStayWarnings bool // as in an app without the guard
	ownRules                bool
}

func newValidator(cdkFindingsStayWarnings bool, own []*awscdk.ValidationRuleSource) (v *validator, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("guard: CDK does not take the rules; each source is Rego, with a package: %v", r)
		}
	}()
	v = &validator{cdkFindingsStayWarnings: cdkFindingsStayWarnings, ownRules: len(own) > 0}
	if v.ownRules {
		own = append(own, &awscdk.ValidationRuleSource{Name: jsii.String("read.rego"), Content: jsii.String(readRule)})
	}
	awscdk.NewCloudFormationValidatePlugin_Override(v, &awscdk.CloudFormationValidatePluginProps{RegoRules: &own})
	return v, nil
}

// readRule has one finding in each template that the rules of the app have seen.
// Of a template that it cannot read, CDK's engine has findings of its own alone.
const readRule = `package guard

import rego.v1

violation contains make_diag_full("Guard-Read", "WARN", "", "", "the rules have seen the template", "", "")
`

// Validate overrides the method of CDK.
func (v *validator) Validate(context awscdk.IPolicyValidationContext) (report *awscdk.PolicyValidationPluginReport) {
	defer func() {
		if r := recover(); r != nil {
			report = reportOf([]*awscdk.PolicyViolation{unfinished(fmt.Sprint(r))})
		}
	}()
	violations, err := v.violations(context)
	if err != nil {
		violations = append(violations, unfinished(err.Error()))
	}
	return reportOf(violations)
}

func (v *validator) violations(context awscdk.IPolicyValidationContext) ([]*awscdk.PolicyViolation, error) {
	assembly := *context.AppConstruct().(awscdk.App).Outdir()
	stacks, err := readStacks(assembly, false)
	if err != nil {
		return nil, err
	}
	found, err := v.findings(context, assembly)
	if err != nil {
		return nil, err
	}
	violations := v.ofOthers(found, stacks)
	ours, err := judge(stacks, &templates{assembly: assembly})
	return append(violations, ours...), err
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

// ofCDK matches the ids of the rules that come with CDK.
var ofCDK = regexp.MustCompile(`^([A-Z]\d{4}|CDK-.+)$`)

// ofOthers are the findings of CDK's rules and the app's own.
func (v *validator) ofOthers(found []*awscdk.PolicyViolation, stacks []stack) (violations []*awscdk.PolicyViolation) {
	unread := map[string]string{}
	for _, s := range stacks {
		if v.ownRules {
			unread[s.file] = s.path
		}
	}
	for _, f := range found {
		if *f.RuleName == "Guard-Read" {
			for _, resource := range *f.ViolatingResources {
				delete(unread, *resource.TemplatePath)
			}
			continue
		}
		if v.cdkFindingsStayWarnings && ofCDK.MatchString(*f.RuleName) {
			f.Severity = jsii.String("warning")
		}
		violations = append(violations, f)
	}
	for _, file := range slices.Sorted(maps.Keys(unread)) {
		violations = append(violations, unfinished("CDK's validator cannot read that of stack "+unread[file]))
	}
	return violations
}

// judge has the findings of the guard's rules in stacks and those nested in them.
func judge(stacks []stack, files *templates) (violations []*awscdk.PolicyViolation, err error) {
	var all []*template.Template
	for i := range stacks {
		if stacks[i].template, err = stacks[i].read(); err != nil {
			return nil, fmt.Errorf("stack %s: %w", stacks[i].path, err)
		}
		all = append(all, stacks[i].template)
	}
	template.Link(all)
	for i := 0; i < len(stacks); i++ { // which grows
		inner, unseen, err := files.nestedIn(stacks[i])
		if err != nil {
			return nil, fmt.Errorf("stack %s: %w", stacks[i].path, err)
		}
		stacks = append(stacks, inner...)
		for _, f := range unseen {
			violations = append(violations, stacks[i].violation(f))
		}
	}
	all = nil
	for _, s := range stacks {
		all = append(all, s.template)
	}
	for i, found := range rules.Check(all...) {
		for _, f := range found {
			violations = append(violations, stacks[i].violation(f))
		}
	}
	return violations, nil
}

// noPart matches the characters that a part of an id does not have.
var noPart = regexp.MustCompile(`[^A-Za-z0-9_-]+`)

func (s stack) violation(f rules.Finding) *awscdk.PolicyViolation {
	resource := &awscdk.PolicyViolatingResource{
		ResourceLogicalId: jsii.String(f.Resource),
		TemplatePath:      jsii.String(s.file),
		Locations:         &[]*string{jsii.String(f.Path)},
	}
	if s.inStage || !s.ofCDK {
		// The CLI drops findings in a stack of a Stage that it was not asked for. It
		// keeps those in a construct whose stack it does not know.
		resource.ResourceLogicalId = jsii.String(s.path + "/" + f.Resource)
	}
	return &awscdk.PolicyViolation{
		RuleName:           jsii.String(strings.Join([]string{f.Rule, noPart.ReplaceAllString(s.path, "-"), f.Resource, f.Name}, ".")),
		Description:        jsii.String(strings.TrimPrefix(f.Path, "Properties.") + ": " + f.Message),
		Fix:                jsii.String(f.Cure),
		Severity:           jsii.String("error"),
		ViolatingResources: &[]*awscdk.PolicyViolatingResource{resource},
	}
}

func reportOf(violations []*awscdk.PolicyViolation) *awscdk.PolicyValidationPluginReport {
	if violations == nil {
		violations = []*awscdk.PolicyViolation{}
	}
	success := !slices.ContainsFunc(violations, func(f *awscdk.PolicyViolation) bool {
		return *f.Severity == "error" || *f.Severity == "fatal"
	})
	return &awscdk.PolicyValidationPluginReport{Success: &success, Violations: &violations}
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
