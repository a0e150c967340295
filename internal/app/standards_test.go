package app

import (
	"bytes"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/jsii-runtime-go"

	"example.com/shared-queue/internal/cdktest"
)

// What a company asks of all of its apps is in the templates: a permissions boundary
// and a bootstrap of its own in the context, aspects that add tags and another boundary.
// Who can do what with boundaries is a matter of package access.
func TestStandardsOfACompany(t *testing.T) {
	company := cdktest.NewApp(t)
	company.Node().SetContext(jsii.String("@aws-cdk/core:permissionsBoundary"), map[string]any{"name": "${Qualifier}-boundary"})
	company.Node().SetContext(jsii.String("@aws-cdk/core:bootstrapQualifier"), "company")
	awscdk.Tags_Of(company).Add(jsii.String("costs"), jsii.String("4711"), nil)
	environments := exampleEnvironments(t)[:1]
	if err := Define(company, environments); err != nil {
		t.Fatal(err)
	}
	events := company.Node().FindChild(jsii.String("dev-publisher-events"))
	boundary := awsiam.NewManagedPolicy(awscdk.Stack_Of(events), jsii.String("Boundary"), &awsiam.ManagedPolicyProps{
		Statements: &[]awsiam.PolicyStatement{awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Actions:   jsii.Strings("sqs:SendMessage", "kms:*"),
			Resources: jsii.Strings("*"),
		})},
	})
	awsiam.PermissionsBoundary_Of(events).Apply(boundary)

	templates, _ := cdktest.Synth(t, company)
	if !bytes.Contains(templates["dev-shared"].Bytes, []byte("/cdk-bootstrap/company/version")) {
		t.Error("the bootstrap is another")
	}
	for stack, want := range map[string]string{
		"dev-publisher-web":    `"arn:aws:iam::222222222222:policy/company-boundary"`,
		"dev-publisher-events": `{"Ref": "Boundary8C1A2D7D"}`,
	} {
		got := templates[stack].Get("Resources", roleID, "Properties", "PermissionsBoundary")
		if reference, ok := cdktest.Get(got, "Ref").(string); ok && strings.HasPrefix(reference, "Boundary") {
			continue // of its stack
		}
		cdktest.Same(t, got, want)
	}
}
