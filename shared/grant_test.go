package shared_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambdaeventsources"
	"github.com/aws/jsii-runtime-go"

	"example.com/shared-queue/address"
	"example.com/shared-queue/internal/cdktest"
	"example.com/shared-queue/policy"
	"example.com/shared-queue/shared"
	"example.com/shared-queue/shared/eventsource"
)

// newStack is a stack of the shared account in an app of its own.
func newStack(t *testing.T) (awscdk.App, awscdk.Stack) {
	t.Helper()
	app := awscdk.NewApp(&awscdk.AppProps{
		Outdir:  jsii.String(t.TempDir()),
		Context: &map[string]any{"@aws-cdk/core:appMode": "inmemory"}, // a report is an error, not printed
	})
	return app, awscdk.NewStack(app, jsii.String("owner"), &awscdk.StackProps{
		Env: &awscdk.Environment{Account: jsii.String("111111111111"), Region: jsii.String("eu-west-1")},
	})
}

func newQueue(t *testing.T, scope awscdk.Stack, name string, change func(*shared.QueueProps)) *shared.Queue {
	t.Helper()
	props := &shared.QueueProps{QueueName: name, KeyAlias: strings.ReplaceAll(name, ".", "-"), Senders: dev()}
	if change != nil {
		change(props)
	}
	queue, err := shared.NewQueue(scope, strings.ReplaceAll(name, ".", ""), props)
	if err != nil {
		t.Fatal(err)
	}
	return queue
}

// dev is an OU that sends.
func dev() []address.Path {
	path, err := address.ParsePath("o-abc1234567/r-wxyz/ou-wxyz-jklm1dev")
	if err != nil {
		panic(err)
	}
	return []address.Path{path}
}

func newFunction(scope awscdk.Stack, id string, change func(*awslambda.FunctionProps)) awslambda.Function {
	props := &awslambda.FunctionProps{
		Runtime: awslambda.Runtime_NODEJS_24_X(),
		Handler: jsii.String("index.handler"),
		Code:    awslambda.Code_FromInline(jsii.String("exports.handler = async () => {}")),
	}
	if change != nil {
		change(props)
	}
	return awslambda.NewFunction(scope, &id, props)
}

func newRole(scope awscdk.Stack, id string, props awsiam.RoleProps) awsiam.Role {
	props.AssumedBy = awsiam.NewServicePrincipal(jsii.String("lambda.amazonaws.com"), nil)
	return awsiam.NewRole(scope, &id, &props)
}

