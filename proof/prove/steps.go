package prove

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"example.com/shared-queue/address"
	"example.com/shared-queue/proof/aws/profile"
	"example.com/shared-queue/spec"
)

const (
	// sessionName is the assumed role's, as CloudTrail shows it.
	sessionName    = "prove"
	sessionSeconds = 900 // the shortest that STS allows
)

// A proof is one run of the command.
type proof struct {
	target
	Pace
	assume   bool
	policies bool
	timeout  time.Duration
	marker   string // in every message that this run sends

	caller    *principal // who was asked for
	sender    *principal // has the publisher's role; nil until it is known to
	insider   *principal // nil if not asked for, as the rest
	outsiders []*outsider
	consumer  *principal
	manager   *principal      // asks AWS Organizations
	controls  []address.Queue // of the outsiders' own accounts

	sends       int
	sent        bool   // the queue accepted what it must accept: queue and key are there
	sentID      string // the publisher's message, for the consumer
	insiderSent bool   // the insider's was accepted: it is in an OU that sends
	left        []message
	notes       []string
}

// A message is one that the run left in a queue.
type message struct{ id, queue, environment string }

// newProof finds the principals and their credentials. It calls AWS only to get
// these.
func newProof(ctx context.Context, t target, o options, pace Pace, code profile.Code) (*proof, error) {
	p := &proof{target: t, Pace: pace, assume: o.assumeRole, policies: o.policies, timeout: o.timeout, marker: rand.Text()}
	var problems []error
	login := func(flag, name string) *principal {
		found, err := load(ctx, flag, name, t.environment.Region, o, pace, code)
		if err != nil {
			problems = append(problems, err)
			return nil
		}
		ctx, cancel := context.WithTimeout(ctx, o.timeout)
		defer cancel()
		found.login(ctx)
		return found
	}
	optional := func(flag, name string) *principal {
		if name == "" {
			return nil
		}
		return login(flag, name)
	}
	p.caller = login("profile", o.profile)
	p.insider = optional("insider-profile", o.insider)
	for _, name := range o.outsiders {
		p.outsiders = append(p.outsiders, &outsider{principal: login("outsider-profile", name)})
	}
	p.consumer = optional("consumer-profile", o.consumer)
	p.manager = optional("organization-profile", o.organization)
	return p, errors.Join(append(problems, p.readControls(o))...)
}

// readControls reads the queues of the outsiders' own accounts.
func (p *proof) readControls(o options) error {
	if len(o.outsiderQueues) > 0 && len(o.outsiders) == 0 {
		return wrong("outsider-queue", o.outsiderQueues[0], "with -outsider-profile only", "name the profile of the queue's account too")
	}
	for _, text := range o.outsiderQueues {
		q, ok := parseQueueURL(text, p.environment.Region)
		if !ok {
			return wrong("outsider-queue", text, "the URL of a queue in "+string(p.environment.Region)+", like https://"+p.queue().Host()+"/<account>/<name>",
				"copy it from the SQS console")
		}
		p.controls = append(p.controls, q)
	}
	return nil
}

func (p *proof) queue() address.Queue { return p.environment.QueueAddress() }
func (p *proof) roleARN() string      { return p.publisher.Role.At(p.publisher.Account).ARN() }
func (p *proof) roleStack() string    { return p.environment.PublisherStackName(p.publisher) }

// A step is one thing that is tried.
type step struct {
	name string
	want outcome
	wall func() wall // called after try, which finds out which wall is an outsider's
	try  func(context.Context) answer
	hint func(answer, verdict) string // what to look at; may be nil
}

// shows is a wall that is known before the step: the claim, and the policies
// whose refusal shows it.
func shows(c claim, by ...kind) func() wall {
	return func() wall { return wall{c, by} }
}

// nothing is the wall of a step that tests none, but that other steps need.
func nothing() wall { return wall{} }

func (p *proof) steps() []step {
	return slices.Concat(p.organizationSteps(), p.publisherSteps(), p.insiderSteps(), p.outsiderSteps(), p.consumerSteps(), p.policySteps())
}

