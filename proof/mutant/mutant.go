// Package mutant has policies, templates and settings that are broken on purpose. What
// computes or tries who can do what must notice each of them.
package mutant

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"example.com/shared-queue/internal/assembly"
)

// A Mutant is one thing broken in the templates of an assembly.
type Mutant struct {
	Name   string
	In     Target
	Sid    string // of the statement that is changed
	Change Change // nil removes the statement
	// Equivalent says why AWS decides the same as before; empty if it does not.
	Equivalent string
}

// A Target is a property of a resource, or all resources of a stack if LogicalID is
// empty.
type Target struct {
	Stack, LogicalID, Property string
}

// A Change is made to a statement, or to its document.
type Change func(document, statement map[string]any)

// Set changes the value at a path in the statement; nil removes it.
func Set(value any, path ...string) Change {
	return func(_, at map[string]any) {
		for _, name := range path[:len(path)-1] {
			next, ok := at[name].(map[string]any)
			if !ok {
				next = map[string]any{}
				at[name] = next
			}
			at = next
		}
		if last := path[len(path)-1]; value == nil {
			delete(at, last)
		} else {
			at[last] = value
		}
	}
}

// Rename gives the value at a path another name.
func Rename(to string, path ...string) Change {
	return func(_, at map[string]any) {
		for _, name := range path[:len(path)-1] {
			at = at[name].(map[string]any)
		}
		last := path[len(path)-1]
		value := at[last]
		delete(at, last)
		if there, ok := at[to].(map[string]any); ok {
			maps.Copy(there, value.(map[string]any)) // two operators become one
			return
		}
		at[to] = value
	}
}

// Both makes two changes that are one mutant.
func Both(first, second Change) Change {
	return func(document, statement map[string]any) {
		first(document, statement)
		second(document, statement)
	}
}

// KeyActions are the actions with the key that senders have, and more.
func KeyActions(more ...any) []any {
	return append([]any{"kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"}, more...)
}

// InDocument makes the change to the whole document.
func InDocument(c Change) Change {
	return func(document, _ map[string]any) { c(document, document) }
}

// ReplaceBy replaces the document by another one.
func ReplaceBy(other any) Change {
	return func(document, _ map[string]any) {
		clear(document)
		maps.Copy(document, Clone(other))
	}
}

// Clone copies decoded JSON.
func Clone(value any) map[string]any {
	var copied map[string]any
	_ = json.Unmarshal([]byte(text(value)), &copied) // it was decoded from JSON
	return copied
}

// InStatement makes the change to the statement with the index, which has no Sid.
func InStatement(i int, c Change) Change {
	return func(document, _ map[string]any) {
		statement := document["Statement"].([]any)[i].(map[string]any)
		c(document, statement)
	}
}

// InResource makes the change to a resource.
func InResource(id string, c Change) Change {
	return func(_, resources map[string]any) { c(nil, object(resources[id])) }
}

// Apply is the assembly with the mutant's change. The stacks that were given stay as
// they are.
func (m Mutant) Apply(stacks []assembly.Stack) ([]assembly.Stack, error) {
	changed := slices.Clone(stacks)
	i := slices.IndexFunc(changed, func(s assembly.Stack) bool { return s.Name == m.In.Stack })
	if i < 0 {
		return nil, fmt.Errorf("%s: no stack %s", m.Name, m.In.Stack)
	}
	before := text(changed[i].Template)
	changed[i].Template = Clone(changed[i].Template)
	resources := object(changed[i].Template["Resources"])
	if m.In.LogicalID == "" {
		m.Change(nil, resources)
	} else if err := m.change(object(object(object(resources[m.In.LogicalID])["Properties"])[m.In.Property])); err != nil {
		return nil, err
	}
	if text(changed[i].Template) == before {
		return nil, fmt.Errorf("%s: changes nothing", m.Name)
	}
	return changed, nil
}

// change changes the statement in the document.
func (m Mutant) change(document map[string]any) error {
	statements, _ := document["Statement"].([]any)
	for i, s := range statements {
		if sid, _ := object(s)["Sid"].(string); sid != m.Sid {
			continue
		}
		if m.Change == nil {
			document["Statement"] = slices.Delete(statements, i, i+1)
		} else {
			m.Change(document, object(s))
		}
		return nil
	}
	return fmt.Errorf("%s: no statement %q in %s of %s", m.Name, m.Sid, m.In.Property, m.In.LogicalID)
}

func object(value any) map[string]any {
	o, _ := value.(map[string]any)
	return o
}

func text(value any) string {
	encoded, err := json.Marshal(value)
	if err != nil {
		return err.Error()
	}
	return string(encoded)
}
