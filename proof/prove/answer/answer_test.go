package answer

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/aws/smithy-go"

	"example.com/shared-queue/proof/aws/profile"
)

const denyARN = "arn:aws:iam::222222222222:policy/Security/deny-queues,all"

// text is a refusal in the form that the IAM User Guide gives.
func text(action, why string) string {
	return "User: arn:aws:sts::222222222222:assumed-role/shared-app-publisher/prove is not authorized to perform: " + action +
		" on resource: arn:aws:sqs:us-east-1:111111111111:shared-app-work " + why
}

func apiError(service, code, message string) error {
	return &smithy.OperationError{ServiceID: service, OperationName: "Any", Err: &smithy.GenericAPIError{Code: code, Message: message}}
}

const maybeAbsentText = "User: arn:aws:iam::222222222222:user/alice is not authorized to perform: kms:Decrypt on this resource because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access"

// What AWS is known to say of a refusal, as users pasted it, and who it was.
func TestRefusals(t *testing.T) {
	const (
		viaSQS = "KMS.AccessDeniedException"
		denied = "AccessDenied"
		json   = "AccessDeniedException"
	)
	for _, test := range []struct {
		name, service, code, message string
		policy                       Policy
		deny                         Denial
		arn                          string
	}{
		{"queue denies", "SQS", denied, text("sqs:sendmessage", "with an explicit deny in a resource-based policy"), QueuePolicy, Explicit, ""},
		{"queue does not allow", "SQS", denied, text("sqs:sendmessage", "because no resource-based policy allows the sqs:sendmessage action"), QueuePolicy, Implicit, ""},
		{"key denies", "SQS", viaSQS, text("kms:GenerateDataKey", "with an explicit deny in a resource-based policy"), KeyPolicy, Explicit, ""},
		{"key does not allow", "SQS", viaSQS, text("kms:GenerateDataKey", "because no resource-based policy allows the kms:GenerateDataKey action"), KeyPolicy, Implicit, ""},
		{"key does not allow, directly", "KMS", json, text("kms:Decrypt", "because no resource-based policy allows the kms:Decrypt action"), KeyPolicy, Implicit, ""},
		{"role does not allow to use the key", "SQS", viaSQS, text("kms:Decrypt", "because no identity-based policy allows the kms:Decrypt action"), IdentityPolicy, Implicit, ""},
		{"on this resource", "SQS", viaSQS, "User: x is not authorized to perform: kms:GenerateDataKey on this resource because no identity-based policy allows the kms:GenerateDataKey action", IdentityPolicy, Implicit, ""},
		{"by ciphertext", "SQS", viaSQS, "User: x is not authorized to perform: kms:Decrypt on the resource associated with this ciphertext because no identity-based policy allows the kms:Decrypt action", IdentityPolicy, Implicit, ""},
		{"identity policy denies", "SQS", denied, text("sqs:sendmessage", "with an explicit deny in an identity-based policy"), IdentityPolicy, Explicit, ""},
		{"with its ARN", "SQS", denied, text("sqs:sendmessage", "with an explicit deny in an identity-based policy: "+denyARN), IdentityPolicy, Explicit, denyARN},
		{"with its ARN, then more", "SQS", viaSQS, text("kms:Decrypt", "with an explicit deny in an identity-based policy: "+denyARN+". (Service: AWSKMS; Status Code: 400)"), IdentityPolicy, Explicit, denyARN},
		{"service control policy", "SQS", denied, text("sqs:sendmessage", "with an explicit deny in a service control policy: arn:aws:organizations::777777777777:policy/o-abc1234567/service_control_policy/p-examp1e1"),
			ServiceControl, Explicit, "arn:aws:organizations::777777777777:policy/o-abc1234567/service_control_policy/p-examp1e1"},
		{"service control policy, the older text", "SQS", denied, text("sqs:sendmessage", "due to an explicit deny in a Service Control Policy"), ServiceControl, Explicit, ""},
		{"service control policy does not allow", "SQS", denied, text("sqs:sendmessage", "because no service control policy allows the sqs:sendmessage action"), ServiceControl, Implicit, ""},
		{"resource control policy", "SQS", denied, text("sqs:sendmessage", "with an explicit deny in a resource control policy"), ResourceControl, Explicit, ""},
		{"permissions boundary", "SQS", denied, text("sqs:sendmessage", "because no permissions boundary allows the sqs:sendmessage action"), Boundary, Implicit, ""},
		{"session policy", "SQS", denied, text("sqs:sendmessage", "because no session policy allows the sqs:sendmessage action"), SessionPolicy, Implicit, ""},
		{"VPC endpoint policy", "SQS", denied, text("sqs:sendmessage", "because no VPC endpoint policy allows the sqs:sendmessage action"), EndpointPolicy, Implicit, ""},
		{"key or no such key", "SQS", viaSQS, maybeAbsentText, Unnamed, "", ""},
		{"key, no reason", "SQS", viaSQS, "null (Service: AWSKMS; Status Code: 400; Error Code: AccessDeniedException; Request ID: 1)", Unnamed, "", ""},
		{"key, by ciphertext alone", "SQS", viaSQS, "The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.", Unnamed, "", ""},
		{"queue, no reason", "SQS", denied, "Access to the resource https://sqs.us-east-1.amazonaws.com/ is denied.", Unnamed, "", ""},
		{"some Deny", "SQS", denied, text("sqs:sendmessage", "with an explicit deny"), Unnamed, Explicit, ""},
		{"SQS itself", "SQS", "InvalidSecurity", "All requests to this queue must use HTTPS and SigV4.", TheService, "", ""},
		{"a name like a policy's", "SQS", denied, "User: arn:aws:sts::222222222222:assumed-role/resource-based-policy/session is not authorized to perform: sqs:sendmessage on resource: arn:aws:sqs:us-east-1:111111111111:identity-based-policy because no session policy allows the sqs:sendmessage action",
			SessionPolicy, Implicit, ""},
		{"Parameter Store, for KMS", "SSM", json, maybeAbsentText + " (Service: AWSKMS; Status Code: 400; Error Code: AccessDeniedException)", Unnamed, "", ""},
		{"Parameter Store, under a code of its own", "SSM", "InvalidKeyId", "The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.", Unnamed, "", ""},
		{"Parameter Store itself", "SSM", json, text("ssm:PutParameter", "because no identity-based policy allows the ssm:PutParameter action"), IdentityPolicy, Implicit, ""},
		{"trust policy does not allow", "STS", denied, "User: x is not authorized to perform: sts:AssumeRole because no role trust policy allows the sts:AssumeRole action", TrustPolicy, Implicit, ""},
		{"trust policy denies", "STS", denied, "User: x is not authorized to perform: sts:AssumeRole with an explicit deny in the role trust policy", TrustPolicy, Explicit, ""},
		{"trust policy, as a resource-based one", "STS", denied, "User: x is not authorized to perform: sts:AssumeRole on resource: y because no resource-based policy allows the sts:AssumeRole action", TrustPolicy, Implicit, ""},
		{"GetCallerIdentity, which asks no trust policy", "STS", denied, "User: x is not authorized to perform: sts:GetCallerIdentity with an explicit deny in a resource-based policy", Unnamed, Explicit, ""},
		{"GetCallerIdentity, by the network", "STS", denied, "User: x is not authorized to perform: sts:GetCallerIdentity because no VPC endpoint policy allows the sts:GetCallerIdentity action", EndpointPolicy, Implicit, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, code := range []string{test.code, strings.Replace(test.code, viaSQS, "KmsAccessDenied", 1), "com.amazonaws.any#" + test.code} {
				a := Read(t.Context(), apiError(test.service, code, test.message))
				if a.Got != Refused || a.Policy != test.policy || a.Deny != test.deny || a.PolicyARN != test.arn {
					t.Errorf("%s: got %+v", code, a)
				}
				if wantRelayed := test.code == viaSQS || strings.HasPrefix(test.name, "Parameter Store, "); a.Relayed != wantRelayed || a.Relayed && a.Service != "KMS" {
					t.Errorf("%s: relayed %v by %s", code, a.Relayed, a.Service)
				}
				if a.MaybeAbsent != strings.Contains(test.message, "does not exist in this Region") {
					t.Errorf("%s: maybe absent is %v", code, a.MaybeAbsent)
				}
			}
		})
	}
}

