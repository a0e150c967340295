package access_test

import (
	"encoding/json"
	"strings"
	"testing"

	"example.com/shared-queue/address"
	"example.com/shared-queue/internal/fixture"
	"example.com/shared-queue/policy"
	"example.com/shared-queue/proof/access"
	"example.com/shared-queue/proof/cast"
	"example.com/shared-queue/proof/evaluate"
	"example.com/shared-queue/proof/mutant"
	"example.com/shared-queue/proof/template"
	"example.com/shared-queue/proof/world"
)

const servicesPath = "o-abc1234567/r-wxyz/ou-wxyz-jklm1dev"

// controlled is the variant services with a queue that is open to everybody, under the
// resource control policy.
func controlled(t *testing.T, control map[string]any) *access.Matrix {
	t.Helper()
	w, app, err := template.Read(selected(t, fixture.VariantsAssembly(), "services-"))
	if err != nil {
		t.Fatal(err)
	}
	queue := w.Queue("arn:aws:sqs:us-east-1:111111111111:services")
	queue.Policy.Document = evaluate.Document(map[string]any{"Effect": "Allow", "Principal": "*", "Action": "sqs:*", "Resource": "*"})
	w.Controls = []*world.Control{{Account: "111111111111", Path: servicesPath,
		Resource: []world.Level{{Target: "111111111111", Policies: []*world.Policy{{ID: "second wall", Document: control}}}}}}
	m := access.NewMatrix(app, w)
	if err := m.Decide(evaluator(t)); err != nil {
		t.Fatal(err)
	}
	return m
}

// A resource control policy keeps everyone outside the OU from a queue whose own
// policy is open to all, but not the principals of the queue's account.
func TestResourceControlPolicy(t *testing.T) {
	if wrong := letIn(controlled(t, control(t))); len(wrong) > 0 {
		t.Errorf("got\n%s", strings.Join(wrong, "\n"))
	}
	for _, m := range controls() {
		t.Run(m.Name, func(t *testing.T) {
			document := control(t)
			for i, s := range world.List(document["Statement"]) {
				statement := s.(map[string]any)
				if statement["Sid"] != m.Sid {
					continue
				}
				if m.Change == nil {
					list := world.List(document["Statement"])
					document["Statement"] = append(list[:i:i], list[i+1:]...)
				} else {
					m.Change(document, statement)
				}
			}
			if len(letIn(controlled(t, document))) == 0 {
				t.Error("nothing notices it")
			}
		})
	}
}

// letIn are the callers that the control policy does not keep out of the queue, and
// should, or the other way round.
func letIn(m *access.Matrix) []string {
	var wrong []string
	for _, row := range m.Tables[0].Rows {
		c := row.Caller
		if c.Kind == cast.Idle {
			continue // its own account lets it do nothing
		}
		inside := c.Account == "111111111111" || strings.HasPrefix(c.Path+"/", servicesPath+"/") && (c.Kind != cast.Service || c.Path != "")
		for _, d := range row.Cells {
			if d.Operation == access.QueueAccepts && d.Got != inside {
				wrong = append(wrong, d.String())
			}
		}
	}
	return wrong
}

func control(t *testing.T) map[string]any {
	t.Helper()
	path, err := address.ParsePath(servicesPath)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(policy.ResourceControl(address.Queue{Region: "us-east-1", Account: "111111111111", Name: "services", Alias: "services"}, policy.Senders{OUs: []address.Path{path}}))
	if err != nil {
		t.Fatal(err)
	}
	var document map[string]any
	if err := json.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	return document
}

// controls are mutants of the resource control policy.
func controls() []mutant.Mutant {
	principals, sources := policy.SidOnlyPrincipals, policy.SidOnlySources
	const strictly = "ForAllValues:StringNotLike"
	condition := func(value any, path ...string) mutant.Change {
		return mutant.Set(value, append([]string{"Condition"}, path...)...)
	}
	rename := mutant.Rename
	return []mutant.Mutant{
		{Name: "principals' statement gone", Sid: principals},
		{Name: "services' statement gone", Sid: sources},
		{Name: "ForAnyValue for principals", Sid: principals, Change: rename("ForAnyValue:StringNotLike", "Condition", strictly)},
		{Name: "ForAnyValue for services", Sid: sources, Change: rename("ForAnyValue:StringNotLike", "Condition", strictly)},
		{Name: "principals of the OU", Sid: principals, Change: rename("ForAllValues:StringLike", "Condition", strictly)},
		{Name: "services for the OU", Sid: sources, Change: rename("ForAllValues:StringLike", "Condition", strictly)},
		{Name: "principals of any place", Sid: principals, Change: condition(nil, strictly)},
		{Name: "services for any place", Sid: sources, Change: condition(nil, strictly)},
		{Name: "principals of siblings", Sid: principals, Change: condition(servicesPath+"*", strictly, policy.KeyOrgPaths)},
		{Name: "services for siblings", Sid: sources, Change: condition(servicesPath+"*", strictly, policy.KeySourceOrgPaths)},
		{Name: "the account's own principals", Sid: principals, Change: condition(nil, "StringNotEquals")},
		{Name: "services as principals", Sid: principals, Change: condition(nil, "BoolIfExists")},
		{Name: "not the anonymous", Sid: principals, Change: rename("Bool", "Condition", "BoolIfExists")},
		{Name: "principals as services", Sid: sources, Change: condition(nil, "Bool")},
		{Name: "another queue", Sid: principals, Change: mutant.Set("arn:aws:sqs:us-east-1:111111111111:other", "Resource")},
	}
}
