package prove

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go"

	"example.com/shared-queue/proof/aws/profile"
)

const testSettings = `{"context": {"environments": {
  "dev": {
    "region": "us-east-1",
    "senders": ["o-abc1234567/r-wxyz/ou-wxyz-jklm1dev"],
    "shared": {"account": "111111111111", "queueName": "shared-app-work", "keyAlias": "shared-app"},
    "publishers": {"web": {"account": "222222222222", "roleName": "shared-app-publisher", "assumedBy": ["lambda.amazonaws.com"]}}
  },
  "prod": {
    "region": "eu-west-1",
    "senders": ["o-abc1234567/r-wxyz/ou-wxyz-nopq1prd"],
    "shared": {"account": "333333333333", "queueName": "shared-app-work", "keyAlias": "shared-app"},
    "publishers": {}
  }
}}}`

// at once: a test waits for nothing.
var atOnce = Pace{
	Backoff: retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil }),
	Poll:    time.Millisecond,
}

func noTerminal(context.Context, string) (string, error) { return "", profile.ErrNoTerminal }

// setUp gives a test a folder with settings, and profiles of its own.
func setUp(t *testing.T) {
	t.Helper()
	dir := t.TempDir()
	write := func(name, text string) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	write("cdk.json", testSettings)
	t.Chdir(dir)
	for _, variable := range os.Environ() {
		if name, _, _ := strings.Cut(variable, "="); strings.HasPrefix(name, "AWS_") && name != "AWS_CA_BUNDLE" {
			t.Setenv(name, "")
			os.Unsetenv(name)
		}
	}
	profiles := ""
	for name, key := range map[string]string{"alice": callerKey, "web": roleKey, "ingrid": insiderKey, "mallory": siblingKey,
		"eve": foreignKey, "carol": consumerKey, "mia": managerKey} {
		profiles += fmt.Sprintf("[profile %s]\naws_access_key_id = %s\naws_secret_access_key = %s\nregion = ap-south-1\n", name, key, envSecret)
	}
	profiles += "[profile guarded]\nrole_arn = arn:aws:iam::222222222222:role/shared-app-publisher\nmfa_serial = arn:aws:iam::222222222222:mfa/alice\nsource_profile = alice\n"
	profiles += "[profile nobody]\nregion = us-east-1\n"
	t.Setenv("AWS_CONFIG_FILE", write("config", profiles))
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", write("credentials", ""))
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
}

// prove runs the command against f.
func prove(t *testing.T, f *fakeAWS, args ...string) (code int, stdout string) {
	t.Helper()
	return proveAs(t, f, noTerminal, args...)
}

func proveAs(t *testing.T, f *fakeAWS, codes profile.Code, args ...string) (code int, stdout string) {
	t.Helper()
	args = append([]string{"-environment", "dev", "-publisher", "web", "-endpoint-url", f.URL}, args...)
	var out, problems bytes.Buffer
	code = Run(t.Context(), args, &out, &problems, atOnce, codes)
	for _, text := range []string{out.String(), problems.String()} {
		for _, secret := range []string{roleSecret, roleToken, envSecret} {
			if strings.Contains(text, secret) {
				t.Errorf("the output has the secret %s:\n%s", secret, text)
			}
		}
	}
	if problems.Len() > 0 {
		t.Errorf("wrote to standard error: %s", &problems)
	}
	return code, out.String()
}

type line struct {
	Step, Expected, Got, Verdict, Policy, Side, Deny, PolicyARN, Detail, Service, Code, Message string

	Summary *struct {
		Boundary                                            string
		Shown, Broken, NotShown                             []string
		Holds, Fails, NotTested, Unknown, Skipped, ExitCode int
		Notes                                               []string
	}
}

// lines are what -json wrote, by the names of the steps; the summary is "".
func lines(t *testing.T, stdout string) map[string]line {
	t.Helper()
	all := map[string]line{}
	for text := range strings.Lines(stdout) {
		var l line
		if err := json.Unmarshal([]byte(text), &l); err != nil {
			t.Fatalf("%v in %s", err, text)
		}
		all[l.Step] = l
	}
	if all[""].Summary == nil {
		t.Fatalf("no summary in\n%s", stdout)
	}
	return all
}

// everybody is who it takes to show the whole boundary.
var everybody = []string{"-profile", "web", "-insider-profile", "ingrid", "-outsider-profile", "mallory",
	"-outsider-profile", "eve", "-outsider-queue", ownQueue, "-consumer-profile", "carol"}

