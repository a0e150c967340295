package access

import (
	"fmt"
	"slices"
	"strings"
)

const preface = `# Who can do what

Computed from the templates in testdata by an independent evaluator of AWS policies: what the policies of key, queues and
roles and the caller's own IAM policies decide together. It cannot show how the services behave, and leaves out service and
resource control policies, which only take access away. ` + "`make access`" + ` computes it again.

%s questions were answered for it, and %d mutants, policies and settings broken on purpose, show that the questions are
the right ones: each is noticed, by these questions or by the guard, or changes nothing that AWS would decide.

- To **send**, a caller must pass the queue's policy and the key's. To **read** is to receive, delete and decrypt.
- An all-powerful role has an IAM policy of its own that allows everything. So what it may not do, queue or key refuse.
- Where nothing else is said, a caller may do nothing at all.
`

// Markdown is the matrix for a reviewer: for each environment a picture of its
// settings, then a line for each caller with what it may do. Mutants is how many
// there are.
func (m *Matrix) Markdown(mutants int) string {
	var b strings.Builder
	fmt.Fprintf(&b, preface, thousands(len(m.Decisions())), mutants)
	for _, e := range m.environments {
		fmt.Fprintf(&b, "\n## %s\n\n%s", e.Name, picture(e))
		for _, t := range m.Tables {
			if t.Environment == e.Name {
				t.write(&b)
			}
		}
	}
	return b.String()
}

func (t Table) write(b *strings.Builder) {
	fmt.Fprintf(b, "\n### %s\n", t.Subject)
	if never := t.never(); len(never) > 0 {
		fmt.Fprintf(b, "\nNo caller may %s.\n", join(never, "or"))
	}
	if stopped := t.stoppedAtKey(); stopped > 0 {
		fmt.Fprintf(b, "\n%d callers pass the queue's policy and are stopped by the key's: only the key asks for the OU.\n", stopped)
	}
	b.WriteString("\n| Caller | May |\n|---|---|\n")
	for _, row := range t.Rows {
		name := row.Caller.Name
		if row.Bound != "" {
			name += " (" + row.Bound + ")"
		}
		fmt.Fprintf(b, "| %s | %s |\n", name, t.may(row))
	}
}

// never are the operations that no caller of the table may do.
func (t Table) never() []string {
	var never []string
	for _, o := range t.Operations {
		if !slices.ContainsFunc(t.Rows, func(r Row) bool { return r.can(o) }) {
			never = append(never, string(o))
		}
	}
	return never
}

func (t Table) stoppedAtKey() int {
	stopped := 0
	for _, r := range t.Rows {
		if r.stopped() == stoppedAtKey {
			stopped++
		}
	}
	return stopped
}

// may is what the row's caller may do, in words.
func (t Table) may(row Row) string {
	var can []string
	for _, o := range t.Operations {
		if o != QueueAccepts && o != KeyAccepts && row.can(o) {
			can = append(can, string(o))
		}
	}
	text := "nothing"
	if len(can) > 0 {
		text = "**" + join(can, "and") + "**"
	}
	if len(can) > 1 && len(t.never())+len(can)+2 == len(t.Operations) {
		text = "**everything else**"
	}
	if stopped := row.stopped(); stopped != "" {
		text += ": " + stopped
	}
	return text
}

const (
	stoppedAtKey   = "passes the queue, is stopped at the key"
	stoppedAtQueue = "passes the key, is stopped at the queue"
)

// stopped says where a caller is stopped that cannot send and gets half way.
func (r Row) stopped() string {
	switch {
	case r.can(Send):
		return ""
	case r.can(QueueAccepts):
		return stoppedAtKey
	case r.can(KeyAccepts):
		return stoppedAtQueue
	}
	return ""
}

func (r Row) can(o Operation) bool {
	return slices.ContainsFunc(r.Cells, func(d *Decision) bool { return d.Operation == o && d.Got })
}

// join lists words as a sentence does: one, two and three.
func join(words []string, last string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	end := len(words) - 1
	return strings.Join(words[:end], ", ") + " " + last + " " + words[end]
}

// thousands writes a number as prose does: 1,148.
func thousands(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%s,%03d", thousands(n/1000), n%1000)
}
