package publisher

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"example.com/shared-queue/address"
	"example.com/shared-queue/internal/cdk"
	"example.com/shared-queue/internal/problem"
	"example.com/shared-queue/spec"
)

// RoleStackSetProps are the properties of a publisher's role in every account of
// the OUs that send. Role and Senders are required.
type RoleStackSetProps struct {
	// Role is the role. No account may have another of its name. In AssumedBy, the id
	// of an account or the ARN of a role or user means that one in every account; the
	// word account means the account that the role is in. PermissionsBoundary, if it is
	// not AWS's, must have the word account too, and be in every account.
	Role RoleProps

	// Senders are the OUs, as the queue has them: at most 50, not counting those that
	// are below others.
	Senders []address.Path

	// Options say how CloudFormation works through the accounts.
	Options StackSetOptions
}

// StackSetOptions say how CloudFormation works through the accounts.
type StackSetOptions struct {
	// DelegatedAdministrator says that the account is a delegated administrator for
	// StackSets. Default: off, it is the organization's management account.
	DelegatedAdministrator bool

	// FailureTolerance is in how many of the accounts the role may fail to be made or
	// changed before CloudFormation stops and rolls the stack back: 0 to 100 percent.
	// Suspended accounts are skipped. Default: 0.
	FailureTolerance *int

	// MaxConcurrent is in how many of the accounts CloudFormation works at a time, at
	// least in one: 1 to 100 percent. Default: 10.
	MaxConcurrent *int

	// RetainRoles leaves the role in an account that leaves the OUs. Even so it
	// cannot send from there. Default: off, the role is deleted.
	RetainRoles bool
}

// NewRoleStackSet adds a stack set with a publisher's role to the scope. It makes
// the role in every account of the OUs and of those below them, also in accounts
// that join later, and takes it from accounts that leave. The scope's stack is
// deployed to the organization's management account, or to a delegated
// administrator's, which itself gets no role unless it is in the OUs; the
// management account never does. Trusted access for StackSets must be activated
// in the organization. The error has a line for each wrong property; nothing is
// built then.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-orgs-activate-trusted-access.html
//
// Aspects and boundaries of the app do not reach into the stack set: it has the
// template as text.
func NewRoleStackSet(scope constructs.Construct, id string, props *RoleStackSetProps) (awscdk.CfnStackSet, error) {
	if props == nil {
		props = &RoleStackSetProps{}
	}
	_, region, err := cdk.Env(awscdk.Stack_Of(scope))
	if err != nil {
		return nil, fmt.Errorf("publisher stack set %s: %w", id, err)
	}
	return newRoleStackSet(scope, id, props, region)
}

func newRoleStackSet(scope constructs.Construct, id string, props *RoleStackSetProps, region address.Region) (awscdk.CfnStackSet, error) {
	set := spec.RoleStackSet{Role: spec.Role(props.Role), Senders: props.Senders, Options: spec.StackSetOptions(props.Options)}
	var problems problem.List
	problems.Add("Role", set.Role.CheckQueues())
	problems.Add("Role", set.CheckRole())
	problems.Add("Senders", spec.CheckSenders(props.Senders))
	problems.Add("Senders", set.CheckOUs())
	problems.Add("Options", set.Options.Check())
	if err := problems.Err(); err != nil {
		return nil, fmt.Errorf("publisher stack set %s: %w", id, err)
	}
	body, err := set.TemplateBody()
	if err != nil {
		return nil, fmt.Errorf("publisher stack set %s: %w", id, err)
	}
	options := set.Options.WithDefaults()
	callAs := "SELF"
	if options.DelegatedAdministrator {
		callAs = "DELEGATED_ADMIN"
	}

	construct := constructs.NewConstruct(scope, &id)
	cdk.Say(construct, set.Role.Notes())
	recordGrants(construct, set.Role, set.Role.At(address.OwnAccount).ARN(), set.OUs())
	return awscdk.NewCfnStackSet(construct, jsii.String("StackSet"), &awscdk.CfnStackSetProps{
		StackSetName: awscdk.Names_UniqueResourceName(construct, &awscdk.UniqueResourceNameOptions{
			AllowedSpecialCharacters: jsii.String("-"), MaxLength: jsii.Number(maxStackSetName), Separator: jsii.String("-"),
		}),
		Description:     jsii.String("Role " + props.Role.RoleName + ": " + set.Role.Description()),
		PermissionModel: jsii.String("SERVICE_MANAGED"),
		CallAs:          &callAs,
		Capabilities:    jsii.Strings("CAPABILITY_NAMED_IAM"),
		TemplateBody:    &body,
		AutoDeployment: &awscdk.CfnStackSet_AutoDeploymentProperty{
			Enabled:                      jsii.Bool(true),
			RetainStacksOnAccountRemoval: &options.RetainRoles,
		},
		// Changes of several stack sets do not wait for one another.
		ManagedExecution: map[string]any{"Active": true}, // CDK would write its own type as "active"
		OperationPreferences: &awscdk.CfnStackSet_OperationPreferencesProperty{
			FailureTolerancePercentage: jsii.Number(*options.FailureTolerance),
			MaxConcurrentPercentage:    jsii.Number(*options.MaxConcurrent),
			// Otherwise no more accounts at a time than may fail, and one.
			ConcurrencyMode: jsii.String("SOFT_FAILURE_TOLERANCE"),
		},
		StackInstancesGroup: []any{&awscdk.CfnStackSet_StackInstancesProperty{
			DeploymentTargets: &awscdk.CfnStackSet_DeploymentTargetsProperty{OrganizationalUnitIds: jsii.Strings(set.OUs()...)},
			Regions:           jsii.Strings(string(region)), // IAM is global: one is enough, and two would collide
		}},
	}), nil
}

const maxStackSetName = 128 // characters

// StackSetStackProps are the properties of the stack with a publisher's stack set.
type StackSetStackProps struct {
	awscdk.StackProps // Env, with account and Region, is required
	RoleStackSet      RoleStackSetProps
}

// NewStackSetStack adds the stack with a publisher's stack set to the scope. Unless
// props say otherwise, the stack gets a description. It does not refer to the shared
// account's stack: deploy the two in any order. The error has a line for each wrong
// property; nothing is left in the scope then.
func NewStackSetStack(scope constructs.Construct, id string, props *StackSetStackProps) (awscdk.Stack, error) {
	if props == nil {
		props = &StackSetStackProps{}
	}
	stackProps := props.StackProps
	role := props.RoleStackSet.Role
	if stackProps.Description == nil {
		stackProps.Description = jsii.String(describe("Role "+role.RoleName+" in every account of the OUs", role))
	}
	return cdk.NewStack(scope, id, stackProps, func(stack awscdk.Stack, _ string, region address.Region) error {
		set, err := newRoleStackSet(stack, "Publisher", &props.RoleStackSet, region)
		if err != nil {
			return err
		}
		cdk.Output(stack, "StackSetID", set.AttrStackSetId(), "The stack set with the role that sends")
		return nil
	})
}
