package recipes_test

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigatewayv2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigatewayv2integrations"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsautoscaling"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsautoscalinghooktargets"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awseventstargets"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"

	"example.com/shared-queue/publisher"
)

// An HTTP API sends what is posted to it. The integration makes its role under the
// route.
func httpAPI(app awscdk.App) {
	newOrders(owner(app))

	web := sender(app)
	imported := awssqs.Queue_FromQueueArn(web, jsii.String("Orders"), jsii.String(orders.ARN()))
	api := awsapigatewayv2.NewHttpApi(web, jsii.String("API"), nil)
	routes := api.AddRoutes(&awsapigatewayv2.AddRoutesOptions{
		Path:        jsii.String("/orders"),
		Methods:     &[]awsapigatewayv2.HttpMethod{awsapigatewayv2.HttpMethod_POST},
		Integration: awsapigatewayv2integrations.NewHttpSqsIntegration(jsii.String("Send"), &awsapigatewayv2integrations.HttpSqsIntegrationProps{Queue: imported}),
	})
	role := (*routes)[0].Node().FindChild(jsii.String("InvokeRole")).(awsiam.IRole)
	must(publisher.GrantSend(role, orders))
}

// An Auto Scaling group tells of the machines that it ends.
func lifecycleHook(app awscdk.App) {
	stack := owner(app)
	orders := newQueue(stack, "orders", lookUp...) // as CDK's hook lets the role do

	role, err := publisher.NewRole(stack, "Sender", &publisher.RoleProps{
		RoleName: "orders-machines", AssumedBy: principals("autoscaling.amazonaws.com"), Queue: orders.Address,
		SenderMayAlso: lookUp,
	})
	check(err)
	vpc := awsec2.NewVpc(stack, jsii.String("Network"), &awsec2.VpcProps{MaxAzs: jsii.Number(2)})
	group := awsautoscaling.NewAutoScalingGroup(stack, jsii.String("Group"), &awsautoscaling.AutoScalingGroupProps{
		Vpc:           vpc,
		InstanceType:  awsec2.NewInstanceType(jsii.String("t4g.micro")),
		MachineImage:  awsec2.MachineImage_LatestAmazonLinux2023(&awsec2.AmazonLinux2023ImageSsmParameterProps{CpuType: awsec2.AmazonLinuxCpuType_ARM_64}),
		RequireImdsv2: jsii.Bool(true),
	})
	group.AddLifecycleHook(jsii.String("Ending"), &awsautoscaling.BasicLifecycleHookProps{
		LifecycleTransition: awsautoscaling.LifecycleTransition_INSTANCE_TERMINATING,
		NotificationTarget:  awsautoscalinghooktargets.NewQueueHook(orders.Queue),
		Role:                role.Role,
	})
}

// What a rule of the queue's account could not deliver is a message of the queue.
func ruleDeadLetters(app awscdk.App) {
	stack := owner(app)
	orders := newOrders(stack)

	shop := function(stack, "Shop", nil)
	check(orders.Open("events that the shop did not take", func() {
		awsevents.NewRule(stack, jsii.String("Uploads"), &awsevents.RuleProps{
			EventPattern: &awsevents.EventPattern{Source: jsii.Strings("aws.s3")},
			Targets: &[]awsevents.IRuleTarget{awseventstargets.NewLambdaFunction(shop, &awseventstargets.LambdaFunctionProps{
				DeadLetterQueue: orders.Queue,
			})},
		})
	}))
}

func Example_httpAPI()         { run(httpAPI) }
func Example_lifecycleHook()   { run(lifecycleHook) }
func Example_ruleDeadLetters() { run(ruleDeadLetters) }
