package guard

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
)

// A validator is CDK's with one thing added: that it did not finish is a finding.
// CDK reports it as a failure without findings, and the CLI, which looks for
// findings, goes on to deploy.
type validator struct {
	awscdk.CloudFormationValidatePlugin
}

func newValidator(rules []*awscdk.ValidationRuleSource) *validator {
	v := &validator{}
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
	return v.CloudFormationValidatePlugin.Validate(context)
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
