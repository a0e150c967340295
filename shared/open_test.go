package shared_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awseventstargets"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/jsii-runtime-go"

	"example.com/shared-queue/internal/assembly"
	"example.com/shared-queue/internal/cdktest"
	"example.com/shared-queue/internal/record"
	"example.com/shared-queue/publisher"
)

// What is opened on purpose is in the policies of queue and key, each as narrow as
// it was asked for, and in the metadata with the reason.
func TestOpen(t *testing.T) {
	const (
		queue   = "arn:aws:sqs:eu-west-1:111111111111:orders"
		through = `"kms:EncryptionContext:aws:sqs:arn": "` + queue + `"`
		via     = `"kms:ViaService": "sqs.eu-west-1.amazonaws.com"`
		both    = `["kms:Decrypt", "kms:GenerateDataKey"]`
	)
	source := func(principal awsiam.IPrincipal, condition map[string]any, actions ...string) awsiam.PolicyStatement {
		return awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Principals: &[]awsiam.IPrincipal{principal}, Actions: jsii.Strings(actions...), Resources: jsii.Strings("*"), Conditions: &condition,
		})
	}
	for name, c := range map[string]struct {
		add func(attack)
		key string // what the key's policy has in addition
	}{
		"a topic": {func(a attack) {
			a.orders.Queue.AddToResourcePolicy(source(service("sns.amazonaws.com"), map[string]any{"ArnEquals": map[string]any{"aws:SourceArn": "arn:aws:sns:eu-west-1:222222222222:t"}}, "sqs:SendMessage"))
		}, `{"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": ` + both + `, "Resource": "*",
		  "Condition": {"ArnEquals": {"aws:SourceArn": "arn:aws:sns:eu-west-1:222222222222:t"}, "StringEquals": {` + through + `}}}`},
		"a topic with a condition that only SQS has": {func(a attack) {
			a.orders.Queue.AddToResourcePolicy(source(service("sns.amazonaws.com"), map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": "222222222222", "sqs:Any": "x"}}, "sqs:SendMessage"))
		}, `{"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": ` + both + `, "Resource": "*",
		  "Condition": {"StringEquals": {"aws:SourceAccount": "222222222222", ` + through + `}}}`},
		"a rule, by its account, as its ARN would be a circle": {func(a attack) {
			awsevents.NewRule(a.owner, jsii.String("Rule"), &awsevents.RuleProps{
				EventPattern: &awsevents.EventPattern{Source: jsii.Strings("aws.s3")},
				Targets:      &[]awsevents.IRuleTarget{awseventstargets.NewSqsQueue(a.orders.Queue, nil)},
			})
		}, `{"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": ` + both + `, "Resource": "*",
		  "Condition": {"StringEquals": {"aws:SourceAccount": "111111111111", ` + through + `}}}`},
		"an account that sends, by CDK's grant": {func(a attack) { a.orders.Queue.GrantSendMessages(foreign()) },
			`{"Effect": "Allow", "Principal": {"AWS": {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":iam::999999999999:root"]]}}, "Action": ` + both + `, "Resource": "*",
		  "Condition": {"StringEquals": {` + through + `, ` + via + `}}}`},
		"an account that reads, by CDK's grant": {func(a attack) { a.orders.Queue.GrantConsumeMessages(foreign()) },
			`{"Effect": "Allow", "Principal": {"AWS": {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":iam::999999999999:root"]]}}, "Action": "kms:Decrypt", "Resource": "*",
		  "Condition": {"StringEquals": {` + through + `, ` + via + `}}}`},
		"an account that reads dead letters": {func(a attack) { a.orders.DeadLetterQueue.GrantConsumeMessages(foreign()) },
			`{"Effect": "Allow", "Principal": {"AWS": {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":iam::999999999999:root"]]}}, "Action": "kms:Decrypt", "Resource": "*",
		  "Condition": {"StringEquals": {"kms:EncryptionContext:aws:sqs:arn": ["` + queue + `", "` + queue + `-dlq"], ` + via + `}}}`},
		"a statement of the key alone": {func(a attack) {
			a.orders.Key.AddToResourcePolicy(source(foreign(), map[string]any{"Bool": map[string]any{"aws:SecureTransport": "true"}}, "kms:DescribeKey"), nil)
		}, `{"Effect": "Allow", "Principal": {"AWS": {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":iam::999999999999:root"]]}}, "Action": "kms:DescribeKey", "Resource": "*",
		  "Condition": {"Bool": {"aws:SecureTransport": "true"}}}`},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAttack(t)
			if err := a.orders.Open("a reason", func() { c.add(a) }); err != nil {
				t.Fatal(err)
			}
			templates, _ := cdktest.Synth(t, a.app)
			template := templates["owner"]
			list, _ := template.Get("Resources", template.IDs("AWS::KMS::Key")[0], "Properties", "KeyPolicy", "Statement").([]any)
			cdktest.Same(t, list[len(list)-1], c.key)
			stacks, err := assembly.Read(os.DirFS(*a.app.Outdir()))
			if err != nil {
				t.Fatal(err)
			}
			declared := 0
			for _, stack := range stacks {
				for _, entry := range stack.Metadata {
					if d, err := record.Read[record.Declared](entry); entry.Type == record.DeclaredType && err == nil && d.Reason == "a reason" {
						declared++
					}
				}
			}
			if declared == 0 {
				t.Error("nothing is declared")
			}
		})
	}
}

