package spec

import (
	"fmt"

	"example.com/shared-queue/address"
	"example.com/shared-queue/internal/problem"
	"example.com/shared-queue/policy"
)

// Roles is what shared.Roles documents, field by field.
type Roles struct {
	Consumers []string
	Operators []string
}

// A GrantKind is what a role is let do with a queue.
type GrantKind int

// The kinds of grants. One role has at most one of them on a queue: a consumer
// is denied to send, which the two others do.
const (
	Send    GrantKind = iota // a publisher's
	Consume                  // a consumer's
	Redrive                  // an operator's
)

// kinds says of each kind what a role is called that has it, which of Roles have
// it, and by which policy.
var kinds = [...]struct {
	role     string
	property string
	of       func(Roles) []string
	document func(q address.Queue, keyARN string) policy.Document
}{
	Send: {"publisher", "", func(Roles) []string { return nil },
		func(q address.Queue, _ string) policy.Document { return policy.GrantSend(q) }},
	Consume: {"consumer", "Consumers", func(r Roles) []string { return r.Consumers }, policy.Consume},
	Redrive: {"operator", "Operators", func(r Roles) []string { return r.Operators }, policy.Redrive},
}

// GrantKinds are all of them.
func GrantKinds() []GrantKind { return []GrantKind{Send, Consume, Redrive} }

// String is what a role is called that has the grant, like consumer.
func (k GrantKind) String() string { return kinds[k].role }

// Document is the policy of a role with the grant on q, whose key has the ARN.
func (k GrantKind) Document(q address.Queue, keyARN string) policy.Document {
	return kinds[k].document(q, keyARN)
}

// A Grant is what one role is let do with a queue.
type Grant struct {
	Kind     GrantKind
	Property string // of Roles, like Consumers[0]; of a publisher, its name
	Role     address.Role
	Document policy.Document
}

// KeyID is as long as the key ids of KMS, for grants whose size is measured
// before there is a key.
const KeyID = "00000000-0000-0000-0000-000000000000"

// Grants are those of the environment's publishers, then of its Roles, in order.
// Roles that Check refuses are left out.
func (e Environment) Grants() []Grant {
	q := e.QueueAddress()
	keyARN := q.KeyARN(KeyID)
	var grants []Grant
	for _, p := range e.Publishers {
		grants = append(grants, Grant{Send, p.Name, p.Role.At(p.Account), Send.Document(q, keyARN)})
	}
	return append(grants, e.Roles.Grants(q, keyARN)...)
}

// Grants are those on q of each role, in order. Roles that Check refuses are
// left out.
func (r Roles) Grants(q address.Queue, keyARN string) []Grant {
	var grants []Grant
	for _, kind := range GrantKinds() {
		for i, arn := range kinds[kind].of(r) {
			role, err := parseRole(arn, q)
			if err == nil {
				grants = append(grants, Grant{kind, fmt.Sprintf("%s[%d]", kinds[kind].property, i), role, kind.Document(q, keyARN)})
			}
		}
	}
	return grants
}

// Check reports roles that cannot have grants on q. The error has a line for
// each, like Consumers[0], with the value, what is allowed and the cure.
func (r Roles) Check(q address.Queue) error {
	if !placed(q) {
		return nil
	}
	var problems problem.List
	taken := map[string]string{}
	for _, kind := range GrantKinds() {
		for i, arn := range kinds[kind].of(r) {
			at := fmt.Sprintf("%s[%d]", kinds[kind].property, i)
			role, err := parseRole(arn, q)
			problems.Add(at, err)
			if err != nil {
				continue
			}
			if by, twice := taken[role.Key()]; twice {
				problems.Add(at, problem.New(arn, "each role once: consumers are denied to send, which operators must", "remove it here or at "+by))
				continue
			}
			taken[role.Key()] = fmt.Sprintf("{%s}[%d]", kinds[kind].property, i)
		}
	}
	return problems.Err()
}

// parseRole reads the ARN of a role of q's account.
func parseRole(arn string, q address.Queue) (address.Role, error) {
	want := q.Region.IAMARN(q.Account, "role/…")
	role, err := address.ParseRole(arn)
	switch {
	case err != nil:
		return address.Role{}, problem.New(arn, "the ARN of an IAM role, "+want, "write the role's whole ARN")
	case role.Account != q.Account || role.Partition != q.Region.Partition():
		return address.Role{}, problem.New(arn, "a role of the shared account, "+want+", as reading stays inside",
			"name a role of that account, which others may be let to assume")
	}
	return role, nil
}
