package publisher

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"

	"example.com/shared-queue/internal/cdk"
	"example.com/shared-queue/policy"
)

// A trust is the principal of a role's trust policy, in CDK's eyes. CDK asks it
// to write the statements, so that they are those of package policy, word for
// word. CDK's own principals have no sts:SetSourceIdentity.
type trust struct {
	awsiam.PrincipalBase
	statements []awsiam.PolicyStatement
}

func newTrust(statements []awsiam.PolicyStatement) *trust {
	t := &trust{statements: statements}
	awsiam.NewPrincipalBase_Override(t)
	return t
}

// AddToAssumeRolePolicy is called by awsiam.NewRole.
func (t *trust) AddToAssumeRolePolicy(to awsiam.PolicyDocument) {
	to.AddStatements(t.statements...)
}

// parts are what the policies of many roles have in common. The zero value is
// ready to use.
type parts struct {
	statements cdk.Statements
	trusts     map[string]*trust
}

// trust is the principal that writes the document.
func (p *parts) trust(document policy.Document) *trust {
	if p.trusts == nil {
		p.trusts = map[string]*trust{}
	}
	key := fmt.Sprintf("%#v", document)
	if p.trusts[key] == nil {
		p.trusts[key] = newTrust(p.statements.Of(document))
	}
	return p.trusts[key]
}
