package spec

import (
	"fmt"
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
	AlsoSendsTo         []Destination
}

// The quota for a trust policy's length, in characters: by default, and the highest
// that IAM grants on request.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
const (
	defaultTrustPolicy = 2_048
	maxTrustPolicy     = 4_096
)

// anyAccount has the length of account ids.
const anyAccount = "000000000000"

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
		principals[i] = principal.Resolve(account)
	}
	return principals
}

// Boundary is the ARN of the permissions boundary of the role in the account.
func (r Role) Boundary(account string) string {
	return strings.Replace(r.PermissionsBoundary, "::"+address.OwnAccount+":", "::"+account+":", 1)
}

// Description is what the role is for, as IAM shows it.
func (r Role) Description() string {
	text := "Sends to the queue " + r.Queue.Name + " of account " + r.Queue.Account
	switch n := len(r.AlsoSendsTo); n {
	case 0:
		return text
	case 1:
		return text + " and to another"
	default:
		return fmt.Sprintf("%s and to %d others", text, n)
	}
}

// Destinations are all queues that the role sends to, its own first.
func (r Role) Destinations() []Destination {
	return append([]Destination{{r.Queue, r.SenderMayAlso}}, r.AlsoSendsTo...)
}

// Permissions is the IAM policy of the role: a grant for each queue.
func (r Role) Permissions() policy.Document {
	var all policy.Document
	for _, to := range r.Destinations() {
		all = append(all, policy.GrantSend(to.Queue, to.SenderMayAlso...)...)
	}
	return all
}

// Check returns an error if AWS would refuse r in the account. An account id that is
// not valid counts as not known. The error has a line for each wrong property: the
// value, what is allowed, and the cure. The queues have a check of their own,
// [Role.CheckQueues]. Unread names properties whose values are not known.
func (r Role) Check(account string, unread ...string) error {
	var problems problem.List
	problems.Doubt(unread...)
	problems.Add("RoleName", r.checkName())
	problems.Add("AssumedBy", r.checkPrincipals(account))
	if size := r.trustPolicySize(); size > maxTrustPolicy {
		problems.Relate(problem.New(fmt.Sprintf("%d principals", len(r.AssumedBy)),
			fmt.Sprintf("principals that keep the trust policy within %d characters, it would have %d", maxTrustPolicy, size),
			"name fewer, or an account instead of its roles"), "AssumedBy")
	}
	problems.Add("RolePath", r.checkPath())
	problems.Add("PermissionsBoundary", r.checkBoundary(account))
	return problems.Err()
}

// Notes are remarks on a role that Check takes: an account may not allow so long a
// trust policy.
func (r Role) Notes() []Note {
	size := r.trustPolicySize()
	if size <= defaultTrustPolicy {
		return nil
	}
	return []Note{{"shared-queue:trust-policy-quota", fmt.Sprintf("The trust policy of the role %s has %d characters, more than the %d that an account allows by default. "+
		"Ask AWS for a higher quota of \"Role trust policy length\" in the role's account before you deploy, or let fewer principals assume the role.",
		r.RoleName, size, defaultTrustPolicy)}}
}

func (r Role) trustPolicySize() int { return r.TrustPolicy(anyAccount).Size() }

func (r Role) checkName() error {
	switch {
	case !roleName.Pattern.MatchString(r.RoleName):
		return problem.New(r.RoleName, "1 to 64 letters, digits and _+=,.@-",
			roleName.Suggest("rename the role", strings.TrimSpace(r.RoleName), nameIn(r.RoleName)))
	case address.Role{Name: r.RoleName}.Reserved():
		return problem.New(r.RoleName, "a name that does not begin as those of AWS's own roles do, AWSServiceRoleFor or AWSReservedSSO_", "rename the role")
	}
	return nil
}

// nameIn is the name of the role with the ARN; empty if it is no role's.
func nameIn(arn string) string {
	role, err := address.ParseRole(arn)
	if err != nil {
		return ""
	}
	return role.Name
}

