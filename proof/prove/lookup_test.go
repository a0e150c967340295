package prove

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"
)

func writeSettings(t *testing.T, text string) {
	t.Helper()
	if err := os.WriteFile("cdk.json", []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestOrganization(t *testing.T) {
	const unit = "DescribeOrganizationalUnit"
	for _, test := range []struct {
		name    string
		replies map[string]reply
		step    string
		got     string
		verdict string
		detail  string
		code    int // 0 where everything else is shown
	}{
		{"the OU is there", nil, "senders ou-wxyz-jklm1dev", "found", "holds", "Dev, o-abc1234567/r-wxyz/ou-wxyz-jklm1dev", 0},
		{"the shared account is in no OU that sends", nil, "shared account", "found", "holds", "111111111111 is at o-abc1234567/r-wxyz: in no OU that sends", 0},
		{"the publisher's account is in an OU that sends", nil, "publisher's account", "found", "holds", "in an OU that sends", 0},
		{"there is no such OU", map[string]reply{unit: {code: "OrganizationalUnitNotFoundException", message: "x"}},
			"senders ou-wxyz-jklm1dev", "missing", "fails", "it matches nobody: look it up (go run ./cmd/orgpaths)", 1},
		{"the OU is at another path", map[string]reply{unit: {values: map[string]string{"path": "o-abc1234567/r-wxyz/ou-wxyz-teams123/ou-wxyz-jklm1dev"}}},
			"senders ou-wxyz-jklm1dev", "missing", "fails", "Dev is at o-abc1234567/r-wxyz/ou-wxyz-teams123/ou-wxyz-jklm1dev", 1},
		{"the publisher's account is elsewhere", map[string]reply{"DescribeAccount": {values: map[string]string{"path": "o-abc1234567/r-wxyz/ou-wxyz-jklm1devx"}}},
			"publisher's account", "outside", "fails", "so the key refuses it", 1},
		{"there is no such account", map[string]reply{"DescribeAccount": {code: "AccountNotFoundException", message: "x"}},
			"shared account", "missing", "fails", "111111111111", 1},
		{"not of the management account", map[string]reply{unit: {code: "AccessDeniedException", message: "You don't have permissions to access this resource."}},
			"senders ou-wxyz-jklm1dev", "refused", "unknown", "ask as the management account or a delegated administrator", 3},
		{"of another organization", map[string]reply{"DescribeOrganization": {values: map[string]string{"id": "o-yyyyyyyyyy"}}},
			"organization", "wrong account", "unknown", "name a profile of that one's management account", 3},
		{"an emulator without paths", map[string]reply{unit: {values: map[string]string{"path": "none"}}},
			"senders ou-wxyz-jklm1dev", "error", "unknown", "gave no path", 3},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := &fakeAWS{replies: test.replies}
			f.start(t)
			setUp(t)
			code, stdout := prove(t, f, append(everybody, "-organization-profile", "mia", "-json")...)
			l := lines(t, stdout)[test.step]
			if code != test.code || l.Got != test.got || l.Verdict != test.verdict || !strings.Contains(l.Detail, test.detail) {
				t.Errorf("exit code %d, %+v", code, l)
			}
		})
	}
}

// Who manages the organization knows where the outsider is.
func TestOutsiderInOU(t *testing.T) {
	f := &fakeAWS{replies: map[string]reply{"DescribeAccount": {values: map[string]string{"path": senders + "/ou-wxyz-km23jdev"}}}}
	f.start(t)
	setUp(t)
	code, stdout := prove(t, f, append(everybody, "-organization-profile", "mia", "-json")...)
	if l := lines(t, stdout)["outsider mallory"]; code != 3 || l.Got != "wrong account" || !strings.Contains(l.Detail, "name a profile outside") {
		t.Errorf("exit code %d, %+v", code, l)
	}
}

