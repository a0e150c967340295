package settings

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"example.com/shared-queue/internal/problem"
)

// A reader takes decoded JSON apart and notes what is wrong with it.
type reader struct {
	problems problem.List
}

// An object is a JSON object on the way to a Go struct. It remembers which
// fields were asked for, so that the others can be reported.
type object struct {
	path   string
	fields map[string]any
	known  []string
	r      *reader
}

// presence is whether a field may be left out.
type presence bool

const (
	required presence = true
	optional presence = false
)

const addIt = "add it"

func (r *reader) topLevel(value any) map[string]any {
	const allowed = `an object of environments, like {"dev": {…}}`
	if text, ok := value.(string); ok {
		if err := json.Unmarshal([]byte(text), &value); err != nil {
			cure := "correct it: " + err.Error()
			if text != "" && err.Error() == "unexpected end of JSON input" {
				cure = "write it on one line, as the CDK CLI takes -c values up to the first line end: tr -d '\\n' does it"
			}
			r.problems.Add(ContextKey, problem.New(text, "JSON text", cure))
			return nil
		}
	}
	fields, ok := value.(map[string]any)
	switch {
	case value == nil:
		r.problems.Add(ContextKey, problem.New(nil, allowed, `add it to "context" in cdk.json or give it with -c`))
	case !ok:
		r.problems.Add(ContextKey, problem.New(value, allowed, "write it so"))
	case len(fields) == 0:
		r.problems.Add(ContextKey, problem.New(value, allowed, "add an environment"))
	}
	return fields
}

func (r *reader) object(path string, value any) (*object, bool) {
	fields, ok := value.(map[string]any)
	if !ok {
		r.problems.Add(path, problem.New(value, "an object", "write it as {…}"))
		return nil, false
	}
	return &object{path: path, fields: fields, r: r}, true
}

func (o *object) at(name string) string { return problem.Join(o.path, problem.Name(name)) }

// names are the object's fields in order, for an object whose fields are names
// that the user chose.
func (o *object) names() []string { return slices.Sorted(maps.Keys(o.fields)) }

// object is a required field that is an object itself.
func (o *object) object(name string) (*object, bool) { return o.child(name, required) }

// optionalObject is a field that is an object itself and may be left out.
func (o *object) optionalObject(name string) (*object, bool) { return o.child(name, optional) }

func (o *object) child(name string, p presence) (*object, bool) {
	fields, ok := get[map[string]any](o, name, p)
	return &object{path: o.at(name), fields: fields, r: o.r}, ok
}

// get reads a field of one of the types that JSON has. ok is false if it is
// not there or not right.
func get[T string | bool | float64 | []any | map[string]any](o *object, name string, p presence) (value T, ok bool) {
	o.known = append(o.known, name)
	field, there := o.fields[name]
	if !there {
		if p == required {
			o.r.problems.Add(o.at(name), problem.New(nil, allowedType(value), addIt))
		}
		return value, false
	}
	value, ok = field.(T)
	if !ok {
		o.r.problems.Add(o.at(name), problem.New(field, allowedType(value), "write it as "+exampleOf(value)))
	}
	return value, ok
}

func allowedType(value any) string {
	switch value.(type) {
	case string:
		return "a string"
	case bool:
		return "true or false"
	case float64:
		return "a number"
	case []any:
		return "a list"
	}
	return "an object"
}

func exampleOf(value any) string {
	switch value.(type) {
	case string:
		return `"…", in quotes`
	case bool:
		return "true or false, without quotes"
	case float64:
		return "digits, without quotes"
	case []any:
		return "[…]"
	}
	return "{…}"
}

// duration is an optional field in the notation of Go.
func (o *object) duration(name string) *time.Duration {
	text, ok := get[string](o, name, optional)
	if !ok {
		return nil
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		o.r.problems.Add(o.at(name), problem.New(text, `a duration, like "90s", "5m" or "12h"`, "write a number and its unit: s, m or h"))
		return nil
	}
	return &d
}

// count is an optional field that is a whole number.
func (o *object) count(name string) *int {
	number, ok := get[float64](o, name, optional)
	if !ok {
		return nil
	}
	n := int(number)
	if float64(n) != number {
		o.r.problems.Add(o.at(name), problem.New(number, "a whole number", "round it"))
		return nil
	}
	return &n
}

// parseList reads a required list of strings, each by parse. An element that
// is not right is reported and left as its zero value, so that the others keep
// their places.
func parseList[T any](o *object, name string, parse func(string) (T, error)) []T {
	list, _ := get[[]any](o, name, required)
	values := make([]T, len(list))
	for i, element := range list {
		at := fmt.Sprintf("%s[%d]", o.at(name), i)
		text, ok := element.(string)
		if !ok {
			o.r.problems.Add(at, problem.New(element, "a string", `write it as "…", in quotes`))
			continue
		}
		value, err := parse(text)
		o.r.problems.Add(at, err)
		values[i] = value
	}
	return values
}

// optionalList reads a list of strings that may be left out.
func optionalList(o *object, name string) []string {
	if _, there := o.fields[name]; !there {
		o.known = append(o.known, name)
		return nil
	}
	return parseList(o, name, func(text string) (string, error) { return text, nil })
}

// done reports the fields that nothing asked for.
func (o *object) done() {
	slices.Sort(o.known)
	for _, name := range o.names() {
		if !slices.Contains(o.known, name) {
			o.r.problems.Add(o.at(name), problem.New(o.fields[name],
				"one of "+strings.Join(o.known, ", "), "correct the field's spelling or remove it"))
		}
	}
}
