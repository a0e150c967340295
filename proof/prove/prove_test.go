package prove

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	ststypes "github.com/aws/aws-sdk-go-v2/service/sts/types"

	"example.com/shared-queue/internal/fixture"
	"example.com/shared-queue/proof/prove/answer"
	"example.com/shared-queue/proof/prove/principal"
	"example.com/shared-queue/proof/simulation"
)

// What is different in each run.
var (
	uuid   = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)
	marker = regexp.MustCompile(`account! [A-Z2-7]{26}`)
)

func TestReport(t *testing.T) {
	s := newStage(t)
	code, stdout := s.prove(t, append(web, "-insider-profile", "dev-insider", "-consumer-profile", "dev-consumer", "-outsider-profile", "dev-other-organization")...)
	got := strings.ReplaceAll(uuid.ReplaceAllString(marker.ReplaceAllString(stdout, "account! MARKER"), "ID"), s.URL, "ENDPOINT")
	want, err := os.ReadFile(s.testdata("report.txt"))
	if err != nil {
		t.Fatal(err)
	}
	if code != exitInPart || got != string(want) {
		t.Errorf("exit code %d, got\n%s\nwant what is in testdata/report.txt", code, got)
	}
}

func TestBoundaryHolds(t *testing.T) {
	s := newStage(t)
	s.answer(nil)
	code, stdout := s.prove(t, append(s.everybody(), readers...)...)
	if code != exitHolds || !strings.Contains(stdout, "The boundary holds: 36 of 36 claims shown, 0 broken") {
		t.Errorf("exit code %d\n%s", code, stdout)
	}
	if n := count(s.calls, "delete as consumer"); n != 2 {
		t.Errorf("the consumer deletes %d messages, of the publisher and the insider", n)
	}
}

func count(list []string, name string) (n int) {
	for _, s := range list {
		if s == name {
			n++
		}
	}
	return n
}

// accepts is what AWS answers where it lets somebody.
func accepts(r simulation.Request) http.Handler {
	return r.Return(map[string]any{
		"SendMessage":             &sqs.SendMessageOutput{MessageId: aws.String("accepted")},
		"ReceiveMessage":          &sqs.ReceiveMessageOutput{},
		"DeleteMessage":           &sqs.DeleteMessageOutput{},
		"ChangeMessageVisibility": &sqs.ChangeMessageVisibilityOutput{},
		"GetQueueUrl":             &sqs.GetQueueUrlOutput{QueueUrl: aws.String("https://sqs.us-east-1.amazonaws.com/111111111111/shared-app-work")},
		"GetQueueAttributes":      &sqs.GetQueueAttributesOutput{Attributes: map[string]string{"QueueArn": "arn"}},
		"GenerateDataKey":         &kms.GenerateDataKeyOutput{},
		"Encrypt":                 &kms.EncryptOutput{},
		"Decrypt":                 &kms.DecryptOutput{},
		"DescribeKey":             &kms.DescribeKeyOutput{},
		"PutParameter":            &ssm.PutParameterOutput{},
		"AssumeRole": &sts.AssumeRoleOutput{
			AssumedRoleUser: &ststypes.AssumedRoleUser{Arn: aws.String("arn:aws:sts::222222222222:assumed-role/shared-app-publisher/prove")},
			Credentials:     &ststypes.Credentials{AccessKeyId: aws.String("a"), SecretAccessKey: aws.String("b"), SessionToken: aws.String("c")}},
	}[r.Operation])
}

// Whatever is let through that must be refused, alone, is found: nothing that AWS
// accepts is called a boundary.
func TestEveryStepIsNeeded(t *testing.T) {
	s := newStage(t)
	tried := s.lines(t, s.everybody()...)
	if sum := tried[""].Summary; sum.ExitCode != exitInPart || len(sum.Shown) != 26 || sum.Computed {
		t.Errorf("%+v", sum)
	}
	for name, l := range tried {
		if l.Expected != string(answer.Refused) {
			continue
		}
		for reason, f := range map[string]func(simulation.Request) http.Handler{
			"let in":     accepts,
			"own policy": refuse("AccessDenied", byIdentity("sqs:sendmessage")),
		} {
			if reason == "own policy" && slices.Contains([]string{"publisher-cannot-receive-or-use-key", "consumer-cannot-send", "anonymous-cannot-send"}, l.Claim) {
				continue // whoever refuses shows it
			}
			t.Run(name+": "+reason, func(t *testing.T) {
				s.answer(script{name: f, strings.Replace(name, "look up by sqs:GetQueueUrl", "GetQueueUrl", 1): f,
					strings.Replace(name, "look up by sqs:GetQueueAttributes", "GetQueueAttributes", 1): f})
				sum := s.lines(t, s.whoTries(name)...)[""].Summary
				if slices.Contains(sum.Shown, l.Claim) || reason == "let in" && sum.ExitCode != exitFails {
					t.Errorf("%+v", sum)
				}
			})
		}
	}
}

