package shared_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awseventstargets"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambdaeventsources"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"example.com/shared-queue/address"
	"example.com/shared-queue/internal/cdk"
	"example.com/shared-queue/internal/cdktest"
	"example.com/shared-queue/publisher"
	"example.com/shared-queue/publisher/ruletarget"
	"example.com/shared-queue/shared"
)

// An attack is what somebody adds beside a queue orders, in the stack owner of the
// account 111111111111 or in the stack other of 222222222222.
type attack struct {
	app          awscdk.App
	owner, other awscdk.Stack
	orders       *shared.Queue
}

func (a attack) role(scope awscdk.Stack) awsiam.Role {
	return newRole(scope, "Role", awsiam.RoleProps{})
}

func (a attack) statement(principal awsiam.IPrincipal, actions ...string) awsiam.PolicyStatement {
	return awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Principals: &[]awsiam.IPrincipal{principal}, Actions: jsii.Strings(actions...), Resources: jsii.Strings("*"),
	})
}

func (a attack) queue() awssqs.CfnQueue {
	return a.orders.Queue.Node().DefaultChild().(awssqs.CfnQueue)
}
func (a attack) deadLetter() awssqs.CfnQueue {
	return a.orders.DeadLetterQueue.Node().DefaultChild().(awssqs.CfnQueue)
}
func (a attack) key() awskms.CfnKey { return a.orders.Key.Node().DefaultChild().(awskms.CfnKey) }
func (a attack) queuePolicy() awssqs.CfnQueuePolicy {
	return a.orders.Queue.Node().FindChild(jsii.String("Policy")).Node().DefaultChild().(awssqs.CfnQueuePolicy)
}

func (a attack) aspect(visit func(constructs.IConstruct)) {
	awscdk.Aspects_Of(a.app).Add(&aspect{visit}, nil)
}

type aspect struct{ visit func(constructs.IConstruct) }

func (a *aspect) Visit(node constructs.IConstruct) { a.visit(node) }

func foreign() awsiam.IPrincipal { return awsiam.NewAccountPrincipal(jsii.String("999999999999")) }

func service(name string) awsiam.IPrincipal { return awsiam.NewServicePrincipal(&name, nil) }

