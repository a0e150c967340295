package spec

import (
	"fmt"

	"example.com/shared-queue/address"
	"example.com/shared-queue/internal/problem"
	"example.com/shared-queue/policy"
)

// Roles has the fields of shared.Roles, which documents them.
type Roles struct {
	Consumers           []string
	DeadLetterConsumers []string
	Operators           []string
}

// A GrantKind is what a grant allows a role to do with a queue.
type GrantKind int

// The kinds of grants. See [GrantKind.Excludes] for those that one role cannot
// have together.
const (
	Send               GrantKind = iota // a publisher's
	Consume                             // a consumer's
	ConsumeDeadLetters                  // a dead-letter consumer's
	Redrive                             // an operator's
)

// kinds lists for each kind what a role that has it is called, the property of
// Roles with their ARNs, the IAM policy, and whether it sends to the queue.
var kinds = [...]struct {
	role     string
	property string
	of       func(Roles) []string
	document func(q address.Queue, keyARN string) policy.Document
	sends    bool
}{
	Send: {"publisher", "", func(Roles) []string { return nil },
		func(q address.Queue, _ string) policy.Document { return policy.GrantSend(q) }, true},
	Consume: {"consumer", "Consumers", func(r Roles) []string { return r.Consumers }, policy.Consume, false},
	ConsumeDeadLetters: {"dead-letter consumer", "DeadLetterConsumers",
		func(r Roles) []string { return r.DeadLetterConsumers }, policy.ConsumeDeadLetters, false},
	Redrive: {"operator", "Operators", func(r Roles) []string { return r.Operators }, policy.Redrive, true},
}

// GrantKinds is the list of all kinds.
func GrantKinds() []GrantKind { return []GrantKind{Send, Consume, ConsumeDeadLetters, Redrive} }

// Excludes reports whether one role cannot have both grants on a queue: a
// consumer is denied sending, which the other needs.
func (k GrantKind) Excludes(other GrantKind) bool {
	return k == Consume && kinds[other].sends || other == Consume && kinds[k].sends
}

// String is what a role that has the grant is called, like consumer.
func (k GrantKind) String() string { return kinds[k].role }

// Document is the IAM policy that gives a role the grant on q, whose key has
// the ARN.
func (k GrantKind) Document(q address.Queue, keyARN string) policy.Document {
	return kinds[k].document(q, keyARN)
}

// A Grant allows one role to do something with a queue.
type Grant struct {
	Kind     GrantKind
	Property string // where it is set: Consumers[0] of Roles, or the name of the publisher
	Role     address.Role
	Document policy.Document
}

// KeyID has the length of KMS's key ids. With it a grant can be measured before
// the key exists.
const KeyID = "00000000-0000-0000-0000-000000000000"

// Grants is the list of the grants of the environment's publishers, then of its
// Roles, in order. It leaves out roles that Check refuses.
func (e Environment) Grants() []Grant {
	q := e.QueueAddress()
	keyARN := q.KeyARN(KeyID)
	var grants []Grant
	for _, p := range e.Publishers {
		grants = append(grants, Grant{Send, p.Name, p.Role.At(p.Account), p.Role.Permissions()})
	}
	return append(grants, e.Roles.Grants(q, keyARN)...)
}

// Grants is the list of all roles' grants on q, in order. It leaves out roles
// that Check refuses.
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

// maxGrants is how many policies of roles a stack's template has room for: with
// the longest names, 300 of the longest are 870,000 of at most 1,000,000 bytes.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
const maxGrants = 300

// Check returns an error if roles cannot have their grants on q. It has a line
// for each, like Consumers[0]: the value, what is allowed, and the cure. An account
// or a Region of q that is not valid counts as not known. Unread names properties
// whose values are not known either.
func (r Roles) Check(q address.Queue, unread ...string) error {
	var problems problem.List
	problems.Doubt(unread...)
	grants := 0
	taken := map[string][]Grant{} // by role
	for _, kind := range GrantKinds() {
		for i, arn := range kinds[kind].of(r) {
			at := fmt.Sprintf("[%d]", i)
			role, err := parseRole(arn, q)
			if err == nil {
				err = kind.checkCombination(role, taken[role.Key()])
				taken[role.Key()] = append(taken[role.Key()], Grant{Kind: kind, Property: "{" + kinds[kind].property + "}" + at, Role: role})
			}
			problems.Add(kinds[kind].property+at, err)
		}
		before := grants
		grants += len(kinds[kind].of(r))
		if before <= maxGrants && grants > maxGrants {
			problems.Add(kinds[kind].property, problem.New(fmt.Sprintf("%d roles", grants),
				fmt.Sprintf("at most %d consumers, dead-letter consumers and operators together, as a template has room for no more", maxGrants),
				"name fewer, which others may assume"))
		}
	}
	return problems.Err()
}

// checkCombination returns an error if the role cannot have the grant beside
// others: it has it already, or one that excludes it, or another ARN there.
func (k GrantKind) checkCombination(role address.Role, others []Grant) error {
	for _, other := range others {
		switch {
		case other.Kind == k:
			return problem.New(role.ARN(), "each role once", "remove it: it is "+other.Property+" again")
		case k.Excludes(other.Kind):
			return problem.New(role.ARN(), fmt.Sprintf("a role that is not %s and %s in one: a consumer is denied sending", other.Kind, k),
				"remove it here or at "+other.Property)
		}
		if err := role.CheckSame(other.Role, other.Property); err != nil {
			return err
		}
	}
	return nil
}

// parseRole reads the ARN of a role in q's account, as far as that is known.
func parseRole(arn string, q address.Queue) (address.Role, error) {
	accountKnown, regionKnown := address.CheckAccount(q.Account) == nil, q.Region.Check() == nil
	if !accountKnown {
		q.Account = "123456789012"
	}
	want := q.Region.IAMARN(q.Account, "role/…")
	role, err := address.ParseRole(arn)
	switch {
	case err != nil:
		wrong := problem.All(err)[0]
		wrong.Allowed = "the ARN of an IAM role, " + want
		return address.Role{}, &wrong
	case accountKnown && role.Account != q.Account || regionKnown && role.Partition != q.Region.Partition():
		return address.Role{}, problem.New(arn, "a role of the shared account, "+want+", as reading stays inside",
			"name a role of that account, which others may be let to assume")
	case role.Reserved():
		return address.Role{}, problem.New(arn, "a role whose policies its account can change, not one of AWS's own in /aws-service-role/ or /aws-reserved/",
			"name a role of your own, which others may be let to assume")
	}
	return role, nil
}
