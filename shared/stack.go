package shared

import (
	"fmt"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"example.com/shared-queue/address"
	"example.com/shared-queue/internal/cdk"
	"example.com/shared-queue/internal/problem"
	"example.com/shared-queue/internal/record"
	"example.com/shared-queue/spec"
)

// NewStack adds the shared account's stack to the scope: a shared queue, the
// grants of its consumers and operators, two alarms, and as outputs the queue's
// URL, its ARN and the key's ARN. Unless props say otherwise, the stack gets a
// description, and termination protection if the queue is retained. The error
// has a line for each wrong property; nothing is left in the scope then.
func NewStack(scope constructs.Construct, id string, props *StackProps) (awscdk.Stack, error) {
	if props == nil {
		props = &StackProps{}
	}
	stackProps := props.StackProps
	if stackProps.TerminationProtection == nil {
		stackProps.TerminationProtection = jsii.Bool(props.Queue.RemovalPolicy != Destroy)
	}
	if stackProps.Description == nil {
		stackProps.Description = jsii.String(describe(props))
	}
	return cdk.NewStack(scope, id, stackProps, func(stack awscdk.Stack, account string, region address.Region) error {
		if err := props.check(account, region); err != nil {
			return fmt.Errorf("stack %s: %w", id, err)
		}
		queue := newQueue(stack, "SharedQueue", spec.Queue(props.Queue), account, region)
		if err := addRoles(stack, queue, props.Roles); err != nil {
			return err
		}
		addAlarms(stack, queue, props)
		cdk.Output(stack, "QueueURL", queue.Queue.QueueUrl(), "Where senders send")
		cdk.Output(stack, "QueueARN", queue.Queue.QueueArn(), "The queue, as policies name it")
		cdk.Output(stack, "KeyARN", queue.keyARN, "The key that encrypts the queue")
		return nil
	})
}

// check reports all problems at once.
func (props *StackProps) check(account string, region address.Region) error {
	queue := spec.Queue(props.Queue)
	at := queue.At(account, region)
	var problems problem.List
	if queue.Key != nil {
		problems.Add("Queue.Key", problem.New("a key for several queues", "no key, as the stack is of one queue", "make the queues by NewQueue in a stack of your own"))
	}
	problems.Add("Queue", queue.Check(account, region))
	problems.Add("Roles", spec.Roles(props.Roles).Check(at))
	problems.Add("Alarms", spec.Alarms(props.Alarms).Check(queue, at))
	return problems.Err()
}

// addRoles imports the roles and adds their grants, which have been checked. One
// role may have several.
func addRoles(stack awscdk.Stack, queue *Queue, roles Roles) error {
	imported := map[string]awsiam.IRole{}
	for _, g := range spec.Roles(roles).Grants(queue.Address, *queue.keyARN) {
		if imported[g.Role.Key()] == nil {
			imported[g.Role.Key()] = role(stack, g)
		}
		if err := cdk.AddStatements(imported[g.Role.Key()], g.Document); err != nil {
			return err
		}
		cdk.Record(queue, record.GrantType, record.Grant{Kind: g.Kind.String(), Queue: record.Of(queue.Address), Grantee: g.Role.ARN()})
	}
	return nil
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