// Without one of those who try, something is not shown.
func TestEverybodyIsNeeded(t *testing.T) {
	s := newStage(t)
	s.answer(nil)
	all := append(s.everybody(), readers...)
	for i := range len(all) / 2 {
		pair := all[2*i : 2*i+2]
		if slices.Contains([]string{"-environment", "-publisher", "-consumer-profile"}, pair[0]) ||
			slices.Contains(pair, "dev-sibling-ou") || strings.Contains(pair[1], "/900000000002/") {
			continue
		}
		t.Run("without "+strings.Join(pair, " "), func(t *testing.T) {
			args := slices.Delete(slices.Clone(all), 2*i, 2*i+2)
			if pair[0] == "-outsider-profile" && count(args, "-outsider-profile") == 0 {
				t.Skip()
			}
			if code, stdout := s.prove(t, args...); code != exitInPart || strings.Contains(stdout, "The boundary holds") {
				t.Errorf("exit code %d\n%s", code, stdout)
			}
		})
	}
}

func TestAnswers(t *testing.T) {
	s := newStage(t)
	const (
		sibling = "outsider dev-sibling-ou"
		other   = "outsider dev-other-organization"
		through = "KMS.AccessDeniedException"
	)
	organization := func(id string) func(simulation.Request) http.Handler {
		if id == "" {
			return refuse("AWSOrganizationsNotInUseException", "Your account is not a member of an organization.")
		}
		return refuse("AccessDeniedException", id)
	}
	identity := func(arn string) func(simulation.Request) http.Handler {
		account := strings.Split(arn, ":")[4]
		return output(&sts.GetCallerIdentityOutput{Arn: &arn, Account: &account})
	}
	for _, test := range []struct {
		name    string
		script  script
		args    []string
		step    string
		got     string
		verdict string
		policy  string
		detail  string
	}{
		// A publisher that must be let in.
		{name: "queue policy does not admit the sender", step: "send", script: script{"send": refuse("AccessDenied", byResource("sqs:sendmessage"))},
			got: "refused", verdict: "fails", policy: "queue policy", detail: "look at statement SendersSendMessages of the queue in the stack dev-shared (is the sender's account in the organization o-abc1234567?)"},
		{name: "key policy does not admit the sender", step: "send", script: script{"send": refuse(through, byResource("kms:GenerateDataKey"))},
			got: "refused", verdict: "fails", policy: "key policy", detail: "one of environments.dev.senders?"},
		{name: "sender's own policy does not let it send", step: "send", script: script{"send": refuse("AccessDenied", byIdentity("sqs:sendmessage"))},
			got: "refused", verdict: "fails", policy: "identity policy", detail: "SendToSharedAppWork0bd88d8c and UseKeyOfSharedAppWork0bd88d8c of the role in the stack dev-publisher-web"},
		{name: "a Deny in its own policy", step: "send", script: script{"send": refuse("AccessDenied", refused("sqs:sendmessage", "with an explicit deny in an identity-based policy"))},
			got: "refused", verdict: "fails", policy: "identity policy", detail: "somebody put a Deny there"},
		{name: "a Deny in the queue's policy", step: "send", script: script{"send": refuse("AccessDenied", refused("sqs:sendmessage", "with an explicit deny in a resource-based policy"))},
			got: "refused", verdict: "fails", policy: "queue policy", detail: "look for a Deny in the policy of the queue, which the stack dev-shared deploys with DenyPlainHTTP only"},
		{name: "a Deny in the key's policy", step: "send", script: script{"send": refuse(through, refused("kms:GenerateDataKey", "with an explicit deny in a resource-based policy"))},
			got: "refused", verdict: "fails", policy: "key policy", detail: "look for a Deny in the policy of the key"},
		{name: "service control policy of the sender's account", step: "send", script: script{"send": refuse("AccessDenied", refused("sqs:sendmessage", "with an explicit deny in a service control policy"))},
			got: "refused", verdict: "fails", policy: "service control policy", detail: "ask who keeps that policy"},
		{name: "resource control policy", step: "send", script: script{"send": refuse("AccessDenied", refused("sqs:sendmessage", "with an explicit deny in a resource control policy"))},
			got: "refused", verdict: "fails", policy: "resource control policy", detail: "in the shared account's resource control policy; ask who keeps that policy"},
		{name: "AWS does not say which policy", step: "send", script: script{"send": refuse("AccessDenied", noReason)},
			got: "refused", verdict: "fails", detail: "AWS says AccessDenied: " + noReason + "; look at both: statement SendersSendMessages"},
		{name: "key refuses, AWS does not say by which policy", step: "send", script: script{"send": refuse(through, "The ciphertext refers to a key that you are not allowed to access.")},
			got: "refused", verdict: "fails", detail: "look at both: statement SendersUseKeyThroughQueue of the key in the stack dev-shared"},
		{name: "some Deny", step: "send", script: script{"send": refuse("AccessDenied", refused("sqs:sendmessage", "with an explicit deny"))},
			got: "refused", verdict: "fails", detail: "look for a Deny in the policies of queue, key and caller"},
		{name: "InvalidSecurity over HTTPS", step: "send", script: script{"send": refuse("InvalidSecurity", "All requests to this queue must use HTTPS and SigV4.")},
			got: "refused", verdict: "fails", policy: "the service itself", detail: "the request came to SQS without TLS or without a signature"},
		{name: "queue not there yet", step: "send", script: script{"send": refuse("AWS.SimpleQueueService.NonExistentQueue", "The specified queue does not exist.")},
			got: "no queue", verdict: "unknown", detail: "deploy the stack dev-shared, or correct environments.dev"},
		{name: "key not there yet", step: "send", script: script{"send": refuse("KMS.NotFoundException", "Alias arn is not found.")},
			got: "no key", verdict: "unknown", detail: "deploy the stack dev-shared"},
		{name: "key disabled", step: "send", script: script{"send": refuse("KMS.DisabledException", "arn is disabled.")},
			got: "key disabled", verdict: "unknown", detail: "AWS says KMS.DisabledException: arn is disabled.; enable the key (aws kms enable-key); no deployment does"},
		{name: "an empty answer is none", step: "send", script: script{"send": output(&sqs.SendMessageOutput{})},
			got: "not AWS", verdict: "unknown", detail: "the answer was empty; look at -endpoint-url"},

		// Refusals for the wrong reason.
		{name: "receiving throttled", step: "receive as insider", script: script{"receive as insider": refuse("ThrottlingException", "Rate exceeded")},
			got: "throttled", verdict: "unknown"},
		{name: "token expired on the way", step: "decrypt as insider", script: script{"decrypt as insider": refuse("ExpiredTokenException", "The security token included in the request is expired")},
			got: "expired token", verdict: "unknown", detail: "sign in again"},
		{name: "connection lost", step: "encrypt as insider", script: script{"encrypt as insider": dropped},
			got: "no answer", verdict: "unknown", detail: "look at the network"},
		{name: "other environment not deployed", step: "send to prod as insider", script: script{"send to prod as insider": refuse("AWS.SimpleQueueService.NonExistentQueue", "The specified queue does not exist.")},
			got: "no queue", verdict: "unknown", detail: "it may be a refusal; else deploy its stack"},
		{name: "alias not there", step: "decrypt as insider", script: script{"decrypt as insider": refuse("NotFoundException", "Alias arn is not found.")},
			got: "no key", verdict: "unknown", detail: "deploy the stack dev-shared"},
		{name: "key perhaps not there", step: "decrypt as insider", script: script{"send": dropped, "send as insider": dropped, "decrypt as insider": refuse("AccessDeniedException", maybeAbsent)},
			got: "refused", verdict: "unknown", detail: maybeAbsent},
		{name: "key there, so it was its policy", step: "decrypt as insider", script: script{"decrypt as insider": refuse("AccessDeniedException", maybeAbsent)},
			got: "refused", verdict: "holds", policy: "key policy", detail: "and the key is there"},
		{name: "insider is not all-powerful", step: "receive as insider", script: script{"receive as insider": refuse("AccessDenied", refused("sqs:receivemessage", "because no permissions boundary allows the sqs:receivemessage action"))},
			got: "refused", verdict: "not tested", policy: "permissions boundary", detail: "so the queue policy was not tested; take an insider whose policies, boundary and account allow everything"},
		{name: "insider's network", step: "receive as insider", script: script{"receive as insider": refuse("AccessDenied", refused("sqs:receivemessage", "because no VPC endpoint policy allows the sqs:receivemessage action"))},
			got: "refused", verdict: "not tested", policy: "VPC endpoint policy", detail: "by its network's VPC endpoint policy"},
		{name: "receiving, no reason", step: "receive as insider", script: script{"receive as insider": refuse("AccessDenied", noReason)},
			got: "refused", verdict: "unknown", detail: noReason},
		{name: "receiving, no queue for it to see", step: "receive as insider", script: script{"receive as insider": refuse("AWS.SimpleQueueService.NonExistentQueue", "The specified queue does not exist or you do not have access to it.")},
			got: "refused", verdict: "unknown", detail: "the queue is there"},
		{name: "Parameter Store refuses by itself", step: "use the key through Parameter Store as insider",
			script: script{"use the key through Parameter Store as insider": refuse("AccessDeniedException", refused("ssm:PutParameter", "because no identity-based policy allows the ssm:PutParameter action"))},
			got:    "refused", verdict: "not tested", policy: "identity policy", detail: "so the key policy was not tested"},

		// What is not refused.
		{name: "received up to the key", step: "receive as insider", script: script{"receive as insider": refuse(through, byResource("kms:Decrypt"))},
			got: "refused", verdict: "fails", policy: "key policy", detail: "the queue let it in, and only the key stopped it"},
		{name: "received up to a key that is off", step: "receive as insider", script: script{"receive as insider": refuse("KMS.DisabledException", "arn is disabled.")},
			got: "key disabled", verdict: "fails", detail: "the queue let it in"},
		{name: "received up to too many in flight", step: "receive as insider", script: script{"receive as insider": refuse("OverLimit", "Too many messages in flight.")},
			got: "accepted", verdict: "fails", detail: "AWS says OverLimit: Too many messages in flight."},
		{name: "handle looked at", step: "delete as insider", script: script{"delete as insider": refuse("ReceiptHandleIsInvalid", "The input receipt handle is invalid.")},
			got: "accepted", verdict: "fails", detail: "AWS says ReceiptHandleIsInvalid: The input receipt handle is invalid."},
		{name: "handle of another form", step: "delete as insider", script: script{"delete as insider": refuse("InvalidIdFormat", "The receipt handle isn't valid.")},
			got: "accepted", verdict: "fails"},
		{name: "handle expired", step: "change the visibility as insider", script: script{"change the visibility as insider": refuse("InvalidParameterValue", "Reason: The receipt handle has expired.")},
			got: "accepted", verdict: "fails"},
		{name: "dry run says that KMS would", step: "generate a data key as insider", script: script{"generate a data key as insider": refuse("DryRunOperationException", "The request would have succeeded, but the DryRun option is set.")},
			got: "accepted", verdict: "fails", detail: "with kms:ViaService"},

		// Plain HTTP.
		{name: "encrypted queue refuses plain HTTP by itself", step: "send over plain HTTP", script: script{"send over plain HTTP": refuse("InvalidSecurity", "All requests to this queue must use HTTPS and SigV4.")},
			got: "refused", verdict: "holds", policy: "the service itself", detail: "by the service itself, before any policy: AWS says InvalidSecurity"},
		{name: "plain HTTP redirected", step: "send over plain HTTP", script: script{"send over plain HTTP": func(simulation.Request) http.Handler {
			return http.RedirectHandler("https://127.0.0.1/", http.StatusPermanentRedirect)
		}}, got: "not AWS", verdict: "unknown", detail: "308 Permanent Redirect"},
		{name: "plain HTTP lost on the way", step: "send over plain HTTP", script: script{"send over plain HTTP": dropped},
			got: "no answer", verdict: "unknown"},
		{name: "plain HTTP accepted", step: "send over plain HTTP", script: script{"send over plain HTTP": accepts},
			got: "accepted", verdict: "fails", detail: "look at statement DenyPlainHTTP"},
		{name: "plain HTTP let in to the key", step: "send over plain HTTP", script: script{"send over plain HTTP": refuse(through, byResource("kms:GenerateDataKey"))},
			got: "refused", verdict: "fails", policy: "key policy", detail: "look at statement DenyPlainHTTP"},
		{name: "plain HTTP refused by an identity policy", step: "send over plain HTTP", script: script{"send over plain HTTP": refuse("AccessDenied", refused("sqs:sendmessage", "with an explicit deny in an identity-based policy"))},
			got: "refused", verdict: "not tested", policy: "identity policy", detail: "take a sender whose side lets it send over plain HTTP too"},
		{name: "nothing sent, so nothing known of plain HTTP", step: "send over plain HTTP", script: script{"send": refuse("AccessDenied", byIdentity("sqs:sendmessage"))},
			got: "not tried", verdict: "unknown"},

		// Outsiders.
		{name: "outsider of the organization accepted", step: "send as " + sibling, script: script{"send as " + sibling: accepts},
			got: "accepted", verdict: "fails", detail: "is it outside of environments.dev.senders, and for longer than 5m?"},
		{name: "the queue stops it, so the key was not asked", step: "send as " + sibling, script: script{"send as " + sibling: refuse("AccessDenied", byResource("sqs:sendmessage"))},
			got: "refused", verdict: "fails", policy: "queue policy", detail: "the key was not asked: look at statement SendersSendMessages"},
		{name: "the queue denies it", step: "send as " + sibling, script: script{"send as " + sibling: refuse("AccessDenied", refused("sqs:sendmessage", "with an explicit deny in a resource-based policy"))},
			got: "refused", verdict: "fails", policy: "queue policy", detail: "look for a Deny in the policy of the queue"},
		{name: "a resource control policy stops it", step: "send as " + sibling, script: script{"send as " + sibling: refuse("AccessDenied", refused("sqs:sendmessage", "with an explicit deny in a resource control policy"))},
			got: "refused", verdict: "holds", policy: "resource control policy", detail: "by an explicit deny in the shared account's resource control policy"},
		{name: "its own policy at the key", step: "send as " + sibling, script: script{"send as " + sibling: refuse(through, byIdentity("kms:GenerateDataKey"))},
			got: "refused", verdict: "not tested", policy: "identity policy", detail: "so the key policy was not tested; let its own policies allow everything"},
		{name: "the key, without a reason", step: "send as " + sibling, script: script{"send as " + sibling: refuse(through, "null (Service: AWSKMS; Status Code: 400; Error Code: AccessDeniedException; Request ID: 1)")},
			got: "refused", verdict: "unknown", detail: "the queue let it in; nothing shows that its own policies let it use the key"},
		{name: "AWS does not tell its organization", step: sibling, script: script{"DescribeOrganization as " + sibling: organization("You don't have permissions to access this resource.")},
			got: "error", verdict: "unknown", detail: "let it do organizations:DescribeOrganization"},
		{name: "of no organization", step: other, script: script{"DescribeOrganization as " + other: organization("")},
			got: "identified", verdict: "holds", detail: "of no organization"},
		{name: "another organization stopped by the key only", step: "send as " + other, script: script{"send as " + other: refuse(through, maybeAbsent)},
			got: "refused", verdict: "fails", policy: "key policy", detail: "the queue let it in, and only the key stopped it"},
		{name: "another organization, no queue for it to see", step: "send as " + other, script: script{"send as " + other: refuse("AWS.SimpleQueueService.NonExistentQueue", "The specified queue does not exist or you do not have access to it.")},
			got: "refused", verdict: "holds", detail: "the queue is there; its own policies let it do the same with a queue of its account"},
		{name: "it may not send to its own queue either", step: "send as " + other, script: script{"send to its own queue as " + other: refuse("AccessDenied", noReason)},
			got: "refused", verdict: "unknown", detail: "nothing shows that its own policies let it send"},
		{name: "it may not receive from its own queue either", step: "receive as " + other, script: script{"receive as " + other: refuse("AccessDenied", noReason)},
			got: "refused", verdict: "unknown", detail: "nothing shows that its own policies let it"},
		{name: "outsider is of the publisher's account", step: other, script: script{other: identity("arn:aws:iam::222222222222:user/bob")},
			got: "wrong account", verdict: "unknown", detail: "name a profile outside the OUs"},
		{name: "insider is of the shared account", step: "insider", script: script{"insider": identity("arn:aws:iam::111111111111:user/bob")},
			got: "wrong account", verdict: "unknown", detail: "name a profile of another account"},

		// The consumer.
		{name: "consumer may not receive", step: "receive as consumer", script: script{"receive as consumer": refuse("AccessDenied", byIdentity("sqs:receivemessage"))},
			got: "refused", verdict: "fails", policy: "identity policy"},
		{name: "consumer may not delete", step: "receive as consumer", script: script{"delete as consumer": refuse("AccessDenied", byIdentity("sqs:deletemessage"))},
			got: "refused", verdict: "fails", policy: "identity policy", detail: "could not be deleted"},
		{name: "consumer of another account", step: "consumer", script: script{"consumer": identity("arn:aws:iam::444444444444:user/dave")},
			got: "wrong account", verdict: "unknown", detail: "not of the shared account"},
		{name: "nothing to receive", step: "receive as consumer", script: script{"send": refuse("AccessDenied", byResource("sqs:sendmessage"))},
			got: "not tried", verdict: "unknown"},

		// Who the caller is.
		{name: "role assumed", step: "role", args: []string{"-profile", "alice"}, script: script{"role": accepts},
			got: "assumed", verdict: "holds", detail: "arn:aws:sts::222222222222:assumed-role/shared-app-publisher/prove"},
		{name: "role asked for again", step: "role", args: []string{"-assume-role"}, script: script{"role": accepts},
			got: "assumed", verdict: "holds", detail: "arn:aws:sts::222222222222:assumed-role/shared-app-publisher/prove"},
		{name: "trust policy does not let the caller", step: "role", args: []string{"-profile", "alice"},
			script: script{"role": refuse("AccessDenied", "User: x is not authorized to perform: sts:AssumeRole because no role trust policy allows the sts:AssumeRole action")},
			got:    "refused", verdict: "fails", policy: "trust policy", detail: "lets lambda.amazonaws.com, ecs-tasks.amazonaws.com assume it: add the caller to environments.dev.publishers.web.assumedBy"},
		{name: "caller may not assume roles", step: "role", args: []string{"-profile", "alice"}, script: script{"role": refuse("AccessDenied", byIdentity("sts:AssumeRole"))},
			got: "refused", verdict: "fails", policy: "identity policy", detail: "let the caller do sts:AssumeRole on arn:aws:iam::222222222222:role/shared-app-publisher"},
		{name: "role refused without a reason", step: "role", args: []string{"-profile", "alice"},
			got: "refused", verdict: "fails", detail: "AWS says the same if the role is not there"},
		{name: "caller of another account", step: "role", args: []string{"-profile", "dev-management"},
			got: "refused", verdict: "fails", detail: ", the role of 222222222222"},
		{name: "root may not", step: "role", args: []string{"-profile", "alice"}, script: script{"role": refuse("AccessDenied", "Roles may not be assumed by root accounts.")},
			got: "refused", verdict: "fails", detail: "Roles may not be assumed by root accounts.; take an IAM user or role"},
		{name: "tags may not be passed", step: "role", args: []string{"-profile", "alice"},
			script: script{"role": refuse("AccessDenied", "User: x is not authorized to perform: sts:TagSession on resource: y")},
			got:    "refused", verdict: "fails", detail: "allow sts:TagSession"},
		{name: "GetCallerIdentity refused", step: "caller", script: script{"": refuse("AccessDenied", "User: x is not authorized to perform: sts:GetCallerIdentity with an explicit deny in a service control policy")},
			got: "refused", verdict: "unknown", policy: "service control policy", detail: "in its own side's service control policy; ask who keeps that policy"},
		{name: "profile without credentials", step: "caller", args: []string{"-profile", "nobody"},
			got: "no credentials", verdict: "unknown", detail: "profile nobody; there are no credentials; sign in"},
		{name: "caller's token expired", step: "caller", script: script{"": refuse("ExpiredToken", "The security token included in the request is expired")},
			got: "expired token", verdict: "unknown"},
		{name: "an empty answer is nobody", step: "caller", script: script{"": output(&sts.GetCallerIdentityOutput{})},
			got: "not AWS", verdict: "unknown"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s.answer(test.script)
			all := s.lines(t, append(s.whoTries(test.step), test.args...)...)
			l, sum := all[test.step], all[""].Summary
			if l.Got != test.got || l.Verdict != test.verdict || l.Policy != test.policy || !strings.Contains(l.Detail, test.detail) {
				t.Errorf("got %+v", l)
			}
			undone := test.verdict == "unknown" && test.got != "refused"
			if test.verdict == "fails" && sum.ExitCode != exitFails || undone && sum.ExitCode == exitHolds {
				t.Errorf("summary %+v", sum)
			}
		})
	}
}

