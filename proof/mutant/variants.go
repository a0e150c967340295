package mutant

import (
	"encoding/json"
	"maps"

	"example.com/shared-queue/address"
	"example.com/shared-queue/policy"
)

// LookUps are mutants of senders that may look the queue up, in the variant fifo.
func LookUps() []Mutant {
	queue, permissions := Target{"fifo-shared", queuePolicyID, document}, Target{"fifo-publisher-people", rolePolicyID, document}
	grantSend := policy.Sid(policy.SidGrantSend, address.Queue{Region: "us-east-1", Account: "111111111111", Name: "work.fifo"})
	may := func(actions ...any) Change { return Set(actions, "Action") }
	return []Mutant{
		{"queue: nobody may look it up", queue, policy.SidSend, may("sqs:SendMessage"), ""},
		{"queue: no attributes", queue, policy.SidSend, may("sqs:SendMessage", "sqs:GetQueueUrl"), ""},
		{"queue: no URL", queue, policy.SidSend, may("sqs:SendMessage", "sqs:GetQueueAttributes"), ""},
		{"queue: all that begins with Get", queue, policy.SidSend, may("sqs:SendMessage", "sqs:Get*", "sqs:ListDeadLetterSourceQueues"), ""},
		{"queue: tags too", queue, policy.SidSend, may("sqs:SendMessage", "sqs:GetQueueUrl", "sqs:GetQueueAttributes", "sqs:ListQueueTags"), ""},
		{"queue: no organization", queue, policy.SidSend, Set(nil, "Condition"), ""},
		{"role: may not look it up", permissions, grantSend, may("sqs:SendMessage"), ""},
		{"role: no attributes", permissions, grantSend, may("sqs:SendMessage", "sqs:GetQueueUrl"), ""},
		{"role: tags too", permissions, grantSend, may("sqs:SendMessage", "sqs:GetQueueUrl", "sqs:GetQueueAttributes", "sqs:ListQueueTags"), ""},
		{"role: looks any queue up", permissions, grantSend, Set("*", "Resource"), ""},
	}
}

