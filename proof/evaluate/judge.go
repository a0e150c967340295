package evaluate

import (
	"encoding/json"
	"fmt"
	"strings"
)

// A Case is one request to AWS and the policies that decide it.
type Case struct {
	Principal string         // an ARN or a service; empty is an anonymous caller
	Account   string         // of the principal; empty if it has none
	Context   map[string]any // condition keys and their values
	Own       []any          // the principal's own policies
	Boundary  any            // its permissions boundary, nil if it has none
	Action    string
	Resource  string // its ARN
	Owner     string // the resource's account
	Policy    any    // the resource's policy

	// The organization's policies over the principal's account and over the resource's,
	// besides those of AWS that allow everything at each level. They may only deny.
	ServiceControl, ResourceControl []any
}

// A Verdict is what the policies say to a Case, and which of them it comes from
// where they refuse. Where more than one refuses it is the explicit deny, and
// the principal's own before the resource's.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
type Verdict string

// The verdicts, in AWS's words.
const (
	Allowed                 Verdict = "allowed"
	DeniedByOwn             Verdict = "an explicit deny in an identity-based policy"
	DeniedByBoundary        Verdict = "an explicit deny in a permissions boundary"
	DeniedByServiceControl  Verdict = "an explicit deny in a service control policy"
	DeniedByResourceControl Verdict = "an explicit deny in a resource control policy"
	DeniedByResource        Verdict = "an explicit deny in a resource-based policy"
	NotAllowedByOwn         Verdict = "no identity-based policy allows"
	NotAllowedByBoundary    Verdict = "no permissions boundary allows"
	NotAllowedByOther       Verdict = "no resource-based policy allows"
)

// Explicit reports whether a statement denies, as opposed to none that allows.
func (v Verdict) Explicit() bool { return strings.HasPrefix(string(v), "an explicit deny") }

// Judge asks which verdict a case has. The evaluator says yes or no; which
// policy a no comes from shows when one side at a time is made to allow all. It
// asks once about each case.
func (e *Evaluator) Judge(c Case) (Verdict, error) {
	key, err := json.Marshal(c)
	if err != nil {
		return "", err
	}
	if v, known := e.judged.Load(string(key)); known {
		return v.(Verdict), nil
	}
	v, err := e.judge(c)
	if err == nil {
		e.judged.Store(string(key), v)
	}
	return v, err
}

// Ids of the policies of a Case. Those of control policies tell the evaluator what
// they are.
const (
	everything      = "everything"
	boundary        = "boundary"
	boundaryOpened  = "boundary, and everything allowed"
	policyOfCase    = "policy"
	policyOpened    = "policy, and everything allowed"
	leftToCaller    = "a policy that leaves all to the caller's account"
	serviceControl  = "service control policy"
	resourceControl = "resource control policy"
)

// A try is the case with some of its policies in place of all: the others allow
// everything. If it is refused, the verdict is why.
type try struct {
	own               []string
	boundary, policy  string
	service, resource string // control policies
	verdict           Verdict
}

func (e *Evaluator) judge(c Case) (Verdict, error) {
	world, own := c.world()
	open := try{own: []string{everything}, policy: leftToCaller}
	tries := []try{{own, boundary, policyOfCase, serviceControl, resourceControl, Allowed}}
	add := func(verdict Verdict, change func(*try)) {
		t := open
		change(&t)
		t.verdict = verdict
		tries = append(tries, t)
	}
	add(DeniedByOwn, func(t *try) { t.own = append(own, everything) })
	if c.Boundary != nil {
		add(DeniedByBoundary, func(t *try) { t.boundary = boundaryOpened })
	}
	if len(c.ServiceControl) > 0 {
		add(DeniedByServiceControl, func(t *try) { t.service = serviceControl })
	}
	if len(c.ResourceControl) > 0 {
		add(DeniedByResourceControl, func(t *try) { t.resource = resourceControl })
	}
	add(DeniedByResource, func(t *try) { t.policy = policyOpened })
	add(NotAllowedByOwn, func(t *try) { t.own = own })
	if c.Boundary != nil {
		add(NotAllowedByBoundary, func(t *try) { t.boundary = boundary })
	}
	got, err := e.ask(c, world, tries)
	if err != nil {
		return "", err
	}
	for i, t := range tries {
		if got[i] == (t.verdict == Allowed) {
			return t.verdict, nil
		}
	}
	return NotAllowedByOther, nil
}

