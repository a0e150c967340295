package spec

import "example.com/shared-queue/address"

// An Environment is a shared account's queue and the publishers that send to it.
type Environment struct {
	Name string

	// Region is the Region of the queue, its key and its publishers' stacks, like
	// us-east-1.
	Region address.Region

	// Account is the shared account, which owns queue and key: 12 digits.
	Account string

	Queue  Queue
	Roles  Roles
	Alarms Alarms

	// Tags are tags of every stack and its resources, with the tag environment,
	// which is the environment's name. Default: none.
	Tags map[string]string

	Publishers []Publisher // in order of their names
}

// A Publisher is a role that may send, in an account of its own.
type Publisher struct {
	Name string

	// Account is the account that sends: 12 digits.
	Account string

	Role Role
}

// QueueAddress is the address of the environment's queue, the same in every
// account.
func (e Environment) QueueAddress() address.Queue { return e.Queue.At(e.Account, e.Region) }

// StackName is the name of the shared account's stack.
func (e Environment) StackName() string { return e.Name + "-shared" }

// PublisherStackName is the name of a publisher account's stack.
func (e Environment) PublisherStackName(p Publisher) string { return e.Name + "-publisher-" + p.Name }
