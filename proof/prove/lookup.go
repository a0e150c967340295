package prove

import (
	"context"

	"example.com/shared-queue/address"
	"example.com/shared-queue/proof/aws/organization"
	"example.com/shared-queue/proof/prove/analyzer"
	"example.com/shared-queue/proof/prove/answer"
	"example.com/shared-queue/proof/prove/computed"
)

func (p *proof) managerSteps() []step {
	if p.manager == nil {
		return nil
	}
	return []step{{tried: "organization", who: "organization", want: identified, hints: "look up", try: p.identifyManager}}
}

// identifyManager asks who the manager is, and fails if it is of another organization
// than the senders.
func (p *proof) identifyManager(ctx context.Context) result {
	r := p.identify(ctx, p.manager)
	if r.Got != identified {
		return r
	}
	id, err := organization.ID(ctx, p.manager.Organizations())
	if p.manager.Known = err == nil && id == p.Queue.Organization(); err != nil {
		return result{Answer: answer.Read(ctx, err)}
	}
	r.facts = append([]string{id}, r.facts...)
	if !p.manager.Known {
		r.Got, r.note = wrongAccount, "it is not of the senders' organization: name a profile of that one's management account"
	}
	return r
}

// lookUpClaims are about what the settings name; none if nobody is there to ask.
func (p *proof) lookUpClaims() []claim {
	if p.manager == nil {
		return nil
	}
	var claims []claim
	for _, path := range p.Queue.Senders {
		claims = append(claims, ouClaim(path))
	}
	claims = append(claims, claim{"shared-account-found", "the shared account is in the organization", needsOrganization, ""})
	if p.Publisher != nil {
		claims = append(claims, claim{"publisher-account-found", "the account of {sender} is in an OU that sends", needsOrganization, ""})
	}
	return claims
}

// lookUpSteps look up what AWS does not check on deployment: a path at which there is
// no OU matches nobody, without any error.
func (p *proof) lookUpSteps() []step {
	if p.manager == nil || !p.manager.Known {
		return nil
	}
	var steps []step
	add := func(name, claim string, try func(context.Context) result) {
		steps = append(steps, step{tried: name, claim: claim, want: found, hints: "look up", try: try})
	}
	for _, path := range p.Queue.Senders {
		add("senders "+path.OU(), ouClaim(path).id, p.findOU(path))
	}
	add("shared account", "shared-account-found", p.findAccount(p.Queue.At.Account, false))
	if p.Publisher != nil {
		add("publisher's account", "publisher-account-found", p.findAccount(p.Publisher.Role.Account, true))
	}
	return steps
}

func (p *proof) findOU(path address.Path) func(context.Context) result {
	return func(ctx context.Context) result {
		unit, ok, err := organization.Find(ctx, p.manager.Organizations(), path.OU())
		switch {
		case err != nil:
			return result{Answer: answer.Read(ctx, err)}
		case !ok:
			return result{Answer: answer.Answer{Got: missing}, facts: []string{path.String()}}
		case unit.Path != path.String():
			return result{Answer: answer.Answer{Got: missing}, facts: []string{path.String(), unit.Name + " is at " + unit.Path}}
		}
		return result{Answer: answer.Answer{Got: found}, facts: []string{unit.Name, unit.Path}}
	}
}

// findAccount shows where an account is. One that sends must be in one of the
// senders' OUs.
func (p *proof) findAccount(account string, sends bool) func(context.Context) result {
	return func(ctx context.Context) result {
		path, ok, err := organization.AccountPath(ctx, p.manager.Organizations(), account)
		if err != nil {
			return result{Answer: answer.Read(ctx, err)}
		}
		if !ok {
			return result{Answer: answer.Answer{Got: missing}, facts: []string{account}}
		}
		r := result{Answer: answer.Answer{Got: found}, facts: []string{account + " is at " + path}, note: "in an OU that sends"}
		if !computed.Sends(p.Queue, path) {
			r.note = "in no OU that sends"
			if sends {
				r.Got = outside
			}
		}
		return r
	}
}

// policies are those that Access Analyzer is asked about; none if it was not asked for.
func (p *proof) policies() []analyzer.Policy {
	if !p.flags.policies {
		return nil
	}
	return analyzer.Policies(p.Target)
}

func (p *proof) policyClaims() []claim {
	var claims []claim
	for _, d := range p.policies() {
		claims = append(claims, claim{kebab(d.Name) + "-policy-valid", "Access Analyzer finds the policy of the " + d.Name + ", as it is written here, valid", needsAnalyzer, ""})
		if d.MayBePublic() {
			claims = append(claims, claim{kebab(d.Name) + "-not-public", "Access Analyzer finds no public access to the " + d.Name + " in its policy as it is written here", needsAnalyzer, ""})
		}
	}
	return claims
}

// policySteps ask as the caller of -profile, before it has the publisher's role.
func (p *proof) policySteps() []step {
	if !p.caller.Known {
		return nil
	}
	client := p.caller.AccessAnalyzer()
	var steps []step
	for _, d := range p.policies() {
		steps = append(steps, step{tried: "policy of the " + d.Name, claim: kebab(d.Name) + "-policy-valid", want: valid, hints: "policies", try: func(ctx context.Context) result {
			facts, fine, err := d.Validate(ctx, client)
			return analyzed(ctx, facts, map[bool]answer.Outcome{true: valid, false: findings}[fine], err)
		}})
		if d.MayBePublic() {
			steps = append(steps, step{tried: "public access to the " + d.Name, claim: kebab(d.Name) + "-not-public", want: notPublic, hints: "policies", try: func(ctx context.Context) result {
				reasons, open, err := d.CheckPublic(ctx, client)
				return analyzed(ctx, reasons, map[bool]answer.Outcome{true: public, false: notPublic}[open], err)
			}})
		}
	}
	return steps
}

func analyzed(ctx context.Context, facts []string, got answer.Outcome, err error) result {
	if err != nil {
		return result{Answer: answer.Read(ctx, err)}
	}
	return result{Answer: answer.Answer{Got: got}, facts: facts}
}