func TestBoundaryHolds(t *testing.T) {
	f := &fakeAWS{}
	f.start(t)
	setUp(t)
	code, stdout := prove(t, f, everybody...)
	if code != 0 {
		t.Errorf("exit code %d", code)
	}
	marker := strings.TrimPrefix(f.bodies[0]["MessageBody"].(string), greeting)
	got := strings.NewReplacer(marker, "MARKER", f.URL, "ENDPOINT").Replace(stdout)
	want := `Environment  dev, us-east-1
Publisher    arn:aws:iam::222222222222:role/shared-app-publisher
Queue        https://sqs.us-east-1.amazonaws.com/111111111111/shared-app-work
Key          arn:aws:kms:us-east-1:111111111111:alias/shared-app
Endpoint     ENDPOINT
Message      Hello from publisher account! MARKER

STEP                                EXPECTED    GOT              VERDICT     DETAIL
caller                              identified  identified       holds       arn:aws:sts::222222222222:assumed-role/shared-app-publisher/lambda
role                                assumed     assumed          holds       the caller has the role already
send                                accepted    accepted         holds       message id-1
receive                             refused     refused          not tested  by its own identity policy, so the queue policy was not tested; -insider-profile tests it
generate data key                   refused     refused          not tested  by its own identity policy, so the key policy was not tested; -insider-profile tests it
decrypt                             refused     refused          not tested  by its own identity policy, so the key policy was not tested; -insider-profile tests it
send over plain HTTP                refused     refused          holds       by an explicit deny in the queue policy
send to prod                        refused     refused          not tested  by its own identity policy, so the queue policy or key policy was not tested; -insider-profile tests it
insider                             identified  identified       holds       arn:aws:iam::666666666666:user/ingrid
send as insider                     accepted    accepted         holds       message id-2
receive as insider                  refused     refused          holds       by the queue policy
delete as insider                   refused     refused          holds       by the queue policy
send a dead letter as insider       refused     refused          holds       by the queue policy
receive dead letters as insider     refused     refused          holds       by the queue policy
generate data key as insider        refused     refused          holds       by the key policy
decrypt as insider                  refused     refused          holds       by the key policy (AWS says that, or that there is no such key, and the key is there)
encrypt as insider                  refused     refused          holds       by the key policy
use the key through SSM as insider  refused     refused          holds       by the key policy
send to prod as insider             refused     refused          holds       by the key policy
outsider mallory                    identified  identified       holds       arn:aws:iam::999999999999:user/mallory; of the senders' organization o-abc1234567: the queue is to let it in and the key to stop it
send as outsider mallory            refused     refused          holds       by the key policy
outsider eve                        identified  identified       holds       arn:aws:iam::888888888888:user/eve; of another organization, o-zzzzzzzzzz: the queue is to stop it
send as outsider eve                refused     refused          holds       by the queue policy or a policy of the caller: AWS does not say which; its own policy lets it send to a queue of its account
consumer                            identified  identified       holds       arn:aws:iam::111111111111:user/carol
receive as consumer                 received    received         holds       message id-1 as it was sent, and deleted it

Note: a principal that has just left the OU can go on sending for up to 5m, the data key's reuse period (dataKeyReuse).
Note: a test message stays in the queue mine of eve: id-3.

Shown:
  the publisher can send
  the queue stops a sender that receives
  the queue stops a sender that deletes
  the dead-letter queue stops a sender that sends to it
  the dead-letter queue stops a sender that receives from it
  the key stops a sender that asks for a data key without the queue
  the key stops a sender that decrypts without the queue
  the key stops a sender that encrypts without the queue
  the key stops a sender that uses it through another service
  a message over plain HTTP is refused
  prod is closed to the senders
  principals of the organization's other OUs are stopped
  the queue stops principals of other organizations and of none
  an all-powerful principal in an OU that sends can send
  a consumer receives what was sent

The boundary holds: 15 of 15 claims shown, 0 broken; of the steps, 21 hold, 0 fail, 4 not tested, 0 unknown, 0 skipped.
`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if !slices.Equal(f.gone, []string{"id-1", "id-2"}) {
		t.Errorf("deleted %v", f.gone)
	}
}

func TestEverythingAccepted(t *testing.T) {
	f := &fakeAWS{accept: true}
	f.start(t)
	setUp(t)
	code, stdout := prove(t, f, append(everybody, "-json")...)
	all := lines(t, stdout)
	if summary := all[""].Summary; code != 1 || summary.Boundary != "does not hold" || summary.Fails != len(asDeployed) || summary.ExitCode != 1 {
		t.Errorf("exit code %d, summary %+v", code, summary)
	}
	for step := range asDeployed {
		if l := all[step]; l.Got != "accepted" || l.Verdict != "fails" || !strings.Contains(l.Detail, "look ") {
			t.Errorf("%+v", l)
		}
	}
}

