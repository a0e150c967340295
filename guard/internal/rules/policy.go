// Package rules judges the policies of queues and keys in a template. Each rule is
// a file of its own, with what it refuses, why, and the cure.
//
// This file reads the policies, condition.go their conditions, principal.go whom
// they let in, and binds.go what binds those; the rest are rules.
package rules

import (
	"encoding/json"
	"fmt"
	"strings"

	"example.com/shared-queue/guard/internal/template"
)

// A document is the policy of a resource as it is in one world of the template's
// conditions, in which there is no Fn::If left.
type document struct {
	template   *template.Template
	resource   string // its logical id
	path       string // of the property
	service    string // "sqs", "kms" or "iam"
	world      template.World
	statements []*statement
	sids       map[string]int // how many statements have a Sid
	queues     []any          // that the policy of a queue is of
	encrypts   []string       // the resources that name the key whose policy it is
	denies     []*statement
	flaws      []flaw // of the document itself
	variables  bool   // its version has policy variables
}

// A flaw is one thing that is wrong, with its cure.
type flaw struct{ wrong, cure string }

// A statement of a policy.
type statement struct {
	of         *document
	number     int // from 1
	sid        string
	said       string // what is written, to tell statements apart
	elements   map[string]any
	principals []principal
	conditions []condition
	allRead    bool // there are no other conditions
	seen       bool // false if it is made at deployment
}

// has reports whether the statement has the element.
func (s *statement) has(name string) bool { return s.elements[name] != nil }

// listed are the values of an element, none if the statement does not have it.
func (s *statement) listed(name string) []any {
	if !s.has(name) {
		return nil
	}
	return template.Elements(s.elements[name])
}

// denies reports whether the Effect is Deny. One that is absent or not known counts as
// Allow.
func (s *statement) denies() bool {
	effect, _ := template.String(s.elements["Effect"])
	return effect == "Deny"
}

// A holder is a resource type that holds a policy: the property that it is in, the
// service that reads it, and the property that says of which queues it is.
type holder struct{ property, service, queues string }

var holders = map[string]holder{
	"AWS::SQS::QueuePolicy":       {"PolicyDocument", "sqs", "Queues"},
	"AWS::SQS::QueueInlinePolicy": {"PolicyDocument", "sqs", "Queue"},
	"AWS::KMS::Key":               {"KeyPolicy", "kms", ""},
	"AWS::KMS::ReplicaKey":        {"KeyPolicy", "kms", ""},
}

// read are the documents of a resource, one for each world that can be.
func read(t *template.Template, name string, h holder) []*document {
	resource := t.Resources[name]
	path := "Properties." + h.property
	properties, ok := resource.Properties.(map[string]any)
	if !ok && resource.Properties != nil || isCall(properties) {
		return []*document{{template: t, resource: name, path: "Properties", service: h.service, flaws: []flaw{made}}}
	}
	raw, written := properties[h.property]
	if !written {
		if h.service == "kms" { // the default is the account alone
			return nil
		}
		return []*document{{template: t, resource: name, path: "Properties", service: h.service, flaws: []flaw{made}}}
	}
	worlds, ok := t.Worlds(resource, raw, properties[h.queues])
	if !ok {
		return []*document{{template: t, resource: name, path: path, service: h.service, flaws: []flaw{tooMany}}}
	}
	var documents []*document
	for _, world := range worlds {
		picked := template.Pick(raw, world)
		if picked == nil && h.service == "kms" {
			continue
		}
		d := &document{template: t, resource: name, path: path, service: h.service, world: world}
		d.queues = template.Elements(t.Resolve(properties[h.queues], world))
		d.read(picked)
		documents = append(documents, d)
	}
	return documents
}

var tooMany = flaw{
	fmt.Sprintf("depends on more than %d conditions of the template", template.MaxConditions),
	"write the policy with fewer Fn::If",
}

var made = flaw{"is made at deployment, so that nothing can be seen of it now", "write the policy in the template, as an object"}

func isCall(object map[string]any) bool {
	for name := range object {
		if name == "Ref" || strings.HasPrefix(name, "Fn::") {
			return true
		}
	}
	return false
}

// read reads what is written as the policy: an object, or text with JSON in it.
func (d *document) read(raw any) {
	resolve := func(raw any) any { return d.template.Resolve(raw, d.world) }
	pick := func(raw any) any { return template.Pick(raw, d.world) }
	object, _ := raw.(map[string]any)
	if inner, ok := object["Fn::ToJsonString"]; ok && len(object) == 1 {
		raw = pick(inner)
		object, _ = raw.(map[string]any)
	}
	if object == nil || isCall(object) {
		text, ok := template.String(resolve(raw))
		value, err := template.ParseValue(text)
		if object, _ = value.(map[string]any); !ok || err != nil || object == nil {
			d.flaws = append(d.flaws, made)
			return
		}
		if template.NamesOnce([]byte(text)) != nil {
			d.flaws = append(d.flaws, flaw{"is JSON text with a name twice in one object", "write each name once"})
		}
		resolve, pick = template.Plain, func(raw any) any { return raw }
	}
	for name := range object {
		if !documentElements[name] {
			d.flaws = append(d.flaws, flaw{fmt.Sprintf("has the element %s, which no policy has", name), "write the names of elements as AWS does, like Version and Statement"})
		}
	}
	version, _ := template.String(resolve(object["Version"]))
	d.variables = version == "2012-10-17"
	list := pick(object["Statement"])
	if list == nil {
		d.flaws = append(d.flaws, made)
		return
	}
	statements, ok := list.([]any)
	if !ok {
		statements = []any{list}
	}
	for i, raw := range statements {
		if picked := pick(raw); picked != nil {
			d.add(i+1, raw, resolve(picked))
		}
	}
}

func (d *document) add(number int, raw, value any) {
	s := &statement{of: d, number: number, said: d.template.Said(raw)}
	s.elements, s.seen = value.(map[string]any)
	if s.seen {
		s.sid, _ = template.String(s.elements["Sid"])
		if d.sids == nil {
			d.sids = map[string]int{}
		}
		d.sids[idPart(s.sid)]++
		s.principals = principals(s)
		s.conditions, s.allRead = conditions(s)
	}
	d.statements = append(d.statements, s)
	if s.deniesPlainHTTP() {
		d.denies = append(d.denies, s)
	}
}

// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
var documentElements = set("Version", "Id", "Statement")

func set(names ...string) map[string]bool {
	m := map[string]bool{}
	for _, name := range names {
		m[name] = true
	}
	return m
}

// shown is a value as it is told to the user.
func shown(value any) string {
	if text, ok := template.String(value); ok {
		value = text
	}
	if text, ok := value.(template.Text); ok {
		value = text.Marked()
	}
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	return string(text)
}
