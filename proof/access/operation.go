package access

import (
	"slices"

	"example.com/shared-queue/address"
	"example.com/shared-queue/proof/evaluate"
	"example.com/shared-queue/spec"
)

// An Operation is what a caller may or may not do, in a reviewer's words. It can
// take several requests to AWS.
type Operation string

// What a caller may do with an environment's queue and key, in the order of the
// words in ACCESS.md.
const (
	Send            Operation = "send"
	QueueAccepts    Operation = "pass the queue's policy"
	KeyAccepts      Operation = "pass the key's policy"
	LookUp          Operation = "look the queue up"
	OverHTTP        Operation = "do anything over plain HTTP"
	SendDeadLetter  Operation = "send to the dead-letter queue"
	Read            Operation = "read"
	ReadDeadLetter  Operation = "read dead letters"
	OtherQueue      Operation = "take other SQS actions on the queues"
	Redrive         Operation = "redrive dead letters"
	AdministerQueue Operation = "administer the queues"
	KeyDirectly     Operation = "use the key directly"
	KeyForDead      Operation = "use the key for the dead-letter queue"
	KeyForOther     Operation = "use the key for another queue"
	KeyByOther      Operation = "use the key through another service"
	KeyElsewhere    Operation = "use the key through another Region"
	OtherKey        Operation = "take other KMS actions on the key"
	AdministerKey   Operation = "administer the key"
)

// operations are all of them, in order.
var operations = []Operation{
	Send, QueueAccepts, KeyAccepts, LookUp, OverHTTP, SendDeadLetter, Read, ReadDeadLetter, Redrive, OtherQueue, AdministerQueue,
	KeyDirectly, KeyForDead, KeyForOther, KeyByOther, KeyElsewhere, OtherKey, AdministerKey,
}

var (
	administerQueue = []string{"sqs:AddPermission", "sqs:DeleteQueue", "sqs:PurgeQueue", "sqs:RemovePermission", "sqs:SetQueueAttributes"}
	administerKey   = []string{"kms:CreateGrant", "kms:DisableKey", "kms:PutKeyPolicy", "kms:ScheduleKeyDeletion"}
	useKey          = []string{"kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"}
	// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html
	redriveActions = []string{
		"sqs:CancelMessageMoveTask", "sqs:DeleteMessage", "sqs:GetQueueAttributes",
		"sqs:ListMessageMoveTasks", "sqs:ReceiveMessage", "sqs:StartMessageMoveTask",
	}
)

// operationsOn are the operations that e's queue and key are asked about. Where
// senders may not look the queue up, that is one of the other SQS actions.
func operationsOn(e spec.Environment) []Operation {
	if len(e.Queue.SenderMayAlso) > 0 {
		return operations
	}
	return slices.DeleteFunc(slices.Clone(operations), func(o Operation) bool { return o == LookUp })
}

// keyUse is what SQS does with the key for a caller that sends. For a service no AWS
// page says that it encrypts.
func keyUse(c Caller) []string {
	if c.isService() {
		return []string{"kms:Decrypt", "kms:GenerateDataKey"}
	}
	return useKey
}

