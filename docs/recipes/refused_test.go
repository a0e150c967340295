package recipes_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsappconfig"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsecspatterns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambdadestinations"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3notifications"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsscheduler"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsschedulertargets"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssnssubscriptions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctionstasks"
	"github.com/aws/jsii-runtime-go"

	"example.com/shared-queue/internal/cdk"
	"example.com/shared-queue/internal/cdktest"
	"example.com/shared-queue/internal/node"
	"example.com/shared-queue/shared"
)

// Without the line of the recipe CDK's constructs do half of it. The report says
// which line it is.
func TestRecipesWithoutTheirLine(t *testing.T) {
	t.Cleanup(node.Restart) // with the environment as it was
	t.Setenv("CDK_VALIDATION", "false")
	node.Restart()
	for name, c := range map[string]struct {
		build func(awscdk.Stack, *shared.Queue)
		cure  string
	}{
		"a topic": {func(stack awscdk.Stack, orders *shared.Queue) {
			awssns.NewTopic(stack, jsii.String("Topic"), nil).AddSubscription(awssnssubscriptions.NewSqsSubscription(orders.Queue, nil))
		}, "call what adds it in the function that you give to the queue's Open"},
		"a topic that is encrypted with the queue's key": {func(stack awscdk.Stack, orders *shared.Queue) {
			awssns.NewTopic(stack, jsii.String("Topic"), &awssns.TopicProps{MasterKey: orders.Key})
		}, "give it a key of its own"},
		"a bucket": {func(stack awscdk.Stack, orders *shared.Queue) {
			awss3.NewBucket(stack, jsii.String("Bucket"), nil).AddEventNotification(awss3.EventType_OBJECT_CREATED, awss3notifications.NewSqsDestination(orders.Queue))
		}, "call what adds it in the function that you give to the queue's Open"},
		"a bucket that is encrypted with the queue's key": {func(stack awscdk.Stack, orders *shared.Queue) {
			awss3.NewBucket(stack, jsii.String("Bucket"), &awss3.BucketProps{EncryptionKey: orders.Key})
		}, "give it a key of its own"},
		"a schedule": {func(stack awscdk.Stack, orders *shared.Queue) {
			awsscheduler.NewSchedule(stack, jsii.String("Hourly"), &awsscheduler.ScheduleProps{
				Schedule: awsscheduler.ScheduleExpression_Rate(awscdk.Duration_Hours(jsii.Number(1))),
				Target:   awsschedulertargets.NewSqsSendMessage(orders.Queue, &awsschedulertargets.SqsSendMessageProps{}),
			})
		}, "add publisher.GrantSend(role, address) for it"},
		"a function's results": {func(stack awscdk.Stack, orders *shared.Queue) {
			function(stack, "Function", func(p *awslambda.FunctionProps) {
				p.OnSuccess = awslambdadestinations.NewSqsDestination(orders.Queue)
			})
		}, "add publisher.GrantSend(role, address) for it"},
		"CDK's queue-processing pattern": {func(stack awscdk.Stack, orders *shared.Queue) {
			awsecspatterns.NewQueueProcessingFargateService(stack, jsii.String("Worker"), &awsecspatterns.QueueProcessingFargateServiceProps{Queue: orders.Queue, Image: image()})
		}, "add the queue's GrantConsume for it"},
		"a state machine, by CDK's task": {func(stack awscdk.Stack, orders *shared.Queue) {
			awsstepfunctions.NewStateMachine(stack, jsii.String("Machine"), &awsstepfunctions.StateMachineProps{
				DefinitionBody: awsstepfunctions.DefinitionBody_FromChainable(awsstepfunctionstasks.NewSqsSendMessage(stack, jsii.String("Send"), &awsstepfunctionstasks.SqsSendMessageProps{
					Queue: orders.Queue, MessageBody: awsstepfunctions.TaskInput_FromText(jsii.String("x")),
				})),
			})
		}, "add publisher.GrantSend(role, address) for it"},
		"an extension of AppConfig": {func(stack awscdk.Stack, orders *shared.Queue) {
			awsappconfig.NewExtension(stack, jsii.String("Extension"), &awsappconfig.ExtensionProps{
				Actions: &[]awsappconfig.Action{awsappconfig.NewAction(&awsappconfig.ActionProps{
					ActionPoints:     &[]awsappconfig.ActionPoint{awsappconfig.ActionPoint_ON_DEPLOYMENT_COMPLETE},
					EventDestination: awsappconfig.NewSqsDestination(orders.Queue),
				})},
			})
		}, "or let publisher.NewRole make it"},
		"a role of another account, by CDK's grant": {func(stack awscdk.Stack, orders *shared.Queue) {
			orders.Queue.GrantSendMessages(awsiam.NewRole(sender(stack.Node().Scope().(awscdk.App)), jsii.String("Role"), &awsiam.RoleProps{
				RoleName: jsii.String("far"), AssumedBy: awsiam.NewServicePrincipal(jsii.String("lambda.amazonaws.com"), nil),
			}))
		}, "publisher.GrantSend(role, address)"},
	} {
		t.Run(name, func(t *testing.T) {
			app := newApp(t.TempDir())
			stack := owner(app)
			c.build(stack, newOrders(stack))
			err := cdk.Try(func() error { app.Synth(nil); return nil })
			if err == nil || !strings.Contains(err.Error(), c.cure) {
				t.Errorf("want %s, got %v", c.cure, err)
			}
		})
	}
}

// S3 tries queue and key when the notification is made: both and their policies
// are there by then, as the queue waits for the key.
func TestNotificationWaits(t *testing.T) {
	t.Cleanup(node.Restart)
	t.Setenv("CDK_VALIDATION", "false")
	node.Restart()
	app := newApp(t.TempDir())
	bucketBeside(app)
	templates, _ := cdktest.Synth(t, app)
	template := templates["orders"]
	waits := fmt.Sprint(template.Get("Resources", template.IDs("Custom::S3BucketNotifications")[0], "DependsOn"))
	for _, id := range []string{"ordersQueuePolicy", "ordersQueue4"} {
		if !strings.Contains(waits, id) {
			t.Errorf("it waits for %s, not for %s", waits, id)
		}
	}
}
