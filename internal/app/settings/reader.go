package settings

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"example.com/shared-queue/address"
	"example.com/shared-queue/internal/problem"
	"example.com/shared-queue/spec"
)

// A reader takes decoded JSON apart and notes what is wrong with it.
type reader struct {
	problems problem.List
}

// An object is a JSON object on the way to a Go struct. It remembers which
// fields were asked for, so that the others can be reported.
type object struct {
	path   string
	values map[string]any
	known  []string
	r      *reader
}

// add notes the problems of a spec, with the names that the settings have for
// its properties. Move says where, if not all are at the path.
func (r *reader) add(path string, err error, move func(string) string) {
	r.problems.Add(path, problem.InJSON(err, move))
}

func (r *reader) topLevel(value any) map[string]any {
	const allowed = `an object of environments, like {"dev": {…}}`
	if text, ok := value.(string); ok {
		if err := unmarshal([]byte(text), &value); err != nil {
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
	var values map[string]any
	if err := read(value, &values); err != nil {
		r.problems.Add(path, err)
		return nil, false
	}
	return &object{path: path, values: values, r: r}, true
}

func (o *object) at(name string) string { return problem.Join(o.path, problem.Name(name)) }

// names are the object's fields in order, for an object whose fields are names
// that the user chose.
func (o *object) names() []string { return slices.Sorted(maps.Keys(o.values)) }

// object is a required field that is an object itself.
func (o *object) object(name string) (*object, bool) {
	var values map[string]any
	ok := o.required(name, &values)
	return &object{path: o.at(name), values: values, r: o.r}, ok
}

// optionalObject is a field that is an object itself and may be left out.
func (o *object) optionalObject(name string) (*object, bool) {
	var values map[string]any
	ok := o.optional(name, &values)
	return &object{path: o.at(name), values: values, r: o.r}, ok
}

// fields reads a field for each of the struct's, but for the others, which have
// another place.
func (o *object) fields(into any, others ...string) {
	s := reflect.ValueOf(into).Elem()
	for i := range s.NumField() {
		field := s.Type().Field(i)
		target := s.Field(i).Addr().Interface()
		switch {
		case slices.Contains(others, field.Name):
		case field.Tag.Get("setting") == "required":
			o.required(problem.Spell(field.Name), target)
		default:
			o.optional(problem.Spell(field.Name), target)
		}
	}
}

// required reads a field. The answer is false if it is not there or not right.
func (o *object) required(name string, into any) bool {
	if _, there := o.values[name]; !there {
		o.known = append(o.known, name)
		o.r.problems.Add(o.at(name), problem.New(nil, kindOf(into).allowed, "add it"))
		return false
	}
	return o.read(name, into)
}

// optional reads a field that may be left out. The answer is false if it is not
// there or not right.
func (o *object) optional(name string, into any) bool {
	value, there := o.values[name]
	switch {
	case !there:
		o.known = append(o.known, name)
		return false
	case value == "" && kindOf(into) == text: // which Go takes for none at all
		o.known = append(o.known, name)
		o.r.problems.Add(o.at(name), problem.New(value, "a string that is not empty", "fill it in or leave it out"))
		return false
	}
	return o.read(name, into)
}

// read reads a field that is there.
func (o *object) read(name string, into any) bool {
	o.known = append(o.known, name)
	err := read(o.values[name], into)
	o.r.problems.Add(o.at(name), err)
	return err == nil
}

// done reports the fields that nothing asked for.
func (o *object) done() {
	slices.Sort(o.known)
	for _, name := range o.names() {
		if !slices.Contains(o.known, name) {
			o.r.problems.Add(o.at(name), problem.New(o.values[name],
				"one of "+strings.Join(o.known, ", "), "correct the field's spelling or remove it"))
		}
	}
}

// read converts a decoded JSON value to a setting's type. A list is read whole,
// with the zero value for an element that is not right, so that the others keep
// their places.
func read(value, into any) error {
	switch into := into.(type) {
	case *map[string]any:
		return as(value, into)
	case *string:
		return as(value, into)
	case *bool:
		return as(value, into)
	case *address.Region:
		return as(value, (*string)(into))
	case *spec.RemovalPolicy:
		return as(value, (*string)(into))
	case **time.Duration:
		return readDuration(value, into)
	case **int:
		return readCount(value, into)
	case *[]string:
		return readList(value, into, func(text string) (string, error) { return text, nil })
	case *[]address.Path:
		return readList(value, into, address.ParsePath)
	case *[]address.Principal:
		return readList(value, into, address.ParsePrincipal)
	case *map[string]string:
		return readMap(value, *into)
	}
	return fmt.Errorf("settings of type %T are not known", into)
}

// as takes a value that must have a JSON type.
func as[T any](value any, into *T) error {
	typed, ok := value.(T)
	if !ok {
		k := kindOf(into)
		return problem.New(value, k.allowed, "write it as "+k.written)
	}
	*into = typed
	return nil
}

// A kind is a type of JSON, in words.
type kind struct{ allowed, written string }

var (
	text   = kind{"a string", `"…", in quotes`}
	truth  = kind{"true or false", "true or false, without quotes"}
	number = kind{"a number", "digits, without quotes"}
	list   = kind{"a list", "[…]"}
	record = kind{"an object", "{…}"}
)

// kindOf is the JSON type of a setting.
func kindOf(into any) kind {
	switch into.(type) {
	case *bool:
		return truth
	case *float64, **int:
		return number
	case *[]any, *[]string, *[]address.Path, *[]address.Principal:
		return list
	case *map[string]any, *map[string]string:
		return record
	}
	return text
}

// readDuration takes the notation of Go.
func readDuration(value any, into **time.Duration) error {
	var text string
	if err := as(value, &text); err != nil {
		return err
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		return problem.New(text, `a duration, like "90s", "5m" or "12h"`, "write a number and its unit: s, m or h")
	}
	*into = &d
	return nil
}

func readCount(value any, into **int) error {
	var number float64
	if err := as(value, &number); err != nil {
		return err
	}
	n := int(number)
	if float64(n) != number {
		return problem.New(number, "a whole number", "round it")
	}
	*into = &n
	return nil
}

func readList[T any](value any, into *[]T, parse func(string) (T, error)) error {
	var elements []any
	if err := as(value, &elements); err != nil {
		return err
	}
	var problems problem.List
	*into = make([]T, len(elements))
	for i, element := range elements {
		var text string
		err := as(element, &text)
		if err == nil {
			(*into)[i], err = parse(text)
		}
		problems.Add(fmt.Sprintf("[%d]", i), err)
	}
	return problems.Err()
}

func readMap(value any, into map[string]string) error {
	var fields map[string]any
	if err := as(value, &fields); err != nil {
		return err
	}
	var problems problem.List
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		var text string
		problems.Add(problem.Name(name), as(fields[name], &text))
		into[name] = text
	}
	return problems.Err()
}
