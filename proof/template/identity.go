package template

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"

	"example.com/shared-queue/internal/assembly"
	"example.com/shared-queue/proof/world"
)

// identity reads a role or user.
func (r *reader) identity(s *stack, id string) error {
	arn, err := s.text(map[string]any{"Fn::GetAtt": []any{id, "Arn"}})
	if err != nil {
		return err
	}
	properties := s.properties(id)
	who := &world.Identity{ARN: arn, Account: s.Account, Place: s.place(id)}
	r.world.Identities = append(r.world.Identities, who)
	if s.kind(id) == "AWS::IAM::Role" {
		if who.Trust, err = s.policy("trust policy", id, properties["AssumeRolePolicyDocument"]); err != nil {
			return err
		}
	}
	if err := r.policies(s, id, who); err != nil {
		return err
	}
	return r.boundary(s, id, who, properties["PermissionsBoundary"])
}

// policies reads the policies that a resource gives to a role or user.
func (r *reader) policies(s *stack, id string, who *world.Identity) error {
	properties := s.properties(id)
	for i, inline := range world.List(properties["Policies"]) {
		policy, err := s.policy(fmt.Sprintf("inline policy %d", i+1), id, object(inline)["PolicyDocument"])
		if err != nil {
			return err
		}
		who.Policies = append(who.Policies, policy)
	}
	for _, managed := range world.List(properties["ManagedPolicyArns"]) {
		arn, err := s.text(managed)
		if err != nil {
			return err
		}
		if err := r.attachManaged(who, arn); err != nil {
			return err
		}
	}
	return nil
}

// attachManaged attaches a managed policy by its ARN: one of the assembly, or one that
// is not known here.
func (r *reader) attachManaged(who *world.Identity, arn string) error {
	policy, err := r.managed(arn)
	switch {
	case err != nil:
		return err
	case policy != nil:
		who.Policies = append(who.Policies, policy)
	default:
		who.UnknownPolicies = append(who.UnknownPolicies, arn)
	}
	return nil
}

// managed is the managed policy with the ARN, nil if it is in no stack.
func (r *reader) managed(arn string) (*world.Policy, error) {
	for _, s := range r.stacks {
		for id := range s.resources {
			if s.kind(id) != "AWS::IAM::ManagedPolicy" {
				continue
			}
			if is, err := s.text(map[string]any{"Ref": id}); err == nil && is == arn {
				return s.policy("managed policy", id, s.properties(id)["PolicyDocument"])
			}
		}
	}
	return nil, nil
}

func (r *reader) boundary(s *stack, id string, who *world.Identity, value any) error {
	if value == nil {
		return nil
	}
	arn, err := s.text(value)
	if err != nil {
		return fmt.Errorf("permissions boundary: %w", err)
	}
	policy, err := r.managed(arn)
	if err != nil {
		return err
	}
	if who.Boundary = policy; policy == nil {
		who.UnknownBoundary = arn
	}
	return nil
}

// attach reads a policy of roles and users.
func (r *reader) attach(s *stack, id string) error {
	properties := s.properties(id)
	names := map[string][]any{
		"role": append(world.List(properties["Roles"]), world.List(properties["RoleName"])...),
		"user": append(world.List(properties["Users"]), world.List(properties["UserName"])...),
	}
	for _, group := range append(world.List(properties["Groups"]), world.List(properties["GroupName"])...) {
		name, err := s.text(group)
		if err != nil {
			return err
		}
		names["user"] = append(names["user"], memberOf(name))
	}
	if len(names["role"])+len(names["user"]) == 0 {
		return nil // a managed policy that is attached elsewhere
	}
	policy, err := s.policy("policy", id, properties["PolicyDocument"])
	if err != nil {
		return err
	}
	for _, kind := range []string{"role", "user"} {
		for _, value := range names[kind] {
			name, err := s.text(value)
			if err != nil {
				return err
			}
			who := r.named(s, kind, name)
			if !slices.ContainsFunc(who.Policies, func(p *world.Policy) bool { return p.ID == policy.ID }) {
				who.Policies = append(who.Policies, policy)
			}
		}
	}
	return nil
}

