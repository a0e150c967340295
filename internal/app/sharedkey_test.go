package app

import (
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/jsii-runtime-go"

	"example.com/shared-queue/address"
	"example.com/shared-queue/publisher"
	"example.com/shared-queue/shared"
)

// defineSharedKey is an app of one's own: a stack with two queues of two OUs and one
// key, and publishers' roles that send to one of them or to both.
func defineSharedKey(t *testing.T, app awscdk.App) error {
	stack := func(id, account string) awscdk.Stack {
		return awscdk.NewStack(app, &id, &awscdk.StackProps{Env: &awscdk.Environment{Account: &account, Region: jsii.String("us-east-1")}})
	}
	owner := stack("owner", "111111111111")
	key, err := shared.NewKey(owner, "Key", nil)
	if err != nil {
		return err
	}
	queue := func(name, senders string, more shared.QueueProps) *shared.Queue {
		path, err := address.ParsePath(senders)
		if err != nil {
			t.Fatal(err)
		}
		more.QueueName, more.KeyAlias, more.Senders, more.Key = name, name, []address.Path{path}, key
		q, err := shared.NewQueue(owner, name, &more)
		if err != nil {
			t.Fatal(err)
		}
		return q
	}
	orders := queue("orders", "o-abc1234567/r-wxyz/ou-wxyz-jklm1dev", shared.QueueProps{Services: []string{"sns.amazonaws.com"}})
	invoices := queue("invoices", "o-abc1234567/r-wxyz/ou-wxyz-nopq1prd", shared.QueueProps{SenderMayAlso: []string{"sqs:GetQueueUrl"}})

	role := func(name string, grants ...func(awsiam.IGrantable) (awsiam.Grant, error)) {
		of := awsiam.NewRole(owner, &name, &awsiam.RoleProps{RoleName: &name, AssumedBy: awsiam.NewServicePrincipal(jsii.String("lambda.amazonaws.com"), nil)})
		for _, grant := range grants {
			if _, err := grant(of); err != nil {
				t.Fatal(err)
			}
		}
	}
	role("orders-worker", orders.GrantConsume)
	role("invoices-worker", invoices.GrantConsume, invoices.GrantConsumeDeadLetters)
	role("both-worker", orders.GrantConsume, invoices.GrantConsume)
	role("operator", orders.GrantRedrive, invoices.GrantRedrive, invoices.GrantConsumeDeadLetters)
	role("forwarder", orders.GrantConsume, func(to awsiam.IGrantable) (awsiam.Grant, error) {
		return publisher.GrantSend(to, invoices.Address, "sqs:GetQueueUrl")
	})

	lambda, err := address.ParsePrincipal("lambda.amazonaws.com")
	if err != nil {
		return err
	}
	for _, to := range [][]*shared.Queue{{orders}, {invoices}, {orders, invoices}} {
		id := to[0].Address.Name
		if len(to) == 2 {
			id = "both"
		}
		props := &publisher.RoleProps{RoleName: id + "-sender", AssumedBy: []address.Principal{lambda}, Queue: to[0].Address}
		if to[0] == invoices {
			props.SenderMayAlso = []string{"sqs:GetQueueUrl"}
		}
		for _, q := range to[1:] {
			props.AlsoSendsTo = append(props.AlsoSendsTo, publisher.Destination{Queue: q.Address, SenderMayAlso: []string{"sqs:GetQueueUrl"}})
		}
		if _, err := publisher.NewRole(stack(id, "222222222222"), "Sender", props); err != nil {
			return err
		}
	}
	return nil
}
