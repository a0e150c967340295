package prove

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"example.com/shared-queue/internal/assembly"
	"example.com/shared-queue/internal/fixture"
	"example.com/shared-queue/proof/prove/computed"
	"example.com/shared-queue/proof/simulation"
)

// change writes the settings with one text in the place of another.
func change(t *testing.T, old, text string) {
	t.Helper()
	changed := strings.Replace(fixture.Settings, old, text, 1)
	if changed == fixture.Settings {
		t.Fatalf("the settings have no %s", old)
	}
	write(t, "cdk.json", `{"context": {"environments": `+changed+`}}`)
}

func TestWrongFlags(t *testing.T) {
	s := newStage(t)
	own := s.outsider("dev-no-organization")[3]
	for _, test := range []struct {
		name string
		args []string
		want string
	}{
		{"none", nil, `-environment: got nothing, allowed: one of dev, prod, stage, telemetry; choose one`},
		{"no such environment", []string{"-environment", "test", "-publisher", "web"}, `-environment: got "test", allowed: one of dev, prod, stage, telemetry; choose one, or add it to cdk.json`},
		{"no publisher", []string{"-environment", "dev"}, `-publisher: got nothing, allowed: one of events, web; choose one`},
		{"no such publisher", []string{"-environment", "dev", "-publisher", "app"}, `-publisher: got "app", allowed: one of events, web; choose one`},
		{"a publisher that sends elsewhere", []string{"-environment", "telemetry", "-publisher", "web"}, `-publisher: got "web", allowed: one of dev.web; choose one`},
		{"an account of one publisher", append(web, "-account", "333333333333"), `-account: got "333333333333", allowed: no account for publisher web, which is in 222222222222 alone; remove it`},
		{"no account", []string{"-environment", "stage", "-publisher", "everyone"}, `-account: got nothing, allowed: the id of an account of the OUs, as publisher everyone is in every one; choose one`},
		{"no account's id", []string{"-environment", "stage", "-publisher", "everyone", "-account", "dev"}, `-account: got "dev", allowed: the id of an account`},
		{"no such settings", append(web, "-settings", "other.json"), `-settings: got "other.json"`},
		{"no such profile", append(web, "-profile", "zoe"), `-profile: got "zoe", allowed: a profile of ~/.aws/config`},
		{"no such outsider", append(web, "-outsider-profile", "zoe"), `-outsider-profile: got "zoe"`},
		{"no such insider", append(web, "-insider-profile", "zoe"), `-insider-profile: got "zoe"`},
		{"no queue of the outsider", append(web, "-outsider-profile", "dev-sibling-ou", "-outsider-queue", "mine"), `-outsider-queue: got "mine", allowed: the URL of a queue in us-east-1`},
		{"outsider's queue of another Region", append(web, "-outsider-profile", "dev-sibling-ou", "-outsider-queue", strings.Replace(own, "us-east-1", "eu-west-1", 1)), `-outsider-queue: got`},
		{"outsider's queue with more behind", append(web, "-outsider-profile", "dev-sibling-ou", "-outsider-queue", own+"/x"), `-outsider-queue: got`},
		{"outsider's queue without an outsider", append(web, "-outsider-queue", own), `allowed: with -outsider-profile only`},
		{"no time", []string{"-timeout", "0s"}, `-timeout: got "0s", allowed: more than 0s`},
		{"endpoint without a scheme", []string{"-endpoint-url", "localhost:4566"}, `-endpoint-url: got "localhost:4566", allowed: a URL like https://localhost:4566`},
		{"endpoint with a password", []string{"-endpoint-url", "https://me:its-secret@localhost:4566"}, `-endpoint-url: got "https://me:xxxxx@localhost:4566", allowed: a URL like https://localhost:4566`},
		{"unknown flag", []string{"-queues", "x"}, `flag provided but not defined: -queues`},
		{"arguments", []string{"dev"}, `arguments: got "dev", allowed: flags only`},
	} {
		t.Run(test.name, func(t *testing.T) {
			var out, problems bytes.Buffer
			if code := command(&out, &problems).Run(t.Context(), test.args); code != exitMisuse {
				t.Errorf("exit code %d", code)
			}
			if !strings.Contains(problems.String(), test.want) || out.Len() > 0 {
				t.Errorf("got %s%s", &problems, &out)
			}
		})
	}
}

