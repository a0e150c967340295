package shared_test

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/jsii-runtime-go"

	"example.com/shared-queue/address"
	"example.com/shared-queue/internal/cdktest"
	"example.com/shared-queue/internal/node"
	"example.com/shared-queue/policy"
	"example.com/shared-queue/publisher"
	"example.com/shared-queue/shared"
)

func TestMain(m *testing.M) {
	if place := os.Getenv(runOpened); place != "" {
		node.Start()
		openedApp(place)
		node.Exit(0)
	}
	cdktest.Main(m)
}

// An app of somebody else, with no cdk.json and no settings: a shared queue
// with its consumers in one stack, senders in others.
func TestConstructsInAnotherApp(t *testing.T) {
	app := awscdk.NewApp(&awscdk.AppProps{Outdir: jsii.String(t.TempDir())})
	stack := func(id, account string) awscdk.Stack {
		return awscdk.NewStack(app, &id, &awscdk.StackProps{
			Env: &awscdk.Environment{Account: &account, Region: jsii.String("eu-west-1")},
		})
	}
	dev, err := address.ParsePath("o-abc1234567/r-wxyz/ou-wxyz-jklm1dev")
	if err != nil {
		t.Fatal(err)
	}

	owner := stack("owner", "111111111111")
	orders, err := shared.NewQueue(owner, "Orders", &shared.QueueProps{
		QueueName:         "orders",
		KeyAlias:          "orders",
		Senders:           []address.Path{dev},
		VisibilityTimeout: new(2 * time.Minute),
	})
	if err != nil {
		t.Fatal(err)
	}
	role := func(scope awscdk.Stack, id string) awsiam.Role {
		return awsiam.NewRole(scope, &id, &awsiam.RoleProps{AssumedBy: awsiam.NewServicePrincipal(jsii.String("lambda.amazonaws.com"), nil)})
	}
	consumer := role(owner, "Consumer")
	if _, err := orders.GrantConsume(consumer); err != nil {
		t.Fatal(err)
	}
	imported := func(id string) awsiam.IRole {
		return awsiam.Role_FromRoleArn(owner, &id, jsii.String("arn:aws:iam::111111111111:role/worker"), nil)
	}
	if _, err := orders.GrantConsume(imported("Worker")); err != nil {
		t.Fatal(err)
	}
	if _, err := orders.GrantRedrive(role(owner, "Operator")); err != nil {
		t.Fatal(err)
	}
	awscdk.Tags_Of(orders).Add(jsii.String("team"), jsii.String("orders"), nil) // a Queue is a construct like any other

	// A publisher needs only the queue's address.
	at := address.Queue{Region: "eu-west-1", Account: "111111111111", Name: "orders", Alias: "orders"}
	if at != orders.Address {
		t.Errorf("the queue's address is %+v, want %+v", orders.Address, at)
	}
	sender := stack("sender", "222222222222")
	if _, err := publisher.GrantSend(role(sender, "Web"), at); err != nil {
		t.Fatal(err)
	}
	lambda, err := address.ParsePrincipal("lambda.amazonaws.com")
	if err != nil {
		t.Fatal(err)
	}
	made, err := publisher.NewRole(stack("maker", "222222222222"), "Sender", &publisher.RoleProps{
		RoleName: "sender", AssumedBy: []address.Principal{lambda}, Queue: at,
	})
	if err != nil {
		t.Fatal(err)
	}
	own, err := address.ParsePrincipal(address.OwnAccount)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := publisher.NewRole(awscdk.NewStack(app, jsii.String("any"), nil), "Sender", &publisher.RoleProps{
		RoleName: "sender", AssumedBy: []address.Principal{own}, Queue: at, PermissionsBoundary: "arn:aws:iam::account:policy/company",
	}); err != nil {
		t.Fatal(err)
	}
	// A Role is a grantee like any other.
	second := at
	second.Name, second.Alias = "invoices", "invoices"
	if _, err := publisher.GrantSend(made, second); err != nil {
		t.Fatal(err)
	}

	// What is refused leaves nothing behind, so all can share the app.
	refusals(t, app, owner, orders, consumer, dev)

	templates, _ := cdktest.Synth(t, app)
	t.Run("a stack that was refused is not there", func(t *testing.T) {
		for _, stack := range []string{"wrong", "nowhere"} {
			if _, there := templates[stack]; there {
				t.Error(stack)
			}
		}
	})
	t.Run("the word account in a stack of any account", func(t *testing.T) {
		role := templates["any"].Get("Resources", templates["any"].IDs("AWS::IAM::Role")[0], "Properties")
		cdktest.Same(t, cdktest.Get(role, "AssumeRolePolicyDocument", "Statement"), `[{"Effect": "Allow", "Action": "sts:AssumeRole",
		  "Principal": {"AWS": {"Fn::Join": ["", ["arn:aws:iam::", {"Ref": "AWS::AccountId"}, ":root"]]}}}]`)
		cdktest.Same(t, cdktest.Get(role, "PermissionsBoundary"), `{"Fn::Join": ["", ["arn:aws:iam::", {"Ref": "AWS::AccountId"}, ":policy/company"]]}`)
	})
	t.Run("what is in the owner's stack", func(t *testing.T) {
		for resourceType, want := range map[string]int{"AWS::KMS::Key": 1, "AWS::SQS::Queue": 2, "AWS::SQS::QueuePolicy": 2, "AWS::IAM::Policy": 3} {
			if got := templates["owner"].IDs(resourceType); len(got) != want {
				t.Errorf("%s: got %q, want %d", resourceType, got, want)
			}
		}
	})
	t.Run("senders by their OU, with no feature flag", func(t *testing.T) {
		key := templates["owner"].IDs("AWS::KMS::Key")[0]
		statement := templates["owner"].Statements("Resources", key, "Properties", "KeyPolicy")[policy.SidUseKey]
		cdktest.Same(t, statement, `{"Sid": "SendersUseKeyThroughQueue", "Effect": "Allow", "Principal": {"AWS": "*"}, "Resource": "*",
		  "Action": ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"],
		  "Condition": {
		    "StringEquals": {
		      "aws:PrincipalOrgID": "o-abc1234567",
		      "kms:ViaService": "sqs.eu-west-1.amazonaws.com",
		      "kms:EncryptionContext:aws:sqs:arn": "arn:aws:sqs:eu-west-1:111111111111:orders"},
		    "ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-abc1234567/r-wxyz/ou-wxyz-jklm1dev/*"}}}`)
	})
	t.Run("what a consumer may do", func(t *testing.T) {
		statements := rolePolicy(t, templates["owner"], "Consumer")
		if got, want := cdktest.Sids(statements), sids(at, policy.SidConsume, policy.SidConsumeKey, policy.SidNoSend); !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
		cdktest.Same(t, statements[policy.Sid(policy.SidConsume, at)], `{"Sid": "ConsumeOrders69b05e79", "Effect": "Allow",
		  "Action": ["sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:ReceiveMessage"],
		  "Resource": "arn:aws:sqs:eu-west-1:111111111111:orders"}`)
		cdktest.Same(t, cdktest.Get(statements[policy.Sid(policy.SidConsumeKey, at)], "Action"), `"kms:Decrypt"`)
		cdktest.Same(t, cdktest.Get(statements[policy.Sid(policy.SidConsumeKey, at)], "Condition"), `{"StringEquals": {
		  "kms:ViaService": "sqs.eu-west-1.amazonaws.com",
		  "kms:EncryptionContext:aws:sqs:arn": "arn:aws:sqs:eu-west-1:111111111111:orders"}}`)
		cdktest.Same(t, statements[policy.Sid(policy.SidNoSend, at)], `{"Sid": "DoNotSendToOrders69b05e79", "Effect": "Deny",
		  "Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:eu-west-1:111111111111:orders"}`)
	})
	t.Run("what an operator may do", func(t *testing.T) {
		statements := rolePolicy(t, templates["owner"], "Operator")
		if got, want := cdktest.Sids(statements), sids(at, policy.SidRedriveDecrypt, policy.SidRedriveEncrypt, policy.SidRedrive, policy.SidRedriveSend); !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
		cdktest.Same(t, statements[policy.Sid(policy.SidRedrive, at)], `{"Sid": "MoveDeadLettersOfOrders69b05e79", "Effect": "Allow",
		  "Action": ["sqs:CancelMessageMoveTask", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ListMessageMoveTasks", "sqs:ReceiveMessage", "sqs:StartMessageMoveTask"],
		  "Resource": "arn:aws:sqs:eu-west-1:111111111111:orders-dlq"}`)
		cdktest.Same(t, cdktest.Get(statements[policy.Sid(policy.SidRedriveDecrypt, at)], "Condition", "StringEquals", "kms:EncryptionContext:aws:sqs:arn"),
			`"arn:aws:sqs:eu-west-1:111111111111:orders-dlq"`)
		cdktest.Same(t, cdktest.Get(statements[policy.Sid(policy.SidRedriveEncrypt, at)], "Action"), `["kms:Decrypt", "kms:GenerateDataKey"]`)
		cdktest.Same(t, cdktest.Get(statements[policy.Sid(policy.SidRedriveSend, at)], "Resource"), `"arn:aws:sqs:eu-west-1:111111111111:orders"`)
	})
	t.Run("a role that was there may send", func(t *testing.T) {
		statements := rolePolicy(t, templates["sender"], "Web")
		if got, want := cdktest.Sids(statements), sids(at, policy.SidGrantSend, policy.SidGrantKey); !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})
	t.Run("a publisher's role may send to a second queue", func(t *testing.T) {
		id := templates["maker"].IDs("AWS::IAM::Policy")[0]
		list, _ := templates["maker"].Get("Resources", id, "Properties", "PolicyDocument", "Statement").([]any)
		statements := templates["maker"].Statements("Resources", id, "Properties", "PolicyDocument")
		if len(list) != 4 || len(statements) != 4 {
			t.Errorf("got %d statements with the Sids %q, want 4", len(list), cdktest.Sids(statements))
		}
	})
}

