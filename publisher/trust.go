package publisher

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"

	"example.com/shared-queue/internal/cdk"
	"example.com/shared-queue/policy"
)

// A trust implements CDK's principal for a whole trust policy. CDK asks it to write the
// statements, so that they are those of package policy, word for word. CDK's own
// principals have no sts:SetSourceIdentity.
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

// latest are the parts of the scope that got the last stack. Another scope begins with
// new ones.
var latest struct {
	scope constructs.Construct
	parts *parts
}

// partsOf are the parts of a scope, which mostly is an app.
func partsOf(scope constructs.Construct) *parts {
	if latest.parts == nil || latest.scope != scope {
		latest.scope, latest.parts = scope, &parts{}
	}
	return latest.parts
}

// parts are what the policies of many roles have in common, built once: in an app
// with a thousand publishers it saves thousands of requests to Node.js. The zero
// value is ready to use.
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
