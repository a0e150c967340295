package spec

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"example.com/shared-queue/address"
	"example.com/shared-queue/internal/problem"
)

// A RoleStackSet is a publisher's role in every account of the OUs that send.
type RoleStackSet struct {
	Role    Role
	Senders []address.Path
	Options StackSetOptions
}

// StackSetOptions has the fields of publisher.StackSetOptions, which documents
// them.
type StackSetOptions struct {
	DelegatedAdministrator bool
	FailureTolerance       *int
	MaxConcurrent          *int
	RetainRoles            bool
}

// WithDefaults is o with the default of each optional field that is not set.
func (o StackSetOptions) WithDefaults() StackSetOptions {
	o.FailureTolerance = or(o.FailureTolerance, 0)
	o.MaxConcurrent = or(o.MaxConcurrent, 10)
	return o
}

// Check returns an error if AWS would refuse o. It has a line for each wrong
// property.
func (o StackSetOptions) Check() error {
	var problems problem.List
	checkCount(&problems, "FailureTolerance", o.FailureTolerance)
	checkCount(&problems, "MaxConcurrent", o.MaxConcurrent)
	return problems.Err()
}

// Limits of AWS.
const (
	// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStackInstances.html
	maxStackSetOUs = 50

	// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
	maxTemplateBody = 51_200 // bytes
)

// CheckRole returns an error if the role cannot be made in every account. It has a line
// for each wrong property of the role, whose queues have a check of their own. Unread
// names properties of the role whose values are not known.
func (s RoleStackSet) CheckRole(unread ...string) error {
	var problems problem.List
	problems.Doubt(unread...)
	problems.Add("", s.Role.Check("", unread...))
	problems.Add("", s.checkAcrossAccounts())
	body, err := s.TemplateBody()
	problems.Add("", err)
	if len(body) > maxTemplateBody {
		problems.Relate(problem.New(fmt.Sprintf("%d principals", len(s.Role.AssumedBy)),
			fmt.Sprintf("principals that keep the template within %d bytes, it would have %d", maxTemplateBody, len(body)), "name fewer"), "AssumedBy")
	}
	return problems.Err()
}

// CheckOUs returns an error if there are more OUs than a stack set takes.
func (s RoleStackSet) CheckOUs() error {
	if n := len(s.OUs()); n > maxStackSetOUs {
		return problem.New(fmt.Sprintf("%d OUs", n), fmt.Sprintf("at most %d for a stack set", maxStackSetOUs),
			"name an OU further up or split the environment")
	}
	return nil
}

// checkAcrossAccounts reports what cannot be in an account that is not known.
func (s RoleStackSet) checkAcrossAccounts() error {
	var problems problem.List
	for i, principal := range s.Role.AssumedBy {
		if role, err := address.ParseRole(principal.String()); err == nil && strings.EqualFold(role.Name, s.Role.RoleName) {
			problems.Add(fmt.Sprintf("AssumedBy[%d]", i), problem.New(principal.String(),
				"a principal other than this role itself, which is in every account", "name another role, or account for the role's own account"))
		}
	}
	if m := policyARN.Pattern.FindStringSubmatch(s.Role.PermissionsBoundary); m != nil && address.CheckAccount(m[1]) == nil {
		problems.Add("PermissionsBoundary", problem.New(s.Role.PermissionsBoundary, "a managed policy that is in every account",
			"write account in the place of "+m[1]+", and make the policy in every account first"))
	}
	return problems.Err()
}

// OUs are the ids of the OUs that send, without those that are below others.
func (s RoleStackSet) OUs() []string {
	var ids []string
	for _, path := range s.Senders {
		inAnother := func(other address.Path) bool { return other != path && other.Contains(path) }
		if !slices.ContainsFunc(s.Senders, inAnother) {
			ids = append(ids, path.OU())
		}
	}
	return ids
}

// ownAccount is the account that the template is deployed to, in the text of an
// Fn::Sub.
const ownAccount = "${AWS::AccountId}"

// TemplateBody is the template of the role in each account, as JSON: the role and
// the policy that publisher.NewRole makes. It needs no bootstrap of CDK.
func (s RoleStackSet) TemplateBody() (string, error) {
	role := map[string]any{
		"RoleName":                 s.Role.RoleName,
		"Description":              s.Role.Description(),
		"AssumeRolePolicyDocument": s.Role.TrustPolicy(ownAccount),
	}
	if s.Role.RolePath != "" {
		role["Path"] = s.Role.RolePath
	}
	if s.Role.PermissionsBoundary != "" {
		role["PermissionsBoundary"] = s.Role.Boundary(ownAccount)
	}
	text, err := json.Marshal(map[string]any{"Resources": map[string]any{
		"Role": map[string]any{"Type": "AWS::IAM::Role", "Properties": role},
		"Permissions": map[string]any{"Type": "AWS::IAM::Policy", "Properties": map[string]any{
			"PolicyName":     "Send",
			"PolicyDocument": s.Role.Permissions(),
			"Roles":          []any{map[string]any{"Ref": "Role"}},
		}},
	}})
	if err != nil {
		return "", err
	}
	var template any
	if err := json.Unmarshal(text, &template); err != nil {
		return "", err
	}
	text, err = json.Marshal(substitute(template))
	return string(text), err
}

// substitute makes an Fn::Sub of each text with ownAccount in it.
func substitute(value any) any {
	switch value := value.(type) {
	case map[string]any:
		for name, inner := range value {
			value[name] = substitute(inner)
		}
	case []any:
		for i, inner := range value {
			value[i] = substitute(inner)
		}
	case string:
		if strings.Contains(value, ownAccount) {
			return map[string]any{"Fn::Sub": value}
		}
	}
	return value
}
