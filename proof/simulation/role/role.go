// Package role shows roles and their policies as IAM does.
package role

import (
	"encoding/json"
	"net/url"
	"path"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"example.com/shared-queue/proof/world"
)

const administratorAccess = "managed policy AdministratorAccess"

// Administrator is the managed policy AdministratorAccess.
func Administrator() *world.Policy {
	return &world.Policy{ID: administratorAccess, Document: map[string]any{"Version": "2012-10-17", "Statement": []any{
		map[string]any{"Effect": "Allow", "Action": "*", "Resource": "*"},
	}}}
}

// AdministratorARN is its ARN in a partition.
func AdministratorARN(partition string) string {
	return "arn:" + partition + ":iam::aws:policy/AdministratorAccess"
}

// Describe is the role with an id.
func Describe(who *world.Identity, id string) *types.Role {
	parsed, _ := arn.Parse(who.ARN)
	r := &types.Role{Arn: &who.ARN, RoleName: aws.String(who.Name()), RoleId: aws.String(id),
		Path: aws.String(strings.TrimSuffix("/"+strings.TrimPrefix(path.Dir(parsed.Resource), "role"), "/") + "/")}
	*r.Path = strings.ReplaceAll(*r.Path, "//", "/")
	r.AssumeRolePolicyDocument = Encoded(trustOf(who))
	if b := boundaryARN(who); b != "" {
		r.PermissionsBoundary = &types.AttachedPermissionsBoundary{PermissionsBoundaryArn: aws.String(b),
			PermissionsBoundaryType: types.PermissionsBoundaryAttachmentTypePolicy}
	}
	return r
}

// trustOf is a role's trust policy, which every role has: one that was there before the
// stacks trusts its own account.
func trustOf(who *world.Identity) map[string]any {
	if who.Trust != nil {
		return who.Trust.Document
	}
	return map[string]any{"Version": "2012-10-17", "Statement": []any{
		map[string]any{"Effect": "Allow", "Principal": map[string]any{"AWS": who.Account}, "Action": "sts:AssumeRole"}}}
}

// Encoded is a document as IAM returns it: by RFC 3986, with %20 for a space.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRolePolicy.html
func Encoded(document any) *string {
	text, _ := json.Marshal(document) // it was JSON
	return aws.String(strings.ReplaceAll(url.QueryEscape(string(text)), "+", "%20"))
}

// boundaryARN is that of the permissions boundary, empty if the role has none.
func boundaryARN(who *world.Identity) string {
	if who.Boundary != nil {
		return ManagedARN(who, who.Boundary)
	}
	return who.UnknownBoundary
}

// IsManaged tells a managed policy, which is attached, from an inline one.
func IsManaged(p *world.Policy) bool { return strings.HasPrefix(p.ID, "managed policy") }

// PolicyName is the name of a policy in the simulation.
func PolicyName(p *world.Policy) string {
	if p.Place.LogicalID != "" {
		return p.Place.LogicalID
	}
	return strings.Map(func(r rune) rune {
		if r == ' ' || r == '/' || r == ':' {
			return '-'
		}
		return r
	}, p.ID)
}

// ManagedARN is the ARN of a managed policy that the role or user has.
func ManagedARN(who *world.Identity, p *world.Policy) string {
	parsed, _ := arn.Parse(who.ARN)
	if p.ID == administratorAccess {
		return AdministratorARN(parsed.Partition)
	}
	return "arn:" + parsed.Partition + ":iam::" + who.Account + ":policy/" + PolicyName(p)
}
