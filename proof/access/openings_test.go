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
			var all []string
			for _, f := range findings {
				all = append(all, f.Text)
			}
			if !strings.Contains(strings.Join(all, "\n"), c.Finding) {
				t.Errorf("want %s, got\n%s", c.Finding, strings.Join(all, "\n"))
			}
		})
	}
}
