// Package access computes who can do what with an environment's queue and key:
// it asks an independent evaluator of AWS policies about the templates that are
// deployed, and compares its answers with what the product promises.
package access

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"example.com/shared-queue/address"
	"example.com/shared-queue/proof/evaluate"
	"example.com/shared-queue/spec"
)

// Assume is to assume a publisher's role.
const Assume Operation = "assume the role"

// A Matrix is every question: each caller and each operation, for each
// environment and each publisher's role.
type Matrix struct {
	Tables       []Table
	environments []spec.Environment
	callers      []evaluate.Caller
}

// A Table has the decisions on one subject: for each caller, each operation.
type Table struct {
	Environment string
	Subject     string // what is asked for
	Role        string // the publisher whose role may be assumed; empty for other subjects
	Operations  []Operation
	Rows        []Row

	organization string // of the senders
}

// A Row has the decisions for one caller.
type Row struct {
	Caller Caller
	Bound  string // what is known of its permissions boundary; empty if it has none
	Cells  []*Decision
}

// A Decision is one answer.
type Decision struct {
	Subject   string
	Who       string
	Operation Operation
	Got       bool

	evaluate.Question
}

// NewMatrix asks about the environments' queues, keys and roles.
func NewMatrix(environments []spec.Environment) *Matrix {
	environments = inAnAccount(environments)
	m := &Matrix{environments: environments}
	for _, e := range environments {
		q := e.QueueAddress()
		t := Table{
			Environment: e.Name, Subject: "Queue " + q.Name + " and key " + q.Alias + " of " + e.Name,
			Operations: operationsOn(e), organization: e.Queue.Senders[0].Organization(),
		}
		for _, c := range callers(e, environments) {
			t.Rows = append(t.Rows, m.row(t.Subject, c, t.Operations, func(o Operation) (bool, []evaluate.Request) { return steps(o, e, c) }))
		}
		m.Tables = append(m.Tables, t)
	}
	for _, e := range environments {
		if t := m.ownTable(e); len(t.Rows) > 0 {
			m.Tables = append(m.Tables, t)
		}
		for _, p := range e.Publishers {
			t := Table{Environment: e.Name, Subject: "Who may assume publisher role " + p.Name + " of " + e.Name, Role: p.Name, Operations: []Operation{Assume}}
			for _, c := range assumers(e, p, environments) {
				t.Rows = append(t.Rows, m.row(t.Subject, c, t.Operations, func(Operation) (bool, []evaluate.Request) { return true, assume(e, p, c) }))
			}
			m.Tables = append(m.Tables, t)
		}
	}
	return m
}

// sessions are the actions that a service needs, in addition to sts:AssumeRole, to
// assume a role.
// https://docs.aws.amazon.com/eks/latest/userguide/capability-role.html
// https://docs.aws.amazon.com/eks/latest/userguide/pod-id-role.html
// https://docs.aws.amazon.com/rolesanywhere/latest/userguide/trust-model.html
var sessions = map[string][]string{
	"capabilities.eks.amazonaws.com": {"sts:TagSession"},
	"pods.eks.amazonaws.com":         {"sts:TagSession"},
	"rolesanywhere.amazonaws.com":    {"sts:SetSourceIdentity", "sts:TagSession"},
}

// assume are the requests of a caller that assumes the publisher's role.
func assume(e spec.Environment, p spec.Publisher, c Caller) []evaluate.Request {
	var requests []evaluate.Request
	for _, action := range append([]string{"sts:AssumeRole"}, sessions[c.Principal]...) {
		requests = append(requests, evaluate.Request{Action: action, Resource: p.Role.At(p.Account).ARN(), Account: p.Account, Policy: trustID(e.Name, p.Name)})
	}
	return requests
}

// ownTable asks what each role's own policy allows, whatever queue and key
// answer.
func (m *Matrix) ownTable(e spec.Environment) Table {
	t := Table{Environment: e.Name, Subject: "What the roles of " + e.Name + " are allowed by their own policies", Operations: ownOperations}
	path := e.Queue.Senders[0].String()
	add := func(name, granted, account string, by evaluate.Caller, g grant) {
		c := Caller{Name: name, Can: []Operation{Granted}, granted: granted, Caller: by}
		t.Rows = append(t.Rows, m.row(t.Subject, c, ownOperations, func(o Operation) (bool, []evaluate.Request) {
			return ownSteps(o, g, account, e.QueueAddress())
		}))
	}
	own := toSend
	own.queue = slices.Concat(own.queue, e.Queue.SenderMayAlso)
	for _, p := range e.Publishers {
		add(title(p), promises[spec.Send].granted, p.Account, publisherCaller(e, p, path), own)
	}
	for _, w := range workers(e) {
		own := roleCaller(e.Region.Partition(), e.Account, w.name, path, []string{rolePermissionsID(e.Name, w.name)})
		add(w.title(), w.granted(), e.Account, own, w.grant())
	}
	return t
}

