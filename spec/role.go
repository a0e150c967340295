package spec

import (
	"fmt"
	"regexp"
	"strings"

	"example.com/shared-queue/address"
	"example.com/shared-queue/internal/problem"
	"example.com/shared-queue/policy"
)

// Role has the fields of publisher.RoleProps, which documents them.
type Role struct {
	RoleName  string              `setting:"required"`
	AssumedBy []address.Principal `setting:"required"`
	Queue     address.Queue       `setting:"required"`

	RolePath            string
	PermissionsBoundary string
	SenderMayAlso       []string
}

// The highest quota for a trust policy's length that IAM grants on request, in
// characters. The default quota is 2,048.
const maxTrustPolicy = 4_096

// anyAccount has the length of account ids.
const anyAccount = "000000000000"

// IAM's forms, but for paths, where IAM allows every printable character.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
var (
	roleName  = regexp.MustCompile(`^[A-Za-z0-9_+=,.@-]{1,64}$`)
	rolePath  = regexp.MustCompile(`^/([A-Za-z0-9_+=,.@-]+/)*$`)
	policyARN = regexp.MustCompile(`^arn:aws[a-z-]*:iam::([0-9]{12}|aws|account):policy/([A-Za-z0-9_+=,.@-]+/)*[A-Za-z0-9_+=,.@-]{1,128}$`)
)

const maxRolePath = 512 // characters

// At is the role in a publisher's account.
func (r Role) At(account string) address.Role {
	path := r.RolePath
	if path == "" {
		path = "/"
	}
	return address.Role{Partition: r.Queue.Region.Partition(), Account: account, Path: path, Name: r.RoleName}
}

// TrustPolicy is the trust policy of the role in the account: who may assume it.
func (r Role) TrustPolicy(account string) policy.Document {
	return policy.Trust(r.principals(account), r.Queue.Region)
}

// principals are those that may assume the role in the account.
func (r Role) principals(account string) []address.Principal {
	principals := make([]address.Principal, len(r.AssumedBy))
	for i, principal := range r.AssumedBy {
		principals[i] = principal.In(account)
	}
	return principals
}

// Boundary is the ARN of the permissions boundary of the role in the account.
func (r Role) Boundary(account string) string {
	return strings.Replace(r.PermissionsBoundary, "::"+address.OwnAccount+":", "::"+account+":", 1)
}

// Description is what the role is for, as IAM shows it.
func (r Role) Description() string {
	return "Sends to the queue " + r.Queue.Name + " of account " + r.Queue.Account
}

// Permissions is the IAM policy of the role.
func (r Role) Permissions() policy.Document { return policy.GrantSend(r.Queue, r.SenderMayAlso...) }

// Check returns an error if AWS would refuse r in the account. An account that is
// no account id is one that is not known yet. The error has a line for each wrong
// property: the value, what is allowed, and the cure. Queue and SenderMayAlso have
// checks of their own.
func (r Role) Check(account string) error {
	var problems problem.List
	switch {
	case !roleName.MatchString(r.RoleName):
		problems.Add("RoleName", problem.New(r.RoleName, "1 to 64 letters, digits and _+=,.@-", "rename the role"))
	case address.Role{Name: r.RoleName}.Reserved():
		problems.Add("RoleName", problem.New(r.RoleName, "a name that does not begin as those of AWS's own roles do, AWSServiceRoleFor or AWSReservedSSO_", "rename the role"))
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
		problems.Add(at, r.checkOther(principal, account))
		if earlier, twice := first[principal.In(account)]; twice {
			problems.Add(at, problem.New(principal.String(), "each principal once",
				fmt.Sprintf("remove it: it is {AssumedBy}[%d] again", earlier)))
			continue
		}
		first[principal.In(account)] = i
	}
	if size := r.TrustPolicy(anyAccount).Size(); size > maxTrustPolicy {
		problems.Add("AssumedBy", problem.New(fmt.Sprintf("%d principals", len(r.AssumedBy)),
			fmt.Sprintf("principals that keep the trust policy within %d characters, it would have %d", maxTrustPolicy, size),
			"name fewer, or an account instead of its roles"))
	}
	problems.Add("RolePath", r.checkPath())
	problems.Add("PermissionsBoundary", r.checkBoundary(account))
	return problems.Err()
}

// checkOther reports a principal that is the role itself: IAM refuses to trust
// what does not exist yet.
func (r Role) checkOther(principal address.Principal, account string) error {
	if role, err := address.ParseRole(principal.String()); err != nil || role.Key() != r.At(account).Key() {
		return nil
	}
	return problem.New(principal.String(), "a principal other than this role itself, which does not exist before it is made",
		"remove it, or name who works with the role")
}

func (r Role) checkPath() error {
	switch {
	case r.RolePath == "":
		return nil
	case !rolePath.MatchString(r.RolePath) || len(r.RolePath) > maxRolePath:
		return problem.New(r.RolePath, fmt.Sprintf("a path like /teams/web/: letters, digits and _+=,.@- between slashes, at most %d characters", maxRolePath),
			"begin and end it with a slash")
	case address.Role{Path: r.RolePath}.Reserved():
		return problem.New(r.RolePath, "a path that is not AWS's own, as those in /aws-service-role/ and /aws-reserved/ are", "choose another")
	}
	return nil
}

// checkBoundary reports a permissions boundary that IAM would not find: it is a
// managed policy of the role's account, or one of AWS.
func (r Role) checkBoundary(account string) error {
	m := policyARN.FindStringSubmatch(r.PermissionsBoundary) // m[1] is whose policy it is
	partition := "arn:" + r.Queue.Region.Partition() + ":"
	switch {
	case r.PermissionsBoundary == "":
		return nil
	case m == nil || !strings.HasPrefix(r.PermissionsBoundary, partition):
		return problem.New(r.PermissionsBoundary, "the ARN of a managed policy, "+partition+"iam::123456789012:policy/…", "write the policy's whole ARN")
	case address.CheckAccount(account) == nil && m[1] != account && m[1] != "aws" && m[1] != address.OwnAccount:
		return problem.New(r.PermissionsBoundary, "a managed policy of the role's account "+account+" or of AWS", "make the policy in that account too, and name it there")
	}
	return nil
}
