package prove

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"

	"example.com/shared-queue/address"
	"example.com/shared-queue/proof/asked"
	"example.com/shared-queue/proof/prove/answer"
	"example.com/shared-queue/proof/prove/computed"
	"example.com/shared-queue/proof/prove/principal"
	"example.com/shared-queue/spec"
)

// Whose refusal shows a claim. A resource control policy is on the resource's side and
// is asked before the resource's own policy.
var (
	byQueue  = []answer.Policy{answer.QueuePolicy, answer.ResourceControl}
	byKey    = []answer.Policy{answer.KeyPolicy, answer.ResourceControl}
	byEither = []answer.Policy{answer.QueuePolicy, answer.KeyPolicy, answer.ResourceControl}
	byTrust  = []answer.Policy{answer.TrustPolicy, answer.ResourceControl, answer.Unnamed}

	// For a caller with no policies of its own, and for claims that any refusal shows.
	byAnyone = []answer.Policy{answer.Unnamed, answer.QueuePolicy, answer.KeyPolicy, answer.ResourceControl, answer.TheService}
	byAny    = append([]answer.Policy{answer.IdentityPolicy, answer.Boundary, answer.SessionPolicy, answer.ServiceControl, answer.EndpointPolicy}, byAnyone...)
)

const throughParameterStore = "use the key through Parameter Store"

// An act is something that a principal tries.
type act func(context.Context, *principal.Principal) result

// phases are the steps in order. Those of one phase are known when the one before it
// is over.
func (p *proof) phases() []func() []step {
	return []func() []step{
		p.managerSteps, p.lookUpSteps,
		p.readerSteps, p.aliasSteps,
		p.callerSteps, p.roleSteps, p.senderSteps,
		p.insiderStep, p.insiderSteps,
		p.outsiderStep, p.outsiderSteps, p.anonymousSteps,
		p.consumerStep, p.consumerSteps,
		p.policySteps,
		p.computeSteps,
	}
}

func skip(name string, want answer.Outcome, how string) []step {
	return []step{{tried: name, want: want, try: func(context.Context) result {
		return result{Answer: answer.Answer{Got: notAsked}, note: how}
	}}}
}

// attempts are steps of one principal, from rows of what it tries.
func attempts(who *principal.Principal, rows []attempt) []step {
	var steps []step
	for _, row := range rows {
		steps = append(steps, step{tried: row.tried, who: who.Who, claim: row.claim, want: row.want, by: row.by, hints: row.hints,
			try: func(ctx context.Context) result { return row.do(ctx, who) }})
	}
	return steps
}

type attempt struct {
	tried, claim string
	want         answer.Outcome
	by           []answer.Policy
	hints        string
	do           act
}

// identifyStep asks who a principal is. Wrong says why it is not who it must be, nothing
// if it is.
func (p *proof) identifyStep(name string, who *principal.Principal, wrong func() string) step {
	return step{tried: name, who: who.Who, want: identified, try: func(ctx context.Context) result {
		r := p.identify(ctx, who)
		if r.Got == identified {
			if r.note = wrong(); r.note != "" {
				who.Known, r.Got = false, wrongAccount
			}
		}
		return r
	}}
}

func anybody() string { return "" }

func (p *proof) callerSteps() []step {
	return []step{p.identifyStep("caller", p.caller, anybody)}
}

func (p *proof) roleSteps() []step {
	switch {
	case !p.caller.Known:
		return nil
	case p.Publisher == nil:
		p.sender = p.caller
		return nil
	}
	return []step{{tried: "role", want: assumed, hints: "role", try: p.becomePublisher}}
}

func (p *proof) senderSteps() []step {
	if p.sender == nil {
		return nil
	}
	rows := []attempt{
		{"send", "sender-sends", answer.Accepted, nil, "send", p.send},
		{"send over plain HTTP", "plain-http-refused", answer.Refused, append(slices.Clone(byQueue), answer.TheService), "plain HTTP", p.sendPlain},
	}
	for _, l := range lookUps {
		if slices.Contains(p.Queue.SenderMayAlso, l.action) && (p.Publisher == nil || slices.Contains(p.Publisher.MayAlso, l.action)) {
			rows = append(rows, attempt{"look up by " + l.action, "sender-looks-up", answer.Accepted, nil, "look-up", p.with(l.do)})
		}
	}
	if p.Publisher != nil {
		const only = "publisher-cannot-receive-or-use-key"
		rows = append(rows,
			attempt{"receive", only, answer.Refused, byAny, "open", p.receive(p.Queue.At)},
			attempt{"generate a data key", only, answer.Refused, byAny, "open", p.generateDataKey},
			attempt{"decrypt", only, answer.Refused, byAny, "open", p.decrypt})
	}
	return attempts(p.sender, rows)
}

