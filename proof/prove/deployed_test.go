package prove

import (
	"slices"
	"testing"

	"example.com/shared-queue/internal/assembly"
	"example.com/shared-queue/policy"
	"example.com/shared-queue/proof/mutant"
)

type object = map[string]any

// deployments are what the fixture's app deploys, and what becomes of it when one
// statement in the template of the shared account of dev is changed. Every answer is
// computed from the templates.
var deployments = []struct {
	name   string
	sid    string
	change func(statement object)
	code   int
	broken string
}{
	{"as it is", "", nil, exitInPart, ""},
	{"key without kms:ViaService", policy.SidUseKey, condition("StringEquals", policy.KeyVia, nil), exitFails, "sender-cannot-use-key"},
	{"queue open to the world", policy.SidSend, func(s object) { delete(s, "Condition") }, exitFails, "other-organization-cannot-send"},
	{"queue open to organizations whose id begins the same", policy.SidSend,
		func(s object) { s["Condition"] = object{"StringLike": object{policy.KeyOrgID: "o-abc1234567*"}} }, exitFails, "other-organization-cannot-send"},
	{"key open to the organization", policy.SidUseKey, func(s object) { delete(s["Condition"].(object), "ForAnyValue:StringLike") }, exitFails, "other-ou-cannot-send"},
	{"key open to OUs whose id begins the same", policy.SidUseKey, condition("ForAnyValue:StringLike", policy.KeyOrgPaths, devOU+"*"), exitFails, "other-ou-cannot-send"},
	{"queue that senders receive from", policy.SidSend, actions("sqs:SendMessage", "sqs:ReceiveMessage"), exitFails, "sender-cannot-receive"},
	{"queue that senders delete from", policy.SidSend, actions("sqs:SendMessage", "sqs:DeleteMessage"), exitFails, "sender-cannot-delete"},
	{"queue whose messages senders hide", policy.SidSend, actions("sqs:SendMessage", "sqs:ChangeMessageVisibility"), exitFails, "sender-cannot-delete"},
	{"queue that senders look up", policy.SidSend, actions("sqs:SendMessage", "sqs:GetQueueAttributes"), exitFails, "sender-looks-up"},
	{"queue that senders do anything with", policy.SidSend, actions("sqs:*"), exitFails, "sender-cannot-receive"},
	{"key open to Parameter Store too", policy.SidUseKey, func(s object) {
		condition("StringEquals", policy.KeyQueueARN, nil)(s)
		condition("StringEquals", policy.KeyVia, []any{"sqs.us-east-1.amazonaws.com", "ssm.us-east-1.amazonaws.com"})(s)
	}, exitFails, "sender-cannot-use-key-by-parameter-store"},
	{"key that no sender may use", policy.SidUseKey, condition("StringEquals", policy.KeyVia, "sqs.amazonaws.com"), exitFails, "sender-sends"},
	{"key of another encryption context", policy.SidUseKey, condition("StringEquals", policy.KeyQueueARN, "arn:aws:sqs:us-east-1:111111111111:another"), exitFails, "sender-sends"},
	{"queue of another organization", policy.SidSend, condition("StringEquals", policy.KeyOrgID, "o-abc1234568"), exitFails, "sender-sends"},
}

// condition changes the values of a condition key; nil removes it.
func condition(operator, key string, values any) func(object) {
	return func(statement object) {
		keys := statement["Condition"].(object)[operator].(object)
		keys[key] = values
		if values == nil {
			delete(keys, key)
		}
	}
}

func actions(names ...string) func(object) {
	return func(statement object) { statement["Action"] = names }
}

func TestDeployments(t *testing.T) {
	s := newStage(t)
	for _, d := range deployments {
		t.Run(d.name, func(t *testing.T) {
			stacks := slices.Clone(s.stacks)
			i := slices.IndexFunc(stacks, func(s assembly.Stack) bool { return s.Name == "dev-shared" })
			stacks[i].Template = mutant.Clone(stacks[i].Template)
			if changed := changeAll(stacks[i].Template, d.sid, d.change); d.change != nil && changed == 0 {
				t.Fatalf("no statement %s", d.sid)
			}
			s.deploy(t, stacks)
			sum := s.lines(t, append(s.everybody(), s.outsider("dev-near-organization")...)...)[""].Summary
			if sum.ExitCode != d.code || d.broken != "" && !slices.Contains(sum.Broken, d.broken) {
				t.Errorf("%+v", sum)
			}
		})
	}
}

// changeAll changes the statements with the Sid. It returns how many there are.
func changeAll(value any, sid string, change func(object)) int {
	changed := 0
	switch value := value.(type) {
	case object:
		if value["Sid"] == sid && change != nil {
			change(value)
			return 1
		}
		for _, element := range value {
			changed += changeAll(element, sid, change)
		}
	case []any:
		for _, element := range value {
			changed += changeAll(element, sid, change)
		}
	}
	return changed
}
