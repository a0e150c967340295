package answer

import (
	"regexp"
	"slices"
	"strings"
)

// What AWS says over the wire, and what it means. The texts of refusals, and what
// each leaves unsaid:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
// https://aws.amazon.com/blogs/security/enhanced-access-denied-error-messages-with-policy-arns

const (
	accessDenied = "AccessDeniedException"

	// SQS refuses plain HTTP and unsigned requests to an encrypted queue with it.
	// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
	invalidSecurity = "InvalidSecurity"
)

// meanings are what codes mean beside those that package trouble knows. The first row
// that matches counts; no text is any.
var meanings = []struct {
	codes []string
	text  *regexp.Regexp
	got   Outcome
	cure  string
}{
	{[]string{"AccessDenied", accessDenied}, regexp.MustCompile(`(?i)\baccount\b.{0,60}\b(suspended|closed)\b`), "account not active",
		"look at the account in AWS Organizations: take a profile of one that is active"},
	{[]string{invalidSecurity}, nil, Refused, ""},
	// A dry run that would have succeeded fails so.
	// https://docs.aws.amazon.com/kms/latest/developerguide/testing-permissions.html
	{[]string{"DryRunOperationException"}, nil, Accepted, ""},
	// Who is told of the ciphertext, the receipt handle or messages in flight has been
	// let in to where they are looked at.
	{[]string{"InvalidCiphertextException", "IncorrectKeyException", "ReceiptHandleIsInvalid", "InvalidIdFormat", "MessageNotInflight", "OverLimit"}, nil, Accepted, ""},
	{[]string{"InvalidParameterValue"}, regexp.MustCompile(`(?i)receipt ?handle`), Accepted, ""},
	{[]string{"QueueDoesNotExist", "NonExistentQueue"}, nil, NoQueue, "the queue is not there, or may not be seen: AWS says the same of both"},
	{[]string{"NotFoundException"}, nil, NoKey, ""},
	{[]string{"DisabledException", "InvalidStateException"}, regexp.MustCompile(`(?i)pending (replica )?deletion`), KeyDeleted,
		"cancel the deletion of the key (aws kms cancel-key-deletion), then enable it (aws kms enable-key); no deployment does"},
	{[]string{"DisabledException"}, nil, KeyDisabled, "enable the key (aws kms enable-key); no deployment does"},
	{[]string{"InvalidStateException"}, nil, KeyNotReady, "aws kms describe-key shows the key's state: it has to be Enabled"},
	{[]string{"InvalidKeyUsageException"}, nil, WrongKey, "the queue is encrypted with a key that cannot encrypt and decrypt: deploy the stack again"},
	{[]string{"KeyUnavailableException"}, nil, Unavailable, "try again later"},
}

// relay is the code of KMS that SQS passes on, or the code itself. SQS has names of
// its own for them in its JSON protocol; in its query protocol they are KMS's behind
// "KMS.".
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
func relay(code string) (kms string, relayed bool) {
	kms, relayed = strings.CutPrefix(code, "KMS.")
	if name, own := strings.CutPrefix(code, "Kms"); own {
		kms, relayed = name, true
	}
	kms = strings.Replace(kms, "KMSInvalidState", "InvalidState", 1)
	exceptions := []string{"AccessDenied", "Disabled", "InvalidKeyUsage", "InvalidState", "NotFound"}
	switch {
	case kms == "Throttled":
		kms = "ThrottlingException"
	case slices.Contains(exceptions, kms):
		kms += "Exception"
	}
	return kms, relayed
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

	// A refusal of KMS that another service passes on under a code of its own.
	kmsText = regexp.MustCompile(`(?i)not authorized to perform: kms:|^The ciphertext refers to|AccessDenied.*Service: AWSKMS|Service: AWSKMS.*AccessDenied`)
)

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
			r.Policy = resourcePolicy(r.Action, a.Service)
		}
		return r
	}
	if someDeny.MatchString(a.Message) {
		r.Deny = Explicit
	}
	r.MaybeAbsent = maybeAbsent.MatchString(a.Message)
	return r
}

// resourcePolicies are whose policy the resource-based one is, by the action that was
// refused, or by its service. That may be another than was called: SQS asks KMS. Only
// who assumes a role asks its trust policy.
var resourcePolicies = map[string]Policy{
	"kms": KeyPolicy, "sqs": QueuePolicy,
	"sts:assumerole": TrustPolicy, "sts:tagsession": TrustPolicy, "sts:setsourceidentity": TrustPolicy,
}

func resourcePolicy(action, service string) Policy {
	action = strings.ToLower(action)
	if policy, ok := resourcePolicies[action]; ok {
		return policy
	}
	if of, _, ok := strings.Cut(action, ":"); ok {
		return resourcePolicies[of]
	}
	return resourcePolicies[strings.ToLower(service)]
}
