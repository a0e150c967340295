package deployed

import (
	"encoding/json"
	"slices"
)

// What the profiles must be allowed. All of it only reads.
var (
	accountActions = []string{
		"iam:GetPolicy", "iam:GetPolicyVersion", "iam:GetRole", "iam:GetRolePolicy",
		"iam:ListAttachedRolePolicies", "iam:ListRolePolicies",
		"kms:DescribeKey", "kms:GetKeyPolicy", "kms:ListAliases", "kms:ListGrants",
		"sqs:GetQueueAttributes",
	}
	organizationActions = []string{
		"organizations:DescribeAccount", "organizations:DescribeOrganization",
		"organizations:DescribePolicy", "organizations:ListPoliciesForTarget",
	}
)

// AccountActions are what the profile of an account must be allowed.
func AccountActions() []string { return slices.Clone(accountActions) }

// OrganizationActions are what the organization's profile must be allowed.
func OrganizationActions() []string { return slices.Clone(organizationActions) }

// Policy is an identity policy to paste that allows the actions.
func Policy(actions []string) string {
	type statement struct {
		Effect   string
		Action   []string
		Resource string
	}
	text, _ := json.MarshalIndent(struct { // of texts alone: it cannot fail
		Version   string
		Statement []statement
	}{"2012-10-17", []statement{{"Allow", actions, "*"}}}, "", "  ")
	return string(text)
}