func TestAnswers(t *testing.T) {
	const slow = "Rate exceeded"
	tests := []struct {
		name    string
		replies map[string]reply
		profile string // web if empty
		args    []string
		step    string
		got     string
		verdict string
		policy  string
		detail  string
	}{
		// A publisher that must be let in.
		{name: "queue policy does not admit the sender", step: "send",
			replies: map[string]reply{"send": {code: "AccessDenied", message: byResource("sqs:sendmessage"), status: 403}},
			got:     "refused", verdict: "fails", policy: "queue policy", detail: "statement SendersSendMessages of the queue in the stack dev-shared"},
		{name: "key policy does not admit the sender", step: "send",
			replies: map[string]reply{"send": {code: "KMS.AccessDeniedException", message: byResource("kms:GenerateDataKey")}},
			got:     "refused", verdict: "fails", policy: "key policy", detail: "one of environments.dev.senders?"},
		{name: "key refuses under the name of the JSON protocol", step: "send",
			replies: map[string]reply{"send": {code: "KmsAccessDenied", message: byResource("kms:Decrypt")}},
			got:     "refused", verdict: "fails", policy: "key policy"},
		{name: "sender's own policy does not let it send", step: "send",
			replies: map[string]reply{"send": {code: "AccessDenied", message: byIdentity("sqs:sendmessage")}},
			got:     "refused", verdict: "fails", policy: "identity policy", detail: "SendToSharedAppWork0bd88d8c and UseKeyOfSharedAppWork0bd88d8c of the role in the stack dev-publisher-web"},
		{name: "service control policy of the sender's account", step: "send",
			replies: map[string]reply{"send": {code: "AccessDenied", message: "User: x is not authorized to perform: sqs:sendmessage with an explicit deny in a service control policy"}},
			got:     "refused", verdict: "fails", policy: "service control policy", detail: "ask who keeps that policy"},
		{name: "key refuses, AWS does not say by which policy", step: "send",
			replies: map[string]reply{"send": {code: "KMS.AccessDeniedException", message: "The ciphertext refers to a key that you are not allowed to access."}},
			got:     "refused", verdict: "fails", detail: "statement SendersUseKeyThroughQueue of the key in the stack dev-shared"},
		{name: "AWS does not say which policy", step: "send",
			replies: map[string]reply{"send": {code: "AccessDenied", message: "Access to the resource https://sqs.us-east-1.amazonaws.com/ is denied."}},
			got:     "refused", verdict: "fails", detail: "AWS does not say which; look at both"},
		{name: "queue not there yet", step: "send",
			replies: map[string]reply{"send": {code: "AWS.SimpleQueueService.NonExistentQueue", message: "The specified queue does not exist."}},
			got:     "no queue", verdict: "unknown", detail: "deploy the stack dev-shared"},
		{name: "key disabled", step: "send",
			replies: map[string]reply{"send": {code: "KMS.DisabledException", message: "arn is disabled."}},
			got:     "key disabled", verdict: "unknown", detail: "enable it (aws kms enable-key); no deployment does"},
		{name: "nothing sent, so nothing known of plain HTTP", step: "send over plain HTTP",
			replies: map[string]reply{"send": {code: "AccessDenied", message: byIdentity("sqs:sendmessage")}},
			got:     "not tried", verdict: "unknown"},

		// Refusals for the wrong reason.
		{name: "receiving throttled", step: "receive",
			replies: map[string]reply{"receive": {code: "ThrottlingException", message: slow}},
			got:     "throttled", verdict: "unknown"},
		{name: "key throttled behind the queue", step: "send to prod",
			replies: map[string]reply{"send to prod": {code: "KMS.ThrottlingException", message: slow}},
			got:     "throttled", verdict: "unknown"},
		{name: "token expired on the way", step: "decrypt",
			replies: map[string]reply{"decrypt": {code: "ExpiredTokenException", message: "The security token included in the request is expired"}},
			got:     "expired token", verdict: "unknown", detail: "sign in again"},
		{name: "connection lost", step: "generate data key",
			replies: map[string]reply{"generate data key": {dropped: true}},
			got:     "no answer", verdict: "unknown", detail: "look at the network"},
		{name: "other environment not deployed", step: "send to prod",
			replies: map[string]reply{"send to prod": {code: "AWS.SimpleQueueService.NonExistentQueue", message: "The specified queue does not exist or you do not have access to it."}},
			got:     "no queue", verdict: "unknown", detail: "deploy the stack prod-shared"},
		{name: "alias not there", step: "decrypt",
			replies: map[string]reply{"decrypt": {code: "NotFoundException", message: "Alias arn is not found."}},
			got:     "no key", verdict: "unknown", detail: "deploy the stack dev-shared"},
		{name: "key perhaps not there", step: "decrypt as insider",
			replies: map[string]reply{"send": {dropped: true}, "send as insider": {dropped: true}},
			got:     "refused", verdict: "unknown", detail: "by the key policy, or there is no such key"},
		{name: "publisher's own policy may be what refused", step: "decrypt",
			replies: map[string]reply{"decrypt": {code: "AccessDeniedException", message: keyMaybeNotThere}},
			got:     "refused", verdict: "unknown", detail: "its own policy is to refuse this too: -insider-profile tests it"},
		{name: "error of AWS itself", step: "receive",
			replies: map[string]reply{"receive": {code: "InternalError", message: "try again", status: 500}},
			got:     "error", verdict: "unknown", detail: "AWS answered InternalError: try again"},
		{name: "plain HTTP lost on the way", step: "send over plain HTTP",
			replies: map[string]reply{"send over plain HTTP": {dropped: true}},
			got:     "no answer", verdict: "unknown"},

		// What is not refused.
		{name: "dry run says that KMS would", step: "generate data key",
			replies: map[string]reply{"generate data key": {code: "DryRunOperationException", message: "The request would have succeeded, but the DryRun option is set."}},
			got:     "accepted", verdict: "fails", detail: "with kms:ViaService"},
		{name: "ciphertext found wrong", step: "decrypt",
			replies: map[string]reply{"decrypt": {code: "InvalidCiphertextException"}},
			got:     "accepted", verdict: "fails", detail: "KMS looked at the ciphertext"},

		// Plain HTTP.
		{name: "encrypted queue refuses plain HTTP by itself", step: "send over plain HTTP",
			replies: map[string]reply{"send over plain HTTP": {code: "InvalidSecurity", message: "All requests to this queue must use HTTPS and SigV4."}},
			got:     "refused", verdict: "holds", policy: "the service itself", detail: "by SQS itself, which takes no plain HTTP for an encrypted queue"},
		{name: "plain HTTP redirected", step: "send over plain HTTP",
			replies: map[string]reply{"send over plain HTTP": {location: "https://127.0.0.1/"}},
			got:     "refused", verdict: "holds", policy: "the service itself", detail: "it redirects to HTTPS"},
		{name: "plain HTTP redirected to a portal", step: "send over plain HTTP",
			replies: map[string]reply{"send over plain HTTP": {location: "https://portal.example.com/"}},
			got:     "not AWS", verdict: "unknown", detail: "did not answer as AWS does"},
		{name: "plain HTTP accepted", step: "send over plain HTTP",
			replies: map[string]reply{"send over plain HTTP": {}},
			got:     "accepted", verdict: "fails", detail: "statement DenyPlainHTTP"},

		// Outsiders: mallory is of the organization, eve is of another.
		{name: "outsider of the organization accepted", step: "send as outsider mallory",
			replies: map[string]reply{"send as outsider mallory": {}},
			got:     "accepted", verdict: "fails", detail: "for longer than 5m?"},
		{name: "outsider of the organization stopped by the queue, so the key was not asked", step: "send as outsider mallory",
			replies: map[string]reply{"send as outsider mallory": {code: "AccessDenied", message: byResource("sqs:sendmessage"), status: 403}},
			got:     "refused", verdict: "fails", policy: "queue policy", detail: "the key was not asked"},
		{name: "outsider's organization not told", step: "send as outsider mallory",
			replies: map[string]reply{"DescribeOrganization as outsider mallory": {code: "AccessDeniedException", message: "You don't have permissions to access this resource."}},
			got:     "refused", verdict: "unknown", policy: "key policy", detail: "nothing shows which of the two is to stop it"},
		{name: "outsider of no organization", step: "outsider eve",
			replies: map[string]reply{"DescribeOrganization as outsider eve": {code: "AWSOrganizationsNotInUseException", message: "Your account is not a member of an organization."}},
			got:     "identified", verdict: "holds", detail: "of no organization: the queue is to stop it"},
		{name: "outsider of no organization stopped by the key only", step: "send as outsider eve",
			replies: map[string]reply{
				"DescribeOrganization as outsider eve": {code: "AWSOrganizationsNotInUseException", message: "Your account is not a member of an organization."},
				"send as outsider eve":                 {code: "KMS.AccessDeniedException", message: byResource("kms:GenerateDataKey")}},
			got: "refused", verdict: "fails", policy: "key policy", detail: "the queue let it in, and only the key stopped it"},
		{name: "outsider's own policy refuses", step: "send as outsider eve",
			replies: map[string]reply{"send as outsider eve": {code: "AccessDenied", message: byIdentity("sqs:sendmessage"), status: 403}},
			got:     "refused", verdict: "not tested", policy: "identity policy", detail: "let its own policy allow sqs:SendMessage"},
		{name: "outsider may not send to its own queue either", step: "send as outsider eve",
			replies: map[string]reply{"send to its own queue": {code: "AccessDenied", message: noReason, status: 403}},
			got:     "refused", verdict: "unknown", detail: "nothing shows that its own policy lets it send"},
		{name: "outsider is of the publisher's account", step: "outsider eve",
			replies: map[string]reply{"outsider eve": {values: map[string]string{"arn": "arn:aws:iam::222222222222:user/bob"}}},
			got:     "wrong account", verdict: "unknown", detail: "name a profile outside the OU"},
		{name: "insider is of the shared account", step: "insider",
			replies: map[string]reply{"insider": {values: map[string]string{"arn": "arn:aws:iam::111111111111:user/bob"}}},
			got:     "wrong account", verdict: "unknown", detail: "name a profile of another account"},

		// The consumer.
		{name: "consumer may not receive", step: "receive as consumer",
			replies: map[string]reply{"receive as consumer": {code: "AccessDenied", message: byIdentity("sqs:receivemessage")}},
			got:     "refused", verdict: "fails", policy: "identity policy"},
		{name: "consumer may not delete", step: "receive as consumer",
			replies: map[string]reply{"delete": {code: "AccessDenied", message: byIdentity("sqs:deletemessage")}},
			got:     "refused", verdict: "fails", policy: "identity policy", detail: "could not be deleted"},
		{name: "message altered", step: "receive as consumer",
			replies: map[string]reply{"send": {values: map[string]string{"body": "Hello"}}},
			got:     "altered", verdict: "fails"},
		{name: "consumer of another account", step: "consumer",
			replies: map[string]reply{"consumer": {values: map[string]string{"arn": "arn:aws:iam::444444444444:user/dave"}}},
			got:     "wrong account", verdict: "unknown", detail: "not of the shared account"},
		{name: "nothing to receive", step: "receive as consumer",
			replies: map[string]reply{"send": {code: "AccessDenied", message: byResource("sqs:sendmessage")}},
			got:     "not tried", verdict: "unknown"},

		// Who the caller is.
		{name: "role assumed", step: "role", profile: "alice",
			got: "assumed", verdict: "holds", detail: roleSession},
		{name: "role asked for again", step: "role", args: []string{"-assume-role"},
			got: "assumed", verdict: "holds", detail: roleSession},
		{name: "trust policy does not let the caller", step: "role", profile: "alice",
			replies: map[string]reply{"role": {code: "AccessDenied", message: "User: x is not authorized to perform: sts:AssumeRole because no role trust policy allows the sts:AssumeRole action", status: 403}},
			got:     "refused", verdict: "fails", policy: "trust policy", detail: "lets lambda.amazonaws.com assume it: add the caller to environments.dev.publishers.web.assumedBy"},
		{name: "caller may not assume roles", step: "role", profile: "alice",
			replies: map[string]reply{"role": {code: "AccessDenied", message: byIdentity("sts:AssumeRole"), status: 403}},
			got:     "refused", verdict: "fails", policy: "identity policy", detail: "let the caller do sts:AssumeRole on arn:aws:iam::222222222222:role/shared-app-publisher"},
		{name: "role refused without a reason", step: "role", profile: "alice",
			replies: map[string]reply{"role": {code: "AccessDenied", message: "User: x is not authorized to perform: sts:AssumeRole on resource: y", status: 403}},
			got:     "refused", verdict: "fails", detail: "AWS says the same if the role is not there"},
		{name: "caller of another account", step: "role", profile: "alice",
			replies: map[string]reply{
				"caller": {values: map[string]string{"arn": "arn:aws:iam::555555555555:user/alice"}},
				"role":   {code: "AccessDenied", message: "User: x is not authorized to perform: sts:AssumeRole on resource: y", status: 403}},
			got: "wrong account", verdict: "unknown", detail: "the caller is of account 555555555555, the publisher web of 222222222222"},
		{name: "no role, so nothing tried", step: "send", profile: "alice",
			replies: map[string]reply{"role": {code: "AccessDenied", status: 403}},
			got:     "not tried", verdict: "unknown", detail: "there is no caller with the publisher's role"},
		{name: "profile without credentials", step: "caller", profile: "nobody",
			got: "no credentials", verdict: "unknown", detail: "profile nobody: sign in"},
		{name: "caller's token expired", step: "caller",
			replies: map[string]reply{"caller": {code: "ExpiredToken", message: "The security token included in the request is expired", status: 403}},
			got:     "expired token", verdict: "unknown"},
		{name: "credentials unknown", step: "caller",
			replies: map[string]reply{"caller": {code: "InvalidClientTokenId", message: "The security token included in the request is invalid.", status: 403}},
			got:     "bad credentials", verdict: "unknown"},
		{name: "endpoint of another Region", step: "caller",
			replies: map[string]reply{"caller": {code: "SignatureDoesNotMatch", message: "Credential should be scoped to a valid region, not 'us-east-1'.", status: 403}},
			got:     "wrong region", verdict: "unknown"},
		{name: "clock is off", step: "caller",
			replies: map[string]reply{"caller": {code: "SignatureDoesNotMatch", message: "Signature expired: 1 is now earlier than 2", status: 403}},
			got:     "wrong clock", verdict: "unknown"},
	}
	f := &fakeAWS{}
	f.start(t)
	setUp(t)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			*f = fakeAWS{URL: f.URL, replies: test.replies}
			args := append(slices.Clone(everybody), test.args...)
			if test.profile != "" {
				args = append(args, "-profile", test.profile)
			}
			code, stdout := prove(t, f, append(args, "-json")...)
			all := lines(t, stdout)
			l := all[test.step]
			if l.Got != test.got || l.Verdict != test.verdict || l.Policy != test.policy || !strings.Contains(l.Detail, test.detail) {
				t.Errorf("got %+v", l)
			}
			undone := test.verdict == "unknown" && test.got != "refused"
			if code != all[""].Summary.ExitCode || test.verdict == "fails" && code != 1 || undone && code == 0 {
				t.Errorf("exit code %d, summary %+v", code, all[""].Summary)
			}
		})
	}
}

