// Package ruletarget makes a shared queue a target of EventBridge rules. It is
// apart from package publisher, as CDK's awseventstargets is from awsevents: that
// brings some 150 packages, which an app without rules need not build.
package ruletarget

import (
	"errors"
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awseventstargets"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/aws-cdk-go/awscdk/v2/interfaces/interfacesawsevents"
	"github.com/aws/jsii-runtime-go"

	"example.com/shared-queue/address"
	"example.com/shared-queue/internal/cdk"
	"example.com/shared-queue/publisher"
)

// New makes the shared queue a target of EventBridge rules, by event
// pattern or schedule. The rule sends as the role, the target's execution role,
// which gets the permissions of [publisher.GrantSend]; it must trust events.amazonaws.com.
// Without such a role EventBridge sends as a service, which is in no OU. For
// EventBridge Scheduler there is no need: CDK's own target takes a role.
// Options are those of CDK's SqsQueue target, and may be nil.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-cross-account.html
//
// The error says what is wrong with the queue's address or with the role, or that
// a FIFO queue's message group is missing. A FIFO queue must deduplicate by
// content. A rule of another Region than the queue's is an error of synthesis.
func New(role awsiam.IRole, queue address.Queue, options *awseventstargets.SqsQueueProps) (awsevents.IRuleTarget, error) {
	if role == nil {
		return nil, errors.New("rule target: there is no role: give the target an execution role")
	}
	if queue.FIFO() && (options == nil || options.MessageGroupId == nil) {
		return nil, fmt.Errorf("rule target: %s is a FIFO queue, which needs a message group: set MessageGroupId", queue.Name)
	}
	if _, err := publisher.GrantSend(role, queue); err != nil {
		return nil, fmt.Errorf("rule target: %w", err)
	}
	return &target{awseventstargets.NewSqsQueue(imported(awscdk.Stack_Of(role), queue), options), role, queue}, nil
}

// A target is CDK's with a role.
type target struct {
	cdk   awseventstargets.SqsQueue
	role  awsiam.IRole
	queue address.Queue
}

// Bind is called by awsevents.Rule.
func (t *target) Bind(rule interfacesawsevents.IRuleRef, id *string) *awsevents.RuleTargetConfig {
	if region := *rule.Env().Region; region != string(t.queue.Region) && !cdk.IsToken(region) {
		awscdk.Annotations_Of(rule).AddError(jsii.String(fmt.Sprintf(
			"the rule is of Region %s and its target %s of %s, which EventBridge does not reach: forward the events to a bus of that Region, and make the rule there",
			region, t.queue.Name, t.queue.Region)))
	}
	config := t.cdk.Bind(rule, id)
	config.Role = t.role
	config.TargetResource = nil // of another account: CDK would go by way of an event bus there
	return config
}

// imported is the shared queue for CDK, once in each stack.
func imported(stack awscdk.Stack, queue address.Queue) awssqs.IQueue {
	id := "SharedQueue-" + queue.ARN()
	if there := stack.Node().TryFindChild(&id); there != nil {
		return there.(awssqs.IQueue)
	}
	return awssqs.Queue_FromQueueArn(stack, &id, jsii.String(queue.ARN()))
}
