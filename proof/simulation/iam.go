package simulation

import (
	"path"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"example.com/shared-queue/proof/simulation/role"
	"example.com/shared-queue/proof/simulation/wire"
	"example.com/shared-queue/proof/world"
)

// What IAM says of roles and their policies, to callers of the same account.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_Operations.html

const policyVersion = "v1"

func noEntity(format string, values ...any) error {
	e := wire.Invalid("NoSuchEntity", format, values...)
	e.Status = 404
	return e
}

// mayInAccount asks whether the caller may do this to what its own account alone
// decides about. Shown is how the service names it in a refusal.
func (c *call) mayInAccount(action, resource, shown string) error {
	if c.caller.ARN == "" {
		return missingToken()
	}
	d, err := c.ask(action, resource, c.caller.Account(), nil, nil)
	if err != nil || d.Allowed() {
		return err
	}
	return &wire.Error{Code: "AccessDenied", Status: 403, Message: strings.Replace(c.refusal(d, c.caller.Account()), "on resource: "+resource, "on resource: "+shown, 1)}
}

// role finds a role of the caller's account.
func (c *call) role(name *string, action string) (*world.Identity, error) {
	who := c.world.Named(c.caller.Account(), "role", aws.ToString(name))
	resource := c.region.IAMARN(c.caller.Account(), "role/"+aws.ToString(name))
	if who != nil {
		resource = who.ARN
	}
	if err := c.mayInAccount(action, resource, "role "+aws.ToString(name)); err != nil {
		return nil, err
	}
	if who == nil {
		return nil, noEntity("The role with name %s cannot be found.", aws.ToString(name))
	}
	return who, nil
}

func (c *call) getRole(in *iam.GetRoleInput) (*iam.GetRoleOutput, error) {
	who, err := c.role(in.RoleName, "iam:GetRole")
	if err != nil {
		return nil, err
	}
	return &iam.GetRoleOutput{Role: role.Describe(who, Caller{ARN: who.ARN}.userID())}, nil
}

func (c *call) listRolePolicies(in *iam.ListRolePoliciesInput) (*iam.ListRolePoliciesOutput, error) {
	who, err := c.role(in.RoleName, "iam:ListRolePolicies")
	if err != nil {
		return nil, err
	}
	out := &iam.ListRolePoliciesOutput{PolicyNames: []string{}}
	for _, p := range who.Policies {
		if !role.IsManaged(p) {
			out.PolicyNames = append(out.PolicyNames, role.PolicyName(p))
		}
	}
	return out, nil
}

func (c *call) getRolePolicy(in *iam.GetRolePolicyInput) (*iam.GetRolePolicyOutput, error) {
	who, err := c.role(in.RoleName, "iam:GetRolePolicy")
	if err != nil {
		return nil, err
	}
	for _, p := range who.Policies {
		if !role.IsManaged(p) && role.PolicyName(p) == aws.ToString(in.PolicyName) {
			return &iam.GetRolePolicyOutput{RoleName: in.RoleName, PolicyName: in.PolicyName, PolicyDocument: role.Encoded(p.Document)}, nil
		}
	}
	return nil, noEntity("The role policy with name %s cannot be found.", aws.ToString(in.PolicyName))
}

func (c *call) listAttachedRolePolicies(in *iam.ListAttachedRolePoliciesInput) (*iam.ListAttachedRolePoliciesOutput, error) {
	who, err := c.role(in.RoleName, "iam:ListAttachedRolePolicies")
	if err != nil {
		return nil, err
	}
	out := &iam.ListAttachedRolePoliciesOutput{AttachedPolicies: []types.AttachedPolicy{}}
	for _, p := range who.Policies {
		if role.IsManaged(p) {
			at := role.ManagedARN(who, p)
			out.AttachedPolicies = append(out.AttachedPolicies, types.AttachedPolicy{PolicyArn: &at, PolicyName: aws.String(path.Base(at))})
		}
	}
	return out, nil
}

// managed finds a managed policy of AWS or of the caller's account.
func (c *call) managed(policyARN *string, action string) (*world.Policy, error) {
	at := aws.ToString(policyARN)
	if err := c.mayInAccount(action, at, "policy "+at); err != nil {
		return nil, err
	}
	for _, who := range c.world.Identities {
		if who.Account != c.caller.Account() {
			continue
		}
		for _, p := range append(who.Policies, who.Boundary) {
			if p != nil && (role.IsManaged(p) || p == who.Boundary) && role.ManagedARN(who, p) == at {
				return p, nil
			}
		}
	}
	return nil, noEntity("Policy %s does not exist or is not attachable.", at)
}

func (c *call) getPolicy(in *iam.GetPolicyInput) (*iam.GetPolicyOutput, error) {
	if _, err := c.managed(in.PolicyArn, "iam:GetPolicy"); err != nil {
		return nil, err
	}
	return &iam.GetPolicyOutput{Policy: &types.Policy{Arn: in.PolicyArn, PolicyName: aws.String(path.Base(*in.PolicyArn)),
		DefaultVersionId: aws.String(policyVersion), IsAttachable: true}}, nil
}

func (c *call) getPolicyVersion(in *iam.GetPolicyVersionInput) (*iam.GetPolicyVersionOutput, error) {
	p, err := c.managed(in.PolicyArn, "iam:GetPolicyVersion")
	if err != nil {
		return nil, err
	}
	if aws.ToString(in.VersionId) != policyVersion {
		return nil, noEntity("Policy %s version %s does not exist or is not attachable.", *in.PolicyArn, aws.ToString(in.VersionId))
	}
	return &iam.GetPolicyVersionOutput{PolicyVersion: &types.PolicyVersion{Document: role.Encoded(p.Document), VersionId: in.VersionId, IsDefaultVersion: true}}, nil
}
