package shared

import (
	"fmt"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"example.com/shared-queue/internal/cdk"
	"example.com/shared-queue/internal/problem"
	"example.com/shared-queue/spec"
)

// NewStack adds the shared account's stack to the scope: a shared queue, the
// grants of its consumers and operators, two alarms, and as outputs the queue's
// URL, its ARN and the key's ARN. Unless props say otherwise, the stack gets a
// description, and termination protection if the queue is retained. The error
// has a line for each wrong property; nothing is left in the scope then.
func NewStack(scope constructs.Construct, id string, props *StackProps) (stack awscdk.Stack, err error) {
	if props == nil {
		props = &StackProps{}
	}
	defer func() {
		if err != nil {
			scope.Node().TryRemoveChild(&id) // it is not complete
		}
	}()
	stackProps := props.StackProps
	if stackProps.TerminationProtection == nil {
		stackProps.TerminationProtection = jsii.Bool(props.Queue.RemovalPolicy != Destroy)
	}
	if stackProps.Description == nil {
		stackProps.Description = jsii.String(describe(props))
	}
	stack = awscdk.NewStack(scope, &id, &stackProps)

	if err := props.check(stack); err != nil {
		return nil, fmt.Errorf("stack %s: %w", id, err)
	}
	queue, err := NewQueue(stack, "SharedQueue", &props.Queue)
	if err != nil {
		return nil, err
	}
	imported := map[string]awsiam.IRole{} // one role may have several grants
	for _, g := range spec.Roles(props.Roles).Grants(queue.Address, *queue.Key.KeyArn()) {
		if imported[g.Role.Key()] == nil {
			imported[g.Role.Key()] = role(stack, g)
		}
		if _, err := queue.grant(imported[g.Role.Key()], g.Kind); err != nil {
			return nil, err
		}
	}
	addAlarms(stack, queue, props)
	cdk.Output(stack, "QueueURL", queue.Queue.QueueUrl(), "Where senders send")
	cdk.Output(stack, "QueueARN", queue.Queue.QueueArn(), "The queue, as policies name it")
	cdk.Output(stack, "KeyARN", queue.Key.KeyArn(), "The key that encrypts the queue")
	return stack, nil
}

// check reports all problems at once.
func (props *StackProps) check(stack awscdk.Stack) error {
	account, region, err := cdk.Env(stack)
	if err != nil {
		return err
	}
	queue := spec.Queue(props.Queue)
	at := queue.At(account, region)
	var problems problem.List
	problems.Add("Queue", queue.Check(account, region))
	problems.Add("Roles", spec.Roles(props.Roles).Check(at))
	problems.Add("Alarms", spec.Alarms(props.Alarms).Check(queue, at))
	return problems.Err()
}

func describe(props *StackProps) string {
	senders := fmt.Sprintf("%d OUs", len(props.Queue.Senders))
	if len(props.Queue.Senders) == 1 {
		senders = props.Queue.Senders[0].String()
	}
	return fmt.Sprintf("Queue %s, encrypted, for senders of %s", props.Queue.QueueName, senders)
}

// role imports a role of the account, with an id like Consumer-worker. A role's
// name is unique in an account.
func role(stack awscdk.Stack, g spec.Grant) awsiam.IRole {
	what, _, _ := strings.Cut(g.Property, "s[")
	return awsiam.Role_FromRoleArn(stack, jsii.String(what+"-"+g.Role.Name), jsii.String(g.Role.ARN()), nil)
}