const maybeAbsent = "User: x is not authorized to perform: kms:Decrypt on this resource because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access"

// An insider that is in no OU that sends is refused by the key whatever it does,
// which shows nothing of what a sender may do.
func TestInsiderMustBeASender(t *testing.T) {
	s := newStage(t)
	s.answer(nil)
	all := s.lines(t, append(s.everybody(), "-insider-profile", "prod-insider")...)
	if sum := all[""].Summary; sum.ExitCode != exitFails || slices.Contains(sum.Shown, "sender-cannot-use-key") {
		t.Errorf("%+v", sum)
	}
	for _, step := range []string{"decrypt as insider", "receive as insider"} {
		if l := all[step]; l.Verdict != "unknown" || !strings.Contains(l.Detail, "its own send was not accepted") {
			t.Errorf("%+v", l)
		}
	}
}

// An answer that is lost on its way does not make the SDK send again.
func TestALostAnswerSendsOnce(t *testing.T) {
	s := newStage(t)
	s.answer(script{"send": simulation.Request.Lost})
	all := s.lines(t, web...)
	if l, sum := all["send"], all[""].Summary; l.Got != "no answer" || count(s.calls, "send") != 1 ||
		!slices.Contains(sum.Notes, "no answer of AWS came for a message to the queue shared-app-work of dev: it may be there") {
		t.Errorf("%d sends, %+v, %+v", count(s.calls, "send"), l, sum)
	}
}