// Whatever opens the queue, or takes its key away, fails the synthesis and says
// what to do. The construct tree does not show it all: overrides are in the
// template alone.
func TestNothingOpensAQueue(t *testing.T) {
	for name, c := range map[string]struct {
		do   func(attack)
		want string // of the report
	}{
		"the key is deleted from the queue":             {func(a attack) { a.queue().AddPropertyDeletionOverride(jsii.String("KmsMasterKeyId")) }, "the whole organization o-abc1234567 can send"},
		"the key is deleted from the dead-letter queue": {func(a attack) { a.deadLetter().AddPropertyDeletionOverride(jsii.String("KmsMasterKeyId")) }, "dead-letter queue orders-dlq is encrypted with nothing"},
		"the key is unset":                              {func(a attack) { a.queue().SetKmsMasterKeyId(nil) }, "the queue orders is encrypted with nothing"},
		"SQS's own key":                                 {func(a attack) { a.queue().AddPropertyOverride(jsii.String("KmsMasterKeyId"), "alias/aws/sqs") }, "encrypted with alias/aws/sqs"},
		"another key": {func(a attack) {
			a.queue().SetKmsMasterKeyId(awskms.NewKey(a.owner, jsii.String("Other"), nil).KeyArn())
		}, "in the place of its key"},
		"SSE-SQS beside the key": {func(a attack) { a.queue().SetSqsManagedSseEnabled(true) }, "SqsManagedSseEnabled"},
		"an aspect of SSE-SQS": {func(a attack) {
			a.aspect(func(node constructs.IConstruct) {
				if queue, ok := node.(awssqs.CfnQueue); ok {
					queue.SetKmsMasterKeyId(nil)
					queue.SetSqsManagedSseEnabled(true)
				}
			})
		}, "encrypted with nothing"},
		"an aspect that deletes the key": {func(a attack) {
			a.aspect(func(node constructs.IConstruct) {
				if queue, ok := node.(awssqs.CfnQueue); ok {
					queue.AddPropertyDeletionOverride(jsii.String("KmsMasterKeyId"))
				}
			})
		}, "encrypted with nothing"},
		"an override of the resource": {func(a attack) {
			a.queue().AddOverride(jsii.String("Properties.KmsMasterKeyId"), "alias/aws/sqs")
		}, "encrypted with alias/aws/sqs"},
		"another name": {func(a attack) { a.queue().SetQueueName(jsii.String("orders2")) }, "is named orders2"},
		"another dead-letter queue": {func(a attack) {
			a.queue().SetRedrivePolicy(map[string]any{"deadLetterTargetArn": "arn:aws:sqs:eu-west-1:111111111111:x", "maxReceiveCount": 1})
		}, "dead letters of orders go to"},
		"no dead-letter queue":       {func(a attack) { a.queue().AddPropertyDeletionOverride(jsii.String("RedrivePolicy")) }, "dead letters of orders go to nothing"},
		"the key is removed":         {func(a attack) { a.orders.Node().TryRemoveChild(jsii.String("Key")) }, "the key of orders is not in the template"},
		"the queue's policy removed": {func(a attack) { a.orders.Queue.Node().TryRemoveChild(jsii.String("Policy")) }, "is not in the template, or not for this queue"},
		"another type": {func(a attack) {
			a.queuePolicy().AddOverride(jsii.String("Type"), "AWS::CloudFormation::WaitConditionHandle")
		}, "is not in the template, or not for this queue"},

		"the key's policy replaced": {func(a attack) {
			a.key().AddPropertyOverride(jsii.String("KeyPolicy"), map[string]any{"Version": "2012-10-17", "Statement": []any{map[string]any{"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*"}}})
		}, "allows everyone kms:* with no condition, which neither the construct wrote nor was declared"},
		"a condition of the key's policy deleted": {func(a attack) {
			a.key().AddPropertyDeletionOverride(jsii.String("KeyPolicy.Statement.1.Condition.ForAnyValue:StringLike"))
		}, "the construct's statement that allows everyone kms:decrypt is gone"},
		"another OU in the key's policy": {func(a attack) {
			a.key().AddPropertyOverride(jsii.String("KeyPolicy.Statement.1.Condition.ForAnyValue:StringLike.aws:PrincipalOrgPaths"), "o-abc1234567/*")
		}, "is gone"},
		"a foreign account in the key's policy":   {func(a attack) { a.orders.Key.AddToResourcePolicy(a.statement(foreign(), "kms:Decrypt"), nil) }, "allows arn:aws:iam::999999999999:root kms:decrypt with no condition"},
		"a grant on the key to another account":   {func(a attack) { a.orders.Key.GrantDecrypt(foreign()) }, "allows arn:aws:iam::999999999999:root kms:decrypt"},
		"a grant on the key to all of AWS":        {func(a attack) { a.orders.Key.GrantEncryptDecrypt(awsiam.NewAnyPrincipal()) }, "allows everyone kms:"},
		"grants of the key's administration":      {func(a attack) { a.orders.Key.GrantAdmin(foreign()) }, "allows arn:aws:iam::999999999999:root kms:"},
		"a grant on the key to a service":         {func(a attack) { a.orders.Key.GrantDecrypt(service("s3.amazonaws.com")) }, "allows s3.amazonaws.com kms:decrypt with no condition"},
		"a grant on the key to a role of the app": {func(a attack) { a.orders.Key.GrantDecrypt(a.role(a.owner)) }, "may kms:decrypt with the key of orders for any purpose"},
		"a grant on the key to a role elsewhere": {func(a attack) {
			a.orders.Key.GrantDecrypt(newRole(a.other, "Role", awsiam.RoleProps{RoleName: jsii.String("far")}))
		}, "role/far kms:decrypt"},
		"all with the key, by a policy of a role": {func(a attack) { a.role(a.owner).AddToPolicy(keyStatement(a, "kms:*")) }, "may kms:* with the key of orders"},
		"all with the key, by a managed policy": {func(a attack) {
			awsiam.NewManagedPolicy(a.owner, jsii.String("Managed"), &awsiam.ManagedPolicyProps{Statements: &[]awsiam.PolicyStatement{keyStatement(a, "kms:Decrypt")}})
		}, "may kms:decrypt with the key of orders"},
		"all with the key, by an inline policy": {func(a attack) { inlineRole(a) }, "may kms:decrypt with the key of orders"},
		"all but one with the key, by a policy of a role": {func(a attack) {
			a.role(a.owner).AddToPolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{NotActions: jsii.Strings("kms:PutKeyPolicy"), Resources: &[]*string{a.orders.Key.KeyArn()}}))
		}, "with the key of orders for any purpose"},
		"the key by its alias": {func(a attack) {
			a.role(a.owner).AddToPolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
				Actions: jsii.Strings("kms:Decrypt"), Resources: jsii.Strings("*"),
				Conditions: &map[string]any{"ForAnyValue:StringEquals": map[string]any{"kms:ResourceAliases": "alias/orders"}},
			}))
		}, "may kms:decrypt with the key of orders for any purpose"},
		"an acknowledgement": {func(a attack) {
			a.queue().AddPropertyDeletionOverride(jsii.String("KmsMasterKeyId"))
			awscdk.Validations_Of(a.app).Acknowledge(&awscdk.Acknowledgment{
				Id: jsii.String("shared-queue::Queue-Key.owner.ordersQueue49D094A7"), Reason: jsii.String("not today"),
			})
		}, "encrypted with nothing"},
		"dead letters of a rule's target": {func(a attack) {
			target, err := ruletarget.New(a.role(a.owner), address.Queue{Region: "eu-west-1", Account: "111111111111", Name: "other", Alias: "other"}, &awseventstargets.SqsQueueProps{DeadLetterQueue: a.orders.Queue})
			if err != nil {
				panic(err)
			}
			awsevents.NewRule(a.owner, jsii.String("Rule"), &awsevents.RuleProps{EventPattern: &awsevents.EventPattern{Source: jsii.Strings("aws.s3")}, Targets: &[]awsevents.IRuleTarget{target}})
		}, "allows events.amazonaws.com sqs:sendmessage"},
		"dead letters of an event bus": {func(a attack) {
			awsevents.NewEventBus(a.owner, jsii.String("Bus"), &awsevents.EventBusProps{DeadLetterQueue: a.orders.Queue})
		}, "as events.amazonaws.com, which nothing lets send: they would be lost"},
		"failures of a stream": {func(a attack) {
			newFunction(a.owner, "Function", nil).AddEventSourceMapping(jsii.String("Stream"), &awslambda.EventSourceMappingOptions{
				EventSourceArn: jsii.String("arn:aws:kinesis:eu-west-1:111111111111:stream/s"), StartingPosition: awslambda.StartingPosition_LATEST,
				OnFailure: awslambdaeventsources.NewSqsDlq(a.orders.Queue),
			})
		}, "may send to orders and not use its key"},
		"another logical id and no key": {func(a attack) {
			a.queue().OverrideLogicalId(jsii.String("Other"))
			a.queue().AddPropertyDeletionOverride(jsii.String("KmsMasterKeyId"))
		}, "encrypted with nothing"},
		"a replica of the key": {func(a attack) {
			awscdk.NewCfnResource(a.owner, jsii.String("Replica"), &awscdk.CfnResourceProps{Type: jsii.String("AWS::KMS::ReplicaKey"), Properties: &map[string]any{"PrimaryKeyArn": a.orders.Key.KeyArn(), "KeyPolicy": map[string]any{}}})
		}, "(PrimaryKeyArn)"},
		"a role of another stack by CDK's grant": {func(a attack) {
			third := awscdk.NewStack(a.app, jsii.String("third"), &awscdk.StackProps{Env: &awscdk.Environment{Account: jsii.String("111111111111"), Region: jsii.String("eu-west-1")}})
			a.orders.Queue.GrantSendMessages(a.role(third))
		}, "may send to orders and not use its key"},
		"a key that another stack uses": {func(a attack) {
			third := awscdk.NewStack(a.app, jsii.String("third"), &awscdk.StackProps{Env: &awscdk.Environment{Account: jsii.String("111111111111"), Region: jsii.String("eu-west-1")}})
			awscdk.NewCfnResource(third, jsii.String("Topic"), &awscdk.CfnResourceProps{Type: jsii.String("AWS::SNS::Topic"), Properties: &map[string]any{"KmsMasterKeyId": a.orders.Key.KeyArn()}})
		}, "give it a key of its own"},
		"grants of the key, by a policy of a role": {func(a attack) { a.role(a.owner).AddToPolicy(keyStatement(a, "kms:CreateGrant")) }, "may kms:creategrant with the key of orders"},

		"the queue's policy replaced": {func(a attack) {
			a.queuePolicy().SetPolicyDocument(map[string]any{"Version": "2012-10-17", "Statement": []any{map[string]any{"Sid": "SendersSendMessages", "Effect": "Allow", "Principal": "*", "Action": "sqs:*", "Resource": "*"}}})
		}, "the policy of the queue of orders allows everyone sqs:*"},
		"the queue's policy is that of another queue": {func(a attack) {
			a.queuePolicy().SetQueues(jsii.Strings("https://sqs.eu-west-1.amazonaws.com/111111111111/x"))
		}, "or not for this queue"},
		"plain HTTP": {func(a attack) {
			a.queuePolicy().AddPropertyOverride(jsii.String("PolicyDocument.Statement.1.Effect"), "Allow")
		}, "the construct's statement that denies everyone sqs:* is gone"},
		"a foreign account in the queue's policy": {func(a attack) { a.orders.Queue.AddToResourcePolicy(a.statement(foreign(), "sqs:SendMessage")) }, "allows arn:aws:iam::999999999999:root sqs:sendmessage"},
		"a foreign account consumes":              {func(a attack) { a.orders.Queue.GrantConsumeMessages(foreign()) }, "as reading stays inside"},
		"a foreign account purges":                {func(a attack) { a.orders.Queue.GrantPurge(foreign()) }, "sqs:purgequeue"},
		"a foreign account reads dead letters":    {func(a attack) { a.orders.DeadLetterQueue.GrantConsumeMessages(foreign()) }, "the policy of the dead-letter queue of orders allows arn:aws:iam::999999999999:root"},
		"an organization": {func(a attack) {
			a.orders.Queue.GrantSendMessages(awsiam.NewOrganizationPrincipal(jsii.String("o-zzzzzzzzzz")))
		}, "allows everyone sqs:sendmessage"},
		"all but one": {func(a attack) {
			a.queuePolicy().AddPropertyOverride(jsii.String("PolicyDocument.Statement.2"), map[string]any{"Effect": "Allow", "NotPrincipal": map[string]any{"AWS": "arn:aws:iam::999999999999:root"}, "Action": "sqs:SendMessage", "Resource": "*"})
		}, "all but"},
		"a role of another account sends": {func(a attack) {
			a.orders.Queue.GrantSendMessages(newRole(a.other, "Role", awsiam.RoleProps{RoleName: jsii.String("far")}))
		}, "publisher.GrantSend(role, address)"},
		"an imported role of another account": {func(a attack) {
			a.orders.Queue.GrantSendMessages(awsiam.Role_FromRoleArn(a.owner, jsii.String("Far"), jsii.String("arn:aws:iam::222222222222:role/far"), nil))
		}, "publisher.GrantSend(role, address)"},
		"a service": {func(a attack) { a.orders.Queue.GrantSendMessages(service("sns.amazonaws.com")) }, "allows sns.amazonaws.com sqs:sendmessage with no condition"},
		"a second policy of the queue": {func(a attack) {
			awssqs.NewQueuePolicy(a.owner, jsii.String("Second"), &awssqs.QueuePolicyProps{Queues: &[]awssqs.IQueue{a.orders.Queue}}).Document().AddStatements(a.statement(foreign(), "sqs:SendMessage"))
		}, "it is a second policy of"},
		"a second policy, of the queue imported": {func(a attack) {
			queue := awssqs.Queue_FromQueueArn(a.owner, jsii.String("Imported"), jsii.String(a.orders.Address.ARN()))
			awssqs.NewQueuePolicy(a.owner, jsii.String("Second"), &awssqs.QueuePolicyProps{Queues: &[]awssqs.IQueue{queue}}).Document().AddStatements(a.statement(foreign(), "sqs:SendMessage"))
		}, "it is a second policy of"},
		"a second policy, of the queue imported by a reference": {func(a attack) {
			queue := awssqs.Queue_FromQueueArn(a.owner, jsii.String("Imported"), a.orders.Queue.QueueArn())
			awssqs.NewQueuePolicy(a.owner, jsii.String("Second"), &awssqs.QueuePolicyProps{Queues: &[]awssqs.IQueue{queue}}).Document().AddStatements(a.statement(foreign(), "sqs:SendMessage"))
		}, "it is a second policy of"},
		"a second policy, of the queue imported by attributes": {func(a attack) {
			queue := awssqs.Queue_FromQueueAttributes(a.owner, jsii.String("Imported"), &awssqs.QueueAttributes{QueueArn: a.orders.Queue.QueueArn(), QueueUrl: a.orders.Queue.QueueUrl(), KeyArn: a.orders.Key.KeyArn()})
			awssqs.NewQueuePolicy(a.owner, jsii.String("Second"), &awssqs.QueuePolicyProps{Queues: &[]awssqs.IQueue{queue}}).Document().AddStatements(a.statement(foreign(), "sqs:SendMessage"))
		}, "it is a second policy of"},
		"grants of the queue and key imported": {func(a attack) {
			queue := awssqs.Queue_FromQueueAttributes(a.owner, jsii.String("Imported"), &awssqs.QueueAttributes{QueueArn: jsii.String(a.orders.Address.ARN()), KeyArn: a.orders.Key.KeyArn()})
			queue.GrantConsumeMessages(a.role(a.owner))
		}, "may kms:decrypt with the key of orders"},
		"a second policy in another stack": {func(a attack) {
			third := awscdk.NewStack(a.app, jsii.String("third"), &awscdk.StackProps{Env: &awscdk.Environment{Account: jsii.String("111111111111"), Region: jsii.String("eu-west-1")}})
			awssqs.NewCfnQueueInlinePolicy(third, jsii.String("Second"), &awssqs.CfnQueueInlinePolicyProps{Queue: a.orders.Queue.QueueUrl(), PolicyDocument: map[string]any{}})
		}, "it is a second policy of"},
		"a second policy by a legacy endpoint": {func(a attack) {
			awscdk.NewCfnResource(a.owner, jsii.String("Second"), &awscdk.CfnResourceProps{Type: jsii.String("AWS::SQS::QueuePolicy"), Properties: &map[string]any{"Queues": []string{"https://eu-west-1.queue.amazonaws.com/111111111111/orders-dlq"}, "PolicyDocument": map[string]any{}}})
		}, "it is a second policy of"},

		"the alias of another key": {func(a attack) {
			a.orders.Node().FindChild(jsii.String("KeyAlias")).Node().DefaultChild().(awskms.CfnAlias).SetTargetKeyId(awskms.NewKey(a.owner, jsii.String("Other"), nil).KeyArn())
		}, "alias/orders is not the alias of the key of orders"},
		"no alias": {func(a attack) { a.orders.Node().TryRemoveChild(jsii.String("KeyAlias")) }, "alias/orders is not the alias of the key of orders"},
		"another queue with the key": {func(a attack) {
			awssqs.NewQueue(a.owner, jsii.String("Third"), &awssqs.QueueProps{EncryptionMasterKey: a.orders.Key})
		}, "it is encrypted with the key of orders (KmsMasterKeyId)"},
		"a topic with the key": {func(a attack) {
			awscdk.NewCfnResource(a.owner, jsii.String("Topic"), &awscdk.CfnResourceProps{Type: jsii.String("AWS::SNS::Topic"), Properties: &map[string]any{"KmsMasterKeyId": a.orders.Key.KeyArn()}})
		}, "give it a key of its own"},
		"a bucket with the key": {func(a attack) {
			awscdk.NewCfnResource(a.owner, jsii.String("Bucket"), &awscdk.CfnResourceProps{Type: jsii.String("AWS::S3::Bucket"), Properties: &map[string]any{
				"BucketEncryption": map[string]any{"ServerSideEncryptionConfiguration": []any{map[string]any{"ServerSideEncryptionByDefault": map[string]any{"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": a.orders.Key.KeyId()}}}}}})
		}, "give it a key of its own"},

		"a role sends by CDK's grant":              {func(a attack) { a.orders.Queue.GrantSendMessages(a.role(a.owner)) }, "may send to orders and not use its key, so that it cannot send"},
		"a role consumes by CDK's grant":           {func(a attack) { a.orders.Queue.GrantConsumeMessages(a.role(a.owner)) }, "may receive from orders and not use its key, so that it reads nothing"},
		"a role reads dead letters by CDK's grant": {func(a attack) { a.orders.DeadLetterQueue.GrantConsumeMessages(a.role(a.owner)) }, "add the queue's GrantConsumeDeadLetters for it"},
		"a role consumes by its name": {func(a attack) {
			a.orders.Queue.GrantConsumeMessages(awsiam.Role_FromRoleName(a.owner, jsii.String("Named"), jsii.String("named"), nil))
		}, "named of account 111111111111 may receive from orders and not use its key"},
		"a role that may send to another queue sends by CDK's grant": {func(a attack) {
			role, other := a.role(a.owner), a.orders.Address
			other.Name, other.Alias = "other", "other"
			mustGrant(publisher.GrantSend(role, other))
			a.orders.Queue.GrantSendMessages(role)
		}, "may send to orders and not use its key"},
		"CDK's event source": {func(a attack) {
			newFunction(a.owner, "Function", nil).AddEventSource(awslambdaeventsources.NewSqsEventSource(a.orders.Queue, nil))
		}, "for a function also by package shared/eventsource"},
		"dead letters of a function": {func(a attack) {
			newFunction(a.owner, "Function", func(p *awslambda.FunctionProps) { p.DeadLetterQueue = a.orders.Queue })
		}, "may send to orders and not use its key"},
		"dead letters of a function to the dead-letter queue": {func(a attack) {
			newFunction(a.owner, "Function", func(p *awslambda.FunctionProps) { p.DeadLetterQueue = a.orders.DeadLetterQueue })
		}, "give it a dead-letter queue of its own"},
		"a rule": {func(a attack) {
			awsevents.NewRule(a.owner, jsii.String("Rule"), &awsevents.RuleProps{
				EventPattern: &awsevents.EventPattern{Source: jsii.Strings("aws.s3")},
				Targets:      &[]awsevents.IRuleTarget{awseventstargets.NewSqsQueue(a.orders.Queue, nil)},
			})
		}, "make the queue a target by package publisher/ruletarget"},
		"a consumer, then a sender": {func(a attack) {
			role := a.role(a.owner)
			mustGrant(a.orders.GrantConsume(role))
			mustGrant(publisher.GrantSend(role, a.orders.Address))
		}, "is a consumer of orders, which is denied sending, and a sender to it"},
		"a sender, then a consumer": {func(a attack) {
			role := a.role(a.owner)
			mustGrant(publisher.GrantSend(role, a.orders.Address))
			mustGrant(a.orders.GrantConsume(role))
		}, "is a consumer of orders, which is denied sending, and a sender to it"},
		"a consumer and a sender, imported in two stacks": {func(a attack) {
			third := awscdk.NewStack(a.app, jsii.String("third"), &awscdk.StackProps{Env: &awscdk.Environment{Account: jsii.String("111111111111"), Region: jsii.String("eu-west-1")}})
			mustGrant(publisher.GrantSend(awsiam.Role_FromRoleName(third, jsii.String("Worker"), jsii.String("worker"), nil), a.orders.Address))
			mustGrant(a.orders.GrantConsume(newRole(a.owner, "Worker", awsiam.RoleProps{RoleName: jsii.String("Worker")})))
		}, "worker of account 111111111111 is a consumer of orders, which is denied sending"},

		"two queues of one name": {func(a attack) {
			queue(a, "Again", shared.QueueProps{QueueName: "orders", KeyAlias: "again"})
		}, "QueueName orders is taken"},
		"a queue named as the dead-letter queue": {func(a attack) {
			queue(a, "Again", shared.QueueProps{QueueName: "orders-dlq", KeyAlias: "again"})
		}, "orders-dlq is taken"},
		"one alias twice": {func(a attack) {
			queue(a, "Again", shared.QueueProps{QueueName: "again", KeyAlias: "orders"})
		}, "KeyAlias alias/orders is taken"},
		"a queue of CDK with the name": {func(a attack) {
			awssqs.NewQueue(a.owner, jsii.String("Again"), &awssqs.QueueProps{QueueName: jsii.String("orders")})
		}, "QueueName orders is taken"},
		"undone by Open with a panic": {func(a attack) {
			_ = a.orders.Open("because", func() {
				a.orders.Queue.GrantConsumeMessages(foreign())
				panic("no")
			})
		}, "which neither the construct wrote nor was declared"},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAttack(t)
			c.do(a)
			report := synthesize(t, a.app)
			if report == "" {
				t.Fatal("it was synthesized")
			}
			if !strings.Contains(report, c.want) {
				t.Errorf("want %s, got\n%s", c.want, report)
			}
		})
	}
}

