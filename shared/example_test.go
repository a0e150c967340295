package shared_test

import (
	"fmt"
	"log"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/jsii-runtime-go"

	"example.com/shared-queue/address"
	"example.com/shared-queue/shared"
)

func exampleStack() awscdk.Stack {
	return awscdk.NewStack(awscdk.NewApp(nil), jsii.String("orders"), &awscdk.StackProps{
		Env: &awscdk.Environment{Account: jsii.String("111111111111"), Region: jsii.String("us-east-1")},
	})
}

func exampleRole(stack awscdk.Stack) awsiam.Role {
	return awsiam.NewRole(stack, jsii.String("Worker"), &awsiam.RoleProps{
		AssumedBy: awsiam.NewServicePrincipal(jsii.String("lambda.amazonaws.com"), nil),
	})
}

// A queue for the senders of one OU, and a role that works on its messages.
func ExampleNewQueue() {
	stack := exampleStack() // with an explicit account and Region
	worker := exampleRole(stack)

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
	if _, err := orders.GrantConsume(worker); err != nil { // a role of the same account
		log.Fatal(err)
	}

	fmt.Println(orders.Address.URL())
	// Output: https://sqs.us-east-1.amazonaws.com/111111111111/orders
}

// The stack of this app, in an app of your own.
func ExampleNewStack() {
	dev, err := address.ParsePath("o-abc1234567/r-wxyz/ou-wxyz-jklm1dev")
	if err != nil {
		log.Fatal(err)
	}
	stack, err := shared.NewStack(awscdk.NewApp(nil), "dev-shared", &shared.StackProps{
		StackProps: awscdk.StackProps{
			Env: &awscdk.Environment{Account: jsii.String("111111111111"), Region: jsii.String("us-east-1")},
		},
		Queue: shared.QueueProps{
			QueueName:     "orders",
			KeyAlias:      "orders",
			Senders:       []address.Path{dev},
			RemovalPolicy: shared.Destroy,
		},
		Roles: shared.Roles{Consumers: []string{"arn:aws:iam::111111111111:role/orders-worker"}},
	})
	if err != nil {
		log.Fatal(err)
	}

	fmt.Println(*stack.StackName())
	// Output: dev-shared
}

// A property that is wrong is an error that says what is allowed and what to do.
func ExampleNewQueue_wrong() {
	_, err := shared.NewQueue(exampleStack(), "Orders", &shared.QueueProps{QueueName: "orders.fifo", KeyAlias: "orders"})

	fmt.Println(err)
	// Output:
	// shared queue Orders: QueueName: got "orders.fifo", allowed: a name that ends in .fifo for a FIFO queue only; remove .fifo or set FIFO to true
	// Senders: got [], allowed: one OU path or more; name the OU that may send
}

// A second wall, for the organization's administrator to attach to the shared
// account.
func ExampleResourceControlPolicy() {
	orders := address.Queue{Region: "us-east-1", Account: "111111111111", Name: "orders", Alias: "orders"}
	dev, err := address.ParsePath("o-abc1234567/r-wxyz/ou-wxyz-jklm1dev")
	if err != nil {
		log.Fatal(err)
	}
	text, err := shared.ResourceControlPolicy(orders, []address.Path{dev})
	if err != nil {
		log.Fatal(err)
	}

	fmt.Println(len(text), "characters")
	// Output: 683 characters
}

// A partner outside of the OU sends, for a reason that is kept. The role must exist
// when the queue is deployed.
func ExampleQueue_Open() {
	stack := exampleStack()
	dev, err := address.ParsePath("o-abc1234567/r-wxyz/ou-wxyz-jklm1dev")
	if err != nil {
		log.Fatal(err)
	}
	orders, err := shared.NewQueue(stack, "Orders", &shared.QueueProps{
		QueueName: "orders", KeyAlias: "orders", Senders: []address.Path{dev},
	})
	if err != nil {
		log.Fatal(err)
	}

	partner := awsiam.NewArnPrincipal(jsii.String("arn:aws:iam::999999999999:role/partner"))
	err = orders.Open("orders of our partner, ticket 1234", func() {
		orders.Queue.GrantSendMessages(partner) // the key's statement is written with it
	})
	fmt.Println(err)
	// Output: <nil>
}
