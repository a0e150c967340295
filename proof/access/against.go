package access

import (
	"fmt"
	"slices"
)

// A Change is what a caller gains or loses by a change of what is deployed.
type Change struct {
	Subject string      `json:"subject"`
	Caller  string      `json:"caller"`
	Gains   []Operation `json:"gains,omitempty"`
	Loses   []Operation `json:"loses,omitempty"`
}

// String is the change in one line.
func (c Change) String() string {
	text := c.Subject + ": " + c.Caller
	if len(c.Gains) > 0 {
		text += " gains: " + join(words(c.Gains), "and")
	}
	if len(c.Loses) > 0 {
		if len(c.Gains) > 0 {
			text += "; and"
		}
		text += " loses: " + join(words(c.Loses), "and")
	}
	return text
}

func words(operations []Operation) []string {
	var list []string
	for _, o := range operations {
		list = append(list, string(o))
	}
	return list
}

// Against is who gains and loses what between two matrices that were decided, of the
// same callers as far as these are in both. A caller or subject that is in one alone
// may do nothing in the other.
func Against(before, after *Matrix) []Change {
	var changes []Change
	was, is, seen := before.able(), after.able(), map[rowKey]bool{}
	for _, key := range slices.Concat(after.rows(), before.rows()) {
		c := Change{Subject: key[0], Caller: key[1]}
		if seen[key] {
			continue
		}
		seen[key] = true
		for _, o := range is[key] {
			if !slices.Contains(was[key], o) {
				c.Gains = append(c.Gains, o)
			}
		}
		for _, o := range was[key] {
			if !slices.Contains(is[key], o) {
				c.Loses = append(c.Loses, o)
			}
		}
		if len(c.Gains)+len(c.Loses) > 0 {
			changes = append(changes, c)
		}
	}
	return changes
}

// A rowKey is a table's subject and a caller.
type rowKey [2]string

// rows are all of the matrix, with those that a row stands for.
func (m *Matrix) rows() []rowKey {
	var keys []rowKey
	for _, t := range m.Tables {
		for _, row := range t.Rows {
			for _, subject := range t.subjects() {
				for _, name := range append([]string{row.Caller.Name}, row.Caller.Alike...) {
					keys = append(keys, rowKey{subject, name})
				}
			}
		}
	}
	return keys
}

// subjects are what a table is about, whatever stack that stands in: a table of
// roles that are alike is about each of them.
func (t *Table) subjects() []string {
	if t.Queue == nil {
		return []string{t.Subject}
	}
	if t.Kind == Trust {
		return append([]string{t.Subject}, t.alike...)
	}
	return []string{fmt.Sprintf("%s of account %s, %s", t.Subject, t.Queue.At.Account, t.Queue.At.Region)}
}

// able is what each caller may do.
func (m *Matrix) able() map[rowKey][]Operation {
	able := map[rowKey][]Operation{}
	for _, t := range m.Tables {
		for _, row := range t.Rows {
			var can []Operation
			for _, d := range row.Cells {
				if d.Got {
					can = append(can, d.Operation)
				}
			}
			for _, subject := range t.subjects() {
				for _, name := range append([]string{row.Caller.Name}, row.Caller.Alike...) {
					able[rowKey{subject, name}] = can
				}
			}
		}
	}
	return able
}
