package spec

import (
	"fmt"
	"regexp"

	"example.com/shared-queue/address"
	"example.com/shared-queue/internal/problem"
	"example.com/shared-queue/policy"
)

// Role has the fields of publisher.RoleProps, which documents them.
type Role struct {
	RoleName  string              `setting:"required"`
	AssumedBy []address.Principal `setting:"required"`
	Queue     address.Queue       `setting:"required"`
}

// The highest quota for a trust policy's length that IAM grants on request, in
// characters. The default quota is 2,048.
const maxTrustPolicy = 4_096

// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
var roleName = regexp.MustCompile(`^[A-Za-z0-9_+=,.@-]{1,64}$`)

// At is the role in a publisher's account.
func (r Role) At(account string) address.Role {
	return address.Role{Partition: r.Queue.Region.Partition(), Account: account, Path: "/", Name: r.RoleName}
}

// TrustPolicy is the trust policy of the role: who may assume it.
func (r Role) TrustPolicy() policy.Document { return policy.Trust(r.AssumedBy, r.Queue.Region) }

// Check returns an error if AWS would refuse r. It has a line for each wrong
// property: the value, what is allowed, and the cure. Queue has a Check of its
// own.
func (r Role) Check() error {
	var problems problem.List
	if !roleName.MatchString(r.RoleName) {
		problems.Add("RoleName", problem.New(r.RoleName, "1 to 64 letters, digits and _+=,.@-", "rename the role"))
	}
	if len(r.AssumedBy) == 0 {
		problems.Add("AssumedBy", problem.New([]string{}, "one principal or more", "name who may assume the role"))
	}
	first := map[address.Principal]int{}
	for i, principal := range r.AssumedBy {
		at := fmt.Sprintf("AssumedBy[%d]", i)
		if principal.IsZero() {
			_, err := address.ParsePrincipal("")
			problems.Add(at, err)
			continue
		}
		problems.Add(at, principal.CheckRegion(r.Queue.Region))
		if earlier, twice := first[principal]; twice {
			problems.Add(at, problem.New(principal.String(), "each principal once",
				fmt.Sprintf("remove it: it is {AssumedBy}[%d] again", earlier)))
			continue
		}
		first[principal] = i
	}
	if size := r.TrustPolicy().Size(); size > maxTrustPolicy {
		problems.Add("AssumedBy", problem.New(fmt.Sprintf("%d principals", len(r.AssumedBy)),
			fmt.Sprintf("principals that keep the trust policy within %d characters, it would have %d", maxTrustPolicy, size),
			"name fewer, or an account instead of its roles"))
	}
	return problems.Err()
}
