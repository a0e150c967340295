package app

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambdaeventsources"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssnssubscriptions"
	"github.com/aws/jsii-runtime-go"

	"example.com/shared-queue/address"
	"example.com/shared-queue/guard"
	"example.com/shared-queue/internal/cdktest"
	"example.com/shared-queue/proof/access/command"
	"example.com/shared-queue/publisher"
	"example.com/shared-queue/publisher/ruletarget"
	"example.com/shared-queue/shared"
	"example.com/shared-queue/shared/eventsource"
)

// runOwnApp makes the test binary be ownApp, as the CDK CLI runs it.
const runOwnApp = "TEST_RUN_OWN_APP"

// ownApp is an app of somebody else's: the queue in a stage, with the guard, and
// beside it what CDK users put there. A topic of the account is subscribed, a
// function works on the messages and another on the dead letters, and a rule of
// another account sends.
func ownApp() error {
	app := awscdk.NewApp(nil)
	if err := guard.Enable(app); err != nil {
		return err
	}
	live := awscdk.NewStage(app, jsii.String("Live"), nil)
	stack := func(id, account string) awscdk.Stack {
		return awscdk.NewStack(live, &id, &awscdk.StackProps{
			Env: &awscdk.Environment{Account: &account, Region: jsii.String("us-east-1")},
		})
	}

	owner := stack("Orders", "111111111111")
	dev, err := address.ParsePath("o-abc1234567/r-wxyz/ou-wxyz-jklm1dev")
	if err != nil {
		return err
	}
	queue, err := shared.NewQueue(owner, "Orders", &shared.QueueProps{
		QueueName: "orders",
		KeyAlias:  "orders",
		Senders:   []address.Path{dev},
	})
	if err != nil {
		return err
	}
	function := func(id string) awslambda.Function {
		role := awsiam.NewRole(owner, jsii.String(id+"Role"), &awsiam.RoleProps{
			RoleName:  jsii.String("orders-" + strings.ToLower(id)),
			AssumedBy: awsiam.NewServicePrincipal(jsii.String("lambda.amazonaws.com"), nil),
		})
		return awslambda.NewFunction(owner, &id, &awslambda.FunctionProps{
			Runtime: awslambda.Runtime_NODEJS_24_X(),
			Handler: jsii.String("index.handler"),
			Code:    awslambda.Code_FromInline(jsii.String("exports.handler = async () => {}")),
			Role:    role,
		})
	}
	if _, err := eventsource.Add(queue, function("Worker"), &awslambdaeventsources.SqsEventSourceProps{ReportBatchItemFailures: jsii.Bool(true)}); err != nil {
		return err
	}
	if _, err := eventsource.AddDeadLetter(queue, function("Reporter"), nil); err != nil {
		return err
	}
	if _, err := queue.GrantRedrive(awsiam.Role_FromRoleName(owner, jsii.String("Operator"), jsii.String("orders-operator"), nil)); err != nil {
		return err
	}
	topic := awssns.NewTopic(owner, jsii.String("Topic"), nil)
	if err := queue.Open("orders of the shop's topic", func() {
		topic.AddSubscription(awssnssubscriptions.NewSqsSubscription(queue.Queue, nil))
	}); err != nil {
		return err
	}

	sender := stack("Events", "222222222222")
	events, err := address.ParsePrincipal("events.amazonaws.com")
	if err != nil {
		return err
	}
	role, err := publisher.NewRole(sender, "Sender", &publisher.RoleProps{
		RoleName: "orders-events", AssumedBy: []address.Principal{events}, Queue: queue.Address,
	})
	if err != nil {
		return err
	}
	target, err := ruletarget.New(role.Role, queue.Address, nil)
	if err != nil {
		return err
	}
	awsevents.NewRule(sender, jsii.String("Uploads"), &awsevents.RuleProps{
		EventPattern: &awsevents.EventPattern{Source: jsii.Strings("aws.s3")},
		Targets:      &[]awsevents.IRuleTarget{target},
	})
	app.Synth(nil)
	return nil
}

// The real CLI synthesizes the app with no word of the guard or of CDK's
// validator, and by its templates nobody reads or decrypts but who was granted to.
func TestOwnApp(t *testing.T) {
	t.Parallel() // other processes only
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	out, output, err := cdktest.CLI(t, root, []string{runOwnApp + "=1"}, "--app", self)
	if err != nil {
		t.Fatalf("cdk synth: %v\n%s", err, output)
	}
	if findings, acknowledged, err := cdktest.ReadReport(out); err != nil || len(findings)+len(acknowledged) > 0 {
		t.Errorf("CDK's validator finds %v, acknowledged %v, %v", findings, acknowledged, err)
	}

	var table, wrong bytes.Buffer
	if status := command.Run(t.Context(), []string{"-markdown", out}, &table, &wrong, command.Tools{}); status != 0 {
		t.Errorf("access ends with %d\n%s", status, &wrong)
	}
	for _, row := range []string{
		"| Publisher role orders-events of account 222222222222 | **send** |",
		"| Service sns.amazonaws.com | nothing |", // but for the topic
		"| Shared account, if it is outside the OU: consumer orders-worker | **read** |",
		"| Consumer orders-worker | **read** |",
		"| Dead-letter consumer orders-reporter | **read dead letters** |",
		"; declared: orders of the shop's topic;",
	} {
		if !strings.Contains(table.String(), row) {
			t.Errorf("no row %s in\n%s", row, &table)
		}
	}
}
