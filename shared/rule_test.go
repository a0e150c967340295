package shared_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awseventstargets"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"

	"example.com/shared-queue/address"
	"example.com/shared-queue/internal/cdktest"
	"example.com/shared-queue/policy"
	"example.com/shared-queue/publisher"
	"example.com/shared-queue/publisher/ruletarget"
)

// Rules of a publisher's account send as a role.
func TestRuleTargets(t *testing.T) {
	app := awscdk.NewApp(&awscdk.AppProps{Outdir: jsii.String(t.TempDir())})
	stack := awscdk.NewStack(app, jsii.String("events"), &awscdk.StackProps{
		Env: &awscdk.Environment{Account: jsii.String("222222222222"), Region: jsii.String("eu-west-1")},
	})
	orders := address.Queue{Region: "eu-west-1", Account: "111111111111", Name: "orders", Alias: "orders"}
	events, err := address.ParsePrincipal("events.amazonaws.com")
	if err != nil {
		t.Fatal(err)
	}
	sender, err := publisher.NewRole(stack, "Sender", &publisher.RoleProps{RoleName: "sender", AssumedBy: []address.Principal{events}, Queue: orders})
	if err != nil {
		t.Fatal(err)
	}
	undelivered := awssqs.NewQueue(stack, jsii.String("Undelivered"), nil)
	target, err := ruletarget.New(sender.Role, orders, &awseventstargets.SqsQueueProps{DeadLetterQueue: undelivered, RetryAttempts: jsii.Number(3)})
	if err != nil {
		t.Fatal(err)
	}
	awsevents.NewRule(stack, jsii.String("Uploads"), &awsevents.RuleProps{
		EventPattern: &awsevents.EventPattern{Source: jsii.Strings("aws.s3")},
		Targets:      &[]awsevents.IRuleTarget{target},
	})
	fifo := address.Queue{Region: "eu-west-1", Account: "111111111111", Name: "fifo.fifo", Alias: "fifo"}
	existing := awsiam.Role_FromRoleArn(stack, jsii.String("Existing"), jsii.String("arn:aws:iam::222222222222:role/existing"), nil)
	grouped, err := ruletarget.New(existing, fifo, &awseventstargets.SqsQueueProps{
		MessageGroupId: jsii.String("clock"), Message: awsevents.RuleTargetInput_FromText(jsii.String("tick")),
	})
	if err != nil {
		t.Fatal(err)
	}
	awsevents.NewRule(stack, jsii.String("Clock"), &awsevents.RuleProps{
		Schedule: awsevents.Schedule_Rate(awscdk.Duration_Hours(jsii.Number(1))),
		Targets:  &[]awsevents.IRuleTarget{grouped},
	})
	far := awscdk.NewStack(app, jsii.String("far"), &awscdk.StackProps{
		Env: &awscdk.Environment{Account: jsii.String("222222222222"), Region: jsii.String("us-east-1")},
	})
	again, err := ruletarget.New(awsiam.Role_FromRoleName(far, jsii.String("Role"), jsii.String("far"), nil), orders, nil)
	if err != nil {
		t.Fatal(err)
	}
	rule := awsevents.NewRule(far, jsii.String("Rule"), &awsevents.RuleProps{
		EventPattern: &awsevents.EventPattern{Source: jsii.Strings("aws.s3")}, Targets: &[]awsevents.IRuleTarget{again},
	})
	t.Run("a rule of another Region", func(t *testing.T) {
		var messages []string
		for _, m := range *rule.Node().Metadata() {
			messages = append(messages, fmt.Sprint(m.Data))
		}
		if got := strings.Join(messages, "\n"); !strings.Contains(got, "the rule is of Region us-east-1 and its target orders of eu-west-1, which EventBridge does not reach") {
			t.Errorf("got %q", got)
		}
	})
	for want, do := range map[string]func() error{
		"rule target: fifo.fifo is a FIFO queue, which needs a message group: set MessageGroupId": func() error {
			_, err := ruletarget.New(sender.Role, fifo, nil)
			return err
		},
		"rule target: there is no role: give the target an execution role": func() error {
			_, err := ruletarget.New(nil, orders, nil)
			return err
		},
		"rule target: grant to send to orders: the grantee is of account 333333333333, which stack events cannot change: make the grant in a stack of that account": func() error {
			_, err := ruletarget.New(awsiam.Role_FromRoleArn(stack, jsii.String("Foreign"), jsii.String("arn:aws:iam::333333333333:role/r"), nil), orders, nil)
			return err
		},
	} {
		t.Run(want, func(t *testing.T) {
			if err := do(); err == nil || err.Error() != want {
				t.Errorf("got %v", err)
			}
		})
	}

	far.Node().Scope().Node().TryRemoveChild(jsii.String("far"))
	templates, _ := cdktest.Synth(t, app)
	template := templates["events"]
	want := map[string]string{
		"Uploads": `{"Id": "Target0", "Arn": "arn:aws:sqs:eu-west-1:111111111111:orders",
		  "RoleArn": {"Fn::GetAtt": ["` + template.IDs("AWS::IAM::Role")[0] + `", "Arn"]}, "RetryPolicy": {"MaximumRetryAttempts": 3},
		  "DeadLetterConfig": {"Arn": {"Fn::GetAtt": ["` + template.IDs("AWS::SQS::Queue")[0] + `", "Arn"]}}}`,
		"Clock": `{"Id": "Target0", "Arn": "arn:aws:sqs:eu-west-1:111111111111:fifo.fifo", "Input": "\"tick\"",
		  "RoleArn": "arn:aws:iam::222222222222:role/existing", "SqsParameters": {"MessageGroupId": "clock"}}`,
	}
	for _, id := range template.IDs("AWS::Events::Rule") {
		rule := id[:len(id)-8]
		t.Run("target of "+rule, func(t *testing.T) {
			list, _ := template.Get("Resources", id, "Properties", "Targets").([]any)
			if len(list) != 1 {
				t.Fatalf("got %v", list)
			}
			cdktest.Same(t, list[0], want[rule])
		})
	}
	t.Run("the roles may send and nothing else", func(t *testing.T) {
		for role, at := range map[string]address.Queue{"Existing": fifo, "Sender": orders} {
			if got, want := cdktest.Sids(rolePolicy(t, template, role)), sids(at, policy.SidGrantSend, policy.SidGrantKey); !slices.Equal(got, want) {
				t.Errorf("%s: got %q, want %q", role, got, want)
			}
		}
	})
}