func newAttack(t *testing.T) attack {
	t.Helper()
	app, owner := newStack(t)
	other := awscdk.NewStack(app, jsii.String("other"), &awscdk.StackProps{
		Env: &awscdk.Environment{Account: jsii.String("222222222222"), Region: jsii.String("eu-west-1")},
	})
	return attack{app, owner, other, newQueue(t, owner, "orders", nil)}
}

func queue(a attack, id string, props shared.QueueProps) {
	props.Senders = dev()
	if _, err := shared.NewQueue(a.owner, id, &props); err != nil {
		panic(err)
	}
}

func mustGrant(_ awsiam.Grant, err error) {
	if err != nil {
		panic(err)
	}
}

func keyStatement(a attack, action string) awsiam.PolicyStatement {
	return awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{Actions: jsii.Strings(action), Resources: &[]*string{a.orders.Key.KeyArn()}})
}

func inlineRole(a attack) {
	newRole(a.owner, "Inline", awsiam.RoleProps{InlinePolicies: &map[string]awsiam.PolicyDocument{
		"Decrypt": awsiam.NewPolicyDocument(&awsiam.PolicyDocumentProps{Statements: &[]awsiam.PolicyStatement{keyStatement(a, "kms:Decrypt")}}),
	}})
}

// synthesize is what CDK reports, empty if the synthesis succeeds.
func synthesize(t *testing.T, app awscdk.App) string {
	t.Helper()
	err := cdk.Try(func() error { app.Synth(nil); return nil })
	if err == nil {
		return ""
	}
	findings, _, readErr := cdktest.ReadReport(*app.Outdir())
	if readErr != nil {
		t.Fatal(err, readErr)
	}
	var report strings.Builder
	for _, f := range findings {
		fmt.Fprintf(&report, "%s %s\n  %s\n  %s\n", f.Severity, f.Rule, f.Description, f.Fix)
	}
	return report.String()
}

