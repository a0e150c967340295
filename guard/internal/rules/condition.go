package rules

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"example.com/shared-queue/guard/internal/template"
)

// A condition is one line of a Condition: an operator, a key and its values. AWS
// does not tell operators and keys apart by case: all but written and key are in
// lower case.
type condition struct {
	written string // the operator as it stands
	set     string // "foranyvalue", "forallvalues" or ""
	base    string // the operator without what comes before and after
	ifExist bool
	key     string // as it stands
	name    string
	values  []any // each that it can be
	certain []any // those that it is in every deployment
}

// conditions are those of the statement. all is false if there may be others, which
// are only known at deployment.
func conditions(s *statement) (list []condition, all bool) {
	operators, all := s.elements["Condition"].(map[string]any)
	for _, written := range slices.Sorted(maps.Keys(operators)) {
		keys, read := operators[written].(map[string]any)
		all = all && read
		set, base, ok := strings.Cut(strings.ToLower(written), ":")
		if !ok {
			set, base = "", set
		}
		for _, key := range slices.Sorted(maps.Keys(keys)) {
			if keys[key] == nil {
				continue
			}
			list = append(list, condition{
				written: written, set: set, base: strings.TrimSuffix(base, "ifexists"), ifExist: strings.HasSuffix(base, "ifexists"),
				key: key, name: strings.ToLower(key), values: template.Elements(keys[key]), certain: template.Certain(keys[key]),
			})
		}
	}
	return list, all
}

var (
	// The operators that compare strings, in which a wildcard may stand.
	// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
	exactly   = set("stringequals", "stringequalsignorecase")
	inText    = set("stringequals", "stringequalsignorecase", "stringlike")
	notInText = set("stringnotequals", "stringnotequalsignorecase", "stringnotlike")
	inARNs    = set("arnequals", "arnlike")
)

// demands reports whether the condition holds only if the key is there and equals one
// of the values, each of which fits.
func (c condition) demands(operators map[string]bool, fits func(value any) bool) bool {
	if !operators[c.base] || c.set != "" && c.set != "foranyvalue" || c.ifExist || len(c.values) == 0 {
		return false
	}
	return !slices.ContainsFunc(c.values, func(value any) bool { return !fits(value) })
}

// when reports whether the statement has such a condition.
func (s *statement) when(is func(c condition) bool) bool {
	return slices.ContainsFunc(s.conditions, is)
}

// says reports whether the value is this boolean, which may be written as a string.
func says(value any, truth bool) bool {
	if b, ok := value.(bool); ok {
		return b == truth
	}
	text, ok := template.String(value)
	return ok && (truth && text == "true" || !truth && text == "false")
}

// text is the value with marks for what is not literal, a number as its digits.
func text(value any) string {
	if number, ok := value.(json.Number); ok {
		return number.String()
	}
	if t, ok := value.(template.Text); ok {
		return t.Marked()
	}
	return template.UnknownMark
}
