// Package stackenv reads the account and Region that a stack must have, since
// policies name the queue and roles by them.
package stackenv

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"

	"example.com/shared-queue/internal/problem"
	"example.com/shared-queue/shared/address"
)

// Of is the stack's account and Region. The error says that it has none.
func Of(stack awscdk.Stack) (account string, region address.Region, err error) {
	account, code := *stack.Account(), *stack.Region()
	if *awscdk.Token_IsUnresolved(account) || *awscdk.Token_IsUnresolved(code) {
		return "", "", problem.New("a stack with no account or Region", "a stack with both",
			"set Env in the StackProps of "+*stack.StackName())
	}
	return account, address.Region(code), nil
}
