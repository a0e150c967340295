// Package world is the model of what is deployed, as far as it decides who can do
// what with a queue: keys, queues and roles with their policies. Loaders fill it,
// from templates or from AWS; the evaluator and the simulation read it.
package world

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"example.com/shared-queue/address"
)

// A World is what is deployed.
type World struct {
	Keys       []*Key
	Queues     []*Queue
	Identities []*Identity
	Controls   []*Control // as far as they were looked at

	// Unknown are what a loader could not read, each with the reason. What it would
	// decide is not known.
	Unknown []Unknown

	// Unasked are the ARNs of queues and roles that a loader did not look at: nothing is
	// asked about them.
	Unasked []string
}

// An Unknown is something that decides and could not be read.
type Unknown struct {
	What string // its ARN, or its place in the templates
	Why  string
}

// A Place is where something is written: a resource of a template, or nothing for
// what was read from AWS.
type Place struct {
	Construct string // path in the construct tree, like dev-shared/SharedQueue/Key/Resource
	Stack     string // path of its stack
	LogicalID string
}

// A Policy is one document.
type Policy struct {
	ID       string // in words, unique in a world
	Document map[string]any
	Place    Place
}

// A Key is a KMS key.
type Key struct {
	ARN     string
	Account string
	Region  address.Region
	Aliases []string // like alias/orders
	Policy  *Policy
	Grants  []Grant
	State   string // as KMS calls it; empty if it is not deployed yet
	Unread  bool   // its policy could not be read: see the world's Unknown
	Place   Place
}

// A Grant of KMS lets a principal use a key, whatever the key's policy says.
// https://docs.aws.amazon.com/kms/latest/developerguide/grants.html
type Grant struct {
	ID         string
	Grantee    string // ARN or service
	Operations []string
	Context    map[string]string // that the encryption context must have
}

// A Queue is an SQS queue.
type Queue struct {
	ARN     string
	Account string
	Region  address.Region
	Name    string
	Policy  *Policy // nil if it has none
	// Key is the ARN of the key that encrypts its messages: that of a key of this world,
	// of one that is not known, or an alias like alias/aws/sqs. Empty if no KMS key does.
	Key        string
	DeadLetter string   // ARN of its dead-letter queue
	Sources    []string // ARNs of the queues whose dead letters it takes, if it says so
	AnySource  bool     // it takes dead letters of every queue of the account
	Unread     bool     // its policy could not be read: see the world's Unknown
	// Attributes are its properties as CloudFormation has them, resolved.
	Attributes map[string]any
	Place      Place
}

// An Identity is an IAM role or user.
type Identity struct {
	ARN     string
	Account string
	Trust   *Policy // of a role that is made here; nil if it is not known
	// Policies are its inline and attached policies, as far as they are known.
	Policies []*Policy
	Boundary *Policy
	// UnknownBoundary is the ARN of a permissions boundary whose document is not known.
	UnknownBoundary string
	// UnknownPolicies are the ARNs of attached policies whose documents are not known.
	UnknownPolicies []string
	// Imported is one that is not made here: it may have policies that are not known.
	Imported bool
	// OUs are those in whose every account a stack set makes the role. Account is then a
	// made-up one of them.
	OUs   []string
	Place Place
}

// A Control is the policies of an organization above an account: service control
// policies limit its principals, resource control policies its resources. At each
// level, from the root down to the account, one policy must allow and none deny.
// Above the management account there is none. Policies does not have them.
// https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html
type Control struct {
	Account  string
	Path     string // of its OU or root in the organization, o-…/r-…/ou-…
	Service  []Level
	Resource []Level
}

// A Level is what is attached to a root, an OU or an account. If nothing is, that
// kind of policy is turned off in the organization.
type Level struct {
	Target   string // its id
	Policies []*Policy
}

// Key is the key with the ARN or alias ARN, nil if it is not in the world.
func (w *World) Key(arn string) *Key {
	for _, k := range w.Keys {
		if k.ARN == arn {
			return k
		}
		for _, alias := range k.Aliases {
			if arn == k.Region.ARN("kms", k.Account, alias) {
				return k
			}
		}
	}
	return nil
}

