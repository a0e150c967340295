package guard_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"example.com/shared-queue/guard/internal/rules"
	cfn "example.com/shared-queue/guard/internal/template"
)

const (
	queuePolicy  = "AWS::SQS::QueuePolicy"
	inlinePolicy = "AWS::SQS::QueueInlinePolicy"
	key          = "AWS::KMS::Key"
	replicaKey   = "AWS::KMS::ReplicaKey"
)

// A template is a stack of one resource that holds a policy. What is wanted are
// the findings, by rule and statement.
type template struct {
	name   string
	kind   string
	policy string
	want   []string
}

// A placed template also says which queue the policy is of.
type placed struct {
	template
	queue string
}

// somewhere places templates: policies of queues are of the queue q.
func somewhere(list []template) []placed {
	var all []placed
	for _, t := range list {
		all = append(all, placed{t, `"https://sqs.us-east-1.amazonaws.com/111111111111/q"`})
	}
	return all
}

const (
	org   = `"o-abc1234567"`
	paths = `"o-abc1234567/r-wxyz/ou-wxyz-jklm1dev/*"`
	arn   = `"arn:aws:sqs:us-east-1:111111111111:q"`
	role  = `{"AWS": "arn:aws:iam::222222222222:role/sender"}`

	administer = `{"Sid": "Administer", "Effect": "Allow", "Action": "kms:*", "Resource": "*",
		"Principal": {"AWS": {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":iam::", {"Ref": "AWS::AccountId"}, ":root"]]}}}`
)

// denyHTTP is what a queue's policy must have.
var denyHTTP = deny(``)

// deny is the same with some elements put over it.
func deny(elements string) string {
	return over(`"Sid": "DenyHTTP", "Effect": "Deny", "Principal": "*", "Action": "sqs:*", "Resource": `+arn+`,
		"Condition": {"Bool": {"aws:SecureTransport": "false"}}`, elements)
}

// send is a right statement of a queue with some elements put over it.
func send(elements string) string {
	return over(`"Sid": "Send", "Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": `+arn+`,
		"Condition": {"StringEquals": {"aws:PrincipalOrgID": `+org+`}}`, elements)
}

// use is a right statement of a key with some elements put over it.
func use(elements string) string {
	return over(`"Sid": "Use", "Effect": "Allow", "Principal": "*", "Action": ["kms:Decrypt", "kms:GenerateDataKey"], "Resource": "*",
		"Condition": `+when(``), elements)
}

// when is a right Condition of a key with operators put over it.
func when(operators string) string {
	return over(`"StringEquals": {"aws:PrincipalOrgID": `+org+`, "kms:ViaService": "sqs.us-east-1.amazonaws.com"},
		"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": `+paths+`}`, operators)
}

// over puts fields over those of an object. Of two fields of one name the later
// is decoded.
func over(fields, others string) string {
	if others != "" {
		fields += ", " + others
	}
	return "{" + fields + "}"
}

func statements(list ...string) string {
	return `{"Version": "2012-10-17", "Statement": [` + strings.Join(list, ", ") + `]}`
}

func queueWith(name string, statement string, want ...string) template {
	return template{name: name, kind: queuePolicy, policy: statements(statement, denyHTTP), want: want}
}

func keyWith(name string, statement string, want ...string) template {
	return template{name: name, kind: key, policy: statements(administer, statement), want: want}
}

// condition is the statement of a queue that allows by a Condition.
func condition(operators string) string { return send(`"Condition": {` + operators + `}`) }

