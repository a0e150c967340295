package app

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"example.com/shared-queue/guard"
	"example.com/shared-queue/internal/app/settings"
	"example.com/shared-queue/internal/cdktest"
	"example.com/shared-queue/internal/fixture"
	"example.com/shared-queue/policy"
	"example.com/shared-queue/proof/access"
	"example.com/shared-queue/proof/evaluate"
	"example.com/shared-queue/spec"
)

// A mutant is one thing broken in the policies of dev.
type mutant struct {
	name   string
	policy string // id in the world
	sid    string // of the statement that is changed
	change change // nil removes the statement
	// equivalent says why AWS decides the same as before; empty if it does not.
	equivalent string
}

const (
	devKey         = "dev-shared: key policy"
	devQueue       = "dev-shared: queue policy"
	devDeadLetter  = "dev-shared: dead-letter queue's policy"
	devPermissions = "dev-publisher-web: role's permissions"
	devTrust       = "dev-publisher-web: role's trust policy"
	devConsumer    = "dev-shared: permissions of shared-app-worker"
	devOperator    = "dev-shared: permissions of shared-app-operator"

	devPath  = "o-abc1234567/r-wxyz/ou-wxyz-jklm1dev/ou-wxyz-km23jdev"
	prodPath = "o-abc1234567/r-wxyz/ou-wxyz-nopq1prd/ou-wxyz-rs45jprd"
)

// A change is made to a statement, or to its document.
type change func(document, statement map[string]any)

// set changes the value at a path in the statement; nil removes it.
func set(value any, path ...string) change {
	return func(_, at map[string]any) {
		for _, name := range path[:len(path)-1] {
			next, ok := at[name].(map[string]any)
			if !ok {
				next = map[string]any{}
				at[name] = next
			}
			at = next
		}
		if last := path[len(path)-1]; value == nil {
			delete(at, last)
		} else {
			at[last] = value
		}
	}
}

// rename gives the value at a path another name.
func rename(to string, path ...string) change {
	return func(_, at map[string]any) {
		for _, name := range path[:len(path)-1] {
			at = at[name].(map[string]any)
		}
		last := path[len(path)-1]
		value := at[last]
		delete(at, last)
		if there, ok := at[to].(map[string]any); ok {
			maps.Copy(there, value.(map[string]any)) // two operators become one
			return
		}
		at[to] = value
	}
}

// both makes two changes that are one mutant.
func both(first, second change) change {
	return func(document, statement map[string]any) {
		first(document, statement)
		second(document, statement)
	}
}

func keyActions(more ...any) []any {
	return append([]any{"kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"}, more...)
}

