package access

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"example.com/shared-queue/proof/evaluate"
)

// A Finding is something that is not as it was asked for.
type Finding struct {
	Queue     string    `json:"queue,omitempty"` // its ARN
	Caller    string    `json:"caller,omitempty"`
	Operation Operation `json:"operation,omitempty"`
	More      bool      `json:"more"`            // the caller may more than promised, or less
	Text      string    `json:"text"`            // the whole finding in one line
	By        []string  `json:"by,omitempty"`    // the statements that decide
	Where     string    `json:"where,omitempty"` // in the construct tree
	subject   string    // of its table
	why       string    // in words
	unknown   bool      // nothing was found, since something could not be read
}

// Findings are what is not as it was asked for, in the order of the tables. Unknown
// is what could not be read, and so is not known.
func (m *Matrix) Findings(by *evaluate.Evaluator) (findings, unknown []Finding, err error) {
	for _, f := range m.structure {
		if f.unknown {
			unknown = append(unknown, f)
		} else {
			findings = append(findings, f)
		}
	}
	for _, t := range m.Tables {
		if t.Kind == Unmanaged {
			continue
		}
		for _, row := range t.Rows {
			for _, d := range row.Cells {
				if d.Got == d.Want || d.Declared {
					continue
				}
				f, err := m.explain(by, d)
				if err != nil {
					return nil, nil, err
				}
				findings = append(findings, f)
			}
		}
	}
	return findings, unknown, nil
}

// Structure is the first thing that is wrong before anybody is asked, empty if
// nothing is.
func (m *Matrix) Structure() string {
	if len(m.structure) == 0 {
		return ""
	}
	return m.structure[0].Text
}

// explain says which statements decide d: those without which the answer would
// differ.
func (m *Matrix) explain(by *evaluate.Evaluator, d *Decision) (Finding, error) {
	worlds := []evaluate.World{m.policies}
	var statements, ids []string
	for _, id := range m.policiesOf(d) {
		document := object(m.policies[id])
		list, _ := document["Statement"].([]any)
		for i, s := range list {
			changed := maps.Clone(document)
			changed["Statement"] = slices.Delete(slices.Clone(list), i, i+1)
			worlds = append(worlds, evaluate.World{id: changed})
			statements, ids = append(statements, nameOf(object(s), i)+" of the "+id), append(ids, id)
		}
	}
	answers, err := m.Ask(by, []*Decision{d}, worlds...)
	if err != nil {
		return Finding{}, err
	}
	f := Finding{Queue: d.Table.queueARN(), Caller: d.Who, Operation: d.Operation, More: d.Got}
	for i, a := range answers[1:] {
		if len(a.Got) > 0 && a.Got[0] != answers[0].Got[0] {
			f.By = append(f.By, statements[i])
			if f.Where == "" {
				f.Where = strings.TrimSuffix(m.places[ids[i]].Construct, "/Resource")
			}
		}
	}
	in := " in the " + strings.Join(m.policiesOf(d), ", the ")
	why := "no single statement decides" + in
	switch {
	case len(f.By) > 0:
		why = "decided by " + strings.Join(f.By, ", ")
	case !d.Got:
		why = "no statement allows it" + in
	}
	f.subject, f.why = d.Table.Subject, why
	f.Text = fmt.Sprintf("%s, want %s: %s", d, yesNo(d.Want), why)
	return f, nil
}

// nameOf is the statement's Sid, or its place in the list.
func nameOf(statement map[string]any, i int) string {
	if sid, ok := statement["Sid"].(string); ok {
		return sid
	}
	return fmt.Sprintf("statement %d", i+1)
}

// Lines are the findings with one line for each caller that may more than promised, or
// less, and for the statements that decide it.
func Lines(findings []Finding) []string {
	var lines []string
	for len(findings) > 0 {
		first, same := findings[0], 1
		for same < len(findings) && first.isLike(findings[same]) {
			same++
		}
		lines = append(lines, first.line(findings[:same]))
		findings = findings[same:]
	}
	return lines
}

func (f Finding) isLike(other Finding) bool {
	return f.Operation != "" && f.subject == other.subject && f.Caller == other.Caller && f.More == other.More && f.why == other.why
}

// line is the findings, which are alike, in one line.
func (f Finding) line(all []Finding) string {
	if f.Operation == "" {
		return f.String()
	}
	var operations []string
	for _, one := range all {
		operations = append(operations, string(one.Operation))
	}
	verdict := "may " + join(operations, "and") + ", which was not promised"
	if !f.More {
		verdict = "may not " + join(operations, "or") + ", which was promised"
	}
	text := f.subject + ": " + f.Caller + " " + verdict + ": " + f.why
	if f.Where != "" && !strings.Contains(f.why, f.Where) {
		text += " (" + f.Where + ")"
	}
	return text
}

func (t *Table) queueARN() string {
	if t.Queue == nil {
		return ""
	}
	return t.Queue.At.ARN()
}

// object is a JSON object, nil if the value is none.
func object(value any) map[string]any {
	o, _ := value.(map[string]any)
	return o
}