var basic = []template{
	queueWith("a queue bound to an organization", send(``)),
	queueWith("a queue bound to paths", condition(`"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": [`+paths+`]}`)),
	queueWith("a queue bound to the path of one OU alone", condition(`"ForAnyValue:StringEquals": {"aws:PrincipalOrgPaths": "o-abc1234567/r-wxyz/ou-wxyz-jklm1dev/"}`)),
	queueWith("a queue bound to an organization in other case", condition(`"stringequals": {"AWS:principalORGid": `+org+`}`)),
	queueWith("a queue bound to two organizations", condition(`"StringEquals": {"aws:PrincipalOrgID": [`+org+`, "o-zyx7654321"]}`)),
	queueWith("a queue for one role needs no organization", send(`"Principal": `+role+`, "Condition": {}`)),
	queueWith("a queue for a service needs no organization", send(`"Principal": {"Service": "sns.amazonaws.com"}, "Condition": {"ArnEquals": {"aws:SourceArn": "arn:aws:sns:us-east-1:111111111111:t"}}`)),
	queueWith("a queue for a canonical user needs no organization", send(`"Principal": {"CanonicalUser": "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"}, "Condition": {}`)),
	queueWith("a queue for a role of another stack", send(`"Principal": {"AWS": {"Fn::ImportValue": "Role"}}, "Condition": {}`)),
	queueWith("a queue for a role of a stack in another account", send(`"Principal": {"AWS": {"Fn::GetStackOutput": {"StackName": "a", "OutputName": "Role"}}}, "Condition": {}`)),
	queueWith("a queue for the account root of a parameter", send(`"Principal": {"AWS": {"Fn::Join": ["", ["arn:aws:iam::", {"Ref": "Role"}, ":root"]]}}, "Condition": {}`)),
	{"a queue whose resource is a function", queuePolicy, statements(send(`"Resource": {"Fn::GetAtt": ["Policy", "Arn"]}`), deny(`"Resource": {"Fn::GetAtt": ["Policy", "Arn"]}`)), nil},
	{"one statement, not in a list", queuePolicy, `{"Statement": ` + denyHTTP + `}`, nil},
	{"a policy in a string", queuePolicy, quoted(statements(send(``), denyHTTP)), nil},

	queueWith("open to everyone", send(`"Condition": {}`), "Guard-Organization.Send"),
	queueWith("open to every AWS principal", send(`"Principal": {"AWS": "*"}, "Condition": {}`), "Guard-Organization.Send"),
	queueWith("open to a list with everyone in it", send(`"Principal": {"AWS": ["arn:aws:iam::222222222222:root", "*"]}, "Condition": {}`), "Guard-Organization.Send"),
	queueWith("open to everyone but one", over(`"Sid": "Send", "Effect": "Allow", "NotPrincipal": `+role+`, "Action": "sqs:SendMessage"`, `"Resource": `+arn), "Guard-Organization.Send"),
	queueWith("open on one side of a condition", send(`"Principal": {"AWS": {"Fn::If": ["Condition", "arn:aws:iam::222222222222:root", "*"]}}, "Condition": {}`), "Guard-Organization.Send"),
	queueWith("open with no effect given", `{"Sid": "Send", "Principal": "*", "Action": "sqs:SendMessage", "Resource": `+arn+`}`, "Guard-Organization.Send"),
	queueWith("open by a parameter that can be everyone", send(`"Principal": {"AWS": {"Ref": "Role"}}, "Condition": {}`), "Guard-Organization.Send"),
	queueWith("open by a dynamic reference that can be everyone", send(`"Principal": {"AWS": "{{resolve:ssm:/sender}}"}, "Condition": {}`), "Guard-Organization.Send"),
	queueWith("a Deny of a parameter may be an Allow", send(`"Effect": {"Ref": "Effect"}, "Condition": {}`), "Guard-Organization.Send"),
	queueWith("statement with no Sid, by its number", `{"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": `+arn+`}`, "Guard-Organization.1"),
	queueWith("Sid with spaces", send(`"Sid": "Send it all", "Condition": {}`), "Guard-Organization.Send-it-all"),
	{"two statements, each named", queuePolicy, statements(send(`"Condition": {}`), send(`"Sid": "Again", "Condition": {}`), denyHTTP),
		[]string{"Guard-Organization.Send", "Guard-Organization.Again"}},
	{"an open policy in a string", queuePolicy, quoted(statements(send(`"Condition": {}`), denyHTTP)), []string{"Guard-Organization.Send"}},
	{"an open inline policy", inlinePolicy, statements(send(`"Condition": {}`), denyHTTP), []string{"Guard-Organization.Send"}},

	queueWith("elements in other case", `{"Sid": "Send", "effect": "Allow", "principal": "*", "action": "sqs:SendMessage", "resource": `+arn+`}`, "Guard-Unreadable.Send"),
	queueWith("everyone may move dead letters", send(`"Action": ["sqs:SendMessage", "sqs:StartMessageMoveTask"]`), "Guard-Action.Send"),
	keyWith("through a service that the caller's tag names", use(`"Condition": `+when(`"StringEquals": {"aws:PrincipalOrgID": `+org+`, "kms:ViaService": "${aws:PrincipalTag/service}.us-east-1.amazonaws.com"}`)), "Guard-ViaService.Use"),
	keyWith("by an alias, which key policies do not know", use(`"Condition": `+when(`"ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/app"}`)), "Guard-Condition.Use"),

	queueWith("organization with a wildcard", condition(`"StringEquals": {"aws:PrincipalOrgID": "o-*"}`), "Guard-Organization.Send"),
	queueWith("organization with a wildcard by StringLike", condition(`"StringLike": {"aws:PrincipalOrgID": "o-abc*"}`), "Guard-Organization.Send"),
	queueWith("organization that is empty", condition(`"StringEquals": {"aws:PrincipalOrgID": ""}`), "Guard-Organization.Send"),
	queueWith("organization from an empty list", condition(`"StringEquals": {"aws:PrincipalOrgID": []}`), "Guard-Organization.Send"),
	queueWith("organization of a parameter", condition(`"StringEquals": {"aws:PrincipalOrgID": {"Ref": "Org"}}`), "Guard-Organization.Send"),
	queueWith("organization of another resource, beside right paths", condition(`"StringEquals": {"aws:PrincipalOrgID": {"Fn::GetAtt": ["Policy", "Id"]}}, "ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": `+paths+`}`), "Guard-Organization.Send"),
	queueWith("organization of a parameter in a string", condition(`"StringEquals": {"aws:PrincipalOrgID": {"Fn::Sub": "${Org}"}}`), "Guard-Organization.Send"),
	queueWith("organization on one side of a condition", send(`"Condition": {"Fn::If": ["Condition", {"StringEquals": {"aws:PrincipalOrgID": `+org+`}}, {"Ref": "AWS::NoValue"}]}`), "Guard-Organization.Send"),
	queueWith("a right statement on one side of a condition", `{"Fn::If": ["Condition", `+send(``)+`, {"Ref": "AWS::NoValue"}]}`),
	queueWith("paths next to a sibling", condition(`"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-abc1234567/r-wxyz/ou-wxyz-jklm1dev*"}`), "Guard-Organization.Send"),
	queueWith("paths of any organization", condition(`"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "*/r-wxyz/ou-wxyz-jklm1dev/*"}`), "Guard-Organization.Send"),
	queueWith("paths, of which one is wide open", condition(`"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": [`+paths+`, "*"]}`), "Guard-Organization.Send"),
	queueWith("paths of a function", condition(`"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": {"Fn::Join": ["/", [{"Ref": "Org"}, "r-wxyz", "*"]]}}`), "Guard-Organization.Send"),
	queueWith("a leaking path beside a right organization", condition(`"StringEquals": {"aws:PrincipalOrgID": `+org+`}, "ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-abc1234567/r-wxyz/ou-wxyz-jklm1dev*"}`), "Guard-Organization.Send"),
	queueWith("one account alone", condition(`"StringEquals": {"aws:PrincipalAccount": "222222222222"}`)),

	queueWith("ForAllValues on the organization", condition(`"ForAllValues:StringEquals": {"aws:PrincipalOrgID": `+org+`}`), "Guard-Organization.Send", "Guard-Operator.Send"),
	queueWith("ForAllValues on paths", condition(`"ForAllValues:StringLike": {"aws:PrincipalOrgPaths": `+paths+`}`), "Guard-Organization.Send", "Guard-Operator.Send"),
	queueWith("ForAllValues in other case, beside a right organization", condition(`"StringEquals": {"aws:PrincipalOrgID": `+org+`}, "FORALLVALUES:StringLike": {"aws:PrincipalOrgPaths": `+paths+`}`), "Guard-Operator.Send"),
	queueWith("ForAllValues for one role", send(`"Principal": `+role+`, "Condition": {"ForAllValues:StringLike": {"aws:TagKeys": "a"}}`)),
	queueWith("IfExists on the organization", condition(`"StringEqualsIfExists": {"aws:PrincipalOrgID": `+org+`}`), "Guard-Organization.Send", "Guard-Operator.Send"),
	queueWith("IfExists on paths", condition(`"ForAnyValue:StringLikeIfExists": {"aws:PrincipalOrgPaths": `+paths+`}`), "Guard-Organization.Send", "Guard-Operator.Send"),
	queueWith("not the organization", condition(`"StringNotEquals": {"aws:PrincipalOrgID": `+org+`}`), "Guard-Organization.Send", "Guard-Operator.Send"),
	queueWith("no organization at all", condition(`"Null": {"aws:PrincipalOrgID": "true"}`), "Guard-Organization.Send", "Guard-Operator.Send"),
	queueWith("paths with no set operator", condition(`"StringLike": {"aws:PrincipalOrgPaths": `+paths+`}`), "Guard-Organization.Send", "Guard-Operator.Send"),
	{"a Deny of other organizations", queuePolicy, statements(send(``), denyHTTP, `{"Sid": "Others", "Effect": "Deny", "Principal": "*", "Action": "sqs:*", "Resource": `+arn+`,
		"Condition": {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": `+org+`}, "BoolIfExists": {"aws:PrincipalIsAWSService": "false"}}}`), nil},
	{"a Deny of paths with no set operator", queuePolicy, statements(send(``), denyHTTP, `{"Sid": "Others", "Effect": "Deny", "Principal": "*", "Action": "sqs:*", "Resource": `+arn+`,
		"Condition": {"StringNotLike": {"aws:PrincipalOrgPaths": `+paths+`}}}`), []string{"Guard-Operator.Others"}},

	queueWith("an operator misspelt", condition(`"StringEquals": {"aws:PrincipalOrgID": `+org+`}, "StringEqual": {"aws:PrincipalAccount": "222222222222"}`), "Guard-Condition.Send"),
	queueWith("a set operator misspelt", condition(`"StringEquals": {"aws:PrincipalOrgID": `+org+`}, "ForAnyValues:StringLike": {"aws:TagKeys": "a"}`), "Guard-Condition.Send"),
	queueWith("a key misspelt", condition(`"StringEquals": {"aws:PrincipalOrgID": `+org+`, "aws:PrincipalOrgPath": `+paths+`}`), "Guard-Condition.Send"),
	queueWith("a key that SQS does not have", condition(`"StringEquals": {"aws:PrincipalOrgID": `+org+`, "sqs:QueueName": "q"}`), "Guard-Condition.Send"),
	queueWith("a tag for a key, and operators of all kinds", condition(`"StringEquals": {"aws:PrincipalOrgID": `+org+`, "aws:PrincipalTag/team": "a"}, "IpAddress": {"aws:SourceIp": "10.0.0.0/8"}, "DateLessThanIfExists": {"aws:CurrentTime": "2030-01-01T00:00:00Z"}, "Null": {"aws:SourceVpc": "false"}`)),
	{"a Deny with a key misspelt", queuePolicy, statements(send(``), denyHTTP, `{"Sid": "Others", "Effect": "Deny", "Principal": "*", "Action": "sqs:*", "Resource": `+arn+`,
		"Condition": {"StringNotEquals": {"aws:PrincipalOrgIDs": `+org+`}}}`), []string{"Guard-Condition.Others"}},
	keyWith("a key with conditions of KMS", use(`"Condition": `+when(`"StringLike": {"kms:EncryptionContext:aws:sqs:arn": `+arn+`}, "Bool": {"kms:GrantIsForAWSResource": "true"}`))),
	keyWith("a key with a condition that KMS does not have", use(`"Condition": `+when(`"StringLike": {"kms:EncryptionContexts:aws:sqs:arn": `+arn+`}`)), "Guard-Condition.Use"),

	queueWith("all actions of SQS", send(`"Action": "sqs:*"`), "Guard-Action.Send"),
	queueWith("all actions", send(`"Action": "*"`), "Guard-Action.Send"),
	queueWith("actions by a wildcard", send(`"Action": ["sqs:SendMessage", "SQS:Get*"]`), "Guard-Action.Send"),
	queueWith("all actions but one", over(`"Sid": "Send", "Effect": "Allow", "Principal": "*", "NotAction": "sqs:DeleteQueue", "Resource": `+arn, `"Condition": {"StringEquals": {"aws:PrincipalOrgID": `+org+`}}`), "Guard-Action.Send"),
	queueWith("administration of a queue", send(`"Action": "sqs:setqueueattributes"`), "Guard-Action.Send"),
	queueWith("an action of a parameter", send(`"Action": {"Ref": "Action"}`), "Guard-Action.Send"),
	queueWith("all actions for one role", send(`"Principal": `+role+`, "Action": "sqs:*", "Condition": {}`)),
	queueWith("any queue", send(`"Resource": "arn:aws:sqs:us-east-1:111111111111:*"`), "Guard-Resource.Send"),
	queueWith("all resources but one", over(`"Sid": "Send", "Effect": "Allow", "Principal": "*", "Action": "sqs:GetQueueUrl", "NotResource": `+arn, `"Condition": {"StringEquals": {"aws:PrincipalOrgID": `+org+`}}`), "Guard-Resource.Send"),

	keyWith("a key as it should be", use(``)),
	keyWith("a key through a service of the stack's Region", use(`"Condition": `+when(`"StringEquals": {"aws:PrincipalOrgID": `+org+`, "kms:ViaService": {"Fn::Join": ["", ["sqs.", {"Ref": "AWS::Region"}, ".amazonaws.com"]]}}`))),
	keyWith("a key for one role", use(`"Principal": `+role+`, "Action": "kms:CreateGrant", "Condition": {"Bool": {"kms:GrantIsForAWSResource": "true"}}`)),
	keyWith("a key open to everyone", use(`"Condition": {"StringEquals": {"kms:ViaService": "sqs.us-east-1.amazonaws.com"}}`), "Guard-Organization.Use"),
	keyWith("a key used directly", use(`"Condition": {"StringEquals": {"aws:PrincipalOrgID": `+org+`}}`), "Guard-ViaService.Use"),
	keyWith("a key used directly or not", use(`"Condition": `+when(`"StringEquals": {"aws:PrincipalOrgID": `+org+`}, "StringEqualsIfExists": {"kms:ViaService": "sqs.us-east-1.amazonaws.com"}`)), "Guard-ViaService.Use"),
	keyWith("a key through any service", use(`"Condition": `+when(`"StringEquals": {"aws:PrincipalOrgID": `+org+`}, "StringLike": {"kms:ViaService": "*"}`)), "Guard-ViaService.Use"),
	keyWith("a key through a service of a parameter", use(`"Condition": `+when(`"StringEquals": {"aws:PrincipalOrgID": `+org+`, "kms:ViaService": {"Ref": "Service"}}`)), "Guard-ViaService.Use"),
	keyWith("all actions of KMS", use(`"Action": "kms:*"`), "Guard-Action.Use"),
	keyWith("actions of KMS by a wildcard", use(`"Action": "kms:GenerateDataKey*"`), "Guard-Action.Use"),
	keyWith("grants", use(`"Action": ["kms:Decrypt", "kms:CreateGrant"]`), "Guard-Action.Use"),
	keyWith("administration of a key", use(`"Action": "KMS:PutKeyPolicy"`), "Guard-Action.Use"),
	keyWith("all actions of KMS but one", over(`"Sid": "Use", "Effect": "Allow", "Principal": "*", "NotAction": "kms:Sign", "Resource": "*"`, `"Condition": `+when(``)), "Guard-Action.Use"),
	{"an open replica of a key", replicaKey, statements(administer, use(`"Condition": {}`)), []string{"Guard-Organization.Use", "Guard-ViaService.Use"}},

	{"senders over plain HTTP", queuePolicy, statements(send(``)), []string{"Guard-PlainHTTP.Send"}},
	{"a sending role over plain HTTP", queuePolicy, statements(send(`"Principal": ` + role + `, "Action": "sqs:S*", "Condition": {}`)), []string{"Guard-PlainHTTP.Send"}},
	{"receivers only", queuePolicy, statements(send(`"Principal": ` + role + `, "Action": "sqs:ReceiveMessage", "Condition": {}`)), nil},
	httpDenied("sending alone is denied over plain HTTP", `"Action": ["sqs:SendMessage"]`),
	httpDenied("plain HTTP denied with a boolean", `"Principal": {"AWS": ["*"]}, "Condition": {"BoolIfExists": {"AWS:securetransport": [false]}}`),
	httpDenied("plain HTTP denied on another queue", `"Resource": "arn:aws:sqs:us-east-1:111111111111:other"`, "Guard-PlainHTTP.Send"),
	httpDenied("plain HTTP denied to one role", `"Principal": `+role, "Guard-PlainHTTP.Send"),
	httpDenied("plain HTTP denied to receivers", `"Action": "sqs:ReceiveMessage"`, "Guard-PlainHTTP.Send"),
	httpDenied("HTTPS denied", `"Condition": {"Bool": {"aws:SecureTransport": "true"}}`, "Guard-PlainHTTP.Send"),
	httpDenied("plain HTTP denied in one network", `"Condition": {"Bool": {"aws:SecureTransport": "false"}, "IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}`, "Guard-PlainHTTP.Send"),
	httpDenied("plain HTTP denied by a parameter", `"Condition": {"Bool": {"aws:SecureTransport": {"Ref": "False"}}}`, "Guard-PlainHTTP.Send"),
	{"plain HTTP denied on one side of a condition", queuePolicy, statements(send(``), `{"Fn::If": ["Condition", `+denyHTTP+`, {"Ref": "AWS::NoValue"}]}`), []string{"Guard-PlainHTTP.Send"}},

	{"a policy of a parameter", queuePolicy, `{"Ref": "Role"}`, []string{"Guard-Unreadable.policy"}},
	{"a policy of another resource", key, `{"Fn::GetAtt": ["Policy", "Value"]}`, []string{"Guard-Unreadable.policy"}},
	{"a policy in a string that is not JSON", queuePolicy, `"Allow everyone"`, []string{"Guard-Unreadable.policy"}},
	{"a policy with no statement", queuePolicy, `{"Version": "2012-10-17"}`, []string{"Guard-Unreadable.policy"}},
	{"a statement of a macro", queuePolicy, statements(denyHTTP, `{"Fn::Transform": {"Name": "AWS::Include", "Parameters": {"Location": "s3://bucket/statement.json"}}}`), []string{"Guard-Unreadable.2"}},
	{"a policy on one side of a condition", queuePolicy, `{"Fn::If": ["Condition", ` + statements(send(``), denyHTTP) + `, ` + statements(send(`"Condition": {}`), denyHTTP) + `]}`, []string{"Guard-Organization.Send"}},

	// https://www.k9security.io/ has these in an article on this very use. In the
	// first, kms:ViaService stands outside the Condition, which is no policy.
	{"the article's key policy, its StringEquals moved into the Condition", key, statements(administer, articleKey(`"StringEquals": {"kms:ViaService": ["sqs.amazonaws.com", "sqs.us-east-1.amazonaws.com"]}`)),
		[]string{"Guard-Organization.Allow-any-principal-in-the-b2b-dev-OU-to-encrypt-data", "Guard-Operator.Allow-any-principal-in-the-b2b-dev-OU-to-encrypt-data"}},
	{"the article's key policy, its StringEquals dropped", key, statements(administer, articleKey(``)),
		[]string{"Guard-Organization.Allow-any-principal-in-the-b2b-dev-OU-to-encrypt-data", "Guard-Operator.Allow-any-principal-in-the-b2b-dev-OU-to-encrypt-data", "Guard-ViaService.Allow-any-principal-in-the-b2b-dev-OU-to-encrypt-data"}},
	{"the article's queue policy", queuePolicy, `{"Version": "2008-10-17", "Id": "Share queue across org", "Statement": [{
		"Sid": "Allow all principals in org to send to this queue", "Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "SQS:SendMessage", "Resource": "*",
		"Condition": {"ForAllValues:StringEquals": {"aws:PrincipalOrgId": "o-abc123"}}}]}`,
		[]string{"Guard-Organization.Allow-all-principals-in-org-to-send-to-this-queue", "Guard-Operator.Allow-all-principals-in-org-to-send-to-this-queue",
			"Guard-Resource.Allow-all-principals-in-org-to-send-to-this-queue", "Guard-PlainHTTP.Allow-all-principals-in-org-to-send-to-this-queue"}},
}

