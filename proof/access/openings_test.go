package access_test

import (
	"strings"
	"testing"

	"example.com/shared-queue/internal/fixture"
	"example.com/shared-queue/proof/access"
	"example.com/shared-queue/proof/mutant"
	"example.com/shared-queue/proof/template"
)

// Each opening is noticed: a caller may more or less than promised, or something is wrong before anybody is asked.
func TestOpenings(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long, and the race detector sees as much in other tests")
	}
	for _, of := range []struct {
		stacks   string
		openings []mutant.Opening
	}{{"", mutant.Openings()}, {"dev-", mutant.Statements()}} {
		for _, c := range of.openings {
			t.Run(c.Name, func(t *testing.T) { opened(t, of.stacks, c) })
		}
	}
}

func opened(t *testing.T, stacks string, c mutant.Opening) {
	t.Helper()
	w, app, err := template.Read(selected(t, fixture.Assembly(), stacks))
	if err != nil {
		t.Fatal(err)
	}
	c.Change(w)
	m := access.NewMatrix(app, w)
	if err := m.Decide(evaluator(t)); err != nil {
		t.Fatal(err)
	}
	for _, d := range m.Decisions() {
		if c.Operation != "" && d.Got != d.Want && string(d.Operation) == c.Operation && strings.Contains(d.Who, c.Caller) {
			return
		}
	}
	if c.Text != "" && strings.Contains(m.Structure(), c.Text) {
		return
	}
	t.Errorf("no finding about %s: %s%s", c.Caller, c.Operation, c.Text)
}
