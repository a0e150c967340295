package mutant

import (
	"maps"
	"slices"

	"example.com/shared-queue/internal/assembly"
	"example.com/shared-queue/policy"
)

// Logical ids, which never change, and the properties with policies.
const (
	keyID              = "SharedQueueKey41691AD9"
	aliasID            = "SharedQueueKeyAlias058BE622"
	queueID            = "SharedQueue2BEF9009"
	deadLetterID       = "SharedQueueDeadLetterQueue4E7F53E6"
	queuePolicyID      = "SharedQueuePolicy09356490"
	deadLetterPolicyID = "SharedQueueDeadLetterQueuePolicy5EB02645"
	roleID             = "PublisherRoleC8390E96"
	rolePolicyID       = "PublisherRoleDefaultPolicyD104D15F"

	keyPolicy = "KeyPolicy"
	document  = "PolicyDocument"
	trust     = "AssumeRolePolicyDocument"
)

// The policies of dev.
var (
	devKey         = Target{"dev-shared", keyID, keyPolicy}
	devQueue       = Target{"dev-shared", queuePolicyID, document}
	devDeadLetter  = Target{"dev-shared", deadLetterPolicyID, document}
	devPermissions = Target{"dev-publisher-web", rolePolicyID, document}
	devTrust       = Target{"dev-publisher-web", roleID, trust}
	devConsumer    = Target{"dev-shared", "ConsumersharedappworkerPolicydevsharedConsumersharedappworker519F4667AA42A87A", document}
	devOperator    = Target{"dev-shared", "OperatorsharedappoperatorPolicydevsharedOperatorsharedappoperator85B768CBC22B3109", document}
)

const (
	devPath  = "o-abc1234567/r-wxyz/ou-wxyz-jklm1dev/ou-wxyz-km23jdev"
	prodPath = "o-abc1234567/r-wxyz/ou-wxyz-nopq1prd/ou-wxyz-rs45jprd"
)

// Example are mutants of the example's templates, which the stacks are.
func Example(stacks []assembly.Stack) []Mutant {
	return slices.Concat(ofKey(), ofQueue(), ofPlainHTTP(), ofPublisher(), ofWorkers(), ofWholeDocuments(stacks), ofTemplates())
}

// What the rows have in common.
const (
	stringEquals = "StringEquals"
	orgPaths     = "ForAnyValue:StringLike"

	devQueueARN  = "arn:aws:sqs:us-east-1:111111111111:shared-app-work"
	prodQueueARN = "arn:aws:sqs:us-east-1:333333333333:shared-app-work"

	use, send, http     = policy.SidUseKey, policy.SidSend, policy.SidDenyHTTP
	suffix              = "SharedAppWork0bd88d8c" // of the Sids of grants on dev's queue
	grantSend, grantKey = policy.SidGrantSend + suffix, policy.SidGrantKey + suffix
)

func paths(value any) Change { return Set(value, "Condition", orgPaths, policy.KeyOrgPaths) }

func equals(key string, value any) Change { return Set(value, "Condition", stringEquals, key) }

func like(key string, value any) Change {
	return Both(equals(key, nil), Set(value, "Condition", "StringLike", key))
}

func own(sid string) string { return sid + suffix }

