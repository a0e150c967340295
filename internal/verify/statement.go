package verify

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"example.com/shared-queue/policy"
)

// A permission is one action for one principal on one resource: what a statement
// says, however CDK has merged it with others.
type permission struct {
	effect    string
	principal string // AWS: arn:…, or Service: …
	action    string
	resource  string
	condition string // as JSON, one form for all that mean the same
}

// permissions are those of a policy document, in its order.
func (a *app) permissions(t *template, document any) []permission {
	object, _ := document.(map[string]any)
	var all []permission
	for _, s := range list(object["Statement"]) {
		all = append(all, a.statement(t, s)...)
	}
	return all
}

func (a *app) statement(t *template, statement any) []permission {
	s, ok := statement.(map[string]any)
	if !ok {
		return []permission{{effect: "Allow", action: a.canonical(t, statement)}} // Fn::If, a macro
	}
	condition := a.condition(t, s["Condition"])
	var all []permission
	for _, principal := range a.principals(t, s) {
		for _, action := range a.element(t, s, "Action") {
			for _, resource := range a.element(t, s, "Resource") {
				all = append(all, permission{a.text(t, s["Effect"]), principal, strings.ToLower(action), resource, condition})
			}
		}
	}
	return all
}

// principals are those of a statement. Everyone has two spellings.
func (a *app) principals(t *template, s map[string]any) []string {
	if not := s["NotPrincipal"]; not != nil {
		return []string{allBut + a.canonical(t, not)}
	}
	kinds, ok := s["Principal"].(map[string]any)
	if !ok {
		if s["Principal"] == "*" {
			return []string{"AWS: *"}
		}
		return []string{a.text(t, s["Principal"])}
	}
	var all []string
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		for _, principal := range list(kinds[kind]) {
			all = append(all, kind+": "+a.text(t, principal))
		}
	}
	return all
}

// allBut begins what NotPrincipal, NotAction and NotResource say.
const allBut = "all but "

func (a *app) element(t *template, s map[string]any, name string) []string {
	if not := s["Not"+name]; not != nil {
		return []string{allBut + a.canonical(t, not)}
	}
	var all []string
	for _, value := range list(s[name]) {
		all = append(all, a.text(t, value))
	}
	if all == nil {
		return []string{""}
	}
	return all
}

// condition is one text for all conditions that mean the same: keys have no case,
// values no order, and the Equals operators of ARNs are their Like operators.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_ARN
func (a *app) condition(t *template, value any) string {
	operators, ok := value.(map[string]any)
	if value == nil || ok && len(operators) == 0 {
		return ""
	}
	if !ok {
		return a.canonical(t, value)
	}
	same := map[string][]string{}
	for operator, keys := range operators {
		operator = strings.Replace(operator, "ArnEquals", "ArnLike", 1)
		byKey, ok := keys.(map[string]any)
		if !ok {
			same[operator] = append(same[operator], a.canonical(t, keys))
		}
		for key, values := range byKey {
			var texts []string
			for _, v := range list(values) {
				texts = append(texts, a.text(t, v))
			}
			slices.Sort(texts)
			name := operator + " " + strings.ToLower(key)
			same[name] = append(same[name], texts...)
		}
	}
	text, _ := json.Marshal(same) // of texts alone, which cannot fail
	return string(text)
}

// list is a value as the list that it may be.
func list(value any) []any {
	switch value := value.(type) {
	case nil:
		return nil
	case []any:
		return value
	}
	return []any{value}
}

// written are the permissions of what package policy writes.
func (a *app) written(t *template, document policy.Document) ([]permission, error) {
	text, err := json.Marshal(document)
	if err != nil {
		return nil, err
	}
	var decoded any
	if err := json.Unmarshal(text, &decoded); err != nil {
		return nil, err
	}
	return a.permissions(t, decoded), nil
}
