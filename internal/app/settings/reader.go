package settings

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"example.com/shared-queue/address"
	"example.com/shared-queue/internal/problem"
	"example.com/shared-queue/spec"
)

// A reader takes decoded JSON apart and notes what is wrong with it.
type reader struct {
	problems problem.List
	written  map[string]any // by path, values that Go keeps in another notation
}

// add notes the problems of a spec, with the names that the settings have for its
// properties and the values as they were written. Move says where, if not all are
// at the path.
func (r *reader) add(path string, err error, move func(string) string) {
	for _, p := range problem.All(problem.InJSON(err, move)) {
		if value, ok := r.written[problem.Join(path, p.Path)]; ok {
			p.Got = problem.Show(value)
		}
		r.problems.Add(path, &p)
	}
}

// read converts a decoded JSON value to a setting's type. A list is read whole,
// with the zero value for an element that is not right, so that the others keep
// their places.
func (r *reader) read(path, property string, value, into any) error {
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
		r.written[path] = value
		return readDuration(value, spec.RuleOf(property), into)
	case **int:
		r.written[path] = value
		return readCount(value, into)
	case *[]string:
		return readList(value, into, func(text string) (string, error) { return text, nil })
	case *[]address.Path:
		if elements, ok := value.([]any); ok {
			for i, element := range elements {
				r.written[fmt.Sprintf("%s[%d]", path, i)] = element
			}
		}
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
		return wrongKind(value, kindOf(into))
	}
	*into = typed
	return nil
}

func wrongKind(value any, k kind) error {
	return problem.New(value, k.allowed, "write it as "+k.written)
}

// A kind is a type of JSON, in words.
type kind struct{ allowed, written string }

var (
	text   = kind{"a string", `"…", in quotes`}
	period = kind{`a duration, like "90s", "5m" or "12h"`, "a number and its unit (s, m or h), in quotes"}
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
	case **int:
		return number
	case **time.Duration:
		return period
	case *[]any, *[]string, *[]address.Path, *[]address.Principal:
		return list
	case *map[string]any, *map[string]string:
		return record
	}
	return text
}

// readDuration takes the notation of Go.
func readDuration(value any, rule spec.Rule, into **time.Duration) error {
	text, ok := value.(string)
	if !ok {
		return wrongKind(value, period)
	}
	d, err := time.ParseDuration(text)
	if err == nil {
		*into = &d
		return nil
	}
	cure := "write a number and its unit: s, m or h"
	if tooLong.MatchString(text) {
		d := time.Duration(math.MaxInt64) // which the duration's check refuses
		*into = &d
		return nil
	}
	if d, ok := inOtherUnits(text); ok {
		if d.Seconds() < float64(rule.Lowest) || d.Seconds() > float64(rule.Highest) {
			*into = &d // which the duration's check refuses
			return nil
		}
		cure = "write " + problem.Duration(d)
	}
	return problem.New(text, period.allowed, cure)
}

// tooLong matches a duration that time.ParseDuration refuses only because it is longer
// than a time.Duration can be.
var tooLong = regexp.MustCompile(`^[-+]?([0-9]+(h|m|s|ms|us|µs|μs|ns))+$`)

// units are what people write for a unit, in place of Go's notation.
var units = []struct {
	names string
	is    time.Duration
}{
	{"w week weeks", 7 * 24 * time.Hour},
	{"d day days", 24 * time.Hour},
	{"h hr hrs hour hours", time.Hour},
	{"m min mins minute minutes", time.Minute},
	{"s sec secs second seconds", time.Second},
}

var (
	otherUnits = regexp.MustCompile(`^(\s*[0-9]{1,6}\s*[a-z]+\s*)+$`)
	otherUnit  = regexp.MustCompile(`([0-9]+)\s*([a-z]+)`)
)

// inOtherUnits is the duration that a text means in words that Go does not know,
// like 14d.
func inOtherUnits(text string) (sum time.Duration, ok bool) {
	text = strings.ToLower(text)
	if !otherUnits.MatchString(text) {
		return 0, false
	}
	for _, m := range otherUnit.FindAllStringSubmatch(text, -1) {
		n, _ := strconv.Atoi(m[1]) // six digits at most
		i := 0
		for i < len(units) && !slices.Contains(strings.Fields(units[i].names), m[2]) {
			i++
		}
		if i == len(units) {
			return 0, false
		}
		sum += time.Duration(n) * units[i].is
	}
	return sum, true
}

// readCount reads a whole number. One that no int holds becomes the nearest that an
// int32 holds, which every check refuses too.
func readCount(value any, into **int) error {
	var f float64
	switch value := value.(type) {
	case float64:
		f = value
	case json.Number:
		f, _ = value.Float64() // infinite if there is none so large
	default:
		return wrongKind(value, number)
	}
	if f != math.Trunc(f) {
		return problem.New(value, "a whole number", "round it")
	}
	n := int(max(math.MinInt32, min(f, math.MaxInt32)))
	*into = &n
	return nil
}

func readList[T any](value any, into *[]T, parse func(string) (T, error)) error {
	elements, ok := value.([]any)
	if !ok {
		return wrongKind(value, list)
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
