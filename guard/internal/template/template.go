// Package template reads CloudFormation templates as far as they are known before
// deployment.
//
// Every value is one of these Go types:
//
//   - nil, for AWS::NoValue and null
//   - bool and json.Number
//   - Text, a string of known and unknown parts
//   - []any, a list; an element that is no value stays, as nil
//   - map[string]any, an object
//   - OneOf, the entries of which one is chosen at deployment
package template

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// A Template is that of a stack, or of a nested stack with what its parent passes.
type Template struct {
	Resources map[string]Resource

	// Account and Region are those of the stack, empty if it can be any.
	Account, Region string

	parameters map[string]any
	mappings   map[string]any
	conditions map[string]any
	outputs    map[string]any

	id       string               // tells apart what templates pass to one another
	parent   *Template            // of a nested stack
	passed   map[string]any       // by the parent, as it is written there
	nested   map[string]*Template // by the resource that deploys it
	exports  map[string]export    // of the app, by Region and name
	resolves map[string]bool      // what is being resolved, to end circles
}

type export struct {
	of    *Template
	value any
}

// A Resource of a template, its properties as they are written.
type Resource struct {
	Type       string
	Condition  string
	Properties any
	Metadata   map[string]any
}

// Path is the construct's path that CDK has left in the resource's metadata, empty
// if it has not.
func (r Resource) Path() string {
	path, _ := r.Metadata["aws:cdk:path"].(string)
	return path
}

// Parse reads a template in JSON. The id must be another for each template.
func Parse(text []byte, id, account, region string) (*Template, error) {
	if err := NamesOnce(text); err != nil {
		return nil, err
	}
	var raw struct{ Resources, Parameters, Mappings, Conditions, Outputs map[string]any }
	if err := decode(text, &raw); err != nil {
		return nil, err
	}
	t := &Template{
		Resources: map[string]Resource{}, Account: account, Region: region,
		parameters: raw.Parameters, mappings: raw.Mappings, conditions: raw.Conditions, outputs: raw.Outputs,
		id: id, nested: map[string]*Template{}, resolves: map[string]bool{},
	}
	for name, raw := range raw.Resources {
		object, _ := raw.(map[string]any)
		r := Resource{Properties: object["Properties"]}
		r.Type, _ = object["Type"].(string)
		r.Condition, _ = object["Condition"].(string)
		r.Metadata, _ = object["Metadata"].(map[string]any)
		if isFunction(name) { // a loop or a macro: what it makes has no type yet
			r = Resource{Type: name, Properties: raw}
		}
		t.Resources[name] = r
	}
	return t, nil
}

// output is the value of an output, and the name that it is exported by, as they
// are written.
func (t *Template) output(name string) (value, exported any) {
	object, _ := t.outputs[name].(map[string]any)
	export, _ := object["Export"].(map[string]any)
	return object["Value"], export["Name"]
}

// Nest makes t the template of a nested stack, a resource of the parent, which
// passes values for parameters and takes outputs.
func (t *Template) Nest(parent *Template, resource string) {
	properties, _ := parent.Resources[resource].Properties.(map[string]any)
	t.parent, t.exports = parent, parent.exports
	t.passed, _ = properties["Parameters"].(map[string]any)
	parent.nested[resource] = t
}

// Link lets the templates of an app see each other's exports.
func Link(templates []*Template) {
	exports := map[string]export{}
	for _, t := range templates {
		t.exports = exports
		for id := range t.outputs {
			value, exported := t.output(id)
			name, ok := String(t.Resolve(exported, nil))
			if !ok {
				continue
			}
			e := export{t, value}
			if _, twice := exports[t.place(name)]; twice {
				e = export{} // of one of two accounts
			}
			exports[t.place(name)] = e
		}
	}
}

func (t *Template) place(name string) string { return t.Region + " " + name }

// given is what the parent stack passes for a parameter, nil if it is not known.
func (t *Template) given(parameter string) any {
	if t.parent == nil {
		return nil
	}
	return t.seen(t.parent, t.passed[parameter])
}

