package deployed

import (
	"errors"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"example.com/shared-queue/proof/world"
)

// role reads a role with its policies, inline and attached, and its boundary.
func (r *reader) role(asked string) {
	parsed, err := arn.Parse(asked)
	if err != nil {
		r.unknown(asked, because("it is no ARN of a role"))
		return
	}
	config, err := r.profile(parsed.AccountID)
	if err != nil {
		r.unknown(asked, err)
		return
	}
	client := iam.NewFromConfig(config, func(o *iam.Options) {
		o.Region, o.BaseEndpoint = r.region(), r.endpoint(o.BaseEndpoint)
	})
	name := asked[strings.LastIndex(asked, "/")+1:]
	out, err := client.GetRole(r.ctx, &iam.GetRoleInput{RoleName: &name})
	if gone := (*types.NoSuchEntityException)(nil); errors.As(err, &gone) {
		return
	}
	if err == nil && (out.Role == nil || aws.ToString(out.Role.Arn) == "") {
		err = because("iam:GetRole gave no ARN")
	}
	if err != nil {
		r.unknown(asked, err)
		return
	}
	who := &world.Identity{ARN: *out.Role.Arn, Account: parsed.AccountID}
	if r.world.Identity(who.ARN) != nil { // under another path, or of a session
		return
	}
	if who.Trust, err = encoded("trust policy of "+who.ARN, out.Role.AssumeRolePolicyDocument); err != nil {
		r.unknown("trust policy of "+who.ARN, err)
	}
	r.world.Identities = append(r.world.Identities, who)
	if err := r.inline(client, who, name); err != nil {
		who.Imported = true
		r.unknown("inline policies of "+who.ARN, err)
	}
	if err := r.attached(client, who, name); err != nil {
		who.Imported = true
		r.unknown("attached policies of "+who.ARN, err)
	}
	if b := out.Role.PermissionsBoundary; b != nil {
		r.boundary(client, who, aws.ToString(b.PermissionsBoundaryArn))
	}
}

func (r *reader) inline(client *iam.Client, who *world.Identity, name string) error {
	pages := iam.NewListRolePoliciesPaginator(client, &iam.ListRolePoliciesInput{RoleName: &name})
	for pages.HasMorePages() {
		page, err := pages.NextPage(r.ctx)
		if err != nil {
			return err
		}
		for _, policy := range page.PolicyNames {
			out, err := client.GetRolePolicy(r.ctx, &iam.GetRolePolicyInput{RoleName: &name, PolicyName: &policy})
			if err != nil {
				return err
			}
			p, err := encoded("inline policy "+policy+" of "+who.ARN, out.PolicyDocument)
			if err != nil {
				return err
			}
			who.Policies = append(who.Policies, p)
		}
	}
	return nil
}

func (r *reader) attached(client *iam.Client, who *world.Identity, name string) error {
	pages := iam.NewListAttachedRolePoliciesPaginator(client, &iam.ListAttachedRolePoliciesInput{RoleName: &name})
	for pages.HasMorePages() {
		page, err := pages.NextPage(r.ctx)
		if err != nil {
			return err
		}
		for _, policy := range page.AttachedPolicies {
			at := aws.ToString(policy.PolicyArn)
			p, err := r.managed(client, "managed policy "+at+" of "+who.ARN, at)
			if err != nil {
				who.UnknownPolicies = append(who.UnknownPolicies, at)
				r.unknown("managed policy "+at, err)
				continue
			}
			who.Policies = append(who.Policies, p)
		}
	}
	return nil
}

func (r *reader) boundary(client *iam.Client, who *world.Identity, at string) {
	p, err := r.managed(client, "permissions boundary "+at+" of "+who.ARN, at)
	if err != nil {
		who.UnknownBoundary = at
		r.unknown("permissions boundary "+at, err)
		return
	}
	who.Boundary = p
}

// managed reads the version of a managed policy that is in force.
func (r *reader) managed(client *iam.Client, id, at string) (*world.Policy, error) {
	if known, ok := r.documents[at]; ok {
		return &world.Policy{ID: id, Document: known}, nil
	}
	policy, err := client.GetPolicy(r.ctx, &iam.GetPolicyInput{PolicyArn: &at})
	if err != nil {
		return nil, err
	}
	if policy.Policy == nil || policy.Policy.DefaultVersionId == nil {
		return nil, because("iam:GetPolicy gave no default version")
	}
	version, err := client.GetPolicyVersion(r.ctx, &iam.GetPolicyVersionInput{PolicyArn: &at, VersionId: policy.Policy.DefaultVersionId})
	if err != nil {
		return nil, err
	}
	if version.PolicyVersion == nil {
		return nil, because("iam:GetPolicyVersion gave no version")
	}
	p, err := encoded(id, version.PolicyVersion.Document)
	if err == nil {
		r.documents[at] = p.Document
	}
	return p, err
}