// What AWS says that it did not do is tried again.
func TestThrottlingIsRetried(t *testing.T) {
	s := newStage(t)
	for step, code := range map[string]string{"send": "RequestThrottled", "receive": "KMS.ThrottlingException", "decrypt": "ThrottlingException"} {
		s.answer(script{step: refuse(code, "Rate exceeded")})
		s.prove(t, web...)
		if n := count(s.calls, step); n != principal.MaxAttempts {
			t.Errorf("%s: tried %d times", step, n)
		}
	}
}

// A message that somebody who must not was let receive is given back at once.
func TestWhatIsReceivedIsGivenBack(t *testing.T) {
	s := newStage(t)
	s.answer(script{"receive as insider": func(r simulation.Request) http.Handler {
		return r.Return(&sqs.ReceiveMessageOutput{Messages: []sqstypes.Message{{MessageId: aws.String("m"), ReceiptHandle: aws.String("handle")}}})
	}})
	if l := s.lines(t, append(web, "-insider-profile", "dev-insider")...)["receive as insider"]; l.Verdict != "fails" {
		t.Errorf("%+v", l)
	}
	if n := count(s.calls, "change the visibility as insider"); n != 2 { // with the step of that name
		t.Errorf("given back %d times", n-1)
	}
}

// Where one receive more makes a message a dead letter, nothing of others is received.
func TestOneReceive(t *testing.T) {
	s := newStage(t)
	write(t, "cdk.json", `{"context": {"environments": `+strings.Replace(fixture.Settings, `"keyAlias": "shared-app",`, `"keyAlias": "shared-app", "maxReceiveCount": 1,`, 1)+`}}`)
	s.answer(nil)
	l := s.lines(t, append(web, "-insider-profile", "dev-insider")...)["receive as insider"]
	if l.Verdict != "skipped" || !strings.Contains(l.Detail, "would go to the dead-letter queue next") || count(s.calls, "receive as insider") > 0 {
		t.Errorf("%+v", l)
	}
	// What cannot be tried is computed.
	args := slices.DeleteFunc(append(s.everybody(), readers...), func(arg string) bool { return strings.Contains(arg, "consumer") })
	all := s.lines(t, args...)[""]
	if _, how := all.claim("sender-cannot-receive"); how != "computed" || all.Summary.ExitCode != exitHolds {
		t.Errorf("%s, %+v", how, all.Summary)
	}
	var out, problems bytes.Buffer
	if code := command(&out, &problems).Run(t.Context(), append(web, "-consumer-profile", "dev-consumer")); code != exitMisuse ||
		!strings.Contains(problems.String(), `-consumer-profile: got "dev-consumer", allowed: with a maxReceiveCount of 2 or more, and dev has 1`) {
		t.Errorf("exit code %d, %s", code, &problems)
	}
}

