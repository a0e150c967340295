package shared

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// StackProps says what the shared account's stack is like.
type StackProps struct {
	awscdk.StackProps // Env, with account and Region, is required
	Queue             QueueProps
}

// NewStack adds the shared account's stack to the scope: one shared queue, and
// as outputs its URL, its ARN and its key's ARN. The error has a line for each
// property that is wrong.
func NewStack(scope constructs.Construct, id string, props *StackProps) (awscdk.Stack, error) {
	stack := awscdk.NewStack(scope, &id, &props.StackProps)
	queue, err := NewQueue(stack, "SharedQueue", &props.Queue)
	if err != nil {
		return nil, err
	}
	output(stack, "QueueURL", queue.Queue.QueueUrl(), "Where senders send")
	output(stack, "QueueARN", queue.Queue.QueueArn(), "The queue, as policies name it")
	output(stack, "KeyARN", queue.Key.KeyArn(), "The key that encrypts the queue")
	return stack, nil
}

func output(stack awscdk.Stack, id string, value *string, description string) {
	awscdk.NewCfnOutput(stack, &id, &awscdk.CfnOutputProps{Value: value, Description: jsii.String(description)})
}
