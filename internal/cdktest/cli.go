package cdktest

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// limit is how long a process may take in a test: far longer than it should.
const limit = 2 * time.Minute

// CLI runs cdk synth of the real CLI in the folder root, in another process, with
// more environment variables. CDK's validator is on unless they turn it off.
func CLI(t *testing.T, root string, env []string, arguments ...string) (out string, output []byte, err error) {
	t.Helper()
	cli := filepath.Join(root, "node_modules", ".bin", "cdk")
	if _, err := os.Stat(cli); err != nil {
		t.Fatalf("the CDK CLI is not installed: use make test: %v", err)
	}
	if cli, err = filepath.Abs(cli); err != nil {
		t.Fatal(err)
	}
	out = t.TempDir()
	cdk := Command(t, cli, append([]string{"synth", "--quiet", "--no-notices", "--output", out}, arguments...)...)
	cdk.Dir = root
	cdk.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "CDK_VALIDATION=") })
	cdk.Env = append(append(cdk.Env, "CDK_DISABLE_CLI_TELEMETRY=true"), env...)
	output, err = cdk.CombinedOutput()
	return out, output, err
}

// Command is a process that is ended when it takes longer than two minutes, with
// an error that names it.
func Command(t testing.TB, name string, arguments ...string) *exec.Cmd {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	t.Cleanup(cancel)
	command := exec.CommandContext(ctx, name, arguments...)
	command.WaitDelay = 5 * time.Second // for children that keep its output open
	command.Cancel = func() error {
		t.Errorf("%s has not ended within %s", filepath.Base(name), limit)
		return command.Process.Kill()
	}
	return command
}
