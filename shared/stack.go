package shared

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"example.com/shared-queue/internal/iamarn"
	"example.com/shared-queue/internal/problem"
	"example.com/shared-queue/shared/address"
	"example.com/shared-queue/shared/stackspec"
)

// StackProps says what the shared account's stack is like.
type StackProps struct {
	awscdk.StackProps // Env, with account and Region, is required
	Queue             QueueProps
	Roles             stackspec.Roles
	Alarms            AlarmProps
}

// NewStack adds the shared account's stack to the scope: one shared queue with
// its alarms, what consumers and operators may do with it, and as outputs its
// URL, its ARN and its key's ARN. The stack is protected from termination
// unless the queue is to be destroyed with it. The error has a line for each
// property that is wrong.
func NewStack(scope constructs.Construct, id string, props *StackProps) (awscdk.Stack, error) {
	if props == nil {
		props = &StackProps{}
	}
	stackProps := props.StackProps
	stackProps.TerminationProtection = jsii.Bool(!props.Queue.Destroyed())
	stackProps.Description = jsii.String(describe(props))
	stack := awscdk.NewStack(scope, &id, &stackProps)

	queue, err := NewQueue(stack, "SharedQueue", &props.Queue)
	if err != nil {
		return nil, err
	}
	if err := props.check(queue.Address); err != nil {
		return nil, fmt.Errorf("stack %s: %w", id, err)
	}
	for _, arn := range props.Roles.Consumers {
		if err := queue.GrantConsume(role(stack, "Consumer", arn)); err != nil {
			return nil, err
		}
	}
	for _, arn := range props.Roles.Operators {
		if err := queue.GrantRedrive(role(stack, "Operator", arn)); err != nil {
			return nil, err
		}
	}
	addAlarms(stack, queue, props.Alarms)
	output(stack, "QueueURL", queue.Queue.QueueUrl(), "Where senders send")
	output(stack, "QueueARN", queue.Queue.QueueArn(), "The queue, as policies name it")
	output(stack, "KeyARN", queue.Key.KeyArn(), "The key that encrypts the queue")
	return stack, nil
}

// check reports what is wrong beside the queue.
func (props *StackProps) check(q address.Queue) error {
	var problems problem.List
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
	parsed, _ := iamarn.Parse(arn) // checked already
	return awsiam.Role_FromRoleArn(stack, jsii.String(id+"-"+parsed.Name), &arn, nil)
}

func output(stack awscdk.Stack, id string, value *string, description string) {
	awscdk.NewCfnOutput(stack, &id, &awscdk.CfnOutputProps{Value: value, Description: jsii.String(description)})
}
