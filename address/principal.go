package address

import (
	"regexp"
	"strings"

	"example.com/shared-queue/internal/problem"
)

// A Principal is who may assume a role: an AWS service, a whole account, one IAM
// role or user, or the role's own account, whichever that is. Principals can be
// compared with ==. The zero Principal is nobody; [ParsePrincipal] makes all
// others.
type Principal struct {
	kind  kind
	value string
}

type kind int

const (
	service kind = iota + 1
	account
	roleOrUser
	own
)

// OwnAccount is the word for the role's own account, in place of its id.
const OwnAccount = "account"

var serviceName = regexp.MustCompile(`^` + serviceForm + `$`)

// identityHost matches identity providers of AWS, whose names look like those of
// services.
var identityHost = regexp.MustCompile(`^(cognito-identity|oidc\.eks\..*)\.amazonaws\.com$`)

// identityProvider matches the ARN or the host of an OIDC or SAML provider.
var identityProvider = regexp.MustCompile(`:(oidc|saml)-provider/|^(https://)?([A-Za-z0-9-]+\.)+[a-z]{2,}(/.*)?$`)

// ParsePrincipal reads an AWS service principal (lambda.amazonaws.com), a
// 12-digit account id, the ARN of an IAM role or user, or the word account for the
// role's own account. It refuses wildcards, and OIDC and SAML providers: a role that
// trusts one of them lets in everyone whom the provider knows, unless conditions say
// otherwise, which differ from provider to provider. The error is one line: the value,
// what is allowed, and the cure.
func ParsePrincipal(s string) (Principal, error) {
	const allowed = "an AWS service principal (lambda.amazonaws.com), a 12-digit account, account for the role's own, or the ARN of an IAM role or user"
	if s == OwnAccount {
		return Principal{own, s}, nil
	}
	if serviceName.MatchString(s) && !identityHost.MatchString(s) {
		return Principal{service, s}, nil
	}
	if CheckAccount(s) == nil {
		return Principal{account, s}, nil
	}
	if _, ok := parseIAM(s); ok {
		return Principal{roleOrUser, s}, nil
	}
	lower := strings.ToLower(strings.TrimSpace(s))
	cure := PrincipalName.Suggest("name one that may assume this role",
		strings.TrimSpace(s), lower, strings.TrimSuffix(lower, ".cn"), lower+".amazonaws.com")
	session := roleSession.FindStringSubmatch(s)
	whole, isAccount := accountIn(s)
	switch {
	case isAccount:
		cure = "write the account's id, " + whole
	case session != nil:
		cure = "name the role of that session, " + arn(session[1], "iam", "", session[2], "role/"+session[3])
	case identityProvider.MatchString(s) && !strings.Contains(s, ".amazonaws.com."):
		cure = "if it is an OIDC or SAML provider, make a role for it with the conditions that it needs, and name that role here or give it publisher.GrantSend"
	}
	return Principal{}, problem.New(s, allowed, cure)
}

// roleSession is the ARN of somebody who has assumed a role.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-arns
var roleSession = regexp.MustCompile(`^arn:(aws[a-z-]*):sts::([0-9]{12}):assumed-role/([A-Za-z0-9_+=,.@-]{1,64})(/.*)?$`)

var (
	rootARN       = regexp.MustCompile(`^arn:aws[a-z-]*:(?:iam|sts)::([0-9]{12}):root$`)
	groupedDigits = regexp.MustCompile(`^\s*([0-9]{4})[ -]?([0-9]{4})[ -]?([0-9]{4})\s*$`)
)

// accountIn is the id of the account that the text means, if it means one in
// another notation: by its root's ARN, or in groups of digits as the console shows
// it.
func accountIn(text string) (id string, ok bool) {
	if m := rootARN.FindStringSubmatch(text); m != nil {
		return m[1], true
	}
	if m := groupedDigits.FindStringSubmatch(text); m != nil {
		return m[1] + m[2] + m[3], true
	}
	return "", false
}

// IsZero reports whether p is the zero Principal, which is nobody.
func (p Principal) IsZero() bool { return p == Principal{} }

// Resolve is the principal as a role of the account sees it: its own account by its
// id, all others unchanged.
func (p Principal) Resolve(id string) Principal {
	if p.kind == own {
		return Principal{account, id}
	}
	return p
}

// CheckRegion returns an error if p is an ARN of another partition than the
// Region's: a role cannot be assumed across partitions.
func (p Principal) CheckRegion(region Region) error {
	if p.kind != roleOrUser {
		return nil
	}
	want := "arn:" + region.Partition() + ":"
	if strings.HasPrefix(p.value, want) {
		return nil
	}
	return problem.New(p.value, "an ARN that begins with "+want+", the partition of "+string(region),
		"name a role or user of that partition")
}

// Service is the name of the service principal; ok is false if p is something
// else.
func (p Principal) Service() (name string, ok bool) { return p.value, p.kind == service }

// ARN is the principal's ARN in the Region's partition; ok is false if p is a service,
// or the role's own account, to which [Principal.Resolve] gives an id. An account's ARN
// is that of its root, which means all of its principals that its own IAM policies
// allow.
func (p Principal) ARN(region Region) (arn string, ok bool) {
	switch p.kind {
	case account:
		return region.AccountARN(p.value), true
	case roleOrUser:
		return p.value, true
	}
	return "", false
}

// String is the principal as it was written.
func (p Principal) String() string { return p.value }