// The key policy's senders.
func ofKey() []Mutant {
	return []Mutant{
		{"key: no condition at all", devKey, use, Set(nil, "Condition"), ""},
		{"key: no organization", devKey, use, equals(policy.KeyOrgID, nil), "every pattern of organization paths begins with the organization's id"},
		{"key: no OU", devKey, use, Set(nil, "Condition", orgPaths), ""},
		{"key: not only through SQS", devKey, use, equals(policy.KeyVia, nil), ""},
		{"key: for any queue", devKey, use, equals(policy.KeyQueueARN, nil), ""},
		{"key: ForAllValues for the OU", devKey, use, Rename("ForAllValues:StringLike", "Condition", orgPaths), "every principal of the organization has a path, and the organization is still asked for"},
		{"key: ForAllValues for the OU and no organization", devKey, use,
			Both(equals(policy.KeyOrgID, nil), Rename("ForAllValues:StringLike", "Condition", orgPaths)), ""},
		{"key: no set operator for the OU", devKey, use, Rename("StringLike", "Condition", orgPaths), ""},
		{"key: IfExists for the OU", devKey, use, Rename("ForAnyValue:StringLikeIfExists", "Condition", orgPaths), "every principal of the organization has a path, and the organization is still asked for"},
		{"key: StringEquals for the OU's pattern", devKey, use, Rename("ForAnyValue:StringEquals", "Condition", orgPaths), ""},
		{"key: every OU but this one", devKey, use, Rename("ForAnyValue:StringNotLike", "Condition", orgPaths), ""},
		{"key: operator misspelt", devKey, use, Rename("ForAnyValues:StringLike", "Condition", orgPaths), ""},
		{"key: the whole organization", devKey, use, paths("o-abc1234567/*"), ""},
		{"key: the organization's root", devKey, use, paths("o-abc1234567/r-wxyz/*"), ""},
		{"key: the parent OU", devKey, use, paths("o-abc1234567/r-wxyz/ou-wxyz-jklm1dev/*"), ""},
		{"key: siblings whose ids begin the same", devKey, use, paths(devPath + "*"), ""},
		{"key: the OU alone, not below it", devKey, use, paths(devPath + "/"), ""},
		{"key: path without its end", devKey, use, paths(devPath), ""},
		{"key: any organization's OU", devKey, use, paths("*/r-wxyz/ou-wxyz-jklm1dev/ou-wxyz-km23jdev/*"), "the organization is still asked for"},
		{"key: any path", devKey, use, paths("*"), ""},
		{"key: OU misspelt", devKey, use, paths("o-abc1234567/r-wxyz/ou-wxyz-jklm1dev/ou-wxyz-km23jdex/*"), ""},
		{"key: OU of prod", devKey, use, paths(prodPath + "/*"), ""},
		{"key: OU of prod too", devKey, use, paths([]any{devPath + "/*", prodPath + "/*"}), ""},
		{"key: key of the OU condition misspelt", devKey, use, Rename("aws:PrincipalOrgPath", "Condition", orgPaths, policy.KeyOrgPaths), ""},
		{"key: any organization", devKey, use, like(policy.KeyOrgID, "o-*"), "the OU's path begins with the organization's id"},
		{"key: organizations whose id begins the same", devKey, use, like(policy.KeyOrgID, "o-abc1234567*"), "the OU's path begins with the organization's id"},
		{"key: organizations whose id begins the same, paths too", devKey, use,
			Both(like(policy.KeyOrgID, "o-abc*"), paths("o-abc*/r-wxyz/ou-wxyz-jklm1dev/ou-wxyz-km23jdev/*")), ""},
		{"key: OUs of any root that begins the same", devKey, use, paths("o-abc1234567/r-wxyz*/ou-wxyz-jklm1dev/ou-wxyz-km23jdev/*"), ""},
		{"key: for queues whose ARN begins the same", devKey, use, like(policy.KeyQueueARN, devQueueARN+"*"), ""},
		{"key: through SQS of Regions whose code begins the same", devKey, use, like(policy.KeyVia, "sqs.us-east-1*.amazonaws.com"), ""},
		{"key: through services whose name begins the same", devKey, use, like(policy.KeyVia, "sqs.us-east-1.amazonaws.com*"), ""},
		{"queue: organizations whose id begins the same", devQueue, send, like(policy.KeyOrgID, "o-abc*"), ""},
		{"queue: queues whose ARN begins the same", devQueue, send, Set(devQueueARN+"*", "Resource"), "a queue's policy is of that queue alone"},
		{"role: queues whose ARN begins the same", devPermissions, grantSend, Set(devQueueARN+"*", "Resource"), ""},
		{"role: key by aliases that begin the same", devPermissions, grantKey,
			Both(Rename("ForAnyValue:StringLike", "Condition", "ForAnyValue:StringEquals"), Set("alias/shared-app*", "Condition", "ForAnyValue:StringLike", policy.KeyAliases)), ""},
		{"consumer: queues whose ARN begins the same", devConsumer, own(policy.SidConsume), Set(devQueueARN+"*", "Resource"), ""},
		{"key: another organization", devKey, use, equals(policy.KeyOrgID, "o-zzzzzzzzzz"), ""},
		{"key: condition keys in other case", devKey, use, Rename("aws:principalorgid", "Condition", stringEquals, policy.KeyOrgID), "condition keys are not case-sensitive"},
		{"key: organization's key misspelt", devKey, use, Rename("aws:PrincipleOrgID", "Condition", stringEquals, policy.KeyOrgID), ""},
		{"key: IfExists for organization, service and queue", devKey, use, Rename("StringEqualsIfExists", "Condition", stringEquals), ""},
		{"key: every organization, service and queue but these", devKey, use, Rename("StringNotEquals", "Condition", stringEquals), ""},
		{"key: through another service", devKey, use, equals(policy.KeyVia, "s3.us-east-1.amazonaws.com"), ""},
		{"key: through another service too", devKey, use, equals(policy.KeyVia, []any{"sqs.us-east-1.amazonaws.com", "s3.us-east-1.amazonaws.com"}), ""},
		{"key: through any service", devKey, use, like(policy.KeyVia, "*.us-east-1.amazonaws.com"), ""},
		{"key: through SQS of any Region", devKey, use, like(policy.KeyVia, "sqs.*.amazonaws.com"), ""},
		{"key: through SQS of another Region", devKey, use, equals(policy.KeyVia, "sqs.eu-west-1.amazonaws.com"), ""},
		{"key: the article's name of the service", devKey, use, equals(policy.KeyVia, "sqs.amazonaws.com"), ""},
		{"key: for the dead-letter queue", devKey, use, equals(policy.KeyQueueARN, devQueueARN+"-dlq"), ""},
		{"key: for the queue of prod", devKey, use, equals(policy.KeyQueueARN, prodQueueARN), ""},
		{"key: for any queue of the account", devKey, use, like(policy.KeyQueueARN, "arn:aws:sqs:us-east-1:111111111111:*"), ""},
		{"key: encryption context misspelt", devKey, use, Rename("kms:EncryptionContext:aws:sqs:ARN-of", "Condition", stringEquals, policy.KeyQueueARN), ""},
		{"key: senders may grant", devKey, use, Set(KeyActions("kms:CreateGrant"), "Action"), ""},
		{"key: senders may re-encrypt", devKey, use, Set(KeyActions("kms:ReEncryptFrom"), "Action"), ""},
		{"key: senders may describe", devKey, use, Set(KeyActions("kms:DescribeKey"), "Action"), ""},
		{"key: senders may all", devKey, use, Set("kms:*", "Action"), ""},
		{"key: data keys of every kind", devKey, use, Set([]any{"kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey*"}, "Action"), ""},
		{"key: senders may all but", devKey, use, Both(Set(nil, "Action"), Set("kms:CreateGrant", "NotAction")), ""},
		{"key: no Decrypt", devKey, use, Set([]any{"kms:Encrypt", "kms:GenerateDataKey"}, "Action"), ""},
		{"key: no GenerateDataKey", devKey, use, Set([]any{"kms:Decrypt", "kms:Encrypt"}, "Action"), ""},
		{"key: no Encrypt", devKey, use, Set([]any{"kms:Decrypt", "kms:GenerateDataKey"}, "Action"), ""},
		{"key: action misspelt", devKey, use, Set([]any{"kms:Decrypt", "kms:Encrypt", "kms:GenerateDatakeys"}, "Action"), ""},
		{"key: another resource", devKey, use, Set("arn:aws:kms:us-east-1:333333333333:key/*", "Resource"), ""},
		{"key: principals of prod's account only", devKey, use, Set(map[string]any{"AWS": "333333333333"}, "Principal"), ""},
		{"key: principal in its other notation", devKey, use, Set("*", "Principal"), "both notations name everyone"},
		{"key: senders denied", devKey, use, Set("Deny", "Effect"), ""},
		{"key: everyone administers", devKey, "", Set("*", "Principal"), ""},
		{"key: another account administers", devKey, "", Set(map[string]any{"AWS": "arn:aws:iam::999999999999:root"}, "Principal"), ""},
		{"key: nobody administers", devKey, "", Set("kms:DescribeKey", "Action"), ""},
		{"key: senders' statement gone", devKey, use, nil, ""},
		{"key: administration gone", devKey, "", nil, ""},
	}
}

