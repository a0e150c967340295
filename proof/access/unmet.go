package access

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"example.com/shared-queue/proof/cast"
	"example.com/shared-queue/proof/evaluate"
	"example.com/shared-queue/proof/world"
)

// unmet says which statements let in nobody of all who were asked about. Whom they let
// in is then not known: somebody who is not in the cast, or nobody.
func (m *Matrix) unmet(by *evaluate.Evaluator) ([]Finding, error) {
	var findings []Finding
	asked := m.askedOf()
	for _, id := range slices.Sorted(maps.Keys(asked)) {
		worlds, names := []evaluate.World{m.policies}, []string{}
		for i, s := range world.List(object(m.policies[id])["Statement"]) {
			if object(s)["Effect"] != "Allow" {
				continue
			}
			for _, one := range cast.Alternatives(object(s)) {
				if !isOwn(one, asked[id][0].Requests[0].Account) {
					worlds, names = append(worlds, evaluate.World{id: evaluate.Document(one)}), append(names, nameOf(object(s), i)+said(one))
				}
			}
		}
		if len(names) == 0 {
			continue
		}
		answers, err := m.Ask(by, asked[id], worlds...)
		if err != nil {
			return nil, err
		}
		for i, a := range answers[1:] {
			if !slices.Contains(a.Got, true) {
				where := strings.TrimSuffix(m.places[id].Construct, "/Resource")
				findings = append(findings, Finding{Text: "whom " + names[i] + " of the " + id + " lets in is not known: nobody who was asked about meets it", Where: where, unknown: true})
			}
		}
	}
	return findings, nil
}

// askedOf has for each policy of a queue, a key or a role one decision for each caller:
// whether it lets the caller do anything that was asked about.
func (m *Matrix) askedOf() map[string][]*Decision {
	all := map[string][]*Decision{}
	for _, t := range m.Tables {
		if t.Kind != OnQueue && t.Kind != Trust {
			continue
		}
		for _, row := range t.Rows {
			if row.own() {
				continue
			}
			requests, seen := map[string][]evaluate.Request{}, map[string]bool{}
			for _, d := range row.Cells {
				for _, r := range d.Requests {
					key := fmt.Sprint(r.Action, r.Resource, r.Context)
					if r.Context["aws:SecureTransport"] != "false" && !seen[key] && r.Policy != leftToIAM(r.Account) {
						seen[key], requests[r.Policy] = true, append(requests[r.Policy], r)
					}
				}
			}
			for id, list := range requests {
				slices.SortStableFunc(list, func(a, b evaluate.Request) int { return strings.Count(a.Action, "*") - strings.Count(b.Action, "*") })
				all[id] = append(all[id], &Decision{Table: t, Question: evaluate.Question{Caller: row.Cells[0].Caller, Requests: list}})
			}
		}
	}
	return all
}

// own reports whether the caller may act by its own policies alone, since the resource
// that is asked about is of its own account.
func (r Row) own() bool {
	return len(r.Cells) == 0 || r.Caller.Powers != cast.None && r.Cells[0].Requests[0].Account == r.Caller.Account
}

// isOwn reports whether a statement is for principals of the resource's own account
// alone: each that it names is asked about, and what it leaves to the account is too.
func isOwn(statement map[string]any, account string) bool {
	name := fmt.Sprint(object(statement["Principal"])["AWS"])
	return name == account || strings.HasPrefix(name, "arn:") && strings.Contains(name, ":"+account+":")
}

// said is for whom and under which conditions a statement is, as the policy has it.
func said(statement map[string]any) string {
	text, err := json.Marshal(statement["Principal"])
	if err != nil {
		return ""
	}
	if condition, ok := statement["Condition"]; ok {
		if more, err := json.Marshal(condition); err == nil {
			return " for " + string(text) + " if " + string(more)
		}
	}
	return " for " + string(text)
}
