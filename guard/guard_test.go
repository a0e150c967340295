package guard_test

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"example.com/shared-queue/address"
	"example.com/shared-queue/guard"
	"example.com/shared-queue/internal/cdktest"
	"example.com/shared-queue/shared"
)

func TestMain(m *testing.M) { cdktest.MainWithValidator(m) }

// A report is what CDK's report says of each stack, by rule and statement.
type report struct {
	findings, acknowledged map[string]map[string]cdktest.Finding
}

// validated is the report on one App with the stacks of all tests: the validator
// takes over a second to start.
var validated = sync.OnceValues(func() (report, error) {
	dir, err := os.MkdirTemp("", "guard")
	if err != nil {
		return report{}, err
	}
	if os.Getenv("KEEP") == "" {
		defer os.RemoveAll(dir)
	} else {
		fmt.Println("KEEP", dir)
	}
	app := awscdk.NewApp(&awscdk.AppProps{
		Outdir: &dir,
		// As under the CLI, which reads the report and fails by it.
		Context: &map[string]any{"@aws-cdk/core:failSynthOnValidationErrors": false},
	})
	if err := guard.Enable(app); err != nil {
		return report{}, err
	}
	if err := addTemplates(app, rulesStack, nil, somewhere(templates)); err != nil {
		return report{}, err
	}
	place := &awscdk.Environment{Account: jsii.String("111111111111"), Region: jsii.String("us-east-1")}
	if err := addTemplates(app, inPlaceStack, place, inPlace); err != nil {
		return report{}, err
	}
	for id, build := range stacks {
		if err := build(app, id); err != nil {
			return report{}, fmt.Errorf("%s: %w", id, err)
		}
	}
	// A second time, from below the App.
	if err := guard.Enable(awscdk.NewStage(app, jsii.String("Last"), nil)); err != nil {
		return report{}, err
	}
	app.Synth(nil)
	return readReport(dir)
})

func readReport(folder string) (report, error) {
	found, acknowledged, err := cdktest.ReadReport(folder)
	if err != nil {
		return report{}, err
	}
	for _, f := range found {
		if f.Rule == "Guard-Unfinished" {
			return report{}, errors.New(f.Description)
		}
	}
	// A finding in a stack of a Stage has no construct: it is under "".
	byStack := func(list []cdktest.Finding) map[string]map[string]cdktest.Finding {
		stacks := map[string]map[string]cdktest.Finding{}
		for _, f := range list {
			if stacks[f.Stack()] == nil {
				stacks[f.Stack()] = map[string]cdktest.Finding{}
			}
			stacks[f.Stack()][f.Rule] = f
		}
		return stacks
	}
	return report{byStack(found), byStack(acknowledged)}, nil
}

// stacks are those that no template describes, by id.
var stacks = map[string]func(app constructs.Construct, id string) error{
	"SharedQueue": func(app constructs.Construct, id string) error { return sharedQueue(app, id, false) },
	"SharedQueueWithOrgPaths": func(app constructs.Construct, id string) error {
		return sharedQueue(app, id, true)
	},
	"QueueOfCDK": func(app constructs.Construct, id string) error {
		stack := awscdk.NewStack(app, &id, nil)
		queue := awssqs.NewQueue(stack, jsii.String("Queue"), &awssqs.QueueProps{
			Encryption: awssqs.QueueEncryption_KMS,
			EnforceSSL: jsii.Bool(true),
		})
		queue.GrantSendMessages(awsiam.NewServicePrincipal(jsii.String("sns.amazonaws.com"), nil))
		queue.GrantSendMessages(awsiam.NewAccountPrincipal(jsii.String("222222222222")))
		return nil
	},
	"KeyOfCDK": func(app constructs.Construct, id string) error {
		awskms.NewKey(awscdk.NewStack(app, &id, nil), jsii.String("Key"), nil)
		return nil
	},
	// An escape hatch.
	"SharedQueueWidened": func(app constructs.Construct, id string) error {
		stack := environment(app, id)
		queue, err := shared.NewQueue(stack, "SharedQueue", props(false))
		if err != nil {
			return err
		}
		key := queue.Key.Node().DefaultChild().(awscdk.CfnResource)
		key.OverrideLogicalId(jsii.String("WidenedKey"))
		key.AddPropertyDeletionOverride(jsii.String("KeyPolicy.Statement.1.Condition.StringEquals"))
		return nil
	},
	"Stage": func(app constructs.Construct, id string) error {
		stack := awscdk.NewStack(awscdk.NewStage(app, &id, nil), jsii.String("Stack"), nil)
		queue := awssqs.NewQueue(stack, jsii.String("Open"), &awssqs.QueueProps{EnforceSSL: jsii.Bool(true)})
		queue.GrantSendMessages(awsiam.NewAnyPrincipal())
		return nil
	},
	"Acknowledged": func(app constructs.Construct, id string) error {
		stack := awscdk.NewStack(app, &id, nil)
		queue := awssqs.NewQueue(stack, jsii.String("Queue"), nil)
		queue.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Sid:        jsii.String("LegacySend"),
			Principals: &[]awsiam.IPrincipal{awsiam.NewAccountPrincipal(jsii.String("222222222222"))},
			Actions:    jsii.Strings("sqs:SendMessage"),
			Resources:  &[]*string{queue.QueueArn()},
		}))
		awscdk.Validations_Of(queue).Acknowledge(&awscdk.Acknowledgment{
			Id:     jsii.String("CloudFormation-Validate::Guard-PlainHTTP.Acknowledged.QueuePolicy25439813.LegacySend"),
			Reason: jsii.String("the sender is a device that has no TLS"),
		})
		return nil
	},
}

