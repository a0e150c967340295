// Package recipes has what CDK's own constructs need beside a shared queue, as
// docs/constructs.md lists it. Each recipe is a function that adds its stacks to an
// app, in an example of its own.
package recipes_test

import (
	"bytes"
	"log"
	"os"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"example.com/shared-queue/address"
	"example.com/shared-queue/guard"
	"example.com/shared-queue/internal/cdktest"
	"example.com/shared-queue/internal/node"
	"example.com/shared-queue/proof/access/command"
	"example.com/shared-queue/shared"
)

// whole is the environment variable with which the guard and CDK's validator judge each
// recipe too, and the evaluator is asked who can do what: make recipes sets it. It takes
// a minute. What the constructs refuse by themselves is refused without it.
const whole = "WHOLE_RECIPES"

func TestMain(m *testing.M) {
	if os.Getenv(whole) != "" {
		cdktest.MainWithValidator(m)
	}
	cdktest.Main(m)
}

// recipes are all of them, by what one wants.
var recipes = []struct {
	name  string
	build func(awscdk.App)
}{
	{"a topic beside the queue", topicBeside},
	{"a topic of another account", topicElsewhere},
	{"a FIFO topic", topicFIFO},
	{"a bucket beside the queue", bucketBeside},
	{"a bucket of another account", bucketElsewhere},
	{"a rule beside the queue", ruleBeside},
	{"a rule of another account", ruleElsewhere},
	{"a schedule", schedule},
	{"a pipe to the queue", pipeTo},
	{"a pipe from the queue", pipeFrom},
	{"a function works", worker},
	{"a function works, by CDK's event source", workerOfCDK},
	{"a function's dead letters", deadLetters},
	{"a function's results", results},
	{"a function of another account sends", functionElsewhere},
	{"a service of CDK's queue-processing pattern", fargatePattern},
	{"a service by hand, scaled on the queue's depth", fargateByHand},
	{"a state machine, by CDK's task", stateMachine},
	{"a state machine, by the SDK", stateMachineSDK},
	{"an API", restAPI},
	{"an HTTP API", httpAPI},
	{"a lifecycle hook", lifecycleHook},
	{"a rule's dead letters", ruleDeadLetters},
	{"a device", device},
	{"an extension of AppConfig", appConfig},
	{"a partner's account", partner},
	{"a pipeline, two accounts", pipeline},
	{"two queues in one stack", twoQueues},
	{"two queues with one key", oneKey},
	{"a role that sends to two queues", twoDestinations},
	{"a queue in a nested stack", nestedStack},
	{"a company's standards", company},
	{"cdk-nag", nag},
}

// Each recipe is synthesized, and the constructs refuse nothing of it.
func TestRecipes(t *testing.T) {
	for i, recipe := range recipes {
		if i%8 == 7 {
			node.Restart() // which frees what CDK's validator keeps of each app
		}
		t.Run(recipe.name, func(t *testing.T) {
			app := newApp(t.TempDir())
			check(guard.Enable(app))
			recipe.build(app)
			app.Synth(nil)
			if os.Getenv(whole) == "" {
				return
			}
			var out bytes.Buffer
			if status := command.Run(t.Context(), []string{*app.Outdir()}, &out, &out, command.Tools{}); status != 0 {
				t.Errorf("access ends with %d\n%s", status, &out)
			}
			findings, _, err := cdktest.ReadReport(*app.Outdir())
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range findings {
				if f.Severity != "warning" && f.Severity != "info" {
					t.Errorf("%s: %s: %s", f.Rule, f.Construct, f.Description)
				}
			}
		})
	}
}

// newApp is an app with the flags of new apps, as cdk init writes them to cdk.json.
func newApp(folder string) awscdk.App {
	return awscdk.NewApp(&awscdk.AppProps{
		Outdir: &folder,
		Context: &map[string]any{
			"@aws-cdk/core:appMode":                                    "inmemory",
			"@aws-cdk/aws-sns-subscriptions:restrictSqsDescryption":    true,
			"@aws-cdk/aws-events:eventsTargetQueueSameAccount":         true,
			"@aws-cdk/aws-iam:minimizePolicies":                        true,
			"@aws-cdk/aws-lambda:createNewPoliciesWithAddToRolePolicy": true,
			"@aws-cdk/aws-ecs:arnFormatIncludesClusterName":            true,
		},
	})
}

// run is what the examples do.
func run(recipe func(awscdk.App)) {
	app := awscdk.NewApp(nil)
	recipe(app)
	app.Synth(nil)
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// must is for grants, of which only the error matters here.
func must(_ awsiam.Grant, err error) { check(err) }

// owner is a stack of the account that owns the queue.
func owner(scope constructs.Construct) awscdk.Stack { return stack(scope, "orders", "111111111111") }

// sender is a stack of an account that sends.
func sender(scope constructs.Construct) awscdk.Stack { return stack(scope, "web", "222222222222") }

func stack(scope constructs.Construct, id, account string) awscdk.Stack {
	return awscdk.NewStack(scope, &id, &awscdk.StackProps{
		Env: &awscdk.Environment{Account: &account, Region: jsii.String("us-east-1")},
	})
}

// newOrders is the queue orders, of whose OU the accounts send.
func newOrders(stack awscdk.Stack) *shared.Queue { return newQueue(stack, "orders") }

// lookUp is what some constructs of CDK let their roles do beside sending.
var lookUp = []string{"sqs:GetQueueAttributes", "sqs:GetQueueUrl"}

func newQueue(stack constructs.Construct, name string, sendersMayAlso ...string) *shared.Queue {
	dev, err := address.ParsePath("o-abc1234567/r-wxyz/ou-wxyz-jklm1dev")
	check(err)
	queue, err := shared.NewQueue(stack, name, &shared.QueueProps{
		QueueName: name, KeyAlias: name, Senders: []address.Path{dev}, SenderMayAlso: sendersMayAlso,
	})
	check(err)
	return queue
}

// orders is the address of the queue orders, for stacks of other accounts.
var orders = address.Queue{Region: "us-east-1", Account: "111111111111", Name: "orders", Alias: "orders"}

// principals are those that may assume a role.
func principals(names ...string) []address.Principal {
	list := make([]address.Principal, len(names))
	for i, name := range names {
		principal, err := address.ParsePrincipal(name)
		check(err)
		list[i] = principal
	}
	return list
}
