package prove

import (
	"context"
	"errors"
	"net"
	"regexp"
	"slices"
	"strings"
	"syscall"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"example.com/shared-queue/proof/aws/organization"
	"example.com/shared-queue/proof/aws/profile"
)

// This file is all that is known of what AWS says over the wire, and what it
// means. The texts of refusals, and what each leaves unsaid:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
// https://aws.amazon.com/blogs/security/enhanced-access-denied-error-messages-with-policy-arns

// policies are the kinds of policy as refusals name them. Whose resource a
// resource-based policy is of follows from the action.
var policies = []struct {
	says *regexp.Regexp
	kind kind
}{
	{says(`identity-based policy`), identityPolicy},
	{says(`role trust policy`), trustPolicy},
	{says(`permissions boundary`), boundary},
	{says(`session policy`), sessionPolicy},
	{says(`service control policy`), serviceControl},
	{says(`resource control policy`), resourceControl},
	{says(`VPC endpoint policy`), endpointPolicy},
	{says(`resource-based policy`), unnamed}, // resourcePolicy says which
}

// says matches a kind of policy in one of the two ways that AWS names it:
// "because no … allows", "explicit deny in a …", with an ARN or without.
func says(policy string) *regexp.Regexp {
	return regexp.MustCompile(`(?i)(?:because no ` + policy + ` allows|(explicit deny) in (?:an? |the )?` + policy + `)` +
		`(?: the [^ ]+ action)?(?:: (arn:[^ ]+))?`)
}

// Texts that name no policy.
var (
	// It lists what it may be: no such key, or what the key's policy says.
	perhapsAbsent = regexp.MustCompile(`(?i)the resource does not exist in this Region, no resource-based policies allow access`)
	someDeny      = regexp.MustCompile(`(?i)with an explicit deny`)
	refusedAction = regexp.MustCompile(`(?i)not authorized to perform: ([a-z0-9-]+:[a-z*]+)`)
)

// rules are the refusals of STS that come from no policy of the role, or whose
// cure is a special one.
var rules = []struct {
	says *regexp.Regexp
	rule rule
}{
	{regexp.MustCompile(`(?i)roles may not be assumed by root accounts`), noRoot},
	{regexp.MustCompile(`(?i)MultiFactorAuthentication failed`), mfaFailed},
	{regexp.MustCompile(`(?i)not authorized to perform: sts:TagSession`), tagSession},
	{regexp.MustCompile(`(?i)not authorized to perform: sts:SetSourceIdentity`), setSourceIdentity},
}

// refusals are the codes of a call that came to the service and was not
// authorised. SQS refuses plain HTTP to an encrypted queue with InvalidSecurity.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
var refusals = []string{"AccessDenied", "AccessDeniedException", "InvalidSecurity"}

// relayedCodes are the names that SQS has for errors of KMS in its JSON
// protocol. In the query protocol's they are KMS's own behind "KMS.".
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
var relayedCodes = map[string]string{
	"KmsAccessDenied":    "AccessDeniedException",
	"KmsDisabled":        "DisabledException",
	"KmsInvalidKeyUsage": "InvalidKeyUsageException",
	"KmsInvalidState":    "KMSInvalidStateException",
	"KmsNotFound":        "NotFoundException",
	"KmsOptInRequired":   "OptInRequired",
	"KmsThrottled":       "ThrottlingException",
}

func codes(c ...string) []string { return c }

var (
	anything = regexp.MustCompile(``)
	// InvalidSignatureException and its likes have more than one cause.
	scope = regexp.MustCompile(`scoped to a valid region|scoped to correct|valid region`)
	clock = regexp.MustCompile(`(?i)signature (has )?expired|not yet current|clock`)
	dying = regexp.MustCompile(`(?i)pending (replica )?deletion`)
)

// troubles are the codes that are no refusal. The first that matches counts.
var troubles = []struct {
	codes []string
	says  *regexp.Regexp
	got   outcome
}{
	// A dry run that would have succeeded fails so.
	// https://docs.aws.amazon.com/kms/latest/developerguide/testing-permissions.html
	{codes("DryRunOperationException"), anything, accepted},
	// Who is told about the ciphertext or the receipt handle has been let in to
	// where it is looked at.
	{codes("InvalidCiphertextException", "IncorrectKeyException", "ReceiptHandleIsInvalid"), anything, accepted},
	{codes("ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired", "RequestExpired"), anything, expired},
	{codes("InvalidSignatureException", "SignatureDoesNotMatch", "AuthFailure", "InvalidClientTokenId"), scope, wrongRegion},
	{codes("RegionDisabledException", "OptInRequired", "InvalidAddress"), anything, wrongRegion},
	{codes("InvalidSignatureException", "SignatureDoesNotMatch", "RequestTimeTooSkewed"), clock, wrongClock},
	{codes("InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidSignatureException",
		"IncompleteSignature", "IncompleteSignatureException", "MissingAuthenticationToken", "MissingAuthenticationTokenException", "AuthFailure", "NotAuthorized"), anything, badCredentials},
	// AWS says the same of a queue that may not be seen.
	{codes("QueueDoesNotExist", "NonExistentQueue"), anything, noQueue},
	{codes("NotFoundException"), anything, noKey},
	{codes("DisabledException", "InvalidStateException", "KMSInvalidStateException"), dying, keyDeleted},
	{codes("DisabledException"), anything, keyDisabled},
	{throttles(), anything, throttled},
}