// One role cannot be consumer and operator, whatever names it comes under.
func TestOneRoleUnderTwoNames(t *testing.T) {
	app, stack := newStack(t)
	other := awscdk.NewStack(app, jsii.String("other"), &awscdk.StackProps{
		Env: &awscdk.Environment{Account: jsii.String("111111111111"), Region: jsii.String("eu-west-1")},
	})
	const role, user = "arn:aws:iam::111111111111:role/", "arn:aws:iam::111111111111:user/"
	byARN := func(id, arn string, options *awsiam.FromRoleArnOptions) awsiam.IRole {
		return awsiam.Role_FromRoleArn(stack, &id, &arn, options)
	}
	byName := func(id, name string) awsiam.IRole { return awsiam.Role_FromRoleName(stack, &id, &name, nil) }
	made := newRole(stack, "Made", awsiam.RoleProps{})
	second := newRole(stack, "Second", awsiam.RoleProps{})
	elsewhere := newRole(other, "Elsewhere", awsiam.RoleProps{})
	literal := newRole(stack, "Literal", awsiam.RoleProps{RoleName: jsii.String("Worker")})
	lazy := awsiam.NewLazyRole(stack, jsii.String("Lazy"), &awsiam.LazyRoleProps{AssumedBy: awsiam.NewServicePrincipal(jsii.String("lambda.amazonaws.com"), nil)})
	function := newFunction(stack, "Function", nil)
	parameter := awscdk.NewCfnParameter(stack, jsii.String("Parameter"), nil).ValueAsString()
	unknown := func(id string) awsiam.IRole { return byName(id, *parameter) }

	const one, perhaps, nowhere, two = "cannot be its operator too: grant to another role", "CDK cannot tell", "of no known account", ""
	for i, c := range []struct {
		name               string
		consumer, operator awsiam.IGrantable
		want               string
	}{
		{"by name and by ARN", byName("1", "worker"), byARN("2", role+"worker", nil), one},
		{"by ARN and by name", byARN("3", role+"worker", nil), byName("4", "worker"), one},
		{"by two paths", byARN("5", role+"a/worker", nil), byARN("6", role+"b/c/worker", nil), one},
		{"in other letters", byARN("7", role+"worker", nil), byName("8", "WORKER"), one},
		{"as immutable", byARN("9", role+"worker", &awsiam.FromRoleArnOptions{Mutable: jsii.Bool(false)}), byName("10", "worker"), one},
		{"as wrapped", byName("12", "worker"), byARN("11", role+"worker", &awsiam.FromRoleArnOptions{Mutable: jsii.Bool(false), AddGrantsToResources: jsii.Bool(true)}), one},
		{"a function and its role", function, function.Role(), one},
		{"a role twice", made, made, one},
		{"a role and what CDK makes of it for readers", made, made.WithoutPolicyUpdates(nil), one},
		{"a role and its import by a reference to its ARN", made, byARN("13", *made.RoleArn(), nil), nowhere},
		{"a role and its import by a reference to its name", made, byName("14", *made.RoleName()), one},
		{"a role of another stack and its import", elsewhere, byARN("15", *elsewhere.RoleArn(), nil), nowhere},
		{"a role that is named here and its import", literal, byName("16", "worker"), one},
		{"the same, by a reference", byARN("17", *literal.RoleArn(), nil), byARN("18", role+"team/worker", nil), nowhere},
		{"a lazy role twice", lazy, lazy, one},
		{"a lazy role and its import", lazy, byARN("19", *lazy.RoleArn(), nil), nowhere},
		{"a user", awsiam.User_FromUserName(stack, jsii.String("20"), jsii.String("ann")), awsiam.User_FromUserArn(stack, jsii.String("21"), jsii.String(user+"team/Ann")), one},

		{"a parameter and a name", unknown("22"), byName("23", "operator"), perhaps},
		{"a name and a parameter", byName("24", "worker"), unknown("25"), perhaps},
		{"a role and a parameter", made, unknown("26"), perhaps},
		{"a principal with conditions", made, awsiam.NewPrincipalWithConditions(second, &map[string]any{"Bool": map[string]any{"aws:SecureTransport": "true"}}), perhaps},

		{"two names", byName("27", "worker"), byName("28", "operator"), two},
		{"two roles", made, second, two},
		{"a role and a name", made, byName("29", "operator"), two},
		{"a role and a user of one name", byName("30", "ann"), awsiam.User_FromUserName(stack, jsii.String("31"), jsii.String("ann")), two},
	} {
		t.Run(c.name, func(t *testing.T) {
			queue := newQueue(t, stack, fmt.Sprintf("queue%d", i), nil)
			_, err := queue.GrantConsume(c.consumer)
			if err == nil {
				_, err = queue.GrantRedrive(c.operator)
			}
			if c.want == two && err != nil || c.want != two && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

// A consumer and an operator may read dead letters too.
func TestGrantsTogether(t *testing.T) {
	app, stack := newStack(t)
	orders := newQueue(t, stack, "orders", nil)
	consumer, operator := newRole(stack, "Consumer", awsiam.RoleProps{}), newRole(stack, "Operator", awsiam.RoleProps{})
	for _, grant := range []func() (awsiam.Grant, error){
		func() (awsiam.Grant, error) { return orders.GrantConsume(consumer) },
		func() (awsiam.Grant, error) { return orders.GrantConsumeDeadLetters(consumer) },
		func() (awsiam.Grant, error) { return orders.GrantConsumeDeadLetters(operator) },
		func() (awsiam.Grant, error) { return orders.GrantRedrive(operator) },
		func() (awsiam.Grant, error) { return orders.GrantRedrive(operator) }, // again
	} {
		if _, err := grant(); err != nil {
			t.Fatal(err)
		}
	}
	const reserved = "AWSServiceRoleForECS"
	_, err := orders.GrantConsume(awsiam.Role_FromRoleName(stack, jsii.String("Reserved"), jsii.String(reserved), nil))
	if err == nil || err.Error() != "grant on queue orders: role "+reserved+" is AWS's own, and its policies cannot be changed: grant to a role of your own" {
		t.Errorf("got %v", err)
	}
	templates, _ := cdktest.Synth(t, app)
	at := orders.Address
	statements := rolePolicy(t, templates["owner"], "Consumer")
	if got, want := cdktest.Sids(statements), sids(at, policy.SidConsumeDead, policy.SidConsume, policy.SidConsumeDeadKey, policy.SidConsumeKey, policy.SidNoSend); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	cdktest.Same(t, statements[policy.Sid(policy.SidConsumeDead, at)], `{"Sid": "ConsumeDeadLettersOfOrders69b05e79", "Effect": "Allow",
	  "Action": ["sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:ReceiveMessage"],
	  "Resource": "arn:aws:sqs:eu-west-1:111111111111:orders-dlq"}`)
	cdktest.Same(t, cdktest.Get(statements[policy.Sid(policy.SidConsumeDeadKey, at)], "Action"), `"kms:Decrypt"`)
	cdktest.Same(t, cdktest.Get(statements[policy.Sid(policy.SidConsumeDeadKey, at)], "Condition"), `{"StringEquals": {
	  "kms:ViaService": "sqs.eu-west-1.amazonaws.com",
	  "kms:EncryptionContext:aws:sqs:arn": ["arn:aws:sqs:eu-west-1:111111111111:orders", "arn:aws:sqs:eu-west-1:111111111111:orders-dlq"]}}`)
	if got := len(rolePolicy(t, templates["owner"], "Operator")); got != 6 {
		t.Errorf("the operator has %d statements, want 6", got)
	}
}

func TestEventSources(t *testing.T) {
	app, stack := newStack(t)
	orders := newQueue(t, stack, "orders", func(p *shared.QueueProps) { p.VisibilityTimeout = new(3 * time.Minute) })
	fifo := newQueue(t, stack, "fifo.fifo", func(p *shared.QueueProps) { p.FIFO = true })
	function := newFunction(stack, "Work", func(p *awslambda.FunctionProps) { p.Timeout = awscdk.Duration_Seconds(jsii.Number(30)) })
	if _, err := eventsource.Add(orders, function, &awslambdaeventsources.SqsEventSourceProps{
		BatchSize:               jsii.Number(100),
		MaxBatchingWindow:       awscdk.Duration_Seconds(jsii.Number(5)),
		MaxConcurrency:          jsii.Number(4),
		ReportBatchItemFailures: jsii.Bool(true),
		Enabled:                 jsii.Bool(false),
		Filters:                 &[]*map[string]any{awslambda.FilterCriteria_Filter(&map[string]any{"body": map[string]any{"kind": []string{"order"}}})},
	}); err != nil {
		t.Fatal(err)
	}
	dead := newFunction(stack, "Dead", nil)
	if _, err := eventsource.AddDeadLetter(orders, dead, nil); err != nil {
		t.Fatal(err)
	}
	// A function that exists, with its role, and one that consumes already.
	existing := awslambda.Function_FromFunctionAttributes(stack, jsii.String("Existing"), &awslambda.FunctionAttributes{
		FunctionArn: jsii.String("arn:aws:lambda:eu-west-1:111111111111:function:existing"),
		Role:        awsiam.Role_FromRoleName(stack, jsii.String("ExistingRole"), jsii.String("existing"), nil),
	})
	if _, err := fifo.GrantConsume(existing); err != nil {
		t.Fatal(err)
	}
	if _, err := eventsource.Add(fifo, existing, &awslambdaeventsources.SqsEventSourceProps{BatchSize: jsii.Number(10)}); err != nil {
		t.Fatal(err)
	}
	if _, err := eventsource.AddDeadLetter(fifo, existing, nil); err != nil {
		t.Fatal(err)
	}

	refused := map[string]func() error{
		"event source orders: cdk: Maximum batch size must be between 1 and 10 inclusive (given 11) when batching window is not specified.": func() error {
			_, err := eventsource.Add(orders, dead, &awslambdaeventsources.SqsEventSourceProps{BatchSize: jsii.Number(11)})
			return err
		},
		"event source fifo.fifo: cdk: Batching window is not supported for FIFO queues": func() error {
			_, err := eventsource.Add(fifo, dead, &awslambdaeventsources.SqsEventSourceProps{MaxBatchingWindow: awscdk.Duration_Seconds(jsii.Number(5))})
			return err
		},
		"event source orders: the function has this event source already: remove one of the two": func() error {
			_, err := eventsource.Add(orders, function, nil)
			return err
		},
		"event source orders: the function may run for 5m, longer than the queue's VisibilityTimeout of 3m, which Lambda refuses: let VisibilityTimeout be six times as long as the function's timeout, as AWS recommends": func() error {
			_, err := eventsource.Add(orders, newFunction(stack, "Slow", func(p *awslambda.FunctionProps) { p.Timeout = awscdk.Duration_Minutes(jsii.Number(5)) }), nil)
			return err
		},
		"event source busy: the function may run for 3s, longer than the queue's VisibilityTimeout of 0s, which Lambda refuses: let VisibilityTimeout be six times as long as the function's timeout, as AWS recommends": func() error {
			busy := newQueue(t, stack, "busy", func(p *shared.QueueProps) { p.VisibilityTimeout = new(time.Duration(0)) })
			_, err := eventsource.Add(busy, dead, nil)
			return err
		},
		"event source orders: cdk: MaxConcurrencyConcurrentInstances: maxConcurrency must be between 2 and 1000 concurrent instances": func() error {
			_, err := eventsource.Add(orders, dead, &awslambdaeventsources.SqsEventSourceProps{MaxConcurrency: jsii.Number(1)})
			return err
		},
		"event source orders: FilterEncryption is the queue's key, with which CDK would let Lambda decrypt everything: use another key": func() error {
			_, err := eventsource.Add(orders, dead, &awslambdaeventsources.SqsEventSourceProps{FilterEncryption: orders.Key})
			return err
		},
		"event source orders: the function is of Region us-east-1: an event source is of the function's Region, eu-west-1": func() error {
			_, err := eventsource.Add(orders, awslambda.Function_FromFunctionArn(stack, jsii.String("Far"), jsii.String("arn:aws:lambda:us-east-1:111111111111:function:far")), nil)
			return err
		},
		"event source orders: grant on queue orders: the grantee was imported without its role: import it with the role, or grant to the role": func() error {
			_, err := eventsource.Add(orders, awslambda.Function_FromFunctionArn(stack, jsii.String("NoRole"), jsii.String("arn:aws:lambda:eu-west-1:111111111111:function:norole")), nil)
			return err
		},
		"event source orders: there is no function": func() error { _, err := eventsource.Add(orders, nil, nil); return err },
	}
	for want, do := range refused {
		t.Run(want, func(t *testing.T) {
			if err := do(); err == nil || err.Error() != want {
				t.Errorf("got %v", err)
			}
		})
	}

	templates, _ := cdktest.Synth(t, app)
	template := templates["owner"]
	mapping := func(prefix string) any {
		for _, id := range template.IDs("AWS::Lambda::EventSourceMapping") {
			if strings.HasPrefix(id, prefix) {
				return template.Get("Resources", id)
			}
		}
		t.Fatalf("no event source mapping of %s", prefix)
		return nil
	}
	t.Run("what was refused left nothing", func(t *testing.T) {
		if got := template.IDs("AWS::Lambda::EventSourceMapping"); len(got) != 4 {
			t.Errorf("mappings: %q", got)
		}
	})
	t.Run("the options are CDK's", func(t *testing.T) {
		properties := cdktest.Get(mapping("WorkEventSource"), "Properties").(map[string]any)
		delete(properties, "FunctionName")
		delete(properties, "EventSourceArn")
		cdktest.Same(t, properties, `{"BatchSize": 100, "MaximumBatchingWindowInSeconds": 5, "ScalingConfig": {"MaximumConcurrency": 4},
		  "FunctionResponseTypes": ["ReportBatchItemFailures"], "Enabled": false,
		  "FilterCriteria": {"Filters": [{"Pattern": "{\"body\":{\"kind\":[\"order\"]}}"}]}}`)
	})
	t.Run("the mapping waits for the permission", func(t *testing.T) {
		list, _ := cdktest.Get(mapping("Existing"), "DependsOn").([]any)
		if len(list) != 1 || !strings.HasPrefix(fmt.Sprint(list[0]), "ExistingRolePolicy") {
			t.Errorf("depends on %v", list)
		}
	})
	for role, want := range map[string][]string{
		"WorkService":  sids(orders.Address, policy.SidConsume, policy.SidConsumeKey, policy.SidNoSend),
		"DeadService":  sids(orders.Address, policy.SidConsumeDead, policy.SidConsumeDeadKey),
		"ExistingRole": sids(fifo.Address, policy.SidConsumeDead, policy.SidConsume, policy.SidConsumeDeadKey, policy.SidConsumeKey, policy.SidNoSend),
	} {
		t.Run("the function may do no more than a consumer: "+role, func(t *testing.T) {
			statements := rolePolicy(t, template, role)
			if got := cdktest.Sids(statements); !slices.Equal(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
			for sid, s := range statements {
				if strings.Contains(fmt.Sprint(cdktest.Get(s, "Action")), "kms:") && cdktest.Get(s, "Condition", "StringEquals", policy.KeyQueueARN) == nil {
					t.Errorf("%s uses the key for any queue", sid)
				}
			}
		})
	}
	t.Run("each Sid once", func(t *testing.T) {
		for _, id := range template.IDs("AWS::IAM::Policy") {
			list, _ := template.Get("Resources", id, "Properties", "PolicyDocument", "Statement").([]any)
			if len(list) != len(template.Statements("Resources", id, "Properties", "PolicyDocument")) {
				t.Errorf("%s: %v", id, list)
			}
		}
	})
}

func TestResourceControlPolicyIsRefused(t *testing.T) {
	queue := address.Queue{Region: "us-east-1", Account: "111111111111", Name: "orders", Alias: "orders"}
	var many []address.Path
	for i := range 100 {
		path, err := address.ParsePath(fmt.Sprintf("o-abc1234567/r-wxyz/ou-wxyz-%08d", i))
		if err != nil {
			t.Fatal(err)
		}
		many = append(many, path)
	}
	for name, c := range map[string]struct {
		queue   address.Queue
		senders []address.Path
		want    string
	}{
		"without senders": {queue, nil, "resource control policy: Senders: got [], allowed: one OU path or more; name the OU that may send"},
		"without an account": {address.Queue{Region: "us-east-1", Name: "orders", Alias: "orders"}, many[:1],
			`resource control policy: Queue.Account: got "", allowed: an account id of 12 digits; write all 12, leading zeros too, in quotes`},
		"longer than AWS takes": {queue, many, "resource control policy: got \"100 paths\", allowed: paths that keep it within 5120 characters, it would have 8805; name an OU further up"},
	} {
		t.Run(name, func(t *testing.T) {
			text, err := shared.ResourceControlPolicy(c.queue, c.senders)
			if text != "" || err == nil || err.Error() != c.want {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
}
