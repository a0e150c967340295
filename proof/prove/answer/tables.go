package answer

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
)

// What AWS says over the wire, and what it means. The texts of refusals, and what
// each leaves unsaid:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
// https://aws.amazon.com/blogs/security/enhanced-access-denied-error-messages-with-policy-arns

const (
	accessDenied = "AccessDenied"

	// SQS refuses plain HTTP and unsigned requests to an encrypted queue with it.
	// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
	invalidSecurity = "InvalidSecurity"
)

// meanings are what codes mean, as plainCode writes them. The first row that matches
// counts; no codes are all, no text is any.
var meanings = []struct {
	codes []string
	text  *regexp.Regexp
	got   Outcome
}{
	{nil, regexp.MustCompile(`(?i)\baccount\b.{0,60}\b(suspended|closed|blocked)\b`), InactiveAccount},
	{[]string{"OptInRequired", "AccountSuspended", "Blocked", "PendingVerification"}, nil, InactiveAccount},
	{[]string{accessDenied, invalidSecurity}, nil, Refused},
	// A dry run that would have succeeded fails so.
	// https://docs.aws.amazon.com/kms/latest/developerguide/testing-permissions.html
	{[]string{"DryRunOperation"}, nil, Accepted},
	// Who is told of the ciphertext, the receipt handle or messages in flight has been
	// let in to where they are looked at.
	{[]string{"InvalidCiphertext", "IncorrectKey", "ReceiptHandleIsInvalid", "InvalidIdFormat", "MessageNotInflight", "OverLimit"}, nil, Accepted},
	{[]string{"InvalidParameterValue"}, regexp.MustCompile(`(?i)receipt ?handle`), Accepted},
	{[]string{"ExpiredToken", "TokenRefreshRequired", "RequestExpired"}, nil, Expired},
	// IAM Identity Center, for a session that has ended.
	// https://docs.aws.amazon.com/singlesignon/latest/PortalAPIReference/API_GetRoleCredentials.html
	// https://docs.aws.amazon.com/singlesignon/latest/OIDCAPIReference/API_CreateToken.html
	{[]string{"Unauthorized", "InvalidGrant", "InvalidClient", "UnauthorizedClient"}, nil, Expired},
	{[]string{"Forbidden"}, nil, NoAssignment},
	// The codes for a wrong signature have more than one cause.
	{signatureCodes, regexp.MustCompile(`scoped to a valid region|scoped to correct|valid region`), WrongRegion},
	{[]string{"RegionDisabled", "InvalidAddress"}, nil, WrongRegion},
	{append([]string{"RequestTimeTooSkewed"}, signatureCodes...), regexp.MustCompile(`(?i)signature (has )?expired|not yet current|clock`), WrongClock},
	{signatureCodes, nil, BadCredentials},
	// AWS says the same of a queue that may not be seen.
	{[]string{"QueueDoesNotExist", "NonExistentQueue"}, nil, NoQueue},
	{[]string{"NotFound"}, nil, NoKey},
	{[]string{"Disabled", "InvalidState"}, regexp.MustCompile(`(?i)pending (replica )?deletion`), KeyDeleted},
	{[]string{"Disabled"}, nil, KeyDisabled},
	{[]string{"InvalidState"}, nil, KeyNotReady},
	{[]string{"InvalidKeyUsage"}, nil, WrongKey},
	{throttleCodes(), nil, Throttled},
}

var signatureCodes = []string{"InvalidSignature", "SignatureDoesNotMatch", "AuthFailure", "InvalidClientTokenId", "UnrecognizedClient",
	"InvalidAccessKeyId", "IncompleteSignature", "MissingAuthenticationToken", "NotAuthorized"}

func throttleCodes() []string {
	all := []string{"Throttled", "KeyUnavailable"}
	for code := range maps.Keys(retry.DefaultThrottleErrorCodes) {
		plain, _ := plainCode(code)
		all = append(all, plain)
	}
	return all
}

// shortCode is an error's code without the prefixes that protocols put before it.
func shortCode(code string) string {
	return strings.TrimPrefix(code[strings.LastIndex(code, "#")+1:], "AWS.SimpleQueueService.")
}

