package main

import (
	"context"
	"errors"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"syscall"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// An outcome is what became of a step, in one or two words.
type outcome string

// What a step can be expected to come to.
const (
	identified outcome = "identified"
	assumed    outcome = "assumed"
	accepted   outcome = "accepted"
	refused    outcome = "refused"
	received   outcome = "received"
)

// What else can become of a step. All of it proves nothing.
const (
	altered        outcome = "altered"
	notReceived    outcome = "not received"
	notTried       outcome = "not tried"
	notAsked       outcome = "not asked"
	unclear        outcome = "unclear"
	noCredentials  outcome = "no credentials"
	badCredentials outcome = "bad credentials"
	expired        outcome = "expired token"
	wrongAccount   outcome = "wrong account"
	wrongRegion    outcome = "wrong region"
	wrongClock     outcome = "wrong clock"
	noQueue        outcome = "no queue"
	noKey          outcome = "no key"
	throttled      outcome = "throttled"
	noAnswer       outcome = "no answer"
	interrupted    outcome = "interrupted"
	timedOut       outcome = "timed out"
	failed         outcome = "error"
)

// The policies that can refuse a call.
const (
	queuePolicy    = "queue policy"
	keyPolicy      = "key policy"
	trustPolicy    = "trust policy"
	identityPolicy = "identity policy"
)

// An answer is what AWS answered, in the words of this product.
type answer struct {
	got    outcome
	policy string // of a refusal: which policy refused; empty if AWS does not say
	vague  bool   // of a refusal: AWS would say the same if the key were not there
	detail string // one line

	code, message string // of an error: as AWS said it
}

// explain puts an error of the SDK in our words. ctx is the whole run's.
func explain(ctx context.Context, err error) answer {
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return answer{got: timedOut, detail: "the time was up before AWS answered: give more with -timeout"}
	case ctx.Err() != nil:
		return answer{got: interrupted, detail: "interrupted before AWS answered"}
	case errors.Is(err, errNoCredentials):
		return explainCredentials(err)
	}
	var api smithy.APIError
	if !errors.As(err, &api) || api.ErrorCode() == "UnknownError" {
		return explainNetwork(err)
	}
	a := answer{code: code(api), message: oneLine(api.ErrorMessage())}
	service := ""
	if operation := (*smithy.OperationError)(nil); errors.As(err, &operation) {
		service = operation.ServiceID
	}
	if slices.Contains(refusals, a.code) {
		a.got = refused
		a.policy = refusedBy(service, a.code, a.message)
		a.vague = service == "KMS" && strings.Contains(a.message, "does not exist")
		a.detail = "by " + a.by()
		if a.code == "InvalidSecurity" {
			a.detail = "by SQS, which takes no plain HTTP for an encrypted queue"
		}
		return a
	}
	for _, t := range troubles {
		if slices.Contains(t.codes, a.code) && t.says.MatchString(a.message) {
			a.got, a.detail = t.got, t.detail
			return a
		}
	}
	a.got, a.detail = failed, "AWS answered "+a.code+": "+a.message
	return a
}

// by says which policy refused.
func (a answer) by() string {
	policy := "the " + a.policy
	switch a.policy {
	case "":
		return "a policy that AWS does not name"
	case identityPolicy:
		policy = "its own " + a.policy
	}
	if strings.Contains(a.message, "explicit deny") {
		return "an explicit deny in " + policy
	}
	return policy
}

// refusals are the codes of a call that came to the service and was not
// authorised. SQS tells a refusal of KMS under codes of its own, and refuses
// plain HTTP to an encrypted queue with InvalidSecurity.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
var refusals = []string{
	"AccessDenied", "AccessDeniedException",
	"KmsAccessDenied", "KMS.AccessDeniedException",
	"InvalidSecurity",
}

// policies are the kinds that a refusal names.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
var policies = []struct{ says, policy string }{
	{"identity-based polic", identityPolicy},
	{"trust polic", trustPolicy},
	{"service control polic", "service control policy"},
	{"resource control polic", "resource control policy"},
	{"permissions boundar", "permissions boundary"},
	{"session polic", "session policy"},
	{"vpc endpoint polic", "VPC endpoint policy"},
}

// reason is the part of a refusal that follows the names, which a user chose.
var reason = regexp.MustCompile(`(?i)(?: because |explicit deny).*`)

func refusedBy(service, code, message string) string {
	why := strings.ToLower(reason.FindString(message))
	for _, p := range policies {
		if strings.Contains(why, p.says) {
			return p.policy
		}
	}
	switch {
	case !strings.Contains(why, "resource-based polic"):
		return ""
	case service == "KMS" || strings.HasPrefix(strings.ToLower(code), "kms"):
		return keyPolicy
	case service == "STS":
		return trustPolicy
	}
	return queuePolicy
}

// code is an error's code without the prefixes that protocols put before it.
func code(api smithy.APIError) string {
	c := api.ErrorCode()
	if i := strings.LastIndex(c, "#"); i >= 0 {
		c = c[i+1:]
	}
	return strings.TrimPrefix(c, "AWS.SimpleQueueService.")
}

func codes(c ...string) []string { return c }

var (
	anything = regexp.MustCompile(``)
	// InvalidSignatureException and its likes have more than one cause.
	scope = regexp.MustCompile(`scoped to a valid region|scoped to correct|valid region`)
	clock = regexp.MustCompile(`(?i)signature (has )?expired|not yet current|clock`)
)

