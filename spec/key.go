package spec

import (
	"fmt"
	"slices"

	"example.com/shared-queue/address"
	"example.com/shared-queue/internal/problem"
	"example.com/shared-queue/policy"
)

// Key has the fields of shared.KeyProps, which documents them.
type Key struct {
	RemovalPolicy    RemovalPolicy
	KeyPendingWindow *int
}

// WithDefaults is k with the default of each field that is not set.
func (k Key) WithDefaults() Key {
	k.KeyPendingWindow = or(k.KeyPendingWindow, 30)
	if k.RemovalPolicy == "" {
		k.RemovalPolicy = Retain
	}
	return k
}

// Check returns an error if KMS would refuse k. It has a line for each wrong
// property.
func (k Key) Check() error {
	var problems problem.List
	problems.Add("RemovalPolicy", k.RemovalPolicy.check())
	checkCount(&problems, "KeyPendingWindow", k.KeyPendingWindow)
	return problems.Err()
}

// A SharedKey is a key for several queues: a *shared.Key, and nothing else, as
// nobody knows what the policy of another key lets others do.
type SharedKey interface {
	InUse() KeyInUse
}

// A KeyInUse is what is known of a key for several queues.
type KeyInUse struct {
	Key
	Account string
	Region  address.Region
	Queues  []KeyUser // that it encrypts already
}

// A KeyUser is a queue that a key encrypts with others.
type KeyUser struct {
	At      address.Queue
	Allowed policy.Senders
}

// Policy is the key's policy: each queue has its own statements.
func (k KeyInUse) Policy() policy.Document {
	document := policy.NewKey(k.Region, k.Account)
	for _, q := range k.Queues {
		document = append(document, policy.UseSharedKey(q.At, q.Allowed)...)
	}
	return document
}

// defaultAliases is how many aliases a key has by default: each queue has one.
// https://docs.aws.amazon.com/kms/latest/developerguide/resource-limits.html
const defaultAliases = 50

// keyNotes are remarks on the queue's key: it may need a higher quota.
func (q Queue) keyNotes() []Note {
	if q.Key == nil || len(q.Key.InUse().Queues) < defaultAliases {
		return nil
	}
	return []Note{{"shared-queue:alias-quota", fmt.Sprintf("The key of %s has an alias for each of %d queues, more than the %d that an account allows by default. "+
		"Ask AWS for a higher quota of \"Aliases per KMS key\" in the account before you deploy, or make another key.",
		q.QueueName, len(q.Key.InUse().Queues)+1, defaultAliases)}}
}

// checkKey returns an error if the key cannot encrypt the queue too. Policies are
// measured if all that goes into them is right.
func (q Queue) checkKey(at address.Queue, measure bool) error {
	if q.Key == nil {
		return nil
	}
	var problems problem.List
	k := q.Key.InUse()
	if k.Account != at.Account || k.Region != at.Region {
		problems.Add("Key", problem.New(fmt.Sprintf("a key of account %s and Region %s", k.Account, k.Region),
			fmt.Sprintf("a key of the queue's account %s and Region %s", at.Account, at.Region), "make one there by NewKey"))
	}
	if q.KeyPendingWindow != nil {
		problems.Add("KeyPendingWindow", problem.New(*q.KeyPendingWindow, "nothing with {Key}, which has its own", "set it in KeyProps"))
	}
	if q.WithDefaults().RemovalPolicy == Retain && k.WithDefaults().RemovalPolicy == Destroy {
		problems.Add("RemovalPolicy", problem.New(Retain, "{Destroy} with a {Key} that has it, as messages that stay could not be read without their key",
			"set RemovalPolicy of KeyProps to Retain"))
	}
	if slices.ContainsFunc(k.Queues, func(u KeyUser) bool { return u.At.Alias == at.Alias }) {
		problems.Add("KeyAlias", problem.New(at.Alias, "an alias that no other queue of the {Key} has, as each has its own", "choose another"))
	}
	k.Queues = append(slices.Clone(k.Queues), KeyUser{at, q.Allowed()})
	if measure && problems.Err() == nil {
		if size := k.Policy().Size(); size > maxKeyPolicy {
			problems.Add("Key", problem.New(fmt.Sprintf("%d queues", len(k.Queues)),
				fmt.Sprintf("queues whose senders keep the key policy within %d bytes, it would have %d", maxKeyPolicy, size), "make another key for some of them"))
		}
	}
	return problems.Err()
}
