package address

import (
	"regexp"
	"strings"

	"example.com/shared-queue/internal/problem"
)

// A Role is an IAM role.
type Role struct {
	Partition string // aws, aws-cn, …
	Account   string // 12 digits
	Path      string // begins and ends with a slash; / if the role has none
	Name      string // unique in the account, without regard to path and case
}

// ARN is the role's ARN.
func (r Role) ARN() string { return arn(r.Partition, "iam", "", r.Account, "role"+r.Path+r.Name) }

// Key identifies a role as IAM does: by account and name, without regard to
// path and case.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
func (r Role) Key() string { return r.Account + "/" + strings.ToLower(r.Name) }

// CheckSame returns an error if another role, which has the same account and name but
// for case, has another ARN: IAM takes them for one role. Where says in which property
// or setting the other is.
func (r Role) CheckSame(other Role, where string) error {
	if r.ARN() == other.ARN() {
		return nil
	}
	return problem.New(r.ARN(), "one path and one spelling for each role, this one is "+other.ARN()+" at "+where,
		"correct one of the two: names of roles are unique in an account, whatever the path and the case of letters")
}

// Reserved reports whether the role is one of AWS's own in the account, whose
// policies nobody else can change: a service-linked role, or one that IAM
// Identity Center makes.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-friendly-names
func (r Role) Reserved() bool {
	return reservedPath.MatchString(r.Path) || reservedName.MatchString(r.Name)
}

var (
	reservedPath = regexp.MustCompile(`(?i)^/aws-(service-role|reserved)/`)
	reservedName = regexp.MustCompile(`(?i)^(AWSServiceRoleFor|AWSReservedSSO_)`) // where the path is not known
)

// ParseRole reads the ARN of an IAM role. It refuses wildcards. The error is
// one line: the value, what is allowed, and the cure.
func ParseRole(text string) (Role, error) {
	parsed, ok := parseIAM(text)
	if !ok || parsed.kind != "role" {
		return Role{}, problem.New(text, "the ARN of an IAM role, arn:aws:iam::123456789012:role/…", roleCure(text))
	}
	return parsed.Role, nil
}

func roleCure(text string) string {
	_, isAccount := accountIn(text)
	session := roleSession.FindStringSubmatch(text)
	parsed, ok := parseIAM(text)
	switch {
	case ok && parsed.kind == "user":
		return "name a role, which the user may be let to assume"
	case isAccount:
		return "name one role of the account"
	case session != nil:
		return "name the role of that session, " + arn(session[1], "iam", "", session[2], "role/"+session[3])
	}
	return "write the role's whole ARN"
}

// MaxPath is how long the path of a role, a user or a policy is at most, in characters.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
const MaxPath = 512

// iamARN is the ARN of a role or user.
type iamARN struct {
	Role // or user, which has the same elements
	kind string
}

var iamForm = regexp.MustCompile(`^arn:(aws[a-z-]*):iam::([0-9]{12}):(role|user)` + iamNameForm + `$`)

// parseIAM reads the ARN of one role or user; ok is false for anything else.
func parseIAM(text string) (parsed iamARN, ok bool) {
	m := iamForm.FindStringSubmatch(text)
	if m == nil || len(m[4]) > MaxPath {
		return iamARN{}, false
	}
	return iamARN{Role{Partition: m[1], Account: m[2], Path: m[4], Name: m[5]}, m[3]}, true
}
