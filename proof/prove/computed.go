package prove

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"example.com/shared-queue/proof/access"
	"example.com/shared-queue/proof/asked"
	"example.com/shared-queue/proof/cast"
	"example.com/shared-queue/proof/prove/answer"
	"example.com/shared-queue/proof/world"
)

// A Deployed reads what is deployed in the shared account of the queue: the policies
// in force.
type Deployed func(ctx context.Context, shared aws.Config, q *asked.Queue) (*world.World, error)

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
	{id: computedOwn, sentence: "the roles' own policies allow what they are for, and nothing else"},
	{id: computedTrust, sentence: "the roles can be assumed by whom they were asked to trust, and by nobody else"},
}

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

// sharedStep identifies who reads the policies in force.
func (p *proof) sharedStep() []step {
	if p.shared == nil {
		return skip("policies in force", asPromised, "name a principal of the shared account that may read queue, key and roles with -shared-profile")
	}
	return []step{{who: "reader", want: identified, try: func(ctx context.Context) result {
		r := p.identify(ctx, p.shared)
		if r.Got == identified && p.shared.account != p.queue().Account {
			p.shared.known = false
			r.Got, r.note = wrongAccount, "it is not of the shared account: name a profile of that"
		}
		return r
	}}}
}

// computeSteps read the policies in force and compute what everybody may do: each
// step has what came of one claim.
func (p *proof) computeSteps() []step {
	if p.shared == nil || !p.shared.known {
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
	w, err := p.Deployed(ctx, p.shared.config, p.q)
	if err != nil {
		return nil, result{Answer: answer.Read(ctx, err)}
	}
	m := access.NewMatrix(&asked.App{Queues: []*asked.Queue{p.q}}, w)
	read := result{Answer: answer.Answer{Got: found}, facts: []string{fmt.Sprintf("%d policies, %d questions", len(w.Policies()), len(m.Decisions()))}}
	var invalid *access.Invalid
	if err := m.Decide(p.evaluator); errors.As(err, &invalid) {
		read.Got, read.facts = findings, invalid.Problems
		return nil, read
	} else if err != nil {
		return nil, result{Answer: answer.Answer{Got: answer.Failed, Message: answer.OneLine(err.Error())}}
	}
	list, unknown, err := m.Findings(p.evaluator)
	if err != nil {
		return nil, result{Answer: answer.Answer{Got: answer.Failed, Message: answer.OneLine(err.Error())}}
	}
	return p.byClaim(m, list, unknown), read
}

// byClaim is what the table comes to, by claim: as promised where nothing else was
// found.
func (p *proof) byClaim(m *access.Matrix, list, unknown []access.Finding) map[string]result {
	all := map[string]result{}
	for _, c := range computedClaims {
		all[c.id] = result{Answer: answer.Answer{Got: asPromised}}
	}
	add := func(id string, got answer.Outcome, text string) {
		r := all[id]
		if rank := []answer.Outcome{asPromised, notKnown, findings, narrower, wider}; slices.Index(rank, got) > slices.Index(rank, r.Got) {
			r.Got = got
		}
		r.facts = append(r.facts, text)
		all[id] = r
	}
	for _, f := range unknown {
		add(aboutRole(f), notKnown, f.Text)
	}
	for _, f := range list {
		if f.Operation == "" {
			add(aboutRole(f), findings, f.Text)
		}
	}
	for _, t := range m.Tables {
		for _, row := range t.Rows {
			for _, d := range row.Cells {
				if t.Kind == access.Unmanaged || d.Got == d.Want || d.Declared {
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
				add(computedID(p.q, t, row.Caller), got, text)
			}
		}
	}
	return all
}

// aboutRole is the claim of a finding that is about no operation.
func aboutRole(f access.Finding) string {
	if f.Caller != "" {
		return computedTrust
	}
	return computedResources
}