func (p *proof) publisherSteps() []step {
	steps := []step{
		{"caller", identified, nothing, p.identifyCaller, nil},
		{"role", assumed, nothing, p.assumeRole, p.hintRole},
		{"send", accepted, shows(canSend), p.asSender(p.send), p.hintSend},
		{"receive", refused, shows(noReceive, queuePolicy), p.asSender(p.receive), p.hintPublisher},
		{"generate data key", refused, shows(noDataKey, keyPolicy), p.asSender(p.generateDataKey), p.hintPublisher},
		{"decrypt", refused, shows(noDecrypt, keyPolicy), p.asSender(p.decrypt), p.hintPublisher},
		{"send over plain HTTP", refused, shows(noPlain, queuePolicy, service), p.asSender(p.sendPlain), p.hintPlain},
	}
	for _, other := range p.others {
		steps = append(steps, step{"send to " + other.Name, refused, closed(other), p.asSender(p.sendToOther(other)), p.hintOther(other)})
	}
	return steps
}

// insiderSteps try what a publisher's own policy would refuse before queue and
// key are asked.
func (p *proof) insiderSteps() []step {
	if p.insider == nil {
		return []step{skip("insider", identified, nameInsider)}
	}
	steps := []step{
		{"insider", identified, nothing, p.identifyInsider, nil},
		{"send as insider", accepted, shows(insiderSends), p.asInsider(p.sendAsInsider), p.hintInsiderSend},
		{"receive as insider", refused, shows(noReceive, queuePolicy), p.asInsider(p.receive), p.hintInsider},
		{"delete as insider", refused, shows(noDelete, queuePolicy), p.asInsider(p.delete), p.hintInsider},
		{"send a dead letter as insider", refused, shows(noDeadSend, queuePolicy), p.asInsider(p.sendDeadLetter), p.hintInsider},
		{"receive dead letters as insider", refused, shows(noDeadReceive, queuePolicy), p.asInsider(p.receiveDeadLetters), p.hintInsider},
		{"generate data key as insider", refused, shows(noDataKey, keyPolicy), p.asInsider(known(p.generateDataKey)), p.hintInsider},
		{"decrypt as insider", refused, shows(noDecrypt, keyPolicy), p.asInsider(known(p.decrypt)), p.hintInsider},
		{"encrypt as insider", refused, shows(noEncrypt, keyPolicy), p.asInsider(known(p.encrypt)), p.hintInsider},
		{"use the key through SSM as insider", refused, shows(noOtherUse, keyPolicy), p.asInsider(known(p.useThroughSSM)), p.hintInsider},
	}
	for _, other := range p.others {
		steps = append(steps, step{"send to " + other.Name + " as insider", refused, closed(other), p.asInsider(p.sendToOther(other)), p.hintOther(other)})
	}
	return steps
}

func (p *proof) outsiderSteps() []step {
	if len(p.outsiders) == 0 {
		return []step{skip("outsider", identified, nameOutsider)}
	}
	var steps []step
	for _, o := range p.outsiders {
		steps = append(steps, step{"outsider " + o.profile, identified, nothing, p.identifyOutsider(o), p.hintMembership(o)})
		steps = append(steps, step{"send as outsider " + o.profile, refused, p.stops(o), p.sendAsOutsider(o), p.hintOutsider(o)})
	}
	return steps
}

func (p *proof) consumerSteps() []step {
	if p.consumer == nil {
		return []step{skip("receive as consumer", received, nameConsumer)}
	}
	return []step{
		{"consumer", identified, nothing, p.identifyConsumer, nil},
		{"receive as consumer", received, shows(canConsume), p.receiveAsConsumer, nil},
	}
}

func skip(name string, want outcome, how because) step {
	return step{name, want, nothing, func(context.Context) answer { return answer{got: notAsked, because: how} }, nil}
}

// claims are what the run is about, in the order in which the report has them:
// the whole boundary, whether it was asked for or not, then what else was.
func (p *proof) claims(steps []step) []claim {
	claims := []claim{canSend, noReceive, noDelete, noDeadSend, noDeadReceive, noDataKey, noDecrypt, noEncrypt, noOtherUse, noPlain}
	for _, other := range p.others {
		if p.samePartition(other) {
			claims = append(claims, closedTo(other.Name))
		}
	}
	claims = append(claims, noOtherOU, noOtherOrg)
	for _, s := range steps {
		if c := s.wall().claim; c != "" && !slices.Contains(claims, c) {
			claims = append(claims, c)
		}
	}
	return claims
}