// Grants are mutants of grants that the example does not have, in the variant grants.
func Grants() []Mutant {
	inspector := Target{"grants-shared", "DeadLetterConsumergrantsinspectorPolicygrantssharedDeadLetterConsumergrantsinspector20A46D94B932DDD6", document}
	podsTrust, podsPermissions := Target{"grants-publisher-pods", roleID, trust}, Target{"grants-publisher-pods", rolePolicyID, document}
	own := func(prefix string) string {
		return policy.Sid(prefix, address.Queue{Region: "us-east-1", Account: "111111111111", Name: "grants"})
	}
	const queue = "arn:aws:sqs:us-east-1:111111111111:grants"
	equals := func(key string, value any) Change { return Set(value, "Condition", "StringEquals", key) }
	bounded := func(statement map[string]any) Change { // in place of the policy that is not known
		return Both(Set(map[string]any{"Type": "AWS::IAM::ManagedPolicy", "Properties": map[string]any{
			"PolicyDocument": map[string]any{"Version": "2012-10-17", "Statement": []any{statement}}}}, "Boundary"),
			InResource(roleID, Set(map[string]any{"Ref": "Boundary"}, "Properties", "PermissionsBoundary")))
	}

	return []Mutant{
		{"dead-letter consumer: all of SQS", inspector, own(policy.SidConsumeDead), Set("sqs:*", "Action"), ""},
		{"dead-letter consumer: may send", inspector, own(policy.SidConsumeDead), Set([]any{"sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:ReceiveMessage", "sqs:SendMessage"}, "Action"), ""},
		{"dead-letter consumer: may not delete", inspector, own(policy.SidConsumeDead), Set([]any{"sqs:ChangeMessageVisibility", "sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:ReceiveMessage"}, "Action"), ""},
		{"dead-letter consumer: the queue too", inspector, own(policy.SidConsumeDead), Set([]any{queue, queue + "-dlq"}, "Resource"), ""},
		{"dead-letter consumer: the queue instead", inspector, own(policy.SidConsumeDead), Set(queue, "Resource"), ""},
		{"dead-letter consumer: any queue", inspector, own(policy.SidConsumeDead), Set("*", "Resource"), ""},
		{"dead-letter consumer: may not receive", inspector, own(policy.SidConsumeDead), nil, ""},
		{"dead-letter consumer: key not only through SQS", inspector, own(policy.SidConsumeDeadKey), equals(policy.KeyVia, nil), ""},
		{"dead-letter consumer: key for any queue", inspector, own(policy.SidConsumeDeadKey), equals(policy.KeyQueueARN, nil), ""},
		{"dead-letter consumer: key for the queue alone", inspector, own(policy.SidConsumeDeadKey), equals(policy.KeyQueueARN, queue), ""},
		{"dead-letter consumer: key for the dead-letter queue alone", inspector, own(policy.SidConsumeDeadKey), equals(policy.KeyQueueARN, queue+"-dlq"), ""},
		{"dead-letter consumer: any key", inspector, own(policy.SidConsumeDeadKey), Set("*", "Resource"), ""},
		{"dead-letter consumer: may encrypt", inspector, own(policy.SidConsumeDeadKey), Set(KeyActions(), "Action"), ""},
		{"dead-letter consumer: no use of the key", inspector, own(policy.SidConsumeDeadKey), nil, ""},

		{"trust: pods without their tags", podsTrust, "", InStatement(2, Set("sts:AssumeRole", "Action")), ""},
		{"trust: pods with nothing but tags", podsTrust, "", InStatement(2, Set("sts:TagSession", "Action")), ""},
		{"trust: no pods", podsTrust, "", InStatement(2, Set("capabilities.eks.amazonaws.com", "Principal", "Service")), ""},
		{"trust: Roles Anywhere without its source identity", podsTrust, "", InStatement(1, Set([]any{"sts:AssumeRole", "sts:TagSession"}, "Action")), ""},
		{"trust: Roles Anywhere without its tags", podsTrust, "", InStatement(1, Set([]any{"sts:AssumeRole", "sts:SetSourceIdentity"}, "Action")), ""},

		{"boundary: sending is not in it", Target{Stack: "grants-publisher-pods"}, "", bounded(map[string]any{"Effect": "Allow", "Action": "kms:*", "Resource": "*"}), ""},
		{"boundary: the key is not in it", Target{Stack: "grants-publisher-pods"}, "", bounded(map[string]any{"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}), ""},
		{"boundary: denies this queue", Target{Stack: "grants-publisher-pods"}, "", bounded(map[string]any{"Effect": "Deny", "Action": "sqs:*", "Resource": queue}), ""},
		{"boundary: it gives nothing", podsPermissions, own(policy.SidGrantSend), nil, ""},
		{"boundary: just enough", Target{Stack: "grants-publisher-pods"}, "", bounded(map[string]any{"Effect": "Allow", "Action": append(KeyActions(), "sqs:SendMessage"), "Resource": "*"}), "a boundary may allow no more than the role's policy does"},
	}
}

// Services are mutants of services that may send, in the variant services.
func Services() []Mutant {
	const orgPathsLike, servicesPath = "ForAnyValue:StringLike", "o-abc1234567/r-wxyz/ou-wxyz-jklm1dev"
	servicesKey, servicesQueue := Target{"services-shared", keyID, keyPolicy}, Target{"services-shared", queuePolicyID, document}
	equals := func(key string, value any) Change { return Set(value, "Condition", "StringEquals", key) }
	paths := func(value any) Change { return Set(value, "Condition", orgPathsLike, policy.KeySourceOrgPaths) }
	key, send := policy.SidServicesUseKey, policy.SidServicesSend
	const queue = "arn:aws:sqs:us-east-1:111111111111:services"
	both3 := []any{"s3.amazonaws.com", "sns.amazonaws.com", "events.amazonaws.com"}

	return []Mutant{
		{"services' key: no condition", servicesKey, key, Set(nil, "Condition"), ""},
		{"services' key: no organization", servicesKey, key, equals(policy.KeySourceOrgID, nil), "every pattern of organization paths begins with the organization's id"},
		{"services' key: no OU", servicesKey, key, Set(nil, "Condition", orgPathsLike), ""},
		{"services' key: for any queue", servicesKey, key, equals(policy.KeyQueueARN, nil), ""},
		{"services' key: for the dead-letter queue", servicesKey, key, equals(policy.KeyQueueARN, queue+"-dlq"), ""},
		{"services' key: only if they say SQS", servicesKey, key, equals(policy.KeyVia, "sqs.us-east-1.amazonaws.com"), ""},
		{"services' key: ForAllValues for the OU and no organization", servicesKey, key,
			Both(equals(policy.KeySourceOrgID, nil), Rename("ForAllValues:StringLike", "Condition", orgPathsLike)), ""},
		{"services' key: ForAllValues for the OU", servicesKey, key, Rename("ForAllValues:StringLike", "Condition", orgPathsLike),
			"the organization's id is there exactly if its paths are"},
		{"services' key: IfExists for the organization and no OU", servicesKey, key,
			Both(Set(nil, "Condition", orgPathsLike), Rename("StringEqualsIfExists", "Condition", "StringEquals")), ""},
		{"services' key: any other OU", servicesKey, key, Rename("ForAnyValue:StringNotLike", "Condition", orgPathsLike), ""},
		{"services' key: the whole organization", servicesKey, key, paths("o-abc1234567/*"), ""},
		{"services' key: siblings whose ids begin the same", servicesKey, key, paths(servicesPath + "*"), ""},
		{"services' key: the OU alone, not below it", servicesKey, key, paths(servicesPath + "/"), ""},
		{"services' key: any organization's OU", servicesKey, key, Both(paths("*/r-wxyz/ou-wxyz-jklm1dev/*"), equals(policy.KeySourceOrgID, nil)), ""},
		{"services' key: the OU of the principal", servicesKey, key, Rename(policy.KeyOrgPaths, "Condition", orgPathsLike, policy.KeySourceOrgPaths), ""},
		{"services' key: the organization of the principal", servicesKey, key, Rename(policy.KeyOrgID, "Condition", "StringEquals", policy.KeySourceOrgID), ""},
		{"services' key: another service too", servicesKey, key, Set(both3, "Principal", "Service"), ""},
		{"services' key: a service less", servicesKey, key, Set("sns.amazonaws.com", "Principal", "Service"), ""},
		{"services' key: everyone", servicesKey, key, Set("*", "Principal"), ""},
		{"services' key: may encrypt", servicesKey, key, Set(KeyActions(), "Action"), ""},
		{"services' key: may all", servicesKey, key, Set("kms:*", "Action"), ""},
		{"services' key: no Decrypt", servicesKey, key, Set("kms:GenerateDataKey", "Action"), ""},
		{"services' key: no GenerateDataKey", servicesKey, key, Set("kms:Decrypt", "Action"), ""},
		{"services' key: statement gone", servicesKey, key, nil, ""},

		{"services' queue: no condition", servicesQueue, send, Set(nil, "Condition"), ""},
		{"services' queue: IfExists for the organization", servicesQueue, send, Rename("StringEqualsIfExists", "Condition", "StringEquals"), ""},
		{"services' queue: ForAllValues for the organization", servicesQueue, send, Rename("ForAllValues:StringEquals", "Condition", "StringEquals"), ""},
		{"services' queue: any other organization", servicesQueue, send, Rename("StringNotEquals", "Condition", "StringEquals"), ""},
		{"services' queue: another organization", servicesQueue, send, equals(policy.KeySourceOrgID, "o-zzzzzzzzzz"), ""},
		{"services' queue: the organization of the principal", servicesQueue, send, Rename(policy.KeyOrgID, "Condition", "StringEquals", policy.KeySourceOrgID), ""},
		{"services' queue: another service too", servicesQueue, send, Set(both3, "Principal", "Service"), ""},
		{"services' queue: a service less", servicesQueue, send, Set("s3.amazonaws.com", "Principal", "Service"), ""},
		{"services' queue: may receive", servicesQueue, send, Set([]any{"sqs:SendMessage", "sqs:ReceiveMessage"}, "Action"), ""},
		{"services' queue: may all", servicesQueue, send, Set("sqs:*", "Action"), ""},
		{"services' queue: any resource", servicesQueue, send, Set("*", "Resource"), "a queue's policy is of that queue alone"},
		{"services' queue: statement gone", servicesQueue, send, nil, ""},
	}
}

// Paths are mutants of the OU on the queue, in the variant paths.
func Paths() []Mutant {
	const orgPathsLike = "ForAnyValue:StringLike"
	queue := Target{"paths-shared", queuePolicyID, document}
	var list []Mutant
	for sid, key := range map[string]string{policy.SidSend: policy.KeyOrgPaths, policy.SidServicesSend: policy.KeySourceOrgPaths} {
		paths := func(values ...any) Change { return Set(values, "Condition", orgPathsLike, key) }
		list = append(list, []Mutant{
			{sid + ": no OU", queue, sid, Set(nil, "Condition", orgPathsLike), ""},
			{sid + ": ForAllValues for the OU and no organization", queue, sid,
				Both(Set(nil, "Condition", "StringEquals"), Rename("ForAllValues:StringLike", "Condition", orgPathsLike)), ""},
			{sid + ": any other OU", queue, sid, Rename("ForAnyValue:StringNotLike", "Condition", orgPathsLike), ""},
			{sid + ": the whole organization", queue, sid, paths("o-abc1234567/*"), ""},
			{sid + ": siblings whose ids begin the same", queue, sid, paths("o-abc1234567/r-wxyz/ou-wxyz-jklm1dev*", "o-abc1234567/r-wxyz/ou-wxyz-jklm2dev/*"), ""},
			{sid + ": the OUs alone, not below them", queue, sid, paths("o-abc1234567/r-wxyz/ou-wxyz-jklm1dev/", "o-abc1234567/r-wxyz/ou-wxyz-jklm2dev/"), ""},
			{sid + ": no organization", queue, sid, Set(nil, "Condition", "StringEquals"), "every pattern of organization paths begins with the organization's id"},
		}...)
	}
	return list
}

// Everywhere are mutants of a role in every account, in the variant everywhere: of the
// role's policies inside the stack set.
func Everywhere() []Mutant {
	own := func(prefix string) string {
		return policy.Sid(prefix, address.Queue{Region: "us-east-1", Account: "111111111111", Name: "everywhere"})
	}
	account := func(arn string) Change { return Set(map[string]any{"AWS": arn}, "Principal") }
	return []Mutant{
		{"every account: everyone may assume the role", stackSet, "", inner("Role", trust, "", Set("*", "Principal")), ""},
		{"every account: only its own account may", stackSet, "", inner("Role", trust, "", Set(map[string]any{"AWS": map[string]any{"Ref": "AWS::AccountId"}}, "Principal")), ""},
		{"every account: any account of the organization may", stackSet, "", inner("Role", trust, "", func(_, s map[string]any) {
			maps.Copy(s, map[string]any{"Principal": map[string]any{"AWS": "*"}, "Condition": map[string]any{"StringEquals": map[string]any{policy.KeyOrgID: "o-abc1234567"}}})
		}), ""},
		{"every account: its own account may not", stackSet, "", inner("Role", trust, "", account("arn:aws:iam::555555555555:root")), ""},
		{"every account: may send to any queue", stackSet, "", inner("Permissions", document, own(policy.SidGrantSend), Set("*", "Resource")), ""},
		{"every account: may receive", stackSet, "", inner("Permissions", document, own(policy.SidGrantSend), Set([]any{"sqs:SendMessage", "sqs:ReceiveMessage"}, "Action")), ""},
		{"every account: may not send", stackSet, "", inner("Permissions", document, own(policy.SidGrantSend), nil), ""},
		{"every account: no use of the key", stackSet, "", inner("Permissions", document, own(policy.SidGrantKey), nil), ""},
		{"every account: key for any queue", stackSet, "", inner("Permissions", document, own(policy.SidGrantKey), Set(nil, "Condition", "StringEquals", policy.KeyQueueARN)), ""},
	}
}

// StackSets are mutants of the stack set itself, in the variant everywhere.
func StackSets() []Mutant {
	in := func(value any, path ...string) Change {
		return InResource(stackSetID, Set(value, append([]string{"Properties"}, path...)...))
	}
	group := func(targets map[string]any, regions ...any) Change {
		return in([]any{map[string]any{"DeploymentTargets": targets, "Regions": regions}}, "StackInstancesGroup")
	}
	ous := func(ids ...any) map[string]any { return map[string]any{"OrganizationalUnitIds": ids} }
	var list []Mutant
	for name, change := range map[string]Change{
		"permissions of its own":        in("SELF_MANAGED", "PermissionModel"),
		"new accounts get nothing":      in(false, "AutoDeployment", "Enabled"),
		"no automatic deployment":       in(nil, "AutoDeployment"),
		"an OU less":                    group(ous("ou-wxyz-jklm1dev"), "us-east-1"),
		"an OU too many":                group(ous("ou-wxyz-jklm1dev", "ou-wxyz-jklm2dev", "ou-wxyz-nopq1prd"), "us-east-1"),
		"the root":                      group(ous("r-wxyz"), "us-east-1"),
		"two Regions":                   group(ous("ou-wxyz-jklm1dev", "ou-wxyz-jklm2dev"), "us-east-1", "eu-west-1"),
		"some accounts only":            group(map[string]any{"OrganizationalUnitIds": []any{"ou-wxyz-jklm1dev", "ou-wxyz-jklm2dev"}, "AccountFilterType": "INTERSECTION", "Accounts": []any{"222222222222"}}, "us-east-1"),
		"another template":              in("https://example.com/template.json", "TemplateURL"),
		"a template that is no JSON":    in("Resources: {}", "TemplateBody"),
		"no template":                   in(nil, "TemplateBody"),
		"a second resource":             Set(map[string]any{"Type": "AWS::IAM::Role"}, "Second"),
		"no stack set":                  InResource(stackSetID, Set("AWS::CloudFormation::Stack", "Type")),
		"role of another name":          inStackSet(InResource("Role", Set("another", "Properties", "RoleName"))),
		"role with a managed policy":    inStackSet(InResource("Role", Set([]any{"arn:aws:iam::aws:policy/AdministratorAccess"}, "Properties", "ManagedPolicyArns"))),
		"permissions on another role":   inStackSet(InResource("Permissions", Set([]any{"another"}, "Properties", "Roles"))),
		"no permissions":                inStackSet(Set(nil, "Permissions")),
		"a second role in each account": inStackSet(Set(map[string]any{"Type": "AWS::IAM::Role", "Properties": map[string]any{"RoleName": "second"}}, "Second")),
		"a queue in each account":       inStackSet(Set(map[string]any{"Type": "AWS::SQS::Queue"}, "Queue")),
	} {
		list = append(list, Mutant{"stack set: " + name, stackSet, "", change, ""})
	}
	return list
}

const stackSetID = "PublisherStackSet4E6B649C"

var stackSet = Target{Stack: "everywhere-publisher-any"}

// inStackSet makes the change to the resources of the template inside the stack set.
func inStackSet(c Change) Change {
	return InResource(stackSetID, func(_, set map[string]any) {
		properties := object(set["Properties"])
		body, _ := properties["TemplateBody"].(string)
		var inner map[string]any
		_ = json.Unmarshal([]byte(body), &inner) // it is JSON
		c(nil, object(inner["Resources"]))
		properties["TemplateBody"] = text(inner)
	})
}

// inner changes the statement with the Sid in a policy inside the stack set.
func inner(id, property, sid string, c Change) Change {
	return inStackSet(func(_, resources map[string]any) {
		m := Mutant{Sid: sid, Change: c}
		_ = m.change(object(object(object(resources[id])["Properties"])[property])) // Apply reports what changes nothing
	})
}