// KeyOf is the key that a queue uses, nil if it uses none of this world.
func (w *World) KeyOf(q *Queue) *Key {
	if q == nil || q.Key == "" {
		return nil
	}
	if strings.HasPrefix(q.Key, "arn:") {
		return w.Key(q.Key)
	}
	if strings.HasPrefix(q.Key, "alias/") {
		return w.Key(q.Region.ARN("kms", q.Account, q.Key))
	}
	return w.Key(q.Region.ARN("kms", q.Account, "key/"+q.Key))
}

// IsUnknown reports whether something about what has the name could not be read.
func (w *World) IsUnknown(name string) bool {
	return slices.ContainsFunc(w.Unknown, func(u Unknown) bool { return strings.HasSuffix(u.What, name) })
}

// IsUnknownIn reports whether something in the construct at the path could not be read.
func (w *World) IsUnknownIn(path string) bool {
	return slices.ContainsFunc(w.Unknown, func(u Unknown) bool { return strings.HasPrefix(u.What, path+"/") })
}

// Queue is the queue with the ARN, nil if it is not in the world.
func (w *World) Queue(arn string) *Queue {
	if i := slices.IndexFunc(w.Queues, func(q *Queue) bool { return q.ARN == arn }); i >= 0 {
		return w.Queues[i]
	}
	return nil
}

// Identity is the role or user with the ARN, nil if it is not in the world. IAM has
// one role of a name in an account, whatever its path.
func (w *World) Identity(arn string) *Identity {
	for _, i := range w.Identities {
		if i.ARN == arn {
			return i
		}
	}
	return nil
}

// Named is the role or user of the account with the name, nil if there is none. Kind
// is role or user. Names differ without regard to case.
func (w *World) Named(account, kind, name string) *Identity {
	for _, i := range w.Identities {
		if i.Account == account && i.Kind() == kind && strings.EqualFold(i.Name(), name) {
			return i
		}
	}
	return nil
}

// Name is the role's or user's name, without its path.
func (i *Identity) Name() string { return i.ARN[strings.LastIndex(i.ARN, "/")+1:] }

// Kind is role or user.
func (i *Identity) Kind() string {
	resource := i.ARN[strings.LastIndex(i.ARN, ":")+1:]
	kind, _, _ := strings.Cut(resource, "/")
	return kind
}

// Policies are all of the world, in no order.
func (w *World) Policies() []*Policy {
	var all []*Policy
	add := func(p *Policy) {
		if p != nil {
			all = append(all, p)
		}
	}
	for _, k := range w.Keys {
		add(k.Policy)
	}
	for _, q := range w.Queues {
		add(q.Policy)
	}
	for _, i := range w.Identities {
		add(i.Trust)
		add(i.Boundary)
		for _, p := range i.Policies {
			add(p)
		}
	}
	return all
}

// Statements are those of a policy's document. A lone one needs no list.
func (p *Policy) Statements() []map[string]any {
	if p == nil {
		return nil
	}
	var statements []map[string]any
	for _, s := range List(p.Document["Statement"]) {
		if statement, ok := s.(map[string]any); ok {
			statements = append(statements, statement)
		}
	}
	return statements
}

// List is a list's elements, or the lone value that stands in its place.
func List(value any) []any {
	switch value := value.(type) {
	case nil:
		return nil
	case []any:
		return value
	}
	return []any{value}
}

var accountID = regexp.MustCompile(`\b[0-9]{12}\b`)

// AccountIn is the first account id in a text, empty if there is none.
func AccountIn(text string) string { return accountID.FindString(text) }

// Accounts are all that anything in the world names.
func (w *World) Accounts() map[string]bool {
	named := map[string]bool{}
	add := func(texts ...string) {
		for _, text := range texts {
			for _, id := range accountID.FindAllString(text, -1) {
				named[id] = true
			}
		}
	}
	for _, k := range w.Keys {
		add(k.ARN)
		for _, g := range k.Grants {
			add(g.Grantee)
		}
	}
	for _, q := range w.Queues {
		add(q.ARN, q.Key, q.DeadLetter)
		add(q.Sources...)
	}
	for _, i := range w.Identities {
		add(i.ARN, i.UnknownBoundary)
	}
	for _, p := range w.Policies() {
		text, err := json.Marshal(p.Document)
		if err == nil {
			add(string(text))
		}
	}
	return named
}

// Free is the first account from start, in steps, that is not named.
func Free(named map[string]bool, start, step int) string {
	for n := start; ; n += step {
		if id := fmt.Sprintf("%012d", n); !named[id] {
			return id
		}
	}
}