// steps are the requests of a caller's operation on e's queue and key. If all is
// true the operation takes every one of them; else one is enough.
func steps(o Operation, e spec.Environment, c Caller) (all bool, requests []evaluate.Request) {
	environment, q := e.Name, e.QueueAddress()
	use, control := keyUse(c), ResourceControlID(e.Name)
	dead := q.DeadLetter()
	other := q
	other.Name = "another-" + q.Name
	queueRequests := func(q address.Queue, policy, secure string, actions ...string) {
		for _, action := range actions {
			requests = append(requests, evaluate.Request{
				Action: action, Resource: q.ARN(), Account: q.Account, Policy: policy, Control: control,
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
			requests = append(requests, evaluate.Request{
				Action: action, Resource: keyARN(q), Account: q.Account, Policy: keyPolicyID(environment), Control: control, Context: context,
			})
		}
	}
	sqs := q.ViaService()

	switch o {
	case Send:
		onQueue("sqs:SendMessage")
		onKey(sqs, q, "kms:GenerateDataKey", "kms:Decrypt")
		if c.isService() { // whose request may not say that it comes through SQS
			onKey("", q, "kms:GenerateDataKey", "kms:Decrypt")
		}
		return true, requests
	case QueueAccepts:
		onQueue("sqs:SendMessage")
		return true, requests
	case KeyAccepts:
		onKey(sqs, q, use...)
		if c.isService() {
			onKey("", q, use...)
		}
		return true, requests
	case LookUp:
		onQueue(e.Queue.SenderMayAlso...)
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
		// A message keeps the data key that it was sent with, the queue's. KeyForDead
		// asks about the key for the dead-letter queue.
		onDeadLetter("sqs:ReceiveMessage", "sqs:DeleteMessage")
		onKey(sqs, q, "kms:Decrypt")
		return true, requests
	case Redrive:
		onDeadLetter(redriveActions...)
		onQueue("sqs:SendMessage")
		onKey(sqs, q, "kms:Decrypt", "kms:GenerateDataKey")
		return true, requests
	case OtherQueue:
		onQueue("sqs:*")
		onDeadLetter("sqs:*")
		for i := range requests {
			requests[i].Except = append([]string{"sqs:SendMessage"}, administerQueue...)
		}
		requests[0].Except = append(requests[0].Except, e.Queue.SenderMayAlso...)
	case AdministerQueue:
		onQueue(administerQueue...)
		onDeadLetter(administerQueue...)
	case KeyDirectly:
		onKey("", q, use...)
	case KeyForDead:
		onKey(sqs, dead, use...)
	case KeyForOther:
		onKey(sqs, other, use...)
		if c.isService() {
			onKey("", other, use...)
		}
	case KeyByOther:
		onKey("s3."+string(q.Region)+".amazonaws.com", q, use...)
	case KeyElsewhere:
		onKey("sqs.xx-elsewhere-1.amazonaws.com", q, use...)
		onKey("sqs."+string(q.Region)+"0.amazonaws.com", q, use...) // whose code begins the same
		onKey(sqs+".cn", q, use...)
	case OtherKey:
		onKey("", q, "kms:*")
		onKey(sqs, q, "kms:*")
		for i := range requests {
			requests[i].Except = slices.Concat(use, administerKey)
		}
	case AdministerKey:
		onKey("", q, administerKey...)
		onKey(sqs, q, administerKey...)
	}
	return false, requests
}

// A grant is what a role's own policy is meant to allow.
type grant struct {
	queue, deadLetter     []string // SQS actions on the two queues
	key, keyForDeadLetter []string // KMS actions on the key, through each of them
	keyByAlias            bool     // the policy knows the key by its alias only
}

// The grants of this project.
var (
	toSend    = grant{queue: []string{"sqs:SendMessage"}, key: useKey, keyByAlias: true}
	toConsume = grant{
		queue: []string{"sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:ReceiveMessage"},
		key:   []string{"kms:Decrypt"},
	}
	toConsumeDead = grant{
		deadLetter: toConsume.queue,
		key:        []string{"kms:Decrypt"}, keyForDeadLetter: []string{"kms:Decrypt"},
	}
	toRedrive = grant{
		queue: []string{"sqs:SendMessage"}, deadLetter: redriveActions,
		key: []string{"kms:Decrypt", "kms:GenerateDataKey"}, keyForDeadLetter: []string{"kms:Decrypt"},
	}
)

// What a role's own policy may allow, whatever queue and key answer.
const (
	Granted     Operation = "do what it is for"
	OwnOtherSQS Operation = "take other SQS actions"
	OwnKeyAlone Operation = "use the key directly"
	OwnKeyQueue Operation = "use the key for another queue"
	OwnOtherKey Operation = "use another key"
	OwnOtherKMS Operation = "take other KMS actions"
	OwnOther    Operation = "do anything else"
)

var ownOperations = []Operation{Granted, OwnOtherSQS, OwnKeyAlone, OwnKeyQueue, OwnOtherKey, OwnOtherKMS, OwnOther}

// ownSteps are the requests of an operation, in a world where resources of the
// role's own account leave everything to its IAM policies.
func ownSteps(o Operation, g grant, account string, q address.Queue) (all bool, requests []evaluate.Request) {
	add := func(resource string, context map[string]any, except []string, actions ...string) {
		for _, action := range actions {
			requests = append(requests, evaluate.Request{
				Action: action, Except: except, Resource: resource, Account: account, Policy: leftToIAM(account), Context: context,
			})
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
	dead, other := q.DeadLetter(), q
	other.Name = "another-" + q.Name
	sqs, alias := q.ViaService(), q.KeyAlias()
	switch o {
	case Granted:
		add(q.ARN(), nil, nil, g.queue...)
		add(dead.ARN(), nil, nil, g.deadLetter...)
		add(keyARN(q), key(sqs, q, alias), nil, g.key...)
		add(keyARN(q), key(sqs, dead, alias), nil, g.keyForDeadLetter...)
		return true, requests
	case OwnOtherSQS:
		add(q.ARN(), nil, g.queue, "sqs:*")
		add(dead.ARN(), nil, g.deadLetter, "sqs:*")
		add(other.ARN(), nil, nil, "sqs:*")
	case OwnKeyAlone:
		add(keyARN(q), key("", q, alias), nil, useKey...)
		add(keyARN(q), key("s3."+string(q.Region)+".amazonaws.com", q, alias), nil, useKey...)
	case OwnKeyQueue:
		add(keyARN(q), key(sqs, other, alias), nil, useKey...)
	case OwnOtherKey:
		elsewhere := q
		elsewhere.Account = free(map[string]bool{q.Account: true}, 999_999_999_999, -1)
		add(keyARN(elsewhere), key(sqs, q, alias), nil, useKey...)
		if g.keyByAlias {
			add(keyARN(q), key(sqs, q, "alias/another-"+q.Alias), nil, useKey...)
			add(keyARN(q), key(sqs, q, alias+"x"), nil, useKey...)
			add(keyARN(q), key(sqs, q, ""), nil, useKey...)
		} else {
			add(keyARN(q)+"-another", key(sqs, q, alias), nil, useKey...)
		}
	case OwnOtherKMS:
		add(keyARN(q), key(sqs, q, alias), g.key, "kms:*")
		add(keyARN(q), key(sqs, dead, alias), g.keyForDeadLetter, "kms:*")
	case OwnOther:
		add("*", nil, nil, "iam:ListRoles", "kms:CreateKey", "kms:ListAliases", "s3:ListAllMyBuckets", "sqs:ListQueues", "sts:GetFederationToken")
	}
	return false, requests
}

// keyARN stands for the ARN that KMS gives the key on deployment. Keys of one
// account differ by their alias.
func keyARN(q address.Queue) string {
	return q.KeyARN("key-with-alias-" + q.Alias)
}
