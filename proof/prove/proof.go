package prove

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"time"

	"example.com/shared-queue/address"
	"example.com/shared-queue/proof/evaluate"
	"example.com/shared-queue/proof/prove/answer"
	"example.com/shared-queue/proof/prove/principal"
	"example.com/shared-queue/proof/prove/target"
)

// A proof is one run of the command.
type proof struct {
	target.Target
	Command
	flags  options
	marker string // in every message that this run sends

	caller    *principal.Principal // who was asked for
	sender    *principal.Principal // has the publisher's role, or is the caller; nil until it is known
	insider   *principal.Principal // nil if not asked for, as the rest
	outsiders []*outsider
	consumer  *principal.Principal
	manager   *principal.Principal   // asks AWS Organizations
	readers   []*principal.Principal // of the policies in force
	evaluator *evaluate.Evaluator
	ownQueues []address.Queue // of the outsiders' own accounts

	sends       int
	sent        bool   // the queue accepted what it must accept: queue and key are there
	aliasFound  bool   // the key is there by its alias
	sentID      string // the sender's message, for the consumer
	insiderSent bool   // the insider's was accepted: it is in an OU that sends
	left        []message
	notes       []string

	publisherRead bool // the policies of the publisher's role are among those that were computed with
}

// A message is one that the run left in a queue.
type message struct{ id, queue, environment string }

// newProof finds the principals and their credentials. It calls AWS only to get
// these.
func (c Command) newProof(ctx context.Context, t target.Target, o options) (*proof, error) {
	p := &proof{Target: t, Command: c, flags: o, marker: rand.Text()}
	var problems []error
	source := principal.Source{Region: t.Queue.At.Region, Endpoint: o.endpoint, Timeout: o.timeout, Backoff: c.Backoff, Code: c.Code}
	login := func(flag, who, name string) *principal.Principal {
		found, err := source.Load(ctx, flag, who, name)
		problems = append(problems, err)
		return found
	}
	optional := func(flag, who, name string) *principal.Principal {
		if name == "" {
			return nil
		}
		return login(flag, who, name)
	}
	p.caller = login("profile", "", o.profile)
	p.insider = optional("insider-profile", "insider", o.insider)
	for _, name := range o.outsiders {
		p.outsiders = append(p.outsiders, &outsider{Principal: login("outsider-profile", "outsider "+name, name), allowed: map[string]bool{}})
	}
	p.consumer = optional("consumer-profile", "consumer", o.consumer)
	p.manager = optional("organization-profile", "organization", o.organization)
	for _, name := range o.readers {
		p.readers = append(p.readers, login("shared-profile", "reader "+name, name))
	}
	var err error
	p.ownQueues, err = controls(o.outsiderQueues, t.Queue.At.Region)
	problems = append(problems, err)
	if p.readers != nil {
		p.evaluator, err = c.Evaluate()
		problems = append(problems, err)
	}
	return p, errors.Join(problems...)
}

// A step is one thing that is tried or looked up.
type step struct {
	tried string // like "receive"
	who   string // like "insider"; empty for the sender
	claim string // the id of the claim that it tests; empty if others only need it
	want  answer.Outcome
	by    []answer.Policy // whose refusal shows the claim
	hints string          // the group of its hints
	try   func(context.Context) result
}

func (s step) name() string {
	switch {
	case s.who == "" || s.tried == s.who:
		return s.tried
	case s.tried == "":
		return s.who
	}
	return s.tried + " as " + s.who
}

// What else can become of a step, beside AWS's answers.
const (
	identified   answer.Outcome = "identified"
	assumed      answer.Outcome = "assumed"
	received     answer.Outcome = "received"
	notReceived  answer.Outcome = "not received"
	altered      answer.Outcome = "altered"
	found        answer.Outcome = "found"
	missing      answer.Outcome = "missing"
	outside      answer.Outcome = "outside"
	valid        answer.Outcome = "valid"
	findings     answer.Outcome = "findings"
	notPublic    answer.Outcome = "not public"
	public       answer.Outcome = "public"
	notTried     answer.Outcome = "not tried"
	notAsked     answer.Outcome = "not asked"
	wrongAccount answer.Outcome = "wrong account"
)

// A result is what became of a step.
type result struct {
	step
	answer.Answer
	verdict
	facts          []string // shown as they are: an ARN, a message's id, a finding
	note           string   // why it was not tried, or what AWS's answer leaves out
	control        bool     // the caller's own policy was seen to allow what was refused
	senderUnproven bool     // the caller's own send was not accepted, so it may be no sender
}

// A writer writes what happens, as it happens.
type writer interface {
	open(*proof)
	result(*proof, result)
	close(*proof, summary)
}

// run tries every step and reports each as it happens; those that have no time left
// too. Its result is the exit code.
func (p *proof) run(ctx context.Context, w writer) int {
	w.open(p)
	var results []result
	for _, phase := range p.phases() {
		for _, s := range phase() {
			r := result{Answer: answer.Answer{Got: notTried}}
			switch {
			case ctx.Err() == nil:
				r = s.try(ctx)
			case context.Cause(ctx) == context.DeadlineExceeded:
				r.note = "the time was up: give more than " + p.flags.timeout.String() + " with -timeout"
			default:
				r.note = "interrupted"
			}
			r.step = s
			r.verdict = judge(r)
			results = append(results, r)
			w.result(p, r)
		}
	}
	for _, m := range p.left {
		note := "a test message stays in the queue " + m.queue + " of " + m.environment + ": " + m.id
		if m.environment == p.Name && p.consumer == nil {
			note += " (-consumer-profile receives and deletes it)"
		}
		p.notes = append(p.notes, note)
	}
	sum := p.summarize(results)
	w.close(p, sum)
	return sum.exitCode
}

// secrets are all that are known so far.
func (p *proof) secrets() []string {
	var all []string
	for _, o := range p.outsiders {
		all = append(all, o.Secrets()...)
	}
	for _, who := range slices.Concat(p.readers, []*principal.Principal{p.caller, p.sender, p.insider, p.consumer, p.manager}) {
		all = append(all, who.Secrets()...)
	}
	slices.SortFunc(all, func(a, b string) int { return cmp.Compare(len(b), len(a)) }) // one may be part of another
	return slices.Compact(all)
}

// putBackTimeout is how long a run that is over may go on to leave nothing behind.
const putBackTimeout = 5 * time.Second

// afterwards is a context for what has to be done even if the run is over.
func afterwards(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), putBackTimeout)
}
