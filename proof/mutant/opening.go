package mutant

import (
	"encoding/json"
	"strings"

	"example.com/shared-queue/proof/world"
)

const (
	foreign     = "999999999999"
	siblingPath = "o-abc1234567/r-wxyz/ou-wxyz-jklm1dev/ou-wxyz-km23jdevx"
	queueARN    = "arn:aws:sqs:us-east-1:111111111111:shared-app-work"
)

// An Opening is a way in which what is deployed lets in more than was promised, or less.
type Opening struct {
	Name   string
	Change func(w *world.World)

	// What there must be a finding about: a caller, or the beginning or end of one, who
	// may take the operation, or not; or a finding with this text.
	Caller, Operation, Text string
}

// Openings are of the example, each with a caller who notices it.
func Openings() []Opening {
	key := func(w *world.World) map[string]any { return w.KeyOf(w.Queue(queueARN)).Policy.Document }
	onQueue := func(w *world.World) map[string]any { return w.Queue(queueARN).Policy.Document }
	onDead := func(w *world.World) map[string]any { return w.Queue(queueARN + "-dlq").Policy.Document }
	add := func(document map[string]any, s map[string]any) {
		document["Statement"] = append(world.List(document["Statement"]), s)
	}
	allow := func(principal any, actions ...any) map[string]any {
		return map[string]any{"Effect": "Allow", "Principal": principal, "Action": actions, "Resource": "*"}
	}
	account := map[string]any{"AWS": "arn:aws:iam::" + foreign + ":root"}
	inOrganization := func(actions ...any) map[string]any {
		s := allow("*", actions...)
		s["Condition"] = map[string]any{"StringEquals": map[string]any{"aws:PrincipalOrgID": "o-abc1234567"}}
		return s
	}
	inOU := func(path string, actions ...any) map[string]any {
		s := allow("*", actions...)
		s["Condition"] = map[string]any{"ForAnyValue:StringLike": map[string]any{"aws:PrincipalOrgPaths": path + "/*"}}
		return s
	}
	return []Opening{
		{"ForAllValues on queue and key, as the article prints", func(w *world.World) {
			for _, document := range []map[string]any{key(w), onQueue(w)} {
				text, _ := json.Marshal(document)
				changed := strings.NewReplacer(`"ForAnyValue:`, `"ForAllValues:`, `{"StringEquals":{"aws:PrincipalOrgID":"o-abc1234567"`, `{"ForAllValues:StringEquals":{"aws:PrincipalOrgID":"o-abc1234567"`,
					`"aws:PrincipalOrgID":"o-abc1234567","kms`, `"kms`, `,"aws:PrincipalOrgID":"o-abc1234567"`, "").Replace(string(text))
				clear(document)
				_ = json.Unmarshal([]byte(changed), &document)
			}
		}, "All-powerful role in no organization", "send", ""},
		{"any organization", func(w *world.World) {
			add(onQueue(w), func() map[string]any {
				s := allow("*", "sqs:SendMessage")
				s["Condition"] = map[string]any{"Null": map[string]any{"aws:PrincipalOrgID": "false"}}
				return s
			}())
			add(key(w), func() map[string]any {
				s := allow("*", "kms:GenerateDataKey", "kms:Decrypt")
				s["Condition"] = map[string]any{"Null": map[string]any{"aws:PrincipalOrgID": "false"}}
				return s
			}())
		}, "All-powerful role in another organization with the same OU ids", "send", ""},
		{"a foreign account receives and has the key", func(w *world.World) {
			add(onQueue(w), allow(account, "sqs:ReceiveMessage", "sqs:DeleteMessage"))
			add(key(w), allow(account, "kms:*"))
		}, "Administrator of account " + foreign + ", which a policy names, if its account is in no organization", "read", ""},
		{"a foreign account receives", func(w *world.World) { add(onQueue(w), allow(account, "sqs:ReceiveMessage")) }, "", "take other SQS actions on the queues", ""},
		{"a foreign account deletes and purges", func(w *world.World) {
			add(onQueue(w), allow(account, "sqs:DeleteMessage", "sqs:PurgeQueue"))
		}, "", "administer the queues", ""},
		{"a foreign account has the key", func(w *world.World) { add(key(w), allow(account, "kms:*")) }, "", "administer the key", ""},
		{"a foreign account has the dead-letter queue", func(w *world.World) { add(onDead(w), allow(account, "sqs:*")) }, "", "send to the dead-letter queue", ""},
		{"a sibling OU receives and deletes", func(w *world.World) {
			add(onQueue(w), inOU(siblingPath, "sqs:ReceiveMessage", "sqs:DeleteMessage"))
		}, "All-powerful role in a sibling OU whose id begins the same", "take other SQS actions on the queues", ""},
		{"a sibling OU uses the key directly", func(w *world.World) { add(key(w), inOU(siblingPath, "kms:Decrypt")) },
			"All-powerful role in a sibling OU whose id begins the same", "use the key directly", ""},
		{"the organization purges", func(w *world.World) { add(onQueue(w), inOrganization("sqs:PurgeQueue")) }, "", "administer the queues", ""},
		{"the organization deletes and purges dead letters", func(w *world.World) {
			add(onDead(w), inOrganization("sqs:DeleteMessage", "sqs:PurgeQueue"))
		}, "", "administer the queues", ""},
		{"everyone looks the queue up", func(w *world.World) {
			add(onQueue(w), allow("*", "sqs:GetQueueUrl", "sqs:GetQueueAttributes"))
		}, "All-powerful role in no organization", "take other SQS actions on the queues", ""},
		{"senders grant the key", func(w *world.World) {
			add(key(w), inOU("o-abc1234567/r-wxyz/ou-wxyz-jklm1dev/ou-wxyz-km23jdev", "kms:CreateGrant"))
		}, "All-powerful role in the OU", "administer the key", ""},
		{"senders describe the key, read its policy and re-encrypt", func(w *world.World) {
			add(key(w), inOU("o-abc1234567/r-wxyz/ou-wxyz-jklm1dev/ou-wxyz-km23jdev", "kms:DescribeKey", "kms:GetKeyPolicy", "kms:ReEncrypt*"))
		}, "All-powerful role in the OU", "take other KMS actions on the key", ""},
		{"everyone assumes the publisher's role", func(w *world.World) {
			add(w.Identity("arn:aws:iam::222222222222:role/shared-app-publisher").Trust.Document,
				map[string]any{"Effect": "Allow", "Principal": map[string]any{"AWS": "*"}, "Action": "sts:AssumeRole"})
		}, "Administrator of an account in no organization", "assume the role", ""},
		{"stage without the statements for SNS", func(w *world.World) {
			for _, p := range []*world.Policy{w.Queue(stageARN).Policy, w.KeyOf(w.Queue(stageARN)).Policy} {
				without(p.Document, "ServicesSendMessages", "ServicesUseKeyForQueue")
			}
		}, "Service sns.amazonaws.com for a resource in the OU", "send", ""},
		{"stage without sqs:GetQueueUrl", func(w *world.World) {
			for _, s := range w.Queue(stageARN).Policy.Statements() {
				if s["Sid"] == "SendersSendMessages" {
					s["Action"] = "sqs:SendMessage"
				}
			}
		}, "All-powerful role in the OU", "look the queue up", ""},
		{"a grant of the key", func(w *world.World) {
			k := w.KeyOf(w.Queue(queueARN))
			k.Grants = append(k.Grants, world.Grant{ID: "grant-1", Grantee: "arn:aws:iam::" + foreign + ":role/reader", Operations: []string{"Decrypt"}})
		}, "", "", "arn:aws:iam::" + foreign + ":role/reader may Decrypt by a grant of the key"},
		{"no key", func(w *world.World) {
			w.Queue(queueARN).Key = ""
			delete(w.Queue(queueARN).Attributes, "KmsMasterKeyId")
		}, "", "", "shared-app-work is encrypted with no KMS key: the OU's wall is gone"},
	}
}

const stageARN = "arn:aws:sqs:us-east-1:101010101010:shared-app-work"

// without removes the statements with the Sids.
func without(document map[string]any, sids ...string) {
	var kept []any
	for _, s := range world.List(document["Statement"]) {
		sid, _ := s.(map[string]any)["Sid"].(string)
		if sid == "" || !strings.Contains(strings.Join(sids, " "), sid) {
			kept = append(kept, s)
		}
	}
	document["Statement"] = kept
}
