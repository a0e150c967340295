package demo

import (
	"slices"

	"example.com/shared-queue/address"
	"example.com/shared-queue/proof/world"
	"example.com/shared-queue/spec"
)

// article is what this project follows, with its policies mended.
const article = `k9 Security's article
"Send message to encrypted SQS queue in another AWS account in same organizational unit"`

type object = map[string]any

// withArticle is the world with the policies that the article prints for key and
// queue, and the ids of the settings. Only what AWS refuses is mended: kms:ViaService
// is in the Condition.
func withArticle(w *world.World, e spec.Environment) *world.World {
	changed := *w
	changed.Keys, changed.Queues = slices.Clone(w.Keys), slices.Clone(w.Queues)
	at := e.QueueAddress()
	of := w.KeyOf(w.Queue(at.ARN()))
	for i, k := range changed.Keys {
		if k == of {
			copied := *k
			copied.Policy = &world.Policy{ID: "key policy of the article", Document: articleKey(e)}
			changed.Keys[i] = &copied
		}
	}
	for i, q := range changed.Queues {
		if q.ARN == at.ARN() {
			copied := *q
			copied.Policy = &world.Policy{ID: "queue policy of the article", Document: articleQueue(e)}
			changed.Queues[i] = &copied
		}
	}
	return &changed
}

func articleKey(e spec.Environment) object {
	return document(administration(e), object{
		"Sid": "Allow any principal in the b2b dev OU to encrypt data", "Effect": "Allow", "Principal": object{"AWS": "*"},
		"Action": []any{"kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey"}, "Resource": "*",
		"Condition": object{
			"ForAllValues:StringLike": object{"aws:PrincipalOrgPaths": patterns(e.Queue.Senders)},
			"StringEquals":            object{"kms:ViaService": []any{"sqs.amazonaws.com", e.QueueAddress().ViaService()}},
		},
	})
}

func articleQueue(e spec.Environment) object {
	return document(object{
		"Sid": "Allow all principals in org to send to this queue", "Effect": "Allow", "Principal": object{"AWS": "*"},
		"Action": "SQS:SendMessage", "Resource": "*",
		"Condition": object{"ForAllValues:StringEquals": object{"aws:PrincipalOrgId": e.Queue.Senders[0].Organization()}},
	})
}

// administration is what the article leaves out: the account's own statement.
func administration(e spec.Environment) object {
	return object{"Effect": "Allow", "Principal": object{"AWS": e.Region.AccountARN(e.Account)}, "Action": "kms:*", "Resource": "*"}
}

func document(statements ...any) object {
	return object{"Version": "2012-10-17", "Statement": statements}
}

func patterns(senders []address.Path) []any {
	var all []any
	for _, path := range senders {
		all = append(all, path.Pattern())
	}
	return all
}