// httpDenied is a queue's policy with some elements put over the Deny.
func httpDenied(name, elements string, want ...string) template {
	return template{name: name, kind: queuePolicy, policy: statements(send(``), deny(elements)), want: want}
}

func articleKey(operator string) string {
	return `{"Sid": "Allow any principal in the b2b dev OU to encrypt data", "Effect": "Allow", "Principal": {"AWS": "*"},
		"Action": ["kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey"], "Resource": "*",
		"Condition": ` + over(`"ForAllValues:StringLike": {"aws:PrincipalOrgPaths": "o-abc123/r-wxyz/ou-wxyz-jklm1DEV/ou-wxyz-km23jDEV/*"}`, operator) + `}`
}

// quoted is the policy as text, with each name once.
func quoted(policy string) string {
	var decoded any
	if err := json.Unmarshal([]byte(policy), &decoded); err != nil {
		panic(err)
	}
	return inQuotes(encoded(decoded))
}

func inQuotes(text string) string { return encoded(text) }

func encoded(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// parameters have defaults that would be right, and can be overridden.
var parameters = map[string]struct{ kind, value string }{
	"Account":  {"String", "222222222222"},
	"Action":   {"String", "sqs:SendMessage"},
	"Actions":  {"CommaDelimitedList", "sqs:SendMessage"},
	"Effect":   {"String", "Deny"},
	"Empty":    {"String", ""},
	"False":    {"String", "false"},
	"Name":     {"String", "q"},
	"Org":      {"String", "o-abc1234567"},
	"Orgs":     {"CommaDelimitedList", "o-abc1234567"},
	"Paths":    {"List<String>", "o-abc1234567/r-wxyz/ou-wxyz-jklm1dev/*"},
	"Region":   {"String", "us-east-1"},
	"Role":     {"String", "arn:aws:iam::222222222222:role/sender"},
	"Roles":    {"CommaDelimitedList", "arn:aws:iam::222222222222:role/sender,arn:aws:iam::222222222222:role/other"},
	"RolesSSM": {"AWS::SSM::Parameter::Value<List<String>>", "/senders"},
	"Service":  {"String", "sqs.us-east-1.amazonaws.com"},
	"Services": {"CommaDelimitedList", "sqs.us-east-1.amazonaws.com"},
	"Stage":    {"String", "dev"},
	"Topic":    {"String", "arn:aws:sns:us-east-1:111111111111:t"},
	"Unset":    {"String", ""},
}

// mappings of stages: Good has only what is right, Mixed has an entry that is not.
var mappings = map[string]map[string]any{
	"Queues": {
		"dev":  map[string]any{"arn": "arn:aws:sqs:us-east-1:111111111111:q"},
		"prod": map[string]any{"arn": "arn:aws:sqs:us-east-1:111111111111:other"},
	},
	"Good": {
		"dev":  map[string]any{"role": "arn:aws:iam::222222222222:role/sender", "account": "222222222222", "org": "o-abc1234567"},
		"prod": map[string]any{"role": "arn:aws:iam::333333333333:role/sender", "account": "333333333333", "org": "o-zyx7654321"},
	},
	"Mixed": {
		"dev": map[string]any{
			"role": "arn:aws:iam::222222222222:role/sender", "action": "sqs:SendMessage", "effect": "Deny",
			"org": "o-abc1234567", "service": "sqs.us-east-1.amazonaws.com",
			"roles": []any{"arn:aws:iam::222222222222:role/sender"},
		},
		"prod": map[string]any{"role": "*", "roles": []any{"*"}, "action": "*", "effect": "Allow", "org": "*", "service": "*"},
	},
}

// others are the resources that policies refer to.
var others = map[string]struct {
	kind       string
	properties map[string]any
}{
	"Queue":      {"AWS::SQS::Queue", map[string]any{"QueueName": "q"}},
	"Queue2":     {"AWS::SQS::Queue", map[string]any{}},
	"OtherQueue": {"AWS::SQS::Queue", map[string]any{"QueueName": "other"}},
	"Unnamed":    {"AWS::SQS::Queue", map[string]any{}},
	"Variable":   {"AWS::SQS::Queue", map[string]any{"QueueName": map[string]any{"Ref": "Name"}}},
	"Bucket":     {"AWS::S3::Bucket", map[string]any{}},
	"Rule":       {"AWS::Events::Rule", map[string]any{}},
	"SomeTopic":  {"AWS::SNS::Topic", map[string]any{}},
	"SomeRole":   {"AWS::IAM::Role", map[string]any{"AssumeRolePolicyDocument": map[string]any{}}},
	"LookUp":     {"Custom::LookUp", map[string]any{"ServiceToken": "arn:aws:lambda:us-east-1:111111111111:function:f"}},
	"Exports":    {"Custom::CrossRegionExportReader", map[string]any{"ServiceToken": "arn:aws:lambda:us-east-1:111111111111:function:f"}},
	"Written":    {"AWS::SSM::Parameter", map[string]any{"Type": "String", "Value": "*"}},
	"Foreign":    {"Company::Access::Role", map[string]any{}},
	"Told":       {"AWS::CloudFormation::WaitCondition", map[string]any{}},
	"Nested":     {"AWS::CloudFormation::Stack", map[string]any{"TemplateURL": "https://s3.amazonaws.com/bucket/t.json"}},
}

// Where the policies of templates are: in a stack of any account and Region, and
// in one of 111111111111 in us-east-1.
const (
	rulesStack   = "Rules"
	inPlaceStack = "RulesInPlace"
)

// logicalID is that of the policy of a template. Findings are told apart by it.
func logicalID(i int) string { return fmt.Sprintf("Policy%d", i) }

// templateOf is a template with the policies in it, as JSON.
func templateOf(list []placed) string {
	resources, declared := map[string]any{}, map[string]any{}
	for id, other := range others {
		resources[id] = map[string]any{"Type": other.kind, "Properties": other.properties}
	}
	for i, t := range list {
		resources[logicalID(i)] = t.resource()
	}
	for id, p := range parameters {
		declared[id] = map[string]any{"Type": p.kind, "Default": p.value}
	}
	prod := map[string]any{"Fn::Equals": []any{map[string]any{"Ref": "Stage"}, "prod"}}
	conditions := map[string]any{"Condition": prod, "Otherwise": map[string]any{"Fn::Not": []any{prod}}}
	conditions["Both"] = map[string]any{"Fn::And": []any{map[string]any{"Condition": "Condition"}, map[string]any{"Condition": "Otherwise"}}}
	conditions["Either"] = map[string]any{"Fn::Or": []any{map[string]any{"Condition": "Condition"}, map[string]any{"Condition": "Otherwise"}}}
	conditions["Here"] = map[string]any{"Fn::Equals": []any{map[string]any{"Ref": "AWS::Region"}, "us-east-1"}}
	conditions["Circle"] = map[string]any{"Fn::Not": []any{map[string]any{"Condition": "Circle"}}}
	for i := range 6 {
		conditions[fmt.Sprintf("Condition%d", i)] = map[string]any{"Fn::Equals": []any{map[string]any{"Ref": "Stage"}, fmt.Sprint(i)}}
	}
	return encoded(map[string]any{"Resources": resources, "Parameters": declared, "Mappings": mappings, "Conditions": conditions})
}

func (t placed) resource() map[string]any {
	var policy any // with each name once
	if err := json.Unmarshal([]byte(t.policy), &policy); err != nil {
		panic(fmt.Errorf("%s: %w", t.name, err))
	}
	queue := json.RawMessage(t.queue)
	list := queue
	if !strings.HasPrefix(t.queue, "[") {
		list = json.RawMessage("[" + t.queue + "]")
	}
	properties := map[string]map[string]any{
		queuePolicy:  {"Queues": list, "PolicyDocument": policy},
		inlinePolicy: {"Queue": queue, "PolicyDocument": policy},
		key:          {"KeyPolicy": policy},
		replicaKey:   {"KeyPolicy": policy, "PrimaryKeyArn": "arn:aws:kms:us-west-2:111111111111:key/mrk-1234abcd12ab34cd56ef1234567890ab"},
	}[t.kind]
	return map[string]any{"Type": t.kind, "Properties": properties}
}

// checked are the findings in a template, by logical id, and by rule and statement:
// its Sid, or its number where the finding has a digest.
func checked(t *testing.T, text, account, region string) map[string]map[string]rules.Finding {
	t.Helper()
	parsed, err := cfn.Parse([]byte(text), "Stack", account, region)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]map[string]rules.Finding{}
	for _, f := range rules.Check(parsed)[0] {
		if found[f.Resource] == nil {
			found[f.Resource] = map[string]rules.Finding{}
		}
		name := f.Name
		if title, rest, _ := strings.Cut(f.Message, " "); title == "the" {
			name = "policy"
		} else if number, _, _ := strings.Cut(rest, " "); isNumber(number) {
			name = number
		}
		found[f.Resource][f.Rule+"."+name] = f
	}
	return found
}

