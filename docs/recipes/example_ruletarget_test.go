package recipes_test

import (
	"log"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/jsii-runtime-go"

	"example.com/shared-queue/address"
	"example.com/shared-queue/publisher"
	"example.com/shared-queue/publisher/ruletarget"
)

// With package ruletarget, a rule of a publisher's account sends its events to the
// shared queue of another account, as a role that EventBridge assumes.
func Example_ruleTarget() {
	app := awscdk.NewApp(nil)
	stack := awscdk.NewStack(app, jsii.String("events"), &awscdk.StackProps{
		Env: &awscdk.Environment{Account: jsii.String("555555555555"), Region: jsii.String("us-east-1")},
	})
	work := address.Queue{Region: "us-east-1", Account: "111111111111", Name: "shared-app-work", Alias: "shared-app"}
	events, err := address.ParsePrincipal("events.amazonaws.com")
	if err != nil {
		log.Fatal(err)
	}
	sender, err := publisher.NewRole(stack, "Sender", &publisher.RoleProps{
		RoleName:  "shared-app-events",
		AssumedBy: []address.Principal{events},
		Queue:     work,
	})
	if err != nil {
		log.Fatal(err)
	}
	target, err := ruletarget.New(sender.Role, work, nil)
	if err != nil {
		log.Fatal(err)
	}
	awsevents.NewRule(stack, jsii.String("Uploads"), &awsevents.RuleProps{
		EventPattern: &awsevents.EventPattern{Source: jsii.Strings("aws.s3"), DetailType: jsii.Strings("Object Created")},
		Targets:      &[]awsevents.IRuleTarget{target},
	})
	app.Synth(nil)
}