func sids(q address.Queue, prefixes ...string) []string {
	var sids []string
	for _, prefix := range prefixes {
		sids = append(sids, policy.Sid(prefix, q))
	}
	return sids
}

// rolePolicy is the policy of the role with this id, its statements by Sid.
func rolePolicy(t *testing.T, template cdktest.Template, role string) map[string]any {
	t.Helper()
	for _, id := range template.IDs("AWS::IAM::Policy") {
		if strings.HasPrefix(id, role) {
			return template.Statements("Resources", id, "Properties", "PolicyDocument")
		}
	}
	t.Fatalf("no policy of %s", role)
	return nil
}

func refusals(t *testing.T, app awscdk.App, owner awscdk.Stack, orders *shared.Queue, consumer awsiam.Role, dev address.Path) {
	elsewhere := awscdk.NewStack(app, jsii.String("anywhere"), nil)
	foreignRole := awsiam.Role_FromRoleArn(owner, jsii.String("Foreign"), jsii.String("arn:aws:iam::222222222222:role/web"), nil)
	props := shared.QueueProps{QueueName: "orders", KeyAlias: "orders", Senders: []address.Path{dev}}
	account, err := address.ParsePrincipal(address.OwnAccount)
	if err != nil {
		t.Fatal(err)
	}

	for name, c := range map[string]struct {
		do   func() error
		want string
	}{
		"a stack with no account": {
			func() error { _, err := shared.NewQueue(elsewhere, "Orders", &props); return err },
			`shared queue Orders: got "a stack with no account or Region", allowed: a stack with both; set Env in the StackProps of anywhere`},
		"props that are wrong, all of them": {
			func() error {
				_, err := shared.NewQueue(owner, "Wrong", &shared.QueueProps{QueueName: "my.work"})
				return err
			},
			"shared queue Wrong: " +
				`QueueName: got "my.work", allowed: letters, digits, - and _; rename the queue` + "\n" +
				`KeyAlias: got "", allowed: letters, digits, /, _ and -; rename the alias` + "\n" +
				`Senders: got [], allowed: one OU path or more; name the OU that may send`},
		"no props": {
			func() error { _, err := shared.NewQueue(owner, "Nothing", nil); return err },
			"shared queue Nothing: " +
				`QueueName: got "", allowed: letters, digits, - and _; rename the queue` + "\n" +
				`KeyAlias: got "", allowed: letters, digits, /, _ and -; rename the alias` + "\n" +
				`Senders: got [], allowed: one OU path or more; name the OU that may send`},
		"a consumer of another account": {
			func() error { _, err := orders.GrantConsume(foreignRole); return err },
			"grant on queue orders: the grantee is of account 222222222222: grant to a role of account 111111111111"},
		"a consumer as operator": {
			func() error { _, err := orders.GrantRedrive(consumer); return err },
			"grant on queue orders: owner/Consumer is its consumer and cannot be its operator too: grant to another role"},
		"a consumer as operator, imported again": {
			func() error {
				_, err := orders.GrantRedrive(awsiam.Role_FromRoleArn(owner, jsii.String("Again"), jsii.String("arn:aws:iam::111111111111:role/worker"), nil))
				return err
			},
			"grant on queue orders: role worker is its consumer and cannot be its operator too: grant to another role"},
		"nobody as consumer": {
			func() error { _, err := orders.GrantConsume(nil); return err },
			"grant on queue orders: there is no grantee"},
		"nobody as sender": {
			func() error { _, err := publisher.GrantSend(nil, orders.Address); return err },
			"grant to send to orders: there is no grantee"},
		"a publisher's stack with no account": {
			func() error {
				_, err := publisher.NewStack(app, "nowhere", &publisher.StackProps{Role: publisher.RoleProps{RoleName: "r", Queue: orders.Address}})
				return err
			},
			`stack nowhere: got "a stack with no account or Region", allowed: a stack with both; set Env in the StackProps of nowhere`},
		"a shared stack with nothing right": {
			func() error {
				_, err := shared.NewStack(app, "wrong", &shared.StackProps{
					StackProps: awscdk.StackProps{Env: &awscdk.Environment{Account: jsii.String("111111111111"), Region: jsii.String("eu-west-1")}},
					Queue:      shared.QueueProps{QueueName: "work", KeyAlias: "app"},
					Roles:      shared.Roles{Consumers: []string{"*"}},
					Alarms:     shared.Alarms{TopicARN: "*"},
				})
				return err
			},
			"stack wrong: " +
				"Queue.Senders: got [], allowed: one OU path or more; name the OU that may send\n" +
				`Roles.Consumers[0]: got "*", allowed: the ARN of an IAM role, arn:aws:iam::111111111111:role/…; write the role's whole ARN` + "\n" +
				`Alarms.TopicARN: got "*", allowed: the ARN of a standard SNS topic, arn:aws:sns:eu-west-1:…:…; write the topic's whole ARN`},
		"a service as consumer": {
			func() error {
				_, err := orders.GrantConsume(awsiam.NewServicePrincipal(jsii.String("s3.amazonaws.com"), nil))
				return err
			},
			"grant on queue orders: the grantee is of no known account: grant to a role of account 111111111111"},
		"a sender imported from another account": {
			func() error { _, err := publisher.GrantSend(foreignRole, orders.Address); return err },
			"grant to send to orders: the grantee is of account 222222222222, which stack owner cannot change: make the grant in a stack of that account"},
		"a function with no known role as sender": {
			func() error {
				function := awslambda.Function_FromFunctionArn(owner, jsii.String("Function"), jsii.String("arn:aws:lambda:eu-west-1:111111111111:function:web"))
				_, err := publisher.GrantSend(function, orders.Address)
				return err
			},
			"grant to send to orders: the grantee was imported without its role: import it with the role, or grant to the role"},
		"a service-linked role as sender": {
			func() error {
				_, err := publisher.GrantSend(awsiam.Role_FromRoleName(owner, jsii.String("Linked"), jsii.String("AWSServiceRoleForECS"), nil), orders.Address)
				return err
			},
			"grant to send to orders: role AWSServiceRoleForECS is AWS's own, and its policies cannot be changed: grant to a role of your own"},
		"a service as sender": {
			func() error {
				_, err := publisher.GrantSend(awsiam.NewServicePrincipal(jsii.String("s3.amazonaws.com"), nil), orders.Address)
				return err
			},
			"grant to send to orders: the grantee takes no policies: grant to a role or user"},
		"an address that is none": {
			func() error {
				_, err := publisher.GrantSend(foreignRole, address.Queue{Region: "eu-west-1", Account: "1", Name: "orders", Alias: "orders"})
				return err
			},
			`grant to send: Account: got "1", allowed: an account id of 12 digits; write all 12, leading zeros too, in quotes`},
		"a role in every account with nothing": {
			func() error {
				_, err := publisher.NewRoleStackSet(owner, "Nobody", nil)
				return err
			},
			"publisher stack set Nobody: " +
				`Role.Queue.Region: got "", allowed: a Region's code, like us-east-1; take it from the list of AWS Regions` + "\n" +
				`Role.Queue.Account: got "", allowed: an account id of 12 digits; write all 12, leading zeros too, in quotes` + "\n" +
				`Role.Queue.Name: got "", allowed: letters, digits, - and _; rename the queue` + "\n" +
				`Role.Queue.Alias: got "", allowed: letters, digits, /, _ and -; rename the alias` + "\n" +
				`Role.RoleName: got "", allowed: 1 to 64 letters, digits and _+=,.@-; rename the role` + "\n" +
				`Role.AssumedBy: got [], allowed: one principal or more; name who may assume the role` + "\n" +
				`Senders: got [], allowed: one OU path or more; name the OU that may send`},
		"a stack set with half a percent less than none": {
			func() error {
				_, err := publisher.NewStackSetStack(app, "wrong", &publisher.StackSetStackProps{
					StackProps: awscdk.StackProps{Env: &awscdk.Environment{Account: jsii.String("888888888888"), Region: jsii.String("eu-west-1")}},
					RoleStackSet: publisher.RoleStackSetProps{
						Role:    publisher.RoleProps{RoleName: "everyone", AssumedBy: []address.Principal{account}, Queue: orders.Address},
						Senders: []address.Path{dev},
						Options: publisher.StackSetOptions{FailureTolerance: new(-1), MaxConcurrent: new(0)},
					},
				})
				return err
			},
			"publisher stack set Publisher: " +
				`Options.FailureTolerance: got -1, allowed: 0 to 100; choose a number in that range` + "\n" +
				`Options.MaxConcurrent: got 0, allowed: 1 to 100; choose a number in that range`},
		"a stack set in no account": {
			func() error {
				_, err := publisher.NewRoleStackSet(elsewhere, "Everyone", &publisher.RoleStackSetProps{
					Role:    publisher.RoleProps{RoleName: "everyone", AssumedBy: []address.Principal{account}, Queue: orders.Address},
					Senders: []address.Path{dev},
				})
				return err
			},
			"publisher stack set Everyone: got \"a stack with no account or Region\", allowed: a stack with both; set Env in the StackProps of anywhere"},
		"more than a sender may also": {
			func() error {
				_, err := publisher.GrantSend(consumer, orders.Address, "sqs:PurgeQueue")
				return err
			},
			`grant to send: [0]: got "sqs:PurgeQueue", allowed: sqs:GetQueueAttributes or sqs:GetQueueUrl; remove it: senders can only look the queue up, and nobody outside may read or change it`},
		"a role with nothing": {
			func() error {
				_, err := publisher.NewRole(owner, "Nobody", &publisher.RoleProps{Queue: orders.Address})
				return err
			},
			"publisher role Nobody: " +
				`RoleName: got "", allowed: 1 to 64 letters, digits and _+=,.@-; rename the role` + "\n" +
				`AssumedBy: got [], allowed: one principal or more; name who may assume the role`},
	} {
		t.Run("refuses "+name, func(t *testing.T) {
			err := c.do()
			if err == nil {
				t.Fatal("no error")
			}
			if err.Error() != c.want {
				t.Errorf("got  %s\nwant %s", err, c.want)
			}
		})
	}
}
