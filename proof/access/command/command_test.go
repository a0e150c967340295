package command_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"example.com/shared-queue/internal/assembly"
	"example.com/shared-queue/internal/fixture"
	"example.com/shared-queue/proof/access/command"
	"example.com/shared-queue/proof/evaluate"
)

var startEvaluator = sync.OnceValues(func() (*evaluate.Evaluator, error) { return evaluate.Start("../../..") })

// evaluator is the one process that all tests ask.
func evaluator(t testing.TB) *evaluate.Evaluator {
	t.Helper()
	e, err := startEvaluator()
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// written is the example's assembly in a folder, with texts of its templates replaced.
func written(t *testing.T, replace ...string) string {
	t.Helper()
	files, err := assembly.Files(fixture.Assembly())
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		files[name] = []byte(strings.NewReplacer(replace...).Replace(string(text)))
	}
	folder := t.TempDir()
	if err := assembly.Replace(folder, files); err != nil {
		t.Fatal(err)
	}
	return folder
}

func run(t *testing.T, arguments ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, wrong bytes.Buffer
	status = command.Run(t.Context(), arguments, &out, &wrong, command.Tools{Evaluator: evaluator(t)})
	return status, out.String(), wrong.String()
}

func TestExitStatus(t *testing.T) {
	forAll := []string{`"ForAnyValue:StringLike": {`, `"ForAllValues:StringLike": {`, `"aws:PrincipalOrgID": "o-abc1234567",`, "",
		`"StringEquals": {
       "aws:PrincipalOrgID": "o-abc1234567"`, `"ForAllValues:StringEquals": {
       "aws:PrincipalOrgID": "o-abc1234567"`}
	nobody := filepath.Join(t.TempDir(), "empty")
	if err := os.Mkdir(nobody, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(nobody, "manifest.json"), []byte(`{"artifacts": {}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	parameter := written(t, `"Resource": "*"`, `"Resource": {"Ref": "Parameter"}`)
	for name, c := range map[string]struct {
		arguments []string
		status    int
		want      string // on standard error
	}{
		"as promised":                    {[]string{written(t)}, 0, ""},
		"the key as the article has it":  {[]string{written(t, forAll...)}, 1, "All-powerful role in no organization may pass the key's policy, which was not promised: decided by SendersUseKeyThroughQueue of the key policy of dev-shared/SharedQueue/Key"},
		"a policy that AWS would reject": {[]string{written(t, `"sqs:SendMessage"`, `"sqs:SendMesage"`)}, 1, "unknown action sqs:SendMesage"},
		"a policy that cannot be read":   {[]string{parameter}, 2, "unknown reference to Parameter"},
		"no folder":                      {[]string{filepath.Join(t.TempDir(), "cdk.out")}, 2, "no manifest.json: it is no folder that cdk synth has written"},
		"a folder with nothing in it":    {[]string{nobody}, 2, "no stack has a queue, a key or a role that sends to a shared queue"},
		"two folders":                    {[]string{"a", "b"}, 2, "got 2 folders, allowed: one"},
		"an unknown flag":                {[]string{"-markup"}, 2, "flag provided but not defined: -markup; -h lists what there is"},
		"deployed for nobody":            {[]string{"-deployed"}, 2, "-deployed: got no -profile"},
		"a profile and no deployment":    {[]string{"-profile", "dev"}, 2, "-deployed goes with -profile"},
		"help":                           {[]string{"-h"}, 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			status, stdout, stderr := run(t, c.arguments...)
			if status != c.status || !strings.Contains(stderr, c.want) || (c.want == "") != (stderr == "") {
				t.Errorf("exit status %d, want %d and %q\n%s", status, c.status, c.want, stderr)
			}
			if (stdout == "") != (c.status == 2 && name != "a policy that cannot be read" || strings.Contains(name, "reject")) {
				t.Errorf("standard output:\n%.300s", stdout)
			}
		})
	}
}

func TestJSON(t *testing.T) {
	_, stdout, _ := run(t, "-json", written(t))
	var out struct {
		Tables []struct {
			Queue, Subject string
			Rows           []struct {
				Caller string
				Alike  []string
				May    []string
			}
		}
		Findings, Unknown []any
	}
	if err := json.Unmarshal([]byte(stdout), &out); err != nil {
		t.Fatal(err)
	}
	first := out.Tables[0].Rows[0]
	if first.Caller != "Publisher role shared-app-events of account 555555555555" || strings.Join(first.May, " ") != "send pass the queue's policy pass the key's policy" ||
		out.Findings == nil || out.Unknown == nil {
		t.Errorf("got %+v", out.Tables[0])
	}
}

// What a change alters is a line for each caller who gains or loses something.
func TestAgainst(t *testing.T) {
	const (
		ou    = "o-abc1234567/r-wxyz/ou-wxyz-jklm1dev/ou-wxyz-km23jdev/*"
		above = "o-abc1234567/r-wxyz/ou-wxyz-jklm1dev/*"
		key   = "Queue shared-app-work and key shared-app of account 111111111111, us-east-1: "
	)
	before := written(t)
	for name, c := range map[string]struct {
		replace []string
		want    []string
	}{
		"nothing": {nil, nil},
		"the OU above sends too": {[]string{ou, above}, []string{
			key + "All-powerful role in a sibling OU whose id begins the same gains: send and pass the key's policy",
			key + "All-powerful role in the parent OU gains: send and pass the key's policy",
			key + "All-powerful role in an OU that sends to shared-app-telemetry of account 121212121212 gains: send and pass the key's policy",
			key + "All-powerful role in o-abc1234567/r-wxyz/ou-wxyz-jklm1dev, which a policy names gains: send and pass the key's policy",
		}},
		"a service less may assume a role": {[]string{`"pipes.amazonaws.com",`, ""}, []string{
			"Who may assume publisher role shared-app-events of account 555555555555: Service pipes.amazonaws.com loses: assume the role",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			status, stdout, stderr := run(t, "-against", before, written(t, c.replace...))
			if status != 0 || stderr != "" {
				t.Errorf("exit status %d\n%s", status, stderr)
			}
			if got := strings.TrimSpace(stdout); got != strings.Join(c.want, "\n") {
				t.Errorf("got\n%s\nwant\n%s", got, strings.Join(c.want, "\n"))
			}
		})
	}
	t.Run("a folder that is not there", func(t *testing.T) {
		if status, _, stderr := run(t, "-against", filepath.Join(before, "old"), before); status != 2 || !strings.Contains(stderr, "no manifest.json") {
			t.Errorf("exit status %d: %s", status, stderr)
		}
	})
}