// The queue policy's senders.
func ofQueue() []Mutant {
	return []Mutant{
		{"queue: no condition at all", devQueue, send, Set(nil, "Condition"), ""},
		{"queue: ForAllValues for the organization", devQueue, send, Rename("ForAllValues:StringEquals", "Condition", stringEquals), ""},
		{"queue: IfExists for the organization", devQueue, send, Rename("StringEqualsIfExists", "Condition", stringEquals), ""},
		{"queue: every organization but this one", devQueue, send, Rename("StringNotEquals", "Condition", stringEquals), ""},
		{"queue: any organization", devQueue, send, like(policy.KeyOrgID, "o-*"), ""},
		{"queue: pattern of organizations", devQueue, send, like(policy.KeyOrgID, "o-abc*"), ""},
		{"queue: another organization", devQueue, send, equals(policy.KeyOrgID, "o-zzzzzzzzzz"), ""},
		{"queue: another organization too", devQueue, send, equals(policy.KeyOrgID, []any{"o-abc1234567", "o-zzzzzzzzzz"}), ""},
		{"queue: empty organization", devQueue, send, equals(policy.KeyOrgID, ""), ""},
		{"queue: Null for the organization", devQueue, send, Set(map[string]any{"Null": map[string]any{policy.KeyOrgID: "true"}}, "Condition"), ""},
		{"queue: any organization by Null", devQueue, send, Set(map[string]any{"Null": map[string]any{policy.KeyOrgID: "false"}}, "Condition"), ""},
		{"queue: organization's key misspelt", devQueue, send, Rename("aws:PrincipalOrg", "Condition", stringEquals, policy.KeyOrgID), ""},
		{"queue: condition of the source's organization", devQueue, send, Rename("aws:SourceOrgID", "Condition", stringEquals, policy.KeyOrgID), ""},
		{"queue: senders may receive", devQueue, send, Set([]any{"sqs:SendMessage", "sqs:ReceiveMessage"}, "Action"), ""},
		{"queue: senders may delete messages", devQueue, send, Set([]any{"sqs:SendMessage", "sqs:DeleteMessage"}, "Action"), ""},
		{"queue: senders may purge", devQueue, send, Set([]any{"sqs:SendMessage", "sqs:PurgeQueue"}, "Action"), ""},
		{"queue: senders may all", devQueue, send, Set("sqs:*", "Action"), ""},
		{"queue: every action that begins with Send", devQueue, send, Set("sqs:Send*", "Action"), "sqs:SendMessage is the only one"},
		{"queue: senders may all but", devQueue, send, Both(Set(nil, "Action"), Set("sqs:PurgeQueue", "NotAction")), ""},
		{"queue: action misspelt", devQueue, send, Set("sqs:SendMesage", "Action"), ""},
		{"queue: any resource", devQueue, send, Set("*", "Resource"), "a queue's policy is of that queue alone"},
		{"queue: the dead-letter queue's ARN", devQueue, send, Set(devQueueARN+"-dlq", "Resource"), ""},
		{"queue: the ARN of prod's queue", devQueue, send, Set(prodQueueARN, "Resource"), ""},
		{"queue: principals of prod's account only", devQueue, send, Set(map[string]any{"AWS": "333333333333"}, "Principal"), ""},
		{"queue: senders denied", devQueue, send, Set("Deny", "Effect"), ""},
		{"queue: senders' statement gone", devQueue, send, nil, ""},
	}
}

