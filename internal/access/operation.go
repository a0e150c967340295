package access

import (
	"example.com/shared-queue/shared/address"
)

// An Operation is something that a caller wants, in a reviewer's words. It may
// take several requests to AWS.
type Operation string

// What a caller may want of an environment's queue and key, in the order of the
// table's columns.
const (
	Send            Operation = "Send"
	QueueAccepts    Operation = "Send: the queue's answer"
	KeyAccepts      Operation = "Send: the key's answer"
	OverHTTP        Operation = "Anything over plain HTTP"
	SendDeadLetter  Operation = "Send to the dead-letter queue"
	Read            Operation = "Read"
	ReadDeadLetter  Operation = "Read dead letters"
	OtherQueue      Operation = "Any other SQS action"
	AdministerQueue Operation = "Administer the queues"
	KeyDirectly     Operation = "Use the key directly"
	KeyForOther     Operation = "Use the key for another queue"
	KeyByOther      Operation = "Use the key through another service"
	KeyElsewhere    Operation = "Use the key through another Region"
	OtherKey        Operation = "Any other KMS action"
	AdministerKey   Operation = "Administer the key"
)

// operations are all of them, in order.
var operations = []Operation{
	Send, QueueAccepts, KeyAccepts, OverHTTP, SendDeadLetter, Read, ReadDeadLetter, OtherQueue, AdministerQueue,
	KeyDirectly, KeyForOther, KeyByOther, KeyElsewhere, OtherKey, AdministerKey,
}

// keyID stands for the id that KMS gives the key on deployment.
const keyID = "00000000-0000-0000-0000-000000000000"

var (
	administerQueue = []string{"sqs:AddPermission", "sqs:DeleteQueue", "sqs:PurgeQueue", "sqs:RemovePermission", "sqs:SetQueueAttributes"}
	administerKey   = []string{"kms:CreateGrant", "kms:DisableKey", "kms:PutKeyPolicy", "kms:ScheduleKeyDeletion"}
	useKey          = []string{"kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"}
)

// steps are the requests of an operation on an environment's queue and key. If
// all is true the operation takes every one of them; else one is enough.
func steps(o Operation, environment string, q address.Queue) (all bool, requests []request) {
	dead := q.DeadLetter()
	other := q
	other.Name = "another-queue"
	queueRequests := func(q address.Queue, policy, secure string, actions ...string) {
		for _, action := range actions {
			requests = append(requests, request{
				Action: action, Resource: q.ARN(), Account: q.Account, Policy: policy,
				Context: map[string]any{"aws:SecureTransport": secure},
			})
		}
	}
	onQueue := func(actions ...string) { queueRequests(q, queueID(environment), "true", actions...) }
	onDeadLetter := func(actions ...string) { queueRequests(dead, deadLetterID(environment), "true", actions...) }
	onKey := func(via string, of address.Queue, actions ...string) {
		for _, action := range actions {
			context := map[string]any{
				"aws:SecureTransport":               "true",
				"kms:ResourceAliases":               []string{q.KeyAlias()},
				"kms:EncryptionContext:aws:sqs:arn": of.ARN(),
				"kms:EncryptionContextKeys":         []string{"aws:sqs:arn"},
			}
			if via != "" {
				context["kms:ViaService"] = via
			}
			requests = append(requests, request{
				Action: action, Resource: keyARN(q), Account: q.Account, Policy: keyPolicyID(environment), Context: context,
			})
		}
	}
	sqs := q.ViaService()

	switch o {
	case Send:
		onQueue("sqs:SendMessage")
		onKey(sqs, q, "kms:GenerateDataKey", "kms:Decrypt")
		return true, requests
	case QueueAccepts:
		onQueue("sqs:SendMessage")
		return true, requests
	case KeyAccepts:
		onKey(sqs, q, useKey...)
		return true, requests
	case OverHTTP:
		queueRequests(q, queueID(environment), "false", "sqs:*")
		queueRequests(dead, deadLetterID(environment), "false", "sqs:*")
	case SendDeadLetter:
		onDeadLetter("sqs:SendMessage")
	case Read:
		onQueue("sqs:ReceiveMessage", "sqs:DeleteMessage")
		onKey(sqs, q, "kms:Decrypt")
		return true, requests
	case ReadDeadLetter:
		onDeadLetter("sqs:ReceiveMessage", "sqs:DeleteMessage")
		onKey(sqs, dead, "kms:Decrypt")
		return true, requests
	case OtherQueue:
		onQueue("sqs:*")
		onDeadLetter("sqs:*")
		for i := range requests {
			requests[i].Except = append([]string{"sqs:SendMessage"}, administerQueue...)
		}
	case AdministerQueue:
		onQueue(administerQueue...)
		onDeadLetter(administerQueue...)
	case KeyDirectly:
		onKey("", q, useKey...)
	case KeyForOther:
		onKey(sqs, other, useKey...)
	case KeyByOther:
		onKey("s3."+string(q.Region)+".amazonaws.com", q, useKey...)
	case KeyElsewhere:
		onKey("sqs.xx-elsewhere-1.amazonaws.com", q, useKey...)
	case OtherKey:
		onKey("", q, "kms:*")
		onKey(sqs, q, "kms:*")
		for i := range requests {
			requests[i].Except = append(append([]string{}, useKey...), administerKey...)
		}
	case AdministerKey:
		onKey("", q, administerKey...)
		onKey(sqs, q, administerKey...)
	}
	return false, requests
}

