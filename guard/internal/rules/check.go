package rules

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"example.com/shared-queue/guard/internal/template"
)

// A Finding is what is wrong with one statement, or one policy, by one rule.
type Finding struct {
	Rule     string // like Guard-Organization
	Resource string // the logical id
	Path     string // of the statement in the resource
	Name     string // the part of the finding's id that is of the statement
	Message  string
	Cure     string
}

// A problem is a flaw that a rule finds: of a statement, or of a whole document.
type problem struct {
	rule      string
	of        *document
	statement *statement
	flaw
}

// ofStatements are the rules that look at a statement by itself.
var ofStatements = []struct {
	name string
	rule func(s *statement) []flaw
}{
	{"Guard-Organization", organization},
	{"Guard-Operator", operator},
	{"Guard-Condition", spelling},
	{"Guard-Action", action},
	{"Guard-Resource", resource},
	{"Guard-ViaService", viaService},
	{"Guard-Source", source},
	{"Guard-PlainHTTP", plainHTTP},
}

// Check judges the policies of queues and keys in each template of an app.
func Check(templates ...*template.Template) [][]Finding {
	documents := make([][]*document, len(templates))
	keys := map[string]bool{}
	for i, t := range templates {
		documents[i] = readAll(t)
		maps.Copy(keys, organizationKeys(t, documents[i]))
	}
	list := make([][]Finding, len(templates))
	for i, t := range templates {
		list[i] = check(t, documents[i], keys)
	}
	return list
}

func readAll(t *template.Template) (documents []*document) {
	byKey := encrypted(t)
	for _, name := range slices.Sorted(maps.Keys(t.Resources)) {
		if h, ok := holders[t.Resources[name].Type]; ok {
			for _, d := range read(t, name, h) {
				d.encrypts = byKey[name]
				documents = append(documents, d)
			}
		}
	}
	return documents
}

func check(t *template.Template, documents []*document, organizationKeys map[string]bool) []Finding {
	var problems []problem
	for _, d := range documents {
		for _, f := range d.flaws {
			problems = append(problems, problem{"Guard-Unreadable", d, nil, f})
		}
		for _, s := range d.statements {
			for _, f := range unreadable(s) {
				problems = append(problems, problem{"Guard-Unreadable", d, s, f})
			}
			if !s.seen {
				continue
			}
			for _, r := range ofStatements {
				for _, f := range r.rule(s) {
					problems = append(problems, problem{r.name, d, s, f})
				}
			}
		}
	}
	problems = append(problems, hidden(t)...)
	return findings(append(problems, decrypt(t, organizationKeys)...))
}

// findings has one for each statement and rule, however much is wrong and in however
// many worlds.
func findings(problems []problem) (list []Finding) {
	wrongs, cures := map[Finding][]string{}, map[Finding][]string{}
	add := func(to map[Finding][]string, key Finding, text string) {
		if !slices.Contains(to[key], text) {
			to[key] = append(to[key], text)
		}
	}
	titles := map[Finding]string{}
	for _, p := range problems {
		key := Finding{Rule: p.rule, Resource: p.of.resource, Path: p.path(), Name: p.name()}
		if _, ok := wrongs[key]; !ok {
			list = append(list, key)
		}
		add(wrongs, key, p.wrong)
		add(cures, key, p.cure)
		titles[key] = p.title()
	}
	for i, key := range list {
		list[i].Message = titles[key] + " " + strings.Join(slices.Sorted(slices.Values(wrongs[key])), "; ")
		list[i].Cure = strings.Join(slices.Sorted(slices.Values(cures[key])), "; ")
	}
	return list
}

func (p problem) path() string {
	if p.statement == nil {
		return p.of.path
	}
	return fmt.Sprintf("%s.Statement.%d", p.of.path, p.statement.number-1)
}

func (p problem) title() string {
	switch {
	case p.statement == nil:
		return "the policy"
	case idPart(p.statement.sid) != "":
		return "statement " + p.statement.sid
	}
	return fmt.Sprintf("statement %d", p.statement.number)
}

// name is the Sid, or a digest of what is written if there is none, or another of
// the policy has it too: so that an acknowledgement covers what was judged, and not
// what stands in its place later.
func (p problem) name() string {
	if p.statement == nil {
		return "policy-" + digest(p.of.template.Said(p.of.template.Resources[p.of.resource].Properties))
	}
	sid := idPart(p.statement.sid)
	if sid == "" || p.of.sids[sid] > 1 {
		return digest(p.statement.said)
	}
	return sid
}

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])[:10]
}

var noPart = regexp.MustCompile(`[^A-Za-z0-9]+`)

// idPart is the Sid as it may stand in an id. One of a key policy may have spaces.
func idPart(sid string) string { return strings.Trim(noPart.ReplaceAllString(sid, "-"), "-") }

// NameOf is the part of a finding's id that is of what is written.
func NameOf(raw any) string {
	text, err := json.Marshal(raw)
	if err != nil {
		panic(err) // it was JSON
	}
	return "policy-" + digest(string(text))
}
