package shared_test

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/jsii-runtime-go"

	"example.com/shared-queue/address"
	"example.com/shared-queue/internal/cdktest"
	"example.com/shared-queue/publisher"
	"example.com/shared-queue/shared"
)

const (
	devPath  = "o-abc1234567/r-wxyz/ou-wxyz-jklm1dev"
	prodPath = "o-abc1234567/r-wxyz/ou-wxyz-nopq1prd"
)

// twoQueues are orders, and invoices of another OU, with one key.
type twoQueues struct {
	attack
	shared   *shared.Key
	invoices *shared.Queue
}

func newTwoQueues(t *testing.T) twoQueues {
	t.Helper()
	app, owner := newStack(t)
	key, err := shared.NewKey(owner, "Key", nil)
	if err != nil {
		t.Fatal(err)
	}
	return twoQueues{attack{app, owner, nil, withKey(t, owner, key, "orders", devPath)}, key, withKey(t, owner, key, "invoices", prodPath)}
}

func withKey(t *testing.T, owner awscdk.Stack, key *shared.Key, name, senders string) *shared.Queue {
	t.Helper()
	path, err := address.ParsePath(senders)
	if err != nil {
		t.Fatal(err)
	}
	q, err := shared.NewQueue(owner, name, &shared.QueueProps{QueueName: name, KeyAlias: name, Senders: []address.Path{path}, Key: key})
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// One key has statements for each queue, and an alias for each. A queue of its own
// beside them has what it always had.
func TestTwoQueuesWithOneKey(t *testing.T) {
	a := newTwoQueues(t)
	newQueue(t, a.owner, "single", nil)
	if err := a.invoices.Open("their bank", func() { a.invoices.Queue.GrantConsumeMessages(foreign()) }); err != nil {
		t.Fatal(err)
	}
	if _, err := publisher.GrantSend(newRole(a.owner, "Sender", awsiam.RoleProps{}), a.invoices.Address); err != nil {
		t.Fatal(err)
	}
	worker := newRole(a.owner, "Worker", awsiam.RoleProps{})
	mustGrant(a.orders.GrantConsume(worker))
	mustGrant(a.invoices.GrantConsume(worker))
	mustGrant(a.invoices.GrantConsumeDeadLetters(worker))
	if report := synthesize(t, a.app); report != "" {
		t.Fatal(report)
	}
	templates, _ := cdktest.Synth(t, a.app)
	template := templates["owner"]
	keys := template.IDs("AWS::KMS::Key")
	if len(keys) != 2 || len(template.IDs("AWS::KMS::Alias")) != 3 {
		t.Fatalf("keys %q, aliases %q", keys, template.IDs("AWS::KMS::Alias"))
	}
	for _, id := range template.IDs("AWS::SQS::Queue") {
		key := cdktest.Get(template.JSON, "Resources", id, "Properties", "KmsMasterKeyId")
		if want := fmt.Sprintf("map[Fn::GetAtt:[%s Arn]]", keys[0]); strings.HasPrefix(id, "single") == (fmt.Sprint(key) == want) {
			t.Errorf("%s is encrypted with %v", id, key)
		}
	}
	sids := cdktest.Sids(template.Statements("Resources", keys[0], "Properties", "KeyPolicy"))
	if len(sids) != 3 || !strings.HasPrefix(sids[1], "SendersUseKeyThroughQueueInvoices") || !strings.HasPrefix(sids[2], "SendersUseKeyThroughQueueOrders") {
		t.Errorf("statements %q", sids)
	}
}

func TestNothingOpensAKeyOfTwoQueues(t *testing.T) {
	inline := func(a twoQueues, queues ...string) {
		newRole(a.owner, "Reader", awsiam.RoleProps{}).AddToPolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Actions: jsii.Strings("kms:Decrypt"), Resources: &[]*string{a.shared.Key.KeyArn()},
			Conditions: &map[string]any{"StringEquals": map[string]any{"kms:ViaService": "sqs.eu-west-1.amazonaws.com", "kms:EncryptionContext:aws:sqs:arn": queues}},
		}))
	}
	const orders, invoices = "arn:aws:sqs:eu-west-1:111111111111:orders", "arn:aws:sqs:eu-west-1:111111111111:invoices"
	for name, c := range map[string]struct {
		do   func(twoQueues)
		want string // of the report, once; empty for nothing
	}{
		"nothing":                {func(twoQueues) {}, ""},
		"a statement of the key": {func(a twoQueues) { a.shared.Key.AddToResourcePolicy(a.statement(foreign(), "kms:Decrypt"), nil) }, "999999999999:root kms:decrypt with no condition, which neither the construct wrote nor was declared"},
		"CDK's grant":            {func(a twoQueues) { a.shared.Key.GrantDecrypt(newRole(a.owner, "Reader", awsiam.RoleProps{})) }, "with the key of invoices for any purpose"},
		"a bucket": {func(a twoQueues) {
			awss3.NewBucket(a.owner, jsii.String("B"), &awss3.BucketProps{EncryptionKey: a.shared.Key})
		}, "it is encrypted with the key of invoices"},
		"another queue's context": {func(a twoQueues) { inline(a, orders, "arn:aws:sqs:eu-west-1:111111111111:third") }, "for any purpose, not through the queue alone"},
		"both queues' contexts":   {func(a twoQueues) { inline(a, orders, invoices) }, "for any purpose, not through the queue alone"},
		"one queue's context":     {func(a twoQueues) { inline(a, orders, orders+"-dlq") }, ""},
		"a queue's statement is gone": {func(a twoQueues) {
			a.shared.Key.Node().DefaultChild().(awskms.CfnKey).AddPropertyDeletionOverride(jsii.String("KeyPolicy.Statement.1"))
		}, "is gone from the policy of the key of orders"},
		"senders of one are let use it for both": {func(a twoQueues) {
			a.shared.Key.Node().DefaultChild().(awskms.CfnKey).AddPropertyOverride(
				jsii.String("KeyPolicy.Statement.1.Condition.StringEquals.kms:EncryptionContext:aws:sqs:arn"), []string{orders, invoices})
		}, "which neither the construct wrote nor was declared"},
		"another key for one": {func(a twoQueues) {
			a.queue().SetKmsMasterKeyId(awskms.NewKey(a.owner, jsii.String("Other"), nil).KeyArn())
		}, "in the place of its key"},
	} {
		t.Run(name, func(t *testing.T) {
			a := newTwoQueues(t)
			c.do(a)
			report := synthesize(t, a.app)
			if c.want == "" {
				if report != "" {
					t.Errorf("got %s", report)
				}
				return
			}
			if strings.Count(report, c.want) != 1 {
				t.Errorf("want once %s, got\n%s", c.want, report)
			}
		})
	}
}