func environment(app constructs.Construct, id string) awscdk.Stack {
	return awscdk.NewStack(app, &id, &awscdk.StackProps{
		Env: &awscdk.Environment{Account: jsii.String("111111111111"), Region: jsii.String("us-east-1")},
	})
}

func sharedQueue(app constructs.Construct, id string, orgPaths bool) error {
	_, err := shared.NewQueue(environment(app, id), "SharedQueue", props(orgPaths))
	return err
}

func props(orgPaths bool) *shared.QueueProps {
	sender, err := address.ParsePath("o-abc1234567/r-wxyz/ou-wxyz-jklm1dev")
	if err != nil {
		panic(err)
	}
	return &shared.QueueProps{
		QueueName:       "shared-app-work",
		KeyAlias:        "shared-app",
		Senders:         []address.Path{sender},
		OrgPathsOnQueue: orgPaths,
	}
}

func read(t *testing.T) report {
	t.Helper()
	r, err := validated()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestStacksOfConstructs(t *testing.T) {
	tests := map[string][]string{
		"SharedQueue":             nil,
		"SharedQueueWithOrgPaths": nil,
		"QueueOfCDK":              {"Guard-Source.QueueOfCDK.QueueKey39FCBAE6.2", "Guard-Source.QueueOfCDK.QueuePolicy25439813.2"},
		"KeyOfCDK":                nil,
		"Acknowledged":            nil,
		"":                        {"Guard-Organization.Stage-Stack.OpenPolicy2006756D.2"},
		"SharedQueueWidened":      {"Guard-ViaService.SharedQueueWidened.WidenedKey.SendersUseKeyThroughQueue"},
	}
	for stack, want := range tests {
		t.Run(stack, func(t *testing.T) { check(t, read(t).findings[stack], want) })
	}
}

func check(t *testing.T, found map[string]cdktest.Finding, want []string) {
	t.Helper()
	var got []string
	for id, f := range found {
		if !strings.HasPrefix(id, "Guard-") {
			continue
		}
		got = append(got, id)
		if f.Severity != "error" {
			t.Errorf("%s is of severity %s, want error", id, f.Severity)
		}
		if f.Fix == "" {
			t.Errorf("%s has no fix", id)
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("findings:\n got %v\nwant %v", got, want)
		for id, f := range found {
			t.Logf("%s: %s", id, f.Description)
		}
	}
}

func TestAcknowledgedOnPurpose(t *testing.T) {
	const id = "Guard-PlainHTTP.Acknowledged.QueuePolicy25439813.LegacySend"
	if got := read(t).acknowledged["Acknowledged"][id].Reason; got != "the sender is a device that has no TLS" {
		t.Errorf("reason in the report: %q", got)
	}
}

func TestFindingSaysWhereWhatAndCure(t *testing.T) {
	const rule = "Guard-ViaService.SharedQueueWidened.WidenedKey.SendersUseKeyThroughQueue"
	f := read(t).findings["SharedQueueWidened"][rule]
	want := cdktest.Finding{
		Rule:        rule,
		Description: "KeyPolicy.Statement.1: statement SendersUseKeyThroughQueue allows everyone to use the key directly, not only through a service",
		Fix:         "add StringEquals kms:ViaService with the service, like sqs.us-east-1.amazonaws.com",
		Severity:    "error",
		Construct:   "SharedQueueWidened/SharedQueue/Key/Resource",
	}
	if f != want {
		t.Errorf("got  %+v\nwant %+v", f, want)
	}
}

// An App with no context, under no CLI: as in anybody's first app.
func TestSynthesisFails(t *testing.T) {
	dir := t.TempDir()
	app := awscdk.NewApp(&awscdk.AppProps{Outdir: &dir})
	if err := guard.Enable(app); err != nil {
		t.Fatal(err)
	}
	open := somewhere([]template{{kind: queuePolicy, policy: statements(send(`"Condition": {}`), denyHTTP)}})[0]
	if err := open.add(awscdk.NewStack(app, jsii.String("Stack"), nil), 0); err != nil {
		t.Fatal(err)
	}
	defer func() {
		said := fmt.Sprint(recover())
		for _, want := range []string{"ValidationFailed", "statement Send allows everyone", "Suggested fix: add StringEquals aws:PrincipalOrgID"} {
			if !strings.Contains(said, want) {
				t.Errorf("Synth says %q, want %q in it", said, want)
			}
		}
	}()
	app.Synth(nil)
}

func TestEnableRefuses(t *testing.T) {
	tests := map[string]struct {
		scope func() constructs.IConstruct
		want  string
	}{
		"a construct in no app": {
			scope: func() constructs.IConstruct { return constructs.NewRootConstruct(jsii.String("Root")) },
			want:  "guard: the scope is in no App",
		},
		"an app with stacks, whose findings would be warnings": {
			scope: func() constructs.IConstruct {
				return awscdk.NewStack(awscdk.NewApp(nil), jsii.String("Stack"), nil)
			},
			want: "guard: findings would be warnings; call Enable before",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if err := guard.Enable(test.scope()); err == nil || !strings.HasPrefix(err.Error(), test.want) {
				t.Errorf("got %v, want %s…", err, test.want)
			}
		})
	}
}

func TestEnableDoesNothingWithoutValidation(t *testing.T) {
	t.Setenv("CDK_VALIDATION", "false")
	app := awscdk.NewApp(nil)
	if err := guard.Enable(app); err != nil {
		t.Fatal(err)
	}
	if n := len(*app.Node().Metadata()); n != 0 {
		t.Errorf("the app is guarded: %d metadata entries", n)
	}
}