// What is no refusal, and what to do about it.
func TestOtherAnswers(t *testing.T) {
	const slow = "Rate exceeded"
	for _, test := range []struct {
		name, service, code, message string
		got                          Outcome
		cure                         string
	}{
		{"a dry run that would have succeeded", "KMS", "DryRunOperationException", "The request would have succeeded, but the DryRun option is set.", Accepted, ""},
		{"ciphertext looked at", "KMS", "InvalidCiphertextException", "", Accepted, ""},
		{"receipt handle looked at", "SQS", "ReceiptHandleIsInvalid", "The input receipt handle is invalid.", Accepted, ""},
		{"receipt handle of another form", "SQS", "InvalidIdFormat", "The specified receipt handle isn't valid for the current version.", Accepted, ""},
		{"receipt handle expired", "SQS", "InvalidParameterValue", "Value x for parameter ReceiptHandle is invalid. Reason: The receipt handle has expired.", Accepted, ""},
		{"message not in flight", "SQS", "AWS.SimpleQueueService.MessageNotInflight", "The specified message isn't in flight.", Accepted, ""},
		{"too many in flight", "SQS", "OverLimit", "Too many messages in flight.", Accepted, ""},
		{"another parameter", "SQS", "InvalidParameterValue", "Value 11 for parameter MaxNumberOfMessages is invalid.", Failed, ""},

		{"key pending deletion", "SQS", "KMS.InvalidStateException", "arn is pending deletion.", KeyDeleted, "cancel the deletion of the key"},
		{"key pending deletion, under the name of KMS", "SQS", "KMS.KMSInvalidStateException", "arn is pending deletion.", KeyDeleted, "cancel the deletion of the key"},
		{"key pending deletion, directly", "KMS", "KMSInvalidStateException", "arn is pending deletion.", KeyDeleted, "cancel the deletion of the key"},
		{"key disabled", "SQS", "KMS.DisabledException", "arn is disabled.", KeyDisabled, "aws kms enable-key"},
		{"key disabled, in the JSON protocol", "SQS", "KmsDisabled", "arn is disabled.", KeyDisabled, "aws kms enable-key"},
		{"key disabled, directly", "KMS", "DisabledException", "arn is disabled.", KeyDisabled, "aws kms enable-key"},
		{"key in another state", "SQS", "KMS.KMSInvalidState", "arn is unavailable.", KeyNotReady, "aws kms describe-key shows the key's state"},
		{"key pending import", "SQS", "KmsInvalidState", "arn is pending import.", KeyNotReady, "aws kms describe-key shows the key's state"},
		{"key of another usage", "SQS", "KMS.InvalidKeyUsage", "arn is of SIGN_VERIFY.", WrongKey, "deploy the stack again"},
		{"key not there", "SQS", "KMS.NotFoundException", "Alias arn is not found.", NoKey, ""},
		{"queue not there", "SQS", "AWS.SimpleQueueService.NonExistentQueue", "The specified queue does not exist.", NoQueue, "AWS says the same of both"},
		{"queue not there, in the JSON protocol", "SQS", "QueueDoesNotExist", "The specified queue does not exist.", NoQueue, ""},

		{"throttled", "SQS", "ThrottlingException", slow, "throttled", "try again later"},
		{"throttled by KMS behind SQS", "SQS", "KMS.ThrottlingException", slow, "throttled", "try again later"},
		{"throttled by KMS, in the JSON protocol", "SQS", "KmsThrottled", slow, "throttled", "try again later"},
		{"throttled by SQS", "SQS", "RequestThrottled", slow, "throttled", "try again later"},

		{"token expired", "STS", "ExpiredToken", "The security token included in the request is expired", "expired token", "sign in again"},
		{"credentials unknown", "STS", "InvalidClientTokenId", "The security token included in the request is invalid.", BadCredentials, "take other credentials"},
		{"endpoint of another Region", "STS", "SignatureDoesNotMatch", "Credential should be scoped to a valid region, not 'us-east-1'.", "wrong region", "correct the Region"},
		{"clock is off", "STS", "SignatureDoesNotMatch", "Signature expired: 1 is now earlier than 2", "wrong clock", "clock of this computer is off"},
		{"account suspended", "SQS", "AccessDenied", "Your account is suspended.", "account not active", "take a profile of one that is active"},
		{"account not subscribed", "SQS", "KMS.OptInRequired", "The AWS Access Key Id needs a subscription for the service", "account not active", "the account is suspended"},
		{"Region disabled", "STS", "RegionDisabledException", "STS is not activated in this region", "wrong region", "enable the Region"},
		{"an error of AWS", "SQS", "InternalError", "try again", Unavailable, "try again later"},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := Read(t.Context(), apiError(test.service, test.code, test.message))
			if a.Got != test.got || !strings.Contains(a.Cure, test.cure) || a.Message != test.message {
				t.Errorf("got %+v, cure %s", a, a.Cure)
			}
		})
	}
}

