// Package policy writes every policy that this project deploys, each in one
// place: the policies of the key and the queues, the IAM policies of senders,
// consumers and operators, and the trust policies of publishers' roles. It does
// not import CDK, so a policy can be read, measured and tested as plain data.
package policy

import (
	"encoding/json"
	"math"
)

// A Document is an IAM policy document of version 2012-10-17.
type Document []Statement

// A Statement is one statement of a Document. Empty fields are left out of the
// JSON.
type Statement struct {
	Sid       string
	Effect    Effect
	Principal Principal // empty in an IAM policy, which has none
	Action    Strings
	Resource  Strings
	Condition Condition
}

// A Principal is who a statement of a resource policy or a trust policy applies
// to.
type Principal struct {
	Everyone bool // all who meet the conditions
	Anyone   bool // the same, as a resource control policy writes it
	AWS      Strings
	Service  Strings
}

// Plain is the principal as AWS writes it in JSON; nil for nobody. Everyone is
// {"AWS": "*"}, which means the same as "*": it is the form of AWS's samples, and
// the KMS console has refused the other. A resource control policy takes only "*".
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-anonymous
func (p Principal) Plain() any {
	if p.Anyone {
		return "*"
	}
	if p.Everyone {
		return map[string]any{"AWS": "*"}
	}
	kinds := map[string]any{}
	if len(p.AWS) > 0 {
		kinds["AWS"] = p.AWS.Plain()
	}
	if len(p.Service) > 0 {
		kinds["Service"] = p.Service.Plain()
	}
	if len(kinds) == 0 {
		return nil
	}
	return kinds
}

// Effect is what a statement does.
type Effect string

// The two effects.
const (
	Allow Effect = "Allow"
	Deny  Effect = "Deny"
)

// A Condition maps operators to condition keys and their values. All operators
// and keys must match.
type Condition map[string]map[string]Strings

// Strings is a list that is written as a plain string if it has one element, as
// CDK and the AWS console do.
type Strings []string

// Plain is the string if there is only one, otherwise the list.
func (s Strings) Plain() any {
	if len(s) == 1 {
		return s[0]
	}
	return []string(s)
}

// Map is the condition in the form that CDK reads: operator, then key, then
// values.
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
	if principal := s.Principal.Plain(); principal != nil {
		m["Principal"] = principal
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

// Size is the document's length in bytes as CloudFormation sends it to the
// service: JSON with no white space.
func (d Document) Size() int {
	text, err := json.Marshal(d)
	if err != nil {
		return math.MaxInt // too long for every limit
	}
	return len(text)
}
