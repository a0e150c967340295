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
	"example.com/shared-queue/spec"
)

// RoleProps says what a publisher's role is like.
type RoleProps = spec.Role

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
	problems.Add("queue", props.Queue.Check())
	problems.Add("", props.Check())
	if err := problems.Err(); err != nil {
		return nil, fmt.Errorf("publisher role %s: %w", id, err)
	}
	r := &Role{}
	constructs.NewConstruct_Override(r, scope, &id)
	r.Role = awsiam.NewRole(r, jsii.String("Role"), &awsiam.RoleProps{
		RoleName:    jsii.String(props.RoleName),
		Description: jsii.String("Sends to the queue " + props.Queue.Name + " of account " + props.Queue.Account),
		AssumedBy:   assumedBy(props.AssumedBy, props.Queue.Region),
	})
	if _, err := GrantSend(r.Role, props.Queue); err != nil {
		return nil, err
	}
	return r, nil
}

// GrantPrincipal is the role's principal: a Role is an awsiam.IGrantable, which
// any grant of another construct takes.
func (r *Role) GrantPrincipal() awsiam.IPrincipal { return r.Role.GrantPrincipal() }

func assumedBy(principals []address.Principal, region address.Region) awsiam.IPrincipal {
	all := make([]awsiam.IPrincipal, len(principals))
	for i, p := range principals {
		if service, ok := p.Service(); ok {
			all[i] = awsiam.NewServicePrincipal(jsii.String(service), nil)
		} else {
			arn, _ := p.ARN(region)
			all[i] = awsiam.NewArnPrincipal(jsii.String(arn))
		}
	}
	return awsiam.NewCompositePrincipal(all...)
}