func throttles() []string {
	var all []string
	for c := range retry.DefaultThrottleErrorCodes {
		all = append(all, c)
	}
	return all
}

// understand reads an error of the SDK. ctx is the whole run's.
func understand(ctx context.Context, err error) answer {
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return answer{got: timedOut}
	case ctx.Err() != nil:
		return answer{got: interrupted}
	case errors.Is(err, profile.ErrNoTerminal):
		return answer{got: noCode}
	case errors.Is(err, organization.ErrIncomplete):
		return answer{got: failed, message: oneLine(err.Error())}
	}
	var api smithy.APIError
	if errors.As(err, &api) && api.ErrorCode() != "UnknownError" {
		return understandAPI(err, api)
	}
	if errors.Is(err, errNoCredentials) {
		return understandCredentials(err)
	}
	return understandNetwork(err)
}

func understandAPI(err error, api smithy.APIError) answer {
	a := answer{code: code(api), message: oneLine(api.ErrorMessage())}
	if operation := (*smithy.OperationError)(nil); errors.As(err, &operation) {
		a.service = operation.ServiceID
	}
	plain, relayed := relay(a.code)
	bySSM := a.service == "SSM" && ofKMS(a.message) // under codes of SSM's own
	a.relayed = relayed || bySSM
	if slices.Contains(refusals, plain) || bySSM {
		a.got, a.refusal = refused, understandRefusal(plain, a)
		return a
	}
	a.got = failed
	for _, t := range troubles {
		if slices.Contains(t.codes, plain) && t.says.MatchString(a.message) {
			a.got = t.got
			break
		}
	}
	return a
}

// code is an error's code without the prefixes that protocols put before it.
func code(api smithy.APIError) string {
	c := api.ErrorCode()
	if i := strings.LastIndex(c, "#"); i >= 0 {
		c = c[i+1:]
	}
	return strings.TrimPrefix(c, "AWS.SimpleQueueService.")
}

// relay is the code of KMS that SQS relays, or the code itself.
func relay(code string) (plain string, relayed bool) {
	if rest, ok := strings.CutPrefix(code, "KMS."); ok {
		return rest, true
	}
	if known, ok := relayedCodes[code]; ok {
		return known, true
	}
	return code, false
}

// ofKMS reports whether a text that another service gives is one of KMS.
func ofKMS(message string) bool {
	return strings.HasPrefix(action(message), "kms:") || strings.HasPrefix(message, "The ciphertext refers to") ||
		strings.Contains(message, "Service: AWSKMS") && strings.Contains(message, "AccessDenied")
}

func action(message string) string {
	if m := refusedAction.FindStringSubmatch(message); m != nil {
		return m[1]
	}
	return ""
}

// understandRefusal reads who refused.
func understandRefusal(code string, a answer) refusal {
	r := refusal{action: action(a.message)}
	if code == "InvalidSecurity" {
		r.policy = service
		return r
	}
	for _, rule := range rules {
		if rule.says.MatchString(a.message) {
			r.rule = rule.rule
		}
	}
	for _, p := range policies {
		m := p.says.FindStringSubmatch(a.message)
		if m == nil {
			continue
		}
		r.policy, r.deny, r.arn = p.kind, implicit, strings.TrimRight(m[2], ".,;)")
		if m[1] != "" {
			r.deny = explicit
		}
		if p.kind == unnamed {
			r.policy = resourcePolicy(r.action, a)
		}
		return r
	}
	if someDeny.MatchString(a.message) {
		r.deny = explicit
	}
	r.absent = perhapsAbsent.MatchString(a.message)
	return r
}

// resourcePolicy is which resource's policy AWS means. What was refused may be
// another service's action than was called: SQS asks KMS.
func resourcePolicy(action string, a answer) kind {
	prefix, _, _ := strings.Cut(action, ":")
	switch {
	case prefix == "kms" || a.relayed || a.service == "KMS":
		return keyPolicy
	case prefix == "sts" || a.service == "STS":
		return trustPolicy
	case prefix == "sqs" || a.service == "SQS":
		return queuePolicy
	}
	return unnamed
}

// understandCredentials says why there are none. What the SDK says of it is
// left out, as it can hold the output of a credential_process.
func understandCredentials(err error) answer {
	if errors.Is(err, context.DeadlineExceeded) {
		return answer{got: timedOut}
	}
	if text := strings.ToLower(err.Error()); strings.Contains(text, "expired") || strings.Contains(text, "invalidgrant") {
		return answer{got: expired}
	}
	return answer{got: noCredentials}
}

// understandNetwork says what kept an answer from coming, or from being one of
// AWS.
func understandNetwork(err error) answer {
	a := answer{got: noAnswer, message: oneLine(err.Error())}
	var dns *net.DNSError
	var response *smithyhttp.ResponseError
	switch {
	case errors.As(err, &dns):
		a.because, a.facts = noSuchName, []string{dns.Name}
	case errors.Is(err, syscall.ECONNREFUSED):
		a.because = noConnection
	case errors.As(err, &response) && response.HTTPStatusCode() != 0:
		a.got, a.facts = notAWS, []string{response.Response.Status}
	}
	return a
}

// oneLine is text without line ends and runs of spaces.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
