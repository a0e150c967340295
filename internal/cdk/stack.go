package cdk

import (
	"fmt"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"example.com/shared-queue/address"
	"example.com/shared-queue/internal/problem"
)

// NewStack adds a stack to the scope and fills it, for its account and Region. If
// that fails the stack is taken out of the scope again: it is not complete.
func NewStack(scope constructs.Construct, id string, props awscdk.StackProps, fill func(awscdk.Stack, string, address.Region) error) (awscdk.Stack, error) {
	stack := awscdk.NewStack(scope, &id, &props)
	account, region, err := literal(props.Env)
	if err != nil {
		account, region, err = Env(stack) // of a Stage, perhaps
	}
	if err != nil {
		err = fmt.Errorf("stack %s: %w", id, err)
	} else {
		err = fill(stack, account, region)
	}
	if err != nil {
		scope.Node().TryRemoveChild(&id)
		return nil, err
	}
	return stack, nil
}

// Env is the stack's account and Region, which it must have, since policies name
// the queue and roles by them. The error says that it has none.
func Env(stack awscdk.Stack) (account string, region address.Region, err error) {
	account, region, err = literal(&awscdk.Environment{Account: stack.Account(), Region: stack.Region()})
	if err != nil {
		return "", "", problem.New("a stack with no account or Region", "a stack with both",
			"set Env in the StackProps of "+*stack.StackName())
	}
	return account, region, nil
}

// literal is the account and Region of an Env that has both as plain text. What
// is known here is not asked of CDK: each request to it crosses processes.
func literal(env *awscdk.Environment) (account string, region address.Region, err error) {
	if env == nil || env.Account == nil || env.Region == nil || IsToken(*env.Account) || IsToken(*env.Region) {
		return "", "", fmt.Errorf("no account or Region")
	}
	return *env.Account, address.Region(*env.Region), nil
}

// IsToken reports whether a text has a CDK token in it, a value of deployment.
// https://docs.aws.amazon.com/cdk/v2/guide/tokens.html
func IsToken(text string) bool { return strings.Contains(text, "${Token[") }

// Output adds an output with the id as its name.
func Output(stack awscdk.Stack, id string, value *string, description string) {
	awscdk.NewCfnOutput(stack, &id, &awscdk.CfnOutputProps{Value: value, Description: jsii.String(description)})
}
