package prove

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"example.com/shared-queue/proof/prove/answer"
)

// maxFacts is how many facts a line has; -json gives all.
const maxFacts = 3

// detail is a result in words: what came, what that leaves open, and what to look at.
func (p *proof) detail(r result) string {
	facts := r.facts
	if n := len(facts) - maxFacts; n > 0 {
		facts = append(slices.Clone(facts[:maxFacts]), fmt.Sprintf("and %d more", n))
	}
	parts := []string{join(", ", facts...), came(r)}
	if r.verdict == notTested {
		parts[1] += ", so the " + tested(r.by) + " was not tested"
	}
	parts = append(parts, r.note)
	if r.senderUnproven && r.verdict == unknown && r.Got == answer.Refused {
		parts = append(parts, "its own send was not accepted, so this does not show what a sender may do")
	}
	if r.breached() && r.Relayed {
		parts = append(parts, "the queue let it in, and only the key stopped it")
	}
	if r.control {
		parts = append(parts, "its own policies let it do the same with a queue of its account")
	}
	parts = append(parts, r.Cure, p.hint(r))
	return hide(join("; ", slices.DeleteFunc(parts, func(part string) bool { return part == "" })...), p.secrets())
}

// came is what AWS said. Where it names no policy, its own message says it best.
func came(r result) string {
	said := answered(r.Code, r.Message)
	switch {
	case r.Got == answer.Refused && r.Policy == answer.TheService:
		return join(": ", "by the service itself, before any policy", said)
	case r.Got == answer.Refused && r.Policy != answer.Unnamed:
		return "by " + named(r.Refusal)
	}
	return said
}

// answered is an error of AWS, or of the way to it.
func answered(code, message string) string {
	if code == "" {
		return message
	}
	return join(": ", "AWS says "+code, message)
}

// named says which policy refused, with its ARN if AWS gave it.
func named(r answer.Refusal) string {
	whose := map[answer.Policy]string{
		answer.IdentityPolicy:  "its own ",
		answer.Boundary:        "its own side's ",
		answer.SessionPolicy:   "its own side's ",
		answer.ServiceControl:  "its own side's ",
		answer.ResourceControl: "the shared account's ",
		answer.EndpointPolicy:  "its network's ",
	}[r.Policy]
	text := cmp.Or(whose, "the ") + string(r.Policy)
	if r.Deny == answer.Explicit {
		text = "an explicit deny in " + text
	}
	return join(" ", text, r.PolicyARN)
}

// tested are the policies that a step is there to test.
func tested(by []answer.Policy) string {
	var names []string
	for _, policy := range by {
		if slices.Contains([]answer.Policy{answer.QueuePolicy, answer.KeyPolicy, answer.TrustPolicy}, policy) {
			names = append(names, string(policy))
		}
	}
	return strings.Join(names, " or ")
}

// join joins what is not empty.
func join(separator string, parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(part string) bool { return part == "" }), separator)
}

// hide takes secrets out of a text. AWS repeats the session token when it does not
// find a signature right. A short one may be an ordinary word, or a part of one, as
// those of emulators are.
func hide(text string, secrets []string) string {
	const hidden, short = "(hidden)", 8
	for _, s := range secrets {
		switch {
		case s == "":
		case len(s) < short:
			alone := regexp.MustCompile(`(^|[^\pL\pN])` + regexp.QuoteMeta(s) + `($|[^\pL\pN])`)
			for range 2 { // two with one space between them share it
				text = alone.ReplaceAllString(text, "${1}"+hidden+"${2}")
			}
		default:
			text = strings.ReplaceAll(text, s, hidden)
		}
	}
	return text
}

// A textWriter writes a table, then the claims.
type textWriter struct {
	out   io.Writer
	width int // of the column of steps
}

func (w *textWriter) line(name string, values ...any) {
	text := fmt.Sprintf("%-*s", w.width, name) + fmt.Sprintf("  %-10s  %-15s  %-10s  %s", values...)
	fmt.Fprintln(w.out, strings.TrimRight(text, " "))
}

func (w *textWriter) open(p *proof) {
	fmt.Fprintf(w.out, "Proof of     %s, %s\n", p.Name, p.Queue.At.Region)
	if p.Publisher != nil {
		fmt.Fprintf(w.out, "Publisher    %s\n", p.Publisher.Role.ARN())
	}
	fmt.Fprintf(w.out, "Queue        %s\n", p.Queue.At.URL())
	fmt.Fprintf(w.out, "Key          %s\n", p.Queue.At.KeyAliasARN())
	if e := p.caller.SQSEndpoint(p.Queue.At); e.Host != p.Queue.At.Host() {
		fmt.Fprintf(w.out, "Endpoint     %s\n", e)
	}
	fmt.Fprintf(w.out, "Message      %s%s\n\n", greeting, p.marker)
	w.width = len(throughParameterStore + " as insider")
	for _, o := range p.outsiders {
		w.width = max(w.width, len("receive dead letters as "+o.Who))
	}
	w.line("STEP", "EXPECTED", "GOT", "VERDICT", "DETAIL")
}

func (w *textWriter) result(p *proof, r result) {
	v := r.verdict
	if v == fails {
		v = "FAILS"
	}
	w.line(r.name(), r.want, r.Got, v, p.detail(r))
}