func TestThrottlingIsRetried(t *testing.T) {
	f := &fakeAWS{replies: map[string]reply{"receive": {code: "ThrottlingException"}}}
	f.start(t)
	setUp(t)
	prove(t, f, "-profile", "web")
	tries := 0
	for _, step := range f.calls {
		if step == "receive" {
			tries++
		}
	}
	if tries != maxAttempts {
		t.Errorf("tried %d times", tries)
	}
}

func TestWithoutOutsiderAndConsumer(t *testing.T) {
	f := &fakeAWS{}
	f.start(t)
	setUp(t)
	code, stdout := prove(t, f, "-profile", "web", "-json")
	all := lines(t, stdout)
	if s := all[""].Summary; code != 3 || s.Boundary != "is shown in part" || s.Skipped != 3 || len(s.Notes) != 1 ||
		!strings.Contains(s.Notes[0], "a test message stays in the queue shared-app-work of dev: id-1") {
		t.Errorf("exit code %d, summary %+v", code, s)
	}
	for _, step := range []string{"insider", "outsider", "receive as consumer"} {
		if all[step].Verdict != "skipped" {
			t.Errorf("%+v", all[step])
		}
	}
}

// The text says what was not tested, and what would test it.
func TestSummaryInPart(t *testing.T) {
	f := &fakeAWS{replies: map[string]reply{"send over plain HTTP": {dropped: true}}}
	f.start(t)
	setUp(t)
	_, stdout := prove(t, f, "-profile", "web", "-outsider-profile", "mallory")
	_, got, _ := strings.Cut(stdout, "\nShown:\n")
	const want = `  the publisher can send
  principals of the organization's other OUs are stopped

Unclear (see the steps above):
  a message over plain HTTP is refused

Not tested (needs -insider-profile of an all-powerful principal in an OU that sends):
  the queue stops a sender that receives
  the queue stops a sender that deletes
  the dead-letter queue stops a sender that sends to it
  the dead-letter queue stops a sender that receives from it
  the key stops a sender that asks for a data key without the queue
  the key stops a sender that decrypts without the queue
  the key stops a sender that encrypts without the queue
  the key stops a sender that uses it through another service
  prod is closed to the senders

Not tested (needs -outsider-profile of an account in another organization or none):
  the queue stops principals of other organizations and of none

The boundary is shown in part: 2 of 13 claims shown, 0 broken; of the steps, 5 hold, 0 fail, 4 not tested, 1 unknown, 2 skipped.
`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestMessagesOfOthersArePutBackOnce(t *testing.T) {
	f := &fakeAWS{}
	for i := range 5 {
		id := fmt.Sprintf("other-%d", i)
		f.queue = append(f.queue, map[string]any{"MessageId": id, "Body": "work", "ReceiptHandle": "handle of " + id})
	}
	f.start(t)
	setUp(t)
	code, stdout := prove(t, f, append(everybody, "-json")...)
	if code != 0 {
		t.Errorf("exit code %d\n%s", code, stdout)
	}
	slices.Sort(f.put)
	if want := []string{"other-0", "other-1", "other-2", "other-3", "other-4"}; !slices.Equal(f.put, want) {
		t.Errorf("put back %v, want %v", f.put, want)
	}
	if !slices.Equal(f.gone, []string{"id-1"}) {
		t.Errorf("deleted %v", f.gone)
	}
}

func TestMessagesOfOthersCannotBePutBack(t *testing.T) {
	f := &fakeAWS{
		queue:   []map[string]any{{"MessageId": "other", "Body": "work", "ReceiptHandle": "handle of other"}},
		replies: map[string]reply{"put back": {code: "AccessDenied"}},
	}
	f.start(t)
	setUp(t)
	_, stdout := prove(t, f, append(everybody, "-json")...)
	if notes := lines(t, stdout)[""].Summary.Notes; !slices.ContainsFunc(notes, func(n string) bool {
		return strings.HasPrefix(n, "1 of them could not be put back")
	}) {
		t.Errorf("notes %q", notes)
	}
}

func TestMessageNeverComes(t *testing.T) {
	f := &fakeAWS{}
	f.replies = map[string]reply{"receive": {code: "AccessDenied", after: func() { f.queue = nil }}}
	f.start(t)
	setUp(t)
	code, stdout := prove(t, f, append(everybody, "-json", "-timeout", "400ms")...)
	if l := lines(t, stdout)["receive as consumer"]; code != 3 || l.Got != "not received" || l.Verdict != "unknown" {
		t.Errorf("exit code %d, %+v", code, l)
	}
}

func TestInterruptedWhileItSends(t *testing.T) {
	ctx, interrupt := context.WithCancel(t.Context())
	f := &fakeAWS{replies: map[string]reply{"receive": {dropped: true, after: interrupt}}}
	f.start(t)
	setUp(t)
	var out, problems bytes.Buffer
	code := Run(ctx, []string{"-environment", "dev", "-publisher", "web", "-profile", "web", "-endpoint-url", f.URL, "-json"}, &out, &problems, atOnce, noTerminal)
	all := lines(t, out.String())
	if l := all["receive"]; code != 3 || l.Got != "interrupted" || l.Verdict != "unknown" {
		t.Errorf("exit code %d, %+v", code, l)
	}
	if l := all["decrypt"]; l.Got != "not tried" || l.Detail != "interrupted" {
		t.Errorf("%+v", l)
	}
	if s := all[""].Summary; len(s.Notes) != 1 || s.Boundary != "is shown in part" {
		t.Errorf("%+v", s)
	}
}

func TestTimeIsUp(t *testing.T) {
	f := &fakeAWS{}
	f.start(t)
	setUp(t)
	code, stdout := prove(t, f, "-profile", "web", "-json", "-timeout", "1ns")
	if l := lines(t, stdout)["send"]; code != 3 || l.Got != "not tried" || !strings.Contains(l.Detail, "more than 1ns with -timeout") {
		t.Errorf("exit code %d, %+v", code, l)
	}
}

func TestFIFO(t *testing.T) {
	f := &fakeAWS{}
	f.start(t)
	setUp(t)
	fifo := strings.Replace(testSettings, `"queueName": "shared-app-work"`, `"queueName": "shared-app-work.fifo", "fifo": true`, 1)
	if err := os.WriteFile("fifo.json", []byte(fifo), 0o600); err != nil {
		t.Fatal(err)
	}
	code, stdout := prove(t, f, append(everybody, "-settings", "fifo.json")...)
	sent := f.bodies[0]
	if code != 0 || sent["MessageGroupId"] == nil || sent["MessageDeduplicationId"] == nil ||
		!strings.Contains(stdout, "group and deduplication id "+sent["MessageGroupId"].(string)) {
		t.Errorf("exit code %d, sent %v\n%s", code, sent, stdout)
	}
}

// A role that came by the stack set is proved in one of the accounts.
func TestRoleInEveryAccount(t *testing.T) {
	f := &fakeAWS{}
	f.start(t)
	setUp(t)
	every := strings.Replace(testSettings, `"publishers": {"web": {"account": "222222222222",`,
		`"organization": {"account": "777777777777"}, "publishers": {"web": {"everyAccount": true,`, 1)
	if err := os.WriteFile("every.json", []byte(every), 0o600); err != nil {
		t.Fatal(err)
	}
	code, stdout := prove(t, f, append(everybody, "-settings", "every.json", "-account", "222222222222")...)
	if code != 0 || !strings.Contains(stdout, "Publisher    arn:aws:iam::222222222222:role/shared-app-publisher\n") {
		t.Errorf("exit code %d\n%s", code, stdout)
	}
	for name, account := range map[string]string{"no account": "", "no account's id": "dev"} {
		t.Run(name, func(t *testing.T) {
			var out, problems bytes.Buffer
			code := Run(t.Context(), []string{"-environment", "dev", "-publisher", "web", "-settings", "every.json", "-account", account}, &out, &problems, atOnce, noTerminal)
			if code != 2 || !strings.Contains(problems.String(), "allowed: the id of an account of the OUs, as publisher web is in every one; choose one") {
				t.Errorf("exit code %d, %s", code, &problems)
			}
		})
	}
}

// AWS repeats the request's headers, the token among them, when it does not
// find the signature right.
func TestSecretsAreHidden(t *testing.T) {
	f := &fakeAWS{replies: map[string]reply{
		"send":    {code: "InternalError", message: "x-amz-security-token:" + roleToken, status: 400},
		"receive": {code: "AccessDenied", message: roleSecret + " " + roleToken},
		"caller":  {values: map[string]string{"arn": "arn:aws:iam::222222222222:user/" + envSecret}},
	}}
	f.start(t)
	setUp(t)
	for _, format := range []string{"-json=true", "-json=false"} {
		if _, stdout := prove(t, f, "-profile", "alice", format); !strings.Contains(stdout, "x-amz-security-token:(hidden)") {
			t.Errorf("nothing hidden in\n%s", stdout)
		}
	}
}

func TestEndpointWithoutPlainHTTP(t *testing.T) {
	f := &fakeAWS{tlsOnly: true}
	f.start(t)
	setUp(t)
	code, stdout := prove(t, f, "-profile", "web", "-json")
	if l := lines(t, stdout)["send over plain HTTP"]; code != 3 || l.Verdict != "holds" || !strings.Contains(l.Detail, "it speaks TLS only") {
		t.Errorf("exit code %d, %+v", code, l)
	}
}

func TestNoPlainHTTP(t *testing.T) {
	tests := []struct {
		name string
		err  error
		want bool
	}{
		{"connection refused", &net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}, true},
		{"server of Go", &smithy.DeserializationError{Err: io.EOF, Snapshot: []byte("Client sent an HTTP request to an HTTPS server.")}, true},
		{"nginx", &smithy.DeserializationError{Err: io.EOF, Snapshot: []byte("<title>400 The plain HTTP request was sent to HTTPS port</title>")}, true},
		{"another answer", &smithy.DeserializationError{Err: io.EOF, Snapshot: []byte("<title>502 Bad Gateway</title>")}, false},
		{"a proxy that does not answer", &net.OpError{Op: "proxyconnect", Err: &net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}}, false},
		{"connection reset", &net.OpError{Op: "read", Err: os.NewSyscallError("read", syscall.ECONNRESET)}, false},
		{"no such host", &net.DNSError{Name: "sqs.example", IsNotFound: true}, false},
		{"no error", nil, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if how := noPlainHTTP(test.err, "sqs.us-east-1.amazonaws.com"); (how != "") != test.want {
				t.Errorf("got %q", how)
			}
		})
	}
}

