package prove

import "slices"

// A wall is what a step tests.
type wall struct {
	claim claim
	by    []kind // whose refusal shows it; none if it cannot be told
}

// judge compares a step with its answer. A step that must be refused holds only
// if that was done by what it is there to test.
func judge(want outcome, w wall, a answer) verdict {
	switch {
	case a.got == notAsked:
		return skipped
	case letIn(want, w, a):
		return fails
	case want == refused && a.got == refused:
		return judgeRefusal(w, a)
	case a.got == want:
		return holds
	case a.got == refused && slices.Contains([]outcome{accepted, assumed, received}, want),
		slices.Contains([]outcome{altered, missing, outside, findings, public}, a.got):
		return fails
	}
	return unknown
}

// letIn reports whether a caller got past the wall that must stop it. SQS calls
// KMS only for a caller that the queue's policy admits: any error of KMS shows
// that it did.
func letIn(want outcome, w wall, a answer) bool {
	pastQueue := a.relayed && slices.Contains(w.by, queuePolicy) && !slices.Contains(w.by, keyPolicy)
	return want == refused && (a.got == accepted || pastQueue)
}

func judgeRefusal(w wall, a answer) verdict {
	policy := a.refusal.policy
	switch {
	case slices.Contains(w.by, policy) && a.unproved:
		return unknown // perhaps only because it is no sender
	case slices.Contains(w.by, policy):
		return holds
	case len(w.by) == 0:
		return unknown
	case policy == unnamed && a.control && a.refusal.deny != explicit && slices.Contains(w.by, queuePolicy):
		return holds // it was not the caller's own policy, so it was the queue's
	case policy == unnamed:
		return unknown
	case policy == queuePolicy, policy == keyPolicy:
		return fails // the other wall
	}
	return notTested
}

// shown is what all steps that test one claim show together. One that fails
// breaks it; else one that holds shows it.
func shown(verdicts []verdict) verdict {
	for _, v := range []verdict{fails, holds, unknown, notTested} {
		if slices.Contains(verdicts, v) {
			return v
		}
	}
	return skipped
}
