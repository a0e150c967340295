package access

import (
	"slices"

	"example.com/shared-queue/address"
	"example.com/shared-queue/proof/asked"
	"example.com/shared-queue/proof/cast"
	"example.com/shared-queue/proof/evaluate"
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

// operationsOn are the operations that a queue and its key are asked about. Where
// senders may not look the queue up, that is one of the other SQS actions.
func operationsOn(q *asked.Queue) []Operation {
	if len(q.SenderMayAlso) > 0 {
		return operations
	}
	return slices.DeleteFunc(slices.Clone(operations), func(o Operation) bool { return o == LookUp })
}

// keyUse is what SQS does with the key for a caller that sends. For a service no AWS
// page says that it encrypts.
func keyUse(c cast.Caller) []string {
	if c.IsService() {
		return []string{"kms:Decrypt", "kms:GenerateDataKey"}
	}
	return useKey
}

// Steps are the requests of one operation of a caller. If all is true the operation
// takes every one of them; else one is enough.
type steps struct {
	*subject
	caller   cast.Caller
	all      bool
	requests []evaluate.Request
}

// on adds requests on a queue of the subject.
func (s *steps) on(r resource, secure string, actions ...string) {
	for _, action := range actions {
		s.requests = append(s.requests, evaluate.Request{
			Action: action, Resource: r.arn, Account: r.account, Policy: r.policy, Control: s.control,
			Context: s.facts(secure),
		})
	}
}

// facts are what AWS says of every request on the subject. The shared account is in
// the organization of the senders.
func (s *steps) facts(secure string) map[string]any {
	return map[string]any{
		"aws:SecureTransport": secure,
		"aws:RequestedRegion": string(s.at.Region),
		"aws:ResourceAccount": s.at.Account,
		"aws:ResourceOrgID":   s.q.Organization(),
	}
}

// onKey adds requests on a key, by way of a service, for a queue. Where no key
// encrypts there is nothing to ask.
func (s *steps) onKey(k resource, via string, of address.Queue, actions ...string) {
	if k.arn == "" {
		return
	}
	for _, action := range actions {
		context := s.facts("true")
		context["kms:EncryptionContext:aws:sqs:arn"], context["kms:EncryptionContextKeys"] = of.ARN(), []string{"aws:sqs:arn"}
		if len(k.aliases) > 0 { // absent if there is none
			context["kms:ResourceAliases"] = k.aliases
		}
		if via != "" {
			context["kms:ViaService"] = via
		}
		s.requests = append(s.requests, evaluate.Request{
			Action: action, Resource: k.arn, Account: k.account, Policy: k.policy, Control: s.control, Context: context,
		})
	}
}

// throughSQS adds what SQS asks of a key for the caller. A service's request may not
// say that it comes through SQS.
func (s *steps) throughSQS(k resource, of address.Queue, actions ...string) {
	s.onKey(k, s.at.ViaService(), of, actions...)
	if s.caller.IsService() {
		s.onKey(k, "", of, actions...)
	}
}

// stepsOf are the requests of the caller's operation on the subject.
func stepsOf(o Operation, subject *subject, c cast.Caller) *steps {
	s := &steps{subject: subject, caller: c}
	switch o {
	case Send, QueueAccepts, KeyAccepts, LookUp, Read, ReadDeadLetter, Redrive:
		s.all = true
	}
	switch o {
	case KeyAccepts, KeyDirectly, KeyForDead, KeyForOther, KeyByOther, KeyElsewhere, OtherKey, AdministerKey:
		s.onlyKey(o)
	default:
		s.queues(o)
	}
	return s
}

// queues are the steps of operations that have to do with the queues.
func (s *steps) queues(o Operation) {
	switch o {
	case Send:
		s.on(s.queue, "true", "sqs:SendMessage")
		s.throughSQS(s.queueKey, s.at, "kms:GenerateDataKey", "kms:Decrypt")
	case QueueAccepts:
		s.on(s.queue, "true", "sqs:SendMessage")
	case LookUp:
		s.on(s.queue, "true", s.q.SenderMayAlso...)
	case OverHTTP:
		s.on(s.queue, "false", "sqs:*")
		s.on(s.dead, "false", "sqs:*")
	case SendDeadLetter:
		s.on(s.dead, "true", "sqs:SendMessage")
	case Read:
		s.on(s.queue, "true", "sqs:ReceiveMessage", "sqs:DeleteMessage")
		s.onKey(s.queueKey, s.at.ViaService(), s.at, "kms:Decrypt")
	case ReadDeadLetter:
		// A message keeps the data key that it was sent with, the queue's. KeyForDead
		// asks about the key for the dead-letter queue.
		s.on(s.dead, "true", "sqs:ReceiveMessage", "sqs:DeleteMessage")
		s.onKey(s.queueKey, s.at.ViaService(), s.at, "kms:Decrypt")
	case Redrive:
		s.on(s.dead, "true", redriveActions...)
		s.on(s.queue, "true", "sqs:SendMessage")
		s.onKey(s.queueKey, s.at.ViaService(), s.at, "kms:Decrypt", "kms:GenerateDataKey")
	case OtherQueue:
		s.on(s.queue, "true", "sqs:*")
		s.on(s.dead, "true", "sqs:*")
		for i := range s.requests {
			s.requests[i].Except = append([]string{"sqs:SendMessage"}, administerQueue...)
		}
		s.requests[0].Except = append(s.requests[0].Except, s.q.SenderMayAlso...)
	case AdministerQueue:
		s.on(s.queue, "true", administerQueue...)
		s.on(s.dead, "true", administerQueue...)
	}
}

// onlyKey are the steps of operations that have to do with the key alone.
func (s *steps) onlyKey(o Operation) {
	use, via, dead, other := keyUse(s.caller), s.at.ViaService(), s.at.DeadLetter(), s.at
	other.Name = "another-" + s.at.Name
	switch o {
	case KeyAccepts:
		s.throughSQS(s.queueKey, s.at, use...)
	case KeyDirectly:
		s.onKey(s.key, "", s.at, use...)
	case KeyForDead:
		s.onKey(s.key, via, dead, use...)
	case KeyForOther:
		s.throughSQS(s.key, other, use...)
	case KeyByOther:
		s.onKey(s.key, "s3."+string(s.at.Region)+".amazonaws.com", s.at, use...)
	case KeyElsewhere:
		s.onKey(s.key, "sqs.xx-elsewhere-1.amazonaws.com", s.at, use...)
		s.onKey(s.key, "sqs."+string(s.at.Region)+"0.amazonaws.com", s.at, use...) // whose code begins the same
		s.onKey(s.key, via+".cn", s.at, use...)
	case OtherKey:
		s.onKey(s.key, "", s.at, "kms:*")
		s.onKey(s.key, via, s.at, "kms:*")
		for i := range s.requests {
			s.requests[i].Except = slices.Concat(use, administerKey)
		}
	case AdministerKey:
		s.onKey(s.key, "", s.at, administerKey...)
		s.onKey(s.key, via, s.at, administerKey...)
	}
}
