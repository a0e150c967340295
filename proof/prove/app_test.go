package prove

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"testing"

	"example.com/shared-queue/internal/fixture"
)

// An app of one's own is proved by what its constructs recorded in the assembly: no
// settings are read.
func TestAppOfOnesOwn(t *testing.T) {
	s := newStage(t)
	if err := os.CopyFS("cdk.out", fixture.Assembly()); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove("cdk.json"); err != nil {
		t.Fatal(err)
	}
	args := slices.DeleteFunc(append(s.everybody(), readers...), func(arg string) bool {
		return slices.Contains([]string{"-environment", "dev", "-publisher", "web"}, arg)
	})
	app := []string{"-app", "cdk.out", "-queue", "dev-shared/SharedQueue"}
	code, stdout := s.prove(t, append(append(app, "-publisher", "dev-publisher-web/Publisher"), args...)...)
	if code != exitHolds || !strings.Contains(stdout, "Proof of     dev-shared/SharedQueue, us-east-1\nPublisher    arn:aws:iam::222222222222:role/shared-app-publisher\n") {
		t.Errorf("exit code %d\n%s", code, stdout)
	}
	// Without a publisher, the caller sends by itself.
	all := s.lines(t, append(append(app, args...), "-profile", "dev-insider")...)
	if l := all["send"]; all[""].Summary.ExitCode != exitHolds || l.Verdict != "holds" {
		t.Errorf("%+v, %+v", l, all[""].Summary)
	}
	// A role in every account takes one of them.
	account := s.profiles["stage-publisher-everyone"].Caller.Account()
	l := s.lines(t, "-app", "cdk.out", "-queue", "stage-shared/SharedQueue", "-publisher", "shared-app-publisher", "-account", account, "-profile", "stage-publisher-everyone")["send"]
	if l.Verdict != "holds" {
		t.Errorf("%+v", l)
	}
	if err := os.CopyFS("anywhere", fixture.Assembly()); err != nil {
		t.Fatal(err)
	}
	manifest, err := os.ReadFile("anywhere/manifest.json")
	if err != nil {
		t.Fatal(err)
	}
	write(t, "anywhere/manifest.json", strings.ReplaceAll(string(manifest), `"account": "111111111111"`, `"account": "${Token[AWS.AccountId.4]}"`))
	for name, test := range map[string]struct {
		args []string
		want string
	}{
		"no account":          {[]string{"-app", "anywhere", "-queue", "dev-shared/SharedQueue"}, `-queue: got "dev-shared/SharedQueue", allowed: a queue of a stack with an account and a Region; give the stack its Env`},
		"no assembly":         {[]string{"-app", "."}, `-app: got ".", allowed: a folder that cdk synth has written`},
		"no queue":            {[]string{"-app", "cdk.out"}, `-queue: got nothing, allowed: the path of a queue's construct in cdk.out: one of dev-shared/SharedQueue, prod-shared/SharedQueue, stage-shared/SharedQueue, telemetry-shared/SharedQueue; choose one`},
		"no such queue":       {[]string{"-app", "cdk.out", "-queue", "dev"}, `-queue: got "dev"`},
		"no such publisher":   {append(app, "-publisher", "web"), `-publisher: got "web", allowed: the name of a role that may send to dev-shared/SharedQueue: one of `},
		"an environment, too": {append(app, "-environment", "dev"), `-environment: got "dev", allowed: without -app only`},
		"a queue alone":       {[]string{"-queue", "dev"}, `-queue: got "dev", allowed: with -app only`},
	} {
		t.Run(name, func(t *testing.T) {
			var out, problems bytes.Buffer
			if code := command(&out, &problems).Run(t.Context(), test.args); code != exitMisuse || !strings.Contains(problems.String(), test.want) {
				t.Errorf("exit code %d, %s", code, &problems)
			}
		})
	}
}