func TestEmulatorWithoutTLS(t *testing.T) {
	f := &fakeAWS{}
	f.start(t)
	setUp(t)
	f.URL = "http://" + strings.TrimPrefix(f.URL, "https://")
	code, stdout := prove(t, f, "-profile", "web", "-json")
	f.replies = map[string]reply{"send": asDeployed["send over plain HTTP"]}
	_, strict := prove(t, f, "-profile", "web", "-json")
	if l := lines(t, strict)["send"]; l.Verdict != "fails" || !strings.Contains(l.Detail, "DenyPlainHTTP refuses: take one of https://") {
		t.Errorf("%+v", l)
	}
	if l := lines(t, stdout)["send over plain HTTP"]; code != 1 || l.Verdict != "fails" || !strings.Contains(l.Detail, "the endpoint is http:// itself") {
		t.Errorf("exit code %d, %+v", code, l)
	}
}

func TestEndpointOfTheEnvironment(t *testing.T) {
	f := &fakeAWS{}
	f.start(t)
	setUp(t)
	t.Setenv("AWS_ENDPOINT_URL", f.URL)
	t.Setenv("AWS_PROFILE", "web")
	var out, problems bytes.Buffer
	if code := Run(t.Context(), []string{"-environment", "dev", "-publisher", "web"}, &out, &problems, atOnce, noTerminal); code != 3 {
		t.Errorf("exit code %d\n%s%s", code, &out, &problems)
	}
	if !slices.Contains(f.calls, "send over plain HTTP") {
		t.Errorf("calls %v", f.calls)
	}
}