// troubles are the codes that say nothing about who may do what. The first
// that matches counts.
var troubles = []struct {
	codes  []string
	says   *regexp.Regexp
	got    outcome
	detail string
}{
	// A dry run that would have succeeded fails so.
	// https://docs.aws.amazon.com/kms/latest/developerguide/testing-permissions.html
	{codes("DryRunOperationException"), anything, accepted, "KMS would have done it (a dry run)"},
	// Who is told about the ciphertext has been let in to where it is looked at.
	{codes("InvalidCiphertextException", "IncorrectKeyException"), anything, accepted, "KMS looked at the ciphertext instead of refusing the caller"},
	{codes("ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired", "RequestExpired"), anything,
		expired, "the credentials have expired: sign in again (aws sso login) or renew them"},
	{codes("InvalidSignatureException", "SignatureDoesNotMatch", "AuthFailure", "InvalidClientTokenId"), scope,
		wrongRegion, "the endpoint is of another Region than the settings: correct the environment's region, or -endpoint-url and AWS_ENDPOINT_URL"},
	{codes("RegionDisabledException", "OptInRequired", "KmsOptInRequired", "InvalidAddress"), anything,
		wrongRegion, "the account or endpoint does not serve the Region of the settings: correct the environment's region, or enable the Region in the account"},
	{codes("InvalidSignatureException", "SignatureDoesNotMatch", "RequestTimeTooSkewed"), clock,
		wrongClock, "the clock of this computer is off: set it"},
	{codes("InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidSignatureException",
		"IncompleteSignature", "IncompleteSignatureException", "MissingAuthenticationToken", "MissingAuthenticationTokenException", "AuthFailure", "NotAuthorized"), anything,
		badCredentials, "AWS does not know the credentials: take others, or enable the Region in their account if it is one to opt in to"},
	{codes("QueueDoesNotExist", "NonExistentQueue"), anything, noQueue, "the queue is not there (yet)"},
	{codes("NotFoundException", "KmsNotFound", "KMS.NotFoundException"), anything, noKey, "the key is not there (yet)"},
	{codes("DisabledException", "KmsDisabled", "KMS.DisabledException", "KMSInvalidStateException", "KmsInvalidState", "KMS.InvalidStateException", "KMS.KMSInvalidStateException"), anything,
		noKey, "the key is disabled or about to be deleted: enable it"},
	{append(codes("KmsThrottled", "KMS.ThrottlingException"), throttles()...), anything,
		throttled, "AWS still asked to slow down after every attempt: try again later"},
}

func throttles() []string {
	var all []string
	for c := range retry.DefaultThrottleErrorCodes {
		all = append(all, c)
	}
	return all
}

// explainCredentials says why there are none. What the SDK says of it is left
// out, as it can hold the output of a credential_process.
func explainCredentials(err error) answer {
	if text := strings.ToLower(err.Error()); strings.Contains(text, "expired") || strings.Contains(text, "invalidgrant") {
		return answer{got: expired, detail: "the sign-in has expired: sign in again (aws sso login)"}
	}
	return answer{got: noCredentials, detail: "sign in (aws sso login) or name a profile; aws sts get-caller-identity finds none either"}
}

// explainNetwork says what kept an answer from coming, or from being one of AWS.
func explainNetwork(err error) answer {
	a := answer{got: noAnswer, message: oneLine(err.Error())}
	var dns *net.DNSError
	var response *smithyhttp.ResponseError
	switch {
	case errors.As(err, &dns):
		a.detail = "the name " + dns.Name + " was not found: look at the network, and whether the environment's region is one of AWS"
	case errors.Is(err, syscall.ECONNREFUSED):
		a.detail = "the endpoint refused the connection: look at the network, or at -endpoint-url and AWS_ENDPOINT_URL"
	case errors.As(err, &response) && response.HTTPStatusCode() != 0:
		a.got, a.detail = failed, "the endpoint answered HTTP "+response.Response.Status+", not as AWS does: look at -endpoint-url, AWS_ENDPOINT_URL and proxies"
	default:
		a.detail = "no answer came: look at the network, proxies and certificates"
	}
	return a
}

// noPlainHTTP says how an endpoint shows that it serves no plain HTTP: the
// ways of AWS, and those of Go's, nginx's and other servers on a port of TLS.
func noPlainHTTP(err error, host string) (how string, ok bool) {
	var response *smithyhttp.ResponseError
	var body *smithy.DeserializationError
	var dial *net.OpError
	switch {
	case err == nil:
		return "", false
	case errors.As(err, &dial) && dial.Op == "proxyconnect":
		return "", false // it was a proxy that did not answer
	case errors.Is(err, syscall.ECONNREFUSED):
		return "it refuses the connection", true
	case errors.As(err, &response) && toHTTPS(response.Response.Header.Get("Location"), host):
		return "it redirects to HTTPS", true
	case errors.As(err, &body) && notTLS.Match(body.Snapshot),
		strings.Contains(err.Error(), `malformed HTTP response "\x15\x03`): // an alert of TLS
		return "it speaks TLS only", true
	}
	return "", false
}

// toHTTPS reports whether the location is the same host's by HTTPS: another
// host's is a portal's or a proxy's.
func toHTTPS(location, host string) bool {
	u, err := url.Parse(location)
	return err == nil && u.Scheme == "https" && u.Hostname() == host
}

var notTLS = regexp.MustCompile(`HTTP request (was sent )?to (an )?HTTPS (server|port)`)

// oneLine is text without line ends and runs of spaces.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
