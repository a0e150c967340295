package mutant

import (
	"example.com/shared-queue/proof/world"
)

// Statements are openings of the environment dev of the example by one more statement,
// each for somebody whom no fixed list of callers has: who chooses a tag, an address or a service on
// the way, whom a pattern means, or who is in the place that the statement asks for.
func Statements() []Opening {
	const partner = "444455556666"
	noOrganization := "All-powerful role in no organization with "
	everyone := func(operator, key string, value any) map[string]any {
		return map[string]any{"Effect": "Allow", "Principal": map[string]any{"AWS": "*"}, "Action": "sqs:*", "Resource": "*",
			"Condition": map[string]any{operator: map[string]any{key: value}}}
	}
	more := func(s map[string]any, operator, key string, value any) map[string]any {
		conditions := object(s["Condition"])
		if conditions == nil {
			conditions = map[string]any{}
			s["Condition"] = conditions
		}
		keys := object(conditions[operator])
		if keys == nil {
			keys = map[string]any{}
			conditions[operator] = keys
		}
		keys[key] = value
		return s
	}
	to := func(kind string, names ...any) map[string]any {
		return map[string]any{"Effect": "Allow", "Principal": map[string]any{kind: names}, "Action": "sqs:*", "Resource": "*"}
	}
	onKey := func(s map[string]any, actions ...any) map[string]any {
		s["Action"] = actions
		return s
	}
	const receive, directly = "take other SQS actions on the queues", "use the key directly"
	var list []Opening
	at := func(find func(w *world.World) *world.Policy) func(name string, s map[string]any, caller, operation, text string) {
		return func(name string, s map[string]any, caller, operation, text string) {
			list = append(list, Opening{name, func(w *world.World) {
				document := find(w).Document
				document["Statement"] = append(world.List(document["Statement"]), s)
			}, caller, operation, text})
		}
	}
	queue := at(func(w *world.World) *world.Policy { return w.Queue(queueARN).Policy })
	dead := at(func(w *world.World) *world.Policy { return w.Queue(queueARN + "-dlq").Policy })
	key := at(func(w *world.World) *world.Policy { return w.KeyOf(w.Queue(queueARN)).Policy })

	// What a caller chooses.
	queue("whoever has a tag", everyone("StringEquals", "aws:PrincipalTag/team", "web"), noOrganization+"aws:PrincipalTag/team web", receive, "")
	queue("whoever has a tag of a pattern", everyone("StringLike", "aws:PrincipalTag/team", "web-*"), noOrganization+"aws:PrincipalTag/team web-x", receive, "")
	queue("whoever has any such tag", everyone("Null", "aws:PrincipalTag/team", "false"), noOrganization+"aws:PrincipalTag/team x", receive, "")
	queue("whoever has a high level", everyone("NumericGreaterThan", "aws:PrincipalTag/level", "5"), noOrganization+"aws:PrincipalTag/level 6", receive, "")
	queue("whoever has the second of two tags", more(everyone("StringEquals", "aws:PrincipalTag/team", []any{"web", "app"}), "StringNotEquals", "aws:PrincipalTag/team", "web"),
		noOrganization+"aws:PrincipalTag/team app", receive, "")
	queue("whoever has a tag with its account's id", everyone("StringEquals", "aws:PrincipalTag/account", "${aws:PrincipalAccount}"), noOrganization+"aws:PrincipalTag/account", receive, "")
	queue("a VPC endpoint", everyone("StringEquals", "aws:SourceVpce", "vpce-12345678"), noOrganization+"aws:SourceVpce vpce-12345678", receive, "")
	queue("a range of addresses", everyone("IpAddress", "aws:SourceIp", "203.0.113.0/24"), noOrganization+"aws:SourceIp 203.0.113.0", receive, "")
	queue("all but a range of addresses", everyone("NotIpAddress", "aws:SourceIp", "203.0.113.0/24"), "All-powerful role in no organization", receive, "")
	queue("a user agent", everyone("StringLike", "aws:UserAgent", "tool/*"), noOrganization+"aws:UserAgent tool/x", receive, "")
	queue("a referer", everyone("StringEquals", "aws:Referer", "https://example.com"), noOrganization+"aws:Referer https://example.com", receive, "")
	queue("through any service", everyone("Bool", "aws:ViaAWSService", "true"), noOrganization+"aws:ViaAWSService true", receive, "")
	queue("through one service", everyone("ForAnyValue:StringEquals", "aws:CalledVia", "athena.amazonaws.com"), noOrganization+"aws:CalledVia athena.amazonaws.com", receive, "")
	queue("whoever signed in with a device", everyone("NumericLessThan", "aws:MultiFactorAuthAge", "3600"), noOrganization+"aws:MultiFactorAuthAge 3599", receive, "")
	queue("until a day", everyone("DateLessThan", "aws:CurrentTime", "2099-01-01T00:00:00Z"), noOrganization+"aws:CurrentTime", receive, "")
	queue("a session's name", everyone("StringLike", "aws:userid", "AROAEXAMPLE:*"), noOrganization+"aws:userid AROAEXAMPLE:x", receive, "")
	queue("a key of the request in small letters", everyone("StringEquals", "aws:sourcevpce", "vpce-12345678"), noOrganization+"aws:sourcevpce vpce-12345678", receive, "")
	queue("an account's role with a tag", more(to("AWS", "arn:aws:iam::"+partner+":role/reader"), "StringEquals", "aws:PrincipalTag/team", "web"),
		"arn:aws:iam::"+partner+":role/reader in no organization with aws:PrincipalTag/team web", receive, "")
	queue("the organization's principals with a tag", more(everyone("StringEquals", "aws:PrincipalOrgID", "o-abc1234567"), "StringEquals", "aws:PrincipalTag/team", "web"),
		"All-powerful role outside the OU with aws:PrincipalTag/team web", receive, "")
	queue("another organization's principals with a tag", more(everyone("StringEquals", "aws:PrincipalOrgID", "o-other12345"), "StringEquals", "aws:PrincipalTag/team", "web"),
		"All-powerful role in organization o-other12345 with aws:PrincipalTag/team web", receive, "")
	key("whoever has a tag", onKey(everyone("StringEquals", "aws:PrincipalTag/team", "web"), "kms:Decrypt"), noOrganization+"aws:PrincipalTag/team web", directly, "")
	key("grants for services", onKey(everyone("Bool", "kms:GrantIsForAWSResource", "true"), "kms:CreateGrant"), noOrganization+"kms:GrantIsForAWSResource true", "administer the key", "")
	key("another encryption context", onKey(everyone("StringEquals", "kms:EncryptionContext:purpose", "report"), "kms:Decrypt"), noOrganization+"kms:EncryptionContext:purpose report", directly, "")
	key("through a service that is not SQS", onKey(everyone("StringEquals", "kms:ViaService", "dynamodb.us-east-1.amazonaws.com"), "kms:Decrypt"),
		noOrganization+"kms:ViaService dynamodb.us-east-1.amazonaws.com", directly, "")

	// Who is meant.
	queue("roles of any account by a pattern", everyone("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:role/sender-*"), ":role/sender-x, which a policy names", receive, "")
	queue("accounts by a pattern", everyone("StringLike", "aws:PrincipalAccount", "4444*"), "Administrator of account 444400000000", receive, "")
	queue("an account of another organization", more(to("AWS", partner), "StringEquals", "aws:PrincipalOrgID", "o-other12345"), "Administrator of account "+partner+" in organization o-other12345", receive, "")
	queue("an account of another OU", more(to("AWS", partner), "ForAnyValue:StringLike", "aws:PrincipalOrgPaths", siblingPath+"/*"), "Administrator of account "+partner+" in "+siblingPath, receive, "")
	queue("a session of a role", to("AWS", "arn:aws:sts::"+partner+":assumed-role/reader/session"), "arn:aws:sts::"+partner+":assumed-role/reader/session", receive, "")
	queue("a federated user", to("AWS", "arn:aws:sts::"+partner+":federated-user/ann"), "arn:aws:sts::"+partner+":federated-user/ann", receive, "")
	queue("a role of the shared account", to("AWS", "arn:aws:iam::111111111111:role/intern"), "Shared account, if it is outside the OU: arn:aws:iam::111111111111:role/intern", receive, "")
	queue("a role of the shared account by a condition", everyone("ArnEquals", "aws:PrincipalArn", "arn:aws:iam::111111111111:role/intern"), "Shared account, if it is outside the OU: arn:aws:iam::111111111111:role/intern", receive, "")
	dead("a role of the shared account", to("AWS", "arn:aws:iam::111111111111:role/intern"), "arn:aws:iam::111111111111:role/intern", "send to the dead-letter queue", "")
	key("a user of the shared account", onKey(to("AWS", "arn:aws:iam::111111111111:user/intern"), "kms:*"), "arn:aws:iam::111111111111:user/intern", directly, "")
	queue("the organization of the queue, by a variable", everyone("StringEquals", "aws:PrincipalOrgID", "${aws:ResourceOrgID}"), "All-powerful role at the organization's root", receive, "")
	queue("requests of the queue's Region", everyone("StringEquals", "aws:RequestedRegion", "us-east-1"), "All-powerful role in no organization", receive, "")
	queue("requests for the queue's account", everyone("StringEquals", "aws:ResourceAccount", "111111111111"), "All-powerful role in no organization", receive, "")
	queue("a bucket of the organization", more(more(to("Service", "s3.amazonaws.com"), "StringEquals", "aws:SourceOrgID", "o-abc1234567"), "ArnLike", "aws:SourceArn", "arn:aws:s3:::partner"),
		"Service s3.amazonaws.com for arn:aws:s3:::partner outside the OU", receive, "")
	queue("a service through a VPC endpoint", more(to("Service", "s3.amazonaws.com"), "StringEquals", "aws:SourceVpce", "vpce-12345678"),
		"Service s3.amazonaws.com for a resource in no organization with aws:SourceVpce vpce-12345678", receive, "")

	// Whom nobody can stand for.
	notKnown := func(s string) string { return "whom statement 3 for " + s }
	queue("a canonical user", to("CanonicalUser", "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"), "", "", notKnown(`{"CanonicalUser":`))
	queue("users of an identity provider", to("Federated", "cognito-identity.amazonaws.com"), "", "", notKnown(`{"Federated":`))
	queue("a principal by its unique id", to("AWS", "AROAEXAMPLEEXAMPLE123"), "", "", notKnown(`{"AWS":"AROAEXAMPLEEXAMPLE123"}`))
	queue("a role by a variable", everyone("StringLike", "aws:PrincipalArn", "arn:aws:iam::${aws:PrincipalAccount}:role/reader"), "", "", notKnown(`{"AWS":"*"} if`))
	return list
}
