package recipes_test

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigateway"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsappconfig"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiot"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctionstasks"
	"github.com/aws/jsii-runtime-go"

	"example.com/shared-queue/publisher"
)

// A state machine sends by CDK's task.
func stateMachine(app awscdk.App) {
	newOrders(owner(app))

	web := sender(app)
	imported := awssqs.Queue_FromQueueArn(web, jsii.String("Orders"), jsii.String(orders.ARN()))
	send := awsstepfunctionstasks.NewSqsSendMessage(web, jsii.String("Send"), &awsstepfunctionstasks.SqsSendMessageProps{
		Queue:       imported,
		MessageBody: awsstepfunctions.TaskInput_FromJsonPathAt(jsii.String("$.order")),
	})
	machine := awsstepfunctions.NewStateMachine(web, jsii.String("Machine"), &awsstepfunctions.StateMachineProps{
		DefinitionBody: awsstepfunctions.DefinitionBody_FromChainable(send),
	})
	must(publisher.GrantSend(machine, orders))
}

// A state machine sends by the integration of AWS's SDK.
func stateMachineSDK(app awscdk.App) {
	newOrders(owner(app))

	web := sender(app)
	send := awsstepfunctionstasks.NewCallAwsService(web, jsii.String("Send"), &awsstepfunctionstasks.CallAwsServiceProps{
		Service: jsii.String("sqs"), Action: jsii.String("sendMessage"), IamResources: jsii.Strings(orders.ARN()),
		Parameters: &map[string]any{
			"QueueUrl":    orders.URL(),
			"MessageBody": awsstepfunctions.JsonPath_StringAt(jsii.String("$.order")),
		},
	})
	machine := awsstepfunctions.NewStateMachine(web, jsii.String("Machine"), &awsstepfunctions.StateMachineProps{
		DefinitionBody: awsstepfunctions.DefinitionBody_FromChainable(send),
	})
	must(publisher.GrantSend(machine, orders))
}

// An API sends what is posted to it.
func restAPI(app awscdk.App) {
	newOrders(owner(app))

	web := sender(app)
	role, err := publisher.NewRole(web, "Sender", &publisher.RoleProps{
		RoleName: "orders-api", AssumedBy: principals("apigateway.amazonaws.com"), Queue: orders,
	})
	check(err)
	api := awsapigateway.NewRestApi(web, jsii.String("API"), nil)
	api.Root().AddMethod(jsii.String("POST"), awsapigateway.NewAwsIntegration(&awsapigateway.AwsIntegrationProps{
		Service:               jsii.String("sqs"),
		Region:                jsii.String(string(orders.Region)),
		Path:                  jsii.String(orders.Account + "/" + orders.Name),
		IntegrationHttpMethod: jsii.String("POST"),
		Options: &awsapigateway.IntegrationOptions{
			CredentialsRole:      role.Role,
			PassthroughBehavior:  awsapigateway.PassthroughBehavior_NEVER,
			RequestParameters:    &map[string]*string{"integration.request.header.Content-Type": jsii.String("'application/x-www-form-urlencoded'")},
			RequestTemplates:     &map[string]*string{"application/json": jsii.String("Action=SendMessage&MessageBody=$util.urlEncode($input.body)")},
			IntegrationResponses: &[]*awsapigateway.IntegrationResponse{{StatusCode: jsii.String("202")}},
		},
	}), &awsapigateway.MethodOptions{
		AuthorizationType: awsapigateway.AuthorizationType_IAM,
		MethodResponses:   &[]*awsapigateway.MethodResponse{{StatusCode: jsii.String("202")}},
	})
}

// Devices send by a rule of IoT Core.
func device(app awscdk.App) {
	newOrders(owner(app))

	web := sender(app)
	role, err := publisher.NewRole(web, "Sender", &publisher.RoleProps{
		RoleName: "orders-devices", AssumedBy: principals("iot.amazonaws.com"), Queue: orders,
	})
	check(err)
	awsiot.NewCfnTopicRule(web, jsii.String("Orders"), &awsiot.CfnTopicRuleProps{
		TopicRulePayload: &awsiot.CfnTopicRule_TopicRulePayloadProperty{
			Sql: jsii.String("SELECT * FROM 'shop/+/orders'"),
			Actions: []any{&awsiot.CfnTopicRule_ActionProperty{Sqs: &awsiot.CfnTopicRule_SqsActionProperty{
				QueueUrl: jsii.String(orders.URL()), RoleArn: role.Role.RoleArn(), UseBase64: jsii.Bool(false),
			}}},
		},
	})
}

// An extension of AppConfig sends. Without the role CDK makes one that cannot use
// the key, and what AppConfig sends is lost.
func appConfig(app awscdk.App) {
	newOrders(owner(app))

	web := sender(app)
	role, err := publisher.NewRole(web, "Sender", &publisher.RoleProps{
		RoleName: "orders-appconfig", AssumedBy: principals("appconfig.amazonaws.com"), Queue: orders,
	})
	check(err)
	imported := awssqs.Queue_FromQueueArn(web, jsii.String("Orders"), jsii.String(orders.ARN()))
	awsappconfig.NewExtension(web, jsii.String("Extension"), &awsappconfig.ExtensionProps{
		Actions: &[]awsappconfig.Action{awsappconfig.NewAction(&awsappconfig.ActionProps{
			ActionPoints:     &[]awsappconfig.ActionPoint{awsappconfig.ActionPoint_ON_DEPLOYMENT_COMPLETE},
			EventDestination: awsappconfig.NewSqsDestination(imported),
			ExecutionRole:    role.Role,
		})},
	})
}

func Example_stateMachine()    { run(stateMachine) }
func Example_stateMachineSDK() { run(stateMachineSDK) }
func Example_restAPI()         { run(restAPI) }
func Example_device()          { run(device) }
func Example_appConfig()       { run(appConfig) }
