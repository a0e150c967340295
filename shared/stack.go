package shared

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"example.com/shared-queue/address"
	"example.com/shared-queue/internal/cdk"
	"example.com/shared-queue/internal/problem"
	"example.com/shared-queue/spec"
)

// StackProps says what the shared account's stack is like.
type StackProps struct {
	awscdk.StackProps // Env, with account and Region, is required
	Queue             QueueProps
	Roles             Roles
	Alarms            Alarms
}

// Roles are the roles of the shared account that work with the messages.
type Roles = spec.Roles

// Alarms say when somebody is told.
type Alarms = spec.Alarms

// NewStack adds the shared account's stack to the scope: one shared queue with
// its alarms, what consumers and operators may do with it, and as outputs its
// URL, its ARN and its key's ARN. Unless the props say otherwise, the stack
// describes itself, and is protected from termination if the queue is retained.
// The error has a line for each property that is wrong.
func NewStack(scope constructs.Construct, id string, props *StackProps) (stack awscdk.Stack, err error) {
	if props == nil {
		props = &StackProps{}
	}
	defer func() {
		if err != nil {
			scope.Node().TryRemoveChild(&id) // a stack of which half is missing
		}
	}()
	stackProps := props.StackProps
	if stackProps.TerminationProtection == nil {
		stackProps.TerminationProtection = jsii.Bool(!props.Queue.Destroyed())
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
	for _, arn := range props.Roles.Consumers {
		if _, err := queue.GrantConsume(role(stack, "Consumer", arn)); err != nil {
			return nil, err
		}
	}
	for _, arn := range props.Roles.Operators {
		if _, err := queue.GrantRedrive(role(stack, "Operator", arn)); err != nil {
			return nil, err
		}
	}
	addAlarms(stack, queue, props.Alarms)
	cdk.Output(stack, "QueueURL", queue.Queue.QueueUrl(), "Where senders send")
	cdk.Output(stack, "QueueARN", queue.Queue.QueueArn(), "The queue, as policies name it")
	cdk.Output(stack, "KeyARN", queue.Key.KeyArn(), "The key that encrypts the queue")
	return stack, nil
}

// check reports everything that is wrong, all at once.
func (props *StackProps) check(stack awscdk.Stack) error {
	account, region, err := cdk.Env(stack)
	if err != nil {
		return err
	}
	q := props.Queue.At(account, region)
	var problems problem.List
	problems.Add("", props.Queue.Check(account, region))
	problems.Add("", props.Roles.Check(q))
	problems.Add("alarms", props.Alarms.Check(q, props.Queue.KeptFor()))
	return problems.Err()
}

func describe(props *StackProps) string {
	senders := fmt.Sprintf("%d OUs", len(props.Queue.Senders))
	if len(props.Queue.Senders) == 1 {
		senders = props.Queue.Senders[0].String()
	}
	return fmt.Sprintf("Queue %s, encrypted, for senders of %s", props.Queue.QueueName, senders)
}

// role is one that is there already, with an id by its name, which is once in
// an account.
func role(stack awscdk.Stack, id, arn string) awsiam.IRole {
	parsed, _ := address.ParseIAM(arn) // checked already
	return awsiam.Role_FromRoleArn(stack, jsii.String(id+"-"+parsed.Name), &arn, nil)
}
