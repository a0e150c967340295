package publisher

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"

	"example.com/shared-queue/internal/cdk"
	"example.com/shared-queue/policy"
)

// A trust is the principal of a role's trust policy, in CDK's eyes. CDK asks it
// to write the statements, so that they are those of package policy, word for
// word. CDK's own principals have no sts:SetSourceIdentity.
type trust struct {
	awsiam.PrincipalBase
	document policy.Document
}

func newTrust(document policy.Document) *trust {
	t := &trust{document: document}
	awsiam.NewPrincipalBase_Override(t)
	return t
}

// AddToAssumeRolePolicy is called by awsiam.NewRole.
func (t *trust) AddToAssumeRolePolicy(to awsiam.PolicyDocument) {
	for _, s := range t.document {
		to.AddStatements(cdk.Statement(s))
	}
}