func TestSettingsAreFollowed(t *testing.T) {
	f := &fakeAWS{replies: map[string]reply{"send as outsider mallory": {}}}
	f.start(t)
	setUp(t)
	text := strings.NewReplacer(
		`"keyAlias": "shared-app"}`, `"keyAlias": "shared-app", "dataKeyReuse": "1h"}`,
		`"eu-west-1"`, `"cn-north-1"`).Replace(testSettings)
	if err := os.WriteFile("cdk.json", []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	_, stdout := prove(t, f, append(everybody, "-json")...)
	all := lines(t, stdout)
	if l := all["send as outsider mallory"]; !strings.Contains(l.Detail, "for longer than 1h?") {
		t.Errorf("%+v", l)
	}
	if l := all["send to prod"]; l.Verdict != "skipped" || !strings.Contains(l.Detail, "another partition") {
		t.Errorf("%+v", l)
	}
}

func TestErrorsBeforeAnyAnswer(t *testing.T) {
	tests := []struct {
		name   string
		err    error
		got    outcome
		detail string
	}{
		{"sign-in expired", fmt.Errorf("%w: the SSO session has expired or is invalid", errNoCredentials), expired, "aws sso login"},
		{"credential process fails", fmt.Errorf("%w: it wrote %s", errNoCredentials, envSecret), noCredentials, "name a profile"},
		{"no such Region", &net.DNSError{Name: "sqs.us-east-9.amazonaws.com"}, noAnswer, "sqs.us-east-9.amazonaws.com was not found"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			a := understand(t.Context(), test.err)
			text := (&proof{}).understood(step{}, a)
			if a.got != test.got || !strings.Contains(text, test.detail) || strings.Contains(text+a.message, envSecret) {
				t.Errorf("got %+v, %s", a, text)
			}
		})
	}
}