// run tries every step and reports each as it happens. Steps that have no time
// left are reported too.
func (p *proof) run(ctx context.Context, r *report) {
	steps := p.steps()
	r.open(p, steps)
	for _, s := range steps {
		a := answer{got: notTried}
		switch {
		case ctx.Err() == nil:
			a = s.try(ctx)
		case context.Cause(ctx) == context.DeadlineExceeded:
			a.because = noTime
		default:
			a.because = stopped
		}
		r.step(p, s, a)
	}
}

// secrets are all that are known so far.
func (p *proof) secrets() []string {
	all := []*principal{p.caller, p.sender, p.insider, p.consumer, p.manager}
	for _, o := range p.outsiders {
		all = append(all, o.principal)
	}
	var secrets []string
	for _, who := range all {
		if who != nil {
			secrets = append(secrets, who.secrets()...)
		}
	}
	return secrets
}

// An act is something that a principal tries.
type act func(context.Context, *principal) answer

func (p *proof) asSender(do act) func(context.Context) answer {
	return func(ctx context.Context) answer {
		if p.sender == nil {
			return answer{got: notTried, because: noSender}
		}
		a := do(ctx, p.sender)
		a.unproved = p.sentID == ""
		return a
	}
}

func (p *proof) asInsider(do act) func(context.Context) answer {
	return func(ctx context.Context) answer {
		if !p.insider.known {
			return answer{got: notTried, because: noInsider}
		}
		a := do(ctx, p.insider)
		a.unproved = !p.insiderSent
		return a
	}
}

// identify asks who a principal is.
func (p *proof) identify(ctx context.Context, who *principal) answer {
	if err := who.identify(ctx); err != nil {
		a := understand(ctx, err)
		if who.profile != "" {
			a.facts = append([]string{"profile " + who.profile}, a.facts...)
		}
		return a
	}
	return answer{got: identified, facts: []string{who.arn}}
}

func (p *proof) identifyCaller(ctx context.Context) answer { return p.identify(ctx, p.caller) }

// identifyInsider also refuses one of the shared account: there, either side's
// Allow is enough, and an administrator may do everything.
func (p *proof) identifyInsider(ctx context.Context) answer {
	a := p.identify(ctx, p.insider)
	if a.got == identified && p.insider.account == p.environment.Account {
		p.insider.known = false
		a.got, a.because = wrongAccount, insiderOwns
	}
	return a
}

// assumeRole makes the sender of the caller.
func (p *proof) assumeRole(ctx context.Context) answer {
	name, account := p.publisher.Role.RoleName, p.publisher.Account
	switch {
	case !p.caller.known:
		return answer{got: notTried, because: noCaller}
	case !p.assume && p.caller.hasRole(account, name):
		p.sender = p.caller
		return answer{got: assumed, because: hasRoleAlready}
	}
	out, err := p.caller.sts().AssumeRole(ctx, &sts.AssumeRoleInput{
		RoleArn:         aws.String(p.roleARN()),
		RoleSessionName: aws.String(sessionName),
		DurationSeconds: aws.Int32(sessionSeconds),
	})
	if err != nil {
		a := understand(ctx, err)
		if a.got == refused && a.refusal.rule == "" && p.caller.account != p.publisher.Account {
			a.got = wrongAccount
		}
		return a
	}
	if out.Credentials == nil {
		return answer{got: failed, because: emptyAnswer}
	}
	session := p.roleARN()
	if out.AssumedRoleUser != nil {
		session = aws.ToString(out.AssumedRoleUser.Arn)
	}
	p.sender = p.caller.as(aws.Credentials{
		AccessKeyID:     aws.ToString(out.Credentials.AccessKeyId),
		SecretAccessKey: aws.ToString(out.Credentials.SecretAccessKey),
		SessionToken:    aws.ToString(out.Credentials.SessionToken),
	}, session)
	return answer{got: assumed, facts: []string{session}}
}

func (p *proof) samePartition(other spec.Environment) bool {
	return other.Region.Partition() == p.environment.Region.Partition()
}

// parseQueueURL reads the URL of a queue in the Region.
func parseQueueURL(text string, region address.Region) (q address.Queue, ok bool) {
	host, path, _ := strings.Cut(strings.TrimPrefix(text, "https://"), "/")
	account, name, _ := strings.Cut(path, "/")
	q = address.Queue{Region: region, Account: account, Name: name}
	return q, strings.HasPrefix(text, "https://") && host == q.Host() && address.CheckAccount(account) == nil && name != "" && !strings.Contains(name, "/")
}
