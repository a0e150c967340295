package recipes_test

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/pipelines"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdklabs/cdk-nag-go/cdknag/v2"

	"example.com/shared-queue/publisher"
)

// An account outside of the OU sends, for a reason. Its role must exist before.
func partner(app awscdk.App) {
	stack := owner(app)
	orders := newOrders(stack)

	role := awsiam.NewArnPrincipal(jsii.String("arn:aws:iam::999999999999:role/partner"))
	check(orders.Open("orders of our partner, ticket 1234", func() {
		orders.Queue.GrantSendMessages(role)
	}))
}

// A pipeline deploys the queue to one account and a sender to another.
func pipeline(app awscdk.App) {
	tools := stack(app, "pipeline", "777777777777")
	deploy := pipelines.NewCodePipeline(tools, jsii.String("Pipeline"), &pipelines.CodePipelineProps{
		CrossAccountKeys: jsii.Bool(true),
		Synth: pipelines.NewShellStep(jsii.String("Synth"), &pipelines.ShellStepProps{
			Input: pipelines.CodePipelineSource_Connection(jsii.String("example/orders"), jsii.String("main"), &pipelines.ConnectionSourceOptions{
				ConnectionArn: jsii.String("arn:aws:codeconnections:us-east-1:777777777777:connection/11111111-2222-3333-4444-555555555555"),
			}),
			Commands: jsii.Strings("npm ci", "npx cdk synth"),
		}),
	})

	live := awscdk.NewStage(app, jsii.String("Live"), nil)
	newOrders(owner(live))
	_, err := publisher.NewRole(sender(live), "Sender", &publisher.RoleProps{
		RoleName: "orders-sender", AssumedBy: principals("lambda.amazonaws.com"), Queue: orders,
	})
	check(err)
	deploy.AddStage(live, nil)
}

// Two queues in one stack, with one consumer.
func twoQueues(app awscdk.App) {
	stack := owner(app)
	orders, invoices := newQueue(stack, "orders"), newQueue(stack, "invoices")

	worker := function(stack, "Worker", nil)
	must(orders.GrantConsume(worker))
	must(invoices.GrantConsume(worker))
}

// A queue in a nested stack, whose consumer is outside of it.
func nestedStack(app awscdk.App) {
	stack := owner(app)
	orders := newQueue(awscdk.NewNestedStack(stack, jsii.String("Queues"), nil), "orders")

	must(orders.GrantConsume(function(stack, "Worker", nil)))
}

// A company has a boundary for all roles, a bootstrap and tags of its own, and a
// plugin that looks at all templates.
func company(app awscdk.App) {
	live := awscdk.NewStage(app, jsii.String("Live"), &awscdk.StageProps{
		PermissionsBoundary: awscdk.PermissionsBoundary_FromName(jsii.String("${Qualifier}-boundary")),
	})
	stack := awscdk.NewStack(live, jsii.String("orders"), &awscdk.StackProps{
		Env:         &awscdk.Environment{Account: jsii.String("111111111111"), Region: jsii.String("us-east-1")},
		Synthesizer: awscdk.NewDefaultStackSynthesizer(&awscdk.DefaultStackSynthesizerProps{Qualifier: jsii.String("company")}),
	})
	orders := newOrders(stack)
	must(orders.GrantConsume(function(stack, "Worker", nil)))

	awscdk.Tags_Of(app).Add(jsii.String("costs"), jsii.String("4711"), nil)
	awscdk.Aspects_Of(app).Add(&retain{}, nil)
	awscdk.Validations_Of(app).AddPlugins(&everythingIsFine{})
}

// retain is an aspect that keeps all roles.
type retain struct{ _ byte }

func (*retain) Visit(node constructs.IConstruct) {
	if role, ok := node.(awsiam.CfnRole); ok {
		role.ApplyRemovalPolicy(awscdk.RemovalPolicy_RETAIN, nil)
	}
}

// everythingIsFine is a plugin of a company.
type everythingIsFine struct{ _ byte }

func (*everythingIsFine) Name() *string       { return jsii.String("company") }
func (*everythingIsFine) Version() *string    { return jsii.String("1.0.0") }
func (*everythingIsFine) RuleIds() *[]*string { return nil }
func (*everythingIsFine) Validate(awscdk.IPolicyValidationContext) *awscdk.PolicyValidationPluginReport {
	return &awscdk.PolicyValidationPluginReport{Success: jsii.Bool(true), Violations: &[]*awscdk.PolicyViolation{}}
}

// cdk-nag's rules for AWS solutions: of a sender, one finding is to be suppressed.
func nag(app awscdk.App) {
	newOrders(owner(app))
	role, err := publisher.NewRole(sender(app), "Sender", &publisher.RoleProps{
		RoleName: "orders-sender", AssumedBy: principals("lambda.amazonaws.com"), Queue: orders,
	})
	check(err)

	awscdk.Aspects_Of(app).Add(cdknag.NewAwsSolutionsChecks(nil), nil)
	cdknag.NagSuppressions_AddResourceSuppressions(role, &[]*cdknag.NagPackSuppression{{
		Id:        jsii.String("AwsSolutions-IAM5"),
		Reason:    jsii.String("the key's id is not known here; kms:ResourceAliases narrows key/* to the one key with the alias"),
		AppliesTo: &[]any{"Resource::arn:aws:kms:us-east-1:111111111111:key/*"},
	}}, jsii.Bool(true))
}

func Example_partner()     { run(partner) }
func Example_pipeline()    { run(pipeline) }
func Example_twoQueues()   { run(twoQueues) }
func Example_nestedStack() { run(nestedStack) }
func Example_company()     { run(company) }
func Example_nag()         { run(nag) }
