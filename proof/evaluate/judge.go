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
	Action    string
	Resource  string // its ARN
	Owner     string // the resource's account
	Policy    any    // the resource's policy
}

// A Verdict is what the policies say to a Case, and which of them it comes from
// where they refuse. Where more than one refuses it is the explicit deny, and
// the principal's own before the resource's.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
type Verdict string

// The verdicts.
const (
	Allowed           Verdict = "allowed"
	DeniedByOwn       Verdict = "an explicit deny in an identity-based policy"
	DeniedByResource  Verdict = "an explicit deny in a resource-based policy"
	NotAllowedByOwn   Verdict = "no identity-based policy allows"
	NotAllowedByOther Verdict = "no resource-based policy allows"
)

// Ids of the policies of a Case.
const (
	everything   = "everything"
	policyOfCase = "policy"
	opened       = "policy, and everything allowed"
	leftToCaller = "a policy that leaves all to the caller's account"
)

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

func (e *Evaluator) judge(c Case) (Verdict, error) {
	all := map[string]any{"Effect": "Allow", "Action": "*", "Resource": "*"}
	toAll, toAccount := c.allowing("*"), c.allowing("*")
	if c.Account != "" {
		toAccount = c.allowing(map[string]any{"AWS": c.Account})
	}
	world := World{
		everything:   Document(all),
		policyOfCase: c.Policy,
		opened:       with(c.Policy, toAll),
		leftToCaller: Document(toAccount),
	}
	var own []string
	for i, policy := range c.Own {
		id := fmt.Sprint("own policy ", i)
		own, world[id] = append(own, id), policy
	}
	callerWith := func(policies ...string) Caller {
		if c.Account == "" {
			policies = nil // it has none
		}
		return Caller{Principal: c.Principal, Policies: policies, Context: c.Context}
	}
	const asItIs, withAll, allAlone = 0, 1, 2
	ask := func(caller int, policy string) Question {
		return Question{Caller: caller, Requests: []Request{{Action: c.Action, Resource: c.Resource, Account: c.Owner, Policy: policy}}}
	}
	answers, err := e.Ask(Input{
		Worlds:  []World{world},
		Callers: []Caller{asItIs: callerWith(own...), withAll: callerWith(append(own, everything)...), allAlone: callerWith(everything)},
		Decisions: []Question{
			ask(asItIs, policyOfCase),
			ask(withAll, leftToCaller),
			ask(allAlone, opened),
			ask(asItIs, leftToCaller),
		},
	})
	if err != nil {
		return "", err
	}
	if problems := answers[0].Problems; len(problems) > 0 {
		return "", fmt.Errorf("policies that AWS would refuse or never match: %s", strings.Join(problems, "; "))
	}
	for i, verdict := range []Verdict{Allowed, DeniedByOwn, DeniedByResource, NotAllowedByOwn} {
		if allowed := answers[0].Got[i]; allowed == (verdict == Allowed) {
			return verdict, nil
		}
	}
	return NotAllowedByOther, nil
}

// allowing is a statement of a resource policy that allows the principal all. A
// trust policy names no resource: it is the role's own.
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

// with is the policy with one more statement.
func with(policy any, statement map[string]any) map[string]any {
	d := map[string]any{}
	policyObject, _ := policy.(map[string]any)
	for element, value := range policyObject {
		d[element] = value
	}
	list, ok := d["Statement"].([]any)
	if !ok && d["Statement"] != nil {
		list = []any{d["Statement"]} // a lone one needs no list
	}
	d["Statement"] = append(append([]any{}, list...), any(statement))
	return d
}
