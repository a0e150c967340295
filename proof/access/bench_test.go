package access_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"example.com/shared-queue/internal/assembly"
	"example.com/shared-queue/internal/fixture"
	"example.com/shared-queue/proof/access"
	"example.com/shared-queue/proof/evaluate"
	"example.com/shared-queue/proof/template"
)

// BenchmarkAccess reads an assembly and computes its table in a new process of the
// evaluator, as the command does.
func BenchmarkAccess(b *testing.B) {
	example := selected(b, fixture.Assembly(), "")
	for name, stacks := range map[string][]assembly.Stack{
		"example":         example,
		"1000 publishers": publishers(b, example, 1000),
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				by, err := evaluate.Start("../..")
				if err != nil {
					b.Fatal(err)
				}
				w, app, err := template.Read(stacks)
				if err != nil {
					b.Fatal(err)
				}
				m := access.NewMatrix(app, w)
				if err := m.Decide(by); err != nil {
					b.Fatal(err)
				}
				if err := by.Close(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// publishers are the stacks with so many that publish, each in an account of its own.
func publishers(b *testing.B, stacks []assembly.Stack, n int) []assembly.Stack {
	b.Helper()
	var more []assembly.Stack
	for _, s := range stacks {
		if s.Name != "dev-publisher-web" {
			more = append(more, s)
			continue
		}
		text, err := json.Marshal(s)
		if err != nil {
			b.Fatal(err)
		}
		for i := range n {
			var one assembly.Stack
			changed := strings.NewReplacer("222222222222", fmt.Sprintf("2%011d", i), s.Name, fmt.Sprintf("%s-%d", s.Name, i)).Replace(string(text))
			if err := json.Unmarshal([]byte(changed), &one); err != nil {
				b.Fatal(err)
			}
			more = append(more, one)
		}
	}
	return more
}
