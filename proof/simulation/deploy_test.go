package simulation_test

import (
	"strings"
	"testing"

	"example.com/shared-queue/proof/world"
)

// What AWS would refuse to deploy, and what nobody has read, is not deployed.
func TestWhatIsNotDeployed(t *testing.T) {
	f := start(t)
	first := f.world.Identities[0].ARN
	for name, c := range map[string]struct {
		change func(*world.World)
		want   string
	}{
		"a policy that could not be read": {func(w *world.World) {
			w.Unknown = append(w.Unknown, world.Unknown{What: "dev-shared/Nested", Why: "a nested stack"})
		}, "dev-shared/Nested: a nested stack"},
		"a queue twice": {func(w *world.World) {
			w.Queues = append(w.Queues, w.Queue(queueARN))
		}, "there is " + queueARN + " already"},
		"an alias twice": {func(w *world.World) {
			k := w.KeyOf(w.Queue(queueARN))
			k.Aliases = append(k.Aliases, k.Aliases[0])
		}, "there is " + keyAlias + " already"},
		"a role twice": {func(w *world.World) {
			w.Identities = append(w.Identities, w.Identities[0])
		}, "already"},
		"no dead-letter queue": {func(w *world.World) {
			w.Queue(queueARN).Attributes["RedrivePolicy"] = `{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:111111111111:none","maxReceiveCount":10}`
		}, queueARN + ": RedrivePolicy: there is no queue arn:aws:sqs:us-east-1:111111111111:none"},
		"a dead-letter queue of another account": {func(w *world.World) {
			w.Queue(queueARN).Attributes["RedrivePolicy"] = `{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:333333333333:shared-app-work-dlq","maxReceiveCount":10}`
		}, queueARN + ": RedrivePolicy {"},
		"a dead-letter queue that does not take them": {func(w *world.World) {
			w.Queue(queueARN + "-dlq").Sources = nil
		}, queueARN + ": RedrivePolicy: the RedriveAllowPolicy of " + queueARN + "-dlq does not have the queue"},
		"a managed policy of AWS": {func(w *world.World) {
			w.Identities[0].UnknownPolicies = []string{"arn:aws:iam::aws:policy/AmazonSQSFullAccess"}
		}, first + ": the simulation does not have the managed policy arn:aws:iam::aws:policy/AmazonSQSFullAccess"},
		"a condition that never matches": {func(w *world.World) {
			w.Queue(queueARN).Policy.Document = object{"Version": "2012-10-17", "Statement": object{"Effect": "Allow", "Principal": "*",
				"Action": "sqs:SendMessage", "Resource": "*", "Condition": object{"StringEquals": object{"aws:PrincipalOrg": "o"}}}}
		}, "policies that AWS would reject, or conditions that never match: "},
	} {
		t.Run(name, func(t *testing.T) {
			w := readWorld(t)
			c.change(w)
			if err := f.Deploy(w); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
			if err := send(t, "dev-insider"); err != nil {
				t.Errorf("what was deployed before is gone: %v", err)
			}
		})
	}
}
