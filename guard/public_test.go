package guard_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
)

// Statements that others have published, as facts: what each says, with the ids and
// names of our examples, and where it is from. Those of AWS's documents that have
// no source or send over plain HTTP are refused, as what follows them would be open.
func TestPublicPolicies(t *testing.T) {
	text, err := os.ReadFile("testdata/public.json")
	if err != nil {
		t.Fatal(err)
	}
	var list []struct {
		Source, Of string
		Statement  json.RawMessage
		Want       []string // the rules that refuse it
	}
	if err := json.Unmarshal(text, &list); err != nil {
		t.Fatal(err)
	}
	if len(list) < 100 {
		t.Errorf("%d statements, want 100 or more", len(list))
	}
	var all []placed
	for _, p := range list {
		kind := map[string]string{"queue": queuePolicy, "key": key}[p.Of]
		all = append(all, somewhere([]template{{kind: kind, policy: statements(string(p.Statement))}})...)
	}
	found := checked(t, templateOf(all), "", "")
	for i, p := range list {
		t.Run(fmt.Sprintf("%d of %s", i, path.Base(p.Source)), func(t *testing.T) {
			var got []string
			for id := range found[logicalID(i)] {
				rule, _, _ := strings.Cut(id, ".")
				got = append(got, rule)
			}
			slices.Sort(got)
			if !slices.Equal(got, p.Want) {
				t.Errorf("%s: %s is refused by %q, want %q", p.Source, p.Statement, got, p.Want)
			}
		})
	}
}
