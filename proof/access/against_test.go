package access_test

import (
	"encoding/json"
	"strings"
	"testing"

	"example.com/shared-queue/internal/assembly"
	"example.com/shared-queue/internal/fixture"
	"example.com/shared-queue/proof/access"
	"example.com/shared-queue/proof/mutant"
)

// A queue of the same name in another Region is another queue: a change of the first is
// said, whatever the second is.
func TestAgainstTellsRegionsApart(t *testing.T) {
	first := selected(t, fixture.Assembly(), "dev-shared")
	elsewhere := func(s assembly.Stack) assembly.Stack {
		text, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		var moved assembly.Stack
		if err := json.Unmarshal([]byte(strings.ReplaceAll(string(text), "us-east-1", "eu-west-1")), &moved); err != nil {
			t.Fatal(err)
		}
		moved.Path, moved.Name, moved.File = "elsewhere", "elsewhere", "elsewhere.template.json"
		return moved
	}
	second := elsewhere(first[0])
	i := 0
	all := mutant.Example(selected(t, fixture.Assembly(), ""))
	for all[i].Name != "key: the organization's root" {
		i++
	}
	changed, err := all[i].Apply(first)
	if err != nil {
		t.Fatal(err)
	}
	changes := access.Against(decided(t, append(first, second)), decided(t, append(changed, second)))
	if len(changes) == 0 {
		t.Error("nobody gains anything")
	}
	for _, c := range changes {
		if !strings.Contains(c.Subject, "of account 111111111111, us-east-1") {
			t.Errorf("%s", c)
		}
	}
}
