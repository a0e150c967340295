package access

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"example.com/shared-queue/proof/asked"
	"example.com/shared-queue/proof/cast"
)

const preface = `# Who can do what

`

const computed = `## How this was computed

An independent evaluator of AWS policies has answered %s questions: what the policies of key, queues and roles and the
caller's own IAM policies decide together. It cannot show how the services behave, and leaves out service and resource
control policies, which only take access away.

- To **send**, a caller must pass the queue's policy and the key's. To **read** is to receive, delete and decrypt.
  **Everything** is all that any caller may do.
- An all-powerful role has an IAM policy of its own that allows everything. So what it may not do, queue or key refuse.
- A caller that is *stopped by the key alone* has only one wall in front of it: the queue's policy admits it.
- Where the shared account is in its organization, no template says. Its roles are asked about twice.
`

// Markdown is the matrix for a reviewer: for each queue who sends and reads, a
// picture of what was asked for, then a line for each caller with what it may do.
func (m *Matrix) Markdown() string {
	var b strings.Builder
	b.WriteString(preface)
	for i, t := range m.Tables {
		if t.Queue != nil && (i == 0 || m.Tables[i-1].Queue != t.Queue) {
			fmt.Fprintf(&b, "## %s\n", markdown(t.title()))
			if t.Kind == OnQueue {
				for _, l := range t.Summary() {
					fmt.Fprintf(&b, "\n- %s", l)
				}
				fmt.Fprintf(&b, "\n\n%s\n", picture(t.Queue))
			}
			b.WriteString("\n")
		}
		if t.Kind == Trust {
			if m.Tables[i-1].Kind != Trust {
				writeTrust(&b, m.trusts(t.Queue))
			}
			continue
		}
		t.write(&b)
	}
	fmt.Fprintf(&b, computed, thousands(len(m.Decisions())))
	return b.String()
}

// title is a queue's, with the place of its stack.
func (t *Table) title() string {
	q := t.Queue
	if q.Path == "" {
		return fmt.Sprintf("Senders to queue %s of account %s, which another app makes", q.At.Name, q.At.Account)
	}
	return fmt.Sprintf("Queue %s of account %s, %s (%s)", q.At.Name, q.At.Account, q.At.Region, q.Path)
}

// trusts are the tables of who may assume the roles of the queue's publishers.
func (m *Matrix) trusts(q *asked.Queue) []*Table {
	return slices.DeleteFunc(slices.Clone(m.Tables), func(t *Table) bool { return t.Kind != Trust || t.Queue != q })
}

// Summary says in three lines who sends, who reads, and what happens when an account
// leaves, as it was computed.
func (t *Table) Summary() []string {
	return []string{
		"**Who sends**: " + t.who(Send) + ".",
		"**Who reads**: " + t.who(Read) + ".",
		"**When an account leaves**: " + t.leaves(),
	}
}

// who are the callers that may take the operation, in words: first those elsewhere,
// then those of the shared account.
func (t *Table) who(o Operation) string {
	var elsewhere, local, inOU []string
	for _, row := range t.Rows {
		c := row.Caller
		_, name, isLocal := strings.Cut(c.Title(), ": ")
		switch {
		case !row.can(o) || c.Kind == cast.Powerful && c.Path != t.Queue.Senders[0].String() && t.isSender(c.Path):
			// Those in another OU that sends, or below one, are said with it.
		case !isLocal || !strings.HasPrefix(c.Name, "Shared account"):
			elsewhere = append(elsewhere, strings.Replace(lower(c.Title()), "all-powerful role in the OU", "any principal of the OU that its own account lets", 1))
		case c.InOU:
			inOU = append(inOU, name)
		default:
			local = append(local, name)
		}
	}
	inOU = slices.DeleteFunc(inOU, func(name string) bool { return slices.Contains(local, name) })
	parts := []string{}
	if len(elsewhere) > 0 {
		parts = append(parts, join(elsewhere, "and"))
	}
	if len(local) > 0 {
		parts = append(parts, "in the shared account, "+join(local, "and"))
	}
	if len(inOU) > 0 {
		parts = append(parts, "if that is in the OU, also "+join(inOU, "and"))
	}
	if len(parts) == 0 {
		return "nobody"
	}
	return strings.Join(parts, "; ")
}

func (t *Table) isSender(path string) bool {
	return slices.ContainsFunc(toPrincipals(t.Queue, path), func(o Operation) bool { return o == Send })
}

// leaves says what becomes of an account that leaves.
func (t *Table) leaves() string {
	still := ""
	for _, row := range t.Rows {
		outside := row.Caller.Kind == cast.Borrower || row.Caller.Kind == cast.Powerful
		if outside && !t.isSender(row.Caller.Path) && row.can(Send) {
			still = row.Caller.Name
		}
	}
	text := "one that leaves the OU or the organization can send no more, " + t.Queue.DataKeyReuse + " later at most (dataKeyReuse). AWS lets no principal of a suspended account do anything."
	if still != "" {
		text = "one that leaves may still send: " + lower(still) + " can."
	}
	return text + " When the shared account leaves the OU, senders notice nothing; its own roles can send only by their grants. When it leaves the organization, the policies still admit the same senders, and control policies of the organization hold no more."
}

// A line says of one caller what it may do.
type line struct{ caller, may string }

const mayNothing = "nothing"

