package cdk

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"example.com/shared-queue/address"
	"example.com/shared-queue/internal/problem"
)

// Env is the stack's account and Region, which it must have, since policies name
// the queue and roles by them. The error says that it has none.
func Env(stack awscdk.Stack) (account string, region address.Region, err error) {
	account, code := *stack.Account(), *stack.Region()
	if *awscdk.Token_IsUnresolved(account) || *awscdk.Token_IsUnresolved(code) {
		return "", "", problem.New("a stack with no account or Region", "a stack with both",
			"set Env in the StackProps of "+*stack.StackName())
	}
	return account, address.Region(code), nil
}

// Output adds an output with the id as its name.
func Output(stack awscdk.Stack, id string, value *string, description string) {
	awscdk.NewCfnOutput(stack, &id, &awscdk.CfnOutputProps{Value: value, Description: jsii.String(description)})
}