func (m *Matrix) row(subject string, c Caller, operations []Operation, steps func(Operation) (bool, []evaluate.Request)) Row {
	row := Row{Caller: c}
	m.callers = append(m.callers, c.Caller)
	for _, o := range operations {
		all, requests := steps(o)
		row.Cells = append(row.Cells, &Decision{Subject: subject, Who: c.Name, Operation: o, Question: evaluate.Question{
			Caller: len(m.callers) - 1, All: all, Want: slices.Contains(c.Can, o), Requests: requests,
		}})
	}
	return row
}

// assumers are the callers that are asked about for a publisher's role: all that its
// trust policy names, and others.
func assumers(e spec.Environment, p spec.Publisher, all []spec.Environment) []Caller {
	const anyService = "glue.amazonaws.com"
	partition := e.Region.Partition()
	yes, no := []Operation{Assume}, []Operation{}
	service := func(name string) evaluate.Caller {
		return evaluate.Caller{Principal: name, Context: map[string]any{"aws:PrincipalIsAWSService": "true", "aws:PrincipalServiceName": name}}
	}
	trusted := map[string]bool{}
	var list []Caller
	for _, named := range p.Role.AssumedBy {
		principal := named.Resolve(p.Account)
		trusted[principal.String()] = true
		if principal != named { // the role's own account, which is asked about below
			continue
		}
		if name, ok := principal.Service(); ok {
			list = append(list, Caller{Name: "Service " + name, Can: yes, Caller: service(name)})
			continue
		}
		arn, _ := principal.ARN(e.Region)
		list = append(list, Caller{Name: describe(principal), Can: yes, Caller: assumer(arn)})
	}
	can := func(account string) []Operation {
		if trusted[account] {
			return yes
		}
		return no
	}
	powerful := func(account string) evaluate.Caller {
		return roleCaller(partition, account, administrator, e.Queue.Senders[0].String(), []string{"everything"})
	}
	insider, outsider := strangers(all)
	list = append(list,
		Caller{Name: "Administrator of the publisher's account", Can: can(p.Account), Caller: powerful(p.Account)},
		Caller{Name: "Administrator of the shared account", Can: can(e.Account), Caller: powerful(e.Account)},
		Caller{Name: "Administrator of another account of the OU", Can: no, Caller: powerful(insider)},
		Caller{Name: "Administrator of an account in no organization", Can: no, Caller: roleCaller(partition, outsider, administrator, "", []string{"everything"})},
		Caller{Name: "Anonymous", Can: no, Caller: evaluate.Caller{Context: map[string]any{}}},
	)
	if !trusted[anyService] {
		list = append(list, Caller{Name: "Any other service, like " + anyService, Can: no, Caller: service(anyService)})
	}
	return list
}

func describe(p address.Principal) string {
	if strings.HasPrefix(p.String(), "arn:") {
		return p.String()
	}
	return "Administrator of account " + p.String()
}

// assumer is the principal with the ARN, or an administrator of the account
// whose root it is, allowed everything by its own account.
func assumer(arn string) evaluate.Caller {
	arn = strings.Replace(arn, ":root", ":role/"+administrator, 1)
	account := strings.Split(arn, ":")[4]
	return evaluate.Caller{Principal: arn, Policies: []string{"everything"}, Context: map[string]any{"aws:PrincipalArn": arn, "aws:PrincipalAccount": account}}
}

// Decisions are all of the matrix, in order.
func (m *Matrix) Decisions() []*Decision {
	var list []*Decision
	for _, t := range m.Tables {
		for _, row := range t.Rows {
			list = append(list, row.Cells...)
		}
	}
	return list
}

// Decide lets the evaluator answer every question in the world.
func (m *Matrix) Decide(by *evaluate.Evaluator, world evaluate.World) error {
	decisions := m.Decisions()
	answers, err := m.ask(by, decisions, world)
	if err != nil {
		return err
	}
	if problems := answers[0].Problems; len(problems) > 0 {
		return fmt.Errorf("policies that AWS would refuse or never match:\n%s", strings.Join(problems, "\n"))
	}
	for i, d := range decisions {
		d.Got = answers[0].Got[i]
	}
	for _, t := range m.Tables {
		for i := range t.Rows {
			t.Rows[i].Bound = bound(world[t.Rows[i].Caller.Boundary])
		}
	}
	return nil
}