func (t *Table) write(b *strings.Builder) {
	fmt.Fprintf(b, "### %s\n", markdown(t.Subject))
	if never := t.never(); len(never) > 0 && t.Kind != Unmanaged {
		fmt.Fprintf(b, "\nNo caller may %s.", join(never, "or"))
		if rest := t.onlyWithEverything(); len(rest) > 0 {
			fmt.Fprintf(b, " Only a caller that may do **everything** may %s.", join(rest, "or"))
		}
		b.WriteString("\n")
	}
	if text := t.walls(); text != "" {
		fmt.Fprintf(b, "\n%s\n", text)
	}
	writeLines(b, t.lines())
	b.WriteString("\n")
}

// lines have one for each row.
func (t *Table) lines() []line {
	var lines []line
	for _, row := range t.Rows {
		name := row.Caller.Title()
		if bound := row.bound(); bound != "" {
			name += " (" + bound + ")"
		}
		lines = append(lines, line{name, t.may(row)})
	}
	return lines
}

// bound says in words what is known of the caller's own policies.
func (r Row) bound() string {
	i := r.Caller.Identity
	if i == nil || r.Caller.Powers != cast.Own {
		return ""
	}
	var known []string
	switch {
	case i.Boundary != nil:
		known = append(known, "bounded by "+strings.TrimSuffix(i.Boundary.Place.Construct, "/Resource"))
	case i.UnknownBoundary != "":
		known = append(known, "bounded by "+i.UnknownBoundary+", which is not known here and may allow less")
	}
	if len(i.UnknownPolicies) > 0 {
		known = append(known, "with "+join(i.UnknownPolicies, "and")+", not known here")
	}
	return strings.Join(known, "; ")
}

// writeTrust says who may assume a queue's publisher roles. A caller that may assume
// none of them has one line for all.
func writeTrust(b *strings.Builder, roles []*Table) {
	fmt.Fprintf(b, "### Who may assume the roles that send to %s\n", roles[0].Queue.At.Name)
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
	b.WriteString("\n")
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
func (t *Table) never() []string {
	return t.operationsWhere(func(o Operation) bool {
		return !slices.ContainsFunc(t.Rows, func(r Row) bool { return r.can(o) })
	})
}

// onlyWithEverything are the operations that somebody may do, but only callers that
// may do everything.
func (t *Table) onlyWithEverything() []string {
	never := t.never()
	return t.operationsWhere(func(o Operation) bool {
		able := slices.DeleteFunc(slices.Clone(t.Rows), func(r Row) bool { return !r.can(o) })
		return !slices.Contains(never, string(o)) && !slices.ContainsFunc(able, func(r Row) bool { return !t.everything(r) })
	})
}

func (t *Table) operationsWhere(holds func(Operation) bool) []string {
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
func (t *Table) everything(row Row) bool {
	can := t.operationsWhere(row.can)
	return len(can) > 1 && len(can)+len(t.never()) == len(t.Operations)
}

// walls says for how many callers the key is the only wall, and which those are.
// It is empty where nobody is asked to send.
func (t *Table) walls() string {
	if !slices.Contains(t.Operations, Send) {
		return ""
	}
	stopped, foreign := 0, 0
	for _, r := range t.Rows {
		if r.stopped() == stoppedByKey {
			stopped++
			if r.Caller.Organization() != t.Queue.Organization() {
				foreign++
			}
		}
	}
	if stopped == 0 {
		return "Whoever may not send is stopped by the queue's policy, whatever the key answers."
	}
	text := fmt.Sprintf("The key alone stops %s that the queue lets send, ", count(stopped, "caller"))
	if foreign > 0 {
		return text + fmt.Sprintf("%d of them not of organization %s.", foreign, t.Queue.Organization())
	}
	return text + "all of organization " + t.Queue.Organization() + "."
}

// may is what the row's caller may do, in words. To read is an SQS action, so that
// who reads takes other ones is not said.
func (t *Table) may(row Row) string {
	var can []string
	for _, o := range t.Operations {
		switch {
		case o == QueueAccepts || o == KeyAccepts || !row.can(o):
		case o == OtherQueue && (row.can(Read) || row.can(ReadDeadLetter)):
		case o == Granted:
			can = append(can, row.words)
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
	for _, more := range []string{row.stopped(), t.declared(row), row.why()} {
		if more != "" {
			text += "; " + more
		}
	}
	return text
}

// declared says which of a row's operations were opened on purpose, and why.
func (t *Table) declared(r Row) string {
	var opened, reasons []string
	for _, d := range r.Cells {
		if d.Declared {
			opened = append(opened, string(d.Operation))
		}
	}
	if len(opened) == 0 {
		return ""
	}
	for _, d := range slices.Concat(t.Queue.Declared, t.ofKey) {
		if !slices.Contains(reasons, d.Reason) {
			reasons = append(reasons, d.Reason)
		}
	}
	return "declared: " + join(reasons, "and")
}

// why explains what looks like more than was meant.
func (r Row) why() string {
	switch {
	case r.Caller.Kind == cast.ServiceFor && r.can(Send) && r.can(KeyDirectly):
		return "AWS says nowhere that a service comes to KMS through SQS, so its statement asks for the queue's encryption context instead"
	case r.Caller.Kind == cast.LocalSQS && r.Caller.InOU && r.can(Read):
		return "as a principal of the OU it may use the key through the queue"
	}
	return ""
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

func lower(text string) string { return strings.ToLower(text[:1]) + text[1:] }