func TestNothingListens(t *testing.T) {
	setUp(t)
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f := &fakeAWS{URL: "https://" + closed.Addr().String()}
	closed.Close()
	code, stdout := prove(t, f, append(everybody, "-json")...)
	all := lines(t, stdout)
	if l := all["caller"]; code != 3 || l.Got != "no answer" || !strings.Contains(l.Detail, "refused the connection") {
		t.Errorf("exit code %d, %+v", code, l)
	}
	if s := all[""].Summary; s.Holds != 0 || s.Boundary != "is not shown" {
		t.Errorf("%+v", s)
	}
}

func TestWrongFlags(t *testing.T) {
	tests := []struct {
		name string
		args []string
		want string
	}{
		{"none", nil, `-environment: got nothing, allowed: one of dev, prod; choose one`},
		{"no such environment", []string{"-environment", "stage", "-publisher", "web"}, `-environment: got "stage", allowed: one of dev, prod; choose one, or add it to cdk.json`},
		{"no such publisher", []string{"-environment", "dev", "-publisher", "app"}, `-publisher: got "app", allowed: one of web; choose one`},
		{"an account of one publisher", []string{"-environment", "dev", "-publisher", "web", "-account", "333333333333"},
			`-account: got "333333333333", allowed: no account for publisher web, which is in 222222222222 alone; remove it`},
		{"no publishers at all", []string{"-environment", "prod", "-publisher", "web"}, `none, as prod has no publishers`},
		{"no such settings", []string{"-environment", "dev", "-settings", "other.json"}, `-settings: got "other.json"`},
		{"no such profile", []string{"-environment", "dev", "-publisher", "web", "-profile", "zoe"}, `-profile: got "zoe", allowed: a profile of ~/.aws/config`},
		{"no such outsider", []string{"-environment", "dev", "-publisher", "web", "-profile", "web", "-outsider-profile", "zoe"}, `-outsider-profile: got "zoe"`},
		{"no such insider", []string{"-environment", "dev", "-publisher", "web", "-profile", "web", "-insider-profile", "zoe"}, `-insider-profile: got "zoe"`},
		{"no queue of the outsider", []string{"-environment", "dev", "-publisher", "web", "-outsider-profile", "eve", "-outsider-queue", "mine"}, `-outsider-queue: got "mine", allowed: the URL of a queue in us-east-1`},
		{"outsider's queue of another Region", []string{"-environment", "dev", "-publisher", "web", "-outsider-profile", "eve", "-outsider-queue", "https://sqs.eu-west-1.amazonaws.com/888888888888/mine"}, `-outsider-queue: got`},
		{"outsider's queue without an outsider", []string{"-environment", "dev", "-publisher", "web", "-outsider-queue", ownQueue}, `allowed: with -outsider-profile only`},
		{"no time", []string{"-timeout", "0s"}, `-timeout: got "0s", allowed: more than 0s`},
		{"endpoint without a scheme", []string{"-endpoint-url", "localhost:4566"}, `-endpoint-url: got "localhost:4566", allowed: a URL like https://localhost:4566`},
		{"unknown flag", []string{"-queue", "x"}, `flag provided but not defined: -queue`},
		{"arguments", []string{"dev"}, `arguments: got "dev", allowed: flags only`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			setUp(t)
			var out, problems bytes.Buffer
			if code := Run(t.Context(), test.args, &out, &problems, atOnce, noTerminal); code != 2 {
				t.Errorf("exit code %d", code)
			}
			if !strings.Contains(problems.String(), test.want) || out.Len() > 0 {
				t.Errorf("got %s%s", &problems, &out)
			}
		})
	}
}

func TestWrongSettings(t *testing.T) {
	setUp(t)
	if err := os.WriteFile("cdk.json", []byte(`{"context": {"environments": {"dev": {}}}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	var out, problems bytes.Buffer
	code := Run(t.Context(), []string{"-environment", "dev", "-publisher", "web"}, &out, &problems, atOnce, noTerminal)
	if code != 1 || !strings.Contains(problems.String(), "environments.dev.region: ") {
		t.Errorf("exit code %d, %s", code, &problems)
	}
}

func TestHelp(t *testing.T) {
	var out, problems bytes.Buffer
	if code := Run(t.Context(), []string{"-h"}, &out, &problems, atOnce, noTerminal); code != 0 || problems.Len() > 0 {
		t.Errorf("exit code %d, %s", code, &problems)
	}
	for _, want := range []string{"-outsider-profile profile", `(default "cdk.json")`, "(default 1m0s)", "Exit codes:", greeting} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, &out)
		}
	}
}
