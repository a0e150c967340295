package prove

import (
	"context"
	"slices"
	"strings"

	"example.com/shared-queue/address"
	"example.com/shared-queue/proof/aws/organization"
	"example.com/shared-queue/proof/prove/answer"
	"example.com/shared-queue/proof/prove/computed"
	"example.com/shared-queue/proof/prove/principal"
	"example.com/shared-queue/proof/prove/target"
)

// An outsider is a principal outside the OUs that send.
type outsider struct {
	*principal.Principal
	kind    string          // like computed.OtherOU; empty if it is not known
	allowed map[string]bool // whether it was let do it with a queue of its own account
}

// identifyOutsider also refuses one that cannot be outside, and asks of which
// organization it is: that decides what has to stop it.
func (p *proof) identifyOutsider(ctx context.Context, o *outsider) result {
	r := p.identify(ctx, o.Principal)
	if r.Got != identified {
		return r
	}
	if p.inside(ctx, o.Account) {
		r.Got, r.note = wrongAccount, "it is of an account that sends or has the queue: name a profile outside the OUs that send"
		return r
	}
	id, err := organization.ID(ctx, o.Organizations())
	switch {
	case err != nil:
		r.Got, r.note = answer.Failed, "AWS did not tell of which organization it is, so nothing shows what is to stop it: let it do organizations:DescribeOrganization"
	case id == "":
		o.kind, r.note = computed.NoOrganization, "of no organization"
	case id == p.Queue.Organization():
		o.kind, r.note = computed.OtherOU, "of the senders' organization "+id
	default:
		o.kind, r.note = computed.OtherOrganization, "of another organization, "+id
	}
	return r
}

// inside reports whether an account is known to be in an OU that sends, or to have
// the queue itself.
func (p *proof) inside(ctx context.Context, account string) bool {
	accounts := []string{p.Queue.At.Account}
	for _, publisher := range p.Queue.Publishers {
		accounts = append(accounts, publisher.Account())
	}
	if slices.Contains(accounts, account) {
		return true
	}
	if p.manager == nil || !p.manager.Known {
		return false
	}
	path, ok, err := organization.AccountPath(ctx, p.manager.Organizations(), account)
	return ok && err == nil && computed.Sends(p.Queue, path)
}

func (p *proof) sendAsOutsider(ctx context.Context, o *principal.Principal) result {
	note := "a principal that has just left the OU can go on sending for up to " + p.Queue.DataKeyReuse + ", the data key's reuse period (dataKeyReuse)"
	if !slices.Contains(p.notes, note) {
		p.notes = append(p.notes, note)
	}
	return p.byAllPowerful(&p.sent, func(ctx context.Context, o *principal.Principal) result {
		return p.sendAs(ctx, o, p.Queue.At, "by an outsider")
	})(ctx, o)
}

// noteUnused says which -outsider-queue is of no outsider's account.
func (p *proof) noteUnused() {
	for _, q := range p.ownQueues {
		if !slices.ContainsFunc(p.outsiders, func(o *outsider) bool { return o.Account == q.Account }) {
			p.notes = append(p.notes, "the queue "+q.URL()+" is of no outsider's account, and was not used")
		}
	}
}

// withControl tries the same with a queue of the outsider's own account, where AWS
// does not say who refused: if that is accepted, the outsider's own policies allow it.
func (p *proof) withControl(o *outsider, what string, do act) act {
	return func(ctx context.Context, who *principal.Principal) result {
		r := do(ctx, who)
		i := slices.IndexFunc(p.ownQueues, func(q address.Queue) bool { return q.Account == o.Account })
		if i < 0 || r.Got != answer.Refused || r.Policy != answer.Unnamed || r.Relayed {
			return r
		}
		q := p.ownQueues[i]
		if _, known := o.allowed[what]; !known {
			var control result
			if what == "send" {
				control = p.sendTo(ctx, o.SQS(q.Region), q, o.Profile, ", sent to a queue of its own account")
			} else {
				control = p.receive(q)(ctx, who)
			}
			o.allowed[what] = control.Got == answer.Accepted
		}
		r.control = o.allowed[what]
		return r
	}
}

// controls are the queues of the outsiders' own accounts.
func controls(urls []string, region address.Region) ([]address.Queue, error) {
	var queues []address.Queue
	for _, text := range urls {
		host, path, _ := strings.Cut(strings.TrimPrefix(text, "https://"), "/")
		account, name, _ := strings.Cut(path, "/")
		q := address.Queue{Region: region, Account: account, Name: name}
		if q.URL() != text || host != q.Host() || address.CheckAccount(account) != nil || name == "" || strings.Contains(name, "/") {
			return nil, target.Wrong("outsider-queue", text, "the URL of a queue in "+string(region)+", like https://"+q.Host()+"/<account>/<name>",
				"copy it from the SQS console")
		}
		queues = append(queues, q)
	}
	return queues, nil
}
