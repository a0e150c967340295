package prove

import (
	"slices"
	"strings"

	"example.com/shared-queue/proof/prove/answer"
	"example.com/shared-queue/proof/prove/computed"
)

// A conclusion is what all steps together show of one claim.
type conclusion struct {
	claim
	verdict verdict
	how     string // it is shown: tried, computed, or both; empty if it is not
}

// How a claim is shown.
const (
	byTrying    = "tried"
	byComputing = "computed"
	byBoth      = "tried and computed"
)

// A summary is what all steps together show.
type summary struct {
	conclusions []conclusion
	steps       map[verdict]int
	boundary    string
	exitCode    int
}

// of are the conclusions with one of the verdicts.
func (s summary) of(verdicts ...verdict) []conclusion {
	return slices.DeleteFunc(slices.Clone(s.conclusions), func(c conclusion) bool { return !slices.Contains(verdicts, c.verdict) })
}

// summarize says what the results show. The boundary holds only if every claim was
// shown, those of the policies in force too, and every step could be done.
func (p *proof) summarize(results []result) summary {
	s := summary{steps: map[verdict]int{}, exitCode: exitInPart}
	breached, undone := false, false
	for _, r := range results {
		s.steps[r.verdict]++
		breached = breached || r.breached()
		undone = undone || r.verdict == unknown && r.Got != answer.Refused
	}
	verdictOf := func(id string) verdict {
		return shown(slices.DeleteFunc(slices.Clone(results), func(r result) bool { return r.claim != id }))
	}
	for _, c := range p.claims() {
		v := verdictOf(c.id)
		within := c.within != "" && verdictOf(c.within) == holds
		if v == skipped && within && p.harmful(c) {
			s.conclusions = append(s.conclusions, conclusion{c, holds, byComputing})
			continue
		}
		how := ""
		switch {
		case v == holds && within:
			how = byBoth
		case v == holds && !strings.HasPrefix(c.id, computed.Prefix):
			how = byTrying
		case v == holds, v != fails && within:
			how = byComputing
		}
		s.conclusions = append(s.conclusions, conclusion{c, v, how})
	}
	all := len(s.of(holds)) == len(s.conclusions)
	switch {
	case breached:
		s.boundary, s.exitCode = "does not hold", exitFails
	case s.steps[fails] > 0:
		s.boundary, s.exitCode = "is not as it must be", exitFails
	case all && !undone:
		s.boundary, s.exitCode = "holds", exitHolds
	case len(s.of(holds)) == 0:
		s.boundary = "is not shown"
	default:
		s.boundary = "is shown in part"
	}
	return s
}
