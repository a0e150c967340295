package template

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A World says of conditions of the template whether they hold.
type World map[string]bool

// maxAlternatives is how many values something may have that is chosen at
// deployment. Of more nothing is known.
const maxAlternatives = 100

// isFunction reports whether the name is that of an intrinsic function.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
func isFunction(name string) bool { return name == "Ref" || strings.HasPrefix(name, "Fn::") }

// Resolve is the value of what is written, in a world that has its conditions.
func (t *Template) Resolve(raw any, world World) any {
	return valueOf(raw, func(function string, argument any, whole map[string]any) any {
		return t.call(function, argument, world, whole)
	})
}

// Plain is the value of JSON text, in which there are no functions.
func Plain(raw any) any { return valueOf(raw, nil) }

// valueOf is the value of what is written. Objects that are functions are called,
// unless call is nil.
func valueOf(raw any, call func(function string, argument any, whole map[string]any) any) any {
	switch raw := raw.(type) {
	case string:
		return join(literal(raw))
	case []any:
		list := make([]any, len(raw))
		for i, element := range raw {
			list[i] = valueOf(element, call)
		}
		return list
	case map[string]any:
		object := map[string]any{}
		for name, member := range raw {
			if call != nil && isFunction(name) {
				if len(raw) > 1 {
					return unknown(raw)
				}
				return call(name, member, raw)
			}
			object[name] = valueOf(member, call)
		}
		return object
	}
	return raw
}

// Pick is what is written on the side of an Fn::If that holds.
func Pick(raw any, world World) any {
	for {
		object, _ := raw.(map[string]any)
		sides, _ := object["Fn::If"].([]any)
		if len(object) != 1 || len(sides) != 3 {
			break
		}
		holds, known := side(sides[0], world)
		if !known {
			break
		}
		raw = sides[2]
		if holds {
			raw = sides[1]
		}
	}
	if object, ok := raw.(map[string]any); ok && len(object) == 1 && object["Ref"] == "AWS::NoValue" {
		return nil
	}
	return raw
}

func side(condition any, world World) (holds, known bool) {
	name, _ := condition.(string)
	holds, known = world[name]
	return holds, known
}

func (t *Template) call(name string, argument any, world World, raw any) any {
	list, _ := argument.([]any)
	switch {
	case name == "Ref":
		return t.ref(argument, raw)
	case name == "Fn::GetAtt":
		return t.getAtt(argument, raw)
	case name == "Fn::If" && len(list) == 3:
		if holds, known := side(list[0], world); known && holds {
			return t.Resolve(list[1], world)
		} else if known {
			return t.Resolve(list[2], world)
		}
	case name == "Fn::Sub":
		return t.sub(argument, world, raw)
	case name == "Fn::Join" && len(list) == 2:
		return t.join(t.Resolve(list[0], world), t.Resolve(list[1], world), raw)
	case name == "Fn::Select" && len(list) == 2:
		return selected(t.Resolve(list[0], world), t.Resolve(list[1], world), raw)
	case name == "Fn::Split" && len(list) == 2:
		return split(t.Resolve(list[0], world), t.Resolve(list[1], world), raw)
	case name == "Fn::FindInMap" && len(list) >= 3:
		return t.find(list, world, raw)
	case name == "Fn::ImportValue" || name == "Fn::GetStackOutput":
		if of, ok := String(t.Resolve(argument, world)); ok {
			e := t.exports[t.place(of)]
			if value := t.seen(e.of, e.value); value != nil {
				return value
			}
		}
		return Text{{Kind: Import, Text: unknown(raw)[0].Text}}
	}
	return unknown(raw)
}

