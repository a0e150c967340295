// Package answer reads what an answer of AWS means: that a call was accepted, which
// policy refused it, or what else kept AWS from deciding, with the cure.
package answer

import (
	"context"
	"errors"
	"slices"

	"github.com/aws/smithy-go"

	"example.com/shared-queue/proof/aws/organization"
	"example.com/shared-queue/proof/aws/trouble"
)

// An Outcome is what became of a call, in one to three words.
type Outcome string

// The outcomes of a call beside those of [trouble.Kind], of which Refused is one.
const (
	Accepted Outcome = "accepted"
	Refused          = Outcome(trouble.Refused)

	NoQueue     Outcome = "no queue"
	NoKey       Outcome = "no key"
	KeyDisabled Outcome = "key disabled"
	KeyDeleted  Outcome = "key deleted"
	KeyNotReady Outcome = "key not ready"
	WrongKey    Outcome = "wrong key"

	BadCredentials = Outcome(trouble.BadCredentials)
	NoAnswer       = Outcome(trouble.NoAnswer)
	NotAWS         = Outcome(trouble.NotAWS)
	Unavailable    = Outcome(trouble.Unavailable)
	Interrupted    = Outcome(trouble.Interrupted)
	TimedOut       = Outcome(trouble.TimedOut)
	Failed         = Outcome(trouble.Other)
)

// A Policy is a kind of policy, or what else can refuse a call.
type Policy string

// What can refuse a call.
const (
	Unnamed         Policy = "" // AWS does not say
	QueuePolicy     Policy = "queue policy"
	KeyPolicy       Policy = "key policy"
	TrustPolicy     Policy = "trust policy"
	IdentityPolicy  Policy = "identity policy"
	Boundary        Policy = "permissions boundary"
	SessionPolicy   Policy = "session policy"
	ServiceControl  Policy = "service control policy"
	ResourceControl Policy = "resource control policy"
	EndpointPolicy  Policy = "VPC endpoint policy"
	TheService      Policy = "the service itself" // it would refuse whoever asks
)

// Side is whose a policy is: the caller's, the resource's or the network's. It is
// empty for a policy that AWS does not name.
func (p Policy) Side() string {
	switch p {
	case QueuePolicy, KeyPolicy, TrustPolicy, ResourceControl, TheService:
		return "resource"
	case IdentityPolicy, Boundary, SessionPolicy, ServiceControl:
		return "caller"
	case EndpointPolicy:
		return "network"
	}
	return ""
}

// A Denial is how a policy refuses.
type Denial string

const (
	Explicit Denial = "explicit" // by a Deny
	Implicit Denial = "implicit" // by allowing nothing of it
)

// A Refusal is what AWS says of who refused and how.
type Refusal struct {
	Policy    Policy
	Deny      Denial // empty if AWS does not say
	PolicyARN string // if AWS gave it
	Action    string // that was refused, like kms:Decrypt, if AWS gave it

	// MaybeAbsent is that AWS would say the same if the resource were not there, and
	// that else it was the resource's own policy.
	MaybeAbsent bool
}

// An Answer is what was understood of AWS's answer to a call.
type Answer struct {
	Got Outcome
	Refusal

	// Service is the service that gave an error, KMS where another one passes it on.
	Service string
	// Relayed is that the service that was called passed an error of KMS on, and so
	// had let the caller in itself.
	Relayed bool

	Code, Message string // as AWS said it, on one line; without a code it is ours
	Cure          string // of what is no decision of AWS
}

// ErrEmpty means that an answer came without what AWS always gives.
var ErrEmpty = errors.New("the answer was empty")

// Read reads the error of a call of the SDK; nil is an acceptance. ctx is the whole
// run's: where it is over, the error is of that.
func Read(ctx context.Context, err error) Answer {
	if err == nil {
		return Answer{Got: Accepted}
	}
	if ctx.Err() == nil && (errors.Is(err, ErrEmpty) || errors.Is(err, organization.ErrIncomplete)) {
		return Answer{Got: NotAWS, Message: err.Error(), Cure: "look at -endpoint-url, AWS_ENDPOINT_URL and proxies"}
	}
	t := trouble.Of(ctx, err)
	code, relayed := relay(t.Code)
	if t.Service == "SSM" && kmsText.MatchString(t.Message) { // Parameter Store has codes of its own
		code, relayed = accessDenied, true
	}
	a := Answer{Service: t.Service, Relayed: relayed, Code: t.Code, Message: t.Message}
	if relayed {
		a.Service = "KMS"
		t = trouble.Of(ctx, &smithy.OperationError{ServiceID: a.Service, Err: &smithy.GenericAPIError{Code: code, Message: t.Message}})
	}
	a.Got, a.Cure = Outcome(t.Kind), t.Cure
	if a.Got == TimedOut {
		a.Cure = "give more with -timeout"
	}
	for _, row := range meanings {
		if t.Code != "" && slices.Contains(row.codes, code) && (row.text == nil || row.text.MatchString(a.Message)) {
			a.Got, a.Cure = row.got, row.cure
			break
		}
	}
	if a.Got == Refused {
		a.Refusal = readRefusal(code, a)
	}
	return a
}
