package spec

import (
	"fmt"
	"strings"
	"time"

	"example.com/shared-queue/address"
	"example.com/shared-queue/internal/problem"
)

// Alarms has the fields of shared.Alarms, which documents them.
type Alarms struct {
	MaxAge   *time.Duration
	TopicARN string
}

const minMaxAge = time.Minute // SQS reports the age once a minute

// WithDefaults is a with the default of each optional field that is not set, for
// alarms on q.
func (a Alarms) WithDefaults(q Queue) Alarms {
	half := (*q.WithDefaults().Retention / 2).Truncate(time.Second)
	a.MaxAge = or(a.MaxAge, min(15*time.Minute, half))
	return a
}

// Check returns an error if the alarms cannot work for q at its address: if no
// message can reach the age, or CloudWatch cannot notify the topic. It has a line
// for each wrong property. A Region that is not valid counts as not known. Unread
// names properties of the alarms and of q whose values are not known either.
func (a Alarms) Check(q Queue, at address.Queue, unread ...string) error {
	var problems problem.List
	problems.Doubt(unread...)
	if a.MaxAge != nil {
		retention, is := *q.WithDefaults().Retention, "retention of"
		if !q.keeps(unread) {
			retention, is = maxRetention, "retention, at most"
		}
		problems.Add("MaxAge", checkAge(*a.MaxAge, retention, is))
	}
	problems.Add("TopicARN", a.checkTopic(at.Region))
	return problems.Err()
}

func checkAge(age, retention time.Duration, is string) error {
	if age >= minMaxAge && age < retention && age%time.Second == 0 {
		return nil
	}
	return problem.New(problem.Duration(age),
		fmt.Sprintf("whole seconds, 1m or more and less than the queue's %s %s", is, problem.Duration(retention)),
		"choose an age that a message can reach")
}

func (a Alarms) checkTopic(region address.Region) error {
	want := "arn:aws:sns:…:…:…"
	known := region.Check() == nil
	if known {
		want = region.ARN("sns", "…", "…")
	}
	before, _, _ := strings.Cut(want, "…") // CloudWatch notifies topics of its own Region
	switch {
	case a.TopicARN == "":
		return nil
	case !topicARN.Takes(a.TopicARN):
		return problem.New(a.TopicARN, "the ARN of a standard SNS topic, "+want, "write the topic's whole ARN")
	case known && !strings.HasPrefix(a.TopicARN, before):
		return problem.New(a.TopicARN, "a topic of the queue's Region, "+want, "create a topic there, and forward from it if necessary")
	}
	return nil
}
