package recipes_test

import (
	"fmt"
	"log"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/jsii-runtime-go"

	"example.com/shared-queue/address"
	"example.com/shared-queue/publisher"
)

func webStack() awscdk.Stack {
	return awscdk.NewStack(awscdk.NewApp(nil), jsii.String("web"), &awscdk.StackProps{
		Env: &awscdk.Environment{Account: jsii.String("222222222222"), Region: jsii.String("us-east-1")},
	})
}

// A role that exists may send to a queue of another account. All that the
// sender's side needs to know is the queue's address.
func Example_grantSend() {
	role := awsiam.NewRole(webStack(), jsii.String("Web"), &awsiam.RoleProps{
		AssumedBy: awsiam.NewServicePrincipal(jsii.String("lambda.amazonaws.com"), nil),
	})

	orders := address.Queue{Region: "us-east-1", Account: "111111111111", Name: "orders", Alias: "orders"}
	if _, err := publisher.GrantSend(role, orders); err != nil {
		log.Fatal(err)
	}
	fmt.Println(orders.URL()) // where the function sends
}

// A role that may send and do nothing else, for Lambda functions.
func Example_newRole() {
	lambda, err := address.ParsePrincipal("lambda.amazonaws.com")
	if err != nil {
		log.Fatal(err)
	}
	sender, err := publisher.NewRole(webStack(), "Sender", &publisher.RoleProps{
		RoleName:  "orders-sender",
		AssumedBy: []address.Principal{lambda},
		Queue:     address.Queue{Region: "us-east-1", Account: "111111111111", Name: "orders", Alias: "orders"},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(*sender.Role.RoleArn())
}
