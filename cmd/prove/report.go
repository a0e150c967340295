package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// A verdict is what a step shows.
type verdict string

const (
	holds   verdict = "holds"
	fails   verdict = "FAILS"
	unknown verdict = "unknown" // nothing, as it could not be done
	skipped verdict = "skipped" // nothing, as it was not asked for
)

// judge compares a step with its answer. Only an access that was let through,
// or refused, against what is expected fails; only what was expected holds.
func judge(expected outcome, a answer) verdict {
	switch {
	case a.got == notAsked:
		return skipped
	case a.got == expected:
		return holds
	case expected == refused && a.got == accepted,
		expected != refused && a.got == refused,
		a.got == altered:
		return fails
	}
	return unknown
}

// A report writes what happens, as text or as JSON.
type report struct {
	w     io.Writer
	json  bool
	width int // of the column of steps

	count  map[verdict]int
	breach bool // a step that must be refused was not
}

func newReport(w io.Writer, json bool) *report {
	return &report{w: w, json: json, count: map[verdict]int{}}
}

func (r *report) open(p *proof, steps []step) {
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
	fmt.Fprintf(r.w, "%-*s  %-10s  %-15s  %-7s  %s\n", r.width, name, expected, got, verdict, detail)
}

// step reports one step, without the secrets.
func (r *report) step(s step, a answer, secrets []string) {
	v := judge(s.expected, a)
	r.count[v]++
	r.breach = r.breach || v == fails && s.expected == refused
	a.detail, a.message = hide(a.detail, secrets), hide(a.message, secrets)
	if !r.json {
		r.line(s.name, string(s.expected), string(a.got), string(v), a.detail)
		return
	}
	r.encode(struct {
		Step     string `json:"step"`
		Expected string `json:"expected"`
		Got      string `json:"got"`
		Verdict  string `json:"verdict"`
		Policy   string `json:"policy,omitempty"`
		Detail   string `json:"detail,omitempty"`
		Code     string `json:"code,omitempty"`
		Message  string `json:"message,omitempty"`
	}{s.name, string(s.expected), string(a.got), v.lower(), a.policy, a.detail, a.code, a.message})
}

// close writes the summary. Its result is the exit code.
func (r *report) close(p *proof) int {
	for _, m := range p.left {
		note := fmt.Sprintf("a test message stays in the queue %s of %s: %s", m.queue, m.environment, m.id)
		if m.environment == p.environment.Name && p.consumer == nil {
			note += " (-consumer-profile receives and deletes it)"
		}
		p.notes = append(p.notes, note)
	}
	boundary, code := "holds", proved
	switch {
	case r.breach:
		boundary, code = "does not hold", notProved
	case r.count[fails]+r.count[unknown] > 0:
		boundary, code = "is not proved", notProved
	}
	counts := fmt.Sprintf("%d hold, %d fail, %d unknown, %d skipped", r.count[holds], r.count[fails], r.count[unknown], r.count[skipped])
	if r.json {
		r.encode(map[string]any{"summary": map[string]any{
			"boundary":    boundary,
			"holds":       r.count[holds],
			"fails":       r.count[fails],
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
	fmt.Fprintf(r.w, "The boundary %s: of the steps, %s.\n", boundary, counts)
	return code
}

func (r *report) encode(value any) {
	e := json.NewEncoder(r.w)
	e.SetEscapeHTML(false)
	_ = e.Encode(value) // there is nowhere else to say that the output is closed
}

func (v verdict) lower() string { return strings.ToLower(string(v)) }

// hide takes secrets out of a text. AWS repeats the session token when it does
// not find a signature right.
func hide(text string, secrets []string) string {
	for _, s := range secrets {
		if s != "" {
			text = strings.ReplaceAll(text, s, "(hidden)")
		}
	}
	return text
}