// What package trouble says of an error is said here too.
func TestNoAnswer(t *testing.T) {
	over, cancel := context.WithCancel(t.Context())
	cancel()
	for _, test := range []struct {
		name string
		ctx  context.Context
		err  error
		got  Outcome
		says string
	}{
		{"none", t.Context(), nil, Accepted, ""},
		{"interrupted", over, io.EOF, Interrupted, "interrupted before AWS answered"},
		{"interrupted while it read", over, ErrEmpty, Interrupted, "interrupted before AWS answered"},
		{"nobody to ask for an MFA code", t.Context(), profile.ErrNoTerminal, "no MFA code", "run the command in a terminal"},
		{"session of IAM Identity Center ended", t.Context(), signIn("SSO", "UnauthorizedException", "Session token not found or invalid"), "expired token", "Session token not found or invalid; sign in again (aws sso login"},
		{"its refresh refused", t.Context(), signIn("SSO OIDC", "InvalidGrantException", ""), "expired token", "sign in again"},
		{"not assigned", t.Context(), signIn("SSO", "ForbiddenException", "No access"), "not assigned", "assigned to you in IAM Identity Center"},
		{"MFA code refused", t.Context(), signIn("STS", "AccessDenied", "MultiFactorAuthentication failed with invalid MFA one time pass code."), "wrong MFA code", "type the code again"},
		{"nothing in the answer", t.Context(), ErrEmpty, NotAWS, "the answer was empty; look at -endpoint-url"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if a := Read(test.ctx, test.err); a.Got != test.got || !strings.Contains(a.Message+"; "+a.Cure, test.says) {
				t.Errorf("got %+v", a)
			}
		})
	}
}

// signIn is an error of AWS while credentials were looked for.
func signIn(service, code, message string) error {
	return fmt.Errorf("%w: %w", profile.ErrSignIn, apiError(service, code, message))
}
