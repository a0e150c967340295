package node

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
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
const { spawnSync, execSync } = require('child_process');
console.log('a line');
process.stderr.write('half a');
process.stderr.write(' line\n{"not": "lost"}\n');
spawnSync('sh', ['-c', 'cat; echo from a child; printf "no end"'], { stdio: 'inherit' });
spawnSync('sh', ['-c', 'echo \'{"its": "error"}\'; echo again >&2'], { stdio: ['ignore', process.stderr, 'inherit'] });
execSync('echo last', { stdio: [0, 1, 2] });
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
	// Something has used the console before.
	before := importOption("console.error('before')")
	stdout, stderr, code := startNode(t, relay, before+" "+directOptions(digest(t, relay, program)), "a request\n")
	if want := "answer to a request, true, true, " + before; stdout != want || code != 7 {
		t.Errorf("got %q and status %d, want %q and 7", stdout, code, want)
	}
	got := asJsiiReads(t, stderr)
	want := map[string]string{
		"":       "before\n",
		"stdout": "a line\nfrom a child\nno endlast\n",
		"stderr": "half a line\n{\"not\": \"lost\"}\n{\"its\": \"error\"}\nagain\n",
	}
	if !maps.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// Writes of two processes do not break each other's lines.
func TestLongOutputOfAChildAndItsParent(t *testing.T) {
	relay, program := jsii(t, "", `
require('child_process').spawn('sh', ['-c', 'yes child | head -n 20000'], { stdio: 'inherit' }).on('exit', () => process.exit(0));
for (let i = 0; i < 20; i++) process.stderr.write('parent\n'.repeat(2000));
`)
	_, stderr, code := startNode(t, relay, directOptions(digest(t, relay, program)), "")
	got := asJsiiReads(t, stderr)
	if code != 0 || got[""] != "" || got["stdout"] != strings.Repeat("child\n", 20_000) || got["stderr"] != strings.Repeat("parent\n", 40_000) {
		t.Errorf("status %d, %d and %d bytes, raw %q", code, len(got["stdout"]), len(got["stderr"]), got[""])
	}
}

// asJsiiReads is what a process wrote to each stream, as jsii reads it from its
// standard error; what is no JSON is under "".
func asJsiiReads(t *testing.T, stderr string) map[string]string {
	t.Helper()
	streams := map[string]string{}
	for line := range strings.Lines(stderr) {
		var message map[string][]byte
		if err := json.Unmarshal([]byte(line), &message); err != nil {
			streams[""] += line
			continue
		}
		for stream, text := range message {
			streams[stream] += string(text)
		}
	}
	return streams
}

// What was not tested is left alone.
func TestOtherProgramsStartAsJsiiStartsThem(t *testing.T) {
	for name, c := range map[string]struct{ of, digest, program, want string }{
		"another release of jsii": {"jsii-runtime.js", strings.Repeat("0", 64), program, "the relay false\n"},
		"a file is not there":     {"jsii-runtime.js", programDigest, "", "the relay false\n"},
		"not jsii at all":         {"app.js", programDigest, program, "the relay true\n"},
	} {
		t.Run(name, func(t *testing.T) {
			// The options are not for the processes that jsii's starts.
			relay, there := jsii(t, "console.log('the relay', process.env.NODE_OPTIONS.includes('import'))", c.program)
			if c.program == "" {
				if err := os.Remove(there); err != nil {
					t.Fatal(err)
				}
			}
			main := filepath.Join(filepath.Dir(relay), c.of)
			if err := os.Rename(relay, main); err != nil {
				t.Fatal(err)
			}
			if stdout, stderr, code := startNode(t, main, directOptions(c.digest), ""); stdout != c.want || stderr != "" || code != 0 {
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
	sign := importOption("console.error('a process')")
	for name, c := range map[string]struct{ options, want string }{
		"directly":      {sign + " " + directOptions(programDigest), "a process\n"},
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
