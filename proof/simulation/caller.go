package simulation

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"example.com/shared-queue/proof/cast"
)

// A caller is somebody whom the simulation knows by an access key.
type caller struct {
	Caller
	secret, token string
	expires       time.Time // zero for credentials of no session
}

// A Caller is a principal that calls AWS.
type Caller struct {
	Name    string // of its profile
	ARN     string // the principal's: a role's, or a service's name; empty is anonymous
	Session string // of a role
	Path    string // of its account in an organization; empty is in none
}

// Account is the caller's, empty for a service and an anonymous caller.
func (c Caller) Account() string { return accountOf(c.ARN) }

// identity is the ARN that AWS shows of the caller.
func (c Caller) identity() string {
	parsed, err := arn.Parse(c.ARN)
	if err != nil || c.Session == "" {
		return c.ARN
	}
	name := parsed.Resource[strings.LastIndex(parsed.Resource, "/")+1:]
	return "arn:" + parsed.Partition + ":sts::" + parsed.AccountID + ":assumed-role/" + name + "/" + c.Session
}

// userID is made up, but the same each time.
func (c Caller) userID() string {
	sum := sha256.Sum256([]byte(c.ARN))
	prefix := "AROA"
	if strings.Contains(c.ARN, ":user/") {
		prefix = "AIDA"
	}
	id := prefix + strings.ToUpper(hex.EncodeToString(sum[:]))[:17]
	if c.Session == "" {
		return id
	}
	return id + ":" + c.Session
}

func (c Caller) organization() string {
	id, _, _ := strings.Cut(c.Path, "/")
	return id
}

// context is what AWS says of the caller in a request.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
func (c Caller) context() object {
	keys := cast.Caller{Principal: c.ARN, Account: c.Account(), Path: c.Path}.Context()
	if c.Account() != "" {
		keys["aws:userid"] = c.userID()
	}
	delete(keys, "kms:CallerAccount") // KMS alone says it
	return keys
}

func accountOf(s string) string {
	parsed, _ := arn.Parse(s)
	return parsed.AccountID
}

// madeUpID has the form of a UUID and is the same for the same text.
func madeUpID(text string) string {
	sum := sha256.Sum256([]byte(text))
	return fmt.Sprintf("%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}
