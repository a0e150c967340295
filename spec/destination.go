package spec

import (
	"fmt"
	"slices"

	"example.com/shared-queue/address"
	"example.com/shared-queue/internal/problem"
)

// A Destination is a queue that a publisher's role sends to.
type Destination struct {
	Queue address.Queue

	// SenderMayAlso are what the role may do in addition, as the queue has it.
	SenderMayAlso []string
}

// MaxInline is the limit on a role's inline policies together, in characters.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
const MaxInline = 10_240

// CheckQueues returns an error if the role cannot send to all of its queues: if an
// address or an action is wrong, a queue is there twice or in another partition, or
// the grants together are too long. It has a line for each.
func (r Role) CheckQueues() error {
	var problems problem.List
	problems.Add("Queue", r.Queue.Check())
	problems.Add("SenderMayAlso", CheckSenderMayAlso(r.SenderMayAlso))
	for i, to := range r.AlsoSendsTo {
		at := fmt.Sprintf("AlsoSendsTo[%d]", i)
		problems.Add(at+".Queue", to.Queue.Check())
		problems.Add(at+".SenderMayAlso", CheckSenderMayAlso(to.SenderMayAlso))
		problems.Relate(r.checkPartition(to.Queue), at+".Queue.Region", "Queue.Region")
		problems.Relate(r.checkOnce(i), at+".Queue", "Queue")
	}
	if problems.Err() == nil {
		problems.Add("AlsoSendsTo", r.CheckInline())
	}
	return problems.Err()
}

// checkPartition reports a queue where the role cannot be: a role is in one partition.
func (r Role) checkPartition(q address.Queue) error {
	if q.Region.Partition() == r.Queue.Region.Partition() {
		return nil
	}
	return problem.New(q.Region, "Regions of the partition "+r.Queue.Region.Partition()+", in which the role is", "make another role there")
}

func (r Role) checkOnce(i int) error {
	arn := r.AlsoSendsTo[i].Queue.ARN()
	earlier := slices.IndexFunc(r.AlsoSendsTo[:i], func(to Destination) bool { return to.Queue.ARN() == arn })
	switch {
	case arn == r.Queue.ARN():
		return problem.New(arn, "other queues than {Queue}, which is always there", "remove it")
	case earlier >= 0:
		return problem.New(arn, "each queue once", fmt.Sprintf("remove it: it is {AlsoSendsTo}[%d] again", earlier))
	}
	return nil
}

// CheckInline returns an error if the role's policies are longer than IAM allows.
func (r Role) CheckInline() error {
	if size := r.Permissions().Size(); size > MaxInline {
		return problem.New(fmt.Sprintf("%d queues", len(r.Destinations())),
			fmt.Sprintf("queues whose grants stay within the %d characters of a role's inline policies, they would have %d", MaxInline, size),
			"make a second role for some of them")
	}
	return nil
}
