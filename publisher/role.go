// Package publisher builds the side of a publisher's account: a role that may
// send to a shared queue of another account.
//
// [NewRole] is the construct. [GrantSend] gives the same permission to a role
// that exists. Both are for any CDK app. [NewStack] is the stack of this app.
package publisher

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"example.com/shared-queue/address"
	"example.com/shared-queue/internal/cdk"
	"example.com/shared-queue/internal/problem"
	"example.com/shared-queue/internal/record"
	"example.com/shared-queue/spec"
)

// RoleProps are the properties of a publisher's role. RoleName, AssumedBy and
// Queue are required.
type RoleProps struct {
	// RoleName is the role's name: letters, digits and _+=,.@-, at most 64
	// characters. Another name makes a new role and deletes the old one under its
	// users; the same name in other letters makes the update fail.
	RoleName string

	// AssumedBy are the services, accounts, roles and users that may assume the
	// role: one or more. An account means all of its principals whose own IAM
	// policies allow it; the word account is the role's own. pods.eks.amazonaws.com
	// means every pod that an EKS Pod Identity association gives the role to, and
	// rolesanywhere.amazonaws.com every certificate that an IAM Roles Anywhere
	// profile of the account gives it to.
	AssumedBy []address.Principal

	// Queue is the queue that the role may send to.
	Queue address.Queue

	// RolePath is the role's IAM path, like /teams/web/: letters, digits and
	// _+=,.@- between slashes, at most 512 characters. A change makes the update fail,
	// unless RoleName changes too. Default: /.
	RolePath string

	// PermissionsBoundary is the ARN of the managed policy that is the role's
	// permissions boundary, of the role's account or of AWS, like
	// arn:aws:iam::account:policy/company, where the word account is the role's own.
	// It must allow sqs:SendMessage, kms:Decrypt, kms:Encrypt and kms:GenerateDataKey,
	// as the role can do only what its boundary allows too. In the queue's own account
	// a boundary limits sending only by what it denies. It replaces one that the app
	// has for all roles. Default: none.
	PermissionsBoundary string

	// SenderMayAlso are what the role may do in addition, as the queue has it:
	// sqs:GetQueueUrl, sqs:GetQueueAttributes or both. Default: none.
	SenderMayAlso []string

	// AlsoSendsTo are other queues that the role may send to, in any account and Region
	// of its partition. The grants on all queues together have at most 10,240 characters,
	// the limit on a role's inline policies: there is room for more than ten queues. The
	// role's account must be in an OU that sends to each, or own the queue. Default: none.
	AlsoSendsTo []Destination
}

// A Destination is another queue that a publisher's role may send to: its address, and
// what else senders may do there.
type Destination = spec.Destination

// A Role is an IAM role that may send to a shared queue and do nothing else.
type Role struct {
	constructs.Construct
	Role awsiam.Role
}

// NewRole adds a publisher's role to the scope. The error has a line for each
// wrong property; nothing is built then.
func NewRole(scope constructs.Construct, id string, props *RoleProps) (*Role, error) {
	if props == nil {
		props = &RoleProps{}
	}
	return newRole(scope, id, props, *awscdk.Stack_Of(scope).Account(), &parts{})
}

func newRole(scope constructs.Construct, id string, props *RoleProps, account string, common *parts) (*Role, error) {
	role := spec.Role(*props)
	var problems problem.List
	problems.Add("", role.CheckQueues())
	problems.Add("", role.Check(account))
	if err := problems.Err(); err != nil {
		return nil, fmt.Errorf("publisher role %s: %w", id, err)
	}
	r := &Role{}
	constructs.NewConstruct_Override(r, scope, &id)
	cdk.Say(r, role.Notes())
	r.Role = awsiam.NewRole(r, jsii.String("Role"), &awsiam.RoleProps{
		RoleName:    jsii.String(props.RoleName),
		Description: jsii.String(role.Description()),
		AssumedBy:   common.trust(role.TrustPolicy(account)),
		Path:        ifSet(props.RolePath),
	})
	if props.PermissionsBoundary != "" {
		// Not as a property, which a boundary for the whole app would replace.
		boundary := awsiam.ManagedPolicy_FromManagedPolicyArn(r, jsii.String("PermissionsBoundary"), jsii.String(role.Boundary(account)))
		awsiam.PermissionsBoundary_Of(r.Role).Apply(boundary)
	}
	for _, s := range common.statements.Of(role.Permissions()) {
		r.Role.AddToPolicy(s)
	}
	recordGrants(r, role, role.At(account).ARN(), nil)
	return r, nil
}

// recordGrants records what was asked of a publisher's role with the ARN, for each
// queue. OUs are those in whose every account a stack set makes it.
func recordGrants(of constructs.Construct, role spec.Role, arn string, ous []string) {
	var assumedBy []string
	for _, principal := range role.AssumedBy {
		assumedBy = append(assumedBy, principal.String())
	}
	for _, to := range role.Destinations() {
		cdk.Record(of, record.GrantType, record.Grant{
			Kind: spec.Send.String(), Queue: record.Of(to.Queue), Grantee: arn, SenderMayAlso: to.SenderMayAlso, AssumedBy: assumedBy, OUs: ous,
		})
	}
}

// GrantPrincipal makes a Role an awsiam.IGrantable, so that grants of other
// constructs take it.
func (r *Role) GrantPrincipal() awsiam.IPrincipal { return r.Role.GrantPrincipal() }

// ifSet leaves an empty property out of the template.
func ifSet(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}