// plainCode is a code without what services and protocols add to the same name. SQS
// passes errors of KMS on, behind "KMS." in its query protocol and "Kms" in that of
// JSON.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
func plainCode(code string) (plain string, relayed bool) {
	for _, prefix := range []string{"KMS.", "Kms"} {
		if rest, ok := strings.CutPrefix(code, prefix); ok {
			code, relayed = rest, true
		}
	}
	return strings.TrimSuffix(strings.TrimPrefix(code, "KMS"), "Exception"), relayed
}

// policies are the kinds of policy as refusals name them. Whose a resource-based
// policy is follows from the action.
var policies = []struct {
	text   *regexp.Regexp
	policy Policy
}{
	{reason(`identity-based policy`), IdentityPolicy},
	{reason(`role trust policy`), TrustPolicy},
	{reason(`permissions boundary`), Boundary},
	{reason(`session policy`), SessionPolicy},
	{reason(`service control policy`), ServiceControl},
	{reason(`resource control policy`), ResourceControl},
	{reason(`VPC endpoint policy`), EndpointPolicy},
	{reason(`resource-based policy`), Unnamed}, // resourcePolicy says which
}

// reason matches a kind of policy in the two ways in which AWS names it: "because no
// … allows", "explicit deny in a …", with an ARN or without.
func reason(policy string) *regexp.Regexp {
	return regexp.MustCompile(`(?i)(?:because no ` + policy + ` allows|(explicit deny) in (?:an? |the )?` + policy + `)` +
		`(?: the [^ ]+ action)?(?:: (arn:[^ ]+))?`)
}

// Texts that name no policy.
var (
	maybeAbsent   = regexp.MustCompile(`(?i)the resource does not exist in this Region, no resource-based policies allow access`)
	someDeny      = regexp.MustCompile(`(?i)with an explicit deny`)
	refusedAction = regexp.MustCompile(`(?i)not authorized to perform: ([a-z0-9-]+:[a-z*]+)`)
	kmsText       = regexp.MustCompile(`(?i)not authorized to perform: kms:|^The ciphertext refers to|AccessDenied.*Service: AWSKMS|Service: AWSKMS.*AccessDenied`)
)

// ofKMS reports whether a text that another service gives is a refusal of KMS.
func ofKMS(message string) bool { return kmsText.MatchString(message) }

func readRefusal(code string, a Answer) Refusal {
	var r Refusal
	if m := refusedAction.FindStringSubmatch(a.Message); m != nil {
		r.Action = m[1]
	}
	if code == invalidSecurity {
		r.Policy = TheService
		return r
	}
	for _, p := range policies {
		m := p.text.FindStringSubmatch(a.Message)
		if m == nil {
			continue
		}
		r.Policy, r.Deny, r.PolicyARN = p.policy, Implicit, strings.TrimRight(m[2], ".,;)")
		if m[1] != "" {
			r.Deny = Explicit
		}
		if p.policy == Unnamed {
			r.Policy = resourcePolicy(r.Action, a)
		}
		return r
	}
	if someDeny.MatchString(a.Message) {
		r.Deny = Explicit
	}
	r.MaybeAbsent = maybeAbsent.MatchString(a.Message)
	return r
}

// resourcePolicies are the policies of the resources that a service decides about.
var resourcePolicies = map[string]Policy{"kms": KeyPolicy, "sqs": QueuePolicy}

// resourcePolicy is which resource's policy AWS means. What was refused may be
// another service's action than was called: SQS asks KMS. Only who assumes a role
// asks its trust policy.
func resourcePolicy(action string, a Answer) Policy {
	service, _, _ := strings.Cut(strings.ToLower(action), ":")
	if slices.Contains([]string{"sts:assumerole", "sts:tagsession", "sts:setsourceidentity"}, strings.ToLower(action)) {
		return TrustPolicy
	}
	if policy, ok := resourcePolicies[service]; ok {
		return policy
	}
	if action != "" {
		return Unnamed
	}
	return resourcePolicies[strings.ToLower(a.Service)]
}