func TestPolicies(t *testing.T) {
	for _, test := range []struct {
		name    string
		replies map[string]reply
		step    string
		got     string
		verdict string
		detail  string
		code    int
	}{
		{"nothing found", nil, "policy of the key", "valid", "holds", "", 0},
		{"a suggestion is shown", map[string]reply{"validation": {values: map[string]string{"finding": "SUGGESTION"}}},
			"policy of the publisher's trust", "valid", "holds", "SUGGESTION SOME_ISSUE: Look here.", 0},
		{"a security warning fails", map[string]reply{"validation": {values: map[string]string{"finding": "SECURITY_WARNING"}}},
			"policy of the queue", "findings", "fails", "SECURITY_WARNING SOME_ISSUE: Look here.", 1},
		{"an error fails", map[string]reply{"validation": {values: map[string]string{"finding": "ERROR"}}},
			"policy of the publisher's role", "findings", "fails", "ERROR", 1},
		{"public access", map[string]reply{"check-no-public-access": {values: map[string]string{"result": "FAIL"}}},
			"public access to the queue", "public", "fails", "Anybody may. (statement SendersSendMessages)", 1},
		{"no public access", nil, "public access to the key", "not public", "holds", "", 0},
		{"not allowed to ask", map[string]reply{"validation": {code: "AccessDeniedException", message: byIdentity("access-analyzer:ValidatePolicy"), status: 403}},
			"policy of the key", "refused", "unknown", "let the caller do access-analyzer:ValidatePolicy", 3},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := &fakeAWS{replies: test.replies}
			f.start(t)
			setUp(t)
			code, stdout := prove(t, f, append(everybody, "-policies", "-json")...)
			l := lines(t, stdout)[test.step]
			if code != test.code || l.Got != test.got || l.Verdict != test.verdict || !strings.Contains(l.Detail, test.detail) {
				t.Errorf("exit code %d, %+v", code, l)
			}
		})
	}
}

// Every kind of policy that the stacks deploy is asked about.
func TestPoliciesOfConsumersAndOperators(t *testing.T) {
	f := &fakeAWS{}
	f.start(t)
	setUp(t)
	writeSettings(t, strings.Replace(testSettings, `"keyAlias": "shared-app"}`,
		`"keyAlias": "shared-app", "consumers": ["arn:aws:iam::111111111111:role/worker"], "operators": ["arn:aws:iam::111111111111:role/mover"]}`, 1))
	_, stdout := prove(t, f, "-profile", "web", "-policies", "-json")
	all := lines(t, stdout)
	for _, name := range []string{"key", "queue", "dead-letter queue", "publisher's role", "publisher's trust", "consumer's role", "operator's role"} {
		if l := all["policy of the "+name]; l.Verdict != "holds" {
			t.Errorf("%s: %+v", name, l)
		}
	}
	if !slices.Contains(all[""].Summary.Shown, "Access Analyzer finds no public access to the queue") {
		t.Errorf("shown %q", all[""].Summary.Shown)
	}
}

func TestMFA(t *testing.T) {
	setUp(t)
	f := &fakeAWS{}
	f.start(t)
	setUp(t)
	t.Run("no terminal", func(t *testing.T) {
		code, stdout := prove(t, f, "-profile", "guarded", "-json")
		if l := lines(t, stdout)["caller"]; code != 3 || l.Got != "no MFA code" || !strings.Contains(l.Detail, "run the command in a terminal") {
			t.Errorf("exit code %d, %+v", code, l)
		}
	})
	typed := func(_ context.Context, profile string) (string, error) { return "123456", nil }
	t.Run("typed", func(t *testing.T) {
		code, stdout := proveAs(t, f, typed, "-profile", "guarded", "-json")
		if l := lines(t, stdout)["send"]; code != 3 || l.Verdict != "holds" {
			t.Errorf("exit code %d\n%s", code, stdout)
		}
	})
	t.Run("wrong code", func(t *testing.T) {
		f.replies = map[string]reply{"role": {code: "AccessDenied", message: "MultiFactorAuthentication failed with invalid MFA one time pass code. ", status: 403}}
		_, stdout := proveAs(t, f, typed, "-profile", "guarded", "-json")
		if l := lines(t, stdout)["caller"]; l.Verdict != "unknown" || !strings.Contains(l.Detail, "AWS says: MultiFactorAuthentication failed") {
			t.Errorf("%+v", l)
		}
	})
}

func TestHide(t *testing.T) {
	for _, test := range []struct{ name, text, secret, want string }{
		{"a long secret, even inside a word", "x" + roleSecret + "y", roleSecret, "x(hidden)y"},
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
