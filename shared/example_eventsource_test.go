package shared_test

import (
	"log"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambdaeventsources"
	"github.com/aws/jsii-runtime-go"

	"example.com/shared-queue/address"
	"example.com/shared-queue/shared"
	"example.com/shared-queue/shared/eventsource"
)

// With package eventsource, a function works on the messages, and another on the
// dead letters.
func Example_eventSource() {
	app := awscdk.NewApp(nil)
	stack := awscdk.NewStack(app, jsii.String("orders"), &awscdk.StackProps{
		Env: &awscdk.Environment{Account: jsii.String("111111111111"), Region: jsii.String("us-east-1")},
	})
	dev, err := address.ParsePath("o-abc1234567/r-wxyz/ou-wxyz-jklm1dev")
	if err != nil {
		log.Fatal(err)
	}
	queue, err := shared.NewQueue(stack, "Orders", &shared.QueueProps{
		QueueName: "orders", KeyAlias: "orders", Senders: []address.Path{dev},
	})
	if err != nil {
		log.Fatal(err)
	}
	function := func(id, handler string) awslambda.Function {
		return awslambda.NewFunction(stack, &id, &awslambda.FunctionProps{
			Runtime: awslambda.Runtime_NODEJS_24_X(),
			Handler: &handler,
			Code:    awslambda.Code_FromInline(jsii.String("exports.work = exports.report = async () => {}")),
		})
	}
	worker, reporter := function("Worker", "index.work"), function("Reporter", "index.report")

	if _, err := eventsource.Add(queue, worker, &awslambdaeventsources.SqsEventSourceProps{
		ReportBatchItemFailures: jsii.Bool(true),
		MaxConcurrency:          jsii.Number(10),
	}); err != nil {
		log.Fatal(err)
	}
	if _, err := eventsource.AddDeadLetter(queue, reporter, nil); err != nil {
		log.Fatal(err)
	}
	app.Synth(nil)
}

// A role reads dead letters and moves them back when their cause is mended.
func ExampleQueue_GrantConsumeDeadLetters() {
	stack := exampleStack()
	dev, err := address.ParsePath("o-abc1234567/r-wxyz/ou-wxyz-jklm1dev")
	if err != nil {
		log.Fatal(err)
	}
	queue, err := shared.NewQueue(stack, "Orders", &shared.QueueProps{
		QueueName: "orders", KeyAlias: "orders", Senders: []address.Path{dev},
	})
	if err != nil {
		log.Fatal(err)
	}
	operator := awsiam.Role_FromRoleName(stack, jsii.String("Operator"), jsii.String("orders-operator"), nil)

	if _, err := queue.GrantConsumeDeadLetters(operator); err != nil {
		log.Fatal(err)
	}
	if _, err := queue.GrantRedrive(operator); err != nil {
		log.Fatal(err)
	}
}
