package access

import (
	"fmt"
	"regexp"
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
  **Everything** is all that any caller may do.
- An all-powerful role has an IAM policy of its own that allows everything. So what it may not do, queue or key refuse.
- A caller that is *stopped by the key alone* has only one wall in front of it: the queue's policy admits it.
`

// Markdown is the matrix for a reviewer: for each environment a picture of its
// settings, then a line for each caller with what it may do. Mutants is how many
// there are.
func (m *Matrix) Markdown(mutants int) string {
	var b strings.Builder
	fmt.Fprintf(&b, preface, thousands(len(m.Decisions())), mutants)
	for _, e := range m.environments {
		fmt.Fprintf(&b, "\n## %s\n\n%s", e.Name, picture(e))
		var roles []Table
		for _, t := range m.Tables {
			switch {
			case t.Environment != e.Name:
			case t.Role != "":
				roles = append(roles, t)
			default:
				t.write(&b)
			}
		}
		if len(roles) > 0 {
			writeTrust(&b, e.Name, roles)
		}
	}
	return b.String()
}

// A line says of one caller what it may do.
type line struct{ caller, may string }

const mayNothing = "nothing"

func (t Table) write(b *strings.Builder) {
	fmt.Fprintf(b, "\n### %s\n", markdown(t.Subject))
	if never := t.never(); len(never) > 0 {
		fmt.Fprintf(b, "\nNo caller may %s.", join(never, "or"))
		if rest := t.onlyWithEverything(); len(rest) > 0 {
			fmt.Fprintf(b, " Only a caller that may do **everything** may %s.", join(rest, "or"))
		}
		b.WriteString("\n")
	}
	if text := t.walls(); text != "" {
		fmt.Fprintf(b, "\n%s\n", text)
	}
	var lines []line
	for _, row := range t.Rows {
		name := row.Caller.Name
		if row.Bound != "" {
			name += " (" + row.Bound + ")"
		}
		lines = append(lines, line{name, t.may(row)})
	}
	writeLines(b, lines)
}

// writeTrust says who may assume an environment's publisher roles. A caller that
// may assume none of them has one line for all.
func writeTrust(b *strings.Builder, environment string, roles []Table) {
	fmt.Fprintf(b, "\n### Who may assume the publisher roles of %s\n", environment)
	var yes, no []line
	for _, t := range roles {
		for _, row := range t.Rows {
			if row.can(Assume) {
				yes = append(yes, line{row.Caller.Name, "**assume " + t.Role + "**"})
			} else {
				no = append(no, line{row.Caller.Name, mayNothing})
			}
		}
	}
	for _, l := range no {
		if !slices.ContainsFunc(yes, func(other line) bool { return other.caller == l.caller }) {
			yes = append(yes, l)
		}
	}
	writeLines(b, yes)
}

// writeLines writes those who may do something first. The others are folded, as
// they are most.
func writeLines(b *strings.Builder, lines []line) {
	table := func(lines []line) {
		b.WriteString("\n| Caller | May |\n|---|---|\n")
		for _, l := range lines {
			fmt.Fprintf(b, "| %s | %s |\n", markdown(l.caller), l.may)
		}
	}
	isNothing := func(l line) bool { return strings.HasPrefix(l.may, mayNothing) }
	table(slices.DeleteFunc(slices.Clone(lines), isNothing))
	rest := slices.DeleteFunc(slices.Clone(lines), func(l line) bool { return !isNothing(l) })
	if len(rest) == 0 {
		return
	}
	fmt.Fprintf(b, "\n<details>\n<summary>%s may do nothing</summary>\n", count(len(rest), "other caller"))
	table(rest)
	b.WriteString("\n</details>\n")
}

// never are the operations that no caller of the table may do.
func (t Table) never() []string {
	return t.operationsWhere(func(o Operation) bool {
		return !slices.ContainsFunc(t.Rows, func(r Row) bool { return r.can(o) })
	})
}

// onlyWithEverything are the operations that somebody may do, but only callers that
// may do everything.
func (t Table) onlyWithEverything() []string {
	never := t.never()
	return t.operationsWhere(func(o Operation) bool {
		able := slices.DeleteFunc(slices.Clone(t.Rows), func(r Row) bool { return !r.can(o) })
		return !slices.Contains(never, string(o)) && !slices.ContainsFunc(able, func(r Row) bool { return !t.everything(r) })
	})
}

func (t Table) operationsWhere(holds func(Operation) bool) []string {
	var list []string
	for _, o := range t.Operations {
		if holds(o) {
			list = append(list, string(o))
		}
	}
	return list
}

// everything reports whether the row's caller may do all that any caller may,
// which is more than one thing.
func (t Table) everything(row Row) bool {
	can := t.operationsWhere(row.can)
	return len(can) > 1 && len(can)+len(t.never()) == len(t.Operations)
}

// walls says for how many callers the key is the only wall, and which those are.
// It is empty where nobody is asked to send.
func (t Table) walls() string {
	if !slices.Contains(t.Operations, Send) {
		return ""
	}
	stopped, foreign := 0, 0
	for _, r := range t.Rows {
		if r.stopped() == stoppedByKey {
			stopped++
			if r.Caller.organization() != t.organization {
				foreign++
			}
		}
	}
	if stopped == 0 {
		return "Whoever may not send is stopped by the queue's policy, whatever the key answers."
	}
	text := fmt.Sprintf("The key alone stops %s that the queue lets send, ", count(stopped, "caller"))
	if foreign > 0 {
		return text + fmt.Sprintf("%d of them not of organization %s.", foreign, t.organization)
	}
	return text + "all of organization " + t.organization + "."
}

// may is what the row's caller may do, in words. To read is an SQS action, so that
// who reads takes other ones is not said.
func (t Table) may(row Row) string {
	var can []string
	for _, o := range t.Operations {
		switch {
		case o == QueueAccepts || o == KeyAccepts || !row.can(o):
		case o == OtherQueue && (row.can(Read) || row.can(ReadDeadLetter)):
		case o == Granted:
			can = append(can, row.Caller.granted)
		default:
			can = append(can, string(o))
		}
	}
	text := mayNothing
	switch {
	case t.everything(row):
		text = "**everything**"
	case len(can) > 0:
		text = "**" + join(can, "and") + "**"
	}
	if stopped := row.stopped(); stopped != "" {
		text += "; " + stopped
	}
	return text
}

const (
	stoppedByKey   = "sending is stopped by the key alone"
	stoppedByQueue = "sending is stopped by the queue alone"
)

// stopped says where a caller is stopped that cannot send and passes one of the
// two policies.
func (r Row) stopped() string {
	switch {
	case r.can(Send):
		return ""
	case r.can(QueueAccepts):
		return stoppedByKey
	case r.can(KeyAccepts):
		return stoppedByQueue
	}
	return ""
}

func (r Row) can(o Operation) bool {
	return slices.ContainsFunc(r.Cells, func(d *Decision) bool { return d.Operation == o && d.Got })
}

// markdown escapes what Markdown would take for more than text: role names may begin
// and end with underscores, role paths have nearly every character.
func markdown(text string) string {
	return markdownSpecial.ReplaceAllStringFunc(text, func(found string) string {
		return `\` + strings.Join(strings.Split(found, ""), `\`)
	})
}

var markdownSpecial = regexp.MustCompile("[\\\\`*<>|~#&\\[\\]]|\\b_+|_+\\b")

// join lists words as a sentence does: one, two and three.
func join(words []string, last string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	end := len(words) - 1
	return strings.Join(words[:end], ", ") + " " + last + " " + words[end]
}

// count is a number of things: 1 caller, 2 callers.
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return thousands(n) + " " + thing + "s"
}

// thousands writes a number as prose does: 1,148.
func thousands(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%s,%03d", thousands(n/1000), n%1000)
}
