package guard_test

import (
	"log"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"

	"example.com/shared-queue/guard"
)

// Right after NewApp: cdk synth fails on whatever opens a queue or key.
func ExampleEnable() {
	app := awscdk.NewApp(nil)
	if err := guard.Enable(app); err != nil {
		log.Fatal(err)
	}
	awssqs.NewQueue(awscdk.NewStack(app, jsii.String("Dev"), nil), jsii.String("Queue"), nil)
	app.Synth(nil)
}

// Rules of your own go with the guard's.
func ExampleEnable_ownRules() {
	app := awscdk.NewApp(nil)
	err := guard.Enable(app, &awscdk.ValidationRuleSource{
		Name: jsii.String("queues.rego"),
		Content: jsii.String(`package queues

import rego.v1

violation contains make_diag_at("Own-Retention", "ERROR", name, "Properties", "messages are kept for four days only") if {
	some name, resource in input.resources
	resource.resourceType == "AWS::SQS::Queue"
	not resource.properties.MessageRetentionPeriod
}
`),
	})
	if err != nil {
		log.Fatal(err)
	}
	app.Synth(nil)
}

// To let one statement pass, acknowledge the id that the report prints.
func ExampleEnable_acknowledge() {
	app := awscdk.NewApp(nil)
	if err := guard.Enable(app); err != nil {
		log.Fatal(err)
	}
	queue := awssqs.NewQueue(awscdk.NewStack(app, jsii.String("Dev"), nil), jsii.String("Queue"), nil)
	awscdk.Validations_Of(queue).Acknowledge(&awscdk.Acknowledgment{
		Id:     jsii.String("CloudFormation-Validate::Guard-PlainHTTP.Dev.QueuePolicy25439813.LegacySend"),
		Reason: jsii.String("the sender is a device that has no TLS; ticket 1234"),
	})
	app.Synth(nil)
}