func isNumber(text string) bool {
	_, err := strconv.Atoi(text)
	return err == nil
}

func TestRules(t *testing.T) {
	for stack, list := range map[string][]placed{rulesStack: somewhere(templates), inPlaceStack: inPlace} {
		account, region := "", ""
		if stack == inPlaceStack {
			account, region = "111111111111", "us-east-1"
		}
		found := checked(t, templateOf(list), account, region)
		names := map[string]bool{}
		for i, test := range list {
			if names[test.name] {
				t.Errorf("two are called %s", test.name)
			}
			names[test.name] = true
			t.Run(test.name, func(t *testing.T) { same(t, found[logicalID(i)], test.want) })
		}
	}
}

func same(t *testing.T, found map[string]rules.Finding, want []string) {
	t.Helper()
	got := slices.Sorted(maps.Keys(found))
	if want := slices.Sorted(slices.Values(want)); !slices.Equal(got, want) {
		t.Errorf("findings:\n got %v\nwant %v", got, want)
	}
	for id, f := range found {
		if f.Cure == "" {
			t.Errorf("%s has no cure", id)
		}
		if t.Failed() {
			t.Logf("%s: %s", id, f.Message)
		}
	}
}

var templates = slices.Concat(basic, unknown(), written, services, otherPrincipals, bindings, plainHTTP)

