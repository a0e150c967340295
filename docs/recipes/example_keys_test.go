package recipes_test

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/jsii-runtime-go"

	"example.com/shared-queue/address"
	"example.com/shared-queue/publisher"
	"example.com/shared-queue/shared"
)

// Two queues of two OUs with one key, and a function that works on both.
func Example_oneKey() { run(oneKey) }

func oneKey(app awscdk.App) {
	stack := owner(app)
	key, err := shared.NewKey(stack, "Key", nil)
	check(err)
	worker := function(stack, "Worker", nil)
	for name, path := range map[string]string{
		"orders":   "o-abc1234567/r-wxyz/ou-wxyz-jklm1dev",
		"invoices": "o-abc1234567/r-wxyz/ou-wxyz-nopq1prd",
	} {
		senders, err := address.ParsePath(path)
		check(err)
		queue, err := shared.NewQueue(stack, name, &shared.QueueProps{
			QueueName: name,
			KeyAlias:  name,
			Senders:   []address.Path{senders},
			Key:       key,
		})
		check(err)
		must(queue.GrantConsume(worker))
	}
}

// A role of another account that sends to two queues, and one that exists.
func Example_twoDestinations() { run(twoDestinations) }

func twoDestinations(app awscdk.App) {
	stack := owner(app)
	invoices := newQueue(stack, "invoices", lookUp...).Address
	newOrders(stack)

	web := sender(app)
	_, err := publisher.NewRole(web, "Sender", &publisher.RoleProps{
		RoleName:    "sender",
		AssumedBy:   principals("lambda.amazonaws.com"),
		Queue:       orders,
		AlsoSendsTo: []publisher.Destination{{Queue: invoices, SenderMayAlso: lookUp}},
	})
	check(err)

	role := awsiam.NewRole(web, jsii.String("Web"), &awsiam.RoleProps{
		AssumedBy: awsiam.NewServicePrincipal(jsii.String("lambda.amazonaws.com"), nil),
	})
	must(publisher.GrantSend(role, orders))
	must(publisher.GrantSend(role, invoices, lookUp...))
}
