package cdk

import (
	"fmt"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"example.com/shared-queue/address"
)

// A Grantee is who gets a grant in an account, however it was imported.
type Grantee struct {
	// Key is the same for two grantees exactly if they are one role or user. It is
	// empty if that is known only at deployment.
	Key string

	// Label names the grantee in errors.
	Label string

	reserved bool
}

// CheckReserved returns an error if the grantee is a role of AWS's own in the
// account, whose policies nobody else can change.
func (g Grantee) CheckReserved() error {
	if g.reserved {
		return fmt.Errorf("%s is AWS's own, and its policies cannot be changed: grant to a role of your own", g.Label)
	}
	return nil
}

// NewGrantee finds out who gets the grants. A function and its role are one, and
// so are a role of the app and what imports it.
func NewGrantee(to awsiam.IGrantable) Grantee {
	principal := to.GrantPrincipal()
	switch p := principal.(type) {
	case awsiam.IRole:
		return identity("role", p, *p.RoleName(), p.RoleArn)
	case awsiam.IUser:
		return identity("user", p, *p.UserName(), p.UserArn)
	case constructs.IConstruct:
		return Grantee{Label: *p.Node().Path()}
	}
	return Grantee{Label: "the grantee"}
}

// identity tells roles, or users, apart by their names, without regard to paths
// and case, as IAM does. A name that CloudFormation makes is that of one
// resource, whose path in the app takes the place of the name.
func identity(kind string, of constructs.IConstruct, name string, arn func() *string) Grantee {
	if !IsToken(name) {
		return named(kind, name)
	}
	resource := target(name)
	if resource == nil {
		resource = target(*arn())
	}
	var physical *string
	switch made := resource.(type) {
	case awsiam.CfnRole:
		physical = made.RoleName()
	case awsiam.CfnUser:
		physical = made.UserName()
	default:
		return Grantee{Label: *of.Node().Path()}
	}
	if physical != nil && !IsToken(*physical) {
		return named(kind, *physical)
	}
	path := *resource.Node().Path()
	return Grantee{Key: kind + " of " + path, Label: strings.TrimSuffix(path, "/Resource")}
}

func named(kind, name string) Grantee {
	return Grantee{Key: kind + " " + strings.ToLower(name), Label: kind + " " + name, reserved: address.Role{Name: name}.Reserved()}
}

// target is the resource that a token refers to, nil if it is no reference.
func target(token string) constructs.IConstruct {
	reference, ok := awscdk.Tokenization_Reverse(token, &awscdk.ReverseOptions{FailConcat: jsii.Bool(false)}).(awscdk.Reference)
	if !ok {
		return nil
	}
	return reference.Target()
}
