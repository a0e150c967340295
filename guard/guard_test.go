package guard_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodecommit"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awseventstargets"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambdaeventsources"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3notifications"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssnssubscriptions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/aws-cdk-go/awscdk/v2/pipelines"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"example.com/shared-queue/address"
	"example.com/shared-queue/guard"
	"example.com/shared-queue/internal/cdktest"
	"example.com/shared-queue/shared"
	"example.com/shared-queue/shared/eventsource"
)

func TestMain(m *testing.M) { cdktest.MainWithValidator(m) }

// A report is what CDK's report says of each stack, by rule and statement.
type report struct {
	findings, acknowledged map[string]map[string]cdktest.Finding
	assembly               fstest.MapFS
	says                   string // what the synthesis ends with
}

// validated is the report on the App of all tests: an App with no context, under
// no CLI, as anybody's first. It is one, since the validator takes over a second
// to start.
var validated = sync.OnceValues(func() (report, error) {
	folder, err := os.MkdirTemp("", "guard")
	if err != nil {
		return report{}, err
	}
	defer os.RemoveAll(folder)
	app := awscdk.NewApp(&awscdk.AppProps{Outdir: &folder})
	if err := guard.Enable(app, ownRules); err != nil {
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
	says := panicked(func() { app.Synth(nil) })
	if !strings.Contains(says, "ValidationFailed") {
		return report{}, errors.New(says)
	}
	r, err := readReport(folder)
	if err != nil {
		return report{}, err
	}
	r.says = says
	r.assembly, err = inMemory(os.DirFS(folder))
	return r, err
})

func inMemory(files fs.FS) (fstest.MapFS, error) {
	memory := fstest.MapFS{}
	return memory, fs.WalkDir(files, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := fs.ReadFile(files, path)
		memory[path] = &fstest.MapFile{Data: text, Mode: 0o600}
		return err
	})
}

// panicked is what the function panics with, empty if it does not.
func panicked(f func()) (said string) {
	defer func() {
		if r := recover(); r != nil {
			said = fmt.Sprint(r)
		}
	}()
	f()
	return ""
}