// Wrong settings are no failed step.
func TestWrongSettings(t *testing.T) {
	newStage(t)
	write(t, "cdk.json", `{"context": {"environments": {"dev": {}}}}`)
	var out, problems bytes.Buffer
	if code := command(&out, &problems).Run(t.Context(), web); code != exitMisuse || !strings.Contains(problems.String(), "environments.dev.region: ") {
		t.Errorf("exit code %d, %s", code, &problems)
	}
}

func TestHelp(t *testing.T) {
	var out, problems bytes.Buffer
	if code := command(&out, &problems).Run(t.Context(), []string{"-h"}); code != exitHolds || problems.Len() > 0 {
		t.Errorf("exit code %d, %s", code, &problems)
	}
	for _, want := range []string{"-outsider-profile profile", `(default "cdk.json")`, "(default 1m0s)", "Exit status:", greeting} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, &out)
		}
	}
}

// Without publishers, any principal of the OU is the sender.
func TestNoPublishers(t *testing.T) {
	s := newStage(t)
	publishers := fixture.Settings[strings.Index(fixture.Settings, `"publishers": {
      "web"`):strings.Index(fixture.Settings, `  },
  "prod"`)]
	change(t, publishers, `"publishers": {}`)
	args := []string{"-environment", "dev", "-profile", "dev-insider", "-insider-profile", "dev-insider", "-shared-profile", "dev-admin"}
	for _, name := range []string{"dev-sibling-ou", "dev-other-organization", "dev-no-organization"} {
		args = append(args, s.outsider(name)...)
	}
	all := s.lines(t, args...)
	sum := all[""].Summary
	if sentence, _ := all[""].claim("sender-sends"); sum.ExitCode != exitHolds || sentence != "a principal of the OU can send" || slices.Contains(sum.Shown, "publisher-cannot-receive-or-use-key") {
		t.Errorf("%+v", sum)
	}
	// Of an alias that is not there AWS says what it says of a key that refuses.
	stacks := s.cloned()
	i := slices.IndexFunc(stacks, func(s assembly.Stack) bool { return s.Name == "dev-shared" })
	delete(stacks[i].Template["Resources"].(object), "SharedQueueKeyAlias058BE622")
	s.deploy(t, stacks)
	if l := s.lines(t, slices.Clone(args[:6])...)["decrypt as insider"]; l.Verdict != "unknown" || !strings.Contains(l.Detail, "nothing shows that the key has the alias: -shared-profile looks it up") {
		t.Errorf("%+v", l)
	}
	if l := s.lines(t, args...)["decrypt as insider"]; l.Verdict != "unknown" {
		t.Errorf("%+v", l)
	}
	var out, problems bytes.Buffer
	if code := command(&out, &problems).Run(t.Context(), append(args, "-publisher", "web")); code != exitMisuse || !strings.Contains(problems.String(), "as dev has none; remove it") {
		t.Errorf("exit code %d, %s", code, &problems)
	}
}

func TestFIFO(t *testing.T) {
	s := newStage(t)
	change(t, `"queueName": "shared-app-work",`, `"queueName": "shared-app-work.fifo", "fifo": true,`)
	var sent sqs.SendMessageInput
	s.answer(script{"send": func(r simulation.Request) http.Handler {
		if err := r.Read(&sent); err != nil {
			t.Error(err)
		}
		return accepts(r)
	}})
	l := s.lines(t, web...)["send"]
	if sent.MessageGroupId == nil || sent.MessageDeduplicationId == nil || !strings.Contains(l.Detail, "group and deduplication id "+*sent.MessageGroupId) {
		t.Errorf("sent %+v, %+v", sent, l)
	}
}

