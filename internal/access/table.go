package access

import (
	"fmt"
	"strings"
)

const preface = `# Who can do what

Computed from the templates in testdata by an independent evaluator of AWS policies, and regenerated with
` + "`make access`" + `: it covers what key policy, queue policies, trust policies and the caller's own IAM policies decide
together, and cannot cover how the services behave in fact, nor service and resource control policies, which only
ever take away.

A role "all-powerful" has a policy of its own that allows everything. "Send" takes both the queue's answer and the
key's; the key admits the OU, the queue the whole organization unless orgPathsOnQueue is set. "Read" is to receive, delete and decrypt.
`

// Markdown is the matrix for a reviewer: a table for each subject, callers
// down, operations across.
func (m *Matrix) Markdown() string {
	var b strings.Builder
	b.WriteString(preface)
	for _, t := range m.Tables {
		fmt.Fprintf(&b, "\n## %s\n\n| Caller |", t.Subject)
		for _, o := range t.Operations {
			fmt.Fprintf(&b, " %s |", o)
		}
		b.WriteString("\n|---|" + strings.Repeat("---|", len(t.Operations)) + "\n")
		for _, row := range t.Rows {
			name := row.Caller.Name
			if row.Bound != "" {
				name += " (" + row.Bound + ")"
			}
			fmt.Fprintf(&b, "| %s |", name)
			for _, d := range row.Cells {
				answer := "no"
				if d.Got {
					answer = "**yes**"
				}
				fmt.Fprintf(&b, " %s |", answer)
			}
			b.WriteString("\n")
		}
	}
	return b.String()
}
