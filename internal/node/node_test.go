package node

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// installs makes jsii's Node.js one that says it has the version, with nothing
// set by the user.
func installs(t *testing.T, version string) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("needs a shell")
	}
	node := filepath.Join(t.TempDir(), "node")
	if err := os.WriteFile(node, []byte("#!/bin/sh\necho "+version+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"CDK_VALIDATION", options, silenceEnded, silenceOld, silenceUnknown} {
		t.Setenv(name, "") // restores it after the test
		os.Unsetenv(name)
	}
	t.Setenv(executable, node)
}

func TestRemark(t *testing.T) {
	for name, c := range map[string]struct {
		version, silenced string
		remark            bool
	}{
		"supported":                   {"v24.1.0", "", false},
		"at the end of its life":      {"v20.20.2", "", true},
		"of a short life":             {"v23.1.0", "", true},
		"too new, which jsii tells":   {"v99.0.0", "", false},
		"silenced by the user":        {"v18.20.8", "16,18", false},
		"another one silenced":        {"v18.20.8", "16", true},
		"not there, which jsii tells": {"; exit 1", "", false},
	} {
		t.Run(name, func(t *testing.T) {
			installs(t, c.version)
			t.Setenv(silenceEnded, c.silenced)
			want := ""
			if c.remark {
				want = "Node.js " + c.version + " is not supported by AWS CDK: install Node.js 22 or 24"
			}
			if got := prepare(day(t, "2026-06-01")); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
			if again := prepare(day(t, "2026-06-01")); again != "" {
				t.Errorf("a child process says it again: %q", again)
			}
		})
	}
}

func TestSupportedOn(t *testing.T) {
	for on, want := range map[string]string{
		"2026-04-30": "20 22 24",
		"2026-05-01": "22 24",
		"2027-05-01": "24",
		"2028-05-01": "",
	} {
		if got := strings.Join(supportedOn(day(t, on)), " "); got != want {
			t.Errorf("%s: got %q, want %q", on, got, want)
		}
	}
}

func day(t *testing.T, date string) time.Time {
	t.Helper()
	at, err := time.Parse(time.DateOnly, date)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestOptions(t *testing.T) {
	for name, c := range map[string]struct {
		version    string
		validation string
		options    string
		want       string // what stands before what is added
		flags      bool   // of V8
		direct     bool
	}{
		"the user has set no options":         {"v22.0.0", "", "unset", "--max-old-space-size=4069 --import=", true, true},
		"the user's own options are kept":     {"v22.0.0", "", "--max-old-space-size=64 --no-warnings", "--max-old-space-size=64 --no-warnings --import=", true, true},
		"the user wants none of jsii's":       {"v22.0.0", "", "", "--import=", true, true},
		"there is nothing to validate":        {"v22.0.0", "false", "unset", "--max-old-space-size=4069 --preserve-symlinks --import=", false, true},
		"the version may not have the flags":  {"v99.0.0", "", "unset", "", false, false},
		"the version takes no module":         {"v18.17.0", "", "unset", "", false, false},
		"it is no Node.js or there is none":   {"; exit 1", "", "--no-warnings", "--no-warnings", false, false},
		"the version is the oldest with them": {"v20.0.0", "", "unset", "--max-old-space-size=4069 --import=", true, true},
	} {
		t.Run(name, func(t *testing.T) {
			installs(t, c.version)
			t.Setenv("CDK_VALIDATION", c.validation)
			if c.options != "unset" {
				t.Setenv(options, c.options)
			}
			Prepare()
			got := os.Getenv(options)
			if !strings.HasPrefix(got, c.want) || strings.Contains(got, "wasm-tiering-budget") != c.flags ||
				strings.Contains(got, "jsii-runtime.js") != c.direct {
				t.Errorf("got %q, want %q, with flags: %v, direct: %v", got, c.want, c.flags, c.direct)
			}
			for _, validation := range []string{"false", c.validation} {
				t.Setenv("CDK_VALIDATION", validation)
				Prepare()
				if again := os.Getenv(options); again != got {
					t.Errorf("a child process has %q, want %q", again, got)
				}
			}
		})
	}
}

// The Node.js that is installed takes the options without a word. It would print
// one about a flag that it does not have.
func TestNodeTakesTheFlags(t *testing.T) {
	t.Setenv(executable, "")
	major, _, _ := strings.Cut(strings.TrimPrefix(installed(), "v"), ".")
	if !tested(major) {
		t.Skipf("Node.js %s is not one of the releases", major)
	}
	for _, c := range []struct {
		flags []string
		quiet bool
	}{{Flags, true}, {[]string{"--no-such-flag"}, false}} {
		node := exec.Command("node", "--print", "'started'")
		node.Env = append(os.Environ(), options+"=--no-warnings "+flagsOption(c.flags))
		out, err := node.CombinedOutput()
		if err != nil || (string(out) == "started\n") != c.quiet || !strings.HasSuffix(string(out), "started\n") {
			t.Errorf("%q: %v, %s", c.flags, err, out)
		}
	}
}