// memberOf is the name of a user who stands for every member of a group.
func memberOf(group string) string { return "any-member-of-" + group }

// group reads the inline and attached policies of a group, for a member.
func (r *reader) group(s *stack, id string) error {
	name, err := s.nameOf(id)
	if err != nil {
		return err
	}
	return r.policies(s, id, r.named(s, "user", memberOf(name)))
}

// named is the account's role or user, which need not be of a stack.
func (r *reader) named(s *stack, kind, name string) *world.Identity {
	if who := r.world.Named(s.Account, kind, name); who != nil {
		return who
	}
	who := &world.Identity{ARN: s.region.IAMARN(s.Account, kind+"/"+name), Account: s.Account, Imported: true}
	r.world.Identities = append(r.world.Identities, who)
	return who
}

// StackSetAccount stands for an account of the OUs in which the stack set of a stack
// makes a role: it is the same each time, and another one for each stack.
func StackSetAccount(stack string) string {
	h := fnv.New64a()
	_, _ = h.Write([]byte(stack)) // never fails
	return fmt.Sprintf("6%011d", h.Sum64()%100_000_000_000)
}

// stackSet reads the template inside a stack set, as it is deployed to one of many
// accounts.
func (r *reader) stackSet(s *stack, id string) error {
	properties := s.properties(id)
	body, ok := properties["TemplateBody"].(string)
	if !ok {
		return errors.New("a stack set whose template is not in it")
	}
	inner := assembly.Stack{Path: s.place(id).Construct, Name: "StackSet", Account: StackSetAccount(s.Path), Region: s.Stack.Region}
	if err := json.Unmarshal([]byte(body), &inner.Template); err != nil {
		return fmt.Errorf("TemplateBody: %w", err)
	}
	ous, err := organizationalUnits(properties)
	if err != nil {
		return err
	}
	made := read([]assembly.Stack{inner}).world
	r.world.Unknown = append(r.world.Unknown, made.Unknown...)
	if len(made.Keys)+len(made.Queues) > 0 {
		return errors.New("a stack set that makes keys or queues, whose accounts are not known")
	}
	for _, who := range made.Identities {
		if who.Imported {
			return fmt.Errorf("a policy of %s, which the stack set does not make", who.Name())
		}
		who.OUs = ous
		r.world.Identities = append(r.world.Identities, who)
	}
	return nil
}

// organizationalUnits are the OUs in whose every account a stack set makes what it
// has. A stack set that does not is an error.
func organizationalUnits(properties map[string]any) ([]string, error) {
	switch {
	case properties["PermissionModel"] != "SERVICE_MANAGED":
		return nil, errors.New("a stack set whose accounts are not those of OUs: PermissionModel is not SERVICE_MANAGED")
	case properties["TemplateURL"] != nil || properties["Parameters"] != nil:
		return nil, errors.New("a stack set with parameters or another template, which is not read")
	case object(properties["AutoDeployment"])["Enabled"] != true:
		return nil, errors.New("AutoDeployment is off: new accounts get no role")
	}
	groups := world.List(properties["StackInstancesGroup"])
	if len(groups) != 1 || len(world.List(object(groups[0])["Regions"])) != 1 {
		return nil, errors.New("a stack set that is not deployed to one Region by one group")
	}
	targets := object(object(groups[0])["DeploymentTargets"])
	if len(targets) != 1 {
		return nil, errors.New("a stack set for some accounts of the OUs only")
	}
	var ous []string
	for _, ou := range world.List(targets["OrganizationalUnitIds"]) {
		ous = append(ous, fmt.Sprint(ou))
	}
	if len(ous) == 0 || slices.ContainsFunc(ous, func(ou string) bool { return !strings.HasPrefix(ou, "ou-") && !strings.HasPrefix(ou, "r-") }) {
		return nil, fmt.Errorf("a stack set for %v, which are no OUs", ous)
	}
	return ous, nil
}
