// Package policy writes every policy statement of the product: who may send to
// a shared queue and use its key, on the shared account's side and on the
// sender's. It imports no CDK, so that a policy can be read, measured and
// tested as plain data.
package policy

import (
	"encoding/json"
	"math"
)

// A Document is an IAM policy document, of Version 2012-10-17.
type Document []Statement

// A Statement is one statement of a Document. What is empty is left out.
type Statement struct {
	Sid       string
	Effect    Effect
	Principal any // "*", or a map like {"AWS": …}
	Action    Strings
	Resource  Strings
	Condition Condition
}

// Effect is what a statement does.
type Effect string

// The two effects.
const (
	Allow Effect = "Allow"
	Deny  Effect = "Deny"
)

// A Condition is, by operator, the values that a condition key may have. All
// operators and keys must match.
type Condition map[string]map[string]Strings

// Strings is a list that a policy shows as a lone string if it holds only one,
// as CDK and the AWS console write it.
type Strings []string

// Plain is the string if it is only one, else the list.
func (s Strings) Plain() any {
	if len(s) == 1 {
		return s[0]
	}
	return []string(s)
}

// Map is the condition in the form that CDK reads: values by key by operator.
func (c Condition) Map() map[string]map[string]any {
	operators := map[string]map[string]any{}
	for operator, keys := range c {
		values := map[string]any{}
		for key, value := range keys {
			values[key] = value.Plain()
		}
		operators[operator] = values
	}
	return operators
}

// Map is the statement in the form that CDK reads.
func (s Statement) Map() map[string]any {
	m := map[string]any{"Effect": string(s.Effect), "Action": s.Action.Plain()}
	if s.Resource != nil { // a trust policy has none
		m["Resource"] = s.Resource.Plain()
	}
	if s.Sid != "" {
		m["Sid"] = s.Sid
	}
	if s.Principal != nil {
		m["Principal"] = s.Principal
	}
	if s.Condition != nil {
		m["Condition"] = s.Condition.Map()
	}
	return m
}

// MarshalJSON writes the statement with its elements in alphabetical order.
func (s Statement) MarshalJSON() ([]byte, error) { return json.Marshal(s.Map()) }

// MarshalJSON writes the whole document.
func (d Document) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": []Statement(d)})
}

// Size is the document's length in bytes as CloudFormation hands it to the
// service: JSON with no white space.
func (d Document) Size() int {
	text, err := json.Marshal(d)
	if err != nil {
		return math.MaxInt // too long for every limit
	}
	return len(text)
}