// Plain HTTP.
func ofPlainHTTP() []Mutant {
	return []Mutant{
		{"queue: plain HTTP not denied", devQueue, http, nil, ""},
		{"queue: HTTPS denied instead", devQueue, http, Set("true", "Condition", "Bool", policy.KeyTransport), ""},
		{"queue: everything denied", devQueue, http, Set(nil, "Condition"), ""},
		{"queue: plain HTTP allowed by name", devQueue, http, Set("Allow", "Effect"), ""},
		{"queue: only sending denied over plain HTTP", devQueue, http, Set("sqs:SendMessage", "Action"), ""},
		{"queue: plain HTTP denied on another queue", devQueue, http, Set(devQueueARN+"-dlq", "Resource"), ""},
		{"queue: plain HTTP denied to one account", devQueue, http, Set(map[string]any{"AWS": "222222222222"}, "Principal"), ""},
		{"queue: transport's key misspelt", devQueue, http, Rename("aws:SecureTransports", "Condition", "Bool", policy.KeyTransport), ""},
		{"queue: IfExists for plain HTTP", devQueue, http, Rename("BoolIfExists", "Condition", "Bool"), "aws:SecureTransport is in every request"},
		{"dead-letter queue: plain HTTP not denied", devDeadLetter, http, nil, ""},
		{"dead-letter queue: only tagging denied over plain HTTP", devDeadLetter, http, Set("sqs:TagQueue", "Action"), ""},
		{"dead-letter queue: HTTPS denied instead", devDeadLetter, http, Set("true", "Condition", "Bool", policy.KeyTransport), ""},
		{"dead-letter queue: open to the organization", devDeadLetter, http, func(_, s map[string]any) {
			maps.Copy(s, map[string]any{"Effect": "Allow", "Action": "sqs:SendMessage",
				"Condition": map[string]any{stringEquals: map[string]any{policy.KeyOrgID: "o-abc1234567"}}})
		}, ""},
	}
}

