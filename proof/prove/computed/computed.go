// Package computed says what everybody may do with a queue that is deployed, claim by
// claim: whether the policies in force allow more or less than was asked for.
package computed

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"example.com/shared-queue/address"
	"example.com/shared-queue/policy"
	"example.com/shared-queue/proof/access"
	"example.com/shared-queue/proof/asked"
	"example.com/shared-queue/proof/aws/deployed"
	"example.com/shared-queue/proof/cast"
	"example.com/shared-queue/proof/evaluate"
	"example.com/shared-queue/proof/world"
)

// An Outcome is what a computation comes to.
type Outcome string

// The outcomes, from good to bad.
const (
	AsPromised Outcome = "as promised"
	NotKnown   Outcome = "not known" // something that could let somebody in was not read
	Otherwise  Outcome = "otherwise" // it is not as it was built
	Narrower   Outcome = "narrower"  // somebody may less
	Wider      Outcome = "wider"     // somebody may more
)

var outcomes = []Outcome{AsPromised, NotKnown, Otherwise, Narrower, Wider}

// A Finding is what came of one claim.
type Finding struct {
	Got   Outcome
	Facts []string
}

// worse is a finding with one thing more that was found.
func (f Finding) worse(got Outcome, fact string) Finding {
	if slices.Index(outcomes, got) > slices.Index(outcomes, f.Got) {
		f.Got = got
	}
	f.Facts = append(f.Facts, fact)
	return f
}

// The kinds of principals outside the OUs that send.
const (
	OtherOU           = "other-ou"
	OtherOrganization = "other-organization"
	NoOrganization    = "no-organization"
)

// Ids of the claims, each of all that one kind of callers may do. Those of principals
// outside the OUs are Prefix and their kind.
const (
	Prefix        = "computed-"
	Resources     = Prefix + "resources"
	Senders       = Prefix + "senders"
	Anonymous     = Prefix + "anonymous"
	Services      = Prefix + "services"
	SharedAccount = Prefix + "shared-account"
	OwnPolicies   = Prefix + "own-policies"
	Trust         = Prefix + "trust"
)

// A Claim is what is computed of one kind of callers.
type Claim struct{ ID, Sentence string }

const doNothing = " can do nothing with queue, dead-letter queue and key"

// Claims are all of them, in order.
var Claims = []Claim{
	{Resources, "queue, dead-letter queue and key are encrypted and connected as they are built, with no grant of the key"},
	{Senders, "senders can send, and do nothing else with queue, dead-letter queue and key"},
	{Prefix + OtherOU, "principals of the organization's other OUs" + doNothing + ", but pass the queue's policy where it does not ask for the OU"},
	{Prefix + OtherOrganization, "principals of other organizations" + doNothing},
	{Prefix + NoOrganization, "principals of accounts in no organization" + doNothing},
	{Anonymous, "nobody can do anything without a signature"},
	{Services, "AWS services can do what was asked for, and nothing else"},
	{SharedAccount, "the shared account's own roles can do what they are granted and what their account may, and nothing else"},
	{OwnPolicies, "the own policies of the roles that could be read allow what they are for, and nothing else"},
	{Trust, "the roles that could be read can be assumed by whom they were asked to trust, and by nobody else"},
}

// nothingPromised are claims that somebody can do nothing: less is no harm to them, as
// where a resource control policy stops those whom the queue would let in.
var nothingPromised = []string{Prefix + OtherOU, Prefix + OtherOrganization, Prefix + NoOrganization, Anonymous}

// claimOf is the claim that a row of a table is about.
func claimOf(q *asked.Queue, t *access.Table, c cast.Caller) string {
	switch {
	case t.Kind == access.Trust:
		return Trust
	case t.Kind == access.OwnPolicies:
		return OwnPolicies
	case c.Kind == cast.Anonymous:
		return Anonymous
	case c.IsService():
		return Services
	case c.Account == q.At.Account:
		return SharedAccount
	case c.Path == "":
		return Prefix + NoOrganization
	case c.Organization() != q.Organization():
		return Prefix + OtherOrganization
	case Sends(q, c.Path):
		return Senders
	}
	return Prefix + OtherOU
}

// Sends reports whether a path is of one of the queue's OUs that send, or below. A
// root, which is no path of an OU, is not.
func Sends(q *asked.Queue, path string) bool {
	place, err := address.ParsePath(path)
	return err == nil && slices.ContainsFunc(q.Senders, func(sender address.Path) bool { return sender.Contains(place) })
}

// Read reads the policies in force, as who asks. A role that was asked for and cannot
// be read is left out of the queue that it returns, so that nothing is claimed of it;
// unread says why, and names the permissions boundaries that could not be read.
func Read(ctx context.Context, ask deployed.Ask, q *asked.Queue) (w *world.World, readable *asked.Queue, unread []string) {
	ask.Queues = []address.Queue{q.At}
	for _, g := range slices.Concat(q.Publishers, q.Workers) {
		if len(g.OUs) == 0 {
			ask.Roles = append(ask.Roles, g.ARN)
		}
	}
	w = deployed.Read(ctx, ask)
	why := map[string]string{}
	w.Unknown = slices.DeleteFunc(w.Unknown, func(u world.Unknown) bool {
		// A permissions boundary can only take away from what a role may do.
		bounds := slices.ContainsFunc(w.Identities, func(i *world.Identity) bool { return u.What == "permissions boundary "+i.UnknownBoundary })
		if bounds {
			unread = append(unread, u.What+" ("+u.Why+")")
		}
		asked := slices.Contains(ask.Roles, u.What)
		if asked {
			why[u.What] = u.Why
		}
		return bounds || asked
	})
	notRead := func(g asked.Grantee) bool {
		reason, left := why[g.ARN]
		if len(g.OUs) > 0 {
			reason, left = "it is in every account", true
		}
		if left {
			unread = append(unread, g.ARN+" ("+reason+")")
		}
		return left
	}
	copied := *q
	copied.Publishers = slices.DeleteFunc(slices.Clone(q.Publishers), notRead)
	copied.Workers = slices.DeleteFunc(slices.Clone(q.Workers), notRead)
	return w, &copied, unread
}

