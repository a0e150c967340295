package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"example.com/shared-queue/internal/assembly"
	"example.com/shared-queue/internal/cdktest"
	"example.com/shared-queue/internal/fixture"
)

var update = flag.Bool("update", false, "update the snapshots in testdata")

// runApp is the environment variable that makes the test binary run the app, as
// the CDK CLI does.
const runApp = "TEST_RUN_APP"

// silence leaves out jsii's lines about a Node.js that has reached its end of life.
const silence = "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION=20"

func TestMain(m *testing.M) {
	if os.Getenv(runApp) != "" {
		main()
	}
	os.Exit(m.Run())
}

func self(t *testing.T) string {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// testdata has what cdk synth writes for the settings in cdk.json, and CDK's
// validator and the guard find nothing in it.
func TestSnapshots(t *testing.T) {
	t.Parallel()                                       // with other processes
	if _, err := os.ReadFile("cdk.json"); err != nil { // the CLI reads it: go test notices a change by this
		t.Fatal(err)
	}
	out, output, err := cdktest.CLI(t, ".", []string{runApp + "=1"}, "--app", self(t))
	if err != nil {
		t.Fatalf("cdk synth: %v\n%s", err, output)
	}
	if findings, acknowledged, err := cdktest.ReadReport(out); err != nil || len(findings)+len(acknowledged) > 0 {
		t.Errorf("CDK's validator finds %v, acknowledged %v, %v", findings, acknowledged, err)
	}
	written, err := assembly.Files(os.DirFS(out))
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := assembly.Replace("testdata", written); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := assembly.Files(os.DirFS("testdata"))
	if err != nil {
		t.Fatalf("%v: write it with make snapshots", err)
	}
	for name := range kept {
		if written[name] == nil {
			t.Errorf("testdata/%s is of no stack: remove it with make snapshots", name)
		}
	}
	for name, text := range written {
		if !bytes.Equal(kept[name], text) {
			t.Errorf("cdk synth writes another %s than testdata has: look at the difference with make snapshots and git diff", name)
		}
	}
}

// Settings on the command line must be on one line, as the CLI cuts a value at
// its first line end.
func TestSettingsOnTheCommandLine(t *testing.T) {
	t.Parallel() // other processes only
	env := []string{runApp + "=1", "CDK_VALIDATION=false"}
	t.Run("on one line", func(t *testing.T) {
		var compact bytes.Buffer
		if err := json.Compact(&compact, []byte(fixture.Variants)); err != nil {
			t.Fatal(err)
		}
		out, output, err := cdktest.CLI(t, ".", env, "--app", self(t), "-c", "environments="+compact.String())
		if err != nil {
			t.Fatalf("cdk synth: %v\n%s", err, output)
		}
		if files, err := filepath.Glob(filepath.Join(out, "*.template.json")); err != nil || len(files) != 12 {
			t.Errorf("templates: %q, %v", files, err)
		}
	})
	t.Run("on several lines", func(t *testing.T) {
		_, output, err := cdktest.CLI(t, ".", env, "--app", self(t), "-c", "environments="+fixture.Variants)
		const want = `environments: got "{", allowed: JSON text; write it on one line, as the CDK CLI takes -c values up to the first line end: tr -d '\n' does it`
		if err == nil || !bytes.Contains(output, []byte(want)) {
			t.Errorf("%v\n%s\nwant %s", err, output, want)
		}
	})
}

// runAsCLI runs the app as the CDK CLI does, with the settings in the context
// and its own temporary folder.
func runAsCLI(t *testing.T, environments string) (stdout, stderr string, code int, out, tmp string) {
	t.Helper()
	context, err := json.Marshal(map[string]any{"environments": environments})
	if err != nil {
		t.Fatal(err)
	}
	out, tmp = filepath.Join(t.TempDir(), "cdk.out"), t.TempDir()
	app := cdktest.Command(t, self(t))
	app.Env = append(os.Environ(), runApp+"=1", silence, "CDK_CONTEXT_JSON="+string(context), "CDK_OUTDIR="+out, "TMPDIR="+tmp)
	var stdoutBuffer, stderrBuffer bytes.Buffer
	app.Stdout, app.Stderr = &stdoutBuffer, &stderrBuffer
	if err := app.Run(); err != nil && app.ProcessState == nil {
		t.Fatal(err)
	}
	return stdoutBuffer.String(), stderrBuffer.String(), app.ProcessState.ExitCode(), out, tmp
}

// With many stacks the app counts the templates while CDK writes them.
func TestSixtyPublishers(t *testing.T) {
	t.Parallel() // other processes only
	var publishers []string
	for i := range 60 {
		publishers = append(publishers, fmt.Sprintf(`"p%d": {"account": "2222222222%02d", "roleName": "sender", "assumedBy": ["lambda.amazonaws.com"]}`, i, i))
	}
	_, stderr, code, out, _ := runAsCLI(t, smallest(strings.Join(publishers, ",")))
	files, err := filepath.Glob(filepath.Join(out, "*.template.json"))
	if code != 0 || len(files) != 61 || err != nil {
		t.Errorf("exit status %d, %d templates, %v\n%s", code, len(files), err, stderr)
	}
}

func TestBadSettingsStopTheAppWithOneLineEach(t *testing.T) {
	stdout, stderr, code, out, _ := runAsCLI(t, strings.NewReplacer("us-east-1", "Virginia", `"222222222222"`, `"2"`).Replace(fixture.Variants))
	if code != 1 || stdout != "" {
		t.Errorf("exit status %d, standard output %q", code, stdout)
	}
	const want = `environments.fifo.region: got "Virginia", allowed: a Region's code, like us-east-1; take it from the list of AWS Regions
environments.fifo.publishers.people.account: got "2", allowed: an account id of 12 digits; write all 12, leading zeros too, in quotes
`
	if !strings.Contains(stderr, want) || strings.Contains(stderr, "goroutine") || strings.Contains(stderr, "panic") {
		t.Errorf("standard error:\n%s", stderr)
	}
	for line := range strings.Lines(stderr) {
		if !strings.HasPrefix(line, "environments.") {
			t.Errorf("a line that names no setting: %s", line)
		}
	}
	if _, err := os.Stat(out); err == nil {
		t.Error("templates were written")
	}
}

func TestTheAppIsQuietAndLeavesNoTemporaryFolder(t *testing.T) {
	t.Parallel() // other processes only
	for range 2 {
		stdout, stderr, code, out, tmp := runAsCLI(t, fixture.Variants)
		if code != 0 || stdout != "" || stderr != "" {
			t.Errorf("exit status %d, standard output %q, standard error %q", code, stdout, stderr)
		}
		if files, err := filepath.Glob(filepath.Join(out, "*.template.json")); err != nil || len(files) != 12 {
			t.Errorf("templates: %q, %v", files, err)
		}
		if left, err := os.ReadDir(tmp); err != nil || len(left) > 0 {
			t.Errorf("left in the temporary folder: %v, %v", left, err)
		}
	}
}

// isApp reports whether a reference of jsii is to the app.
func isApp(reference any) bool {
	text, _ := reference.(string)
	return strings.HasPrefix(text, "aws-cdk-lib.App@")
}

// smallest are settings of one environment with the publishers.
func smallest(publishers string) string {
	return `{"dev": {
		"region": "us-east-1",
		"senders": ["o-abc1234567/r-wxyz/ou-wxyz-jklm1dev"],
		"shared": {"account": "111111111111", "queueName": "work", "keyAlias": "work"},
		"publishers": {` + publishers + `}
	}}`
}

// Each request to CDK crosses processes, so a stack's are counted: with a thousand
// publishers, ten requests more are seconds more. The second publisher shares
// policies with the first.
func TestRequestsToCDK(t *testing.T) {
	log := filepath.Join(t.TempDir(), "requests")
	t.Setenv("JSII_RUNTIME", loggingRuntime(t, log))
	publisher := func(account string) string {
		return `{"account": "` + account + `", "roleName": "sender", "assumedBy": ["lambda.amazonaws.com"]}`
	}
	if _, stderr, code, _, _ := runAsCLI(t, smallest(`"web": `+publisher("222222222222")+`, "web2": `+publisher("333333333333"))); code != 0 {
		t.Fatal(stderr)
	}
	got := requestsByStack(t, log)
	for stack, want := range map[string]int{"dev-shared": 49, "dev-publisher-web": 16, "dev-publisher-web2": 12} {
		if got[stack] != want {
			t.Errorf("%s takes %d requests, want %d: if it has to, say so here", stack, got[stack], want)
		}
	}
}

// go run reads every package that the app imports, by whatever way. awslambda alone
// brings 80 others of CDK, awseventstargets 170.
func TestPackagesOfCDK(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(string(out), "github.com/aws/aws-cdk-go/awscdk/"); got > 28 {
		t.Errorf("the app imports %d packages of CDK, more than 28: if it has to, say so here", got)
	}
}

// loggingRuntime is a program that runs jsii's own and writes down what comes in.
func loggingRuntime(t *testing.T, log string) string {
	t.Helper()
	for _, tool := range []string{"sh", "tee"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip(err)
		}
	}
	folder, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/aws/jsii-runtime-go").Output()
	if err != nil {
		t.Fatal(err)
	}
	runtime := filepath.Join(strings.TrimSpace(string(folder)), "internal", "embedded", "resources", "bin", "jsii-runtime.js")
	script := filepath.Join(t.TempDir(), "runtime")
	text := fmt.Sprintf("#!/bin/sh\ntee '%s' | node '%s'\n", log, runtime)
	if err := os.WriteFile(script, []byte(text), 0o700); err != nil {
		t.Fatal(err)
	}
	return script
}

