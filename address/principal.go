package address

import (
	"regexp"
	"strings"

	"example.com/shared-queue/internal/problem"
)

// A Principal may assume a role: an AWS service, a whole account, or one IAM
// role or user. Two Principals are the same exactly if they are equal by ==. The
// zero Principal is nobody; only [ParsePrincipal] makes others.
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
// account id, or the ARN of an IAM role or user. The error says what is allowed;
// wildcards are refused.
func ParsePrincipal(s string) (Principal, error) {
	if serviceName.MatchString(s) {
		return Principal{service, s}, nil
	}
	if CheckAccount(s) == nil {
		return Principal{account, s}, nil
	}
	if _, ok := parseIAM(s); ok {
		return Principal{roleOrUser, s}, nil
	}
	return Principal{}, problem.New(s,
		"an AWS service principal (lambda.amazonaws.com), a 12-digit account or the ARN of an IAM role or user",
		"name one that may assume this role")
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

// ARN is the principal's ARN in the Region's partition, if p is no service. An
// account's is that of its root, which stands for all of its principals.
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
