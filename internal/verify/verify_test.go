package verify_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/shared-queue/internal/fixture"
	"example.com/shared-queue/internal/verify"
)

// change copies the assembly of the example and puts one text in the place of
// another in a file.
func change(t *testing.T, file, old, now string) string {
	t.Helper()
	folder := t.TempDir()
	if err := os.CopyFS(folder, fixture.Assembly()); err != nil {
		t.Fatal(err)
	}
	if file == "" {
		return folder
	}
	name := filepath.Join(folder, file)
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.Replace(string(text), old, now, 1)
	if changed == string(text) {
		t.Fatalf("%s has no %s", file, old)
	}
	if err := os.WriteFile(name, []byte(changed), 0o644); err != nil {
		t.Fatal(err)
	}
	return folder
}

func TestAssemblyAsItWasWritten(t *testing.T) {
	findings, err := verify.Assembly(change(t, "", "", ""))
	if err != nil || len(findings) > 0 {
		t.Errorf("%v, %v", findings, err)
	}
}

// What CDK lets nobody do, a macro, a synthesizer or another hand could. More is
// tried in package shared, by what CDK lets do.
func TestAssemblyThatWasChanged(t *testing.T) {
	const template = "dev-shared.template.json"
	for name, c := range map[string]struct{ file, old, now, rule string }{
		"no record of the queue":     {"manifest.json", `"type": "shared-queue:queue"`, `"type": "shared-queue:another"`, "Queue-Unrecorded"},
		"the key by a condition":     {template, `"KmsMasterKeyId": {`, `"KmsMasterKeyId": {"Fn::If": ["x", "y", "z"]}, "Old": {`, "Queue-Key"},
		"the policy by a macro":      {template, `"KeyPolicy": {`, `"KeyPolicy": {"Fn::Transform": {}}, "Old": {`, "Policy-Missing"},
		"a statement by a condition": {template, `"Statement": [`, `"Statement": [{"Fn::If": ["x", {}, {}]},`, "Policy-Undeclared"},
		"the name by a parameter":    {template, `"QueueName": "shared-app-work",`, `"QueueName": {"Ref": "Name"},`, "Queue-Name"},
		"the policy as text":         {template, `"PolicyDocument": {`, `"PolicyDocument": "{}", "Old": {`, "Policy"},
	} {
		t.Run(name, func(t *testing.T) {
			findings, err := verify.Assembly(change(t, c.file, c.old, c.now))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, f := range findings {
				got = append(got, f.Rule)
			}
			if !strings.Contains(strings.Join(got, " "), c.rule) {
				t.Errorf("got %q, want %s", got, c.rule)
			}
		})
	}
}

func TestAssemblyThatCannotBeRead(t *testing.T) {
	for name, c := range map[string]struct{ file, old, now string }{
		"a template": {"dev-shared.template.json", "{", "["},
		"a manifest": {"manifest.json", "{", "["},
		"senders":    {"manifest.json", `"o-abc1234567/r-wxyz/ou-wxyz-jklm1dev/ou-wxyz-km23jdev"`, `"*"`},
		"no senders": {"manifest.json", `"senders": [`, `"senders": [], "old": [`},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := verify.Assembly(change(t, c.file, c.old, c.now)); err == nil {
				t.Error("no error")
			}
		})
	}
	if _, err := verify.Assembly(t.TempDir()); err == nil {
		t.Error("no error for an empty folder")
	}
}

// Each queue costs the same, however many there are.
func BenchmarkAssembly(b *testing.B) {
	folder := b.TempDir()
	if err := os.CopyFS(folder, fixture.VariantsAssembly()); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := verify.Assembly(folder); err != nil {
			b.Fatal(err)
		}
	}
}
