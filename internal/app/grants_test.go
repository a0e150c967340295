package app

import (
	"slices"
	"strings"
	"testing"

	"example.com/shared-queue/policy"
	"example.com/shared-queue/proof/access"
	"example.com/shared-queue/proof/evaluate"
	"example.com/shared-queue/spec"
)

const (
	inspector       = "grants-shared: permissions of grants-inspector"
	podsTrust       = "grants-publisher-pods: role's trust policy"
	podsPermissions = "grants-publisher-pods: role's permissions"
	podsBoundary    = "grants-publisher-pods: role's permissions boundary"
)

// variant is one environment of the variants, with a matrix of its own.
func variant(t *testing.T, name string) *app {
	t.Helper()
	a := example(t)
	if synthesized.variant == nil {
		synthesized.variant = map[string]*app{}
	}
	if synthesized.variant[name] == nil {
		i := slices.IndexFunc(a.environments, func(e spec.Environment) bool { return e.Name == name })
		synthesized.variant[name] = &app{environments: a.environments[i : i+1], templates: a.templates}
	}
	return synthesized.variant[name]
}

// Roles with several grants, services with session actions, and a role with a
// permissions boundary can do what is promised and nothing else.
func TestAccessOfOtherGrants(t *testing.T) {
	a := variant(t, "grants")
	checkAccess(t, a)
	const bound = " (bounded by arn:aws:iam::222222222222:policy/company, which is not known here and may allow less) |"
	table := a.matrix.Markdown(allMutants)
	for _, row := range []string{
		"Publisher role pods" + bound, "dead-letter consumer grants-inspector |", "consumer and dead-letter consumer grants-all |",
		"dead-letter consumer and operator grants-operator |", "Service pods.eks.amazonaws.com |", "Service rolesanywhere.amazonaws.com |",
	} {
		if !strings.Contains(table, row) {
			t.Errorf("no row %s", row)
		}
	}
}

// Senders that may look the queue up can, and do nothing else.
func TestAccessOfSendersThatLookUp(t *testing.T) {
	a := variant(t, "fifo")
	checkAccess(t, a)
	const (
		queue       = "fifo-shared: queue policy"
		permissions = "fifo-publisher-people: role's permissions"
	)
	grantSend := policy.Sid(policy.SidGrantSend, a.environments[0].QueueAddress())
	may := func(actions ...any) change { return set(actions, "Action") }
	checkMutants(t, a, lookUpMutants, []mutant{
		{"queue: nobody may look it up", queue, policy.SidSend, may("sqs:SendMessage"), ""},
		{"queue: no attributes", queue, policy.SidSend, may("sqs:SendMessage", "sqs:GetQueueUrl"), ""},
		{"queue: no URL", queue, policy.SidSend, may("sqs:SendMessage", "sqs:GetQueueAttributes"), ""},
		{"queue: all that begins with Get", queue, policy.SidSend, may("sqs:SendMessage", "sqs:Get*", "sqs:ListDeadLetterSourceQueues"), ""},
		{"queue: tags too", queue, policy.SidSend, may("sqs:SendMessage", "sqs:GetQueueUrl", "sqs:GetQueueAttributes", "sqs:ListQueueTags"), ""},
		{"queue: no organization", queue, policy.SidSend, set(nil, "Condition"), ""},
		{"role: may not look it up", permissions, grantSend, may("sqs:SendMessage"), ""},
		{"role: no attributes", permissions, grantSend, may("sqs:SendMessage", "sqs:GetQueueUrl"), ""},
		{"role: tags too", permissions, grantSend, may("sqs:SendMessage", "sqs:GetQueueUrl", "sqs:GetQueueAttributes", "sqs:ListQueueTags"), ""},
		{"role: looks any queue up", permissions, grantSend, set("*", "Resource"), ""},
	})
}

