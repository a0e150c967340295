package access

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"example.com/shared-queue/proof/evaluate"
	"example.com/shared-queue/proof/world"
)

// withoutDeclared are the policies without the statements that were opened on purpose.
// Opened reports whether there are any.
func (m *Matrix) withoutDeclared() (closed evaluate.World, opened bool) {
	closed = maps.Clone(m.policies)
	for _, t := range m.Tables {
		if t.Kind != OnQueue {
			continue
		}
		for where, id := range t.policyIDs {
			declared := map[string]bool{}
			for _, d := range t.Queue.Declared {
				if d.Where == where {
					for _, p := range permissions(d.Statement) {
						declared[key(p)] = true
					}
				}
			}
			if len(declared) > 0 {
				closed[id], opened = without(object(closed[id]), declared), true
			}
		}
	}
	return closed, opened
}

// without is the document without the declared permissions. Each of its Allow
// statements becomes one for each action, principal and resource: CDK merges
// statements, and what it has merged is taken apart again.
func without(document map[string]any, declared map[string]bool) map[string]any {
	statements := []any{}
	for _, s := range world.List(document["Statement"]) {
		statement := object(s)
		if statement["Effect"] != "Allow" {
			statements = append(statements, statement)
			continue
		}
		for _, p := range permissions(statement) {
			if !declared[key(p)] {
				statements = append(statements, p)
			}
		}
	}
	changed := maps.Clone(document)
	changed["Statement"] = statements
	return changed
}

// permissions are a statement's, each with one action, one principal and one resource.
func permissions(statement map[string]any) []map[string]any {
	all := []map[string]any{maps.Clone(statement)}
	for _, element := range []string{"Action", "Resource"} {
		all = each(all, element, func(value any) []any { return world.List(value) })
	}
	return each(all, "Principal", principals)
}

// each splits the permissions by an element's values, if they have it.
func each(permissions []map[string]any, element string, values func(any) []any) []map[string]any {
	var split []map[string]any
	for _, p := range permissions {
		value, ok := p[element]
		if !ok {
			split = append(split, p)
			continue
		}
		for _, v := range values(value) {
			one := maps.Clone(p)
			one[element] = v
			split = append(split, one)
		}
	}
	return split
}

func principals(value any) []any {
	if value == "*" {
		value = map[string]any{"AWS": "*"}
	}
	var all []any
	for _, kind := range slices.Sorted(maps.Keys(object(value))) {
		for _, name := range world.List(object(value)[kind]) {
			all = append(all, map[string]any{kind: name})
		}
	}
	return all
}

// key is the same for permissions that are the same, whatever their Sids.
func key(permission map[string]any) string {
	permission = maps.Clone(permission)
	delete(permission, "Sid")
	conditions := map[string]any{}
	for operator, keys := range object(permission["Condition"]) {
		sorted := map[string]any{}
		for name, values := range object(keys) {
			var texts []string
			for _, v := range world.List(values) {
				texts = append(texts, fmt.Sprint(v))
			}
			slices.Sort(texts)
			sorted[name] = texts
		}
		conditions[operator] = sorted
	}
	permission["Condition"] = conditions
	text, err := json.Marshal(permission)
	if err != nil {
		return ""
	}
	return string(text)
}
