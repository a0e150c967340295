package spec

import (
	"fmt"
	"slices"
	"time"

	"example.com/shared-queue/internal/problem"
)

// SQS deletes a message at the end of its retention period, which begins when it
// is sent, also while it is delayed or hidden.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html

// checkDelay refuses a queue whose messages expire before anybody can receive
// them.
func (q Queue) checkDelay() error {
	r := q.WithDefaults()
	if *r.DeliveryDelay < *r.Retention {
		return nil
	}
	return problem.New(problem.Duration(*r.Retention),
		fmt.Sprintf("more than the {DeliveryDelay} of %s, as every message would expire before anybody can receive it", problem.Duration(*r.DeliveryDelay)),
		"lengthen it, or shorten {DeliveryDelay}")
}

// checkReturn refuses a queue whose messages expire while they are hidden after
// their first receive.
func (q Queue) checkReturn() error {
	r := q.WithDefaults()
	back := *r.DeliveryDelay + *r.VisibilityTimeout
	if back < *r.Retention {
		return nil
	}
	what := "the {VisibilityTimeout} of " + problem.Duration(*r.VisibilityTimeout)
	if *r.DeliveryDelay > 0 {
		what = fmt.Sprintf("{DeliveryDelay} and {VisibilityTimeout} together, %s", problem.Duration(back))
	}
	return problem.New(problem.Duration(*r.Retention),
		fmt.Sprintf("more than %s, as a message that fails once would never come back", what),
		"lengthen it, or shorten {VisibilityTimeout}")
}

// Notes are remarks on a queue that Check takes: each a sentence.
func (q Queue) Notes() []string {
	r := q.WithDefaults()
	needed := *r.DeliveryDelay + time.Duration(*r.MaxReceiveCount)*(*r.VisibilityTimeout)
	if needed < *r.Retention {
		return nil
	}
	return []string{fmt.Sprintf("A message that fails may expire before it reaches the dead-letter queue, and then it is lost: %d receives with a visibility timeout of %s and a delivery delay of %s take %s, "+
		"the retention period is %s. It does not expire if the consumer gives it back early. Lengthen the retention period, or shorten the visibility timeout or the number of receives.",
		*r.MaxReceiveCount, problem.Duration(*r.VisibilityTimeout), problem.Duration(*r.DeliveryDelay), problem.Duration(needed), problem.Duration(*r.Retention))}
}

// keeps reports whether the retention period is known and right.
func (q Queue) keeps(unread []string) bool {
	var problems problem.List
	checkSeconds(&problems, "Retention", q.Retention)
	return problems.Err() == nil && q.checkDelay() == nil && q.checkReturn() == nil && !slices.Contains(unread, "Retention")
}
