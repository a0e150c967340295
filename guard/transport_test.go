package guard_test

import "strings"

const (
	overHTTP     = `"Condition": {"Bool": {"aws:SecureTransport": "false"}}`
	overHTTPOnly = `{"Bool": {"aws:SecureTransport": "true"}, "StringEquals": {"aws:PrincipalOrgID": ` + org + `}}`
)

// plainHTTP are ways to deny plain HTTP, or to fail to.
var plainHTTP = func() []template {
	either := func(one, other string) string { return `{"Fn::If": ["Condition", ` + one + `, ` + other + `]}` }
	const other = `"arn:aws:sqs:us-east-1:111111111111:other"`
	const none = `{"Ref": "AWS::NoValue"}`
	list := []template{
		httpDenied("plain HTTP denied by an Action of either side", `"Action": `+either(`"sqs:*"`, `["sqs:SendMessage"]`)),
		httpDenied("plain HTTP denied by an Action of one side", `"Action": `+either(`"sqs:*"`, `"sqs:ReceiveMessage"`), "Guard-PlainHTTP.Send"),
		httpDenied("plain HTTP denied by an Action of one side in a list", `"Action": ["sqs:ReceiveMessage", `+either(`"sqs:SendMessage"`, none)+`]`, "Guard-PlainHTTP.Send"),
		httpDenied("plain HTTP denied by a Resource of either side", `"Resource": `+either(arn, `"*"`)),
		httpDenied("plain HTTP denied by a Resource of one side", `"Resource": `+either(arn, other), "Guard-PlainHTTP.Send"),
		httpDenied("plain HTTP denied by a Resource of one side in a list", `"Resource": [`+other+`, `+either(none, arn)+`]`, "Guard-PlainHTTP.Send"),
		httpDenied("plain HTTP denied to a Principal of one side", `"Principal": `+either(`"*"`, role), "Guard-PlainHTTP.Send"),
		httpDenied("plain HTTP denied by a Condition of one side", `"Condition": {"Bool": {"aws:SecureTransport": `+either(`"false"`, `"true"`)+`}}`, "Guard-PlainHTTP.Send"),
		httpDenied("plain HTTP denied by an Effect of one side", `"Effect": `+either(`"Deny"`, `"Allow"`), "Guard-Organization.DenyHTTP", "Guard-Action.DenyHTTP", "Guard-PlainHTTP.DenyHTTP", "Guard-PlainHTTP.Send"),
		{"plain HTTP denied by a statement on either side", queuePolicy, statements(send(``), either(denyHTTP, deny(`"Sid": "Other"`))), nil},
		{"plain HTTP denied where it can be sent", queuePolicy, statements(either(send(``), none), either(denyHTTP, none)), nil},
		{"plain HTTP denied where it cannot be sent", queuePolicy, statements(either(send(``), none), either(none, denyHTTP)), []string{"Guard-PlainHTTP.Send"}},
		{"plain HTTP denied by the list of either side", queuePolicy, `{"Statement": ` + either(`[`+send(``)+`, `+denyHTTP+`]`, `[`+denyHTTP+`]`) + `}`, nil},
		{"sending by an Action of one side", queuePolicy, statements(send(`"Principal": ` + role + `, "Action": ` + either(`"sqs:SendMessage"`, `"sqs:ReceiveMessage"`))), []string{"Guard-PlainHTTP.Send"}},
		{"sending to a queue of either side, each denied", queuePolicy, statements(send(`"Resource": `+either(arn, other)), deny(`"Resource": `+either(arn, other))), nil},

		httpDenied("plain HTTP denied by NotAction", `"Action": null, "NotAction": "sqs:ReceiveMessage"`),
		httpDenied("plain HTTP denied by NotAction for all but sending", `"Action": null, "NotAction": ["sqs:ReceiveMessage", "sqs:Send*"]`, "Guard-PlainHTTP.Send"),
		httpDenied("plain HTTP denied by NotAction of a parameter", `"Action": null, "NotAction": {"Ref": "Action"}`, "Guard-PlainHTTP.Send"),
		httpDenied("plain HTTP denied by all actions", `"Action": "*"`),
		httpDenied("plain HTTP denied by actions that begin the same", `"Action": ["sqs:Send*"]`),
		httpDenied("plain HTTP denied by an Action of a parameter", `"Action": {"Ref": "Action"}`, "Guard-PlainHTTP.Send"),
		httpDenied("plain HTTP denied on all", `"Resource": "*"`),
		httpDenied("plain HTTP denied on all queues of the account", `"Resource": "arn:aws:sqs:*:111111111111:*"`),
		httpDenied("plain HTTP denied on all queues", `"Resource": "arn:aws:sqs:*:*:*"`),
		httpDenied("plain HTTP denied on queues that begin the same", `"Resource": ["arn:aws:sqs:us-east-1:111111111111:q*"]`),
		httpDenied("plain HTTP denied on queues that begin otherwise", `"Resource": "arn:aws:sqs:us-east-1:111111111111:qu*"`, "Guard-PlainHTTP.Send"),
		httpDenied("plain HTTP denied on the queues of another account", `"Resource": "arn:aws:sqs:*:222222222222:*"`, "Guard-PlainHTTP.Send"),
		httpDenied("plain HTTP denied on the queues of another Region", `"Resource": "arn:aws:sqs:eu-west-1:111111111111:*"`, "Guard-PlainHTTP.Send"),
		httpDenied("plain HTTP denied on the queue of another account", `"Resource": "arn:aws:sqs:us-east-1:222222222222:q"`, "Guard-PlainHTTP.Send"),
		httpDenied("plain HTTP denied on the queue of a parameter", `"Resource": {"Fn::Sub": "arn:aws:sqs:us-east-1:111111111111:${Name}"}`, "Guard-PlainHTTP.Send"),
		httpDenied("plain HTTP denied on all but another queue", `"Resource": null, "NotResource": `+other),
		httpDenied("plain HTTP denied on all but the queue", `"Resource": null, "NotResource": [`+other+`, `+arn+`]`, "Guard-PlainHTTP.Send"),
		httpDenied("plain HTTP denied on all but a queue of a parameter", `"Resource": null, "NotResource": {"Fn::Sub": "arn:aws:sqs:us-east-1:111111111111:${Name}"}`, "Guard-PlainHTTP.Send"),
		httpDenied("plain HTTP denied by StringEquals", `"Condition": {"StringEquals": {"aws:SecureTransport": "false"}}`),
		httpDenied("plain HTTP denied by StringNotEquals", `"Condition": {"StringNotEquals": {"aws:SecureTransport": "true"}}`),
		httpDenied("HTTPS denied by StringNotEquals", `"Condition": {"StringNotEquals": {"aws:SecureTransport": "false"}}`, "Guard-PlainHTTP.Send"),
		httpDenied("plain HTTP denied by ForAnyValue", `"Condition": {"ForAnyValue:Bool": {"aws:SecureTransport": "maybe"}}`, "Guard-PlainHTTP.Send"),
		httpDenied("plain HTTP denied by a condition of a macro", `"Condition": {"Fn::Transform": {"Name": "Macro"}}`, "Guard-PlainHTTP.Send"),
		httpDenied("plain HTTP denied to all but a role", `"Principal": null, "NotPrincipal": `+role, "Guard-PlainHTTP.Send"),
		httpDenied("plain HTTP denied to everyone in a list", `"Principal": {"AWS": ["arn:aws:iam::222222222222:root", "*"]}`),
		httpDenied("plain HTTP denied to every service", `"Principal": {"Service": "*"}`, "Guard-PlainHTTP.Send"),
		{"plain HTTP allowed by a parameter's Effect", queuePolicy, statements(send(``), deny(`"Effect": {"Ref": "Effect"}`)), []string{"Guard-Organization.DenyHTTP", "Guard-Action.DenyHTTP", "Guard-PlainHTTP.DenyHTTP", "Guard-PlainHTTP.Send"}},
		{"sending over HTTPS alone", queuePolicy, statements(send(`"Condition": ` + overHTTPOnly)), nil},
		{"sending over HTTPS alone by StringEquals", queuePolicy, statements(send(`"Condition": ` + strings.Replace(overHTTPOnly, "Bool", "StringEqualsIgnoreCase", 1))), nil},
		{"sending over HTTPS alone, with a boolean", queuePolicy, statements(send(`"Condition": ` + strings.Replace(overHTTPOnly, `"true"`, "[true]", 1))), nil},
		{"sending over plain HTTP alone", queuePolicy, statements(send(`"Condition": ` + strings.Replace(overHTTPOnly, "true", "false", 1))), []string{"Guard-PlainHTTP.Send"}},
		{"sending over HTTPS or not", queuePolicy, statements(send(`"Condition": ` + strings.Replace(overHTTPOnly, `"true"`, `["true", "false"]`, 1))), []string{"Guard-PlainHTTP.Send"}},
		{"sending over HTTPS if it is said", queuePolicy, statements(send(`"Condition": ` + strings.Replace(overHTTPOnly, "Bool", "BoolIfExists", 1))), []string{"Guard-PlainHTTP.Send"}},
		{"sending over HTTPS by a parameter", queuePolicy, statements(send(`"Condition": ` + strings.Replace(overHTTPOnly, `"true"`, `{"Ref": "False"}`, 1))), []string{"Guard-PlainHTTP.Send"}},
		{"all but sending over plain HTTP", queuePolicy, statements(`{"Sid": "Send", "Effect": "Allow", "Principal": ` + role + `, "NotAction": "sqs:Send*", "Resource": ` + arn + `}`), nil},
		httpDenied("plain HTTP denied by an Action of a mapping", `"Action": {"Fn::FindInMap": ["Mixed", {"Ref": "Stage"}, "action"]}`, "Guard-PlainHTTP.Send"),
		httpDenied("plain HTTP denied to a Principal of a mapping", `"Principal": {"AWS": {"Fn::FindInMap": ["Mixed", {"Ref": "Stage"}, "role"]}}`, "Guard-PlainHTTP.Send"),
		httpDenied("plain HTTP denied to everyone and a service", `"Principal": {"AWS": "*", "Service": "sns.amazonaws.com"}`),
		// What only services can use.
		{"a service sends, and nothing is denied", queuePolicy, statements(send(`"Principal": {"Service": "sns.amazonaws.com"}, "Condition": {"ArnEquals": {"aws:SourceArn": "arn:aws:sns:us-east-1:111111111111:t"}}`)), nil},
		{"two services send, and nothing is denied", queuePolicy, statements(send(`"Principal": {"Service": ["events.amazonaws.com", "s3.amazonaws.com"]}, "Condition": {"StringEquals": {"aws:SourceAccount": "111111111111"}}`)), nil},
		{"everyone sends for a topic, and nothing is denied", queuePolicy, statements(send(`"Condition": {"ArnEquals": {"aws:SourceArn": "arn:aws:sns:us-east-1:111111111111:t"}}`)), nil},
		{"everyone sends for an organization, and nothing is denied", queuePolicy, statements(send(`"Condition": {"StringEquals": {"aws:SourceOrgID": "o-abc1234567"}}`)), nil},
		{"an account's services send, and nothing is denied", queuePolicy, statements(send(`"Principal": ` + role + `, "Condition": {"Bool": {"aws:PrincipalIsAWSService": "true"}}`)), nil},
		{"a named service sends, and nothing is denied", queuePolicy, statements(send(`"Principal": ` + role + `, "Condition": {"StringEquals": {"aws:PrincipalServiceName": "sns.amazonaws.com"}}`)), nil},
		{"what has a source sends, and nothing is denied", queuePolicy, statements(send(`"Principal": ` + role + `, "Condition": {"Null": {"aws:SourceArn": "false"}}`)), nil},
		{"a service and a role send, and nothing is denied", queuePolicy, statements(send(`"Principal": {"Service": "sns.amazonaws.com", "AWS": "222222222222"}, "Condition": {}`)), []string{"Guard-PlainHTTP.Send", "Guard-Source.Send"}},
		{"a role sends for a source if there is one", queuePolicy, statements(send(`"Principal": ` + role + `, "Condition": {"ArnEqualsIfExists": {"aws:SourceArn": "arn:aws:sns:us-east-1:111111111111:t"}}`)), []string{"Guard-PlainHTTP.Send"}},
		{"a role sends for all sources but one", queuePolicy, statements(send(`"Principal": ` + role + `, "Condition": {"ArnNotEquals": {"aws:SourceArn": "arn:aws:sns:us-east-1:111111111111:t"}}`)), []string{"Guard-PlainHTTP.Send"}},
		{"a role sends for no source", queuePolicy, statements(send(`"Principal": ` + role + `, "Condition": {"Null": {"aws:SourceArn": "true"}}`)), []string{"Guard-PlainHTTP.Send"}},
		{"who is no service sends", queuePolicy, statements(send(`"Principal": ` + role + `, "Condition": {"Bool": {"aws:PrincipalIsAWSService": "false"}}`)), []string{"Guard-PlainHTTP.Send"}},
		{"a role sends for all its sources", queuePolicy, statements(send(`"Principal": ` + role + `, "Condition": {"ForAllValues:ArnLike": {"aws:SourceArn": "arn:aws:sns:us-east-1:111111111111:t"}}`)), []string{"Guard-PlainHTTP.Send"}},
		{"plain HTTP denied in another policy", queuePolicy, statements(send(`"Principal": ` + role)), []string{"Guard-PlainHTTP.Send"}},
	}
	return list
}()

