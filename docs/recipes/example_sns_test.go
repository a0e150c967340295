package recipes_test

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssnssubscriptions"
	"github.com/aws/jsii-runtime-go"

	"example.com/shared-queue/address"
	"example.com/shared-queue/shared"
)

// A topic of the queue's account sends to it.
func topicBeside(app awscdk.App) {
	stack := owner(app)
	orders := newOrders(stack)

	topic := awssns.NewTopic(stack, jsii.String("Topic"), nil)
	check(orders.Open("orders of this account's shop", func() {
		topic.AddSubscription(awssnssubscriptions.NewSqsSubscription(orders.Queue, nil))
	}))
}

// A topic of another account sends. The topic lets the queue's account subscribe,
// so that nobody need confirm.
func topicElsewhere(app awscdk.App) {
	const arn = "arn:aws:sns:us-east-1:222222222222:orders"
	web := sender(app)
	topic := awssns.NewTopic(web, jsii.String("Topic"), &awssns.TopicProps{TopicName: jsii.String("orders")})
	topic.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Principals: &[]awsiam.IPrincipal{awsiam.NewAccountPrincipal(jsii.String("111111111111"))},
		Actions:    jsii.Strings("sns:Subscribe"),
		Resources:  &[]*string{topic.TopicArn()},
	}))

	stack := owner(app)
	orders := newOrders(stack)
	imported := awssns.Topic_FromTopicArn(stack, jsii.String("Topic"), jsii.String(arn))
	check(orders.Open("orders of the web shop", func() {
		imported.AddSubscription(awssnssubscriptions.NewSqsSubscription(orders.Queue, nil))
	}))
	stack.AddStackDependency(web, jsii.String("the topic must be there"))
}

// A FIFO topic sends to a FIFO queue.
func topicFIFO(app awscdk.App) {
	stack := owner(app)
	dev, err := address.ParsePath("o-abc1234567/r-wxyz/ou-wxyz-jklm1dev")
	check(err)
	orders, err := shared.NewQueue(stack, "Orders", &shared.QueueProps{
		QueueName: "orders.fifo", KeyAlias: "orders", Senders: []address.Path{dev}, FIFO: true, ContentBasedDeduplication: true,
	})
	check(err)

	topic := awssns.NewTopic(stack, jsii.String("Topic"), &awssns.TopicProps{
		TopicName: jsii.String("orders.fifo"), Fifo: jsii.Bool(true), ContentBasedDeduplication: jsii.Bool(true),
	})
	check(orders.Open("orders of this account's shop", func() {
		topic.AddSubscription(awssnssubscriptions.NewSqsSubscription(orders.Queue, nil))
	}))
}

func Example_topicBeside()    { run(topicBeside) }
func Example_topicElsewhere() { run(topicElsewhere) }
func Example_topicFIFO()      { run(topicFIFO) }
