package main

import (
	"encoding/json"

	"example.com/shared-queue/address"
	"example.com/shared-queue/spec"
)

type object = map[string]any

// withArticle is the shared account's template with the policies that k9
// Security's article prints for key and queue, and the ids of the settings. Only
// what AWS refuses is mended: kms:ViaService is in the Condition.
func withArticle(template any, e spec.Environment) any {
	changed := clone(template)
	resources, _ := changed["Resources"].(object)
	for _, r := range resources {
		resource, _ := r.(object)
		properties, _ := resource["Properties"].(object)
		switch resource["Type"] {
		case "AWS::KMS::Key":
			properties["KeyPolicy"] = document(administration(e), object{
				"Sid": "Allow any principal in the b2b dev OU to encrypt data", "Effect": "Allow", "Principal": object{"AWS": "*"},
				"Action": []any{"kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey"}, "Resource": "*",
				"Condition": object{
					"ForAllValues:StringLike": object{"aws:PrincipalOrgPaths": patterns(e.Queue.Senders)},
					"StringEquals":            object{"kms:ViaService": []any{"sqs.amazonaws.com", e.QueueAddress().ViaService()}},
				},
			})
		case "AWS::SQS::QueuePolicy":
			if !isOf(resources, properties, e.Queue.QueueName) {
				continue
			}
			properties["PolicyDocument"] = document(object{
				"Sid": "Allow all principals in org to send to this queue", "Effect": "Allow", "Principal": object{"AWS": "*"},
				"Action": "SQS:SendMessage", "Resource": "*",
				"Condition": object{"ForAllValues:StringEquals": object{"aws:PrincipalOrgId": e.Queue.Senders[0].Organization()}},
			})
		}
	}
	return changed
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

// isOf reports whether the policy is of the queue with the name.
func isOf(resources, policy object, name string) bool {
	queues, _ := policy["Queues"].([]any)
	for _, q := range queues {
		reference, _ := q.(object)
		id, _ := reference["Ref"].(string)
		queue, _ := resources[id].(object)
		properties, _ := queue["Properties"].(object)
		if properties["QueueName"] == name {
			return true
		}
	}
	return false
}

// clone copies decoded JSON.
func clone(value any) object {
	text, _ := json.Marshal(value) // it was JSON
	var copied object
	_ = json.Unmarshal(text, &copied)
	return copied
}
