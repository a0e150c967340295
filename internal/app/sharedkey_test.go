package app

import (
	"slices"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/jsii-runtime-go"

	"example.com/shared-queue/address"
	"example.com/shared-queue/internal/cdktest"
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

// A queue goes to another key, and back, without being replaced: its alias goes with
// it. So says cdk diff, and docs/operations.md.
func TestAnotherKeyReplacesNoQueue(t *testing.T) {
	dev, err := address.ParsePath("o-abc1234567/r-wxyz/ou-wxyz-jklm1dev")
	if err != nil {
		t.Fatal(err)
	}
	with := func(name string, keys ...string) *app {
		cdkApp := cdktest.NewApp(t)
		stack := awscdk.NewStack(cdkApp, jsii.String("owner"), &awscdk.StackProps{Env: &awscdk.Environment{Account: jsii.String("111111111111"), Region: jsii.String("us-east-1")}})
		props := &shared.QueueProps{QueueName: name, KeyAlias: "orders", Senders: []address.Path{dev}}
		for _, id := range keys { // the last is the queue's
			key, err := shared.NewKey(stack, id, nil)
			if err != nil {
				t.Fatal(err)
			}
			props.Key = key
		}
		if _, err := shared.NewQueue(stack, "SharedQueue", props); err != nil {
			t.Fatal(err)
		}
		built := &app{}
		built.templates, built.manifest = cdktest.Synth(t, cdkApp)
		return built
	}
	own, first, second, renamed := with("orders"), with("orders", "First"), with("orders", "First", "Second"), with("invoices", "First")
	before, after := map[string]any{}, map[string]any{}
	for i, c := range []struct{ before, after *app }{{own, first}, {first, second}, {first, own}, {own, renamed}} {
		was, is := c.before.templates["owner"], c.after.templates["owner"]
		for _, kind := range []string{"AWS::SQS::Queue", "AWS::KMS::Alias"} {
			if !slices.Equal(was.IDs(kind), is.IDs(kind)) {
				t.Errorf("%d: the ids of %s are %q, and then %q", i, kind, was.IDs(kind), is.IDs(kind))
			}
		}
		if slices.Equal(was.IDs("AWS::KMS::Key"), is.IDs("AWS::KMS::Key")) {
			t.Errorf("%d: the key is the same", i)
		}
		for _, id := range was.IDs("AWS::KMS::Key") {
			if policy := was.Get("Resources", id, "UpdateReplacePolicy"); policy != "Retain" {
				t.Errorf("%d: the old key %s is not retained: %v", i, id, policy)
			}
		}
		addResources(t, before, prefix(i), was.JSON)
		addResources(t, after, prefix(i), is.JSON)
	}
	replaced := replacements(t, own, before, after)
	if got := replaced[prefix(3)]; !slices.Equal(got, []string{"queue", "dead-letter queue"}) {
		t.Errorf("another name as well: cdk diff says that it replaces %q", got)
	}
	if len(replaced) != 1 {
		t.Errorf("cdk diff says that it replaces %v", replaced)
	}
}