// lookUps are the actions by which senders may look the queue up, if they may.
var lookUps = []struct {
	action string
	do     func(*proof, context.Context, *principal.Principal) result
}{
	{"sqs:GetQueueAttributes", (*proof).getQueueAttributes},
	{"sqs:GetQueueUrl", (*proof).getQueueURL},
}

func (p *proof) with(do func(*proof, context.Context, *principal.Principal) result) act {
	return func(ctx context.Context, who *principal.Principal) result { return do(p, ctx, who) }
}

func (p *proof) insiderStep() []step {
	if p.insider == nil {
		return skip("insider", identified, "name an all-powerful principal in an OU that sends with -insider-profile")
	}
	return []step{p.identifyStep("insider", p.insider, func() string {
		if p.insider.Account == p.Queue.At.Account { // where either side's Allow is enough
			return "it is of the shared account, whose own principals may do what their policies say: name a profile of another account in an OU that sends"
		}
		return ""
	})}
}

// insiderSteps try what a publisher's own policy would refuse before queue and key
// are asked.
func (p *proof) insiderSteps() []step {
	if p.insider == nil || !p.insider.Known {
		return nil
	}
	q, dead := p.Queue.At, p.Queue.At.DeadLetter()
	rows := []attempt{
		{"receive", "sender-cannot-receive", answer.Refused, byQueue, "insider", p.receive(q)},
		{"delete", "sender-cannot-delete", answer.Refused, byQueue, "insider", p.delete},
		{"change the visibility", "sender-cannot-delete", answer.Refused, byQueue, "insider", p.changeVisibility},
		{"send a dead letter", "sender-cannot-use-dead-letters", answer.Refused, byQueue, "insider", p.sendDeadLetter},
		{"receive dead letters", "sender-cannot-use-dead-letters", answer.Refused, byQueue, "insider", p.receive(dead)},
	}
	for _, l := range lookUps {
		row := attempt{"look up by " + l.action, "sender-looks-up", answer.Refused, append(slices.Clone(byQueue), answer.Unnamed), "insider", p.with(l.do)}
		if slices.Contains(p.Queue.SenderMayAlso, l.action) {
			row.want, row.by, row.hints = answer.Accepted, nil, "look-up"
		}
		rows = append(rows, row)
	}
	rows = append(rows, p.keyAttempts("sender-cannot-use-key", "insider")...)
	rows = append(rows,
		attempt{"describe the key", "sender-cannot-describe-key", answer.Refused, byKey, "insider", p.byAllPowerful(&p.aliasFound, p.describeKey)},
		attempt{throughParameterStore, "sender-cannot-use-key-by-parameter-store", answer.Refused, byKey, "insider", p.byAllPowerful(&p.aliasFound, p.useThroughParameterStore)})
	for _, other := range p.Others {
		rows = append(rows, attempt{"send to " + other.Name, otherQueue + kebab(other.Name), answer.Refused, byEither, "another queue", p.sendToOther(other)})
	}
	for i := range rows {
		do := rows[i].do
		rows[i].do = func(ctx context.Context, who *principal.Principal) result {
			r := do(ctx, who)
			r.senderUnproven = !p.insiderSent
			return r
		}
	}
	send := attempt{"send", "insider-sends", answer.Accepted, nil, "insider sends", p.sendAsInsider}
	return append(attempts(p.insider, append([]attempt{send}, rows...)), p.assumeSteps(p.insider)...)
}

func (p *proof) keyAttempts(claim, hints string) []attempt {
	return []attempt{
		{"generate a data key", claim, answer.Refused, byKey, hints, p.byAllPowerful(&p.aliasFound, p.generateDataKey)},
		{"encrypt", claim, answer.Refused, byKey, hints, p.byAllPowerful(&p.aliasFound, p.encrypt)},
		{"decrypt", claim, answer.Refused, byKey, hints, p.byAllPowerful(&p.aliasFound, p.decrypt)},
	}
}

