package verify

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"example.com/shared-queue/internal/record"
)

// deadLetterService are the resources that send what they could not deliver as a
// service, and the property that names the queue for it. CDK writes a statement for
// some of them, and none for an event bus.
var deadLetterService = map[string]struct{ property, arn, service string }{
	"AWS::Events::EventBus":  {"DeadLetterConfig", "Arn", "events.amazonaws.com"},
	"AWS::SNS::Subscription": {"RedrivePolicy", "deadLetterTargetArn", "sns.amazonaws.com"},
}

// undelivered sees to it that what sends its dead letters to a queue may: they would
// be lost, and nobody would know.
func (v *verifier) undelivered(queues []*queue) {
	type target struct {
		*queue
		where string
	}
	targets := map[string]target{} // by ARN
	for _, q := range queues {
		targets[q.at.ARN()] = target{q, record.WhereQueue}
		targets[q.at.DeadLetter().ARN()] = target{q, record.WhereDeadLetter}
	}
	for _, t := range v.templates {
		for _, id := range slices.Sorted(maps.Keys(t.resources)) {
			r := t.resources[id]
			of, ok := deadLetterService[r.Type]
			if !ok {
				continue
			}
			config, _ := r.properties[of.property].(map[string]any)
			to, known := targets[v.text(t, config[of.arn])]
			lets := func(p permission) bool { return strings.HasSuffix(p.principal, of.service) && sends(p.action) }
			if known && !slices.ContainsFunc(to.declared[to.where], lets) {
				v.add("DeadLetters-Lost", t, id, fmt.Sprintf("it sends its dead letters to the %s of %s as %s, which nothing lets send: they would be lost", to.where, to.at.Name, of.service),
					"let it by a statement in the function that you give to the queue's Open, or give it a queue of its own")
			}
		}
	}
}