// world has the policies of the case, as they are and with all allowed. Own are the
// ids of the principal's.
func (c Case) world() (w World, own []string) {
	toAccount := c.allowing("*")
	if c.Account != "" {
		toAccount = c.allowing(map[string]any{"AWS": c.Account})
	}
	all := map[string]any{"Effect": "Allow", "Action": "*", "Resource": "*"}
	w = World{
		everything:   Document(all),
		policyOfCase: c.Policy,
		policyOpened: with(c.Policy, c.allowing("*")),
		leftToCaller: Document(toAccount),
	}
	if c.Boundary != nil {
		w[boundary], w[boundaryOpened] = c.Boundary, with(c.Boundary, all)
	}
	if len(c.ServiceControl) > 0 && c.Account != "" { // services and anonymous callers have none
		w[serviceControl] = merged(c.ServiceControl)
	}
	if len(c.ResourceControl) > 0 {
		w[resourceControl] = merged(c.ResourceControl)
	}
	for i, policy := range c.Own {
		id := fmt.Sprint("own policy ", i)
		own, w[id] = append(own, id), policy
	}
	return w, own
}

// ask is whether each try is allowed.
func (e *Evaluator) ask(c Case, world World, tries []try) ([]bool, error) {
	in := Input{Worlds: []World{world}}
	for i, t := range tries {
		if c.Account == "" {
			t.own = nil // it has none
		}
		in.Callers = append(in.Callers, Caller{Principal: c.Principal, Policies: t.own, Boundary: t.boundary, Control: t.service, Context: c.Context})
		in.Decisions = append(in.Decisions, Question{Caller: i, Requests: []Request{
			{Action: c.Action, Resource: c.Resource, Account: c.Owner, Policy: t.policy, Control: t.resource}}})
	}
	answers, err := e.Ask(in)
	if err != nil {
		return nil, err
	}
	if problems := answers[0].Problems; len(problems) > 0 {
		return nil, fmt.Errorf("policies that AWS would reject, or conditions that never match: %s", strings.Join(problems, "; "))
	}
	return answers[0].Got, nil
}

// allowing is a statement of a resource policy that allows the principal all. In a
// trust policy, which belongs to one role, it names no resource.
func (c Case) allowing(principal any) map[string]any {
	s := map[string]any{"Effect": "Allow", "Action": c.Action, "Principal": principal}
	if !strings.HasPrefix(c.Action, "sts:") {
		s["Resource"] = "*"
	}
	return s
}

// Problems are what AWS would refuse in the policies, or what would never match.
func (e *Evaluator) Problems(world World) ([]string, error) {
	answers, err := e.Ask(Input{Worlds: []World{world}, Callers: []Caller{}, Decisions: []Question{}})
	if err != nil {
		return nil, err
	}
	return answers[0].Problems, nil
}

// merged is one policy with the statements of all.
func merged(policies []any) map[string]any {
	all := Document()
	for _, policy := range policies {
		p, _ := policy.(map[string]any)
		for _, statement := range listOf(p["Statement"]) {
			all = with(all, statement)
		}
	}
	return all
}

// with is the policy with one more statement.
func with(policy, statement any) map[string]any {
	d := map[string]any{}
	policyObject, _ := policy.(map[string]any)
	for element, value := range policyObject {
		d[element] = value
	}
	d["Statement"] = append(append([]any{}, listOf(d["Statement"])...), statement)
	return d
}

// listOf is a list, or the lone element that needs none.
func listOf(value any) []any {
	list, ok := value.([]any)
	if !ok && value != nil {
		list = []any{value}
	}
	return list
}