func readReport(folder string) (report, error) {
	found, acknowledged, err := cdktest.ReadReport(folder)
	if err != nil {
		return report{}, err
	}
	for _, f := range found {
		if f.Rule == "Guard-Unfinished" && !strings.HasSuffix(f.Description, " of stack TooDeep") {
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
	return report{findings: byStack(found), acknowledged: byStack(acknowledged)}, nil
}

// stacks are those that no template describes, by id.
var stacks = map[string]func(app constructs.Construct, id string) error{
	"StackSetOfRoles": func(app constructs.Construct, id string) error {
		return stackSet(app, id, `{"Resources": {"Role": {"Type": "AWS::IAM::Role"}}}`)
	},
	"StackSetOfKeys": func(app constructs.Construct, id string) error {
		return stackSet(app, id, `{"Resources": {"Key": {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": {}}}}}`)
	},
	"StackSetOfQueuesInYAML": func(app constructs.Construct, id string) error {
		return stackSet(app, id, "Resources:\n  Policy:\n    Type: AWS::SQS::QueuePolicy\n")
	},
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
		queue.GrantConsumeMessages(awsiam.NewRole(stack, jsii.String("Role"), &awsiam.RoleProps{AssumedBy: awsiam.NewAccountRootPrincipal()}))
		queue.GrantSendMessages(awsiam.NewAccountPrincipal(jsii.String("222222222222")))
		return nil
	},
	// What users put beside the construct.
	"SharedQueueSubscribed": func(app constructs.Construct, id string) error {
		stack := environment(app, id)
		// The default of new apps: CDK then names the topic in the key's policy.
		stack.Node().SetContext(jsii.String("@aws-cdk/aws-sns-subscriptions:restrictSqsDescryption"), true)
		queue, err := shared.NewQueue(stack, "SharedQueue", props(false))
		if err != nil {
			return err
		}
		awssns.NewTopic(stack, jsii.String("Topic"), nil).AddSubscription(awssnssubscriptions.NewSqsSubscription(queue.Queue, nil))
		queue.Queue.GrantSendMessages(awsiam.NewAccountPrincipal(jsii.String("222222222222")))
		queue.Queue.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Principals: &[]awsiam.IPrincipal{awsiam.NewAccountPrincipal(jsii.String("333333333333"))},
			Actions:    jsii.Strings("sqs:SendMessage"),
			Resources:  &[]*string{queue.Queue.QueueArn()},
		}))
		return nil
	},
	"SharedQueueNotified": func(app constructs.Construct, id string) error {
		stack := environment(app, id)
		queue, err := shared.NewQueue(stack, "SharedQueue", props(false))
		if err != nil {
			return err
		}
		awss3.NewBucket(stack, jsii.String("Bucket"), nil).AddObjectCreatedNotification(awss3notifications.NewSqsDestination(queue.Queue))
		awsevents.NewRule(stack, jsii.String("Rule"), &awsevents.RuleProps{
			Schedule: awsevents.Schedule_Rate(awscdk.Duration_Hours(jsii.Number(1))),
			Targets:  &[]awsevents.IRuleTarget{awseventstargets.NewSqsQueue(queue.Queue, nil)},
		})
		return nil
	},
	// CDK's trigger and grant, and ours.
	"SharedQueueTriggers": func(app constructs.Construct, id string) error {
		stack := environment(app, id)
		queue, err := shared.NewQueue(stack, "SharedQueue", props(false))
		if err != nil {
			return err
		}
		function(stack, "CDK").AddEventSource(awslambdaeventsources.NewSqsEventSource(queue.Queue, nil))
		queue.Queue.GrantConsumeMessages(roleOf(stack, "CDKRole"))
		queue.Key.Grant(roleOf(stack, "AnyUse"), jsii.String("kms:D*"))
		if _, err := eventsource.Add(queue, function(stack, "Ours"), nil); err != nil {
			return err
		}
		_, err = queue.GrantConsume(roleOf(stack, "OurRole"))
		return err
	},
	"StageOfAll": func(app constructs.Construct, id string) error {
		stack := environment(awscdk.NewStage(app, &id, nil), "Stack")
		stack.Node().SetContext(jsii.String("@aws-cdk/aws-sns-subscriptions:restrictSqsDescryption"), true)
		queue, err := shared.NewQueue(stack, "SharedQueue", props(true))
		if err != nil {
			return err
		}
		awssns.NewTopic(stack, jsii.String("Topic"), nil).AddSubscription(awssnssubscriptions.NewSqsSubscription(queue.Queue, nil))
		_, err = eventsource.Add(queue, function(stack, "Function"), nil)
		return err
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
		openStack(awscdk.NewStage(app, &id, nil), "Stack")
		return nil
	},
	"StageInStage": func(app constructs.Construct, id string) error {
		openStack(awscdk.NewStage(awscdk.NewStage(app, &id, nil), jsii.String("Inner"), nil), "Stack")
		return nil
	},
	"Pipeline": func(app constructs.Construct, id string) error {
		stack := environment(app, id)
		stage := awscdk.NewStage(stack, jsii.String("Deploy"), nil)
		openStack(stage, "Stack")
		repository := awscodecommit.Repository_FromRepositoryName(stack, jsii.String("Repository"), jsii.String("app"))
		pipelines.NewCodePipeline(stack, jsii.String("Pipeline"), &pipelines.CodePipelineProps{
			Synth: pipelines.NewShellStep(jsii.String("Synth"), &pipelines.ShellStepProps{
				Input:    pipelines.CodePipelineSource_CodeCommit(repository, jsii.String("main"), nil),
				Commands: jsii.Strings("npx cdk synth"),
			}),
		}).AddStage(stage, nil)
		return nil
	},
	// The same mistake, once acknowledged.
	"Dev": func(app constructs.Construct, id string) error {
		openStack(app, id)
		awscdk.Validations_Of(app).Acknowledge(&awscdk.Acknowledgment{
			Id:     jsii.String("CloudFormation-Validate::Guard-Organization.Dev.OpenPolicy2006756D.d2d836a2ad"),
			Reason: jsii.String("it is empty"),
		})
		return nil
	},
	"Prod": func(app constructs.Construct, id string) error {
		openStack(app, id)
		return nil
	},
	// Deeper than CDK's engine reads.
	"TooDeep": func(app constructs.Construct, id string) error {
		stack := awscdk.NewStack(app, &id, nil)
		var deep any = "x"
		for range 70 {
			deep = map[string]any{"x": []any{deep}}
		}
		awscdk.NewCfnResource(stack, jsii.String("Deep"), &awscdk.CfnResourceProps{
			Type: jsii.String("Custom::Deep"), Properties: &map[string]any{"x": deep},
		})
		return nil
	},
	"FindingOfCDK": func(app constructs.Construct, id string) error {
		stack := awscdk.NewStack(app, &id, nil)
		awscdk.NewCfnResource(stack, jsii.String("Queue"), &awscdk.CfnResourceProps{
			Type: jsii.String("AWS::SQS::Queue"), Properties: &map[string]any{"VisibilityTimeout": "long"},
		})
		return nil
	},
	"FindingOfOwnRules": func(app constructs.Construct, id string) error {
		stack := awscdk.NewStack(app, &id, nil)
		awscdk.NewCfnResource(stack, jsii.String("Topic"), &awscdk.CfnResourceProps{
			Type: jsii.String("AWS::SNS::Topic"), Properties: &map[string]any{"TopicName": "forbidden"},
		})
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

// ownRules are those of somebody who uses the guard.
var ownRules = &awscdk.ValidationRuleSource{
	Name: jsii.String("own.rego"),
	Content: jsii.String(`package own

import rego.v1

violation contains make_diag_at("Own-Topic", "ERROR", name, "Properties.TopicName", "topics are forbidden") if {
	some name, resource in input.resources
	resource.properties.TopicName == "forbidden"
}
`),
}

// openStack has a queue that everyone may send to.
func openStack(scope constructs.Construct, id string) {
	queue := awssqs.NewQueue(awscdk.NewStack(scope, &id, nil), jsii.String("Open"), &awssqs.QueueProps{EnforceSSL: jsii.Bool(true)})
	queue.GrantSendMessages(awsiam.NewAnyPrincipal())
}

// Statements of the same names in policies of the same logical ids.
const manyStacks, manyStatements = 3, 60

func init() {
	for i := range manyStacks {
		stacks[fmt.Sprintf("Many%d", i)] = func(app constructs.Construct, id string) error {
			var list []string
			for j := range manyStatements {
				list = append(list, send(fmt.Sprintf(`"Sid": "Send%d", "Action": "sqs:Send%d*", "Condition": {}`, j, i)))
			}
			var policy any
			if err := json.Unmarshal([]byte(statements(append(list, denyHTTP)...)), &policy); err != nil {
				return err
			}
			awscdk.NewCfnResource(awscdk.NewStack(app, &id, nil), jsii.String("Policy"), &awscdk.CfnResourceProps{
				Type: jsii.String(inlinePolicy), Properties: &map[string]any{"Queue": "https://sqs.us-east-1.amazonaws.com/111111111111/q", "PolicyDocument": policy},
			})
			return nil
		}
	}
}

// In a method that JavaScript calls, more than some three thousand calls back
// overflow its stack, which three hundred findings once did.
func TestManyFindings(t *testing.T) {
	total := 0
	for _, found := range read(t).findings {
		total += len(found)
	}
	if total < 350 {
		t.Errorf("%d findings in all, want 350 or more", total)
	}
}

func TestEachStackInItsOwnWords(t *testing.T) {
	for i := range manyStacks {
		id := fmt.Sprintf("Many%d", i)
		found := read(t).findings[id]
		if len(found) != 2*manyStatements {
			t.Errorf("%s has %d findings, want %d", id, len(found), 2*manyStatements)
		}
		for rule, f := range found {
			action := fmt.Sprintf("sqs:Send%d*", i)
			if !strings.Contains(rule, "."+id+".") || strings.HasPrefix(rule, "Guard-Action") && !strings.Contains(f.Description, action) {
				t.Errorf("in %s: %s: %s", id, rule, f.Description)
			}
		}
	}
}

func function(stack awscdk.Stack, id string) awslambda.Function {
	return awslambda.NewFunction(stack, &id, &awslambda.FunctionProps{
		Runtime: awslambda.Runtime_NODEJS_LATEST(), Handler: jsii.String("index.handler"),
		Code: awslambda.Code_FromInline(jsii.String("exports.handler = () => {}")),
	})
}

func roleOf(stack awscdk.Stack, id string) awsiam.Role {
	return awsiam.NewRole(stack, &id, &awsiam.RoleProps{AssumedBy: awsiam.NewServicePrincipal(jsii.String("ecs-tasks.amazonaws.com"), nil)})
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

func stackSet(app constructs.Construct, id, body string) error {
	awscdk.NewCfnStackSet(awscdk.NewStack(app, &id, nil), jsii.String("Set"), &awscdk.CfnStackSetProps{
		StackSetName: &id, PermissionModel: jsii.String("SERVICE_MANAGED"), TemplateBody: &body,
	})
	return nil
}

func TestStacksOfConstructs(t *testing.T) {
	tests := map[string][]string{
		"SharedQueue":             nil,
		"SharedQueueWithOrgPaths": nil,
		"QueueOfCDK":              {"Guard-Source.QueueOfCDK.QueueKey39FCBAE6.2", "Guard-Source.QueueOfCDK.QueuePolicy25439813.2"},
		"KeyOfCDK":                nil,
		"StackSetOfRoles":         nil,
		"StackSetOfKeys":          {"Guard-Unreadable.StackSetOfKeys.Set.policy"},
		"StackSetOfQueuesInYAML":  {"Guard-Unreadable.StackSetOfQueuesInYAML.Set.policy"},
		"SharedQueueSubscribed":   nil,
		"SharedQueueNotified":     nil,
		"SharedQueueTriggers":     {"Guard-Decrypt.SharedQueueTriggers.AnyUseDefaultPolicy0DA90AD7.1"},
		"Acknowledged":            nil,
		"": {
			"Guard-Unfinished",
			"Guard-Organization.NestedAssetOpen-Inner.Policy.1",
			"Guard-Organization.NestedInStage-Stack-InnerNestedStackInnerNestedStackResource745E041B.QueuePolicy25439813.2",
			"Guard-Organization.Stage-Stack.OpenPolicy2006756D.2",
			"Guard-Organization.StageInStage-Inner-Stack.OpenPolicy2006756D.2",
			"Guard-Organization.Pipeline-Deploy-Stack.OpenPolicy2006756D.2",
		},
		"Dev":                nil,
		"Prod":               {"Guard-Organization.Prod.OpenPolicy2006756D.2"},
		"FindingOfCDK":       nil,
		"SharedQueueWidened": {"Guard-ViaService.SharedQueueWidened.WidenedKey.SendersUseKeyThroughQueue"},
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
		got = append(got, byNumber(id, f))
		if f.Severity != "error" && id != "Guard-Unfinished" {
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

// byNumber is a finding's id with the statement's number in the place of a digest.
func byNumber(id string, f cdktest.Finding) string {
	rest, digest := id[:strings.LastIndex(id, ".")+1], id[strings.LastIndex(id, ".")+1:]
	if strings.HasPrefix(digest, "policy-") {
		return rest + "policy"
	}
	var number int
	if _, said, ok := strings.Cut(f.Description, ": statement "); ok {
		if _, err := fmt.Sscanf(said, "%d ", &number); err == nil {
			return fmt.Sprint(rest, number)
		}
	}
	return id
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

func TestSynthesisFails(t *testing.T) {
	says := read(t).says
	for _, want := range []string{"ValidationFailed", "statement 2 allows everyone", "Suggested fix: add StringEquals aws:PrincipalOrgID"} {
		if !strings.Contains(says, want) {
			t.Errorf("Synth says %.300q, want %q in it", says, want)
		}
	}
}

func TestTemplateThatCannotBeRead(t *testing.T) {
	f := read(t).findings[""]["Guard-Unfinished"]
	if f.Severity != "fatal" || f.Description != "the templates were not validated: CDK's validator cannot read that of stack TooDeep" {
		t.Errorf("got %+v", f)
	}
}

func TestOneMistakeInTwoStacks(t *testing.T) {
	const id = "Guard-Organization.Dev.OpenPolicy2006756D.d2d836a2ad"
	if got := read(t).acknowledged["Dev"][id].Reason; got != "it is empty" {
		t.Errorf("reason in the report: %q", got)
	}
	for stack := range read(t).acknowledged {
		if stack != "Dev" && stack != "Acknowledged" {
			t.Errorf("in %s a finding is acknowledged", stack)
		}
	}
}

// What CDK's own rules find are warnings, as without the guard.
func TestFindingsOfOtherRules(t *testing.T) {
	severities := func(stack string) (list []string) {
		for id, f := range read(t).findings[stack] {
			list = append(list, f.Severity+" "+id[:1])
		}
		return list
	}
	if got := severities("FindingOfCDK"); len(got) != 1 || !strings.HasPrefix(got[0], "warning ") {
		t.Errorf("CDK's own: %v, want a warning", got)
	}
	if got := severities("FindingOfOwnRules"); len(got) != 1 || got[0] != "error O" {
		t.Errorf("own rules: %v, want an error", got)
	}
}

// The CLI fails by the report, and looks into no Stage unless it is told to.
func TestCLIFails(t *testing.T) {
	files := read(t).assembly
	folder := filepath.Join(t.TempDir(), "cdk.out")
	if err := os.CopyFS(folder, files); err != nil {
		t.Fatal(err)
	}
	stacks := []string{"", "Prod", "Stage-Stack", "StageInStage-Inner-Stack", "Pipeline-Deploy-Stack"}
	said := cli(t, folder, stacks, func(stack string) []byte { return only(t, files["validation-report.json"].Data, stack) })
	for _, stack := range stacks {
		id := "Guard-Organization." + stack + "."
		failed := strings.Contains(said[stack], "Error: Synthesis finished with errors")
		switch {
		case stack == "" && failed:
			t.Errorf("with no finding: fails: %s", said[stack])
		case stack != "" && !failed:
			t.Errorf("with a finding in %s: does not fail: %s", stack, said[stack])
		case stack != "" && (strings.Count(said[stack], id) != 1 || !strings.Contains(said[stack], "add StringEquals aws:PrincipalOrgID")):
			t.Errorf("with a finding in %s: says %s", stack, said[stack])
		}
	}
}

// cli is what cdk synth says of an assembly with one report and another, in one
// process: the CLI takes its time to load.
func cli(t *testing.T, assembly string, names []string, report func(name string) []byte) map[string]string {
	t.Helper()
	reports := map[string]string{}
	for _, name := range names {
		reports[name] = string(report(name))
	}
	const script = `
const { exec } = require("../node_modules/aws-cdk/lib/index.js");
const [assembly, reports] = process.argv.slice(1);
(async () => {
  for (const [name, report] of Object.entries(JSON.parse(reports))) {
    console.log("<<<" + name + ">>>");
    require("fs").writeFileSync(assembly + "/validation-report.json", report);
    await exec(["synth", "--quiet", "--no-notices", "--app", assembly]).catch((e) => console.log("Error: " + e.message));
  }
})()`
	command := exec.Command("node", "-e", script, assembly, encoded(reports))
	command.Env = append(os.Environ(), "CDK_DISABLE_CLI_TELEMETRY=true")
	output, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	said := map[string]string{}
	for _, part := range strings.Split(string(output), "<<<")[1:] {
		name, text, _ := strings.Cut(part, ">>>")
		said[name] = text
	}
	return said
}

// only is the report with the findings of one stack.
func only(t *testing.T, report []byte, stack string) []byte {
	t.Helper()
	var decoded map[string]any
	if err := json.Unmarshal(report, &decoded); err != nil {
		t.Fatal(err)
	}
	for _, plugin := range decoded["pluginReports"].([]any) {
		p := plugin.(map[string]any)
		p["violations"] = slices.DeleteFunc(p["violations"].([]any), func(v any) bool {
			return stack == "" || !strings.HasPrefix(v.(map[string]any)["ruleName"].(string), "Guard-Organization."+stack+".")
		})
		if len(p["violations"].([]any)) == 0 {
			p["conclusion"] = "success"
		}
	}
	text, err := json.Marshal(decoded)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestEnableRefuses(t *testing.T) {
	rule := func(content string) *awscdk.ValidationRuleSource {
		return &awscdk.ValidationRuleSource{Name: jsii.String("own.rego"), Content: &content}
	}
	tests := map[string]struct {
		scope func() constructs.IConstruct
		rules []*awscdk.ValidationRuleSource
		want  string
	}{
		"no scope": {
			scope: func() constructs.IConstruct { return nil },
			want:  "guard: there is no scope; pass the App",
		},
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
		"a rule source with nothing in it": {
			scope: func() constructs.IConstruct { return awscdk.NewApp(nil) },
			rules: []*awscdk.ValidationRuleSource{{}},
			want:  "guard: CDK does not take the rules; each source is Rego, with a package: ",
		},
		"rules for an app that has a guard": {
			scope: func() constructs.IConstruct {
				app := awscdk.NewApp(nil)
				app.Node().AddMetadata(jsii.String("example.com/shared-queue/guard"), true, nil)
				return app
			},
			rules: []*awscdk.ValidationRuleSource{rule("package own")},
			want:  "guard: the App has a guard already; pass the rules to the first Enable",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if err := guard.Enable(test.scope(), test.rules...); err == nil || !strings.HasPrefix(err.Error(), test.want) {
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