// The cure is one that does not break what the statement is for.
func TestCures(t *testing.T) {
	for name, want := range map[string]string{
		"open to everyone": "add StringEquals aws:PrincipalOrgID",
		"everyone not bound by a topic of any account":     `name the service as Principal, like {"Service": "sns.amazonaws.com"}, and its resource by aws:SourceArn`,
		"everyone not bound by its own account":            `name the account as Principal, like {"AWS": "arn:aws:iam::111111111111:root"}`,
		"everyone not bound by a role of any account":      `name the account as Principal`,
		"everyone not bound by services of AWS":            "name the service as Principal",
		"callers of a parameter's account":                 `name the account as Principal`,
		"everyone not bound by an endpoint of a parameter": "write the id of the endpoint or network as a literal",
		"whoever signs in with Cognito":                    "name the role that it gets as Principal",
		"organization of a list parameter":                 "write an organization's id as a literal",
		"a service sends with no condition":                "add ArnEquals aws:SourceArn",
		"plain HTTP denied on another queue":               "the same Resource and the Condition Bool aws:SecureTransport false",
		"a policy in a string, with Statement twice":       "write each name once",
		"a policy with STATEMENT beside Statement":         "write the names of elements as AWS does",
	} {
		t.Run(name, func(t *testing.T) {
			i := slices.IndexFunc(templates, func(t template) bool { return t.name == name })
			if i < 0 {
				t.Fatal("there is no such template")
			}
			found := checked(t, templateOf(somewhere(templates[i:i+1])), "", "")
			if f := found[logicalID(0)][templates[i].want[0]]; !strings.Contains(f.Cure, want) {
				t.Errorf("the cure is %q, want %q in it", f.Cure, want)
			}
		})
	}
}