// bound says in words what a permissions boundary in the world is.
func bound(boundary any) string {
	if boundary == nil {
		return ""
	}
	if arn, elsewhere := object(boundary)["Id"].(string); elsewhere {
		return "bounded by " + arn + ", which is not known here and may allow less"
	}
	return "bounded by a policy of its stack"
}

func (m *Matrix) ask(by *evaluate.Evaluator, decisions []*Decision, worlds ...evaluate.World) ([]evaluate.Answer, error) {
	in := evaluate.Input{Worlds: worlds, Callers: m.callers}
	for _, d := range decisions {
		in.Decisions = append(in.Decisions, d.Question)
	}
	return by.Ask(in)
}

// Explain says which statements decide d in the world: those without which the
// answer would differ. It is for a decision that is not as promised.
func (m *Matrix) Explain(by *evaluate.Evaluator, world evaluate.World, d *Decision) (string, error) {
	worlds := []evaluate.World{world}
	var statements []string
	for _, id := range m.policiesOf(d) {
		list, _ := object(world[id])["Statement"].([]any)
		for i, s := range list {
			document := maps.Clone(object(world[id]))
			document["Statement"] = slices.Delete(slices.Clone(list), i, i+1)
			worlds = append(worlds, evaluate.World{id: document})
			name, ok := object(s)["Sid"].(string)
			if !ok {
				name = fmt.Sprintf("statement %d", i+1)
			}
			statements = append(statements, name+" of "+id)
		}
	}
	answers, err := m.ask(by, []*Decision{d}, worlds...)
	if err != nil {
		return "", err
	}
	var deciding []string
	for i, a := range answers[1:] {
		if len(a.Got) > 0 && a.Got[0] != answers[0].Got[0] {
			deciding = append(deciding, statements[i])
		}
	}
	in := " in " + strings.Join(m.policiesOf(d), ", ")
	why := "no single statement decides" + in
	switch {
	case len(deciding) > 0:
		why = "decided by " + strings.Join(deciding, ", ")
	case !d.Got:
		why = "no statement allows it" + in
	}
	return fmt.Sprintf("%s, want %s: %s", d, yesNo(d.Want), why), nil
}

// String is the decision in one line.
func (d *Decision) String() string {
	return fmt.Sprintf("%s: %s: %s: %s", d.Subject, d.Who, d.Operation, yesNo(d.Got))
}

// Catch says of each world, which replaces some policies of base, how the
// matrix catches it: by policies that AWS would refuse or never match, or by
// the first decision that is not as promised. The answer is empty for a world in
// which the matrix finds nothing wrong.
func (m *Matrix) Catch(by *evaluate.Evaluator, base evaluate.World, worlds []evaluate.World) ([]string, error) {
	decisions := m.Decisions()
	// Decisions on every action of a service come last: they take longest.
	slices.SortStableFunc(decisions, func(a, b *Decision) int { return cmp.Compare(a.wildcards(), b.wildcards()) })
	answers, err := m.ask(by, decisions, append([]evaluate.World{base}, worlds...)...)
	if err != nil {
		return nil, err
	}
	caught := make([]string, len(worlds))
	for i, a := range answers[1:] {
		if len(a.Problems) > 0 {
			caught[i] = a.Problems[0]
			continue
		}
		last := len(a.Got) - 1
		if a.Got[last] != decisions[last].Want {
			wrong := *decisions[last]
			wrong.Got = a.Got[last]
			caught[i] = wrong.String()
		}
	}
	return caught, nil
}

// wildcards is how many requests of d are about every action of a service.
func (d *Decision) wildcards() int {
	n := 0
	for _, r := range d.Requests {
		if strings.HasSuffix(r.Action, ":*") {
			n++
		}
	}
	return n
}

// policiesOf are the ids of the templates' policies that are asked for d.
func (m *Matrix) policiesOf(d *Decision) []string {
	ids := map[string]bool{}
	for _, r := range d.Requests {
		ids[r.Policy] = true
	}
	for _, id := range m.callers[d.Caller].Policies {
		if ownPolicies[id] == nil {
			ids[id] = true
		}
	}
	return slices.Sorted(maps.Keys(ids))
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