// checkPrincipals has problems that name the place in the list, like [1].
func (r Role) checkPrincipals(account string) error {
	var problems problem.List
	if len(r.AssumedBy) == 0 {
		problems.Add("", problem.New([]string{}, "one principal or more", "name who may assume the role"))
	}
	regionKnown := r.Queue.Region.Check() == nil
	first := map[address.Principal]int{}
	for i, principal := range r.AssumedBy {
		at := fmt.Sprintf("[%d]", i)
		if principal.IsZero() {
			_, err := address.ParsePrincipal("")
			problems.Add(at, err)
			continue
		}
		if regionKnown {
			problems.Add(at, principal.CheckRegion(r.Queue.Region))
		}
		problems.Add(at, r.checkNotSelf(principal, account))
		resolved := principal.Resolve(account)
		if earlier, twice := first[resolved]; twice {
			problems.Add(at, problem.New(principal.String(), "each principal once",
				fmt.Sprintf("remove it: it is {AssumedBy}[%d] again", earlier)))
			continue
		}
		first[resolved] = i
	}
	return problems.Err()
}

// checkNotSelf reports a principal that is the role itself: IAM refuses to trust
// what does not exist yet.
func (r Role) checkNotSelf(principal address.Principal, account string) error {
	if role, err := address.ParseRole(principal.String()); err != nil || role.Key() != r.At(account).Key() {
		return nil
	}
	return problem.New(principal.String(), "a principal other than this role itself, which does not exist before it is made",
		"remove it, or name who works with the role")
}

func (r Role) checkPath() error {
	allowed := fmt.Sprintf("a path like /teams/web/: letters, digits and _+=,.@- between slashes, at most %d characters", rolePath.MaxLength)
	switch {
	case r.RolePath == "":
		return nil
	case !rolePath.Pattern.MatchString(r.RolePath):
		return problem.New(r.RolePath, allowed, "begin and end it with a slash")
	case len(r.RolePath) > rolePath.MaxLength:
		return problem.New(r.RolePath, allowed, "shorten it")
	case address.Role{Path: r.RolePath}.Reserved():
		return problem.New(r.RolePath, "a path that is not AWS's own, as those in /aws-service-role/ and /aws-reserved/ are", "choose another")
	}
	return nil
}

// checkBoundary reports a permissions boundary that IAM would not find or take: it
// is a managed policy of the role's account, or one of AWS.
func (r Role) checkBoundary(account string) error {
	if r.PermissionsBoundary == "" {
		return nil
	}
	partition := "arn:aws:"
	if r.Queue.Region.Check() == nil {
		partition = "arn:" + r.Queue.Region.Partition() + ":"
	}
	m := policyARN.Pattern.FindStringSubmatch(r.PermissionsBoundary)
	switch {
	case m == nil || r.Queue.Region.Check() == nil && !strings.HasPrefix(r.PermissionsBoundary, partition):
		return problem.New(r.PermissionsBoundary, "the ARN of a managed policy, "+partition+"iam::123456789012:policy/…", "write the policy's whole ARN")
	case policyARN.Except.MatchString(r.PermissionsBoundary):
		return problem.New(r.PermissionsBoundary, "a managed policy that a role can have, not one in /aws-service-role/ or /aws-reserved/, which AWS's own roles have", "name another")
	case len(m[2]) > address.MaxPath:
		return problem.New(r.PermissionsBoundary, fmt.Sprintf("a managed policy whose path has at most %d characters", address.MaxPath), "correct the ARN")
	case address.CheckAccount(account) == nil && m[1] != account && m[1] != "aws" && m[1] != address.OwnAccount:
		return problem.New(r.PermissionsBoundary, "a managed policy of the role's account "+account+" or of AWS", "make the policy in that account too, and name it there")
	}
	return nil
}
