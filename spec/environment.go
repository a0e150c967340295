package spec

import "example.com/shared-queue/address"

// An Environment is a shared account's queue and the publishers that send to it.
type Environment struct {
	Name       string
	Region     address.Region
	Account    string // the shared account
	Queue      Queue
	Roles      Roles
	Alarms     Alarms
	Tags       map[string]string // with the environment's name
	Publishers []Publisher       // by name
}

// A Publisher is a sending role in an account of its own.
type Publisher struct {
	Name    string
	Account string
	Role    Role
}

// QueueAddress is where the environment's queue is found from any account.
func (e Environment) QueueAddress() address.Queue { return e.Queue.At(e.Account, e.Region) }

// StackName is the name of the shared account's stack.
func (e Environment) StackName() string { return e.Name + "-shared" }

// PublisherStackName is the name of a publisher account's stack.
func (e Environment) PublisherStackName(p Publisher) string { return e.Name + "-publisher-" + p.Name }
