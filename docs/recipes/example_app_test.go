package recipes_test

import (
	"log"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/assertions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/jsii-runtime-go"

	"example.com/shared-queue/address"
	"example.com/shared-queue/guard"
	"example.com/shared-queue/shared"
)

// The README's app: the body of its function main, which begins with
// defer jsii.Close().
func Example_app() {
	app := awscdk.NewApp(nil)
	if err := guard.Enable(app); err != nil {
		log.Fatal(err)
	}
	stack := awscdk.NewStack(app, jsii.String("orders"), &awscdk.StackProps{
		Env: &awscdk.Environment{Account: jsii.String("111111111111"), Region: jsii.String("us-east-1")},
	})
	dev, err := address.ParsePath("o-abc1234567/r-wxyz/ou-wxyz-jklm1dev/ou-wxyz-km23jdev")
	if err != nil {
		log.Fatal(err)
	}
	orders, err := shared.NewQueue(stack, "Orders", &shared.QueueProps{
		QueueName: "orders",
		KeyAlias:  "orders",
		Senders:   []address.Path{dev},
	})
	if err != nil {
		log.Fatal(err)
	}
	worker := awsiam.NewRole(stack, jsii.String("Worker"), &awsiam.RoleProps{
		AssumedBy: awsiam.NewServicePrincipal(jsii.String("lambda.amazonaws.com"), nil),
	})
	if _, err := orders.GrantConsume(worker); err != nil { // a role of the same account
		log.Fatal(err)
	}
	app.Synth(nil)
}

// A unit test of an app: CDK's assertions synthesize it, and so the queue is
// verified too.
func TestOrders(t *testing.T) {
	app := awscdk.NewApp(nil)
	stack := owner(app)
	newOrders(stack)

	template := assertions.Template_FromStack(stack, nil)
	template.ResourceCountIs(jsii.String("AWS::KMS::Key"), jsii.Number(1))
	template.HasResourceProperties(jsii.String("AWS::SQS::Queue"), map[string]any{
		"QueueName":      "orders",
		"KmsMasterKeyId": assertions.Match_AnyValue(),
	})
	template.HasResourceProperties(jsii.String("AWS::KMS::Key"), map[string]any{
		"KeyPolicy": map[string]any{"Statement": assertions.Match_ArrayWith(&[]any{
			assertions.Match_ObjectLike(&map[string]any{"Condition": map[string]any{
				"ForAnyValue:StringLike": map[string]any{"aws:PrincipalOrgPaths": "o-abc1234567/r-wxyz/ou-wxyz-jklm1dev/*"},
				"StringEquals":           assertions.Match_AnyValue(),
			}}),
		})},
	})
}
