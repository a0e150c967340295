package prove

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"example.com/shared-queue/address"
	"example.com/shared-queue/policy"
	"example.com/shared-queue/proof/access"
	"example.com/shared-queue/proof/asked"
	"example.com/shared-queue/proof/aws/deployed"
	"example.com/shared-queue/proof/cast"
	"example.com/shared-queue/proof/prove/answer"
	"example.com/shared-queue/proof/world"
)

// What a computation comes to.
const (
	asPromised answer.Outcome = "as promised"
	wider      answer.Outcome = "wider"
	narrower   answer.Outcome = "narrower"
	notKnown   answer.Outcome = "not known"
)

// Ids of the claims that are computed: all that one kind of callers may do.
const (
	computed          = "computed-" // and what follows, or an id of outsiders
	computedResources = computed + "resources"
	computedSenders   = computed + "senders"
	computedAnonymous = computed + "anonymous"
	computedServices  = computed + "services"
	computedShared    = computed + "shared-account"
	computedOwn       = computed + "own-policies"
	computedTrust     = computed + "trust"

	needsShared  = "-shared-profile of a principal that may read queue, key and roles"
	canDoNothing = " can do nothing with queue, dead-letter queue and key"
)

var computedClaims = []claim{
	{id: computedResources, sentence: "queue, dead-letter queue and key are encrypted and connected as they are built, with no grant of the key"},
	{id: computedSenders, sentence: "senders can send, and do nothing else with queue, dead-letter queue and key"},
	{id: computed + otherOU, sentence: "principals of the organization's other OUs" + canDoNothing + ", but pass the queue's policy where it does not ask for the OU"},
	{id: computed + otherOrganization, sentence: "principals of other organizations" + canDoNothing},
	{id: computed + noOrganization, sentence: "principals of accounts in no organization" + canDoNothing},
	{id: computedAnonymous, sentence: "nobody can do anything without a signature"},
	{id: computedServices, sentence: "AWS services can do what was asked for, and nothing else"},
	{id: computedShared, sentence: "the shared account's own roles can do what they are granted and what their account may, and nothing else"},
	{id: computedOwn, sentence: "the own policies of the roles that could be read allow what they are for, and nothing else"},
	{id: computedTrust, sentence: "the roles that could be read can be assumed by whom they were asked to trust, and by nobody else"},
}

// nothingPromised are claims that somebody can do nothing: less is no harm to them, as
// where a resource control policy stops those whom the queue would let in.
var nothingPromised = []string{computed + otherOU, computed + otherOrganization, computed + noOrganization, computedAnonymous}

// computedID is the claim that a row of a table is about.
func computedID(q *asked.Queue, t *access.Table, c cast.Caller) string {
	switch {
	case t.Kind == access.Trust:
		return computedTrust
	case t.Kind == access.OwnPolicies:
		return computedOwn
	case c.Kind == cast.Anonymous:
		return computedAnonymous
	case c.IsService():
		return computedServices
	case c.Account == q.At.Account:
		return computedShared
	case c.Path == "":
		return computed + noOrganization
	case c.Organization() != q.Organization():
		return computed + otherOrganization
	case isSender(q, c.Path):
		return computedSenders
	}
	return computed + otherOU
}

// isSender reports whether a path is of one of the OUs that send, or below one.
func isSender(q *asked.Queue, path string) bool {
	for _, sender := range q.Senders {
		if path == sender.String() || strings.HasPrefix(path, sender.String()+"/") {
			return true
		}
	}
	return false
}

// readerSteps identify who reads the policies in force.
func (p *proof) readerSteps() []step {
	if p.readers == nil {
		return skip("policies in force", asPromised, "name a principal of the shared account that may read queue, key and roles with -shared-profile")
	}
	var steps []step
	for _, reader := range p.readers {
		steps = append(steps, step{who: reader.who, want: identified, try: func(ctx context.Context) result { return p.identify(ctx, reader) }})
	}
	return steps
}

// profiles are who reads what is in each account.
func (p *proof) profiles() map[string]aws.Config {
	profiles := map[string]aws.Config{}
	for _, who := range append([]*principal{p.caller}, p.readers...) {
		if who.known {
			profiles[who.account] = who.config
		}
	}
	return profiles
}

// computeSteps read the policies in force and compute what everybody may do: each
// step has what came of one claim.
func (p *proof) computeSteps() []step {
	if p.readers == nil {
		return nil
	}
	var all map[string]result
	read := step{tried: "policies in force", want: found, hints: "policies in force", try: func(ctx context.Context) (r result) {
		all, r = p.compute(ctx)
		return r
	}}
	steps := []step{read}
	for _, c := range computedClaims {
		steps = append(steps, step{tried: "compute " + strings.TrimPrefix(c.id, computed), claim: c.id, want: asPromised, hints: "computed", try: func(context.Context) result {
			if r, ok := all[c.id]; ok {
				return r
			}
			return result{Answer: answer.Answer{Got: notTried}, note: "the policies in force are not known"}
		}})
	}
	return steps
}

