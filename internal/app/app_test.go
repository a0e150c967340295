package app

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"example.com/shared-queue/internal/app/settings"
	"example.com/shared-queue/internal/cdktest"
	"example.com/shared-queue/internal/fixture"
	"example.com/shared-queue/policy"
	"example.com/shared-queue/spec"
)

var update = flag.Bool("update", false, "update the templates in internal/fixture")

const root = "../.."

func TestMain(m *testing.M) {
	if os.Getenv(runOwnApp) != "" {
		Run(ownApp)
	}
	cdktest.Main(m)
}

// An app is one synthesis, shared by many tests.
type app struct {
	environments []spec.Environment
	templates    map[string]cdktest.Template
	manifest     any
}

func build(t testing.TB, environments []spec.Environment) *app {
	t.Helper()
	cdkApp := cdktest.NewApp(t)
	if err := Define(cdkApp, environments); err != nil {
		t.Fatal(err)
	}
	a := &app{environments: environments}
	a.templates, a.manifest = cdktest.Synth(t, cdkApp)
	return a
}

// synthesized is what example has built, once for all tests.
var synthesized *app

// example is the app with the settings and the variants of package fixture.
func example(t *testing.T) *app {
	t.Helper()
	if synthesized == nil {
		others, err := settings.Parse(fixture.Variants)
		if err != nil {
			t.Fatal(err)
		}
		synthesized = build(t, append(exampleEnvironments(t), others...))
	}
	return synthesized
}

// exampleEnvironments are those of the fixture's settings.
func exampleEnvironments(t testing.TB) []spec.Environment {
	t.Helper()
	environments, err := settings.Parse(fixture.Settings)
	if err != nil {
		t.Fatal(err)
	}
	return environments
}

// exampleStacks are the stacks of the fixture's settings.
var exampleStacks = []string{"dev-publisher-events", "dev-publisher-web", "dev-shared", "prod-publisher-web", "prod-shared", "stage-publisher-everyone", "stage-shared", "telemetry-shared"}

// Logical ids must not change: CloudFormation would replace the queue or the
// key.
func TestLogicalIDs(t *testing.T) {
	a := example(t)
	for _, c := range []struct {
		stack, resourceType string
		want                []string
	}{
		{"dev-shared", "AWS::KMS::Key", []string{keyID}},
		{"dev-shared", "AWS::KMS::Alias", []string{aliasID}},
		{"dev-shared", "AWS::SQS::Queue", []string{queueID, deadLetterID}},
		{"dev-shared", "AWS::CloudWatch::Alarm", []string{deadLettersID, oldMessagesID}},
		{"dev-shared", "AWS::IAM::Policy", []string{
			"ConsumersharedappworkerPolicydevsharedConsumersharedappworker519F4667AA42A87A",
			"OperatorsharedappoperatorPolicydevsharedOperatorsharedappoperator85B768CBC22B3109"}},
		{"dev-shared", "AWS::SQS::QueuePolicy", []string{"SharedQueueDeadLetterQueuePolicy5EB02645", "SharedQueuePolicy09356490"}},
		{"dev-publisher-web", "AWS::IAM::Role", []string{roleID}},
		{"dev-publisher-web", "AWS::IAM::Policy", []string{rolePolicyID}},
	} {
		if got := a.templates[c.stack].IDs(c.resourceType); !slices.Equal(got, c.want) {
			t.Errorf("%s %s: got %q, want %q", c.stack, c.resourceType, got, c.want)
		}
	}
}

const (
	keyID        = "SharedQueueKey41691AD9"
	aliasID      = "SharedQueueKeyAlias058BE622"
	queueID      = "SharedQueue2BEF9009"
	deadLetterID = "SharedQueueDeadLetterQueue4E7F53E6"
	roleID       = "PublisherRoleC8390E96"
	rolePolicyID = "PublisherRoleDefaultPolicyD104D15F"

	deadLettersID = "DeadLettersBBF8BAAB"
	oldMessagesID = "OldMessagesDEC80FF6"

	queuePolicyID      = "SharedQueuePolicy09356490"
	deadLetterPolicyID = "SharedQueueDeadLetterQueuePolicy5EB02645"
)