func (t *Template) ref(argument, raw any) any {
	name, _ := argument.(string)
	switch {
	case name == "AWS::NoValue":
		return nil
	case name == "AWS::AccountId" && t.Account != "":
		return literal(t.Account)
	case name == "AWS::Region" && t.Region != "":
		return literal(t.Region)
	case name == "AWS::StackId" || name == "AWS::NotificationARNs": // ARNs of any form
		return unknown(raw)
	case strings.HasPrefix(name, "AWS::"):
		return Text{{Kind: Pseudo, Text: name}}
	}
	if value := t.given(name); value != nil {
		return t.parameter(name, value, raw)
	}
	return t.attribute(name, "Ref", raw)
}

// parameter is the value of a parameter for which the parent stack passes one.
func (t *Template) parameter(name string, value, raw any) any {
	parameter, _ := t.parameters[name].(map[string]any)
	kind, _ := parameter["Type"].(string)
	switch {
	case strings.HasPrefix(kind, "AWS::SSM::Parameter::Value"): // the name of a parameter there
		return unknown(raw)
	case kind == "CommaDelimitedList" || strings.HasPrefix(kind, "List<"):
		var list []any
		all, ok := String(value)
		if !ok {
			return unknown(raw)
		}
		for _, element := range strings.Split(all, ",") {
			list = append(list, literal(strings.TrimSpace(element)))
		}
		return list
	}
	return value
}

func (t *Template) getAtt(argument, raw any) any {
	var name, attribute string
	switch argument := argument.(type) {
	case string:
		name, attribute, _ = strings.Cut(argument, ".")
	case []any:
		if len(argument) == 2 {
			name, _ = argument[0].(string)
			attribute, _ = argument[1].(string)
		}
	}
	if attribute == "" {
		return unknown(raw)
	}
	return t.attribute(name, attribute, raw)
}

func (t *Template) attribute(name, attribute string, raw any) any {
	resource, ok := t.Resources[name]
	if inner := t.nested[name]; inner != nil {
		if of, isOutput := strings.CutPrefix(attribute, "Outputs."); isOutput {
			value, _ := inner.output(of)
			if value := t.seen(inner, value); value != nil {
				return value
			}
			return unknown(raw)
		}
	}
	if _, parameter := t.parameters[name]; parameter || !ok || decidesLater(resource.Type) {
		return unknown(raw)
	}
	return Text{{Kind: Attribute, Text: t.id, Resource: name, Attribute: attribute}}
}

// ID is that of a resource among all templates.
func (t *Template) ID(resource string) string { return Part{Text: t.id, Resource: resource}.ID() }

// Has reports whether the part is an attribute of a resource of this template.
func (t *Template) Has(p Part) bool { return p.Kind == Attribute && p.Text == t.id }

// decidesLater reports whether attributes of such resources are decided at deployment,
// as those of all types that are not AWS's. CDK reads the exports of another Region by
// a type of its own.
func decidesLater(kind string) bool {
	switch kind {
	case "AWS::SSM::Parameter", "AWS::CloudFormation::CustomResource", "AWS::CloudFormation::WaitCondition",
		"AWS::ServiceCatalog::CloudFormationProvisionedProduct":
		return true
	case "Custom::CrossRegionExportReader":
		return false
	}
	return !strings.HasPrefix(kind, "AWS::") || strings.HasSuffix(kind, "::MODULE")
}

var variable = regexp.MustCompile(`\$\{[^}]*\}`)

func (t *Template) sub(argument any, world World, raw any) any {
	pattern, ok := argument.(string)
	variables := map[string]any{}
	if list, isList := argument.([]any); isList && len(list) == 2 {
		pattern, ok = list[0].(string)
		variables, _ = list[1].(map[string]any)
	}
	if !ok {
		return unknown(raw)
	}
	var parts []any
	end := 0
	for _, at := range variable.FindAllStringIndex(pattern, -1) {
		parts = append(parts, literal(pattern[end:at[0]]))
		name := strings.TrimSpace(pattern[at[0]+2 : at[1]-1])
		own, given := variables[name]
		switch {
		case strings.HasPrefix(name, "!"):
			parts = append(parts, literal("${"+name[1:]+"}"))
		case given:
			parts = append(parts, t.Resolve(own, world))
		case strings.Contains(name, "."):
			parts = append(parts, t.getAtt(name, map[string]any{"Fn::GetAtt": name}))
		default:
			parts = append(parts, t.ref(name, map[string]any{"Ref": name}))
		}
		end = at[1]
	}
	return combine(append(parts, literal(pattern[end:])), raw)
}

