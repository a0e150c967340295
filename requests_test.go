package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Each request to CDK crosses processes, so a stack's are counted: with a thousand
// publishers, ten requests more are seconds more. The second publisher shares
// policies with the first.
func TestRequestsToCDK(t *testing.T) {
	log := filepath.Join(t.TempDir(), "requests")
	t.Setenv("JSII_RUNTIME", loggingRuntime(t, log))
	web := map[string]any{"account": "333333333333", "roleName": "sender", "assumedBy": []any{"lambda.amazonaws.com"}}
	settings := fmt.Sprintf(`{"one": %s}`, mustJSON(t, plainEnvironment(map[string]any{"publishers.web2": web})))
	if _, stderr, code, _, _ := runAsCLI(t, settings); code != 0 {
		t.Fatal(stderr)
	}
	got := requestsByStack(t, log)
	for stack, want := range map[string]int{"one-shared": 36, "one-publisher-web": 14, "one-publisher-web2": 10} {
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
			Args               []any
		}
		if err := json.Unmarshal(lines.Bytes(), &request); err != nil {
			continue // of another kind
		}
		switch {
		case request.API == "create" && request.FQN == "aws-cdk-lib.Stack":
			stack, _ = request.Args[1].(string)
		case request.API == "get" && request.Property == "node": // of the app, to synthesize it
			stack = ""
		}
		count[stack]++
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return count
}

func mustJSON(t *testing.T, value any) []byte {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