// What a role's own policy may allow, whatever queue and key answer.
const (
	OwnSend       Operation = "Send to the queue"
	OwnKey        Operation = "Use its key through it"
	OwnOtherQueue Operation = "Send to another queue"
	OwnOtherSQS   Operation = "Any other SQS action"
	OwnKeyAlone   Operation = "Use the key directly"
	OwnKeyQueue   Operation = "Use the key for another queue"
	OwnOtherKey   Operation = "Use another key"
	OwnOtherKMS   Operation = "Any other KMS action"
	OwnOther      Operation = "Anything else"
)

var ownOperations = []Operation{OwnSend, OwnKey, OwnOtherQueue, OwnOtherSQS, OwnKeyAlone, OwnKeyQueue, OwnOtherKey, OwnOtherKMS, OwnOther}

// ownSteps are the requests of an operation, in a world where resources of the
// role's own account leave everything to its IAM policies.
func ownSteps(o Operation, account string, q address.Queue) (all bool, requests []request) {
	add := func(resource string, context map[string]any, actions ...string) {
		for _, action := range actions {
			requests = append(requests, request{Action: action, Resource: resource, Account: account, Policy: leftToIAM(account), Context: context})
		}
	}
	key := func(via string, of address.Queue, alias string) map[string]any {
		context := map[string]any{"kms:EncryptionContext:aws:sqs:arn": of.ARN()}
		if alias != "" {
			context["kms:ResourceAliases"] = []string{alias}
		}
		if via != "" {
			context["kms:ViaService"] = via
		}
		return context
	}
	other := q
	other.Name = "another-queue"
	sqs, alias := q.ViaService(), q.KeyAlias()
	switch o {
	case OwnSend:
		add(q.ARN(), nil, "sqs:SendMessage")
		return true, requests
	case OwnKey:
		add(keyARN(q), key(sqs, q, alias), useKey...)
		return true, requests
	case OwnOtherQueue:
		add(other.ARN(), nil, "sqs:SendMessage")
		add(q.DeadLetter().ARN(), nil, "sqs:SendMessage")
	case OwnOtherSQS:
		add(q.ARN(), nil, "sqs:*")
		for i := range requests {
			requests[i].Except = []string{"sqs:SendMessage"}
		}
	case OwnKeyAlone:
		add(keyARN(q), key("", q, alias), useKey...)
		add(keyARN(q), key("s3."+string(q.Region)+".amazonaws.com", q, alias), useKey...)
	case OwnKeyQueue:
		add(keyARN(q), key(sqs, other, alias), useKey...)
	case OwnOtherKey:
		add(keyARN(q), key(sqs, q, "alias/another-key"), useKey...)
		add(keyARN(q), key(sqs, q, ""), useKey...)
		elsewhere := q
		elsewhere.Account = outsider
		add(keyARN(elsewhere), key(sqs, q, alias), useKey...)
	case OwnOtherKMS:
		add(keyARN(q), key(sqs, q, alias), "kms:*")
		for i := range requests {
			requests[i].Except = useKey
		}
	case OwnOther:
		add("*", nil, "iam:ListRoles", "kms:CreateKey", "kms:ListAliases", "s3:ListAllMyBuckets", "sqs:ListQueues", "sts:GetFederationToken")
	}
	return false, requests
}

func keyARN(q address.Queue) string {
	return "arn:" + q.Region.Partition() + ":kms:" + string(q.Region) + ":" + q.Account + ":key/" + keyID
}
