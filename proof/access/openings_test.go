package access_test

import (
	"strings"
	"testing"

	"example.com/shared-queue/internal/fixture"
	"example.com/shared-queue/proof/access"
	"example.com/shared-queue/proof/mutant"
	"example.com/shared-queue/proof/template"
)

// Each opening is a finding about somebody.
func TestOpenings(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long, and the race detector sees as much in other tests")
	}
	for _, c := range mutant.Openings() {
		t.Run(c.Name, func(t *testing.T) {
			w, app, err := template.Read(selected(t, fixture.Assembly(), ""))
			if err != nil {
				t.Fatal(err)
			}
			c.Change(w)
			m := access.NewMatrix(app, w)
			if err := m.Decide(evaluator(t)); err != nil {
				t.Fatal(err)
			}
			findings, _, err := m.Findings(evaluator(t))
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range findings {
				if c.Text != "" && strings.Contains(f.Text, c.Text) || c.Operation != "" && string(f.Operation) == c.Operation && strings.Contains(f.Caller, c.Caller) {
					return
				}
			}
			t.Errorf("no finding about %s: %s%s", c.Caller, c.Operation, c.Text)
		})
	}
}
