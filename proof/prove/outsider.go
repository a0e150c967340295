package prove

import (
	"context"
	"slices"

	"example.com/shared-queue/address"
	"example.com/shared-queue/proof/aws/organization"
)

// An outsider is a principal outside the OUs that send.
type outsider struct {
	*principal
	placed       bool   // it is known which organization it is of
	organization string // empty: none
}

// identifyOutsider also refuses one that cannot be outside, and asks of which
// organization it is: that decides which wall has to stop it.
func (p *proof) identifyOutsider(o *outsider) func(context.Context) answer {
	return func(ctx context.Context) answer {
		a := p.identify(ctx, o.principal)
		if a.got != identified {
			return a
		}
		if p.inside(ctx, o.account) {
			o.known = false
			a.got, a.because = wrongAccount, outsiderInside
			return a
		}
		if id, err := organization.ID(ctx, o.organizations()); err == nil {
			o.placed, o.organization = true, id
		}
		return a
	}
}

// inside reports whether an account is known to be in an OU that sends, or to
// have the queue itself.
func (p *proof) inside(ctx context.Context, account string) bool {
	accounts := []string{p.environment.Account}
	for _, publisher := range p.environment.Publishers {
		accounts = append(accounts, publisher.Account)
	}
	if slices.Contains(accounts, account) {
		return true
	}
	if p.manager == nil || !p.manager.known {
		return false
	}
	path, ok, err := organization.AccountPath(ctx, p.manager.organizations(), account)
	return ok && err == nil && p.maySend(path)
}

// own reports whether the outsider is of the senders' organization.
func (p *proof) own(o *outsider) bool {
	return o.placed && o.organization == p.environment.Queue.Senders[0].Organization()
}

// stops is the wall that has to stop an outsider: the queue admits the senders'
// organization and nobody else, the key the senders' OUs.
func (p *proof) stops(o *outsider) func() wall {
	return func() wall {
		switch {
		case !o.placed:
			return wall{}
		case !p.own(o):
			return wall{noOtherOrg, []kind{queuePolicy}}
		case p.environment.Queue.OrgPathsOnQueue:
			return wall{noOtherOU, []kind{queuePolicy}}
		}
		return wall{noOtherOU, []kind{keyPolicy}}
	}
}

func (p *proof) sendAsOutsider(o *outsider) func(context.Context) answer {
	return func(ctx context.Context) answer {
		if !o.known {
			return answer{got: notTried, because: noOutsider}
		}
		if note := noteReuse(p.environment); !slices.Contains(p.notes, note) {
			p.notes = append(p.notes, note)
		}
		a, _ := p.sendTo(ctx, o.sqs(p.environment.Region), p.queue(), p.environment.Name, mustNotArrive+"by an outsider")
		if a.refusal.absent && p.sent {
			// AWS gives two causes: the key's policy, or no such key. It is there.
			a.refusal.absent, a.refusal.policy, a.because = false, keyPolicy, keyIsThere
		}
		if q, ok := p.controlOf(o); ok && a.got == refused && a.refusal.policy == unnamed && !a.relayed {
			control, _ := p.sendTo(ctx, o.sqs(q.Region), q, o.profile, ", sent to a queue of its own account")
			a.control = control.got == accepted
		}
		return a
	}
}

// controlOf is the queue of the outsider's own account, if one was named. A send
// to it that is accepted shows that the outsider's own policy allows sending.
func (p *proof) controlOf(o *outsider) (q address.Queue, ok bool) {
	for _, q := range p.controls {
		if q.Account == o.account {
			return q, true
		}
	}
	return address.Queue{}, false
}