// Each row is one element of a template; want is JSON.
func TestTemplateElements(t *testing.T) {
	a := example(t)
	properties := func(id string) []string { return []string{"Resources", id, "Properties"} }
	keyPolicy := append(properties(keyID), "KeyPolicy")
	queuePolicy := append(properties(queuePolicyID), "PolicyDocument")
	deadLetterPolicy := append(properties(deadLetterPolicyID), "PolicyDocument")
	rolePolicy := append(properties(rolePolicyID), "PolicyDocument")
	trustPolicy := append(properties(roleID), "AssumeRolePolicyDocument")

	devQueue := a.environments[0].QueueAddress()
	telemetry := a.environments[0].Publishers[1].Role.AlsoSendsTo[0].Queue

	for _, c := range []struct {
		name, stack string
		document    []string // path of the policy document
		sid         string
		path        []string // in the statement; in the template if document is nil
		want        string
	}{
		{"key policy: version", "dev-shared", nil, "", append(keyPolicy, "Version"), `"2012-10-17"`},
		{"key policy: the account administers", "dev-shared", keyPolicy, "", nil,
			`{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111111111111:root"}, "Action": "kms:*", "Resource": "*"}`},
		{"key policy: senders are allowed", "dev-shared", keyPolicy, policy.SidUseKey, []string{"Effect"}, `"Allow"`},
		{"key policy: any principal", "dev-shared", keyPolicy, policy.SidUseKey, []string{"Principal"}, `{"AWS": "*"}`},
		{"key policy: what SQS does for a sender", "dev-shared", keyPolicy, policy.SidUseKey, []string{"Action"}, `["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"]`},
		{"key policy: this key", "dev-shared", keyPolicy, policy.SidUseKey, []string{"Resource"}, `"*"`},
		{"key policy: of the organization", "dev-shared", keyPolicy, policy.SidUseKey, []string{"Condition", "StringEquals", "aws:PrincipalOrgID"}, `"o-abc1234567"`},
		{"key policy: through SQS", "dev-shared", keyPolicy, policy.SidUseKey, []string{"Condition", "StringEquals", "kms:ViaService"}, `"sqs.us-east-1.amazonaws.com"`},
		{"key policy: for this queue", "dev-shared", keyPolicy, policy.SidUseKey, []string{"Condition", "StringEquals", "kms:EncryptionContext:aws:sqs:arn"}, `"arn:aws:sqs:us-east-1:111111111111:shared-app-work"`},
		{"key policy: of the OU", "dev-shared", keyPolicy, policy.SidUseKey, []string{"Condition", "ForAnyValue:StringLike"},
			`{"aws:PrincipalOrgPaths": "o-abc1234567/r-wxyz/ou-wxyz-jklm1dev/ou-wxyz-km23jdev/*"}`},
		{"key policy: of two OUs", "paths-shared", keyPolicy, policy.SidUseKey, []string{"Condition", "ForAnyValue:StringLike", "aws:PrincipalOrgPaths"},
			`["o-abc1234567/r-wxyz/ou-wxyz-jklm1dev/*", "o-abc1234567/r-wxyz/ou-wxyz-jklm2dev/*"]`},
		{"key policy in China: the account administers", "china-shared", keyPolicy, "", []string{"Principal", "AWS"}, `"arn:aws-cn:iam::111111111111:root"`},
		{"key policy in China: through SQS", "china-shared", keyPolicy, policy.SidUseKey, []string{"Condition", "StringEquals", "kms:ViaService"}, `"sqs.cn-north-1.amazonaws.com"`},
		{"key policy in China: for this queue", "china-shared", keyPolicy, policy.SidUseKey, []string{"Condition", "StringEquals", "kms:EncryptionContext:aws:sqs:arn"}, `"arn:aws-cn:sqs:cn-north-1:111111111111:work"`},
		{"key policy in GovCloud: the account administers", "gov-shared", keyPolicy, "", []string{"Principal", "AWS"}, `"arn:aws-us-gov:iam::111111111111:root"`},
		{"key policy in GovCloud: through SQS", "gov-shared", keyPolicy, policy.SidUseKey, []string{"Condition", "StringEquals", "kms:ViaService"}, `"sqs.us-gov-west-1.amazonaws.com"`},

		{"queue policy: version", "dev-shared", nil, "", append(queuePolicy, "Version"), `"2012-10-17"`},
		{"queue policy: senders", "dev-shared", queuePolicy, policy.SidSend, nil,
			`{"Sid": "SendersSendMessages", "Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sqs:SendMessage",
			  "Resource": "arn:aws:sqs:us-east-1:111111111111:shared-app-work", "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-abc1234567"}}}`},
		{"queue policy: no plain HTTP", "dev-shared", queuePolicy, policy.SidDenyHTTP, nil,
			`{"Sid": "DenyPlainHTTP", "Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "sqs:*",
			  "Resource": "arn:aws:sqs:us-east-1:111111111111:shared-app-work", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}`},
		{"queue policy with orgPathsOnQueue", "paths-shared", queuePolicy, policy.SidSend, []string{"Condition"},
			`{"StringEquals": {"aws:PrincipalOrgID": "o-abc1234567"},
			  "ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": ["o-abc1234567/r-wxyz/ou-wxyz-jklm1dev/*", "o-abc1234567/r-wxyz/ou-wxyz-jklm2dev/*"]}}`},
		{"queue policy in GovCloud", "gov-shared", queuePolicy, policy.SidSend, []string{"Resource"}, `"arn:aws-us-gov:sqs:us-gov-west-1:111111111111:work"`},

		{"dead-letter queue's policy: no plain HTTP", "dev-shared", deadLetterPolicy, policy.SidDenyHTTP, nil,
			`{"Sid": "DenyPlainHTTP", "Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "sqs:*",
			  "Resource": "arn:aws:sqs:us-east-1:111111111111:shared-app-work-dlq", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}`},

		{"role: trusted services", "dev-publisher-web", trustPolicy, "", nil,
			`{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": ["ecs-tasks.amazonaws.com", "lambda.amazonaws.com"]}}`},
		{"role: may send", "dev-publisher-web", rolePolicy, policy.Sid(policy.SidGrantSend, devQueue), nil,
			`{"Sid": "SendToSharedAppWork0bd88d8c", "Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:us-east-1:111111111111:shared-app-work"}`},
		{"role: may use the key through the queue", "dev-publisher-web", rolePolicy, policy.Sid(policy.SidGrantKey, devQueue), nil,
			`{"Sid": "UseKeyOfSharedAppWork0bd88d8c", "Effect": "Allow", "Action": ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"],
			  "Resource": "arn:aws:kms:us-east-1:111111111111:key/*",
			  "Condition": {
			    "StringEquals": {"kms:ViaService": "sqs.us-east-1.amazonaws.com", "kms:EncryptionContext:aws:sqs:arn": "arn:aws:sqs:us-east-1:111111111111:shared-app-work"},
			    "ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/shared-app"}}}`},
		{"role in China: may use the key", "china-publisher-web", rolePolicy, "UseKeyOfWork11a47792", []string{"Resource"}, `"arn:aws-cn:kms:cn-north-1:111111111111:key/*"`},
		{"role in China: trusts the account", "china-publisher-web", trustPolicy, "", []string{"Principal"}, `{"AWS": "arn:aws-cn:iam::222222222222:root"}`},

		{"key: rotates", "dev-shared", nil, "", append(properties(keyID), "EnableKeyRotation"), `true`},
		{"alias: name", "dev-shared", nil, "", append(properties(aliasID), "AliasName"), `"alias/shared-app"`},
		{"queue: the whole of it", "dev-shared", nil, "", properties(queueID),
			`{"QueueName": "shared-app-work", "KmsMasterKeyId": {"Fn::GetAtt": ["` + keyID + `", "Arn"]},
			  "RedrivePolicy": {"deadLetterTargetArn": {"Fn::GetAtt": ["` + deadLetterID + `", "Arn"]}, "maxReceiveCount": 10}}`},
		{"dead-letter queue: the whole of it", "dev-shared", nil, "", properties(deadLetterID),
			`{"QueueName": "shared-app-work-dlq", "KmsMasterKeyId": {"Fn::GetAtt": ["` + keyID + `", "Arn"]}, "MessageRetentionPeriod": 1209600,
			  "RedriveAllowPolicy": {"redrivePermission": "byQueue", "sourceQueueArns": ["arn:aws:sqs:us-east-1:111111111111:shared-app-work"]}}`},
		{"FIFO queue: the whole of it", "fifo-shared", nil, "", properties(queueID),
			`{"QueueName": "work.fifo", "FifoQueue": true, "ContentBasedDeduplication": true, "VisibilityTimeout": 120, "MessageRetentionPeriod": 86400,
			  "DeduplicationScope": "messageGroup", "FifoThroughputLimit": "perMessageGroupId",
			  "ReceiveMessageWaitTimeSeconds": 20, "DelaySeconds": 90, "MaximumMessageSize": 262144,
			  "KmsDataKeyReusePeriodSeconds": 600, "KmsMasterKeyId": {"Fn::GetAtt": ["` + keyID + `", "Arn"]},
			  "RedrivePolicy": {"deadLetterTargetArn": {"Fn::GetAtt": ["` + deadLetterID + `", "Arn"]}, "maxReceiveCount": 3}}`},
		{"FIFO dead-letter queue: the whole of it", "fifo-shared", nil, "", properties(deadLetterID),
			`{"QueueName": "work-dlq.fifo", "FifoQueue": true, "VisibilityTimeout": 120, "MessageRetentionPeriod": 1209600,
			  "DeduplicationScope": "messageGroup", "FifoThroughputLimit": "perMessageGroupId", "ReceiveMessageWaitTimeSeconds": 20,
			  "KmsDataKeyReusePeriodSeconds": 600, "KmsMasterKeyId": {"Fn::GetAtt": ["` + keyID + `", "Arn"]},
			  "RedriveAllowPolicy": {"redrivePermission": "byQueue", "sourceQueueArns": ["arn:aws:sqs:us-east-1:111111111111:work.fifo"]}}`},
		{"key policy: services for resources of the OU", "stage-shared", keyPolicy, policy.SidServicesUseKey, nil,
			`{"Sid": "ServicesUseKeyForQueue", "Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Resource": "*",
			  "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
			  "Condition": {
			    "StringEquals": {"aws:SourceOrgID": "o-abc1234567", "kms:EncryptionContext:aws:sqs:arn": "arn:aws:sqs:us-east-1:101010101010:shared-app-work"},
			    "ForAnyValue:StringLike": {"aws:SourceOrgPaths": "o-abc1234567/r-wxyz/ou-wxyz-tuvw1stg/*"}}}`},
		{"queue policy: services for resources of the organization", "stage-shared", queuePolicy, policy.SidServicesSend, nil,
			`{"Sid": "ServicesSendMessages", "Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage",
			  "Resource": "arn:aws:sqs:us-east-1:101010101010:shared-app-work", "Condition": {"StringEquals": {"aws:SourceOrgID": "o-abc1234567"}}}`},
		{"queue policy: senders may look the queue up", "fifo-shared", queuePolicy, policy.SidSend, []string{"Action"},
			`["sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:SendMessage"]`},
		{"role: may look the queue up", "fifo-publisher-people", rolePolicy, "SendToWorkFifo5e15ae2f", []string{"Action"},
			`["sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:SendMessage"]`},

		{"alarm for dead letters: the whole of it", "dev-shared", nil, "", properties(deadLettersID),
			`{"AlarmDescription": "Messages that could not be processed wait in shared-app-work-dlq",
			  "Namespace": "AWS/SQS", "MetricName": "ApproximateNumberOfMessagesVisible", "Statistic": "Maximum", "Period": 60,
			  "Dimensions": [{"Name": "QueueName", "Value": {"Fn::GetAtt": ["` + deadLetterID + `", "QueueName"]}}],
			  "ComparisonOperator": "GreaterThanThreshold", "Threshold": 0, "EvaluationPeriods": 1, "TreatMissingData": "notBreaching",
			  "AlarmActions": ["arn:aws:sns:us-east-1:111111111111:shared-app-alarms"],
			  "OKActions": ["arn:aws:sns:us-east-1:111111111111:shared-app-alarms"]}`},
		{"alarm for old messages: of the queue", "dev-shared", nil, "", append(properties(oldMessagesID), "Dimensions"),
			`[{"Name": "QueueName", "Value": {"Fn::GetAtt": ["` + queueID + `", "QueueName"]}}]`},
		{"alarm for old messages: age", "dev-shared", nil, "", append(properties(oldMessagesID), "MetricName"), `"ApproximateAgeOfOldestMessage"`},
		{"alarm for old messages: 15 minutes", "dev-shared", nil, "", append(properties(oldMessagesID), "Threshold"), `900`},
		{"alarm for old messages: 15 minutes by default", "prod-shared", nil, "", append(properties(oldMessagesID), "Threshold"), `900`},
		{"alarm for old messages: as set", "fifo-shared", nil, "", append(properties(oldMessagesID), "Threshold"), `3600`},
		{"alarm with no topic", "prod-shared", nil, "", append(properties(oldMessagesID), "AlarmActions"), `null`},
		{"description", "dev-shared", nil, "", []string{"Description"},
			`"Queue shared-app-work, encrypted, for senders of o-abc1234567/r-wxyz/ou-wxyz-jklm1dev/ou-wxyz-km23jdev"`},
		{"description with several OUs", "paths-shared", nil, "", []string{"Description"}, `"Queue paths, encrypted, for senders of 2 OUs"`},
		{"publisher's description", "dev-publisher-web", nil, "", []string{"Description"},
			`"Role shared-app-publisher, which sends to the queue shared-app-work of account 111111111111 and to another"`},

		{"output: queue URL", "dev-shared", nil, "", []string{"Outputs", "QueueURL", "Value"}, `{"Ref": "` + queueID + `"}`},
		{"output: queue ARN", "dev-shared", nil, "", []string{"Outputs", "QueueARN", "Value"}, `{"Fn::GetAtt": ["` + queueID + `", "Arn"]}`},
		{"output: key ARN", "dev-shared", nil, "", []string{"Outputs", "KeyARN", "Value"}, `{"Fn::GetAtt": ["` + keyID + `", "Arn"]}`},
		{"output: role ARN", "dev-publisher-web", nil, "", []string{"Outputs", "RoleARN", "Value"}, `{"Fn::GetAtt": ["` + roleID + `", "Arn"]}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			template := a.templates[c.stack]
			if c.document == nil {
				cdktest.Same(t, untagged(template.Get(c.path...)), c.want)
				return
			}
			cdktest.Same(t, cdktest.Get(template.Statements(c.document...)[c.sid], c.path...), c.want)
		})
	}

	t.Run("no statement but these", func(t *testing.T) {
		for _, c := range []struct {
			stack    string
			document []string
			want     []string
		}{
			{"dev-shared", keyPolicy, []string{"", policy.SidUseKey}},
			{"dev-shared", queuePolicy, []string{policy.SidDenyHTTP, policy.SidSend}},
			{"dev-shared", deadLetterPolicy, []string{policy.SidDenyHTTP}},
			{"dev-publisher-web", rolePolicy, []string{
				policy.Sid(policy.SidGrantSend, telemetry), policy.Sid(policy.SidGrantSend, devQueue), policy.Sid(policy.SidGrantKey, telemetry), policy.Sid(policy.SidGrantKey, devQueue)}},
			{"dev-publisher-web", trustPolicy, []string{""}},
		} {
			if got := cdktest.Sids(a.templates[c.stack].Statements(c.document...)); !slices.Equal(got, c.want) {
				t.Errorf("%s %s: got %q, want %q", c.stack, c.document[1], got, c.want)
			}
		}
	})
	t.Run("no ForAllValues anywhere", func(t *testing.T) {
		for stack, template := range a.templates {
			if bytes.Contains(template.Bytes, []byte("ForAllValues")) {
				t.Error(stack)
			}
		}
	})
	t.Run("trusted services with session actions", func(t *testing.T) {
		got := a.templates["grants-publisher-pods"].Get(append(trustPolicy, "Statement")...)
		cdktest.Same(t, got, `[
		  {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "arn:aws:iam::222222222222:root", "Service": "lambda.amazonaws.com"}},
		  {"Effect": "Allow", "Action": ["sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession"], "Principal": {"Service": "rolesanywhere.amazonaws.com"}},
		  {"Effect": "Allow", "Action": ["sts:AssumeRole", "sts:TagSession"], "Principal": {"Service": ["capabilities.eks.amazonaws.com", "pods.eks.amazonaws.com"]}}]`)
	})
	t.Run("role with a path and a boundary", func(t *testing.T) {
		properties := a.templates["grants-publisher-pods"].Get(properties(roleID)...)
		cdktest.Same(t, cdktest.Get(properties, "Path"), `"/teams/web/"`)
		cdktest.Same(t, cdktest.Get(properties, "PermissionsBoundary"), `"arn:aws:iam::222222222222:policy/company"`)
		commands, _ := a.templates["grants-publisher-pods"].Get("Outputs", "SendTestMessage", "Value").(string)
		if !strings.Contains(commands, "--role-arn arn:aws:iam::222222222222:role/teams/web/pods ") {
			t.Errorf("the commands assume another role: %s", commands)
		}
	})
	t.Run("trusted accounts, roles and users", func(t *testing.T) {
		got := a.templates["fifo-publisher-people"].Get(append(trustPolicy, "Statement")...)
		cdktest.Same(t, got, `[
		  {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {
		    "AWS": ["arn:aws:iam::222222222222:role/teams/web", "arn:aws:iam::222222222222:user/ann", "arn:aws:iam::555555555555:root"],
		    "Service": "lambda.amazonaws.com"}}]`)
	})
}

// untagged is an element without tags, which an aspect of a company may add to
// every resource.
func untagged(element any) any {
	properties, ok := element.(map[string]any)
	if !ok {
		return element
	}
	properties = maps.Clone(properties)
	delete(properties, "Tags")
	return properties
}

// Tags and termination protection are in the assembly's manifest, not in the
// template.
func TestStacksInTheManifest(t *testing.T) {
	a := example(t)
	for stack, want := range map[string]string{
		"dev-shared":         `{"tags": {"environment": "dev", "team": "platform"}, "protected": true}`,
		"dev-publisher-web":  `{"tags": {"environment": "dev", "team": "platform"}, "protected": false}`,
		"prod-shared":        `{"tags": {"environment": "prod"}, "protected": true}`,
		"paths-shared":       `{"tags": {"environment": "paths"}, "protected": false}`,
		"prod-publisher-web": `{"tags": {"environment": "prod"}, "protected": false}`,
	} {
		properties := cdktest.Get(a.manifest, "artifacts", stack, "properties")
		cdktest.Same(t, map[string]any{
			"tags":      cdktest.Get(properties, "tags"),
			"protected": cdktest.Get(properties, "terminationProtection"),
		}, want)
	}
}

// What happens on deletion to each resource that holds or decrypts messages. A
// creation that fails leaves nothing.
func TestWhatIsRetained(t *testing.T) {
	a := example(t)
	for stack, want := range map[string][2]string{
		"dev-shared":   {"RetainExceptOnCreate", "Retain"},
		"prod-shared":  {"RetainExceptOnCreate", "Retain"},
		"paths-shared": {"Delete", "Delete"},
	} {
		for _, id := range []string{keyID, aliasID, queueID, deadLetterID} {
			for i, attribute := range []string{"DeletionPolicy", "UpdateReplacePolicy"} {
				if got := a.templates[stack].Get("Resources", id, attribute); got != want[i] {
					t.Errorf("%s %s %s: got %v, want %s", stack, id, attribute, got, want[i])
				}
			}
		}
	}
}

// All policies in the templates are those of package policy.
func TestPoliciesAreThoseOfPackagePolicy(t *testing.T) {
	a := example(t)
	for _, e := range a.environments {
		template := a.templates[e.StackName()]
		q := e.QueueAddress()
		check := func(name string, got any, want policy.Document) {
			t.Helper()
			text, err := json.Marshal(want)
			if err != nil {
				t.Fatal(err)
			}
			t.Run(e.Name+": "+name, func(t *testing.T) { cdktest.Same(t, got, string(text)) })
		}
		check("key", template.Get("Resources", keyID, "Properties", "KeyPolicy"), policy.Key(q, e.Queue.Allowed()))
		check("queue", template.Get("Resources", queuePolicyID, "Properties", "PolicyDocument"), policy.Queue(q, e.Queue.Allowed()))
		check("dead-letter queue", template.Get("Resources", deadLetterPolicyID, "Properties", "PolicyDocument"), policy.DeadLetterQueue(q))
		for _, p := range e.Publishers {
			if p.EveryAccount { // see TestRoleInEveryAccount
				continue
			}
			document := a.templates[e.PublisherStackName(p)].Get("Resources", roleID, "Properties", "AssumeRolePolicyDocument")
			check("trust of "+p.Name, document, p.Role.TrustPolicy(p.Account))
		}
		granted := map[string]policy.Document{} // one role may have several grants
		for _, g := range e.Grants() {
			granted[g.Role.Key()] = append(granted[g.Role.Key()], g.Document...)
		}
		for _, g := range e.Grants() {
			if g.Role.Account == "" {
				continue
			}
			check(g.Kind.String()+" "+g.Role.Name, grantedBy(t, a, e, g), granted[g.Role.Key()])
		}
	}
}

// grantedBy is the policy of the role in the templates, with a key id instead
// of the reference to the key.
func grantedBy(t *testing.T, a *app, e spec.Environment, g spec.Grant) any {
	t.Helper()
	template := a.templates[e.StackName()]
	for _, p := range e.Publishers {
		if g.Kind == spec.Send && g.Property == p.Name {
			template = a.templates[e.PublisherStackName(p)]
		}
	}
	for _, id := range template.IDs("AWS::IAM::Policy") {
		properties := template.Get("Resources", id, "Properties")
		roles := fmt.Sprint(cdktest.Get(properties, "Roles"))
		if roles != "["+g.Role.Name+"]" && roles != "[map[Ref:"+roleID+"]]" {
			continue
		}
		text, err := json.Marshal(cdktest.Get(properties, "PolicyDocument"))
		if err != nil {
			t.Fatal(err)
		}
		text = bytes.ReplaceAll(text, []byte(`{"Fn::GetAtt":["`+keyID+`","Arn"]}`), []byte(`"`+e.QueueAddress().KeyARN(spec.KeyID)+`"`))
		var document any
		if err := json.Unmarshal(text, &document); err != nil {
			t.Fatal(err)
		}
		return document
	}
	return nil
}

// The commands run with a fake AWS CLI that records its calls.
func TestCommandsThatSendATestMessage(t *testing.T) {
	a := example(t)
	const assume = "sts assume-role --role-arn %s --role-session-name test-message --query Credentials.[AccessKeyId,SecretAccessKey,SessionToken] --output text\n"
	for name, c := range map[string]struct {
		stack, assumed, want string
	}{
		"as the role": {"dev-publisher-web", "ID\tSECRET\tTOKEN",
			fmt.Sprintf(assume, "arn:aws:iam::222222222222:role/shared-app-publisher") +
				"sqs send-message --region us-east-1 --queue-url https://sqs.us-east-1.amazonaws.com/111111111111/shared-app-work" +
				" --message-body Hello from publisher account! as ID SECRET TOKEN\n"},
		"to a FIFO queue": {"fifo-publisher-people", "ID\tSECRET\tTOKEN",
			fmt.Sprintf(assume, "arn:aws:iam::222222222222:role/people") +
				"sqs send-message --region us-east-1 --queue-url https://sqs.us-east-1.amazonaws.com/111111111111/work.fifo" +
				" --message-body Hello from publisher account! --message-group-id test --message-deduplication-id test-0 as ID SECRET TOKEN\n"},
		"in China": {"china-publisher-web", "ID\tSECRET\tTOKEN",
			fmt.Sprintf(assume, "arn:aws-cn:iam::222222222222:role/web") +
				"sqs send-message --region cn-north-1 --queue-url https://sqs.cn-north-1.amazonaws.com.cn/111111111111/work" +
				" --message-body Hello from publisher account! as ID SECRET TOKEN\n"},
		"not at all, if the role cannot be assumed": {"dev-publisher-web", "",
			fmt.Sprintf(assume, "arn:aws:iam::222222222222:role/shared-app-publisher")},
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			for tool, script := range map[string]string{
				"aws": `#!/bin/sh
case $1 in
sts) echo "$*" >>calls; [ "$ASSUMED" ] || exit 254; printf '%b\n' "$ASSUMED" ;;
*) echo "$* as $AWS_ACCESS_KEY_ID $AWS_SECRET_ACCESS_KEY $AWS_SESSION_TOKEN" >>calls ;;
esac
`,
				"date": "#!/bin/sh\necho 0\n",
			} {
				if err := os.WriteFile(filepath.Join(folder, tool), []byte(script), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			commands, _ := a.templates[c.stack].Get("Outputs", "SendTestMessage", "Value").(string)
			shell := exec.Command("sh", "-c", commands)
			shell.Dir = folder
			shell.Env = []string{"PATH=" + folder + ":" + os.Getenv("PATH"), "ASSUMED=" + c.assumed, "AWS_ACCESS_KEY_ID=MINE"}
			text, err := shell.CombinedOutput()
			if (err == nil) != (c.assumed != "") {
				t.Errorf("%v\n%s", err, text)
			}
			calls, err := os.ReadFile(filepath.Join(folder, "calls"))
			if err != nil || string(calls) != c.want {
				t.Errorf("got  %s, %v\nwant %s", calls, err, c.want)
			}
		})
	}
}
