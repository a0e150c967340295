package prove

import (
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"strings"
)

// A report writes what happens, as text or as JSON.
type report struct {
	w     io.Writer
	json  bool
	width int // of the column of steps

	claims []claim
	by     map[claim][]verdict // what the steps that test a claim showed
	count  map[verdict]int
	breach bool // somebody got past what must stop it
	undone bool // a step could not be done
}

func newReport(w io.Writer, json bool) *report {
	return &report{w: w, json: json, by: map[claim][]verdict{}, count: map[verdict]int{}}
}

func (r *report) open(p *proof, steps []step) {
	r.claims = p.claims(steps)
	for _, s := range steps {
		r.width = max(r.width, len(s.name))
	}
	if r.json {
		return
	}
	fmt.Fprintf(r.w, "Environment  %s, %s\n", p.environment.Name, p.environment.Region)
	fmt.Fprintf(r.w, "Publisher    %s\n", p.roleARN())
	fmt.Fprintf(r.w, "Queue        %s\n", p.queue().URL())
	fmt.Fprintf(r.w, "Key          %s\n", p.queue().KeyAliasARN())
	if e := p.caller.sqsEndpoint(p.queue()); e.Host != p.queue().Host() {
		fmt.Fprintf(r.w, "Endpoint     %s\n", e)
	}
	fmt.Fprintf(r.w, "Message      %s%s\n\n", greeting, p.marker)
	r.line("STEP", "EXPECTED", "GOT", "VERDICT", "DETAIL")
}

func (r *report) line(name, expected, got, verdict, detail string) {
	text := fmt.Sprintf("%-*s  %-10s  %-15s  %-10s  %s", r.width, name, expected, got, verdict, detail)
	fmt.Fprintln(r.w, strings.TrimRight(text, " "))
}

// step reports one step, without the secrets.
func (r *report) step(p *proof, s step, a answer) {
	w := s.wall()
	v := judge(s.want, w, a)
	r.count[v]++
	r.by[w.claim] = append(r.by[w.claim], v)
	r.breach = r.breach || letIn(s.want, w, a)
	r.undone = r.undone || v == unknown && a.got != refused
	detail, secrets := hide(p.detail(s, a, v), p.secrets()), p.secrets()
	if !r.json {
		r.line(s.name, string(s.want), string(a.got), string(v), detail)
		return
	}
	r.encode(struct {
		Step      string `json:"step"`
		Expected  string `json:"expected"`
		Got       string `json:"got"`
		Verdict   string `json:"verdict"`
		Policy    kind   `json:"policy,omitempty"`
		Side      side   `json:"side,omitempty"`
		Deny      manner `json:"deny,omitempty"`
		PolicyARN string `json:"policyArn,omitempty"`
		Detail    string `json:"detail,omitempty"`
		Service   string `json:"service,omitempty"`
		Code      string `json:"code,omitempty"`
		Message   string `json:"message,omitempty"`
	}{s.name, string(s.want), string(a.got), v.lower(), a.refusal.policy, a.refusal.policy.side(), a.refusal.deny, a.refusal.arn,
		detail, refusedAt(a), a.code, hide(a.message, secrets)})
}

// refusedAt is the service whose answer it is: KMS where another relays it.
func refusedAt(a answer) string {
	if a.relayed {
		return "KMS"
	}
	return a.service
}

// close writes the summary. Its result is the exit code.
func (r *report) close(p *proof) int {
	for _, m := range p.left {
		p.notes = append(p.notes, noteLeft(m, m.environment != p.environment.Name || p.consumer != nil))
	}
	boundary, code := r.conclude()
	if r.json {
		r.encode(map[string]any{"summary": map[string]any{
			"boundary":    boundary,
			"shown":       r.those(holds),
			"broken":      r.those(fails),
			"notShown":    r.those(unknown, notTested, skipped),
			"holds":       r.count[holds],
			"fails":       r.count[fails],
			"notTested":   r.count[notTested],
			"unknown":     r.count[unknown],
			"skipped":     r.count[skipped],
			"exitCode":    code,
			"environment": p.environment.Name,
			"publisher":   p.roleARN(),
			"queue":       p.queue().URL(),
			"key":         p.queue().KeyAliasARN(),
			"message":     greeting + p.marker,
			"notes":       append([]string{}, p.notes...),
		}})
		return code
	}
	fmt.Fprintln(r.w)
	for _, note := range p.notes {
		fmt.Fprintf(r.w, "Note: %s.\n", note)
	}
	r.list("Broken", r.those(fails))
	r.list("Shown", r.those(holds))
	r.list("Unclear (see the steps above)", r.those(unknown))
	r.listUntested(r.those(notTested, skipped))
	fmt.Fprintf(r.w, "\nThe boundary %s: %d of %d claims shown, %d broken; of the steps, %d hold, %d fail, %d not tested, %d unknown, %d skipped.\n",
		boundary, len(r.those(holds)), len(r.claims), len(r.those(fails)),
		r.count[holds], r.count[fails], r.count[notTested], r.count[unknown], r.count[skipped])
	return code
}

// conclude is the closing word and the exit code. The boundary holds only if
// every claim was shown and every step could be done.
func (r *report) conclude() (boundary string, code int) {
	switch {
	case r.breach:
		return "does not hold", notProved
	case r.count[fails] > 0:
		return "is not as it must be", notProved
	case len(r.those(holds)) == 0:
		return "is not shown", inPart
	case r.undone || len(r.those(holds)) < len(r.claims):
		return "is shown in part", inPart
	}
	return "holds", proved
}

// those are the claims for which the steps show one of the verdicts.
func (r *report) those(verdicts ...verdict) []claim {
	some := []claim{}
	for _, c := range r.claims {
		for _, v := range verdicts {
			if shown(r.by[c]) == v {
				some = append(some, c)
			}
		}
	}
	return some
}

func (r *report) list(title string, claims []claim) {
	if len(claims) == 0 {
		return
	}
	fmt.Fprintf(r.w, "\n%s:\n", title)
	for _, c := range claims {
		fmt.Fprintf(r.w, "  %s\n", c)
	}
}

// listUntested writes claims in groups, by what would test them.
func (r *report) listUntested(claims []claim) {
	title := ""
	for _, c := range claims {
		if by := "Not tested (needs " + tested(c) + ")"; by != title {
			title = by
			fmt.Fprintf(r.w, "\n%s:\n", title)
		}
		fmt.Fprintf(r.w, "  %s\n", c)
	}
}

func (r *report) encode(value any) {
	e := json.NewEncoder(r.w)
	e.SetEscapeHTML(false)
	_ = e.Encode(value) // there is nowhere else to say that the output is closed
}

func (v verdict) lower() string { return strings.ToLower(string(v)) }

// shortSecret is the length below which a secret may be an ordinary word, or a
// part of one, as those of emulators are.
const shortSecret = 8

// hide takes secrets out of a text. AWS repeats the session token when it does
// not find a signature right.
func hide(text string, secrets []string) string {
	const hidden = "(hidden)"
	for _, s := range secrets {
		switch {
		case s == "":
		case len(s) < shortSecret:
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
