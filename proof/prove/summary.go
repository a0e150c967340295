package prove

import "slices"

// A summary is what all steps together show.
type summary struct {
	Boundary                                  string
	Broken, Shown, Unclear, Untested          []claim
	Holds, Fails, NotTested, Unknown, Skipped int
	ExitCode                                  int
}

// summarize says what the results show. The boundary holds only if every claim was
// shown and every step could be done.
func (p *proof) summarize(results []result) summary {
	var s summary
	breached, undone := false, false
	for _, r := range results {
		*map[verdict]*int{holds: &s.Holds, fails: &s.Fails, notTested: &s.NotTested, unknown: &s.Unknown, skipped: &s.Skipped}[r.verdict]++
		breached = breached || r.breached()
		undone = undone || r.verdict == unknown && r.Got != "refused"
	}
	claims := p.claims()
	for _, c := range claims {
		of := slices.DeleteFunc(slices.Clone(results), func(r result) bool { return r.claim != c.id })
		list := map[verdict]*[]claim{holds: &s.Shown, fails: &s.Broken, unknown: &s.Unclear}[shown(of)]
		if list == nil {
			list = &s.Untested
		}
		*list = append(*list, c)
	}
	s.ExitCode = exitInPart
	switch {
	case breached:
		s.Boundary, s.ExitCode = "does not hold", exitFails
	case s.Fails > 0:
		s.Boundary, s.ExitCode = "is not as it must be", exitFails
	case len(s.Shown) == 0:
		s.Boundary = "is not shown"
	case undone || len(s.Shown) < len(claims):
		s.Boundary = "is shown in part"
	default:
		s.Boundary, s.ExitCode = "holds", exitHolds
	}
	return s
}
