package rules

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"example.com/shared-queue/guard/internal/template"
)

// Guard-Unreadable: a policy can be seen before it is deployed. What a macro or a
// stack set makes of a queue or key is seen by nobody until then, and an element
// whose name AWS does not have, as in another case, could hide what a policy says.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
func unreadable(s *statement) (flaws []flaw) {
	if !s.seen {
		return []flaw{{made.wrong, "write the statement in the template, as an object"}}
	}
	for _, name := range slices.Sorted(maps.Keys(s.elements)) {
		if !statementElements[name] {
			flaws = append(flaws, flaw{fmt.Sprintf("has the element %s, which no statement has", name), "write the names of elements as AWS does, like Effect and Principal"})
		}
	}
	return flaws
}

var statementElements = set("Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition")

// hidden are policies in what is a text or a macro in the template.
func hidden(t *template.Template) (problems []problem) {
	for _, name := range slices.Sorted(maps.Keys(t.Resources)) {
		r := t.Resources[name]
		d := &document{template: t, resource: name, path: "Properties"}
		properties, _ := r.Properties.(map[string]any)
		switch {
		case r.Type == "AWS::CloudFormation::StackSet" && properties["TemplateBody"] != nil:
			d.path = "Properties.TemplateBody"
			for _, kind := range holdersIn(properties["TemplateBody"]) {
				problems = append(problems, problem{"Guard-Unreadable", d, nil, flaw{
					fmt.Sprintf("of an %s is in the template of a stack set, where nothing is seen of it", kind),
					"deploy the queue or key in a stack, or acknowledge this when the policy is reviewed",
				}})
			}
		case strings.HasPrefix(r.Type, "Fn::"):
			for _, kind := range holdersIn(r.Properties) {
				problems = append(problems, problem{"Guard-Unreadable", d, nil, flaw{
					fmt.Sprintf("of an %s is made by %s at deployment, so that nothing can be seen of it now", kind, r.Type),
					"write the resource in the template",
				}})
			}
		}
	}
	return problems
}

func holdersIn(raw any) (kinds []string) {
	text, err := json.Marshal(raw)
	if err != nil {
		panic(err) // it was JSON
	}
	for _, kind := range slices.Sorted(maps.Keys(holders)) {
		if strings.Contains(string(text), kind) {
			kinds = append(kinds, kind)
		}
	}
	return kinds
}
