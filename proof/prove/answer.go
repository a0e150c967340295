package prove

// An outcome is what became of a step, in one or two words.
type outcome string

// What a step can be expected to come to.
const (
	identified outcome = "identified"
	assumed    outcome = "assumed"
	accepted   outcome = "accepted"
	refused    outcome = "refused"
	received   outcome = "received"
	found      outcome = "found"
	valid      outcome = "valid"
	notPublic  outcome = "not public"
)

// What is against what was expected.
const (
	altered  outcome = "altered"
	missing  outcome = "missing"
	outside  outcome = "outside"
	findings outcome = "findings"
	public   outcome = "public"
)

// What else can become of a step. All of it shows nothing.
const (
	notReceived    outcome = "not received"
	notTried       outcome = "not tried"
	notAsked       outcome = "not asked"
	noCredentials  outcome = "no credentials"
	badCredentials outcome = "bad credentials"
	noCode         outcome = "no MFA code"
	expired        outcome = "expired token"
	wrongAccount   outcome = "wrong account"
	wrongRegion    outcome = "wrong region"
	wrongClock     outcome = "wrong clock"
	noQueue        outcome = "no queue"
	noKey          outcome = "no key"
	keyDisabled    outcome = "key disabled"
	keyDeleted     outcome = "key deleted"
	throttled      outcome = "throttled"
	noAnswer       outcome = "no answer"
	notAWS         outcome = "not AWS"
	interrupted    outcome = "interrupted"
	timedOut       outcome = "timed out"
	failed         outcome = "error"
)

// A kind of policy, or what else can refuse a call.
type kind string

// What can refuse a call. The first three are the resource's own policy.
const (
	unnamed         kind = "" // AWS does not say
	queuePolicy     kind = "queue policy"
	keyPolicy       kind = "key policy"
	trustPolicy     kind = "trust policy"
	identityPolicy  kind = "identity policy"
	boundary        kind = "permissions boundary"
	sessionPolicy   kind = "session policy"
	serviceControl  kind = "service control policy"
	resourceControl kind = "resource control policy"
	endpointPolicy  kind = "VPC endpoint policy"
	service         kind = "the service itself" // it would refuse whoever asks
)

// A side is who a policy belongs to.
type side string

const (
	callers   side = "caller"
	resources side = "resource"
	network   side = "network"
)

// side is empty for a policy that is not named.
func (k kind) side() side {
	switch k {
	case queuePolicy, keyPolicy, trustPolicy, resourceControl, service:
		return resources
	case identityPolicy, boundary, sessionPolicy, serviceControl:
		return callers
	case endpointPolicy:
		return network
	}
	return ""
}

// A manner is how a policy refuses.
type manner string

const (
	explicit manner = "explicit" // by a Deny
	implicit manner = "implicit" // by allowing nothing of it
)

// A refusal is what AWS says of who refused and how.
type refusal struct {
	policy kind
	deny   manner // empty if AWS does not say
	arn    string // the policy's, if AWS gave it
	action string // the action that was refused, like kms:Decrypt, if AWS gave it
	absent bool   // AWS would say the same if the resource were not there
	rule   rule   // of STS, if it was none of the policies
}

// A rule is a reason of STS that is none of the policies, or has its own cure.
type rule string

const (
	noRoot            rule = "root"
	mfaFailed         rule = "MFA"
	tagSession        rule = "sts:TagSession"
	setSourceIdentity rule = "sts:SetSourceIdentity"
)

// An answer is what was understood of the outcome of a step. The words for it
// are in words.go.
type answer struct {
	got      outcome
	refusal  refusal
	control  bool     // its own policy was seen to allow what was refused
	unproved bool     // its own send was not accepted, so it may be no sender
	because  because  // of what was not tried or shows less than it seems: why
	facts    []string // what is shown as it is: an ARN, a message's id, a finding

	service       string // of an error: the service that was called
	relayed       bool   // it told an error of KMS, and so had let the caller in itself
	code, message string // as AWS said it
}

// A verdict is what a step shows.
type verdict string

const (
	holds     verdict = "holds"
	fails     verdict = "FAILS"
	notTested verdict = "not tested" // it was refused, but not by what it is there to test
	unknown   verdict = "unknown"    // it could not be done, or AWS does not say enough
	skipped   verdict = "skipped"    // it was not asked for
)
