package verify_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"example.com/shared-queue/internal/fixture"
	"example.com/shared-queue/internal/verify"
)

// Of two queues with one key, each is judged. A queue that nobody speaks of is no
// queue of the key, and a key with no such queue was judged by nobody.
func TestAssemblyOfTwoQueuesWithOneKey(t *testing.T) {
	const record = `"type": "shared-queue:queue"`
	for name, c := range map[string]struct {
		file, old, now string
		times          int
		rules          []string // each of which is found
	}{
		"as it was written":      {"manifest.json", record, record, 0, nil},
		"no record of one queue": {"manifest.json", record, `"type": "shared-queue:another"`, 1, []string{"Key-Direct", "Key-Elsewhere", "Policy-Undeclared"}},
		"no record of any":       {"manifest.json", record, `"type": "shared-queue:another"`, 2, []string{"Queue-Unrecorded"}},
		"each for itself":        {"manifest.json", `"sharesKey": true`, `"sharesKey": false`, 2, []string{"Key-Direct", "Key-Elsewhere", "Policy-Undeclared"}},
		"the OU of the other":    {"owner.template.json", "ou-wxyz-nopq1prd/*", "ou-wxyz-jklm1dev/*", 1, []string{"Policy-Missing", "Policy-Undeclared"}},
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			if err := os.CopyFS(folder, fixture.SharedKeyAssembly()); err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(folder, c.file)
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if n := strings.Count(string(text), c.old); n < c.times {
				t.Fatalf("%s has %d times %s", c.file, n, c.old)
			}
			if err := os.WriteFile(file, []byte(strings.Replace(string(text), c.old, c.now, c.times)), 0o644); err != nil {
				t.Fatal(err)
			}
			findings, err := verify.Assembly(folder)
			if err != nil {
				t.Fatal(err)
			}
			var rules []string
			for _, f := range findings {
				rules = append(rules, f.Rule)
			}
			slices.Sort(rules)
			rules = slices.Compact(rules)
			if !slices.Equal(rules, c.rules) {
				t.Errorf("found %q, want %q: %v", rules, c.rules, findings)
			}
		})
	}
}
