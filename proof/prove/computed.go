package prove

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"example.com/shared-queue/proof/access"
	"example.com/shared-queue/proof/aws/deployed"
	"example.com/shared-queue/proof/prove/answer"
	"example.com/shared-queue/proof/prove/computed"
	"example.com/shared-queue/proof/prove/principal"
)

const (
	asPromised = answer.Outcome(computed.AsPromised)
	wider      = answer.Outcome(computed.Wider)
	narrower   = answer.Outcome(computed.Narrower)
	otherwise  = answer.Outcome(computed.Otherwise)
	notKnown   = answer.Outcome(computed.NotKnown)
)

// readerSteps identify who reads the policies in force.
func (p *proof) readerSteps() []step {
	var steps []step
	for _, reader := range p.readers {
		steps = append(steps, p.identifyStep("", reader, anybody))
	}
	return steps
}

// aliasSteps look for the key's alias, as a reader of the shared account.
func (p *proof) aliasSteps() []step {
	for _, reader := range p.readers {
		if reader.Known && reader.Account == p.Queue.At.Account {
			return attempts(reader, []attempt{{"find the key", "", found, nil, "policies in force", p.findAlias}})
		}
	}
	return nil
}

// profiles are who reads what is in each account.
func (p *proof) profiles() map[string]aws.Config {
	profiles := map[string]aws.Config{}
	for _, who := range append([]*principal.Principal{p.caller}, p.readers...) {
		if who.Known {
			profiles[who.Account] = who.Config
		}
	}
	return profiles
}

// computeSteps read the policies in force and compute what everybody may do: each
// step has what came of one claim.
func (p *proof) computeSteps() []step {
	if p.readers == nil {
		return skip("policies in force", asPromised, "name a principal of the shared account that may read queue, key and roles with -shared-profile")
	}
	var all map[string]computed.Finding
	read := step{tried: "policies in force", want: found, hints: "policies in force", try: func(ctx context.Context) (r result) {
		all, r = p.compute(ctx)
		return r
	}}
	steps := []step{read}
	for _, c := range p.computedClaims() {
		steps = append(steps, step{tried: "compute " + strings.TrimPrefix(c.ID, computed.Prefix), claim: c.ID, want: asPromised, hints: "computed", try: func(context.Context) result {
			if f, ok := all[c.ID]; ok {
				return result{Answer: answer.Answer{Got: answer.Outcome(f.Got)}, facts: f.Facts}
			}
			return result{Answer: answer.Answer{Got: notTried}, note: "the policies in force are not known"}
		}})
	}
	return steps
}

// compute reads what is deployed and computes what that comes to, by claim.
func (p *proof) compute(ctx context.Context) (map[string]computed.Finding, result) {
	ask := deployed.Ask{Endpoint: p.flags.endpoint, Profiles: p.profiles()}
	if _, ok := ask.Profiles[p.Queue.At.Account]; !ok {
		return nil, result{Answer: answer.Answer{Got: wrongAccount}, note: "no -shared-profile is of the shared account " + p.Queue.At.Account}
	}
	if p.manager != nil && p.manager.Known {
		ask.Organization = &p.manager.Config
	}
	q := *p.Queue
	q.Publishers = slices.Clone(q.Publishers)
	for i, g := range q.Publishers {
		if p.Publisher != nil && len(g.OUs) > 0 && g.Name() == p.Publisher.Role.Name {
			q.Publishers[i].ARN, q.Publishers[i].OUs = p.Publisher.Role.ARN(), nil // in the account that is proved
		}
	}
	w, readable, unread := computed.Read(ctx, ask, &q)
	all, questions, err := computed.ByClaim(p.evaluator, w, readable)
	var invalid *access.Invalid
	switch {
	case errors.Is(err, computed.ErrNotKnown):
		return nil, result{Answer: answer.Answer{Got: notKnown}, facts: strings.Split(err.Error(), "\n")}
	case errors.As(err, &invalid):
		return nil, result{Answer: answer.Answer{Got: findings}, facts: invalid.Problems}
	case err != nil:
		return nil, result{Answer: answer.Read(ctx, err)}
	}
	p.publisherRead = p.Publisher != nil && !slices.ContainsFunc(unread, func(u string) bool { return strings.HasPrefix(u, p.Publisher.Role.ARN()+" ") })
	r := result{Answer: answer.Answer{Got: found}, facts: []string{fmt.Sprintf("%d policies, %d questions", len(w.Policies()), questions)}}
	if len(unread) > 0 {
		r.note = "not read, so nothing is said of them: " + strings.Join(unread, "; ")
	}
	return all, r
}
