package app

import (
	"bytes"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/jsii-runtime-go"

	"example.com/shared-queue/internal/cdktest"
	"example.com/shared-queue/proof/access"
)

// What a company asks of all of its apps changes no decision, and is shown: a
// permissions boundary and a bootstrap of its own in the context, aspects that add
// tags and another boundary.
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

	a := &app{environments: environments}
	a.templates, a.manifest = cdktest.Synth(t, company)
	checkAccess(t, a)
	if !bytes.Contains(a.templates["dev-shared"].Bytes, []byte("/cdk-bootstrap/company/version")) {
		t.Error("the bootstrap is another")
	}
	table := a.matrix.Markdown(allMutants)
	for _, row := range []string{
		"| Publisher role web (bounded by arn:aws:iam::222222222222:policy/company-boundary, which is not known here and may allow less) | **send** |",
		"| Publisher role events (bounded by a policy of its stack) | **send** |",
	} {
		if !strings.Contains(table, row) {
			t.Errorf("no row %s", row)
		}
	}

	// A boundary takes away what it does not allow.
	template := clone(a.templates["dev-publisher-events"].JSON)
	for _, id := range a.templates["dev-publisher-events"].IDs("AWS::IAM::ManagedPolicy") {
		set(map[string]any{"Effect": "Allow", "Action": "kms:*", "Resource": "*"}, "Resources", id, "Properties", "PolicyDocument", "Statement")(nil, template)
	}
	templates := decoded(a)
	templates["dev-publisher-events"] = template
	world, err := access.Policies(environments, templates)
	if err != nil {
		t.Fatal(err)
	}
	matrix := access.NewMatrix(environments)
	if err := matrix.Decide(evaluator(t), world); err != nil {
		t.Fatal(err)
	}
	for _, d := range matrix.Decisions() {
		if d.Who == "Publisher role events" && d.Operation == access.Send && d.Got {
			t.Errorf("it sends against its boundary: %s", d)
		}
	}
}