func TestMessagesOfOthersAreGivenBackOnce(t *testing.T) {
	s := newStage(t)
	client := sqs.New(sqs.Options{Region: "us-east-1", BaseEndpoint: &s.URL, Credentials: aws.CredentialsProviderFunc(
		func(context.Context) (aws.Credentials, error) {
			return s.profiles["dev-publisher-web"].Credentials, nil
		}), HTTPClient: s.client(t)})
	for range 5 {
		if _, err := client.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: aws.String("https://sqs.us-east-1.amazonaws.com/111111111111/shared-app-work"), MessageBody: aws.String("work")}); err != nil {
			t.Fatal(err)
		}
	}
	s.answer(nil)
	sum := s.lines(t, append(web, "-consumer-profile", "dev-consumer")...)[""].Summary
	if n := count(s.calls, "change the visibility as consumer"); n != 5 || !slices.Contains(sum.Notes, "5 other messages were received too; each counts one receive more") {
		t.Errorf("given back %d, %+v", n, sum)
	}
	s.answer(script{"change the visibility as consumer": refuse("AccessDenied", noReason)})
	sum = s.lines(t, append(web, "-consumer-profile", "dev-consumer")...)[""].Summary
	if !slices.ContainsFunc(sum.Notes, func(n string) bool { return strings.HasPrefix(n, "5 of them could not be given back") }) {
		t.Errorf("%+v", sum)
	}
}

