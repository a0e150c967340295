// Package trust holds who may take on a publisher's role, as a value that is
// valid by construction.
package address

import (
	"regexp"
	"strings"

	"example.com/shared-queue/internal/problem"
)

// A Principal is an AWS service, a whole account, or one IAM role or user.
// Equal principals are equal by ==. Only ParsePrincipal makes one.
type Principal struct {
	kind  kind
	value string
}

type kind int

const (
	service kind = iota + 1
	account
	roleOrUser
)

// In China too, services are named so; CDK rewrites the form with .cn.
var serviceName = regexp.MustCompile(`^[a-z0-9-]+(\.[a-z0-9-]+)*\.amazonaws\.com$`)

// ParsePrincipal reads an AWS service principal (lambda.amazonaws.com), a 12-digit
// account id, or the ARN of an IAM role or user. Anything else is refused, and
// * above all.
func ParsePrincipal(s string) (Principal, error) {
	if serviceName.MatchString(s) {
		return Principal{service, s}, nil
	}
	if CheckAccount(s) == nil {
		return Principal{account, s}, nil
	}
	if _, ok := ParseIAM(s); ok {
		return Principal{roleOrUser, s}, nil
	}
	return Principal{}, problem.New(s,
		"an AWS service principal (lambda.amazonaws.com), a 12-digit account or the ARN of an IAM role or user",
		"name one that may take on this role")
}

// IsZero reports whether p is the zero Principal, which is nobody.
func (p Principal) IsZero() bool { return p == Principal{} }

// CheckRegion reports an ARN of another partition than the Region's: no role
// can be assumed across partitions.
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

// Service is the service principal's name, if p is one.
func (p Principal) Service() (name string, ok bool) { return p.value, p.kind == service }

// ARN is the principal's ARN in the Region's partition, if p is no service.
// An account is named by its root: every principal of it that its own IAM
// policies let assume the role.
func (p Principal) ARN(region Region) (arn string, ok bool) {
	switch p.kind {
	case account:
		return "arn:" + region.Partition() + ":iam::" + p.value + ":root", true
	case roleOrUser:
		return p.value, true
	}
	return "", false
}

// String is the principal as it was written.
func (p Principal) String() string { return p.value }
