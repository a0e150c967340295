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

// errNoRole is the error of a grant to a function or the like whose role CDK does
// not know. CDK only warns.
var errNoRole = errors.New("the grantee was imported without its role: import it with the role, or grant to the role")

// Grant adds the document's statements, Sids included, to the grantee's policy.
func Grant(to awsiam.IGrantable, document policy.Document) (awsiam.Grant, error) {
	var whole awsiam.Grant
	for _, s := range document {
		if s.Effect == policy.Deny { // which CDK has no grants for
			if added := to.GrantPrincipal().AddToPrincipalPolicy(Statement(s)); !*added.StatementAdded {
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

// AddStatements adds the document's statements to the policy of a role that is
// known to be of the stack's account.
func AddStatements(to awsiam.IRole, document policy.Document) error {
	for _, s := range document {
		if added := to.AddToPrincipalPolicy(Statement(s)); !*added.StatementAdded {
			return errNoPolicies
		}
	}
	return nil
}

// Statement is the statement for CDK.
func Statement(s policy.Statement) awsiam.PolicyStatement {
	return awsiam.PolicyStatement_FromJson(s.Map())
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

// accountOf is the grantee's account, nil if it is not known. An imported function
// or the like without a role has no such property at all.
func accountOf(to awsiam.IGrantable) (account *string, err error) {
	if to == nil {
		return nil, errNobody
	}
	if Try(func() error { account = to.GrantPrincipal().PrincipalAccount(); return nil }) != nil {
		return nil, errNoRole
	}
	return account, nil
}

// CheckAccount reports a grantee that is not of the account.
func CheckAccount(to awsiam.IGrantable, account string) error {
	of, err := accountOf(to)
	if err != nil {
		return err
	}
	if of == nil || *of != account {
		return fmt.Errorf("the grantee is of %s: grant to a role of account %s", describe(of), account)
	}
	return nil
}

// CheckStack reports a grantee that was imported from another account than that
// of the stack it was imported to.
func CheckStack(to awsiam.IGrantable) error {
	of, err := accountOf(to)
	if err != nil {
		return err
	}
	c, ok := to.(constructs.IConstruct)
	if !ok {
		return nil
	}
	stack := awscdk.Stack_Of(c)
	if of == nil || IsToken(*of) || IsToken(*stack.Account()) || *of == *stack.Account() {
		return nil
	}
	return fmt.Errorf("the grantee is of %s, which stack %s cannot change: make the grant in a stack of that account", describe(of), *stack.StackName())
}

func describe(account *string) string {
	if account == nil || IsToken(*account) {
		return "no known account"
	}
	return "account " + *account
}
