package trouble

import (
	"regexp"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
)

// cures are what to do where the kind alone decides it.
var cures = map[Kind]string{
	NoCredentials:  "sign in (aws sso login, or aws login) or name a profile; aws sts get-caller-identity finds none either",
	BadCredentials: "take other credentials; if the account has to opt in to the Region, enable it there; a profile of GovCloud or China needs a region of that partition",
	BadCode:        "type the code again, each code once",
	Expired:        "sign in again (aws sso login, or aws login) or renew the credentials",
	NotAssigned:    "take a profile whose sso_account_id and sso_role_name are assigned to you in IAM Identity Center, or have them assigned",
	NotAssumed:     "let the profile's source assume its role_arn, in the source's own policy and in the role's trust policy, or take another profile",
	NotActive:      "the account is suspended, closed or not yet set up: take a profile of one that is active",
	WrongRegion:    "correct the Region, or -endpoint-url and AWS_ENDPOINT_URL, or enable the Region in the account",
	WrongClock:     "the clock of this computer is off: set it",
	Throttled:      "AWS still asked to slow down after every attempt: try again later",
	Unavailable:    "try again later",
	NoAnswer:       "look at the network, proxies and certificates",
	NotAWS:         "sign in to the network if it asks for that, and look at -endpoint-url, AWS_ENDPOINT_URL and proxies (HTTPS_PROXY, NO_PROXY)",
}

// An answer is an error of AWS that is known.
type answer struct {
	kind      Kind
	signingIn bool           // only while credentials were looked for
	services  []string       // only of these, as the SDK names them
	says      *regexp.Regexp // only with a message like this
	codes     []string
}

func (a answer) is(t Trouble, signingIn bool) bool {
	return (signingIn || !a.signingIn) &&
		(a.services == nil || slices.Contains(a.services, t.Service)) &&
		(a.says == nil || a.says.MatchString(t.Message)) &&
		slices.Contains(a.codes, t.Code)
}

func list(s ...string) []string { return s }

func says(pattern string) *regexp.Regexp { return regexp.MustCompile("(?i)" + pattern) }

var (
	identityCenter = list("SSO", "SSO OIDC")
	console        = list("Signin") // of aws login
	tokenService   = list("STS")
)

// answers are read from the top: the first that matches counts. The codes that
// all services have:
// https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html
var answers = []answer{
	{kind: Throttled, codes: throttles()},

	// IAM Identity Center, asked for the credentials of a profile.
	// https://docs.aws.amazon.com/singlesignon/latest/PortalAPIReference/API_GetRoleCredentials.html
	// https://docs.aws.amazon.com/singlesignon/latest/OIDCAPIReference/API_CreateToken.html
	{kind: NotAssigned, signingIn: true, services: identityCenter, codes: list("ForbiddenException", "ResourceNotFoundException")},
	{kind: Expired, signingIn: true, services: identityCenter, codes: list("UnauthorizedException", "InvalidGrantException",
		"ExpiredTokenException", "AccessDeniedException", "InvalidClientException", "UnauthorizedClientException")},
	{kind: Expired, signingIn: true, services: console, codes: list("AccessDeniedException", "ResourceNotFoundException")},

	// STS, asked for the role of a profile.
	// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
	{kind: BadCode, signingIn: true, services: tokenService, codes: list("AccessDenied", "ValidationError"),
		says: says(`MultiFactorAuthentication failed|at 'tokenCode'`)},
	{kind: NotAssumed, signingIn: true, services: tokenService, codes: list("AccessDenied")},
	{kind: Expired, signingIn: true, services: tokenService, codes: list("InvalidIdentityToken"), says: says(`expired`)},

	{kind: Expired, codes: list("ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired", "RequestExpired")},
	{kind: NotActive, codes: list("OptInRequired", "InvalidClientTokenId", "UnrecognizedClientException"),
		says: says(`subscription|suspended|closed`)},
	{kind: WrongRegion, codes: list("RegionDisabledException", "OptInRequired", "InvalidAddress")},
	{kind: WrongRegion, codes: list("InvalidSignatureException", "SignatureDoesNotMatch", "AuthFailure", "InvalidClientTokenId"),
		says: says(`scoped to|valid region`)},
	{kind: WrongClock, codes: list("InvalidSignatureException", "SignatureDoesNotMatch"),
		says: says(`signature (has )?expired|not yet current|clock`)},
	{kind: WrongClock, codes: list("RequestTimeTooSkewed", "RequestInTheFuture")},
	{kind: BadCredentials, codes: list("InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId",
		"SignatureDoesNotMatch", "InvalidSignatureException", "IncompleteSignature", "IncompleteSignatureException",
		"MissingAuthenticationToken", "MissingAuthenticationTokenException", "AuthFailure")},
	{kind: Refused, codes: list("AccessDenied", "AccessDeniedException", "NotAuthorized")},
	{kind: Unavailable, codes: list("InternalFailure", "InternalError", "InternalServerError", "InternalServerException",
		"ServiceException", "ServiceUnavailable", "ServiceUnavailableException", "ServiceFailure", "ServiceFailureException",
		"RequestTimeout", "RequestTimeoutException")},
}

func throttles() []string {
	var all []string
	for c := range retry.DefaultThrottleErrorCodes {
		all = append(all, c)
	}
	return all
}
