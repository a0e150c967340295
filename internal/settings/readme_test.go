package settings_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// documented are the README's rows of messages, as what follows "allowed: " in
// a message. An ellipsis stands for what differs.
func documented(t *testing.T) []*regexp.Regexp {
	t.Helper()
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, ok := strings.Cut(string(readme), "| Setting | Allowed | Cure |\n|---|---|---|\n")
	if !ok {
		t.Fatal("the README has no table of messages")
	}
	var rows []*regexp.Regexp
	for line := range strings.Lines(section) {
		cells := strings.Split(strings.TrimSpace(line), " | ")
		if len(cells) != 3 {
			break
		}
		message := strings.ReplaceAll(cells[1]+"; "+strings.TrimSuffix(cells[2], " |"), `\`, "")
		rows = append(rows, regexp.MustCompile("^"+strings.ReplaceAll(regexp.QuoteMeta(message), "…", ".*")+"$"))
	}
	return rows
}

// checkDocumented reports lines of an error that the README does not have.
func checkDocumented(t *testing.T, rows []*regexp.Regexp, err error) {
	t.Helper()
	for line := range strings.Lines(err.Error()) {
		_, message, _ := strings.Cut(strings.TrimSpace(line), ", allowed: ")
		message = strings.ReplaceAll(message, `\`, "")
		found := false
		for _, row := range rows {
			found = found || row.MatchString(message)
		}
		if !found {
			t.Errorf("not in the README: %s", message)
		}
	}
}
