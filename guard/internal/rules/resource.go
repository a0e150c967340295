package rules

import (
	"fmt"
	"strings"
)

// Guard-Resource: everyone's Allow on a queue names the queue. A key's policy has
// "*", which is the key.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-creating-custom-policies-access-policy-examples.html
func resource(s *statement) (flaws []flaw) {
	if s.of.service != "sqs" || !s.public() {
		return nil
	}
	for _, what := range s.vague() {
		flaws = append(flaws, flaw{fmt.Sprintf("allows everyone on %s", what), "write the queue's ARN as Resource"})
	}
	return flaws
}

func (s *statement) vague() (what []string) {
	if s.has("NotResource") {
		return []string{"all resources but NotResource"}
	}
	if !s.has("Resource") {
		return []string{"no Resource"}
	}
	for _, value := range s.listed("Resource") {
		if strings.ContainsAny(text(value), "*?") {
			what = append(what, fmt.Sprintf("%s, which has a wildcard", strings.Trim(shown(value), `"`)))
		}
	}
	return what
}
