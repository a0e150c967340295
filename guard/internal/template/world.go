package template

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// MaxConditions is how many conditions the worlds of a policy may differ in.
const MaxConditions = 5

// maxComparisons is how many comparisons the expressions of these conditions may
// have. With more, any world is taken to be possible.
const maxComparisons = 12

// Worlds are those that can be, for what is written in a resource: each says of
// every condition that is used there whether it holds. There is none if the
// resource cannot be; ok is false if there are too many conditions to look at.
func (t *Template) Worlds(resource Resource, raw ...any) (worlds []World, ok bool) {
	used := map[string]bool{}
	if resource.Condition != "" {
		used[resource.Condition] = true
	}
	for _, raw := range raw {
		maps.Copy(used, conditionsIn(raw))
	}
	names := slices.Sorted(maps.Keys(used))
	if len(names) == 0 {
		return []World{{}}, true
	}
	if len(names) > MaxConditions {
		return nil, false
	}
	seen := map[string]bool{}
	for _, world := range t.possible(names) {
		key := fmt.Sprint(world) // which has the names in order
		if !seen[key] && (resource.Condition == "" || world[resource.Condition]) {
			worlds = append(worlds, world)
		}
		seen[key] = true
	}
	return worlds, true
}

func conditionsIn(raw any) map[string]bool {
	names := map[string]bool{}
	walk(raw, func(name string, argument any) {
		if list, _ := argument.([]any); name == "Fn::If" && len(list) == 3 {
			if condition, ok := list[0].(string); ok {
				names[condition] = true
			}
		}
	})
	return names
}

// possible tries all ways in which the comparisons of the conditions can turn out.
func (t *Template) possible(names []string) []World {
	comparisons := map[string]comparison{}
	known := true
	for _, name := range names {
		known = t.compare(map[string]any{"Condition": name}, comparisons, 0) && known
	}
	if !known || len(comparisons) > maxComparisons {
		return all(names)
	}
	keys := slices.Sorted(maps.Keys(comparisons))
	var worlds []World
	for _, outcome := range all(keys) {
		if !consistent(outcome, comparisons) {
			continue
		}
		world := World{}
		for _, name := range names {
			world[name] = t.holds(map[string]any{"Condition": name}, outcome)
		}
		worlds = append(worlds, world)
	}
	return worlds
}

func all(names []string) []World {
	worlds := []World{{}}
	for _, name := range names {
		var more []World
		for _, world := range worlds {
			yes, no := maps.Clone(world), maps.Clone(world)
			yes[name], no[name] = true, false
			more = append(more, yes, no)
		}
		worlds = more
	}
	return worlds
}

// A comparison of an Fn::Equals.
type comparison struct {
	of, value string // the side that is no literal, and the other, which is

	bothLiteral, equal bool
}

// compare collects the comparisons in a condition's expression. It is false if
// there is something else in it.
func (t *Template) compare(expression any, into map[string]comparison, depth int) bool {
	object, _ := expression.(map[string]any)
	if len(object) != 1 || depth > 50 {
		return false
	}
	for name, argument := range object {
		list, _ := argument.([]any)
		switch name {
		case "Condition":
			of, _ := argument.(string)
			return t.compare(t.conditions[of], into, depth+1)
		case "Fn::And", "Fn::Or", "Fn::Not":
			known := len(list) > 0
			for _, operand := range list {
				known = t.compare(operand, into, depth+1) && known
			}
			return known
		case "Fn::Equals":
			if len(list) != 2 || len(conditionsIn(argument)) > 0 {
				return false
			}
			into[written(argument)] = t.comparison(list)
			return true
		}
	}
	return false
}

func (t *Template) comparison(sides []any) comparison {
	one, other := t.Resolve(sides[0], nil), t.Resolve(sides[1], nil)
	a, oneKnown := String(one)
	b, otherKnown := String(other)
	switch {
	case oneKnown && otherKnown:
		return comparison{bothLiteral: true, equal: a == b}
	case oneKnown:
		return comparison{of: fmt.Sprint(other), value: a}
	case otherKnown:
		return comparison{of: fmt.Sprint(one), value: b}
	}
	return comparison{}
}

// consistent reports whether the outcome is possible: nothing equals two different
// literals, and comparisons of two literals turn out as they are.
func consistent(outcome World, comparisons map[string]comparison) bool {
	values := map[string]string{}
	for key, holds := range outcome {
		c := comparisons[key]
		if c.bothLiteral {
			if holds != c.equal {
				return false
			}
			continue
		}
		if c.of == "" || !holds {
			continue
		}
		if value, ok := values[c.of]; ok && value != c.value {
			return false
		}
		values[c.of] = c.value
	}
	for key, holds := range outcome { // two ways to write one comparison
		c := comparisons[key]
		if value, ok := values[c.of]; ok && c.of != "" && !holds && value == c.value {
			return false
		}
	}
	return true
}

func (t *Template) holds(expression any, outcome World) bool {
	for name, argument := range expression.(map[string]any) {
		list, _ := argument.([]any)
		operand := func(o any) bool { return t.holds(o, outcome) }
		switch name {
		case "Condition":
			return t.holds(t.conditions[argument.(string)], outcome)
		case "Fn::And":
			return !slices.ContainsFunc(list, func(o any) bool { return !operand(o) })
		case "Fn::Or":
			return slices.ContainsFunc(list, operand)
		case "Fn::Not":
			return !operand(list[0])
		case "Fn::Equals":
			return outcome[written(argument)]
		}
	}
	return false
}

func written(raw any) string {
	text, err := json.Marshal(raw)
	if err != nil {
		panic(err) // it was JSON
	}
	return string(text)
}
