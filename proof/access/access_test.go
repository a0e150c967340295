package access_test

import (
	"io/fs"
	"slices"
	"strings"
	"sync"
	"testing"

	"example.com/shared-queue/internal/assembly"
	"example.com/shared-queue/internal/fixture"
	"example.com/shared-queue/proof/access"
	"example.com/shared-queue/proof/evaluate"
)

var startEvaluator = sync.OnceValues(func() (*evaluate.Evaluator, error) { return evaluate.Start("../..") })

// evaluator is the one process that all tests ask.
func evaluator(t testing.TB) *evaluate.Evaluator {
	t.Helper()
	e, err := startEvaluator()
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// selected are the stacks whose names begin with the prefix.
func selected(t testing.TB, folder fs.FS, prefix string) []assembly.Stack {
	t.Helper()
	all, err := assembly.Read(folder)
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(all, func(s assembly.Stack) bool { return !strings.HasPrefix(s.Name, prefix) })
}

// matrix is the decided matrix of the stacks whose names begin with the prefix.
func matrix(t *testing.T, folder fs.FS, prefix string) *access.Matrix {
	t.Helper()
	return decided(t, selected(t, folder, prefix))
}

func check(t *testing.T, m *access.Matrix) {
	t.Helper()
	findings, unknown, err := m.Findings(evaluator(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range append(findings, unknown...) {
		t.Error(f.Text)
	}
}

// questions is how many are asked about the example. The test fails if one is lost.
const questions = 3008

// Every caller can do what is promised and nothing else, as an evaluator that knows
// nothing of this project sees it.
func TestTheExampleIsAsPromised(t *testing.T) {
	m := matrix(t, fixture.Assembly(), "")
	check(t, m)
	if n := len(m.Decisions()); n != questions {
		t.Errorf("%d questions are asked, want %d: if they should be, say so here", n, questions)
	}
}

// Two queues of two OUs have one key, and roles have to do with one or with both. A
// sender of one is no sender of the other, and a reader of one is no reader.
func TestTwoQueuesWithOneKeyAreAsPromised(t *testing.T) {
	m := matrix(t, fixture.SharedKeyAssembly(), "")
	check(t, m)
	for _, of := range []struct{ queue, other string }{{"orders", "invoices"}, {"invoices", "orders"}} {
		name := "All-powerful role in an OU that sends to " + of.other + " of account 111111111111"
		asked := 0
		for _, d := range m.Decisions() {
			if d.Table.Kind != access.OnQueue || d.Table.Queue.At.Name != of.queue || d.Who != name {
				continue
			}
			if asked++; d.Got && d.Operation != access.QueueAccepts && d.Operation != access.LookUp {
				t.Errorf("%s: %s may %s", of.queue, name, d.Operation)
			}
		}
		if asked == 0 {
			t.Errorf("%s: nobody has asked for %s", of.queue, name)
		}
	}
}

func TestTheVariantsAreAsPromised(t *testing.T) {
	for _, name := range []string{"fifo", "paths", "china", "gov", "services", "everywhere", "grants"} {
		t.Run(name, func(t *testing.T) { check(t, matrix(t, fixture.VariantsAssembly(), name+"-")) })
	}
}
