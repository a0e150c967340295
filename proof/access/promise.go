package access

import (
	"slices"
	"strings"

	"example.com/shared-queue/address"
	"example.com/shared-queue/proof/asked"
	"example.com/shared-queue/proof/cast"
	"example.com/shared-queue/spec"
)

// What callers are promised is written in this file, by hand, from what was asked
// for, and nowhere derived from policies.
//
// The queue's policy asks for the organization, the key's for the OU, and sending
// takes both. To look the queue up, where senders may, takes the queue's policy
// alone.
var (
	nothing = []Operation{}
	atQueue = []Operation{QueueAccepts, LookUp}
	send    = []Operation{Send, QueueAccepts, KeyAccepts, LookUp}

	// A service need not come through SQS: no AWS page says that its request names
	// SQS in kms:ViaService.
	serviceAtQueue = []Operation{QueueAccepts}
	serviceSends   = []Operation{Send, QueueAccepts, KeyAccepts, KeyDirectly, KeyByOther, KeyElsewhere}
)

// promised is what a caller may do with a queue and its key.
func promised(q *asked.Queue, c cast.Caller) []Operation {
	switch c.Kind {
	case cast.Publisher, cast.Powerful, cast.Borrower, cast.Named:
		return toPrincipals(q, c.Path)
	case cast.Stranger:
		// Its own policies allow nothing here. In this queue's own account it can do what a
		// role with no policy can.
		if c.Account == q.At.Account {
			return toPrincipals(q, c.Path)
		}
	case cast.ServiceFor:
		if slices.Contains(q.Services, c.Principal) {
			return toServices(q, c.Path)
		}
	case cast.LocalIdle, cast.Local:
		return toPrincipals(q, c.Path)
	case cast.LocalSQS:
		all := []Operation{QueueAccepts, LookUp, SendDeadLetter, OtherQueue, AdministerQueue}
		if c.InOU { // the key's policy lets it decrypt through the queue
			all = append(all, KeyAccepts, Send, Read, ReadDeadLetter, Redrive)
		}
		return all
	case cast.Administrator:
		return slices.DeleteFunc(slices.Clone(operations), func(o Operation) bool { return o == OverHTTP })
	case cast.Worker:
		return toWorker(q, c)
	}
	return nothing
}

// toPrincipals is what is promised to a principal whose own account allows all, by
// the path of its account; an empty path is no organization.
func toPrincipals(q *asked.Queue, path string) []Operation {
	organization, _, _ := strings.Cut(path, "/")
	for _, sender := range q.Senders {
		if path == sender.String() || strings.HasPrefix(path, sender.String()+"/") {
			return send
		}
	}
	if organization == q.Organization() && !q.OrgPathsOnQueue {
		return atQueue
	}
	return nothing
}

// toServices is what is promised to a service that may send, by the path of the
// account that it acts for.
func toServices(q *asked.Queue, path string) []Operation {
	switch promise := toPrincipals(q, path); {
	case slices.Contains(promise, Send):
		return serviceSends
	case slices.Contains(promise, QueueAccepts):
		return serviceAtQueue
	}
	return nothing
}

// toWorker is what is promised to a role of the shared account, by its grants and by
// the account's place.
func toWorker(q *asked.Queue, c cast.Caller) []Operation {
	var can []Operation
	for _, kind := range c.Grantee.Kinds {
		can = append(can, promises[kind].can...)
	}
	if c.InOU {
		can = append(can, KeyAccepts)
	}
	if !c.Grantee.Has(spec.Consume) { // which is denied sending
		can = append(can, toPrincipals(q, c.Path)...)
	}
	return can
}

// A promise is what a role with one kind of grant is meant to do.
type promise struct {
	granted string      // what the grant is for, in words
	can     []Operation // what it may do in the shared account, outside the OU
	own     grant       // what its own policy allows
	arrow   string      // in the picture, with the role in the place of %s
}

// promises has one entry for each kind of grant. A new kind needs one: a test says so.
var promises = map[spec.GrantKind]promise{
	spec.Send: {"send", send, toSend, "%s -- send --> queue"},
	spec.Consume: {"read", []Operation{LookUp, Read, OtherQueue}, toConsume,
		"queue -- \"receive, delete\" --> %s"},
	spec.ConsumeDeadLetters: {"read dead letters", []Operation{ReadDeadLetter, OtherQueue, KeyForDead}, toConsumeDead,
		"dead -- \"receive, delete\" --> %s"},
	spec.Redrive: {"redrive dead letters", []Operation{Send, QueueAccepts, ReadDeadLetter, Redrive, OtherQueue, KeyForDead}, toRedrive,
		"dead -- redrive --> %s --> queue"},
}

// A grant is what a role's own policy is meant to allow.
type grant struct {
	queue, deadLetter     []string // SQS actions on the two queues
	key, keyForDeadLetter []string // KMS actions on the key, through each of them
	keyByAlias            bool     // the policy knows the key by its alias only

	elsewhere []elsewhere // the other queues of the app
}

// Elsewhere is another queue, and what the role's own policy is meant to allow there.
type elsewhere struct {
	at      address.Queue
	grant   grant
	sameKey bool
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

// granted is what the grantee's grants are for, in words, and what its own policies
// are meant to allow.
func granted(g asked.Grantee) (words string, own grant) {
	var all []string
	for _, kind := range spec.GrantKinds() {
		if !g.Has(kind) {
			continue
		}
		p := promises[kind]
		all = append(all, p.granted)
		own.queue = append(own.queue, p.own.queue...)
		own.deadLetter = append(own.deadLetter, p.own.deadLetter...)
		own.key = append(own.key, p.own.key...)
		own.keyForDeadLetter = append(own.keyForDeadLetter, p.own.keyForDeadLetter...)
		own.keyByAlias = own.keyByAlias || p.own.keyByAlias
	}
	own.queue = append(own.queue, g.SenderMayAlso...)
	return join(all, "and"), own
}
