package prove

import (
	"slices"

	"example.com/shared-queue/proof/prove/answer"
	"example.com/shared-queue/proof/prove/computed"
)

// A verdict is what a step shows.
type verdict string

const (
	holds     verdict = "holds"
	fails     verdict = "fails"
	notTested verdict = "not tested" // it was refused, but not by what it is there to test
	unknown   verdict = "unknown"    // it could not be done, or AWS does not say enough
	skipped   verdict = "skipped"    // it was not asked for
)

// judge compares a step with its answer. What must be refused holds only if the
// policy under test refused.
func judge(r result) verdict {
	switch {
	case r.Got == notAsked:
		return skipped
	case r.breached():
		return fails
	case r.want == answer.Refused && r.Got == answer.Refused:
		return judgeRefusal(r)
	case r.Got == r.want:
		return holds
	case r.Got == answer.Refused && slices.Contains([]answer.Outcome{answer.Accepted, assumed, received}, r.want),
		slices.Contains([]answer.Outcome{altered, missing, outside, findings, public, wider, narrower, otherwise}, r.Got):
		return fails
	}
	return unknown
}

// breached reports whether a caller got past what must stop it. SQS calls KMS only
// for a caller that the queue's policy admits: any error of KMS shows that it did.
func (r result) breached() bool {
	pastQueue := r.Relayed && slices.Contains(r.by, answer.QueuePolicy) && !slices.Contains(r.by, answer.KeyPolicy)
	tooMuch := r.Got == wider && r.claim != computed.OwnPolicies // queue and key limit what a role's own policy allows
	return tooMuch || r.want == answer.Refused && (r.Got == answer.Accepted || pastQueue)
}

func judgeRefusal(r result) verdict {
	switch {
	case slices.Contains(r.by, r.Policy) && r.senderUnproven:
		return unknown // perhaps only because it is no sender
	case slices.Contains(r.by, r.Policy):
		return holds
	case r.Policy == answer.Unnamed && r.control && r.Deny != answer.Explicit && slices.Contains(r.by, answer.QueuePolicy):
		return holds // it was not the caller's own policy, so it was the queue's
	case r.Policy == answer.Unnamed || len(r.by) == 0:
		return unknown
	case r.Policy == answer.QueuePolicy, r.Policy == answer.KeyPolicy:
		return fails // the queue refused in place of the key, or the key in place of the queue
	}
	return notTested
}

// shown is what the results on one claim show together: one that fails breaks it. It
// holds if all that one caller tried do.
func shown(results []result) verdict {
	severity := []verdict{holds, skipped, notTested, unknown, fails}
	worst := map[string]int{} // of each caller
	for _, r := range results {
		worst[r.who] = max(worst[r.who], slices.Index(severity, r.verdict))
	}
	all := skipped
	for _, i := range worst {
		switch v := severity[i]; {
		case v == fails:
			return fails
		case v == holds || all != holds && i > slices.Index(severity, all):
			all = v
		}
	}
	return all
}