// seen is what is written in another template, nil if that is not known.
func (t *Template) seen(of *Template, raw any) any {
	key := fmt.Sprintf("%p %v", of, raw)
	if of == nil || raw == nil || t.resolves[key] || len(conditionsIn(raw)) > 0 { // a condition makes it one value or another
		return nil
	}
	t.resolves[key] = true
	defer delete(t.resolves, key)
	return of.Resolve(raw, nil)
}

// ParseValue reads JSON text for Literal.
func ParseValue(text string) (any, error) {
	var value any
	return value, decode([]byte(text), &value)
}

// decode keeps the digits of numbers: some are account ids.
func decode(text []byte, value any) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(value); err != nil {
		return err
	}
	if _, err := decoder.Token(); err != io.EOF {
		return fmt.Errorf("there is more after the end of the JSON value")
	}
	return nil
}

// NamesOnce is an error if the JSON text has a name twice in one object, of which
// readers take the first, the last, or none.
func NamesOnce(text []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	return namesOnce(decoder)
}

func namesOnce(decoder *json.Decoder) error {
	token, err := decoder.Token()
	if err != nil {
		return err
	}
	switch token {
	case json.Delim('{'):
		seen := map[string]bool{}
		for decoder.More() {
			name, err := decoder.Token()
			if err != nil {
				return err
			}
			if seen[name.(string)] {
				return fmt.Errorf("the name %v stands twice in one object", name)
			}
			seen[name.(string)] = true
			if err := namesOnce(decoder); err != nil {
				return err
			}
		}
	case json.Delim('['):
		for decoder.More() {
			if err := namesOnce(decoder); err != nil {
				return err
			}
		}
	default:
		return nil
	}
	_, err = decoder.Token()
	return err
}

// Said is what is written, with the mappings and the values of a parent stack that
// it refers to: as text, the same for the same.
func (t *Template) Said(raw any) string {
	said := []any{raw}
	walk(raw, func(name string, argument any) {
		switch name {
		case "Fn::FindInMap":
			if list, _ := argument.([]any); len(list) > 0 {
				if of, ok := list[0].(string); ok {
					said = append(said, t.mappings[of])
				}
			}
		case "Ref":
			if parameter, ok := argument.(string); ok && t.passed[parameter] != nil {
				said = append(said, t.passed[parameter])
			}
		case "Fn::Sub":
			for _, name := range slices.Sorted(maps.Keys(t.passed)) {
				if strings.Contains(fmt.Sprint(argument), "${"+name+"}") {
					said = append(said, t.passed[name])
				}
			}
		}
	})
	text, err := json.Marshal(said)
	if err != nil {
		panic(err) // it was JSON
	}
	return string(text)
}

// walk visits each member of each object, in an order that is always the same.
func walk(raw any, visit func(name string, value any)) {
	switch raw := raw.(type) {
	case []any:
		for _, element := range raw {
			walk(element, visit)
		}
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(raw)) {
			visit(name, raw[name])
			walk(raw[name], visit)
		}
	}
}

// References are the resources of the template that are referred to in what is
// written.
func (t *Template) References(raw any) (ids []string) {
	add := func(id string) {
		if _, ok := t.Resources[id]; ok {
			ids = append(ids, id)
		}
	}
	walk(map[string]any{"": raw}, func(name string, argument any) {
		switch name {
		case "Ref":
			id, _ := argument.(string)
			add(id)
		case "Fn::GetAtt":
			id, ok := argument.(string)
			if list, isList := argument.([]any); isList && len(list) > 0 {
				id, ok = list[0].(string)
			}
			if ok {
				id, _, _ = strings.Cut(id, ".")
				add(id)
			}
		case "Fn::Sub":
			pattern, ok := argument.(string)
			if list, isList := argument.([]any); isList && len(list) > 0 {
				pattern, ok = list[0].(string)
			}
			if !ok {
				return
			}
			for _, name := range variable.FindAllString(pattern, -1) {
				id, _, _ := strings.Cut(strings.Trim(name, "${} "), ".")
				add(id)
			}
		}
	})
	return ids
}