// The publisher's role.
func ofPublisher() []Mutant {
	return []Mutant{
		{"role: may send to any queue", devPermissions, grantSend, Set("*", "Resource"), ""},
		{"role: may send to any queue of the account", devPermissions, grantSend, Set("arn:aws:sqs:us-east-1:111111111111:*", "Resource"), ""},
		{"role: may send to prod's queue only", devPermissions, grantSend, Set(prodQueueARN, "Resource"), ""},
		{"role: may do all of SQS", devPermissions, grantSend, Set("sqs:*", "Action"), ""},
		{"role: may receive", devPermissions, grantSend, Set([]any{"sqs:SendMessage", "sqs:ReceiveMessage"}, "Action"), ""},
		{"role: may do anything", devPermissions, grantSend, Both(Set("*", "Action"), Set("*", "Resource")), ""},
		{"role: may not send", devPermissions, grantSend, nil, ""},
		{"role: no use of the key", devPermissions, grantKey, nil, ""},
		{"role: key in another account", devPermissions, grantKey, Set("arn:aws:kms:us-east-1:333333333333:key/*", "Resource"), ""},
		{"role: keys of any account", devPermissions, grantKey, Set("*", "Resource"), ""},
		{"role: key by another alias", devPermissions, grantKey, Set("alias/another", "Condition", "ForAnyValue:StringEquals", policy.KeyAliases), ""},
		{"role: key by any alias", devPermissions, grantKey, Set(nil, "Condition", "ForAnyValue:StringEquals"), ""},
		{"role: keys of all aliases", devPermissions, grantKey, Rename("ForAllValues:StringEquals", "Condition", "ForAnyValue:StringEquals"), ""},
		{"role: key not only through SQS", devPermissions, grantKey, equals(policy.KeyVia, nil), ""},
		{"role: key for any queue", devPermissions, grantKey, equals(policy.KeyQueueARN, nil), ""},
		{"role: key for prod's queue", devPermissions, grantKey, equals(policy.KeyQueueARN, prodQueueARN), ""},
		{"role: all of KMS", devPermissions, grantKey, Set("kms:*", "Action"), ""},
		{"role: no Decrypt", devPermissions, grantKey, Set([]any{"kms:Encrypt", "kms:GenerateDataKey"}, "Action"), ""},
		{"trust: everyone", devTrust, "", Set("*", "Principal"), ""},
		{"trust: every account", devTrust, "", Set(map[string]any{"AWS": "*"}, "Principal"), ""},
		{"trust: the publisher's whole account", devTrust, "", Set(map[string]any{"AWS": "222222222222"}, "Principal"), ""},
		{"trust: another service too", devTrust, "", Set(map[string]any{"Service": []any{"ecs-tasks.amazonaws.com", "lambda.amazonaws.com", "glue.amazonaws.com"}}, "Principal"), ""},
		{"trust: a service less", devTrust, "", Set(map[string]any{"Service": "lambda.amazonaws.com"}, "Principal"), ""},
		{"trust: nobody", devTrust, "", Set("Deny", "Effect"), ""},
	}
}