func mutants(prod evaluate.World) []mutant {
	const (
		stringEquals = "StringEquals"
		orgPaths     = "ForAnyValue:StringLike"
	)
	paths := func(value any) change { return set(value, "Condition", orgPaths, policy.KeyOrgPaths) }
	equals := func(key string, value any) change { return set(value, "Condition", stringEquals, key) }
	like := func(key string, value any) change {
		return both(equals(key, nil), set(value, "Condition", "StringLike", key))
	}
	use, send, http := policy.SidUseKey, policy.SidSend, policy.SidDenyHTTP
	own := func(sid string) string { return sid + "SharedAppWork0bd88d8c" }
	grantSend, grantKey := own(policy.SidGrantSend), own(policy.SidGrantKey)
	const queue = "arn:aws:sqs:us-east-1:111111111111:shared-app-work"
	const prodQueue = "arn:aws:sqs:us-east-1:333333333333:shared-app-work"

	return []mutant{
		// The key policy's senders.
		{"key: no condition at all", devKey, use, set(nil, "Condition"), ""},
		{"key: no organization", devKey, use, equals(policy.KeyOrgID, nil), "every pattern of organization paths begins with the organization's id"},
		{"key: no OU", devKey, use, set(nil, "Condition", orgPaths), ""},
		{"key: not only through SQS", devKey, use, equals(policy.KeyVia, nil), ""},
		{"key: for any queue", devKey, use, equals(policy.KeyQueueARN, nil), ""},
		{"key: ForAllValues for the OU", devKey, use, rename("ForAllValues:StringLike", "Condition", orgPaths), ""},
		{"key: ForAllValues for the OU and no organization", devKey, use,
			both(equals(policy.KeyOrgID, nil), rename("ForAllValues:StringLike", "Condition", orgPaths)), ""},
		{"key: no set operator for the OU", devKey, use, rename("StringLike", "Condition", orgPaths), ""},
		{"key: IfExists for the OU", devKey, use, rename("ForAnyValue:StringLikeIfExists", "Condition", orgPaths), ""},
		{"key: StringEquals for the OU's pattern", devKey, use, rename("ForAnyValue:StringEquals", "Condition", orgPaths), ""},
		{"key: every OU but this one", devKey, use, rename("ForAnyValue:StringNotLike", "Condition", orgPaths), ""},
		{"key: operator misspelt", devKey, use, rename("ForAnyValues:StringLike", "Condition", orgPaths), ""},
		{"key: the whole organization", devKey, use, paths("o-abc1234567/*"), ""},
		{"key: the organization's root", devKey, use, paths("o-abc1234567/r-wxyz/*"), ""},
		{"key: the parent OU", devKey, use, paths("o-abc1234567/r-wxyz/ou-wxyz-jklm1dev/*"), ""},
		{"key: siblings whose ids begin the same", devKey, use, paths(devPath + "*"), ""},
		{"key: the OU alone, not below it", devKey, use, paths(devPath + "/"), ""},
		{"key: path without its end", devKey, use, paths(devPath), ""},
		{"key: any organization's OU", devKey, use, paths("*/r-wxyz/ou-wxyz-jklm1dev/ou-wxyz-km23jdev/*"), ""},
		{"key: any path", devKey, use, paths("*"), ""},
		{"key: OU misspelt", devKey, use, paths("o-abc1234567/r-wxyz/ou-wxyz-jklm1dev/ou-wxyz-km23jdex/*"), ""},
		{"key: OU of prod", devKey, use, paths(prodPath + "/*"), ""},
		{"key: OU of prod too", devKey, use, paths([]any{devPath + "/*", prodPath + "/*"}), ""},
		{"key: key of the OU condition misspelt", devKey, use, rename("aws:PrincipalOrgPath", "Condition", orgPaths, policy.KeyOrgPaths), ""},
		{"key: any organization", devKey, use, like(policy.KeyOrgID, "o-*"), ""},
		{"key: organizations whose id begins the same", devKey, use, like(policy.KeyOrgID, "o-abc1234567*"), ""},
		{"key: organizations whose id begins the same, paths too", devKey, use,
			both(like(policy.KeyOrgID, "o-abc*"), paths("o-abc*/r-wxyz/ou-wxyz-jklm1dev/ou-wxyz-km23jdev/*")), ""},
		{"key: OUs of any root that begins the same", devKey, use, paths("o-abc1234567/r-wxyz*/ou-wxyz-jklm1dev/ou-wxyz-km23jdev/*"), ""},
		{"key: for queues whose ARN begins the same", devKey, use, like(policy.KeyQueueARN, queue+"*"), ""},
		{"key: through SQS of Regions whose code begins the same", devKey, use, like(policy.KeyVia, "sqs.us-east-1*.amazonaws.com"), ""},
		{"key: through services whose name begins the same", devKey, use, like(policy.KeyVia, "sqs.us-east-1.amazonaws.com*"), ""},
		{"queue: organizations whose id begins the same", devQueue, send, like(policy.KeyOrgID, "o-abc*"), ""},
		{"queue: queues whose ARN begins the same", devQueue, send, set(queue+"*", "Resource"), ""},
		{"role: queues whose ARN begins the same", devPermissions, grantSend, set(queue+"*", "Resource"), ""},
		{"role: key by aliases that begin the same", devPermissions, grantKey,
			both(rename("ForAnyValue:StringLike", "Condition", "ForAnyValue:StringEquals"), set("alias/shared-app*", "Condition", "ForAnyValue:StringLike", policy.KeyAliases)), ""},
		{"consumer: queues whose ARN begins the same", devConsumer, own(policy.SidConsume), set(queue+"*", "Resource"), ""},
		{"key: another organization", devKey, use, equals(policy.KeyOrgID, "o-zzzzzzzzzz"), ""},
		{"key: condition keys in other case", devKey, use, rename("aws:principalorgid", "Condition", stringEquals, policy.KeyOrgID), "condition keys are not case-sensitive"},
		{"key: organization's key misspelt", devKey, use, rename("aws:PrincipleOrgID", "Condition", stringEquals, policy.KeyOrgID), ""},
		{"key: IfExists for organization, service and queue", devKey, use, rename("StringEqualsIfExists", "Condition", stringEquals), ""},
		{"key: every organization, service and queue but these", devKey, use, rename("StringNotEquals", "Condition", stringEquals), ""},
		{"key: through another service", devKey, use, equals(policy.KeyVia, "s3.us-east-1.amazonaws.com"), ""},
		{"key: through another service too", devKey, use, equals(policy.KeyVia, []any{"sqs.us-east-1.amazonaws.com", "s3.us-east-1.amazonaws.com"}), ""},
		{"key: through any service", devKey, use, like(policy.KeyVia, "*.us-east-1.amazonaws.com"), ""},
		{"key: through SQS of any Region", devKey, use, like(policy.KeyVia, "sqs.*.amazonaws.com"), ""},
		{"key: through SQS of another Region", devKey, use, equals(policy.KeyVia, "sqs.eu-west-1.amazonaws.com"), ""},
		{"key: the article's name of the service", devKey, use, equals(policy.KeyVia, "sqs.amazonaws.com"), ""},
		{"key: for the dead-letter queue", devKey, use, equals(policy.KeyQueueARN, queue+"-dlq"), ""},
		{"key: for the queue of prod", devKey, use, equals(policy.KeyQueueARN, prodQueue), ""},
		{"key: for any queue of the account", devKey, use, like(policy.KeyQueueARN, "arn:aws:sqs:us-east-1:111111111111:*"), ""},
		{"key: encryption context misspelt", devKey, use, rename("kms:EncryptionContext:aws:sqs:ARN-of", "Condition", stringEquals, policy.KeyQueueARN), ""},
		{"key: senders may grant", devKey, use, set(keyActions("kms:CreateGrant"), "Action"), ""},
		{"key: senders may re-encrypt", devKey, use, set(keyActions("kms:ReEncryptFrom"), "Action"), ""},
		{"key: senders may describe", devKey, use, set(keyActions("kms:DescribeKey"), "Action"), ""},
		{"key: senders may all", devKey, use, set("kms:*", "Action"), ""},
		{"key: data keys of every kind", devKey, use, set([]any{"kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey*"}, "Action"), ""},
		{"key: senders may all but", devKey, use, both(set(nil, "Action"), set("kms:CreateGrant", "NotAction")), ""},
		{"key: no Decrypt", devKey, use, set([]any{"kms:Encrypt", "kms:GenerateDataKey"}, "Action"), ""},
		{"key: no GenerateDataKey", devKey, use, set([]any{"kms:Decrypt", "kms:Encrypt"}, "Action"), ""},
		{"key: no Encrypt", devKey, use, set([]any{"kms:Decrypt", "kms:GenerateDataKey"}, "Action"), ""},
		{"key: action misspelt", devKey, use, set([]any{"kms:Decrypt", "kms:Encrypt", "kms:GenerateDatakeys"}, "Action"), ""},
		{"key: another resource", devKey, use, set("arn:aws:kms:us-east-1:333333333333:key/*", "Resource"), ""},
		{"key: principals of prod's account only", devKey, use, set(map[string]any{"AWS": "333333333333"}, "Principal"), ""},
		{"key: principal in its other notation", devKey, use, set("*", "Principal"), "both notations name everyone"},
		{"key: senders denied", devKey, use, set("Deny", "Effect"), ""},
		{"key: everyone administers", devKey, "", set("*", "Principal"), ""},
		{"key: another account administers", devKey, "", set(map[string]any{"AWS": "arn:aws:iam::999999999999:root"}, "Principal"), ""},
		{"key: nobody administers", devKey, "", set("kms:DescribeKey", "Action"), ""},
		{"key: senders' statement gone", devKey, use, nil, ""},
		{"key: administration gone", devKey, "", nil, ""},

		// The queue policy's senders.
		{"queue: no condition at all", devQueue, send, set(nil, "Condition"), ""},
		{"queue: ForAllValues for the organization", devQueue, send, rename("ForAllValues:StringEquals", "Condition", stringEquals), ""},
		{"queue: IfExists for the organization", devQueue, send, rename("StringEqualsIfExists", "Condition", stringEquals), ""},
		{"queue: every organization but this one", devQueue, send, rename("StringNotEquals", "Condition", stringEquals), ""},
		{"queue: any organization", devQueue, send, like(policy.KeyOrgID, "o-*"), ""},
		{"queue: pattern of organizations", devQueue, send, like(policy.KeyOrgID, "o-abc*"), ""},
		{"queue: another organization", devQueue, send, equals(policy.KeyOrgID, "o-zzzzzzzzzz"), ""},
		{"queue: another organization too", devQueue, send, equals(policy.KeyOrgID, []any{"o-abc1234567", "o-zzzzzzzzzz"}), ""},
		{"queue: empty organization", devQueue, send, equals(policy.KeyOrgID, ""), ""},
		{"queue: Null for the organization", devQueue, send, set(map[string]any{"Null": map[string]any{policy.KeyOrgID: "true"}}, "Condition"), ""},
		{"queue: any organization by Null", devQueue, send, set(map[string]any{"Null": map[string]any{policy.KeyOrgID: "false"}}, "Condition"), ""},
		{"queue: organization's key misspelt", devQueue, send, rename("aws:PrincipalOrg", "Condition", stringEquals, policy.KeyOrgID), ""},
		{"queue: condition of the source's organization", devQueue, send, rename("aws:SourceOrgID", "Condition", stringEquals, policy.KeyOrgID), ""},
		{"queue: senders may receive", devQueue, send, set([]any{"sqs:SendMessage", "sqs:ReceiveMessage"}, "Action"), ""},
		{"queue: senders may delete messages", devQueue, send, set([]any{"sqs:SendMessage", "sqs:DeleteMessage"}, "Action"), ""},
		{"queue: senders may purge", devQueue, send, set([]any{"sqs:SendMessage", "sqs:PurgeQueue"}, "Action"), ""},
		{"queue: senders may all", devQueue, send, set("sqs:*", "Action"), ""},
		{"queue: every action that begins with Send", devQueue, send, set("sqs:Send*", "Action"), ""},
		{"queue: senders may all but", devQueue, send, both(set(nil, "Action"), set("sqs:PurgeQueue", "NotAction")), ""},
		{"queue: action misspelt", devQueue, send, set("sqs:SendMesage", "Action"), ""},
		{"queue: any resource", devQueue, send, set("*", "Resource"), ""},
		{"queue: the dead-letter queue's ARN", devQueue, send, set(queue+"-dlq", "Resource"), ""},
		{"queue: the ARN of prod's queue", devQueue, send, set(prodQueue, "Resource"), ""},
		{"queue: principals of prod's account only", devQueue, send, set(map[string]any{"AWS": "333333333333"}, "Principal"), ""},
		{"queue: senders denied", devQueue, send, set("Deny", "Effect"), ""},
		{"queue: senders' statement gone", devQueue, send, nil, ""},

		// Plain HTTP.
		{"queue: plain HTTP not denied", devQueue, http, nil, ""},
		{"queue: HTTPS denied instead", devQueue, http, set("true", "Condition", "Bool", policy.KeyTransport), ""},
		{"queue: everything denied", devQueue, http, set(nil, "Condition"), ""},
		{"queue: plain HTTP allowed by name", devQueue, http, set("Allow", "Effect"), ""},
		{"queue: only sending denied over plain HTTP", devQueue, http, set("sqs:SendMessage", "Action"), ""},
		{"queue: plain HTTP denied on another queue", devQueue, http, set(queue+"-dlq", "Resource"), ""},
		{"queue: plain HTTP denied to one account", devQueue, http, set(map[string]any{"AWS": "222222222222"}, "Principal"), ""},
		{"queue: transport's key misspelt", devQueue, http, rename("aws:SecureTransports", "Condition", "Bool", policy.KeyTransport), ""},
		{"queue: IfExists for plain HTTP", devQueue, http, rename("BoolIfExists", "Condition", "Bool"), "aws:SecureTransport is in every request"},
		{"dead-letter queue: plain HTTP not denied", devDeadLetter, http, nil, ""},
		{"dead-letter queue: only tagging denied over plain HTTP", devDeadLetter, http, set("sqs:TagQueue", "Action"), ""},
		{"dead-letter queue: HTTPS denied instead", devDeadLetter, http, set("true", "Condition", "Bool", policy.KeyTransport), ""},
		{"dead-letter queue: open to the organization", devDeadLetter, http, func(_, s map[string]any) {
			maps.Copy(s, map[string]any{"Effect": "Allow", "Action": "sqs:SendMessage",
				"Condition": map[string]any{stringEquals: map[string]any{policy.KeyOrgID: "o-abc1234567"}}})
		}, ""},

		// The publisher's role.
		{"role: may send to any queue", devPermissions, grantSend, set("*", "Resource"), ""},
		{"role: may send to any queue of the account", devPermissions, grantSend, set("arn:aws:sqs:us-east-1:111111111111:*", "Resource"), ""},
		{"role: may send to prod's queue only", devPermissions, grantSend, set(prodQueue, "Resource"), ""},
		{"role: may do all of SQS", devPermissions, grantSend, set("sqs:*", "Action"), ""},
		{"role: may receive", devPermissions, grantSend, set([]any{"sqs:SendMessage", "sqs:ReceiveMessage"}, "Action"), ""},
		{"role: may do anything", devPermissions, grantSend, both(set("*", "Action"), set("*", "Resource")), ""},
		{"role: may not send", devPermissions, grantSend, nil, ""},
		{"role: no use of the key", devPermissions, grantKey, nil, ""},
		{"role: key in another account", devPermissions, grantKey, set("arn:aws:kms:us-east-1:333333333333:key/*", "Resource"), ""},
		{"role: keys of any account", devPermissions, grantKey, set("*", "Resource"), ""},
		{"role: key by another alias", devPermissions, grantKey, set("alias/another", "Condition", "ForAnyValue:StringEquals", policy.KeyAliases), ""},
		{"role: key by any alias", devPermissions, grantKey, set(nil, "Condition", "ForAnyValue:StringEquals"), ""},
		{"role: keys of all aliases", devPermissions, grantKey, rename("ForAllValues:StringEquals", "Condition", "ForAnyValue:StringEquals"), ""},
		{"role: key not only through SQS", devPermissions, grantKey, equals(policy.KeyVia, nil), ""},
		{"role: key for any queue", devPermissions, grantKey, equals(policy.KeyQueueARN, nil), ""},
		{"role: key for prod's queue", devPermissions, grantKey, equals(policy.KeyQueueARN, prodQueue), ""},
		{"role: all of KMS", devPermissions, grantKey, set("kms:*", "Action"), ""},
		{"role: no Decrypt", devPermissions, grantKey, set([]any{"kms:Encrypt", "kms:GenerateDataKey"}, "Action"), ""},
		{"trust: everyone", devTrust, "", set("*", "Principal"), ""},
		{"trust: every account", devTrust, "", set(map[string]any{"AWS": "*"}, "Principal"), ""},
		{"trust: the publisher's whole account", devTrust, "", set(map[string]any{"AWS": "222222222222"}, "Principal"), ""},
		{"trust: another service too", devTrust, "", set(map[string]any{"Service": []any{"ecs-tasks.amazonaws.com", "lambda.amazonaws.com", "glue.amazonaws.com"}}, "Principal"), ""},
		{"trust: a service less", devTrust, "", set(map[string]any{"Service": "lambda.amazonaws.com"}, "Principal"), ""},
		{"trust: nobody", devTrust, "", set("Deny", "Effect"), ""},

		// Consumers and operators.
		{"consumer: may send", devConsumer, own(policy.SidNoSend), nil, ""},
		{"consumer: all of SQS", devConsumer, own(policy.SidConsume), set("sqs:*", "Action"), ""},
		{"consumer: may purge", devConsumer, own(policy.SidConsume), set([]any{"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility", "sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:PurgeQueue"}, "Action"), ""},
		{"consumer: may not delete", devConsumer, own(policy.SidConsume), set([]any{"sqs:ReceiveMessage", "sqs:ChangeMessageVisibility", "sqs:GetQueueAttributes", "sqs:GetQueueUrl"}, "Action"), ""},
		{"consumer: any queue", devConsumer, own(policy.SidConsume), set("*", "Resource"), ""},
		{"consumer: the dead-letter queue", devConsumer, own(policy.SidConsume), set(queue+"-dlq", "Resource"), ""},
		{"consumer: key not only through SQS", devConsumer, own(policy.SidConsumeKey), equals(policy.KeyVia, nil), ""},
		{"consumer: key for any queue", devConsumer, own(policy.SidConsumeKey), equals(policy.KeyQueueARN, nil), ""},
		{"consumer: any key", devConsumer, own(policy.SidConsumeKey), set("*", "Resource"), ""},
		{"consumer: may encrypt", devConsumer, own(policy.SidConsumeKey), set(keyActions(), "Action"), ""},
		{"consumer: no use of the key", devConsumer, own(policy.SidConsumeKey), nil, ""},
		{"operator: reads the queue too", devOperator, own(policy.SidRedrive), set([]any{queue, queue + "-dlq"}, "Resource"), ""},
		{"operator: all of SQS", devOperator, own(policy.SidRedrive), set("sqs:*", "Action"), ""},
		{"operator: may not start", devOperator, own(policy.SidRedrive), set([]any{"sqs:CancelMessageMoveTask", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ListMessageMoveTasks", "sqs:ReceiveMessage"}, "Action"), ""},
		{"operator: sends to any queue", devOperator, own(policy.SidRedriveSend), set("*", "Resource"), ""},
		{"operator: may not send", devOperator, own(policy.SidRedriveSend), nil, ""},
		{"operator: decrypts for any queue", devOperator, own(policy.SidRedriveDecrypt), equals(policy.KeyQueueARN, nil), ""},
		{"operator: encrypts for any queue", devOperator, own(policy.SidRedriveEncrypt), equals(policy.KeyQueueARN, nil), ""},
		{"operator: uses the key directly", devOperator, own(policy.SidRedriveEncrypt), equals(policy.KeyVia, nil), ""},

		// Whole documents in the wrong place.
		{"key: the key policy of prod", devKey, "", replaceBy(prod["prod-shared: key policy"]), ""},
		{"queue: the queue policy of prod", devQueue, send, replaceBy(prod["prod-shared: queue policy"]), ""},
		{"role: the permissions of prod's role", devPermissions, grantSend, replaceBy(prod["prod-publisher-web: role's permissions"]), ""},
		{"queue: an older policy language", devQueue, send, inDocument(set("2008-10-17", "Version")), "the versions differ in policy variables, and there is none"},
	}
}

// inDocument makes the change to the whole document.
func inDocument(c change) change {
	return func(document, _ map[string]any) { c(document, document) }
}

// replaceBy replaces the document by another one.
func replaceBy(other any) change {
	return func(document, _ map[string]any) {
		clear(document)
		maps.Copy(document, clone(other))
	}
}

// clone copies decoded JSON.
func clone(value any) map[string]any {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	var copied map[string]any
	if err := json.Unmarshal(text, &copied); err != nil {
		panic(err)
	}
	return copied
}

// apply is the policy of the world with the mutant's change.
func (m mutant) apply(t *testing.T, world evaluate.World) map[string]any {
	t.Helper()
	document := clone(world[m.policy])
	statements, _ := document["Statement"].([]any)
	before := fmt.Sprint(document)
	for i, s := range statements {
		statement := s.(map[string]any)
		if sid, _ := statement["Sid"].(string); sid != m.sid {
			continue
		}
		if m.change == nil {
			document["Statement"] = slices.Delete(statements, i, i+1)
			break
		}
		m.change(document, statement)
		break
	}
	if fmt.Sprint(document) == before {
		t.Errorf("%s: changes nothing", m.name)
	}
	return document
}

// settingsMutants are environments like dev but for one setting. What they
// synthesize takes the place of dev's policies.
func settingsMutants(t *testing.T) map[string]string {
	t.Helper()
	var environments map[string]any
	if err := json.Unmarshal([]byte(fixture.Settings), &environments); err != nil {
		t.Fatal(err)
	}
	dev, err := json.Marshal(environments["dev"])
	if err != nil {
		t.Fatal(err)
	}
	mutated := map[string]string{}
	for name, change := range map[string][2]string{
		"settings: the parent OU sends":                   {devPath, "o-abc1234567/r-wxyz/ou-wxyz-jklm1dev"},
		"settings: prod's OU sends":                       {devPath, prodPath},
		"settings: prod's OU sends too":                   {`"` + devPath + `"`, `"` + devPath + `", "` + prodPath + `"`},
		"settings: a child OU sends":                      {devPath, devPath + "/ou-wxyz-child001"},
		"settings: another organization sends":            {"o-abc1234567", "o-zzzzzzzzzz"},
		"settings: another queue":                         {`"shared-app-work"`, `"shared-app-works"`},
		"settings: another shared account":                {"111111111111", "333333333333"},
		"settings: another Region":                        {"us-east-1", "eu-west-1"},
		"settings: another alias":                         {`"shared-app"`, `"shared-apps"`},
		"settings: OU paths on the queue":                 {`"keyAlias"`, `"orgPathsOnQueue": true, "keyAlias"`},
		"settings: the whole account may assume the role": {`"lambda.amazonaws.com"`, `"lambda.amazonaws.com", "222222222222"`},
	} {
		if mutated[name] = strings.ReplaceAll(string(dev), change[0], change[1]); mutated[name] == string(dev) {
			t.Errorf("%s: changes nothing", name)
		}
	}
	return mutated
}

// mutatedSettings are the templates and policies of dev that each of the
// settingsMutants synthesizes, by the mutant's name.
type mutatedSettings struct {
	stacks map[string]map[string]any
	worlds map[string]evaluate.World
}

func synthSettings(t *testing.T) *mutatedSettings {
	t.Helper()
	if synthesized.settings != nil {
		return synthesized.settings
	}
	mutated := settingsMutants(t)
	app := cdktest.NewApp(t)
	names := slices.Sorted(maps.Keys(mutated))
	var all [][]spec.Environment
	for i, name := range names {
		environments, err := settings.Parse(fmt.Sprintf(`{"mutant%d": %s}`, i, mutated[name]))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := Define(app, environments); err != nil {
			t.Fatal(err)
		}
		all = append(all, environments)
	}
	templates := map[string]any{}
	written, _ := cdktest.Synth(t, app)
	for stack, template := range written {
		templates[stack] = template.JSON
	}
	made := &mutatedSettings{map[string]map[string]any{}, map[string]evaluate.World{}}
	for i, name := range names {
		made.stacks[name] = map[string]any{}
		for stack, template := range templates {
			if rest, ok := strings.CutPrefix(stack, fmt.Sprintf("mutant%d-", i)); ok {
				made.stacks[name]["dev-"+rest] = template
			}
		}
		policies, err := access.Policies(all[i], templates)
		if err != nil {
			t.Fatal(err)
		}
		world := evaluate.World{}
		for id, document := range policies {
			if rest, ok := strings.CutPrefix(id, fmt.Sprintf("mutant%d-", i)); ok {
				world["dev-"+rest] = document
			}
		}
		made.worlds[name] = world
	}
	synthesized.settings = made
	return made
}

// templateMutants are changes to the resources of dev's shared stack outside its
// policies, which would then no longer protect the queue or the key.
var templateMutants = map[string]change{
	"template: queue with no key":                inResource(queueID, set(nil, "Properties", "KmsMasterKeyId")),
	"template: queue with keys of SQS":           inResource(queueID, both(set(nil, "Properties", "KmsMasterKeyId"), set(true, "Properties", "SqsManagedSseEnabled"))),
	"template: queue with the key of AWS":        inResource(queueID, set("alias/aws/sqs", "Properties", "KmsMasterKeyId")),
	"template: queue with another account's key": inResource(queueID, set("arn:aws:kms:us-east-1:333333333333:key/key-with-alias-shared-app", "Properties", "KmsMasterKeyId")),
	"template: dead-letter queue with no key":    inResource(deadLetterID, set(nil, "Properties", "KmsMasterKeyId")),
	"template: alias of another key":             inResource(aliasID, set("alias/aws/sqs", "Properties", "TargetKeyId")),
	"template: another alias":                    inResource(aliasID, set("alias/other", "Properties", "AliasName")),
	"template: no alias":                         set(nil, aliasID),
	"template: no queue policy":                  set(nil, queuePolicyID),
	"template: no policy of the dead letters":    set(nil, deadLetterPolicyID),
	"template: queue policy on the other queue":  inResource(queuePolicyID, set([]any{map[string]any{"Ref": deadLetterID}}, "Properties", "Queues")),
	"template: policy of both queues":            inResource(queuePolicyID, set([]any{map[string]any{"Ref": queueID}, map[string]any{"Ref": deadLetterID}}, "Properties", "Queues")),
	"template: a second policy of the key":       set(map[string]any{"Type": "AWS::KMS::Key", "Properties": map[string]any{}}, "Second"),
	"template: dead letters to another queue":    inResource(queueID, set(map[string]any{"deadLetterTargetArn": "arn:aws:sqs:us-east-1:999999999999:theirs"}, "Properties", "RedrivePolicy")),
	"template: dead letters of any queue":        inResource(deadLetterID, set(nil, "Properties", "RedriveAllowPolicy")),
	"template: dead-letter queue renamed":        inResource(deadLetterID, set("another", "Properties", "QueueName")),
	"template: a policy for somebody else": set(map[string]any{"Type": "AWS::IAM::Policy", "Properties": map[string]any{
		"Roles": []any{"intern"}, "PolicyDocument": map[string]any{"Statement": []any{}}}}, "Policy"),
	"template: a policy for a topic": set(map[string]any{"Type": "AWS::SNS::TopicPolicy"}, "Topic"),
}

// roleTemplateMutants are the same for a publisher's stack.
var roleTemplateMutants = map[string]change{
	"template: role of another name":        inResource(roleID, set("another", "Properties", "RoleName")),
	"template: role with a managed policy":  inResource(roleID, set([]any{"arn:aws:iam::aws:policy/AdministratorAccess"}, "Properties", "ManagedPolicyArns")),
	"template: a managed policy too":        set(map[string]any{"Type": "AWS::IAM::ManagedPolicy", "Properties": map[string]any{"PolicyDocument": map[string]any{"Statement": []any{}}}}, "Policy"),
	"template: permissions on another role": inResource(rolePolicyID, set([]any{"another"}, "Properties", "Roles")),
	"template: permissions on a user too":   inResource(rolePolicyID, set([]any{"ann"}, "Properties", "Users")),
}

func inResource(id string, c change) change {
	return func(_, resources map[string]any) { c(nil, resources[id].(map[string]any)) }
}

// synthTemplates says how each change of the template is caught: access.Policies
// refuses a policy that protects nothing.
func synthTemplates(t *testing.T) map[string]string {
	t.Helper()
	a := exampleAlone(t)
	caught := map[string]string{}
	for name, change := range templateMutants {
		caught[name] = unreadable(a, "dev-shared", change)
	}
	for name, change := range roleTemplateMutants {
		caught[name] = unreadable(a, "dev-publisher-web", change)
	}
	return caught
}

// unreadable is the error of reading the policies with a stack's resources
// changed, empty if there is none.
func unreadable(a *app, stack string, change change) string {
	templates := decoded(a)
	mutated := clone(templates[stack])
	change(nil, mutated["Resources"].(map[string]any))
	templates[stack] = mutated
	if _, err := access.Policies(a.environments, templates); err != nil {
		return err.Error()
	}
	return ""
}

// Each mutant is caught, by the matrix or by the guard.
func TestEveryMutantIsCaught(t *testing.T) {
	matrix, base := decide(t, exampleAlone(t))
	type candidate struct {
		name, equivalent string
		world            evaluate.World
	}
	var list []candidate
	for _, m := range mutants(base) {
		list = append(list, candidate{m.name, m.equivalent, evaluate.World{m.policy: m.apply(t, base)}})
	}
	changed := synthSettings(t).worlds
	for _, name := range slices.Sorted(maps.Keys(changed)) {
		list = append(list, candidate{name, "", changed[name]})
	}

	var worlds []evaluate.World
	for _, c := range list {
		worlds = append(worlds, c.world)
	}
	// The evaluator is a process of its own: it runs at the same time as jsii's.
	var byMatrix []string
	var err error
	asked := evaluator(t)
	var answers sync.WaitGroup
	answers.Go(func() { byMatrix, err = matrix.Catch(asked, base, worlds) })
	byGuard := guardFindings(t, worlds)
	answers.Wait()
	if err != nil {
		t.Fatal(err)
	}

	score := map[string]int{}
	unread := synthTemplates(t)
	if n := len(list) + len(unread); n != exampleMutants {
		t.Errorf("%d mutants, want %d: if they should be, say so in access_test.go", n, exampleMutants)
	}
	for name, by := range unread {
		if by == "" {
			t.Errorf("%s: nothing catches it", name)
			continue
		}
		score["matrix"]++
	}
	for i, c := range list {
		m, g := byMatrix[i] != "", byGuard[i] != ""
		switch {
		case c.equivalent != "" && (m || g):
			t.Errorf("%s: is listed as equivalent, but is caught: %s%s", c.name, byMatrix[i], byGuard[i])
		case c.equivalent != "":
			score["equivalent"]++
		case m && g:
			score["both"]++
		case m:
			score["matrix"]++
		case g:
			score["guard"]++
		default:
			t.Errorf("%s: nothing catches it", c.name)
		}
	}
	t.Logf("%d mutants: %d caught by matrix and guard, %d by the matrix alone, %d by the guard alone, %d equivalent",
		len(list)+len(unread), score["both"], score["matrix"], score["guard"], score["equivalent"])
}

// guardFindings is what the guard says of each world, empty if nothing: one
// finding of one of its policies. All are validated in one stack, with the policies
// of keys and queues in L1 constructs.
func guardFindings(t *testing.T, worlds []evaluate.World) []string {
	t.Helper()
	t.Setenv("CDK_VALIDATION", "") // turned off for all other tests
	app := cdktest.NewApp(t)
	// As under the CLI, which reads the report and fails by it.
	app.Node().SetContext(jsii.String("@aws-cdk/core:failSynthOnValidationErrors"), false)
	if err := guard.Enable(app); err != nil {
		t.Fatal(err)
	}
	resources := map[string]func(document any) (string, map[string]any){
		devKey:        keyResource,
		devQueue:      queueResource,
		devDeadLetter: queueResource,
	}
	stack := awscdk.NewStack(app, jsii.String("mutants"), nil)
	for i, world := range worlds {
		for id, resource := range resources {
			if world[id] == nil {
				continue
			}
			resourceType, properties := resource(world[id])
			name := fmt.Sprintf("%d %s", i, strings.SplitN(id, ": ", 2)[1])
			awscdk.NewCfnResource(stack, &name, &awscdk.CfnResourceProps{Type: &resourceType, Properties: &properties})
		}
	}
	findings, _, err := cdktest.ReadReport(*app.Synth(nil).Directory())
	if err != nil {
		t.Fatal(err)
	}
	found := make([]string, len(worlds))
	for _, f := range findings {
		var i int
		if _, err := fmt.Sscanf(f.Construct, "mutants/%d", &i); err == nil && strings.Contains(f.Rule, "Guard-") {
			found[i] = f.Rule + ": " + f.Description
		}
	}
	return found
}

func keyResource(document any) (string, map[string]any) {
	return "AWS::KMS::Key", map[string]any{"KeyPolicy": document}
}

func queueResource(document any) (string, map[string]any) {
	return "AWS::SQS::QueuePolicy", map[string]any{
		"PolicyDocument": document,
		"Queues":         []any{"https://sqs.us-east-1.amazonaws.com/111111111111/shared-app-work"},
	}
}
