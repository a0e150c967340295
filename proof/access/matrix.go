// Package access computes who can do what with the queues of an app: it asks an
// independent evaluator of AWS policies about what is deployed, and compares its
// answers with what was asked for.
package access

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"example.com/shared-queue/internal/record"
	"example.com/shared-queue/proof/asked"
	"example.com/shared-queue/proof/cast"
	"example.com/shared-queue/proof/evaluate"
	"example.com/shared-queue/proof/world"
)

// A Matrix is every question about an app: each caller and each operation, for each
// queue and each publisher's role.
type Matrix struct {
	App    *asked.App
	Tables []*Table

	structure []Finding // what is wrong before anybody is asked
	world     *world.World
	policies  evaluate.World
	places    map[string]world.Place // of policies, by id
	callers   []evaluate.Caller
}

// A Kind is what a table is about.
type Kind int

// The kinds of tables.
const (
	OnQueue     Kind = iota // a queue and its key
	OwnPolicies             // the roles' own policies
	Trust                   // who may assume a role
	Unmanaged               // a queue or key that no construct of this project made
)

// A Table has the decisions on one subject: for each caller, each operation.
type Table struct {
	Queue      *asked.Queue // nil if Unmanaged
	Kind       Kind
	Subject    string // what is asked about
	Role       string // that may be assumed
	Operations []Operation
	Rows       []Row

	ofKey     []record.Declared // of the key, which other queues have too
	alike     []string          // subjects that it stands for too
	policyIDs map[string]string // of the queue, its dead-letter queue and the key, by where statements are declared
}

// A Row has the decisions for one caller.
type Row struct {
	Caller cast.Caller
	Cells  []*Decision

	words string // what its grants are for, where its own policies are asked
}

// A Decision is one answer.
type Decision struct {
	Table     *Table
	Who       string
	Operation Operation
	Got       bool
	// Declared is an operation that the caller may take only by what was opened on purpose.
	Declared bool

	evaluate.Question
}

// Ids of policies that are in no template.
const (
	everything = "everything"
	allOfSQS   = "all of SQS"
)

// NewMatrix asks about what was asked for, in the world that is deployed. More are
// worlds to compare that with: whoever their policies name is asked about too.
func NewMatrix(app *asked.App, w *world.World, more ...*world.World) *Matrix {
	m := &Matrix{App: app, world: w, places: map[string]world.Place{}, policies: evaluate.World{
		everything: evaluate.Document(map[string]any{"Sid": "Everything", "Effect": "Allow", "Action": "*", "Resource": "*"}),
		allOfSQS:   evaluate.Document(map[string]any{"Sid": "AllOfSQS", "Effect": "Allow", "Action": "sqs:*", "Resource": "*"}),
	}}
	for _, u := range w.Unknown {
		m.structure = append(m.structure, Finding{Text: u.What + " is not known: " + u.Why, Where: u.What, unknown: true})
	}
	stage := cast.NewStage(app, w, more...)
	for _, q := range app.Queues {
		keyARN := q.At.KeyARN("key-with-alias-" + q.At.Alias)
		if q.Path != "" {
			subject, findings := m.newSubject(q, w)
			m.structure = append(m.structure, findings...)
			if subject == nil {
				continue
			}
			m.Tables = append(m.Tables, m.queueTable(stage, subject))
			keyARN = cmp.Or(subject.key.arn, keyARN)
		}
		if t := m.ownTable(stage, q, keyARN); len(t.Rows) > 0 {
			m.Tables = append(m.Tables, t)
		}
		tables, findings := m.trustTables(stage, q)
		m.Tables, m.structure = append(m.Tables, tables...), append(m.structure, findings...)
	}
	m.unmanaged(stage, w)
	return m
}

