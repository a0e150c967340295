package node

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// A program in the place of jsii's, which does what jsii's and CDK do.
const program = `
const fs = require('fs');
console.log('a line');
process.stderr.write('half a');
process.stderr.write(' line\n{"not": "lost"}\n');
require('child_process').spawnSync('sh', ['-c', 'cat; echo from a child'], { stdio: 'inherit' });
require('child_process').spawnSync('sh', ['-c', 'echo its error >&2'], { stdio: ['ignore', process.stderr, 'inherit'] });
const request = Buffer.alloc(100);
const length = fs.readSync(3, request);
fs.writeSync(3, [
	'answer to ' + request.toString('utf8', 0, length).trim(),
	__filename === process.argv[1],
	process.execArgv.includes('--preserve-symlinks'),
	process.env.NODE_OPTIONS,
].join(', '));
setImmediate(() => process.exit(7));
`

func TestProgramRunsInTheProcessThatJsiiStarts(t *testing.T) {
	relay, program := jsii(t, "console.log('the relay')", program)
	stdout, stderr, code := startNode(t, relay, "--no-warnings "+direct(digest(t, relay, program)), "a request\n")
	if want := "answer to a request, true, true, --no-warnings"; stdout != want || code != 7 {
		t.Errorf("got %q and status %d, want %q and 7", stdout, code, want)
	}
	// As jsii reads it: each line of the program's streams is JSON, of a stream
	// and in base64; its child's are as they are.
	want := `{"stdout":"YSBsaW5lCg=="}
{"stderr":"aGFsZiBh"}
{"stderr":"IGxpbmUKeyJub3QiOiAibG9zdCJ9Cg=="}
from a child
its error
`
	if stderr != want {
		t.Errorf("got  %s\nwant %s", stderr, want)
	}
}

// What was not tested is left alone.
func TestOtherProgramsStartAsJsiiStartsThem(t *testing.T) {
	for name, c := range map[string]struct{ of, digest, program string }{
		"another release of jsii": {"jsii-runtime.js", strings.Repeat("0", 64), program},
		"a file is not there":     {"jsii-runtime.js", programDigest, ""},
		"not jsii at all":         {"app.js", programDigest, program},
	} {
		t.Run(name, func(t *testing.T) {
			relay, there := jsii(t, "console.log('the relay')", c.program)
			if c.program == "" {
				if err := os.Remove(there); err != nil {
					t.Fatal(err)
				}
			}
			main := filepath.Join(filepath.Dir(relay), c.of)
			if err := os.Rename(relay, main); err != nil {
				t.Fatal(err)
			}
			if stdout, stderr, code := startNode(t, main, direct(c.digest), ""); stdout != "the relay\n" || stderr != "" || code != 0 {
				t.Errorf("got %q, %q and status %d", stdout, stderr, code)
			}
		})
	}
}

// The release of jsii-runtime-go in go.mod is the one of the digest, and takes
// one process: each says so when it starts. If this fails after an upgrade, read
// whether bin/jsii-runtime.js still does what direct.mjs does in its place.
func TestJsiiTakesOneProcess(t *testing.T) {
	module, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/aws/jsii-runtime-go").Output()
	if err != nil {
		t.Fatal(err)
	}
	files := filepath.Join(strings.TrimSpace(string(module)), "internal", "embedded", "resources")
	relay := filepath.Join(files, "bin", "jsii-runtime.js")
	if got := digest(t, relay, filepath.Join(files, "lib", "program.js")); got != programDigest {
		t.Fatalf("the digest is %s, programDigest %s", got, programDigest)
	}
	sign := importing("console.error('a process')")
	for name, c := range map[string]struct{ options, want string }{
		"directly":      {sign + " " + direct(programDigest), "a process\n"},
		"as jsii would": {sign, "a process\n" + `{"stderr":"YSBwcm9jZXNzCg=="}` + "\n"},
	} {
		t.Run(name, func(t *testing.T) {
			stdout, stderr, code := startNode(t, relay, c.options, `{"api":"stats"}`+"\n"+`{"exit":0}`+"\n")
			if !strings.HasPrefix(stdout, `{"hello":"@jsii/runtime@1.139.0`) || !strings.HasSuffix(stdout, `{"ok":{"objectCount":0}}`+"\n") {
				t.Errorf("got %q", stdout)
			}
			if stderr != c.want || code != 0 {
				t.Errorf("got %q and status %d, want %q and 0", stderr, code, c.want)
			}
		})
	}
}

// jsii is a folder like the one that jsii makes.
func jsii(t *testing.T, relay, program string) (relayFile, programFile string) {
	t.Helper()
	folder := t.TempDir()
	for name, text := range map[string]string{"bin/jsii-runtime.js": relay, "lib/program.js": program} {
		file := filepath.Join(folder, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(folder, "bin", "jsii-runtime.js"), filepath.Join(folder, "lib", "program.js")
}

func digest(t *testing.T, files ...string) string {
	t.Helper()
	hash := sha256.New()
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		hash.Write(text)
	}
	return hex.EncodeToString(hash.Sum(nil))
}

// startNode runs a script with pipes, as jsii does.
func startNode(t *testing.T, script, nodeOptions, input string) (stdout, stderr string, code int) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("jsii starts as it always does")
	}
	node := exec.Command("node", script)
	node.Env = append(os.Environ(), options+"="+nodeOptions, silenceEnded+"=18,20", silenceOld+"=1", silenceUnknown+"=1")
	node.Stdin = strings.NewReader(input)
	var out, errors bytes.Buffer
	node.Stdout, node.Stderr = &out, &errors
	err := node.Run()
	if exit, ok := err.(*exec.ExitError); err != nil && (!ok || exit.ExitCode() < 0) {
		t.Fatal(err)
	}
	return out.String(), errors.String(), node.ProcessState.ExitCode()
}
