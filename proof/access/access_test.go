package access_test

import (
	"io/fs"
	"strings"
	"sync"
	"testing"

	"example.com/shared-queue/internal/assembly"
	"example.com/shared-queue/internal/fixture"
	"example.com/shared-queue/proof/access"
	"example.com/shared-queue/proof/evaluate"
	"example.com/shared-queue/proof/template"
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

// matrix is the decided matrix of the stacks whose names begin with one of the prefixes.
func matrix(t *testing.T, folder fs.FS, prefixes ...string) *access.Matrix {
	t.Helper()
	all, err := assembly.Read(folder)
	if err != nil {
		t.Fatal(err)
	}
	var stacks []assembly.Stack
	for _, s := range all {
		for _, prefix := range prefixes {
			if strings.HasPrefix(s.Name, prefix) {
				stacks = append(stacks, s)
			}
		}
	}
	w, app, err := template.Read(stacks)
	if err != nil {
		t.Fatal(err)
	}
	m := access.NewMatrix(app, w)
	if err := m.Decide(evaluator(t)); err != nil {
		t.Fatal(err)
	}
	return m
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

// Every caller can do what is promised and nothing else, as an evaluator that knows
// nothing of this project sees it.
func TestTheExampleIsAsPromised(t *testing.T) {
	m := matrix(t, fixture.Assembly(), "")
	check(t, m)
	t.Log(len(m.Decisions()))
	t.Log(m.Markdown())
}

func TestTheVariantsAreAsPromised(t *testing.T) {
	for _, name := range []string{"fifo", "paths", "china", "gov", "services", "everywhere", "grants"} {
		t.Run(name, func(t *testing.T) { check(t, matrix(t, fixture.VariantsAssembly(), name+"-")) })
	}
}