// queueTable asks about a queue and its key.
func (m *Matrix) queueTable(stage *cast.Stage, s *subject) *Table {
	t := &Table{Queue: s.q, Kind: OnQueue, Subject: "Queue " + s.at.Name + " and key " + s.at.Alias, Operations: operationsOn(s.q),
		policyIDs: map[string]string{record.WhereQueue: s.queue.policy, record.WhereDeadLetter: s.dead.policy, record.WhereKey: s.key.policy}}
	for _, other := range m.App.Queues {
		if other != s.q && sameKey(s.q, other) {
			t.ofKey = append(t.ofKey, slices.DeleteFunc(slices.Clone(other.Declared), func(d record.Declared) bool { return d.Where != record.WhereKey })...)
		}
	}
	for _, c := range stage.Around(s.q) {
		row := Row{Caller: c}
		can := promised(s.q, c)
		for _, o := range t.Operations {
			steps := stepsOf(o, s, c)
			if len(steps.requests) == 0 {
				continue // there is no key
			}
			row.Cells = append(row.Cells, m.ask(t, c, o, slices.Contains(can, o), steps.all, steps.requests))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// ask adds a question.
func (m *Matrix) ask(t *Table, c cast.Caller, o Operation, want, all bool, requests []evaluate.Request) *Decision {
	if requests == nil {
		requests = []evaluate.Request{}
	}
	by := evaluate.Caller{Principal: c.Principal, Context: c.Context(), Control: m.control("service", c.Account)}
	switch c.Powers {
	case cast.Everything:
		by.Policies = []string{everything}
	case cast.AllOfSQS:
		by.Policies = []string{allOfSQS}
	case cast.Own:
		m.own(&by, c.Identity)
	}
	m.callers = append(m.callers, by)
	return &Decision{Table: t, Who: c.Title(), Operation: o, Question: evaluate.Question{Caller: len(m.callers) - 1, All: all, Want: want, Requests: requests}}
}

// control is the id of what the organization's policies above an account deny, all as
// one policy; empty if they are not known. What they do not allow, where a level has
// no policy that allows everything, is not asked: the answers are wider then than
// AWS's, never narrower. The evaluator knows the kind of a policy by the end of its id.
func (m *Matrix) control(kind, account string) string {
	var denied []map[string]any
	for _, c := range m.world.Controls {
		levels := c.Service
		if kind == "resource" {
			levels = c.Resource
		}
		if c.Account != account {
			continue
		}
		for _, level := range levels {
			for _, p := range level.Policies {
				denied = append(denied, slices.DeleteFunc(p.Statements(), func(s map[string]any) bool { return s["Effect"] != "Deny" })...)
			}
		}
	}
	if denied == nil {
		return ""
	}
	id := "account " + account + "'s " + kind + " control policy"
	m.policies[id] = evaluate.Document(denied...)
	return id
}

// own gives the caller the policies of a role or user. A permissions boundary whose
// document is not known can only take away: it allows everything here.
func (m *Matrix) own(by *evaluate.Caller, i *world.Identity) {
	if i == nil {
		return
	}
	for _, p := range i.Policies {
		m.policies[p.ID], m.places[p.ID] = p.Document, p.Place
		by.Policies = append(by.Policies, p.ID)
	}
	switch {
	case i.Boundary != nil:
		by.Boundary = i.Boundary.ID
		m.policies[by.Boundary], m.places[by.Boundary] = i.Boundary.Document, i.Boundary.Place
	case i.UnknownBoundary != "":
		by.Boundary = "permissions boundary " + i.UnknownBoundary
		m.policies[by.Boundary] = evaluate.Document(map[string]any{"Effect": "Allow", "Action": "*", "Resource": "*"})
	}
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

// Policies are those that decide, by id.
func (m *Matrix) Policies() evaluate.World { return m.policies }

// Decide lets the evaluator answer every question. What was declared as opened on
// purpose is left out first, so that nothing else is taken for it.
func (m *Matrix) Decide(by *evaluate.Evaluator) error {
	decisions := m.Decisions()
	closed, opened := m.withoutDeclared()
	got, err := m.answers(by, decisions, closed)
	if err != nil {
		return err
	}
	for i, d := range decisions {
		d.Got = got[i]
	}
	unmet, err := m.unmet(by)
	if err != nil {
		return err
	}
	m.structure = append(m.structure, unmet...)
	if !opened {
		return nil
	}
	if got, err = m.answers(by, decisions, m.policies); err != nil {
		return err
	}
	for i, d := range decisions {
		d.Declared = got[i] && !d.Got
		d.Got = got[i]
	}
	return nil
}

func (m *Matrix) answers(by *evaluate.Evaluator, decisions []*Decision, policies evaluate.World) ([]bool, error) {
	answers, err := m.Ask(by, decisions, policies)
	if err != nil {
		return nil, err
	}
	if problems := answers[0].Problems; len(problems) > 0 {
		return nil, &Invalid{problems}
	}
	return answers[0].Got, nil
}

// Invalid are policies that AWS would reject, or conditions that never match.
type Invalid struct{ Problems []string }

func (e *Invalid) Error() string {
	return "policies that AWS would reject, or conditions that never match:\n" + strings.Join(e.Problems, "\n")
}

// Ask asks the evaluator about the decisions in each world.
func (m *Matrix) Ask(by *evaluate.Evaluator, decisions []*Decision, worlds ...evaluate.World) ([]evaluate.Answer, error) {
	in := evaluate.Input{Worlds: worlds, Callers: m.callers}
	for _, d := range decisions {
		in.Decisions = append(in.Decisions, d.Question)
	}
	return by.Ask(in)
}

// Catch says of each world, which replaces some policies of the matrix, how the
// matrix catches it: by policies that AWS would reject or that never match, or by
// the first decision that is not as promised. The answer is empty for a world in
// which the matrix finds nothing wrong.
func (m *Matrix) Catch(by *evaluate.Evaluator, worlds []evaluate.World) ([]string, error) {
	decisions := m.Decisions()
	// Decisions on every action of a service come last: they take longest.
	slices.SortStableFunc(decisions, func(a, b *Decision) int { return cmp.Compare(a.wildcards(), b.wildcards()) })
	answers, err := m.Ask(by, decisions, append([]evaluate.World{m.policies}, worlds...)...)
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

// String is the decision in one line.
func (d *Decision) String() string {
	return fmt.Sprintf("%s: %s: %s: %s", d.Table.Subject, d.Who, d.Operation, yesNo(d.Got))
}

// policiesOf are the ids of the policies that are asked for d.
func (m *Matrix) policiesOf(d *Decision) []string {
	ids := map[string]bool{}
	for _, r := range d.Requests {
		if r.Policy != leftToIAM(r.Account) {
			ids[r.Policy] = true
		}
	}
	for _, id := range m.callers[d.Caller].Policies {
		if id != everything && id != allOfSQS {
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