func TestKeysThatAQueueCannotHave(t *testing.T) {
	a := newTwoQueues(t)
	dev, err := address.ParsePath(devPath)
	if err != nil {
		t.Fatal(err)
	}
	another := awscdk.NewStack(a.app, jsii.String("another"), &awscdk.StackProps{
		Env: &awscdk.Environment{Account: jsii.String("111111111111"), Region: jsii.String("eu-west-1")}})
	foreignKey, err := shared.NewKey(another, "Key", nil)
	if err != nil {
		t.Fatal(err)
	}
	shortLived, err := shared.NewKey(a.owner, "ShortLived", &shared.KeyProps{RemovalPolicy: shared.Destroy})
	if err != nil {
		t.Fatal(err)
	}
	props := func(change func(*shared.QueueProps)) func() error {
		return func() error {
			p := &shared.QueueProps{QueueName: "third", KeyAlias: "third", Senders: []address.Path{dev}, Key: a.shared}
			change(p)
			_, err := shared.NewQueue(a.owner, "Third", p)
			return err
		}
	}
	const notMade = `Key: got "a key that NewKey has not made", allowed: a key that NewKey has made in the queue's own stack owner; make one there by NewKey`
	for name, c := range map[string]struct {
		do   func() error
		want string
	}{
		"of another stack": {props(func(p *shared.QueueProps) { p.Key = foreignKey }),
			`Key: got "a key of the stack another", allowed: a key that NewKey has made in the queue's own stack owner; make one there by NewKey`},
		"no key":                  {props(func(p *shared.QueueProps) { p.Key = (*shared.Key)(nil) }), notMade},
		"a key made by hand":      {props(func(p *shared.QueueProps) { p.Key = &shared.Key{Key: a.shared.Key} }), notMade},
		"a window of the queue's": {props(func(p *shared.QueueProps) { p.KeyPendingWindow = new(7) }), `KeyPendingWindow: got 7, allowed: nothing with Key, which has its own; set it in KeyProps`},
		"that is deleted before the messages": {props(func(p *shared.QueueProps) { p.Key = shortLived }),
			`RemovalPolicy: got "retain", allowed: Destroy with a Key that has it, as messages that stay could not be read without their key; set RemovalPolicy of KeyProps to Retain`},
		"by the alias of another queue": {props(func(p *shared.QueueProps) { p.KeyAlias = "orders" }),
			`KeyAlias: got "orders", allowed: an alias that no other queue of the Key has, as each has its own; choose another`},
		"a window out of range": {func() error {
			_, err := shared.NewKey(a.owner, "Wrong", &shared.KeyProps{KeyPendingWindow: new(6), RemovalPolicy: "snapshot"})
			return err
		}, `key Wrong: RemovalPolicy: got "snapshot", allowed: Retain or Destroy; choose one; Retain loses nothing` + "\n" + `KeyPendingWindow: got 6, allowed: 7 to 30; choose a number in that range`},
		"in a stack with no account": {func() error {
			_, err := shared.NewKey(awscdk.NewStack(a.app, jsii.String("anywhere"), nil), "Key", nil)
			return err
		}, `key Key: got "a stack with no account or Region", allowed: a stack with both; set Env in the StackProps of anywhere`},
		"in the stack of one queue": {func() error {
			_, err := shared.NewStack(a.app, "one", &shared.StackProps{StackProps: awscdk.StackProps{Env: &awscdk.Environment{Account: jsii.String("111111111111"), Region: jsii.String("eu-west-1")}},
				Queue: shared.QueueProps{QueueName: "third", KeyAlias: "third", Senders: []address.Path{dev}, Key: a.shared}})
			return err
		}, `stack one: Queue.Key: got "a key for several queues", allowed: no key, as the stack is of one queue; make the queues by NewQueue in a stack of your own`},
	} {
		t.Run(name, func(t *testing.T) {
			err := c.do()
			if err == nil {
				t.Fatal("no error")
			}
			if got := strings.TrimPrefix(err.Error(), "shared queue Third: "); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
	if report := synthesize(t, a.app); report != "" {
		t.Errorf("what was refused is there: %s", report)
	}
}

// A queue from before comes under the construct by an import, after its key was
// deployed: docs/operations.md. The CDK CLI takes the template that is deployed, with
// the two queues: all that they refer to is there, and they stay if the stack goes.
func TestImportOfAQueueThatExists(t *testing.T) {
	synth := func(define func(awscdk.Stack, *shared.Key)) map[string]any {
		app, owner := newStack(t)
		key, err := shared.NewKey(owner, "Key", nil)
		if err != nil {
			t.Fatal(err)
		}
		define(owner, key)
		templates, _ := cdktest.Synth(t, app)
		return templates["owner"].Get("Resources").(map[string]any)
	}
	deployed := synth(func(awscdk.Stack, *shared.Key) {})
	whole := synth(func(owner awscdk.Stack, key *shared.Key) { withKey(t, owner, key, "Orders", devPath) })

	if len(deployed) != 1 {
		t.Fatalf("deployed: %v", deployed)
	}
	page, err := os.ReadFile("../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	imported := 0
	for id, r := range whole {
		if cdktest.Get(r, "Type") != "AWS::SQS::Queue" {
			continue
		}
		imported++
		deployed[id] = r
		if policy := cdktest.Get(r, "DeletionPolicy"); policy != "RetainExceptOnCreate" {
			t.Errorf("%s has the deletion policy %v", id, policy)
		}
		if !strings.Contains(string(page), `"`+id+`": {"QueueUrl"`) {
			t.Errorf("docs/operations.md does not import %s", id)
		}
	}
	if imported != 2 {
		t.Errorf("%d queues are imported", imported)
	}
	text, err := json.Marshal(deployed)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`"(?:Ref|Fn::GetAtt)":(?:\["|")([^"]+)"`).FindAllStringSubmatch(string(text), -1) {
		if deployed[m[1]] == nil && !strings.HasPrefix(m[1], "AWS::") {
			t.Errorf("the import refers to %s, which is not there", m[1])
		}
	}
}

// The key is of the same stack as its queues, wherever that is.
func TestOneKeyInNestedStacksAndStages(t *testing.T) {
	for name, scope := range map[string]func(awscdk.App, awscdk.Stack) awscdk.Stack{
		"a nested stack": func(_ awscdk.App, owner awscdk.Stack) awscdk.Stack {
			return awscdk.NewNestedStack(owner, jsii.String("Nested"), nil)
		},
		"a Stage": func(app awscdk.App, _ awscdk.Stack) awscdk.Stack {
			stage := awscdk.NewStage(app, jsii.String("Live"), &awscdk.StageProps{
				Env: &awscdk.Environment{Account: jsii.String("111111111111"), Region: jsii.String("eu-west-1")}})
			return awscdk.NewStack(stage, jsii.String("owner"), nil)
		},
	} {
		t.Run(name, func(t *testing.T) {
			for _, freely := range []bool{false, true} {
				app, owner := newStack(t)
				stack := scope(app, owner)
				key, err := shared.NewKey(stack, "Key", nil)
				if err != nil {
					t.Fatal(err)
				}
				orders := withKey(t, stack, key, "orders", devPath)
				withKey(t, stack, key, "invoices", prodPath)
				mustGrant(orders.GrantConsume(newRole(stack, "Worker", awsiam.RoleProps{})))
				if freely {
					key.Key.GrantDecrypt(newRole(stack, "Reader", awsiam.RoleProps{}))
				}
				if report := synthesize(t, app); strings.Contains(report, "with the key of invoices for any purpose") != freely || !freely && report != "" {
					t.Errorf("freely %v: got %s", freely, report)
				}
			}
		})
	}
}
