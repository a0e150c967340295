// Package answer reads what an answer of AWS means: that a call was accepted, which
// policy refused it, or what else kept AWS from deciding, with the cure.
package answer

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"syscall"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"example.com/shared-queue/proof/aws/organization"
	"example.com/shared-queue/proof/aws/profile"
)

// An Outcome is what became of a call, in one or two words.
type Outcome string

// The outcomes of a call. All but the first two show nothing of any policy.
const (
	Accepted Outcome = "accepted"
	Refused  Outcome = "refused"

	NoCredentials   Outcome = "no credentials"
	BadCredentials  Outcome = "bad credentials"
	NoAssignment    Outcome = "no assignment"
	NoCode          Outcome = "no MFA code"
	Expired         Outcome = "expired"
	WrongRegion     Outcome = "wrong region"
	WrongClock      Outcome = "wrong clock"
	InactiveAccount Outcome = "inactive account"
	NoQueue         Outcome = "no queue"
	NoKey           Outcome = "no key"
	KeyDisabled     Outcome = "key disabled"
	KeyDeleted      Outcome = "key deleted"
	KeyNotReady     Outcome = "key not ready"
	WrongKey        Outcome = "wrong key"
	Throttled       Outcome = "throttled"
	NoAnswer        Outcome = "no answer"
	NotAWS          Outcome = "not AWS"
	Interrupted     Outcome = "interrupted"
	TimedOut        Outcome = "timed out"
	Failed          Outcome = "error"
)

// cures say what to do about an outcome that shows nothing.
var cures = map[Outcome]string{
	NoCredentials:   "sign in (aws sso login) or name a profile; aws sts get-caller-identity finds none either",
	BadCredentials:  "take other credentials, or enable the Region in their account if it is one to opt in to",
	NoAssignment:    "IAM Identity Center does not assign this account and permission set to the user: correct the profile, or ask for the assignment",
	NoCode:          "the profile asks for an MFA code: run the command in a terminal, or name a profile that needs none",
	Expired:         "sign in again (aws sso login) or renew the credentials",
	WrongRegion:     "correct the environment's region, or -endpoint-url and AWS_ENDPOINT_URL, or enable the Region in the account",
	WrongClock:      "set the clock of this computer",
	InactiveAccount: "the account is suspended, closed or not yet active: look at it in AWS Organizations; else enable the Region in the account",
	NoQueue:         "the queue is not there, or may not be seen: AWS says the same of both",
	NoKey:           "the key is not there",
	KeyDisabled:     "enable the key (aws kms enable-key); no deployment does",
	KeyDeleted:      "cancel the deletion of the key (aws kms cancel-key-deletion), then enable it (aws kms enable-key); no deployment does",
	KeyNotReady:     "aws kms describe-key shows the key's state: it has to be Enabled",
	WrongKey:        "the queue is encrypted with a key that cannot encrypt and decrypt: deploy the stack again",
	Throttled:       "try again later",
	NoAnswer:        "look at the network, proxies and certificates",
	NotAWS:          "the endpoint did not answer as AWS does: look at -endpoint-url, AWS_ENDPOINT_URL and proxies",
	Interrupted:     "interrupted before AWS answered",
	TimedOut:        "the time was up before AWS answered: give more with -timeout",
}

// Cure is what to do about the outcome; empty if it is a decision of AWS.
func (o Outcome) Cure() string { return cures[o] }

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

	// Service is the service that gave an error, KMS where SQS passes one on.
	Service string
	// Relayed is that the service that was called passed an error of KMS on, and so
	// had let the caller in itself.
	Relayed bool

	Code, Message string // as AWS said it, on one line
}

// ErrNoCredentials is that the SDK's chain of credentials ended with nothing.
var ErrNoCredentials = errors.New("no credentials")

// ErrEmpty is that an answer came without what AWS always gives.
var ErrEmpty = errors.New("the answer was empty")

// Read reads the error of a call of the SDK; nil is an acceptance. ctx is the whole
// run's: where it is over, the error is of that.
func Read(ctx context.Context, err error) Answer {
	var api smithy.APIError
	switch {
	case err == nil:
		return Answer{Got: Accepted}
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return Answer{Got: TimedOut}
	case ctx.Err() != nil:
		return Answer{Got: Interrupted}
	case errors.Is(err, profile.ErrNoTerminal):
		return Answer{Got: NoCode}
	case errors.Is(err, organization.ErrIncomplete), errors.Is(err, ErrEmpty):
		return Answer{Got: NotAWS, Message: OneLine(err.Error())}
	case errors.As(err, &api) && api.ErrorCode() != "UnknownError":
		return readAPI(err, api)
	case errors.Is(err, ErrNoCredentials):
		return readCredentials(err)
	}
	return readNetwork(err)
}

// readCredentials says why there are none. What the SDK says of it is left out, as
// it can hold the output of a credential_process.
func readCredentials(err error) Answer {
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return Answer{Got: TimedOut}
	case strings.Contains(strings.ToLower(err.Error()), "expired"):
		return Answer{Got: Expired}
	}
	return Answer{Got: NoCredentials}
}

// readNetwork says what kept an answer from coming, or from being one of AWS.
func readNetwork(err error) Answer {
	a := Answer{Got: NoAnswer, Message: OneLine(err.Error())}
	var dns *net.DNSError
	var response *smithyhttp.ResponseError
	switch {
	case errors.As(err, &dns):
		a.Message = "the name " + dns.Name + " was not found"
	case errors.Is(err, syscall.ECONNREFUSED):
		a.Message = "the connection was refused"
	case errors.As(err, &response) && response.HTTPStatusCode() != 0:
		a.Got, a.Message = NotAWS, response.Response.Status
	}
	return a
}

func readAPI(err error, api smithy.APIError) Answer {
	a := Answer{Code: shortCode(api.ErrorCode()), Message: OneLine(api.ErrorMessage())}
	if operation := (*smithy.OperationError)(nil); errors.As(err, &operation) {
		a.Service = operation.ServiceID
	}
	code, relayed := plainCode(a.Code)
	if a.Service == "SSM" && ofKMS(a.Message) { // Parameter Store has codes of its own
		code, relayed = accessDenied, true
	}
	if a.Relayed = relayed; relayed {
		a.Service = "KMS"
	}
	a.Got = Failed
	for _, row := range meanings {
		if (row.codes == nil || slices.Contains(row.codes, code)) && (row.text == nil || row.text.MatchString(a.Message)) {
			a.Got = row.got
			break
		}
	}
	if a.Got == Refused {
		a.Refusal = readRefusal(code, a)
	}
	return a
}

// OneLine is text without line ends and runs of spaces.
func OneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
