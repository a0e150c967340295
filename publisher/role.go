// Package publisher builds a publisher account's side: a role that may send to
// a shared queue of another account.
//
// [NewRole] is the construct and [GrantSend] the same permission for a role
// that is already there, both for any CDK app. [NewStack] is the stack of this
// app.
package publisher

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"example.com/shared-queue/address"
	"example.com/shared-queue/internal/problem"
	"example.com/shared-queue/policy"
	"example.com/shared-queue/spec"
)

// RoleProps says what a publisher's role is like. All of it is required.
type RoleProps struct {
	// RoleName is the role's name: letters, digits and _+=,.@-, at most 64
	// characters.
	RoleName string

	// AssumedBy are the services, accounts, roles and users that may assume the
	// role: one or more. An account stands for all of its principals whose own IAM
	// policies allow it.
	AssumedBy []address.Principal

	// Queue is the queue that the role may send to.
	Queue address.Queue
}

// A Role is an IAM role that may send to a shared queue and do nothing else.
type Role struct {
	constructs.Construct
	Role awsiam.Role
}

// NewRole adds a publisher's role to the scope. The error, made before anything
// is built, has a line for each property that is wrong.
func NewRole(scope constructs.Construct, id string, props *RoleProps) (*Role, error) {
	if props == nil {
		props = &RoleProps{}
	}
	var problems problem.List
	problems.Add("Queue", props.Queue.Check())
	problems.Add("", spec.Role(*props).Check())
	if err := problems.Err(); err != nil {
		return nil, fmt.Errorf("publisher role %s: %w", id, err)
	}
	r := &Role{}
	constructs.NewConstruct_Override(r, scope, &id)
	r.Role = awsiam.NewRole(r, jsii.String("Role"), &awsiam.RoleProps{
		RoleName:    jsii.String(props.RoleName),
		Description: jsii.String("Sends to the queue " + props.Queue.Name + " of account " + props.Queue.Account),
		AssumedBy:   assumedBy(spec.Role(*props).TrustPolicy()),
	})
	if _, err := GrantSend(r.Role, props.Queue); err != nil {
		return nil, err
	}
	return r, nil
}

// GrantPrincipal is the role's principal: a Role is an awsiam.IGrantable, which
// any grant of another construct takes.
func (r *Role) GrantPrincipal() awsiam.IPrincipal { return r.Role.GrantPrincipal() }

// assumedBy is who the trust policy names.
func assumedBy(trust policy.Document) awsiam.IPrincipal {
	var all []awsiam.IPrincipal
	for _, s := range trust {
		for _, name := range s.Principal.AWS {
			all = append(all, awsiam.NewArnPrincipal(&name))
		}
		for _, name := range s.Principal.Service {
			all = append(all, awsiam.NewServicePrincipal(&name, nil))
		}
	}
	return awsiam.NewCompositePrincipal(all...)
}