// compute asks the evaluator about what is deployed. Its results are by claim.
func (p *proof) compute(ctx context.Context) (map[string]result, result) {
	if _, ok := p.profiles()[p.queue().Account]; !ok {
		return nil, result{Answer: answer.Answer{Got: wrongAccount}, note: "no -shared-profile is of the shared account " + p.queue().Account}
	}
	w, q, unread := p.readDeployed(ctx)
	if !complete(w, q) {
		r := result{Answer: answer.Answer{Got: notKnown}}
		for _, u := range w.Unknown {
			r.facts = append(r.facts, u.What+": "+u.Why)
		}
		return nil, r
	}
	m := access.NewMatrix(&asked.App{Queues: []*asked.Queue{q}}, w)
	r := result{Answer: answer.Answer{Got: found}, facts: []string{fmt.Sprintf("%d policies, %d questions", len(w.Policies()), len(m.Decisions()))}}
	if len(unread) > 0 {
		r.note = "not read, so nothing is said of them: " + strings.Join(unread, "; ")
	}
	var invalid *access.Invalid
	err := m.Decide(p.evaluator)
	if errors.As(err, &invalid) {
		r.Got, r.facts = findings, invalid.Problems
		return nil, r
	}
	var list, unknown []access.Finding
	if err == nil {
		list, unknown, err = m.Findings(p.evaluator)
	}
	if err != nil {
		return nil, result{Answer: answer.Read(ctx, err)}
	}
	all := p.byClaim(m, list, unknown)
	for _, text := range drift(w, q) {
		all[computedOwn] = worse(all[computedOwn], findings, text)
	}
	return all, r
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

// complete reports whether the policies of queue, dead-letter queue and key were read,
// or are not there to read. Without them every answer would be wrong.
func complete(w *world.World, q *asked.Queue) bool {
	if len(w.Unknown) == 0 {
		return true
	}
	queue, dead := cast.Find(w, q), w.Queue(q.At.DeadLetter().ARN())
	return queue != nil && dead != nil && w.KeyOf(queue) != nil && w.KeyOf(queue).Policy != nil
}

// readDeployed reads the policies in force, as those whose accounts they are in. A role
// that was asked for and cannot be read is left out of what is asked about: nothing is
// claimed of it.
func (p *proof) readDeployed(ctx context.Context) (w *world.World, q *asked.Queue, unread []string) {
	ask := deployed.Ask{Queues: []address.Queue{p.queue()}, Endpoint: p.o.endpoint, Profiles: p.profiles()}
	if p.manager != nil && p.manager.known {
		ask.Organization = &p.manager.config
	}
	copied := *p.q
	copied.Publishers = slices.Clone(p.q.Publishers)
	for i, g := range copied.Publishers {
		if p.publisher != nil && len(g.OUs) > 0 && g.Name() == p.publisher.role.Name {
			copied.Publishers[i].ARN, copied.Publishers[i].OUs = p.publisher.role.ARN(), nil // in the account that is proved
		}
	}
	for _, g := range slices.Concat(copied.Publishers, p.q.Workers) {
		if len(g.OUs) == 0 {
			ask.Roles = append(ask.Roles, g.ARN)
		}
	}
	w = deployed.Read(ctx, ask)
	w.Unknown = slices.DeleteFunc(w.Unknown, func(u world.Unknown) bool {
		left := slices.Contains(ask.Roles, u.What)
		if left {
			unread = append(unread, u.What+" ("+u.Why+")")
		}
		return left
	})
	notRead := func(g asked.Grantee) bool {
		if len(g.OUs) > 0 {
			unread = append(unread, g.ARN+" (in every account)")
			return true
		}
		return slices.ContainsFunc(unread, func(u string) bool { return strings.HasPrefix(u, g.ARN+" ") })
	}
	copied.Publishers = slices.DeleteFunc(copied.Publishers, notRead)
	copied.Workers = slices.DeleteFunc(slices.Clone(p.q.Workers), notRead)
	return w, &copied, unread
}

// byClaim is what the table comes to, by claim: as promised where nothing else was
// found.
func (p *proof) byClaim(m *access.Matrix, list, unknown []access.Finding) map[string]result {
	all := map[string]result{}
	for _, c := range computedClaims {
		all[c.id] = result{Answer: answer.Answer{Got: asPromised}}
	}
	add := func(id string, got answer.Outcome, text string) { all[id] = worse(all[id], got, text) }
	for _, f := range unknown { // whatever it is, it may let somebody in
		for id := range all {
			add(id, notKnown, f.Text)
		}
	}
	for _, f := range list {
		if f.Operation == "" {
			add(aboutRole(f), findings, f.Text)
		}
	}
	for _, t := range m.Tables {
		for _, row := range t.Rows {
			for _, d := range row.Cells {
				id := computedID(p.q, t, row.Caller)
				if t.Kind == access.Unmanaged || d.Got == d.Want || d.Declared || !d.Got && slices.Contains(nothingPromised, id) {
					continue
				}
				got, text := narrower, d.String()
				if d.Got {
					got = wider
				}
				// The finding says which statement decides, too.
				if i := slices.IndexFunc(list, func(f access.Finding) bool { return strings.HasPrefix(f.Text, d.String()) }); i >= 0 {
					text = list[i].Text
				}
				add(id, got, text)
			}
		}
	}
	return all
}

// worse is a result with one thing more that was found.
func worse(r result, got answer.Outcome, text string) result {
	if order := []answer.Outcome{asPromised, notKnown, findings, narrower, wider}; slices.Index(order, got) > slices.Index(order, r.Got) {
		r.Got = got
	}
	r.facts = append(r.facts, text)
	return r
}

// aboutRole is the claim of a finding that is about no operation.
func aboutRole(f access.Finding) string {
	if f.Caller != "" {
		return computedTrust
	}
	return computedResources
}
