// Package rolespec holds everything that is decided about a publisher's role
// before it is deployed, and checks it against the rules of AWS. It imports no
// CDK; the construct in package publisher builds what stands here.
package spec

import (
	"fmt"
	"regexp"

	"example.com/shared-queue/address"
	"example.com/shared-queue/internal/problem"
	"example.com/shared-queue/policy"
)

// Role says what a publisher's role is like. All of it is required.
type Role struct {
	// RoleName is the role's name: letters, digits and _+=,.@-, at most 64
	// characters.
	RoleName string

	// AssumedBy are the services, accounts, roles and users that may take on
	// the role. One or more.
	AssumedBy []address.Principal

	// Queue is the queue that the role may send to.
	Queue address.Queue
}

// The longest trust policy that IAM can be asked to allow, in characters. The
// quota of an account that has not asked is 2,048.
const maxTrustPolicy = 4_096

// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
var roleName = regexp.MustCompile(`^[A-Za-z0-9_+=,.@-]{1,64}$`)

// ARN is the role's ARN in a publisher's account.
func (p Role) ARN(account string) string {
	return "arn:" + p.Queue.Region.Partition() + ":iam::" + account + ":role/" + p.RoleName
}

// TrustPolicy is the role's trust policy, as CDK writes it but for the order of
// principals.
func (p Role) TrustPolicy() policy.Document {
	principals := map[string]any{}
	var services, arns policy.Strings
	for _, principal := range p.AssumedBy {
		if service, ok := principal.Service(); ok {
			services = append(services, service)
		} else if arn, ok := principal.ARN(p.Queue.Region); ok {
			arns = append(arns, arn)
		}
	}
	if len(services) > 0 {
		principals["Service"] = services.Plain()
	}
	if len(arns) > 0 {
		principals["AWS"] = arns.Plain()
	}
	return policy.Document{{Effect: policy.Allow, Principal: principals, Action: policy.Strings{"sts:AssumeRole"}}}
}

// Check reports everything in p that AWS would refuse. The error has a line
// for each property, with the value, what is allowed and the cure.
func (p Role) Check() error {
	var problems problem.List
	if !roleName.MatchString(p.RoleName) {
		problems.Add("roleName", problem.New(p.RoleName, "1 to 64 letters, digits and _+=,.@-", "rename the role"))
	}
	if len(p.AssumedBy) == 0 {
		problems.Add("assumedBy", problem.New([]string{}, "one principal or more", "name who may take on the role"))
	}
	first := map[address.Principal]int{}
	for i, principal := range p.AssumedBy {
		at := fmt.Sprintf("assumedBy[%d]", i)
		if principal.IsZero() {
			_, err := address.ParsePrincipal("")
			problems.Add(at, err)
			continue
		}
		problems.Add(at, principal.CheckRegion(p.Queue.Region))
		if earlier, twice := first[principal]; twice {
			problems.Add(at, problem.New(principal.String(), "each principal once",
				fmt.Sprintf("remove it: it is assumedBy[%d] again", earlier)))
			continue
		}
		first[principal] = i
	}
	if size := p.TrustPolicy().Size(); size > maxTrustPolicy {
		problems.Add("assumedBy", problem.New(fmt.Sprintf("%d principals", len(p.AssumedBy)),
			fmt.Sprintf("principals that keep the trust policy within %d characters, it would have %d", maxTrustPolicy, size),
			"name fewer, or an account instead of its roles"))
	}
	return problems.Err()
}
