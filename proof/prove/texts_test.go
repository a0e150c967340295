package prove

import (
	"strings"
	"testing"
)

const denyARN = "arn:aws:iam::222222222222:policy/Security/deny-queues,all"

// by fills in the text that AWS gives where it names a policy.
func refusedText(action, why string) string {
	return "User: " + roleSession + " is not authorized to perform: " + action + " on resource: arn:aws:sqs:us-east-1:111111111111:shared-app-work " + why
}

// What AWS is known to say, as users pasted it, and what must be read from it.
// Each goes over the wire as its service sends it: SQS in its JSON protocol
// with the code of the query protocol beside it and without, KMS and SSM in
// JSON, STS in XML.
func TestTexts(t *testing.T) {
	const (
		sqs = "AccessDenied"
		kms = "KMS.AccessDeniedException"
		own = "AccessDeniedException"
	)
	tests := []struct {
		name      string
		step      string
		code      string
		message   string
		verdict   string
		policy    string
		deny, arn string
		says      string
	}{
		// The publisher, who must be let in: all fail.
		{"queue denies", "send", sqs, refusedText("sqs:sendmessage", "with an explicit deny in a resource-based policy"),
			"fails", "queue policy", "explicit", "", "look for a Deny in the policy of the queue"},
		{"key denies", "send", kms, refusedText("kms:GenerateDataKey", "with an explicit deny in a resource-based policy"),
			"fails", "key policy", "explicit", "", "look for a Deny in the policy of the key"},
		{"queue does not allow", "send", sqs, refusedText("sqs:sendmessage", "because no resource-based policy allows the sqs:sendmessage action"),
			"fails", "queue policy", "implicit", "", "is the sender's account in the organization o-abc1234567?"},
		{"key does not allow", "send", kms, refusedText("kms:GenerateDataKey", "because no resource-based policy allows the kms:GenerateDataKey action"),
			"fails", "key policy", "implicit", "", "does SQS send kms:EncryptionContext:aws:sqs:arn?"},
		{"role does not allow to use the key", "send", kms, refusedText("kms:Decrypt", "because no identity-based policy allows the kms:Decrypt action"),
			"fails", "identity policy", "implicit", "", "does kms:ResourceAliases match the key's alias?"},
		{"role does not allow, on this resource", "send", kms, "User: " + roleSession + " is not authorized to perform: kms:GenerateDataKey on this resource because no identity-based policy allows the kms:GenerateDataKey action",
			"fails", "identity policy", "implicit", "", "kms:ResourceAliases"},
		{"role does not allow, by ciphertext", "send", kms, "User: " + roleSession + " is not authorized to perform: kms:Decrypt on the resource associated with this ciphertext because no identity-based policy allows the kms:Decrypt action",
			"fails", "identity policy", "implicit", "", "kms:ResourceAliases"},
		{"identity policy denies", "send", sqs, refusedText("sqs:sendmessage", "with an explicit deny in an identity-based policy"),
			"fails", "identity policy", "explicit", "", "somebody put a Deny there"},
		{"identity policy denies, with its ARN", "send", sqs, refusedText("sqs:sendmessage", "with an explicit deny in an identity-based policy: "+denyARN),
			"fails", "identity policy", "explicit", denyARN, denyARN},
		{"ARN, then more", "send", kms, refusedText("kms:Decrypt", "with an explicit deny in an identity-based policy: "+denyARN+". (Service: AWSKMS; Status Code: 400)"),
			"fails", "identity policy", "explicit", denyARN, "somebody put a Deny there"},
		{"service control policy", "send", sqs, refusedText("sqs:sendmessage", "with an explicit deny in a service control policy: arn:aws:organizations::777777777777:policy/o-abc1234567/service_control_policy/p-examp1e1"),
			"fails", "service control policy", "explicit", "arn:aws:organizations::777777777777:policy/o-abc1234567/service_control_policy/p-examp1e1", "ask who keeps that policy"},
		{"service control policy, the older text", "send", sqs, refusedText("sqs:sendmessage", "due to an explicit deny in a Service Control Policy"),
			"fails", "service control policy", "explicit", "", "ask who keeps that policy"},
		{"service control policy does not allow", "send", sqs, refusedText("sqs:sendmessage", "because no service control policy allows the sqs:sendmessage action"),
			"fails", "service control policy", "implicit", "", "ask who keeps that policy"},
		{"resource control policy", "send", sqs, refusedText("sqs:sendmessage", "with an explicit deny in a resource control policy"),
			"fails", "resource control policy", "explicit", "", "of the shared account's side"},
		{"permissions boundary", "send", sqs, refusedText("sqs:sendmessage", "because no permissions boundary allows the sqs:sendmessage action"),
			"fails", "permissions boundary", "implicit", "", "ask who keeps that policy"},
		{"permissions boundary denies", "send", sqs, refusedText("sqs:sendmessage", "with an explicit deny in a permissions boundary: "+denyARN),
			"fails", "permissions boundary", "explicit", denyARN, "ask who keeps that policy"},
		{"session policy", "send", sqs, refusedText("sqs:sendmessage", "because no session policy allows the sqs:sendmessage action"),
			"fails", "session policy", "implicit", "", "ask who keeps that policy"},
		{"VPC endpoint policy", "send", sqs, refusedText("sqs:sendmessage", "because no VPC endpoint policy allows the sqs:sendmessage action"),
			"fails", "VPC endpoint policy", "implicit", "", "of its network"},
		{"key or no such key", "send", kms, keyMaybeNotThere,
			"fails", "", "", "", "by the key policy, or there is no such key"},
		{"key, no reason", "send", kms, "null (Service: AWSKMS; Status Code: 400; Error Code: AccessDeniedException; Request ID: 1)",
			"fails", "", "", "", "look at both: statement SendersUseKeyThroughQueue"},
		{"key, by ciphertext", "send", kms, "The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.",
			"fails", "", "", "", "look at both: statement SendersUseKeyThroughQueue"},
		{"queue, no reason", "send", sqs, noReason,
			"fails", "", "", "", "look at both: statement SendersSendMessages"},
		{"no reason at all", "send", sqs, "User: " + roleSession + " is not authorized to perform: sqs:sendmessage on resource: arn:aws:sqs:us-east-1:111111111111:shared-app-work",
			"fails", "", "", "", "AWS does not say which"},
		{"some Deny", "send", sqs, refusedText("sqs:sendmessage", "with an explicit deny"),
			"fails", "", "explicit", "", "by a Deny of a policy that AWS does not name"},
		{"some Deny, at the key", "send", kms, refusedText("kms:GenerateDataKey", "with an explicit deny"),
			"fails", "", "explicit", "", "by a Deny of a policy that AWS does not name"},

		// What no policy says.
		{"key pending deletion", "send", "KMS.InvalidStateException", "arn:aws:kms:us-east-1:111111111111:key/1 is pending deletion.",
			"unknown", "", "", "", "cancel that (aws kms cancel-key-deletion), then enable it"},
		{"key pending deletion, directly", "decrypt", "KMSInvalidStateException", "arn:aws:kms:us-east-1:111111111111:key/1 is pending deletion.",
			"unknown", "", "", "", "cancel that"},
		{"key disabled", "send", "KMS.DisabledException", "arn:aws:kms:us-east-1:111111111111:key/1 is disabled.",
			"unknown", "", "", "", "enable it (aws kms enable-key); no deployment does"},
		{"key disabled, directly", "decrypt", "DisabledException", "arn:aws:kms:us-east-1:111111111111:key/1 is disabled.",
			"unknown", "", "", "", "enable it"},
		{"key in another state", "send", "KMS.InvalidStateException", "arn:aws:kms:us-east-1:111111111111:key/1 is pending import.",
			"unknown", "", "", "", "is pending import"},
		{"KMS needs an opt-in", "send", "KMS.OptInRequired", "The AWS Access Key Id needs a subscription for the service",
			"unknown", "", "", "", "enable the Region in the account"},
		{"queue not there", "send", "AWS.SimpleQueueService.NonExistentQueue", "The specified queue does not exist or you do not have access to it.",
			"unknown", "", "", "", "deploy the stack dev-shared"},
		{"other queue not there", "send to prod", "AWS.SimpleQueueService.NonExistentQueue", "The specified queue does not exist or you do not have access to it.",
			"unknown", "", "", "", "it may be a refusal; else deploy the stack prod-shared"},
		{"key not there", "send", "KMS.NotFoundException", "Alias arn:aws:kms:us-east-1:111111111111:alias/shared-app is not found.",
			"unknown", "", "", "", "deploy the stack dev-shared"},

		// Receiving. What KMS says, the queue has let in to ask.
		{"received up to the key", "receive", kms, refusedText("kms:Decrypt", "because no resource-based policy allows the kms:Decrypt action"),
			"fails", "key policy", "implicit", "", "the queue let it in, and only the key stopped it"},
		{"received up to the caller's own use of the key", "receive", kms, refusedText("kms:Decrypt", "because no identity-based policy allows the kms:Decrypt action"),
			"fails", "identity policy", "implicit", "", "the queue let it in"},
		{"received up to a key that is off", "receive as insider", "KMS.DisabledException", "arn:aws:kms:us-east-1:111111111111:key/1 is disabled.",
			"fails", "", "", "", "the queue let it in"},
		{"receiving, no reason", "receive as insider", sqs, noReason, "unknown", "", "", "", "AWS does not say which"},
		{"receiving, no queue for it to see", "receive as insider", "AWS.SimpleQueueService.NonExistentQueue", "The specified queue does not exist or you do not have access to it.",
			"unknown", "", "", "", "and the queue is there"},
		{"handle looked at", "delete as insider", "ReceiptHandleIsInvalid", "The input receipt handle is invalid.",
			"fails", "", "", "", "SQS looked at the receipt handle"},
		{"insider is not all-powerful", "receive as insider", sqs, refusedText("sqs:receivemessage", "because no permissions boundary allows the sqs:receivemessage action"),
			"not tested", "permissions boundary", "implicit", "", "take an insider whose policies, boundary and account allow everything"},

		// The key without the queue.
		{"other service refused by the key", "use the key through SSM as insider", own, "User: " + roleSession + " is not authorized to perform: kms:Encrypt on this resource because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access (Service: AWSKMS; Status Code: 400; Error Code: AccessDeniedException)",
			"holds", "key policy", "", "", "and the key is there"},
		{"other service, under a code of its own", "use the key through SSM as insider", "InvalidKeyId", "The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.",
			"unknown", "", "", "", "AWS does not say which"},
		{"other service not asked", "use the key through SSM as insider", own, refusedText("ssm:PutParameter", "because no identity-based policy allows the ssm:PutParameter action"),
			"not tested", "identity policy", "implicit", "", "allow everything"},
		{"service control policy at the key", "generate data key as insider", own, refusedText("kms:GenerateDataKey", "with an explicit deny in a service control policy"),
			"not tested", "service control policy", "explicit", "", "so the key policy was not tested"},

		// Plain HTTP.
		{"plain HTTP refused by a service control policy", "send over plain HTTP", sqs, refusedText("sqs:sendmessage", "with an explicit deny in a service control policy"),
			"not tested", "service control policy", "explicit", "", "so the queue policy was not tested"},
		{"plain HTTP refused by an identity policy", "send over plain HTTP", sqs, refusedText("sqs:sendmessage", "with an explicit deny in an identity-based policy"),
			"not tested", "identity policy", "explicit", "", "so the queue policy was not tested"},
		{"plain HTTP let in to the key", "send over plain HTTP", kms, refusedText("kms:GenerateDataKey", "because no resource-based policy allows the kms:GenerateDataKey action"),
			"fails", "key policy", "implicit", "", "look at statement DenyPlainHTTP"},

		// An outsider of another organization, with nothing to show what its own
		// policy allows.
		{"outsider, no reason", "send as outsider eve", sqs, noReason,
			"unknown", "", "", "", "nothing shows that its own policy lets it send"},
		{"outsider, some Deny", "send as outsider eve", sqs, refusedText("sqs:sendmessage", "with an explicit deny"),
			"unknown", "", "explicit", "", "by a Deny of a policy that AWS does not name"},
		{"outsider, resource control policy", "send as outsider eve", sqs, refusedText("sqs:sendmessage", "with an explicit deny in a resource control policy"),
			"not tested", "resource control policy", "explicit", "", "take an outsider of the same organization"},
		{"outsider, no queue for it to see", "send as outsider eve", "AWS.SimpleQueueService.NonExistentQueue", "The specified queue does not exist or you do not have access to it.",
			"unknown", "", "", "", "and the queue is there"},
		{"outsider let in by the queue", "send as outsider eve", kms, "null (Service: AWSKMS; Status Code: 400; Error Code: AccessDeniedException; Request ID: 1)",
			"fails", "", "", "", "the queue let it in, and only the key stopped it"},
		{"outsider, session policy", "send as outsider eve", sqs, refusedText("sqs:sendmessage", "because no session policy allows the sqs:sendmessage action"),
			"not tested", "session policy", "implicit", "", "let its own policy allow"},

		// An outsider of the organization.
		{"sibling stopped by the key", "send as outsider mallory", kms, keyMaybeNotThere,
			"holds", "key policy", "", "", "and the key is there"},
		{"sibling, key without a reason", "send as outsider mallory", kms, "null (Service: AWSKMS; Status Code: 400; Error Code: AccessDeniedException; Request ID: 1)",
			"unknown", "", "", "", "the queue let it in; nothing shows that its own policy lets it use the key"},
		{"sibling, by ciphertext", "send as outsider mallory", kms, "The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.",
			"unknown", "", "", "", "nothing shows that its own policy lets it use the key"},
		{"sibling, own policy at the key", "send as outsider mallory", kms, refusedText("kms:GenerateDataKey", "because no identity-based policy allows the kms:GenerateDataKey action"),
			"not tested", "identity policy", "implicit", "", "so the key policy was not tested"},

		// The role.
		{"trust policy does not allow", "role", sqs, "User: arn:aws:iam::222222222222:user/alice is not authorized to perform: sts:AssumeRole because no role trust policy allows the sts:AssumeRole action",
			"fails", "trust policy", "implicit", "", "add the caller to environments.dev.publishers.web.assumedBy"},
		{"trust policy denies", "role", sqs, "User: arn:aws:iam::222222222222:user/alice is not authorized to perform: sts:AssumeRole with an explicit deny in the role trust policy",
			"fails", "trust policy", "explicit", "", "look for a Deny in the trust policy of shared-app-publisher"},
		{"trust policy, as a resource-based one", "role", sqs, "User: arn:aws:iam::222222222222:user/alice is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::222222222222:role/shared-app-publisher because no resource-based policy allows the sts:AssumeRole action",
			"fails", "trust policy", "implicit", "", "assumedBy"},
		{"root may not", "role", sqs, "Roles may not be assumed by root accounts.",
			"fails", "", "", "", "AWS says: Roles may not be assumed by root accounts.; take an IAM user or role"},
		{"MFA failed", "role", sqs, "MultiFactorAuthentication failed with invalid MFA one time pass code. ",
			"fails", "", "", "", "AWS says: MultiFactorAuthentication failed with invalid MFA one time pass code."},
		{"tags may not be passed", "role", sqs, "User: arn:aws:iam::222222222222:user/alice is not authorized to perform: sts:TagSession on resource: arn:aws:iam::222222222222:role/shared-app-publisher",
			"fails", "", "", "", "AWS says: User: arn:aws:iam::222222222222:user/alice is not authorized to perform: sts:TagSession"},
		{"source identity may not be passed on", "role", sqs, "User: arn:aws:iam::222222222222:user/alice is not authorized to perform: sts:SetSourceIdentity on resource: arn:aws:iam::222222222222:role/shared-app-publisher",
			"fails", "", "", "", "allow sts:SetSourceIdentity"},
		{"role refused, no reason", "role", sqs, "User: arn:aws:iam::222222222222:user/alice is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::222222222222:role/shared-app-publisher",
			"fails", "", "", "", "AWS says the same if the role is not there"},
	}
	// No queue of eve's own is named.
	args := []string{"-profile", "web", "-insider-profile", "ingrid", "-outsider-profile", "mallory", "-outsider-profile", "eve", "-json"}
	f := &fakeAWS{}
	f.start(t)
	setUp(t)
	for _, test := range tests {
		for _, bare := range []bool{false, true} {
			name := test.name
			if bare && !strings.Contains(test.step, "send") && !strings.Contains(test.step, "receive") {
				continue // not an answer of SQS
			}
			if bare {
				name += ", code of the JSON protocol only"
			}
			t.Run(name, func(t *testing.T) {
				*f = fakeAWS{URL: f.URL, bare: bare, replies: map[string]reply{test.step: {code: test.code, message: test.message, status: 403}}}
				args := args
				if test.step == "role" {
					args = append([]string{"-assume-role"}, args...)
				}
				code, stdout := prove(t, f, args...)
				all := lines(t, stdout)
				l := all[test.step]
				if l.Verdict != test.verdict || l.Policy != test.policy || l.Deny != test.deny || l.PolicyARN != test.arn || !strings.Contains(l.Detail, test.says) {
					t.Errorf("got %+v", l)
				}
				if code == 0 || all[""].Summary.Boundary == "holds" {
					t.Errorf("exit code %d, summary %+v", code, all[""].Summary)
				}
			})
		}
	}
}

// The same texts read as well for whom the words come before the policy.
func TestPolicyIsReadFromTheReasonOnly(t *testing.T) {
	f := &fakeAWS{replies: map[string]reply{"send": {code: "AccessDenied",
		message: "User: arn:aws:sts::222222222222:assumed-role/resource-based-policy/session is not authorized to perform: sqs:sendmessage on resource: arn:aws:sqs:us-east-1:111111111111:identity-based-policy because no session policy allows the sqs:sendmessage action"}}}
	f.start(t)
	setUp(t)
	_, stdout := prove(t, f, "-profile", "web", "-json")
	if l := lines(t, stdout)["send"]; l.Policy != "session policy" || l.Side != "caller" {
		t.Errorf("%+v", l)
	}
}
