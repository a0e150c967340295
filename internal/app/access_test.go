package app

import (
	"bytes"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"example.com/shared-queue/address"
	"example.com/shared-queue/internal/cdktest"
	"example.com/shared-queue/proof/access/command"
	"example.com/shared-queue/shared"
)

// What CDK's grants, a policy by hand and an aspect open, where the validation that
// would fail the synthesis is off: the command says who may more, and why.
func TestAccessNoticesWhatAnAppOpens(t *testing.T) {
	for name, c := range map[string]struct {
		open func(app awscdk.App, queue *shared.Queue)
		want []string
	}{
		"CDK's grant to a role of another account": {func(app awscdk.App, queue *shared.Queue) {
			other := awscdk.NewStack(app, jsii.String("Other"), &awscdk.StackProps{Env: env("222222222222")})
			role := awsiam.NewRole(other, jsii.String("Role"), &awsiam.RoleProps{
				RoleName: jsii.String("sender"), AssumedBy: awsiam.NewServicePrincipal(jsii.String("lambda.amazonaws.com"), nil),
			})
			queue.Key.GrantEncryptDecrypt(role)
		}, []string{"arn:aws:iam::222222222222:role/sender, which a policy names, if its account is in no organization may pass the key's policy, use the key directly, ", "of the key policy of Orders/Orders/Key"}},
		"a foreign account in the queue's policy": {func(_ awscdk.App, queue *shared.Queue) {
			queue.Queue.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
				Sid: jsii.String("Partner"), Actions: jsii.Strings("sqs:ReceiveMessage"), Resources: &[]*string{queue.Queue.QueueArn()},
				Principals: &[]awsiam.IPrincipal{awsiam.NewAccountPrincipal("999999999999")},
			}))
		}, []string{"Administrator of account 999999999999, which a policy names, if its account is in no organization may take other SQS actions on the queues, which was not promised: decided by Partner of the queue policy of Orders/Orders/Queue/Policy"}},
		"an aspect that takes the key away": {func(app awscdk.App, _ *shared.Queue) {
			awscdk.Aspects_Of(app).Add(&noKey{}, nil)
		}, []string{"orders is encrypted with no KMS key: the OU's wall is gone", "All-powerful role in the parent OU may send, which was not promised"}},
	} {
		t.Run(name, func(t *testing.T) {
			app := cdktest.NewApp(t)
			app.Node().SetContext(jsii.String("@aws-cdk/core:failSynthOnValidationErrors"), false)
			stack := awscdk.NewStack(app, jsii.String("Orders"), &awscdk.StackProps{Env: env("111111111111")})
			dev, err := address.ParsePath("o-abc1234567/r-wxyz/ou-wxyz-jklm1dev/ou-wxyz-km23jdev")
			if err != nil {
				t.Fatal(err)
			}
			queue, err := shared.NewQueue(stack, "Orders", &shared.QueueProps{QueueName: "orders", KeyAlias: "orders", Senders: []address.Path{dev}})
			if err != nil {
				t.Fatal(err)
			}
			c.open(app, queue)
			var out bytes.Buffer
			if status := command.Run(t.Context(), []string{*app.Synth(nil).Directory()}, &out, &out, command.Tools{}); status != 1 {
				t.Errorf("exit status %d, want 1", status)
			}
			for _, want := range c.want {
				if !strings.Contains(out.String(), want) {
					t.Errorf("want %s\n%s", want, &out)
				}
			}
		})
	}
}

func env(account string) *awscdk.Environment {
	return &awscdk.Environment{Account: &account, Region: jsii.String("us-east-1")}
}

// noKey is an aspect that has SQS encrypt every queue with its own keys.
type noKey struct{}

func (*noKey) Visit(node constructs.IConstruct) {
	if queue, ok := node.(awssqs.CfnQueue); ok {
		queue.AddPropertyDeletionOverride(jsii.String("KmsMasterKeyId"))
		queue.SetSqsManagedSseEnabled(true)
	}
}