// inPlace are policies of queues that are written in one way and another: as a
// resource of the template, or as a literal.
var inPlace = func() []placed {
	const (
		ref     = `{"Ref": "Queue"}`
		getAtt  = `{"Fn::GetAtt": ["Queue", "Arn"]}`
		sub     = `{"Fn::Sub": "${Queue.Arn}"}`
		join    = `{"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":sqs:", {"Ref": "AWS::Region"}, ":", {"Ref": "AWS::AccountId"}, ":", {"Fn::GetAtt": ["Queue", "QueueName"]}]]}`
		subName = `{"Fn::Sub": "arn:aws:sqs:${AWS::Region}:${AWS::AccountId}:${Queue.QueueName}"}`
		named   = `{"Fn::Sub": "arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:q"}`
	)
	var list []placed
	add := func(name, queue, allow, denied string, want ...string) {
		list = append(list, placed{template{name, queuePolicy, statements(send(`"Resource": `+allow), deny(`"Resource": `+denied)), want}, queue})
	}
	forms := map[string]string{"a literal": arn, "GetAtt": getAtt, "Sub": sub, "Join": join, "Sub of its name": subName, "Sub of a literal name": named}
	for one, allow := range forms {
		for other, denied := range forms {
			add("sending by "+one+", denied by "+other, ref, allow, denied)
		}
		add("sending by "+one+", denied on the queues of the account", ref, allow, `"arn:aws:sqs:*:111111111111:*"`)
		add("sending by "+one+", denied on another queue", ref, allow, `{"Fn::GetAtt": ["OtherQueue", "Arn"]}`, "Guard-PlainHTTP.Send")
		add("sending by "+one+", denied on another queue by a literal", ref, allow, `"arn:aws:sqs:us-east-1:111111111111:other"`, "Guard-PlainHTTP.Send")
		add("sending by "+one+", denied on the queue of another Region", ref, allow, `"arn:aws:sqs:us-west-2:111111111111:q"`, "Guard-PlainHTTP.Send")
		add("sending by "+one+", denied on the queue of another account", ref, allow, `"arn:aws:sqs:us-east-1:222222222222:q"`, "Guard-PlainHTTP.Send")
		add("sending by "+one+", denied on a queue of a parameter", ref, allow, `{"Fn::Sub": "arn:aws:sqs:us-east-1:111111111111:${Name}"}`, "Guard-PlainHTTP.Send")
		add("sending by "+one+", denied on the URL", ref, allow, ref, "Guard-PlainHTTP.Send")
		add("sending by "+one+", denied on a name alone", ref, allow, `"q"`, "Guard-PlainHTTP.Send")
	}
	add("a queue by its URL, denied by a literal", `{"Fn::GetAtt": ["Queue", "QueueUrl"]}`, getAtt, arn)
	add("a queue with no name, denied by GetAtt", `{"Ref": "Unnamed"}`, `{"Fn::GetAtt": ["Unnamed", "Arn"]}`, `{"Fn::Sub": "${Unnamed.Arn}"}`)
	add("a queue with no name, denied by a literal", `{"Ref": "Unnamed"}`, `{"Fn::GetAtt": ["Unnamed", "Arn"]}`, arn, "Guard-PlainHTTP.Send")
	add("a queue with no name, denied on the queues of the account", `{"Ref": "Unnamed"}`, `{"Fn::GetAtt": ["Unnamed", "Arn"]}`, `"arn:aws:sqs:us-east-1:111111111111:*"`)
	add("a queue named by a parameter, denied by a literal", `{"Ref": "Variable"}`, `{"Fn::GetAtt": ["Variable", "Arn"]}`, arn, "Guard-PlainHTTP.Send")
	add("a queue of another stack, denied likewise", `{"Fn::ImportValue": "Url"}`, `{"Fn::ImportValue": "Arn"}`, `{"Fn::ImportValue": "Arn"}`)
	add("a queue of another stack, denied otherwise", `{"Fn::ImportValue": "Url"}`, `{"Fn::ImportValue": "Arn"}`, arn, "Guard-PlainHTTP.Send")
	// The first's name begins as the second's does.
	add("a queue whose name begins as that of another, which is denied", ref, getAtt, `{"Fn::Sub": "arn:aws:sqs:${AWS::Region}:${AWS::AccountId}:${Queue2.QueueName}"}`, "Guard-PlainHTTP.Send")
	add("a queue whose name begins as that of another, which is denied by Join", ref, getAtt, `{"Fn::Join": [":", ["arn:aws:sqs", {"Ref": "AWS::Region"}, {"Ref": "AWS::AccountId"}, {"Fn::GetAtt": ["Queue2", "QueueName"]}]]}`, "Guard-PlainHTTP.Send")
	add("a queue whose name begins otherwise", ref, getAtt, `{"Fn::Sub": "arn:aws:sqs:${AWS::Region}:${AWS::AccountId}:x${Queue.QueueName}"}`, "Guard-PlainHTTP.Send")
	add("a queue whose name goes on", ref, getAtt, `{"Fn::Sub": "arn:aws:sqs:${AWS::Region}:${AWS::AccountId}:${Queue.QueueName}-dlq"}`, "Guard-PlainHTTP.Send")
	add("a queue by the name of a bucket", ref, getAtt, `{"Fn::Sub": "arn:aws:sqs:${AWS::Region}:${AWS::AccountId}:${Bucket}"}`, "Guard-PlainHTTP.Send")
	for name, url := range map[string]string{
		"of the Region":             `"https://sqs.us-east-1.amazonaws.com/111111111111/q"`,
		"of plain HTTP":             `"http://sqs.us-east-1.amazonaws.com/111111111111/q"`,
		"legacy":                    `"https://queue.amazonaws.com/111111111111/q"`,
		"legacy, of the Region":     `"https://us-east-1.queue.amazonaws.com/111111111111/q"`,
		"of FIPS":                   `"https://sqs-fips.us-east-1.amazonaws.com/111111111111/q"`,
		"dual-stack":                `"https://sqs.us-east-1.api.aws/111111111111/q"`,
		"dual-stack and FIPS":       `"https://sqs-fips.us-east-1.api.aws/111111111111/q"`,
		"of a VPC endpoint":         `"https://vpce-1a2b3c4d5e6f7890a-abcdefgh.sqs.us-east-1.vpce.amazonaws.com/111111111111/q"`,
		"of a zonal VPC endpoint":   `"https://vpce-1a2b3c4d5e6f7890a-abcdefgh-us-east-1a.sqs.us-east-1.vpce.amazonaws.com/111111111111/q"`,
		"by pseudo parameters":      `{"Fn::Sub": "https://sqs.${AWS::Region}.${AWS::URLSuffix}/${AWS::AccountId}/q"}`,
		"joined with a queue's own": `{"Fn::Join": ["", ["https://sqs.us-east-1.amazonaws.com/", {"Ref": "AWS::AccountId"}, "/", {"Fn::GetAtt": ["Queue", "QueueName"]}]]}`,
	} {
		add("a queue by a URL "+name+", denied", url, arn, arn)
		add("a queue by a URL "+name+", denied on another queue", url, arn, `"arn:aws:sqs:us-east-1:111111111111:other"`, "Guard-PlainHTTP.Send")
		add("a queue by a URL "+name+", denied in another account", url, arn, `"arn:aws:sqs:us-east-1:222222222222:q"`, "Guard-PlainHTTP.Send")
	}
	add("a queue by a URL of a Region, denied in another", `"https://eu-west-1.queue.amazonaws.com/111111111111/q"`, `"arn:aws:sqs:eu-west-1:111111111111:q"`, arn, "Guard-PlainHTTP.Send")
	add("a queue by a URL of a parameter, denied on another", `{"Ref": "Name"}`, getAtt, arn, "Guard-PlainHTTP.Send")
	add("a queue by a URL of a parameter, denied likewise", `{"Ref": "Name"}`, `{"Ref": "Topic"}`, `{"Ref": "Topic"}`)
	add("a queue by a URL that is none, denied on a name", `"q"`, getAtt, arn, "Guard-PlainHTTP.Send")
	add("plain HTTP denied on a queue of a mapping", ref, getAtt, `{"Fn::FindInMap": ["Queues", {"Ref": "Stage"}, "arn"]}`, "Guard-PlainHTTP.Send")
	here := statements(`{"Fn::If": ["Here", {"Ref": "AWS::NoValue"}, `+send(`"Condition": {}`)+`]}`, denyHTTP)
	list = append(list, placed{template{"open in another Region", queuePolicy, here, nil}, ref})
	add("two queues, both denied", `[{"Ref": "Queue"}, {"Ref": "OtherQueue"}]`, `[{"Fn::GetAtt": ["Queue", "Arn"]}, {"Fn::GetAtt": ["OtherQueue", "Arn"]}]`, `["arn:aws:sqs:us-east-1:111111111111:other", {"Fn::GetAtt": ["Queue", "Arn"]}]`)
	add("two queues, one denied", `[{"Ref": "Queue"}, {"Ref": "OtherQueue"}]`, `[{"Fn::GetAtt": ["Queue", "Arn"]}, {"Fn::GetAtt": ["OtherQueue", "Arn"]}]`, getAtt, "Guard-PlainHTTP.Send")
	add("two queues, of which one is sent to and denied", `[{"Ref": "Queue"}, {"Ref": "OtherQueue"}]`, getAtt, arn)
	return list
}()