// What is broken in these grants is caught by the matrix.
func TestMutantsOfOtherGrants(t *testing.T) {
	a := variant(t, "grants")
	own := func(prefix string) string { return policy.Sid(prefix, a.environments[0].QueueAddress()) }
	const queue = "arn:aws:sqs:us-east-1:111111111111:grants"
	equals := func(key string, value any) change { return set(value, "Condition", "StringEquals", key) }
	boundary := func(statement map[string]any) map[string]any {
		return map[string]any{"Version": "2012-10-17", "Statement": []any{statement}}
	}

	checkMutants(t, a, grantsMutants, []mutant{
		{"dead-letter consumer: all of SQS", inspector, own(policy.SidConsumeDead), set("sqs:*", "Action"), ""},
		{"dead-letter consumer: may send", inspector, own(policy.SidConsumeDead), set([]any{"sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:ReceiveMessage", "sqs:SendMessage"}, "Action"), ""},
		{"dead-letter consumer: may not delete", inspector, own(policy.SidConsumeDead), set([]any{"sqs:ChangeMessageVisibility", "sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:ReceiveMessage"}, "Action"), ""},
		{"dead-letter consumer: the queue too", inspector, own(policy.SidConsumeDead), set([]any{queue, queue + "-dlq"}, "Resource"), ""},
		{"dead-letter consumer: the queue instead", inspector, own(policy.SidConsumeDead), set(queue, "Resource"), ""},
		{"dead-letter consumer: any queue", inspector, own(policy.SidConsumeDead), set("*", "Resource"), ""},
		{"dead-letter consumer: may not receive", inspector, own(policy.SidConsumeDead), nil, ""},
		{"dead-letter consumer: key not only through SQS", inspector, own(policy.SidConsumeDeadKey), equals(policy.KeyVia, nil), ""},
		{"dead-letter consumer: key for any queue", inspector, own(policy.SidConsumeDeadKey), equals(policy.KeyQueueARN, nil), ""},
		{"dead-letter consumer: key for the queue alone", inspector, own(policy.SidConsumeDeadKey), equals(policy.KeyQueueARN, queue), ""},
		{"dead-letter consumer: key for the dead-letter queue alone", inspector, own(policy.SidConsumeDeadKey), equals(policy.KeyQueueARN, queue+"-dlq"), ""},
		{"dead-letter consumer: any key", inspector, own(policy.SidConsumeDeadKey), set("*", "Resource"), ""},
		{"dead-letter consumer: may encrypt", inspector, own(policy.SidConsumeDeadKey), set(keyActions(), "Action"), ""},
		{"dead-letter consumer: no use of the key", inspector, own(policy.SidConsumeDeadKey), nil, ""},

		{"trust: pods without their tags", podsTrust, "", inStatement(2, set("sts:AssumeRole", "Action")), ""},
		{"trust: pods with nothing but tags", podsTrust, "", inStatement(2, set("sts:TagSession", "Action")), ""},
		{"trust: no pods", podsTrust, "", inStatement(2, set("capabilities.eks.amazonaws.com", "Principal", "Service")), ""},
		{"trust: Roles Anywhere without its source identity", podsTrust, "", inStatement(1, set([]any{"sts:AssumeRole", "sts:TagSession"}, "Action")), ""},
		{"trust: Roles Anywhere without its tags", podsTrust, "", inStatement(1, set([]any{"sts:AssumeRole", "sts:SetSourceIdentity"}, "Action")), ""},

		{"boundary: sending is not in it", podsBoundary, "", replaceBy(boundary(map[string]any{"Effect": "Allow", "Action": "kms:*", "Resource": "*"})), ""},
		{"boundary: the key is not in it", podsBoundary, "", replaceBy(boundary(map[string]any{"Effect": "Allow", "Action": "sqs:*", "Resource": "*"})), ""},
		{"boundary: denies this queue", podsBoundary, "", replaceBy(boundary(map[string]any{"Effect": "Deny", "Action": "sqs:*", "Resource": queue})), ""},
		{"boundary: it gives nothing", podsPermissions, own(policy.SidGrantSend), nil, ""},
		{"boundary: just enough", podsBoundary, "", replaceBy(boundary(map[string]any{"Effect": "Allow", "Action": append(keyActions(), "sqs:SendMessage"), "Resource": "*"})), "a boundary may allow no more than the role's policy does"},
	})
}

// checkMutants reports mutants of the app's policies that the matrix does not
// catch, and another number of them than there should be.
func checkMutants(t *testing.T, a *app, number int, list []mutant) {
	t.Helper()
	if len(list) != number {
		t.Errorf("%d mutants, want %d: if they should be, say so in access_test.go", len(list), number)
	}
	matrix, base := decide(t, a)
	check(t, matrix, base, list)
}

// check reports mutants of the world's policies that the matrix does not catch.
func check(t *testing.T, matrix *access.Matrix, base evaluate.World, list []mutant) {
	t.Helper()
	worlds := make([]evaluate.World, len(list))
	for i, m := range list {
		worlds[i] = evaluate.World{m.policy: m.apply(t, base)}
	}
	caught, err := matrix.Catch(evaluator(t), base, worlds)
	if err != nil {
		t.Fatal(err)
	}
	for i, m := range list {
		switch {
		case caught[i] == "" && m.equivalent == "":
			t.Errorf("%s: nothing catches it", m.name)
		case caught[i] != "" && m.equivalent != "":
			t.Errorf("%s: is listed as equivalent, but is caught: %s", m.name, caught[i])
		}
	}
}

// inStatement makes the change to the statement with the index, which has no Sid.
func inStatement(i int, c change) change {
	return func(document, _ map[string]any) {
		statement := document["Statement"].([]any)[i].(map[string]any)
		c(document, statement)
	}
}