func TestOpenIsRefused(t *testing.T) {
	for want, c := range map[string]struct {
		reason string
		add    func(attack)
	}{
		"open queue orders: there is no reason":                                    {" ", func(attack) {}},
		"open queue orders: nothing was opened":                                    {"because", func(attack) {}},
		"open queue orders: cdk: not today":                                        {"because", func(attack) { panic("not today") }},
		"open queue orders: the policy of its queue was removed":                   {"because", func(a attack) { a.orders.Queue.Node().TryRemoveChild(jsii.String("Policy")) }},
		"open queue orders: the policy of its key was replaced":                    {"because", func(a attack) { a.key().SetKeyPolicy(map[string]any{"Statement": []any{}}) }},
		`{"Service":"s3.amazonaws.com"} act for anybody: bind it by aws:SourceArn`: {"because", func(a attack) { a.orders.Queue.GrantSendMessages(service("s3.amazonaws.com")) }},
		`a statement lets {"AWS":"*"} act for anybody`:                             {"because", func(a attack) { a.orders.Queue.GrantSendMessages(awsiam.NewAnyPrincipal()) }},
	} {
		t.Run(want, func(t *testing.T) {
			a := newAttack(t)
			if strings.Contains(want, "removed") || strings.Contains(want, "replaced") {
				c.add(a)
			}
			err := a.orders.Open(c.reason, func() { c.add(a) })
			if err == nil || !strings.Contains(fmt.Sprint(err), want) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// CDK's grants with the construct's beside them are whole, in whichever stack.
func TestGrantsBesideCDKs(t *testing.T) {
	a := newAttack(t)
	sender := newRole(a.owner, "Sender", awsiam.RoleProps{})
	a.orders.Queue.GrantSendMessages(sender)
	mustGrant(publisher.GrantSend(sender, a.orders.Address))
	consumer := newRole(a.owner, "Consumer", awsiam.RoleProps{})
	a.orders.Queue.GrantConsumeMessages(consumer)
	mustGrant(a.orders.GrantConsume(consumer))
	reporter := newRole(a.owner, "Reporter", awsiam.RoleProps{})
	a.orders.DeadLetterQueue.GrantConsumeMessages(reporter)
	mustGrant(a.orders.GrantConsumeDeadLetters(reporter))
	managed := newRole(a.owner, "Managed", awsiam.RoleProps{ManagedPolicies: &[]awsiam.IManagedPolicy{
		awsiam.NewManagedPolicy(a.owner, jsii.String("Send"), &awsiam.ManagedPolicyProps{Statements: &[]awsiam.PolicyStatement{
			awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{Actions: jsii.Strings("sqs:SendMessage"), Resources: &[]*string{a.orders.Queue.QueueArn()}}),
		}}),
	}})
	mustGrant(publisher.GrantSend(managed, a.orders.Address))
	byHand := newRole(a.owner, "ByHand", awsiam.RoleProps{})
	a.orders.Queue.GrantSendMessages(byHand)
	byHand.AddToPolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Actions: jsii.Strings("kms:Decrypt", "kms:GenerateDataKey*"), Resources: &[]*string{a.orders.Key.KeyArn()},
		Conditions: &map[string]any{"StringEquals": map[string]any{
			"kms:ViaService": a.orders.Address.ViaService(), "kms:EncryptionContext:aws:sqs:arn": a.orders.Address.ARN(),
		}},
	}))
	if err := a.orders.Open("events that nobody took", func() {
		a.orders.Queue.GrantSendMessages(awsiam.NewServicePrincipal(jsii.String("events.amazonaws.com"), &awsiam.ServicePrincipalOpts{
			Conditions: &map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": "111111111111"}},
		}))
	}); err != nil {
		t.Fatal(err)
	}
	awsevents.NewEventBus(a.owner, jsii.String("Bus"), &awsevents.EventBusProps{DeadLetterQueue: a.orders.Queue})
	purger := newRole(a.owner, "Purger", awsiam.RoleProps{})
	a.orders.Queue.GrantPurge(purger)
	a.orders.Queue.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Effect: awsiam.Effect_DENY, Principals: &[]awsiam.IPrincipal{awsiam.NewAnyPrincipal()}, Actions: jsii.Strings("sqs:PurgeQueue"), Resources: jsii.Strings("*"),
	}))
	mustGrant(publisher.GrantSend(newRole(a.other, "Far", awsiam.RoleProps{}), a.orders.Address))
	if report := synthesize(t, a.app); report != "" {
		t.Error(report)
	}
}