// Consumers and operators.
func ofWorkers() []Mutant {
	return []Mutant{
		{"consumer: may send", devConsumer, own(policy.SidNoSend), nil, ""},
		{"consumer: all of SQS", devConsumer, own(policy.SidConsume), Set("sqs:*", "Action"), ""},
		{"consumer: may purge", devConsumer, own(policy.SidConsume), Set([]any{"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility", "sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:PurgeQueue"}, "Action"), ""},
		{"consumer: may not delete", devConsumer, own(policy.SidConsume), Set([]any{"sqs:ReceiveMessage", "sqs:ChangeMessageVisibility", "sqs:GetQueueAttributes", "sqs:GetQueueUrl"}, "Action"), ""},
		{"consumer: any queue", devConsumer, own(policy.SidConsume), Set("*", "Resource"), ""},
		{"consumer: the dead-letter queue", devConsumer, own(policy.SidConsume), Set(devQueueARN+"-dlq", "Resource"), ""},
		{"consumer: key not only through SQS", devConsumer, own(policy.SidConsumeKey), equals(policy.KeyVia, nil), ""},
		{"consumer: key for any queue", devConsumer, own(policy.SidConsumeKey), equals(policy.KeyQueueARN, nil), ""},
		{"consumer: any key", devConsumer, own(policy.SidConsumeKey), Set("*", "Resource"), ""},
		{"consumer: may encrypt", devConsumer, own(policy.SidConsumeKey), Set(KeyActions(), "Action"), ""},
		{"consumer: no use of the key", devConsumer, own(policy.SidConsumeKey), nil, ""},
		{"operator: reads the queue too", devOperator, own(policy.SidRedrive), Set([]any{devQueueARN, devQueueARN + "-dlq"}, "Resource"), ""},
		{"operator: all of SQS", devOperator, own(policy.SidRedrive), Set("sqs:*", "Action"), ""},
		{"operator: may not start", devOperator, own(policy.SidRedrive), Set([]any{"sqs:CancelMessageMoveTask", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ListMessageMoveTasks", "sqs:ReceiveMessage"}, "Action"), ""},
		{"operator: sends to any queue", devOperator, own(policy.SidRedriveSend), Set("*", "Resource"), ""},
		{"operator: may not send", devOperator, own(policy.SidRedriveSend), nil, ""},
		{"operator: decrypts for any queue", devOperator, own(policy.SidRedriveDecrypt), equals(policy.KeyQueueARN, nil), ""},
		{"operator: encrypts for any queue", devOperator, own(policy.SidRedriveEncrypt), equals(policy.KeyQueueARN, nil), ""},
		{"operator: uses the key directly", devOperator, own(policy.SidRedriveEncrypt), equals(policy.KeyVia, nil), ""},
	}
}

// Whole documents in the wrong place.
func ofWholeDocuments(stacks []assembly.Stack) []Mutant {
	prod := func(stack, id, property string) any {
		for _, s := range stacks {
			if s.Name == stack {
				return object(object(object(s.Template["Resources"])[id])["Properties"])[property]
			}
		}
		return nil
	}
	return []Mutant{
		{"key: the key policy of prod", devKey, "", ReplaceBy(prod("prod-shared", keyID, keyPolicy)), ""},
		{"queue: the queue policy of prod", devQueue, send, ReplaceBy(prod("prod-shared", queuePolicyID, document)), ""},
		{"role: the permissions of prod's role", devPermissions, grantSend, ReplaceBy(prod("prod-publisher-web", rolePolicyID, document)), ""},
		{"queue: an older policy language", devQueue, send, InDocument(Set("2008-10-17", "Version")), "the versions differ in policy variables, and there is none"},
	}
}

// The templates, outside the policies.
func ofTemplates() []Mutant {
	return []Mutant{
		{"template: queue with no key", Target{Stack: "dev-shared"}, "", InResource(queueID, Set(nil, "Properties", "KmsMasterKeyId")), ""},
		{"template: queue with keys of SQS", Target{Stack: "dev-shared"}, "", InResource(queueID, Both(Set(nil, "Properties", "KmsMasterKeyId"), Set(true, "Properties", "SqsManagedSseEnabled"))), ""},
		{"template: queue with the key of AWS", Target{Stack: "dev-shared"}, "", InResource(queueID, Set("alias/aws/sqs", "Properties", "KmsMasterKeyId")), ""},
		{"template: queue with another account's key", Target{Stack: "dev-shared"}, "", InResource(queueID, Set("arn:aws:kms:us-east-1:333333333333:key/key-with-alias-shared-app", "Properties", "KmsMasterKeyId")), ""},
		{"template: dead-letter queue with no key", Target{Stack: "dev-shared"}, "", InResource(deadLetterID, Set(nil, "Properties", "KmsMasterKeyId")), ""},
		{"template: alias of another key", Target{Stack: "dev-shared"}, "", InResource(aliasID, Set("alias/aws/sqs", "Properties", "TargetKeyId")), ""},
		{"template: another alias", Target{Stack: "dev-shared"}, "", InResource(aliasID, Set("alias/other", "Properties", "AliasName")), ""},
		{"template: no alias", Target{Stack: "dev-shared"}, "", Set(nil, aliasID), ""},
		{"template: no queue policy", Target{Stack: "dev-shared"}, "", Set(nil, queuePolicyID), ""},
		{"template: no policy of the dead letters", Target{Stack: "dev-shared"}, "", Set(nil, deadLetterPolicyID), ""},
		{"template: queue policy on the other queue", Target{Stack: "dev-shared"}, "", InResource(queuePolicyID, Set([]any{map[string]any{"Ref": deadLetterID}}, "Properties", "Queues")), ""},
		{"template: policy of both queues", Target{Stack: "dev-shared"}, "", InResource(queuePolicyID, Set([]any{map[string]any{"Ref": queueID}, map[string]any{"Ref": deadLetterID}}, "Properties", "Queues")), ""},
		{"template: a second policy of the key", Target{Stack: "dev-shared"}, "", Set(map[string]any{"Type": "AWS::KMS::Key", "Properties": map[string]any{}}, "Second"), "a second key encrypts nothing of the queue"},
		{"template: dead letters to another queue", Target{Stack: "dev-shared"}, "", InResource(queueID, Set(map[string]any{"deadLetterTargetArn": "arn:aws:sqs:us-east-1:999999999999:theirs"}, "Properties", "RedrivePolicy")), ""},
		{"template: dead letters of any queue", Target{Stack: "dev-shared"}, "", InResource(deadLetterID, Set(nil, "Properties", "RedriveAllowPolicy")), ""},
		{"template: dead-letter queue renamed", Target{Stack: "dev-shared"}, "", InResource(deadLetterID, Set("another", "Properties", "QueueName")), ""},
		{"template: a policy for somebody else", Target{Stack: "dev-shared"}, "", Set(map[string]any{"Type": "AWS::IAM::Policy", "Properties": map[string]any{
			"Roles": []any{"intern"}, "PolicyDocument": map[string]any{"Statement": []any{}}}}, "Policy"), "it allows nothing"},
		{"template: a policy for a topic", Target{Stack: "dev-shared"}, "", Set(map[string]any{"Type": "AWS::SNS::TopicPolicy"}, "Topic"), "it has to do with no queue"},
		{"template: role of another name", Target{Stack: "dev-publisher-web"}, "", InResource(roleID, Set("another", "Properties", "RoleName")), ""},
		{"template: role with a managed policy", Target{Stack: "dev-publisher-web"}, "", InResource(roleID, Set([]any{"arn:aws:iam::aws:policy/AdministratorAccess"}, "Properties", "ManagedPolicyArns")), ""},
		{"template: a managed policy too", Target{Stack: "dev-publisher-web"}, "", Set(map[string]any{"Type": "AWS::IAM::ManagedPolicy", "Properties": map[string]any{"PolicyDocument": map[string]any{"Statement": []any{}}}}, "Policy"), "nobody has it"},
		{"template: permissions on another role", Target{Stack: "dev-publisher-web"}, "", InResource(rolePolicyID, Set([]any{"another"}, "Properties", "Roles")), ""},
		{"template: permissions on a user too", Target{Stack: "dev-publisher-web"}, "", InResource(rolePolicyID, Set([]any{"ann"}, "Properties", "Users")), "the sender's account lets whom it likes, and all of them may send"},
	}
}
