// Package iamarn reads the ARNs of IAM roles and users.
package address

import "regexp"

// An ARN names one role or one user.
type ARN struct {
	Partition string
	Account   string
	Type      string // role or user
	Name      string // without its path
}

// Path and name as IAM allows them, with no wildcard:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
var form = regexp.MustCompile(`^arn:(aws[a-z-]*):iam::([0-9]{12}):(role|user)/(?:[\x21-\x29\x2b-\x3e\x40-\x7e]+/)*([A-Za-z0-9_+=,.@-]{1,64})$`)

// ParseIAM reads the ARN of one role or user. ok is false for anything else.
func ParseIAM(s string) (arn ARN, ok bool) {
	m := form.FindStringSubmatch(s)
	if m == nil {
		return ARN{}, false
	}
	return ARN{Partition: m[1], Account: m[2], Type: m[3], Name: m[4]}, true
}
