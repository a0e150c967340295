// Package grantee checks who is granted something. CDK says that a grant has
// been made even where it drops it: to a role imported from another account.
package grantee

import (
	"errors"
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
)

// ErrNoPolicies is the error of a grant to what has no policies of its own,
// like a service.
var ErrNoPolicies = errors.New("the grantee takes no policies: grant to a role or user")

// CheckAccount reports a grantee that is not of the account.
func CheckAccount(to awsiam.IGrantable, account string) error {
	if of := to.GrantPrincipal().PrincipalAccount(); of == nil || *of != account {
		return fmt.Errorf("the grantee is of %s: grant to a role of account %s", describe(of), account)
	}
	return nil
}

// Check reports a grantee that was imported from another account than that of
// the stack it was imported to.
func Check(to awsiam.IGrantable) error {
	c, ok := to.(constructs.IConstruct)
	if !ok {
		return nil
	}
	of, stack := to.GrantPrincipal().PrincipalAccount(), awscdk.Stack_Of(c)
	if of == nil || *awscdk.Token_IsUnresolved(*of) || *awscdk.Token_IsUnresolved(*stack.Account()) || *of == *stack.Account() {
		return nil
	}
	return fmt.Errorf("the grantee is of %s, which stack %s cannot change: make the grant in a stack of that account", describe(of), *stack.StackName())
}

func describe(account *string) string {
	if account == nil || *awscdk.Token_IsUnresolved(*account) {
		return "no known account"
	}
	return "account " + *account
}
