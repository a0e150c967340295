package cdk

import (
	"errors"
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"example.com/shared-queue/policy"
)

// errNoPolicies is the error of a grant to what has no policies of its own,
// like a service.
var errNoPolicies = errors.New("the grantee takes no policies: grant to a role or user")

var errNobody = errors.New("there is no grantee")

// Grant adds the document's statements, Sids included, to the grantee's policy.
func Grant(to awsiam.IGrantable, document policy.Document) (awsiam.Grant, error) {
	var whole awsiam.Grant
	for _, s := range document {
		if s.Effect == policy.Deny { // which CDK has no grants for
			if added := to.GrantPrincipal().AddToPrincipalPolicy(awsiam.PolicyStatement_FromJson(s.Map())); !*added.StatementAdded {
				return nil, errNoPolicies
			}
			continue
		}
		grant := awsiam.Grant_AddToPrincipal(&awsiam.GrantOnPrincipalOptions{
			Grantee:      to,
			Actions:      jsii.Strings(s.Action...),
			ResourceArns: jsii.Strings(s.Resource...),
			Conditions:   conditions(s.Condition),
		})
		if !*grant.Success() {
			return nil, errNoPolicies
		}
		grant.PrincipalStatement().SetSid(&s.Sid)
		if whole == nil {
			whole = grant
		} else {
			whole = whole.Combine(grant)
		}
	}
	return whole, nil
}

// conditions are the condition's operators as CDK takes them.
func conditions(c policy.Condition) *map[string]*map[string]any {
	if c == nil {
		return nil
	}
	operators := map[string]*map[string]any{}
	for operator, keys := range c.Map() {
		operators[operator] = &keys
	}
	return &operators
}

// Name tells grantees of one account apart: by the ARN of a role that was
// imported, else by the path of the construct whose policy gets the grant. A
// function and its role are one.
func Name(to awsiam.IGrantable) string {
	principal := to.GrantPrincipal()
	if role, ok := principal.(awsiam.IRole); ok {
		if arn := *role.RoleArn(); !*awscdk.Token_IsUnresolved(arn) {
			return arn
		}
	}
	if c, ok := principal.(constructs.IConstruct); ok {
		return *c.Node().Path()
	}
	return ""
}

// CheckAccount reports a grantee that is not of the account.
func CheckAccount(to awsiam.IGrantable, account string) error {
	if to == nil {
		return errNobody
	}
	if of := to.GrantPrincipal().PrincipalAccount(); of == nil || *of != account {
		return fmt.Errorf("the grantee is of %s: grant to a role of account %s", describe(of), account)
	}
	return nil
}

// CheckStack reports a grantee that was imported from another account than that
// of the stack it was imported to.
func CheckStack(to awsiam.IGrantable) error {
	if to == nil {
		return errNobody
	}
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
