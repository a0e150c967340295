package spec

import (
	"fmt"
	"time"

	"example.com/shared-queue/internal/problem"
)

// SQS deletes a message at the end of its retention period, which begins when it
// is sent, also while it is delayed or hidden.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html

// checkTimes refuses times that SQS does not take, and those that lose every
// message.
func (q Queue) checkTimes(problems *problem.List) {
	checkSeconds(problems, "VisibilityTimeout", q.VisibilityTimeout)
	checkSeconds(problems, "DeliveryDelay", q.DeliveryDelay)
	checkSeconds(problems, "Retention", q.Retention)
	problems.Relate(q.checkDelay(), "Retention", "DeliveryDelay")
	problems.Relate(q.checkReturn(), "Retention", "DeliveryDelay", "VisibilityTimeout")
}

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

// Notes are remarks on a queue that Check takes: a message that fails may expire
// before it reaches the dead-letter queue, or its key may have too many aliases.
func (q Queue) Notes() []Note { return append(q.timeNotes(), q.keyNotes()...) }

func (q Queue) timeNotes() []Note {
	r := q.WithDefaults()
	receives := time.Duration(*r.MaxReceiveCount)
	needed := *r.DeliveryDelay + receives*(*r.VisibilityTimeout)
	if needed < *r.Retention {
		return nil
	}
	delay := ""
	if *r.DeliveryDelay > 0 {
		delay = "a delivery delay of " + problem.Duration(*r.DeliveryDelay) + " and "
	}
	return []Note{{"shared-queue:expires-before-dead-letter-queue", fmt.Sprintf("A message that fails may expire before it reaches the dead-letter queue of %s, and is lost then: "+
		"%s%d receives with a visibility timeout of %s take %s, and the retention period is %s. "+
		"Lengthen the retention period, shorten the visibility timeout or allow fewer receives, unless consumers give failed messages back early.",
		q.QueueName, delay, receives, problem.Duration(*r.VisibilityTimeout), problem.Duration(needed), problem.Duration(*r.Retention))}}
}

// keeps reports whether the retention period is known and right.
func (q Queue) keeps(unread []string) bool {
	var problems problem.List
	problems.Doubt(unread...)
	q.checkTimes(&problems)
	return problems.Sound("Retention")
}
