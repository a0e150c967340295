package spec

import (
	"fmt"
	"regexp"
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

var topicARN = regexp.MustCompile(`^arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}$`)

// Check returns an error if the alarms cannot work for q at its address: if no
// message can reach the age, or CloudWatch cannot notify the topic. It has a
// line for each wrong property.
func (a Alarms) Check(q Queue, at address.Queue) error {
	var problems problem.List
	if a.MaxAge != nil && checkSeconds(q.Retention, minRetention, maxRetention) == nil {
		problems.Add("MaxAge", checkAge(*a.MaxAge, *q.WithDefaults().Retention))
	}
	if placed(at) {
		problems.Add("TopicARN", a.checkTopic(at))
	}
	return problems.Err()
}

func checkAge(age, retention time.Duration) error {
	if age >= minMaxAge && age < retention && age%time.Second == 0 {
		return nil
	}
	return problem.New(problem.Duration(age),
		fmt.Sprintf("whole seconds, 1m or more and less than the queue's retention of %s", problem.Duration(retention)),
		"choose an age that a message can reach")
}

func (a Alarms) checkTopic(at address.Queue) error {
	want := at.Region.ARN("sns", "…", "…")
	before, _, _ := strings.Cut(want, "…") // CloudWatch notifies topics of its own Region
	switch {
	case a.TopicARN == "":
		return nil
	case !topicARN.MatchString(a.TopicARN):
		return problem.New(a.TopicARN, "the ARN of a standard SNS topic, "+want, "write the topic's whole ARN")
	case !strings.HasPrefix(a.TopicARN, before):
		return problem.New(a.TopicARN, "a topic of the queue's Region, "+want, "create a topic there, and forward from it if necessary")
	}
	return nil
}

// placed reports whether account and Region are valid. If not, ARNs cannot be
// compared with them.
func placed(at address.Queue) bool {
	return at.Region.Check() == nil && address.CheckAccount(at.Account) == nil
}
