package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Every Go snippet of README and docs stands in an Example function, line for
// line, so that it compiles.
func TestSnippetsAreExamples(t *testing.T) {
	var examples string
	for _, file := range files(t, "*/example*_test.go") {
		examples += unindented(t, file)
	}
	snippets := 0
	for _, file := range append(files(t, "docs/*.md"), "README.md", "CONTRIBUTING.md") {
		for i, block := range strings.Split("\n"+unindented(t, file), "\n```") {
			snippet, ok := strings.CutPrefix(block, "go\n")
			if i%2 == 0 || !ok {
				continue
			}
			snippets++
			if !strings.Contains(examples, snippet+"\n") {
				t.Errorf("%s has a snippet that is in no Example function:\n%s", file, snippet)
			}
		}
	}
	if snippets == 0 {
		t.Error("no snippet was found")
	}
}

// docs/operations.md says how to take retained resources back, by their logical
// ids.
func TestImportNamesAllThatIsRetained(t *testing.T) {
	text := unindented(t, "docs/operations.md")
	for _, id := range []string{keyID, aliasID, queueID, deadLetterID} {
		if !strings.Contains(text, `"`+id+`": {`) {
			t.Errorf("docs/operations.md does not import %s", id)
		}
	}
}

func TestREADMEIsShort(t *testing.T) {
	if lines := strings.Count(unindented(t, "README.md"), "\n"); lines > 200 {
		t.Errorf("README.md has %d lines, want 200 at most: move some to docs", lines)
	}
}

func files(t *testing.T, pattern string) []string {
	t.Helper()
	found, err := filepath.Glob(pattern)
	if err != nil || len(found) == 0 {
		t.Fatalf("%s: %q, %v", pattern, found, err)
	}
	return found
}

// unindented is a file's text without the white space at the beginnings of lines.
func unindented(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(text), "\n")
	for i := range lines {
		lines[i] = strings.TrimLeft(lines[i], "\t ")
	}
	return strings.Join(lines, "\n")
}