// requestsByStack counts a stack's requests from the one that makes it to the one
// that makes the next, or synthesizes.
func requestsByStack(t *testing.T, log string) map[string]int {
	t.Helper()
	file, err := os.Open(log)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	count, stack := map[string]int{}, ""
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		var request struct {
			API, FQN, Property string
			ObjRef             map[string]any
			Args               []any
		}
		if err := json.Unmarshal(lines.Bytes(), &request); err != nil {
			continue // of another kind
		}
		switch {
		case request.API == "create" && request.FQN == "aws-cdk-lib.Stack":
			stack, _ = request.Args[1].(string)
		case request.API == "get" && request.Property == "node" && isApp(request.ObjRef["$jsii.byref"]): // to synthesize it
			stack = ""
		}
		count[stack]++
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return count
}

// The constructs, the guard and the app know nothing of the proof, the guard nothing of
// all else, and who imports the constructs gets nothing of how the app starts.
func TestWhoImportsWhom(t *testing.T) {
	const module = "example.com/shared-queue/"
	for _, c := range []struct {
		packages []string
		never    string // a beginning of what they do not import
		but      string
	}{
		{[]string{".", "./shared/...", "./publisher/...", "./guard/..."}, module + "proof/", ""},
		{[]string{"./guard/..."}, module, module + "guard"},
		{[]string{"./shared/...", "./publisher/..."}, module + "internal/node", ""},
		{[]string{"./shared/...", "./publisher/..."}, module + "internal/app", ""},
		{[]string{"./address", "./policy", "./spec", "./internal/app/settings", "./proof/...", "./cmd/..."}, "github.com/aws/aws-cdk-go/", ""},
	} {
		out, err := cdktest.Command(t, "go", append([]string{"list", "-deps"}, c.packages...)...).Output()
		if err != nil {
			t.Fatal(err)
		}
		for imported := range strings.Lines(string(out)) {
			imported = strings.TrimSpace(imported)
			if strings.HasPrefix(imported, c.never) && (c.but == "" || !strings.HasPrefix(imported, c.but)) {
				t.Errorf("%v import %s", c.packages, imported)
			}
		}
	}
}
