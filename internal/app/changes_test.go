package app

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"example.com/shared-queue/internal/cdktest"
)

// docs/operations.md says of each setting what a change does to what is deployed.
// It is what cdk diff says, of each setting's change in each_test.go.
func TestWhatAChangeDoes(t *testing.T) {
	settings := len(settingsOf())
	changes := eachChange(t)
	before, after := map[string]any{}, map[string]any{}
	does := make([]string, len(changes))
	for i, c := range changes {
		for _, stack := range []string{"dev-shared", "dev-publisher-web"} {
			if place(c.before, stack) != place(c.after, stack) {
				does[i] = "Another stack."
				continue
			}
			addResources(t, before, prefix(i), c.before.templates[stack].JSON)
			addResources(t, after, prefix(i), c.after.templates[stack].JSON)
		}
	}
	replaced := replacements(t, changes[0].before, before, after)
	documented := changesInDocs(t)
	for i, c := range changes[:settings] {
		switch kinds := replaced[prefix(i)]; {
		case does[i] != "":
		case len(kinds) == 0:
			does[i] = "In place."
		default:
			does[i] = "Replaces the " + strings.Join(kinds, " and the ") + "."
		}
		row := "`" + strings.Replace(c.path, ".web.", ".<name>.", 1) + "`"
		if !strings.HasPrefix(documented[row], does[i]) {
			t.Errorf("docs/operations.md says of %s %q, and cdk diff %q", row, documented[row], does[i])
		}
		delete(documented, row)
	}
	for i, c := range changes[settings:] {
		if kinds := replaced[prefix(settings+i)]; !slices.Equal(kinds, []string{"role in every account"}) {
			t.Errorf("%s in a stack set: cdk diff says that it replaces %q", c.path, kinds)
		}
	}
	for _, row := range []string{"the name of an environment", "the name of a publisher", "a publisher left out"} {
		if !strings.HasPrefix(documented[row], "Another stack") {
			t.Errorf("docs/operations.md says of %s %q", row, documented[row])
		}
		delete(documented, row)
	}
	for row := range documented {
		t.Errorf("docs/operations.md says what a change of %s does, which is no setting", row)
	}
}

// prefix stands before the logical ids of the change i.
func prefix(i int) string { return fmt.Sprintf("C%dx", i) }

// place is the account and Region of a stack.
func place(a *app, stack string) any {
	return cdktest.Get(a.manifest, "artifacts", stack, "environment")
}

// addResources adds a template's resources with a prefix before their ids, and
// those of the template in a stack set.
func addResources(t *testing.T, to map[string]any, prefix string, template any) {
	t.Helper()
	resources, _ := cdktest.Get(template, "Resources").(map[string]any)
	ids := slices.Collect(maps.Keys(resources))
	for id, resource := range resources {
		to[prefix+id] = renamed(resource, prefix, ids)
		if body, ok := cdktest.Get(resource, "Properties", "TemplateBody").(string); ok {
			var within any
			if err := json.Unmarshal([]byte(body), &within); err != nil {
				t.Fatal(err)
			}
			addResources(t, to, prefix+"In", within)
		}
	}
}

// renamed is a value with the prefix before logical ids.
func renamed(value any, prefix string, ids []string) any {
	switch value := value.(type) {
	case map[string]any:
		all := map[string]any{}
		for name, v := range value {
			if name != "Metadata" {
				all[name] = renamed(v, prefix, ids)
			}
		}
		return all
	case []any:
		all := make([]any, len(value))
		for i, v := range value {
			all[i] = renamed(v, prefix, ids)
		}
		return all
	case string:
		if slices.Contains(ids, value) {
			return prefix + value
		}
	}
	return value
}

// inWords are the resources that a user knows, in the order of the page.
var inWords = []struct{ id, words string }{
	{"SharedQueueKey41691AD9", "key"}, {"KeyAlias", "alias"}, {"SharedQueue2BEF9009", "queue"}, {"DeadLetterQueue4E", "dead-letter queue"},
	{"InRole", "role in every account"}, {"PublisherRole", "role"}, {"StackSet", "stack set"},
}

var replacedLine = regexp.MustCompile(`(?m)^\[~\] (\S+) (C[0-9]+x)(\S+) (replace|may be replaced)$`)

// replacements asks cdk diff which resources of two templates are replaced, by the
// prefix of their ids.
func replacements(t *testing.T, built *app, before, after map[string]any) map[string][]string {
	t.Helper()
	folder := t.TempDir()
	write := func(name string, value any) {
		t.Helper()
		text, err := json.Marshal(value)
		if err == nil {
			err = os.WriteFile(filepath.Join(folder, name), text, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	write("before.json", map[string]any{"Resources": before})
	write("after.template.json", map[string]any{"Resources": after})
	write("manifest.json", map[string]any{"version": cdktest.Get(built.manifest, "version"), "artifacts": map[string]any{"changes": map[string]any{
		"type": "aws:cloudformation:stack", "environment": "aws://111111111111/us-east-1", "properties": map[string]any{"templateFile": "after.template.json"}}}})
	diff := cdktest.Command(t, filepath.Join(root, "node_modules", ".bin", "cdk"), "diff", "--ci", "--no-color", "--no-notices",
		"--app", folder, "--template", filepath.Join(folder, "before.json"))
	diff.Env = append(os.Environ(), "CDK_DISABLE_CLI_TELEMETRY=true")
	output, err := diff.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	replaced := map[string][]string{}
	for _, m := range replacedLine.FindAllStringSubmatch(string(output), -1) {
		for _, r := range inWords {
			if strings.Contains(m[3], r.id) {
				replaced[m[2]] = append(replaced[m[2]], r.words)
				break
			}
		}
	}
	for _, kinds := range replaced {
		slices.SortFunc(kinds, func(a, b string) int { return order(a) - order(b) })
	}
	return replaced
}

func order(words string) int {
	return slices.IndexFunc(inWords, func(r struct{ id, words string }) bool { return r.words == words })
}

// changesInDocs are the rows of the table in docs/operations.md: what CloudFormation
// does, by what is changed.
func changesInDocs(t *testing.T) map[string]string {
	t.Helper()
	page, err := os.ReadFile(filepath.Join(root, "docs", "operations.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(page), "| Change of | What CloudFormation does | Without loss |\n|---|---|---|\n")
	table, _, _ = strings.Cut(table, "\n\n")
	rows := map[string]string{}
	for row := range strings.Lines(table) {
		if cells := strings.Split(row, " | "); len(cells) == 3 {
			rows[strings.TrimPrefix(cells[0], "| ")] = cells[1]
		} else {
			t.Errorf("a row has %d cells: %s", len(cells), row)
		}
	}
	return rows
}
