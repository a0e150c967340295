// Package stackspec holds what is decided about the shared account's stack
// beside the queue itself: who of the account works with its messages, and when
// somebody is told. It imports no CDK.
package spec

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"example.com/shared-queue/address"
	"example.com/shared-queue/internal/problem"
)

// Roles are the IAM roles of the shared account that work with the messages,
// by ARN. They must be there when the stack is deployed.
type Roles struct {
	// Consumers receive and delete messages. Default: none.
	Consumers []string

	// Operators move messages from the dead-letter queue back. No role can be a
	// consumer too: consumers are denied to send, and a move sends. Default: none.
	Operators []string
}

// Alarms say when somebody is told.
type Alarms struct {
	// MaxAge is the age of the oldest message over which there is an alarm: 1
	// minute or more, in whole seconds, and less than the queue's retention.
	// Default: 15 minutes.
	MaxAge *time.Duration

	// TopicARN is the SNS topic that is notified of an alarm and of recovery, of
	// the queue's account and Region. A topic that is encrypted must let CloudWatch
	// use its key. Default: none is notified.
	TopicARN string
}

// Age is the MaxAge that counts.
func (a Alarms) Age() time.Duration {
	if a.MaxAge == nil {
		return DefaultMaxAge
	}
	return *a.MaxAge
}

// DefaultMaxAge is the MaxAge of Alarms that have none.
const DefaultMaxAge = 15 * time.Minute

const minMaxAge = time.Minute // SQS reports the age once a minute

// Check reports roles that cannot have grants on q. The error has a line for
// each, like consumers[0], with the value, what is allowed and the cure.
func (r Roles) Check(q address.Queue) error {
	var problems problem.List
	want := "arn:" + q.Region.Partition() + ":iam::" + q.Account + ":role/"
	taken := map[string]string{}
	for _, list := range []struct {
		name  string
		roles []string
	}{{"consumers", r.Consumers}, {"operators", r.Operators}} {
		for i, arn := range list.roles {
			at := fmt.Sprintf("%s[%d]", list.name, i)
			parsed, ok := address.ParseIAM(arn)
			name := strings.ToLower(parsed.Name) // once in an account, whatever its path and case
			switch {
			case !ok || parsed.Type != "role":
				problems.Add(at, problem.New(arn, "the ARN of an IAM role, "+want+"…", "write the role's whole ARN"))
			case !strings.HasPrefix(arn, want):
				problems.Add(at, problem.New(arn, "a role of the shared account, "+want+"…, as reading stays inside",
					"name a role of that account, which others may be let to assume"))
			case taken[name] != "":
				problems.Add(at, problem.New(arn, "each role once: consumers are denied to send, which operators must", "remove it here or at "+taken[name]))
			default:
				taken[name] = at
			}
		}
	}
	return problems.Err()
}

var topicARN = regexp.MustCompile(`^arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}$`)

// Check reports alarms that could not be: of an age that is never reached, or
// with a topic that CloudWatch cannot notify. Retention is the queue's.
func (a Alarms) Check(q address.Queue, retention time.Duration) error {
	var problems problem.List
	problems.Add("", a.CheckAge(retention))
	problems.Add("", a.CheckTopic(q))
	return problems.Err()
}

// CheckAge reports a MaxAge that is out of range.
func (a Alarms) CheckAge(retention time.Duration) error {
	var problems problem.List
	if d := a.Age(); d < minMaxAge || d >= retention || d%time.Second != 0 {
		problems.Add("maxAge", problem.New(problem.Duration(d), fmt.Sprintf("whole seconds, 1m or more and less than the queue's retention of %s", problem.Duration(retention)),
			"choose an age that a message can reach"))
	}
	return problems.Err()
}

// CheckTopic reports a topic of another account or Region, or none at all.
func (a Alarms) CheckTopic(q address.Queue) error {
	var problems problem.List
	if want := "arn:" + q.Region.Partition() + ":sns:" + string(q.Region) + ":" + q.Account + ":"; a.TopicARN != "" {
		switch {
		case !topicARN.MatchString(a.TopicARN):
			problems.Add("topicArn", problem.New(a.TopicARN, "the ARN of a standard SNS topic, "+want+"…", "write the topic's whole ARN"))
		case !strings.HasPrefix(a.TopicARN, want):
			problems.Add("topicArn", problem.New(a.TopicARN, "a topic of the queue's account and Region, "+want+"…",
				"make a topic there, and forward from it if need be"))
		}
	}
	return problems.Err()
}

// Tags are put on a stack, and by CloudFormation on its resources.
type Tags map[string]string

// https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html
var (
	tagKey   = regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+@-]{1,128}$`)
	tagValue = regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+@-]{0,256}$`)
)

// MaxTags is how many of a stack's 50 tags are free: one is its environment.
const MaxTags = 49

// Check reports tags that AWS would refuse.
func (t Tags) Check() error {
	var problems problem.List
	if len(t) > MaxTags {
		problems.Add("", problem.New(fmt.Sprintf("%d tags", len(t)), fmt.Sprintf("at most %d, AWS allows 50 and one is the environment", MaxTags), "remove some"))
	}
	var keys []string
	for key := range t {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	taken := map[string]string{}
	for _, key := range keys {
		lower := strings.ToLower(key)
		switch {
		case taken[lower] != "":
			problems.Add(problem.Name(key), problem.New(key, "tags that differ by more than case, as IAM does not tell it apart", "remove it or "+taken[lower]))
		case !tagKey.MatchString(key) || strings.HasPrefix(lower, "aws:"):
			problems.Add(problem.Name(key), problem.New(key, "1 to 128 letters, digits, spaces and _.:/=+@-, not beginning with aws:", "rename the tag"))
		case lower == "environment":
			problems.Add(problem.Name(key), problem.New(key, "any tag but environment, which every stack has", "remove it"))
		case !tagValue.MatchString(t[key]):
			problems.Add(problem.Name(key), problem.New(t[key], "at most 256 letters, digits, spaces and _.:/=+@-", "correct the tag's value"))
		}
		taken[lower] = key
	}
	return problems.Err()
}