// A role that came by the stack set is proved in one of the accounts, and senders of
// stage may look its queue up.
func TestRoleInEveryAccount(t *testing.T) {
	s := newStage(t)
	args := []string{"-environment", "stage", "-publisher", "everyone", "-account", s.profiles["stage-publisher-everyone"].Caller.Account(), "-profile", "stage-publisher-everyone", "-insider-profile", "stage-insider"}
	code, stdout := s.prove(t, args...)
	if code != exitInPart || !strings.Contains(stdout, "Publisher    "+s.profiles["stage-publisher-everyone"].Caller.ARN+"\n") || !strings.Contains(stdout, "0 broken") {
		t.Errorf("exit code %d\n%s", code, stdout)
	}
	all := s.lines(t, args...)
	if l := all["look up by sqs:GetQueueUrl as insider"]; l.Expected != "accepted" || l.Verdict != "holds" {
		t.Errorf("%+v", l)
	}
	if l := all["look up by sqs:GetQueueAttributes as insider"]; l.Expected != "refused" || l.Verdict != "holds" {
		t.Errorf("%+v", l)
	}
}

// The settings say what is tried, and against what.
func TestSettingsAreFollowed(t *testing.T) {
	s := newStage(t)
	change(t, `"keyAlias": "shared-app",`, `"keyAlias": "shared-app", "dataKeyReuse": "1h",`)
	s.answer(script{"send as outsider dev-sibling-ou": accepts})
	if l := s.lines(t, append(web, "-outsider-profile", "dev-sibling-ou")...)["send as outsider dev-sibling-ou"]; !strings.Contains(l.Detail, "for longer than 1h?") {
		t.Errorf("%+v", l)
	}
	for name, text := range map[string]string{
		"of another partition":            `"prod": { "region": "cn-north-1", "senders"`,
		"that lets the same OU send, too": `"prod": { "region": "us-east-1", "senders": ["o-abc1234567/r-wxyz/ou-wxyz-jklm1dev"], "publishers": {}, "shared": {"account": "353535353535", "queueName": "shared-app-work", "keyAlias": "shared-app"}}, "more": {"region": "us-east-1", "senders"`,
	} {
		t.Run("an environment "+name, func(t *testing.T) {
			old := `"prod": {
    "region": "us-east-1",
    "senders"`
			change(t, old, text)
			l := s.lines(t, web...)[""]
			prod, _ := l.claim("cannot-send-to-prod")
			stage, _ := l.claim("cannot-send-to-stage")
			if prod != "" || stage == "" {
				t.Errorf("%q, %q", prod, stage)
			}
		})
	}
}

// With the OU asked for in the queue's policy too, the queue stops a sibling.
func TestOrgPathsOnQueue(t *testing.T) {
	s := newStage(t)
	change(t, `"keyAlias": "shared-app",`, `"keyAlias": "shared-app", "orgPathsOnQueue": true,`)
	args := append(web, "-outsider-profile", "dev-sibling-ou")
	const step = "send as outsider dev-sibling-ou"
	s.answer(script{step: refuse("AccessDenied", byResource("sqs:sendmessage"))})
	if l := s.lines(t, args...)[step]; l.Verdict != "holds" || l.Policy != "queue policy" {
		t.Errorf("%+v", l)
	}
	s.answer(nil)
	if l := s.lines(t, args...)[step]; l.Verdict != "fails" {
		t.Errorf("%+v", l)
	}
}

// The page says of each claim what shows it.
func TestEveryClaimIsOnThePage(t *testing.T) {
	s := newStage(t)
	page, err := os.ReadFile(filepath.Join(s.source, root, "docs", "prove-on-aws.md"))
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, c := range senderClaims {
		ids = append(ids, c.id)
	}
	for _, c := range computed.Claims {
		ids = append(ids, c.ID)
	}
	for _, id := range ids {
		if !strings.Contains(string(page), "`"+id+"`") {
			t.Errorf("docs/prove-on-aws.md does not have %s", id)
		}
	}
}

// A queue that is nobody's of those who try is said to be of no use.
func TestUnusedQueue(t *testing.T) {
	s := newStage(t)
	queue := s.outsider("dev-no-organization")[3]
	sum := s.lines(t, append(web, "-outsider-profile", "dev-sibling-ou", "-outsider-queue", queue)...)[""].Summary
	if !slices.Contains(sum.Notes, "the queue "+queue+" is of no outsider's account, and was not used") {
		t.Errorf("%q", sum.Notes)
	}
}
