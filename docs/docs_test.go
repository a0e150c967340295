package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"example.com/shared-queue/internal/assembly"
	"example.com/shared-queue/internal/fixture"
)

// Every Go snippet of README and docs stands in an Example function, line for
// line, so that it compiles.
func TestSnippetsAreExamples(t *testing.T) {
	var examples string
	for _, file := range files(t, "../shared/example*_test.go", "recipes/example*_test.go", "../guard/example*_test.go", "../address/example*_test.go") {
		examples += unindented(t, file)
	}
	snippets := 0
	for _, file := range append(files(t, "*.md"), "../README.md", "../CONTRIBUTING.md") {
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

// Every page that a page links to is there, and so is every heading.
func TestLinks(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)\s]+)\)`)
	links := 0
	for _, page := range pages(t) {
		for _, m := range link.FindAllStringSubmatch(text(t, page), -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			links++
			name, heading, _ := strings.Cut(m[1], "#")
			target := page
			if name != "" {
				target = filepath.Join(filepath.Dir(page), name)
			}
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s links to %s, which is not there", page, m[1])
				continue
			}
			if heading != "" && !slices.Contains(headings(text(t, target)), heading) {
				t.Errorf("%s links to %s, which has no such heading", page, m[1])
			}
		}
	}
	if links == 0 {
		t.Error("no link was found")
	}
}

// The folders and files that CONTRIBUTING.md names are there.
func TestPlacesAreThere(t *testing.T) {
	place := regexp.MustCompile("`((?:docs|guard|internal|proof|publisher|shared|spec|policy)/[^`]+)`")
	for _, m := range place.FindAllStringSubmatch(text(t, "../CONTRIBUTING.md"), -1) {
		if _, err := os.Stat(filepath.Join("..", m[1])); err != nil {
			t.Errorf("CONTRIBUTING.md names %s, which is not there", m[1])
		}
	}
}

// Every page can be found from the README.
func TestEveryPageIsInTheREADME(t *testing.T) {
	readme := text(t, "../README.md")
	for _, page := range files(t, "*.md") {
		if !strings.Contains(readme, "](docs/"+page) {
			t.Errorf("README.md does not link to docs/%s", page)
		}
	}
}

// headings are the anchors that GitHub gives to a page's headings.
func headings(page string) []string {
	var anchors []string
	code := false
	for line := range strings.Lines(page) {
		if strings.HasPrefix(line, "```") {
			code = !code
		}
		if title := strings.TrimLeft(line, "#"); !code && len(title) < len(line) {
			title = strings.ToLower(strings.TrimSpace(title))
			anchors = append(anchors, strings.ReplaceAll(notInAnchors.ReplaceAllString(title, ""), " ", "-"))
		}
	}
	return anchors
}

var notInAnchors = regexp.MustCompile(`[^\p{L}\p{N} _-]`)

// docs/operations.md says how to take retained resources back, by their logical
// ids.
func TestImportNamesAllThatIsRetained(t *testing.T) {
	text := unindented(t, "operations.md")
	for _, id := range []string{"SharedQueueKey41691AD9", "SharedQueueKeyAlias058BE622", "SharedQueue2BEF9009", "SharedQueueDeadLetterQueue4E7F53E6"} {
		if !strings.Contains(text, `"`+id+`": {`) {
			t.Errorf("docs/operations.md does not import %s", id)
		}
	}
}

// The workflow deploys each of the example's stacks, into its account.
func TestWorkflowDeploysTheExample(t *testing.T) {
	stacks, err := assembly.Read(fixture.Assembly())
	if err != nil {
		t.Fatal(err)
	}
	workflow := text(t, "deploy-workflow.yml")
	for _, s := range stacks {
		if want := "{ stack: " + s.Name + `, account: "` + s.Account + `" }`; !strings.Contains(workflow, want) {
			t.Errorf("docs/deploy-workflow.yml has no %s", want)
		}
	}
}

func TestREADMEIsShort(t *testing.T) {
	if lines := strings.Count(unindented(t, "../README.md"), "\n"); lines > 200 {
		t.Errorf("README.md has %d lines, want 200 at most: move some to docs", lines)
	}
}

// pages are all that the project has for its users and contributors.
func pages(t *testing.T) []string {
	t.Helper()
	return append(files(t, "*.md"), "../README.md", "../CONTRIBUTING.md", "../ACCESS.md", "../guard/README.md")
}

// files are those that match the patterns. A pattern in the folder of the project
// would open what changes with every run, and this test would never rest.
func files(t *testing.T, patterns ...string) []string {
	t.Helper()
	var all []string
	for _, pattern := range patterns {
		found, err := filepath.Glob(pattern)
		if err != nil || len(found) == 0 {
			t.Fatalf("%s: %q, %v", pattern, found, err)
		}
		all = append(all, found...)
	}
	return all
}

func text(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// unindented is a file's text without the white space at the beginnings of lines.
func unindented(t *testing.T, file string) string {
	t.Helper()
	lines := strings.Split(text(t, file), "\n")
	for i := range lines {
		lines[i] = strings.TrimLeft(lines[i], "\t ")
	}
	return strings.Join(lines, "\n")
}
