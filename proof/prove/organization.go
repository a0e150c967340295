package prove

import (
	"context"
	"strings"

	"example.com/shared-queue/address"
	"example.com/shared-queue/proof/aws/organization"
)

// organizationSteps look up what AWS does not check when policies are deployed:
// a path at which there is no OU matches nobody, without any error.
func (p *proof) organizationSteps() []step {
	if p.manager == nil {
		return nil
	}
	steps := []step{{"organization", identified, nothing, p.identifyManager, p.hintLookUp}}
	for _, path := range p.environment.Queue.Senders {
		steps = append(steps, step{"senders " + ouID(path), found, shows(isOU(path)), p.findOU(path), p.hintLookUp})
	}
	return append(steps,
		step{"shared account", found, shows(sharedPlaced), p.findAccount(p.environment.Account, false), p.hintLookUp},
		step{"publisher's account", found, shows(publisherPlaced), p.findAccount(p.publisher.Account, true), p.hintLookUp})
}

// identifyManager also refuses one of another organization than the senders'.
func (p *proof) identifyManager(ctx context.Context) answer {
	a := p.identify(ctx, p.manager)
	if a.got != identified {
		return a
	}
	p.manager.known = false
	id, err := organization.ID(ctx, p.manager.organizations())
	switch {
	case err != nil:
		return understand(ctx, err)
	case id != p.environment.Queue.Senders[0].Organization():
		return answer{got: wrongAccount, because: managerElsewhere, facts: []string{p.manager.arn}}
	}
	p.manager.known = true
	return answer{got: identified, facts: []string{id, p.manager.arn}}
}

func (p *proof) findOU(path address.Path) func(context.Context) answer {
	return func(ctx context.Context) answer {
		if !p.manager.known {
			return answer{got: notTried, because: noManager}
		}
		unit, ok, err := organization.Find(ctx, p.manager.organizations(), ouID(path))
		switch {
		case err != nil:
			return understand(ctx, err)
		case !ok:
			return answer{got: missing, facts: []string{path.String()}}
		case unit.Path != path.String():
			return answer{got: missing, because: elsewhere, facts: []string{path.String(), unit.Name + " is at " + unit.Path}}
		}
		return answer{got: found, facts: []string{unit.Name + ", " + unit.Path}}
	}
}

// findAccount shows where an account is. One that sends must be in one of the
// senders' OUs.
func (p *proof) findAccount(account string, sends bool) func(context.Context) answer {
	return func(ctx context.Context) answer {
		if !p.manager.known {
			return answer{got: notTried, because: noManager}
		}
		path, ok, err := organization.AccountPath(ctx, p.manager.organizations(), account)
		switch {
		case err != nil:
			return understand(ctx, err)
		case !ok:
			return answer{got: missing, facts: []string{account}}
		case sends && !p.maySend(path):
			return answer{got: outside, facts: []string{account + " is at " + path}}
		case p.maySend(path):
			return answer{got: found, because: inSenders, facts: []string{account + " is at " + path}}
		}
		return answer{got: found, because: notInSenders, facts: []string{account + " is at " + path}}
	}
}

// maySend reports whether a path is of one of the senders' OUs or below.
func (p *proof) maySend(path string) bool {
	for _, sender := range p.environment.Queue.Senders {
		if strings.HasPrefix(path+"/", strings.TrimSuffix(sender.Pattern(), "*")) {
			return true
		}
	}
	return false
}

// ouID is the id of the path's OU, its last element.
func ouID(path address.Path) string {
	s := path.String()
	return s[strings.LastIndex(s, "/")+1:]
}