// assumeSteps try whether somebody whom the trust policy does not name may assume the
// publisher's role.
func (p *proof) assumeSteps(who *principal.Principal) []step {
	if p.Publisher == nil || p.Publisher.AssumedBy == nil || p.trusts(who) {
		return nil
	}
	return attempts(who, []attempt{{"assume the role", "others-cannot-assume-role", answer.Refused, byTrust, "assume", p.tryRole}})
}

// trusts reports whether the role's trust policy names the principal or its account.
func (p *proof) trusts(who *principal.Principal) bool {
	for _, trusted := range p.Publisher.AssumedBy {
		named := trusted.Resolve(p.Publisher.Role.Account).String()
		role, err := address.ParseRole(named)
		if named == who.Account || named == who.ARN || err == nil && who.HasRole(role) {
			return true
		}
	}
	return false
}

func (p *proof) outsiderStep() []step {
	if len(p.outsiders) == 0 {
		return skip("outsider", identified, "name principals outside the OUs that send with -outsider-profile: one of the organization, one of another, one of none")
	}
	var steps []step
	for _, o := range p.outsiders {
		steps = append(steps, step{who: o.Who, want: identified, try: func(ctx context.Context) result { return p.identifyOutsider(ctx, o) }})
	}
	return steps
}

func (p *proof) outsiderSteps() []step {
	p.noteUnused()
	var steps []step
	for _, o := range p.outsiders {
		kind := o.kind
		if kind == "" {
			continue
		}
		stops := byQueue
		if kind == computed.OtherOU && !p.Queue.OrgPathsOnQueue {
			stops = byKey
		}
		rows := []attempt{
			{"send", kind + cannotSend, answer.Refused, stops, "outsider sends", p.withControl(o, "send", p.sendAsOutsider)},
			{"receive", kind + cannotReceive, answer.Refused, byQueue, "outsider", p.withControl(o, "receive", p.receive(p.Queue.At))},
			{"receive dead letters", kind + cannotReceive, answer.Refused, byQueue, "outsider", p.withControl(o, "receive", p.receive(p.Queue.At.DeadLetter()))},
		}
		rows = append(rows, p.keyAttempts(kind+cannotUseKey, "outsider")...)
		steps = append(append(steps, attempts(o.Principal, rows)...), p.assumeSteps(o.Principal)...)
	}
	return steps
}

func (p *proof) anonymousSteps() []step {
	if !p.caller.Known {
		return nil
	}
	nobody := p.caller.With(aws.AnonymousCredentials{}, "nobody", "", "")
	return attempts(nobody, []attempt{{"send", "anonymous-cannot-send", answer.Refused, byAnyone, "outsider sends", p.sendUnsigned}})
}

func (p *proof) consumerStep() []step {
	if p.consumer == nil {
		return skip("receive as consumer", received, "name a profile of the shared account with -consumer-profile")
	}
	return []step{p.identifyStep("consumer", p.consumer, func() string {
		if p.consumer.Account != p.Queue.At.Account {
			return "it is not of the shared account: name a profile of that"
		}
		return ""
	})}
}

func (p *proof) consumerSteps() []step {
	if p.consumer == nil || !p.consumer.Known {
		return nil
	}
	var rows []attempt
	if p.consumerHasRole() {
		rows = append(rows, attempt{"send", "consumer-cannot-send", answer.Refused, byAny, "consumer", p.sendAsConsumer})
	}
	rows = append(rows, attempt{"receive", "consumer-receives", received, nil, "consumer", p.receiveAsConsumer})
	return attempts(p.consumer, rows)
}

// consumerHasRole reports whether the consumer is one that was granted to consume, which
// is denied sending. Any other principal of the shared account may do what its own
// policies say.
func (p *proof) consumerHasRole() bool {
	return slices.ContainsFunc(p.Queue.Workers, func(g asked.Grantee) bool {
		role, err := address.ParseRole(g.ARN)
		return err == nil && g.Has(spec.Consume) && p.consumer.HasRole(role)
	})
}