func (t *Template) join(delimiter, list any, raw any) any {
	between, ok := String(delimiter)
	elements, isList := list.([]any)
	if !ok || !isList {
		return unknown(raw)
	}
	var parts []any
	for _, element := range elements {
		if element == nil {
			continue
		}
		if len(parts) > 0 {
			parts = append(parts, literal(between))
		}
		parts = append(parts, element)
	}
	return combine(parts, raw)
}

// combine joins parts, some of which may be one of several.
func combine(parts []any, raw any) any {
	texts := []Text{{}}
	for _, part := range parts {
		var longer []Text
		for _, alternative := range Alternatives(part) {
			if number, ok := alternative.(json.Number); ok {
				alternative = literal(number.String())
			}
			text, ok := alternative.(Text)
			if !ok {
				return unknown(raw)
			}
			for _, before := range texts {
				longer = append(longer, join(before, text))
			}
		}
		if texts = longer; len(texts) > maxAlternatives {
			return unknown(raw)
		}
	}
	if len(texts) == 1 {
		return texts[0]
	}
	var entries OneOf
	for _, text := range texts {
		entries = append(entries, text)
	}
	return entries
}

func selected(index, list any, raw any) any {
	elements, ok := list.([]any)
	if !ok || len(elements) == 0 {
		return unknown(raw)
	}
	number := fmt.Sprint(index)
	if text, ok := String(index); ok {
		number = text
	}
	i, err := strconv.Atoi(number)
	switch {
	case err != nil:
		return oneOf(elements, raw)
	case i < 0 || i >= len(elements):
		return unknown(raw)
	}
	return elements[i]
}

func oneOf(values []any, raw any) any {
	var entries OneOf
	for _, value := range values {
		entries = append(entries, Alternatives(value)...)
	}
	if len(entries) == 0 || len(entries) > maxAlternatives {
		return unknown(raw)
	}
	if len(entries) == 1 {
		return entries[0]
	}
	return entries
}

func split(delimiter, text any, raw any) any {
	at, known := String(delimiter)
	whole, literalText := String(text)
	if !known || !literalText || at == "" {
		return unknown(raw)
	}
	var list []any
	for _, element := range strings.Split(whole, at) {
		list = append(list, literal(element))
	}
	return list
}

// find is the entry of a mapping; or all that it can be, if a key is computed.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-findinmap-enhancements.html
func (t *Template) find(list []any, world World, raw any) any {
	name, ok := String(t.Resolve(list[0], world))
	mapping, found := t.mappings[name].(map[string]any)
	if !ok || !found {
		return unknown(raw)
	}
	var values []any
	fallback := false // by a key that the mapping may not have
	outer, outerFallback := chosen(t.Resolve(list[1], world), mapping)
	fallback = fallback || outerFallback
	for _, first := range outer {
		entries, _ := mapping[first].(map[string]any)
		inner, innerFallback := chosen(t.Resolve(list[2], world), entries)
		fallback = fallback || innerFallback
		for _, second := range inner {
			values = append(values, Plain(entries[second]))
		}
	}
	if fallback && len(list) == 4 {
		options, _ := list[3].(map[string]any)
		values = append(values, t.Resolve(options["DefaultValue"], world))
	}
	return oneOf(values, raw)
}

// chosen are the keys that can be meant, and whether there can be none.
func chosen(key any, entries map[string]any) (keys []string, fallback bool) {
	if number, ok := key.(json.Number); ok {
		key = literal(number.String())
	}
	if name, ok := String(key); ok {
		if _, ok := entries[name]; !ok {
			return nil, true
		}
		return []string{name}, false
	}
	return slices.Sorted(maps.Keys(entries)), true
}
