package app

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"example.com/shared-queue/guard"
	"example.com/shared-queue/internal/assembly"
	"example.com/shared-queue/internal/cdktest"
	"example.com/shared-queue/internal/fixture"
	"example.com/shared-queue/proof/mutant"
)

// What is broken in the policies of the queue and its key, and changes nothing that
// AWS decides today, is refused by the guard: it would open the queue with one
// condition less. All else the access table notices.
func TestGuardRefusesWhatIsOnlyJustHarmless(t *testing.T) {
	stacks, err := assembly.Read(fixture.Assembly())
	if err != nil {
		t.Fatal(err)
	}
	harmless := []string{
		"key: ForAllValues for the OU", "key: IfExists for the OU", "key: any organization's OU",
		"key: any organization", "key: organizations whose id begins the same",
	}
	refused := guardFindings(t, stacks, mutant.Example(stacks))
	for _, name := range harmless {
		if refused[name] == "" {
			t.Errorf("%s: the guard takes it", name)
		}
	}
	t.Logf("of the policies broken on purpose the guard, which knows no OU, refuses %d; the access table notices each", len(refused))
}

// guardFindings is what the guard says of mutants of key and queue policies, by name. All are
// validated in one stack, in L1 constructs.
func guardFindings(t *testing.T, stacks []assembly.Stack, mutants []mutant.Mutant) map[string]string {
	t.Helper()
	t.Setenv("CDK_VALIDATION", "") // turned off for all other tests
	app := cdktest.NewApp(t)
	// As under the CLI, which reads the report and fails by it.
	app.Node().SetContext(jsii.String("@aws-cdk/core:failSynthOnValidationErrors"), false)
	if err := guard.Enable(app); err != nil {
		t.Fatal(err)
	}
	stack := awscdk.NewStack(app, jsii.String("mutants"), nil)
	for i, m := range mutants {
		changed, err := m.Apply(stacks)
		if err != nil {
			t.Fatal(err)
		}
		name := fmt.Sprint(i)
		switch m.In.Property {
		case "KeyPolicy":
			add(stack, name, "AWS::KMS::Key", map[string]any{"KeyPolicy": document(changed, m.In)})
		case "PolicyDocument":
			if m.In.Stack == "dev-shared" && strings.Contains(m.In.LogicalID, "Queue") {
				add(stack, name, "AWS::SQS::QueuePolicy", map[string]any{"PolicyDocument": document(changed, m.In),
					"Queues": []any{"https://sqs.us-east-1.amazonaws.com/111111111111/shared-app-work"}})
			}
		}
	}
	findings, _, err := cdktest.ReadReport(*app.Synth(nil).Directory())
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, f := range findings {
		var i int
		if _, err := fmt.Sscanf(f.Construct, "mutants/%d", &i); err == nil && strings.Contains(f.Rule, "Guard-") {
			found[mutants[i].Name] = f.Rule + ": " + f.Description
		}
	}
	return found
}

func add(stack awscdk.Stack, name, resourceType string, properties map[string]any) {
	awscdk.NewCfnResource(stack, &name, &awscdk.CfnResourceProps{Type: &resourceType, Properties: &properties})
}

// document is the policy at the target.
func document(stacks []assembly.Stack, at mutant.Target) any {
	for _, s := range stacks {
		if s.Name == at.Stack {
			return cdktest.Get(s.Template, "Resources", at.LogicalID, "Properties", at.Property)
		}
	}
	return nil
}
