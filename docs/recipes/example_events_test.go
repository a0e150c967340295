package recipes_test

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awseventstargets"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awspipes"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsscheduler"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsschedulertargets"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"

	"example.com/shared-queue/publisher"
	"example.com/shared-queue/publisher/ruletarget"
)

// A rule of the queue's account sends as EventBridge. With ruletarget.New, as in
// ruleElsewhere, it sends as a role, and needs no Open.
func ruleBeside(app awscdk.App) {
	stack := owner(app)
	orders := newOrders(stack)

	check(orders.Open("uploads of this account", func() {
		awsevents.NewRule(stack, jsii.String("Uploads"), &awsevents.RuleProps{
			EventPattern: &awsevents.EventPattern{Source: jsii.Strings("aws.s3"), DetailType: jsii.Strings("Object Created")},
			Targets:      &[]awsevents.IRuleTarget{awseventstargets.NewSqsQueue(orders.Queue, nil)},
		})
	}))
}

// A rule of another account sends as a role.
func ruleElsewhere(app awscdk.App) {
	newOrders(owner(app))

	web := sender(app)
	role, err := publisher.NewRole(web, "Sender", &publisher.RoleProps{
		RoleName: "orders-events", AssumedBy: principals("events.amazonaws.com"), Queue: orders,
	})
	check(err)
	target, err := ruletarget.New(role.Role, orders, nil)
	check(err)
	awsevents.NewRule(web, jsii.String("Uploads"), &awsevents.RuleProps{
		EventPattern: &awsevents.EventPattern{Source: jsii.Strings("aws.s3"), DetailType: jsii.Strings("Object Created")},
		Targets:      &[]awsevents.IRuleTarget{target},
	})
}

// A schedule sends as a role, of whichever account.
func schedule(app awscdk.App) {
	newOrders(owner(app))

	web := sender(app)
	role, err := publisher.NewRole(web, "Sender", &publisher.RoleProps{
		RoleName: "orders-schedule", AssumedBy: principals("scheduler.amazonaws.com"), Queue: orders,
	})
	check(err)
	imported := awssqs.Queue_FromQueueArn(web, jsii.String("Orders"), jsii.String(orders.ARN()))
	awsscheduler.NewSchedule(web, jsii.String("Hourly"), &awsscheduler.ScheduleProps{
		Schedule: awsscheduler.ScheduleExpression_Rate(awscdk.Duration_Hours(jsii.Number(1))),
		Target: awsschedulertargets.NewSqsSendMessage(imported, &awsschedulertargets.SqsSendMessageProps{
			Role:  role.Role,
			Input: awsscheduler.ScheduleTargetInput_FromText(jsii.String("close the hour")),
		}),
	})
}

// A pipe sends, from a queue of the sender's account.
func pipeTo(app awscdk.App) {
	newOrders(owner(app))

	web := sender(app)
	role, err := publisher.NewRole(web, "Sender", &publisher.RoleProps{
		RoleName: "orders-pipe", AssumedBy: principals("pipes.amazonaws.com"), Queue: orders,
	})
	check(err)
	source := awssqs.NewQueue(web, jsii.String("Source"), &awssqs.QueueProps{EnforceSSL: jsii.Bool(true)})
	source.GrantConsumeMessages(role)
	awspipes.NewCfnPipe(web, jsii.String("Pipe"), &awspipes.CfnPipeProps{
		RoleArn: role.Role.RoleArn(), Source: source.QueueArn(), Target: jsii.String(orders.ARN()),
	})
}

// A pipe takes the messages, as a consumer.
func pipeFrom(app awscdk.App) {
	stack := owner(app)
	orders := newOrders(stack)

	role := awsiam.NewRole(stack, jsii.String("Pipe"), &awsiam.RoleProps{
		AssumedBy: awsiam.NewServicePrincipal(jsii.String("pipes.amazonaws.com"), nil),
	})
	must(orders.GrantConsume(role))
	target := awssqs.NewQueue(stack, jsii.String("Target"), &awssqs.QueueProps{EnforceSSL: jsii.Bool(true)})
	target.GrantSendMessages(role)
	awspipes.NewCfnPipe(stack, jsii.String("FromOrders"), &awspipes.CfnPipeProps{
		RoleArn: role.RoleArn(), Source: orders.Queue.QueueArn(), Target: target.QueueArn(),
	})
}

func Example_ruleBeside()    { run(ruleBeside) }
func Example_ruleElsewhere() { run(ruleElsewhere) }
func Example_schedule()      { run(schedule) }
func Example_pipeTo()        { run(pipeTo) }
func Example_pipeFrom()      { run(pipeFrom) }