// runOpened makes the test binary be openedApp, as the CDK CLI runs it.
const runOpened = "TEST_RUN_OPENED_APP"

// openedApp has a queue whose key was taken away, in the app itself, in a Stage, or
// in a nested stack.
func openedApp(place string) {
	app := awscdk.NewApp(nil)
	scope := constructs.Construct(app)
	if place == "a Stage" {
		scope = awscdk.NewStage(app, jsii.String("Live"), nil)
	}
	scope = awscdk.NewStack(scope, jsii.String("owner"), &awscdk.StackProps{
		Env: &awscdk.Environment{Account: jsii.String("111111111111"), Region: jsii.String("eu-west-1")},
	})
	if place == "a nested stack" {
		scope = awscdk.NewNestedStack(scope, jsii.String("Nested"), nil)
	}
	orders, err := shared.NewQueue(scope, "Orders", &shared.QueueProps{QueueName: "orders", KeyAlias: "orders", Senders: dev()})
	if err != nil {
		panic(err)
	}
	orders.Queue.Node().DefaultChild().(awssqs.CfnQueue).AddPropertyDeletionOverride(jsii.String("KmsMasterKeyId"))
	app.Synth(nil)
}

// The CLI fails and says why, wherever the queue is, without the guard and without
// CDK's own validator.
func TestCLIFailsForAnOpenedQueue(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, place := range []string{"the app", "a Stage", "a nested stack"} {
		t.Run(place, func(t *testing.T) {
			t.Parallel() // other processes only
			_, output, err := cdktest.CLI(t, "..", []string{runOpened + "=" + place, "CDK_VALIDATION=false"}, "--app", self)
			if err == nil || !strings.Contains(string(output), "the whole organization o-abc1234567 can send") {
				t.Errorf("%v\n%s", err, output)
			}
		})
	}
}