// ErrNotKnown means that the policy of queue, dead-letter queue or key was not read:
// without it every answer would be wrong.
var ErrNotKnown = errors.New("not known")

// ByClaim asks the evaluator what everybody may do. Questions is how many it was asked.
func ByClaim(by *evaluate.Evaluator, w *world.World, q *asked.Queue) (all map[string]Finding, questions int, err error) {
	if !complete(w, q) {
		var facts []error
		for _, u := range w.Unknown {
			facts = append(facts, fmt.Errorf("%s is %w: %s", u.What, ErrNotKnown, u.Why))
		}
		return nil, 0, errors.Join(facts...)
	}
	m := access.NewMatrix(&asked.App{Queues: []*asked.Queue{q}}, w)
	if err := m.Decide(by); err != nil {
		return nil, 0, err
	}
	list, unknown, err := m.Findings(by)
	if err != nil {
		return nil, 0, err
	}
	all = byClaim(m, q, list, unknown)
	for _, text := range drift(w, q) {
		all[OwnPolicies] = all[OwnPolicies].worse(Otherwise, text)
	}
	return all, len(m.Decisions()), nil
}

// complete reports whether the policies of queue, dead-letter queue and key were read,
// or are not there to read. Without them every answer would be wrong.
func complete(w *world.World, q *asked.Queue) bool {
	if len(w.Unknown) == 0 {
		return true
	}
	queue, dead := cast.Find(w, q), w.Queue(q.At.DeadLetter().ARN())
	return queue != nil && dead != nil && w.KeyOf(queue) != nil && w.KeyOf(queue).Policy != nil
}

// drift are the statements of the grants that are deployed otherwise than the stacks
// do. What else is in a role's policies is its owner's.
func drift(w *world.World, q *asked.Queue) (texts []string) {
	key := w.KeyOf(cast.Find(w, q))
	for _, g := range q.Workers {
		role := cast.Identity(w, g)
		if role == nil || key == nil {
			continue
		}
		deployed := map[any]map[string]any{}
		for _, policy := range role.Policies {
			for _, s := range policy.Statements() {
				deployed[s["Sid"]] = s
			}
		}
		for _, kind := range g.Kinds {
			for _, s := range statements(kind.Document(q.At, key.ARN)) {
				if is, ok := deployed[s["Sid"]]; ok && !reflect.DeepEqual(lists(is), lists(s)) {
					texts = append(texts, fmt.Sprintf("statement %v of %s is not as the stack deploys it", s["Sid"], g.ARN))
				}
			}
		}
	}
	return texts
}

// statements are those of a document as JSON has them.
func statements(d policy.Document) []map[string]any {
	var p world.Policy
	text, err := json.Marshal(d)
	if err == nil {
		err = json.Unmarshal(text, &p.Document)
	}
	if err != nil {
		return nil // never: a document is plain data
	}
	return p.Statements()
}

// lists is JSON with a list in the place of each lone text: both mean the same.
func lists(value any) any {
	switch value := value.(type) {
	case string:
		return []any{value}
	case map[string]any:
		all := map[string]any{}
		for name, v := range value {
			all[name] = lists(v)
		}
		return all
	}
	return value
}

// byClaim is what the table comes to, by claim: as promised where nothing else was
// found.
func byClaim(m *access.Matrix, q *asked.Queue, list, unknown []access.Finding) map[string]Finding {
	all := map[string]Finding{}
	for _, c := range Claims {
		all[c.ID] = Finding{Got: AsPromised}
	}
	add := func(id string, got Outcome, fact string) { all[id] = all[id].worse(got, fact) }
	for _, f := range unknown { // whatever it is, it may let somebody in
		for id := range all {
			add(id, NotKnown, f.Text)
		}
	}
	for _, f := range list {
		if f.Operation == "" {
			add(aboutRole(f), Otherwise, f.Text)
		}
	}
	asked := map[string]bool{Resources: len(m.Tables) > 0}
	for _, t := range m.Tables {
		for _, row := range t.Rows {
			id := claimOf(q, t, row.Caller)
			asked[id] = asked[id] || len(row.Cells) > 0
			for _, d := range row.Cells {
				if t.Kind == access.Unmanaged || d.Got == d.Want || d.Declared || !d.Got && slices.Contains(nothingPromised, id) {
					continue
				}
				got, text := Narrower, d.String()
				if d.Got {
					got = Wider
				}
				// The finding says which statement decides, too.
				if i := slices.IndexFunc(list, func(f access.Finding) bool { return strings.HasPrefix(f.Text, d.String()) }); i >= 0 {
					text = list[i].Text
				}
				add(id, got, text)
			}
		}
	}
	for id := range all {
		if !asked[id] {
			add(id, NotKnown, "nothing that it is about was found")
		}
	}
	return all
}

// aboutRole is the claim of a finding that is about no operation.
func aboutRole(f access.Finding) string {
	if f.Caller != "" {
		return Trust
	}
	return Resources
}