func (w *textWriter) close(p *proof, s summary) {
	fmt.Fprintln(w.out)
	for _, note := range p.notes {
		fmt.Fprintf(w.out, "Note: %s.\n", note)
	}
	list := func(title string, conclusions []conclusion) {
		if len(conclusions) > 0 {
			fmt.Fprintf(w.out, "\n%s:\n", title)
		}
		for _, c := range conclusions {
			fmt.Fprintf(w.out, "  %s\n", join(" ", c.sentence, inBrackets(c.how)))
		}
	}
	list("Broken", s.of(fails))
	list("Shown", s.of(holds))
	list("Unclear (see the steps above)", s.of(unknown))
	for rest := s.of(notTested, skipped); len(rest) > 0; { // in groups, by what would test them
		n := slices.IndexFunc(rest, func(c conclusion) bool { return c.needs != rest[0].needs })
		if n < 0 {
			n = len(rest)
		}
		list("Not tried (needs "+rest[0].needs+")", rest[:n])
		rest = rest[n:]
	}
	fmt.Fprintf(w.out, "\n%s\n", p.lastLine(s))
}

// lastLine says that the boundary holds or not. Of a run that computes nothing it says
// what was tried, and that the rest was not looked at.
func (p *proof) lastLine(s summary) string {
	text := fmt.Sprintf("%d of %d claims shown, %d broken; of the steps, %d hold, %d fail, %d not tested, %d unknown, %d skipped.",
		len(s.of(holds)), len(s.conclusions), len(s.of(fails)), s.steps[holds], s.steps[fails], s.steps[notTested], s.steps[unknown], s.steps[skipped])
	if p.readers == nil && s.exitCode == exitInPart {
		return "By trying: " + text + " What was not tried was not looked at: -shared-profile computes it from the policies in force."
	}
	return "The boundary " + s.boundary + ": " + text
}

func inBrackets(text string) string {
	if text == "" {
		return ""
	}
	return "(" + text + ")"
}

// A jsonWriter writes an object for each step, and one for the summary.
type jsonWriter struct{ out io.Writer }

func (w jsonWriter) encode(value any) {
	e := json.NewEncoder(w.out)
	e.SetEscapeHTML(false)
	_ = e.Encode(value) // there is nowhere else to say that the output is closed
}

func (w jsonWriter) open(*proof) {}

func (w jsonWriter) result(p *proof, r result) {
	var facts []string
	for _, fact := range r.facts {
		facts = append(facts, hide(fact, p.secrets()))
	}
	w.encode(struct {
		Step      string         `json:"step"`
		Claim     string         `json:"claim,omitempty"`
		Tried     string         `json:"tried,omitempty"`
		Who       string         `json:"who,omitempty"`
		Expected  answer.Outcome `json:"expected"`
		Got       answer.Outcome `json:"got"`
		Verdict   verdict        `json:"verdict"`
		Policy    answer.Policy  `json:"policy,omitempty"`
		Side      string         `json:"side,omitempty"`
		Deny      answer.Denial  `json:"deny,omitempty"`
		PolicyARN string         `json:"policyArn,omitempty"`
		Detail    string         `json:"detail,omitempty"`
		Facts     []string       `json:"facts,omitempty"`
		Service   string         `json:"service,omitempty"`
		Code      string         `json:"code,omitempty"`
		Message   string         `json:"message,omitempty"`
	}{r.name(), r.claim, r.tried, r.who, r.want, r.Got, r.verdict, r.Policy, r.Policy.Side(), r.Deny, r.PolicyARN,
		p.detail(r), facts, r.Service, r.Code, hide(r.Message, p.secrets())})
}

func (w jsonWriter) close(p *proof, s summary) {
	ids := func(verdicts ...verdict) []string {
		all := []string{}
		for _, c := range s.of(verdicts...) {
			all = append(all, c.id)
		}
		return all
	}
	type shownClaim struct {
		ID       string  `json:"id"`
		Sentence string  `json:"sentence"`
		Verdict  verdict `json:"verdict"`
		How      string  `json:"how,omitempty"`
	}
	claims := []shownClaim{}
	for _, c := range s.conclusions {
		claims = append(claims, shownClaim{c.id, c.sentence, c.verdict, c.how})
	}
	publisher := ""
	if p.Publisher != nil {
		publisher = p.Publisher.Role.ARN()
	}
	w.encode(map[string]any{"summary": map[string]any{
		"boundary":  s.boundary,
		"computed":  p.readers != nil,
		"claims":    claims,
		"shown":     ids(holds),
		"broken":    ids(fails),
		"notShown":  ids(unknown, notTested, skipped),
		"holds":     s.steps[holds],
		"fails":     s.steps[fails],
		"notTested": s.steps[notTested],
		"unknown":   s.steps[unknown],
		"skipped":   s.steps[skipped],
		"exitCode":  s.exitCode,
		"proved":    p.Name,
		"publisher": publisher,
		"queue":     p.Queue.At.URL(),
		"key":       p.Queue.At.KeyAliasARN(),
		"message":   greeting + p.marker,
		"notes":     append([]string{}, p.notes...),
	}})
}