func TestMessageNeverComes(t *testing.T) {
	s := newStage(t)
	s.answer(script{"receive as consumer": func(r simulation.Request) http.Handler { return r.Return(&sqs.ReceiveMessageOutput{}) }})
	l := s.lines(t, append(web, "-consumer-profile", "dev-consumer", "-timeout", "1s")...)["receive as consumer"]
	if l.Got != "not received" || l.Verdict != "unknown" {
		t.Errorf("%+v", l)
	}
}

func TestMessageAltered(t *testing.T) {
	s := newStage(t)
	s.answer(script{"send": func(r simulation.Request) http.Handler {
		return r.Return(&sqs.SendMessageOutput{MessageId: aws.String("m")})
	},
		"receive as consumer": func(r simulation.Request) http.Handler {
			return r.Return(&sqs.ReceiveMessageOutput{Messages: []sqstypes.Message{{MessageId: aws.String("m"), Body: aws.String("Hello"), ReceiptHandle: aws.String("h")}}})
		}})
	if l := s.lines(t, append(web, "-consumer-profile", "dev-consumer")...)["receive as consumer"]; l.Got != "altered" || l.Verdict != "fails" {
		t.Errorf("%+v", l)
	}
}

func TestInterruptedWhileItSends(t *testing.T) {
	s := newStage(t)
	ctx, interrupt := context.WithCancel(t.Context())
	s.answer(script{"receive": func(r simulation.Request) http.Handler { interrupt(); return dropped(r) }})
	var out, problems bytes.Buffer
	code := command(&out, &problems).Run(ctx, append([]string{"-endpoint-url", s.URL, "-json"}, web...))
	all := parseLines(t, out.String())
	if l := all["receive"]; code != exitInPart || l.Got != "interrupted" || l.Verdict != "unknown" {
		t.Errorf("exit code %d, %+v", code, l)
	}
	if l := all["decrypt"]; l.Got != "not tried" || l.Detail != "interrupted" {
		t.Errorf("%+v", l)
	}
}

