package spec

import (
	"slices"

	"example.com/shared-queue/address"
)

// An Environment is a shared account's queue and the publishers that send to it.
type Environment struct {
	Name string

	// Region is the Region of the queue, its key and its publishers' stacks, like
	// us-east-1. After a change all stacks are new, and the old ones stay, with their
	// messages and with the names of their roles.
	Region address.Region

	// Account is the shared account, which owns queue and key: 12 digits. After a
	// change queue and key are new, and the old stack stays with its messages.
	Account string

	Queue  Queue
	Roles  Roles
	Alarms Alarms

	Organization Organization // for publishers with EveryAccount

	// Tags are tags of every stack and its resources, with the tag environment,
	// which is the environment's name. Default: none.
	Tags map[string]string

	Publishers []Publisher // in order of their names
}

// An Organization is the part of an AWS Organization that owns stack sets.
type Organization struct {
	// Account is the account that owns the stack sets of publishers with EveryAccount,
	// 12 digits: the organization's management account, or with DelegatedAdministrator
	// one that is a delegated administrator for StackSets. After a change the old stack
	// set stays, and its roles keep the names that the new one needs.
	Account string

	Options StackSetOptions
}

// A Publisher is a role that may send, in an account of its own or in every account
// of the OUs that send.
type Publisher struct {
	Name string

	// Account is the account that sends: 12 digits. After a change the old stack stays,
	// and its role can still send. Default: none, with EveryAccount.
	Account string

	// EveryAccount makes the role in every account of the OUs that send, also in those
	// that join later, by a stack set of the organization: see docs/stack-sets.md. An
	// account that leaves loses it. After a change the old stack stays, and its role
	// keeps the name that the new one needs. Default: off.
	EveryAccount bool

	// SendsTo are the names of other environments to whose queues the role may send too:
	// its own is always there. They may be in any Region of the partition, and some
	// account must be in the OUs of both. Default: none.
	SendsTo []string

	Role Role
}

// QueueAddress is the address of the environment's queue, the same in every
// account.
func (e Environment) QueueAddress() address.Queue { return e.Queue.At(e.Account, e.Region) }

// Destination is the environment's queue for a role that sends there.
func (e Environment) Destination() Destination {
	return Destination{e.QueueAddress(), e.Queue.SenderMayAlso}
}

// StackSet is a publisher's role in every account of the OUs.
func (e Environment) StackSet(p Publisher) RoleStackSet {
	return RoleStackSet{Role: p.Role, Senders: e.Queue.Senders, Options: e.Organization.Options}
}

// WithAccount is the environment with each role that is in every account in the
// one with the id.
func (e Environment) WithAccount(account string) Environment {
	e.Publishers = slices.Clone(e.Publishers)
	for i, p := range e.Publishers {
		if p.EveryAccount {
			e.Publishers[i].Account = account
		}
	}
	return e
}

// StackName is the name of the shared account's stack.
func (e Environment) StackName() string { return e.Name + "-shared" }

// PublisherStackName is the name of a publisher account's stack.
func (e Environment) PublisherStackName(p Publisher) string { return e.Name + "-publisher-" + p.Name }