func TestTimeIsUp(t *testing.T) {
	s := newStage(t)
	all := s.lines(t, append(web, "-timeout", "1ns")...)
	if l := all["caller"]; l.Got != "not tried" || !strings.Contains(l.Detail, "more than 1ns with -timeout") {
		t.Errorf("%+v", l)
	}
}

// AWS repeats the request's headers, the token among them, when it does not find the
// signature right.
func TestSecretsAreHidden(t *testing.T) {
	s := newStage(t)
	c := s.profiles["dev-publisher-web"].Credentials
	s.answer(script{
		"send":    refuse("InternalError", "x-amz-security-token:"+c.SessionToken),
		"receive": refuse("AccessDenied", c.SecretAccessKey+" "+c.SessionToken),
	})
	for _, format := range []string{"-json=true", "-json=false"} {
		if _, stdout := s.prove(t, append(web, format)...); !strings.Contains(stdout, "x-amz-security-token:(hidden)") {
			t.Errorf("nothing hidden in\n%s", stdout)
		}
	}
}

func TestHide(t *testing.T) {
	const long = "role/Secret+Key0000000000000000000000000"
	for _, test := range []struct{ name, text, secret, want string }{
		{"a long secret, even inside a word", "x" + long + "y", long, "x(hidden)y"},
		{"a short one alone", "token test, and test", "test", "token (hidden), and (hidden)"},
		{"a short one twice in a row", "test test", "test", "(hidden) (hidden)"},
		{"a short one inside words", "the latest contest, tests", "test", "the latest contest, tests"},
		{"none", "nothing", "", "nothing"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := hide(test.text, []string{test.secret}); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// Where nothing listens at the port of plain HTTP, SQS was not asked.
func TestClosedPortShowsNothing(t *testing.T) {
	s := newStage(t)
	s.answer(nil)
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := closed.Addr().String()
	closed.Close()
	s.answer(script{"send over plain HTTP": func(simulation.Request) http.Handler {
		return http.RedirectHandler("http://"+address+"/", http.StatusTemporaryRedirect)
	}})
	if l := s.lines(t, web...)["send over plain HTTP"]; l.Verdict != "unknown" {
		t.Errorf("%+v", l)
	}
	all := s.lines(t, append(web, "-endpoint-url", "https://"+address)...)
	if l, sum := all["caller"], all[""].Summary; l.Got != "no answer" || !strings.Contains(l.Detail, "the endpoint refused the connection") ||
		sum.Holds != 0 || sum.Boundary != "is not shown" {
		t.Errorf("%+v, %+v", l, sum)
	}
}

func TestEmulatorWithoutTLS(t *testing.T) {
	s := newStage(t)
	s.URL = "http://" + strings.TrimPrefix(s.URL, "https://")
	if l := s.lines(t, web...)["send"]; l.Verdict != "fails" || !strings.Contains(l.Detail, "look for a Deny in the policy of the queue") {
		t.Errorf("%+v", l)
	}
}

func TestEndpointOfTheEnvironment(t *testing.T) {
	s := newStage(t)
	s.answer(nil)
	t.Setenv("AWS_ENDPOINT_URL", s.URL)
	t.Setenv("AWS_PROFILE", "dev-publisher-web")
	var out, problems bytes.Buffer
	if code := command(&out, &problems).Run(t.Context(), web[:4]); code != exitInPart {
		t.Errorf("exit code %d\n%s%s", code, &out, &problems)
	}
	if !slices.Contains(s.calls, "send over plain HTTP") {
		t.Errorf("calls %v", s.calls)
	}
}

func TestMFA(t *testing.T) {
	s := newStage(t)
	guarded := append(slices.Clone(web[:4]), "-profile", "guarded")
	if l := s.lines(t, guarded...)["caller"]; l.Got != "no MFA code" || !strings.Contains(l.Detail, "run the command in a terminal") {
		t.Errorf("%+v", l)
	}
	s.answer(script{"role": refuse("AccessDenied", "MultiFactorAuthentication failed with invalid MFA one time pass code. ")})
	var out, problems bytes.Buffer
	c := command(&out, &problems)
	c.Code = func(context.Context, string) (string, error) { return "123456", nil }
	c.Run(t.Context(), append(guarded, "-json", "-endpoint-url", s.URL))
	if l := parseLines(t, out.String())["caller"]; l.Verdict != "unknown" || !strings.Contains(l.Detail, "AWS says AccessDenied: MultiFactorAuthentication failed") {
		t.Errorf("%+v", l)
	}
}
