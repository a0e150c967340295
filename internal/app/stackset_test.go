package app

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"testing"

	"example.com/shared-queue/internal/app/settings"
	"example.com/shared-queue/internal/assembly"
	"example.com/shared-queue/internal/cdktest"
	"example.com/shared-queue/internal/fixture"
	"example.com/shared-queue/proof/template"
	"example.com/shared-queue/publisher"
	"example.com/shared-queue/spec"
)

const (
	everywhere = "everywhere-publisher-any"
	stackSetID = "PublisherStackSet4E6B649C"
)

var accountID = regexp.MustCompile(`\b[0-9]{12}\b`)

func TestStackSet(t *testing.T) {
	properties := maps.Clone(example(t).templates[everywhere].Get("Resources", stackSetID, "Properties").(map[string]any))
	body, _ := properties["TemplateBody"].(string)
	delete(properties, "TemplateBody")
	cdktest.Same(t, untagged(properties), `{
	  "StackSetName": "everywhere-publisher-any-Publisher-02698CEA",
	  "Description": "Role everywhere: Sends to the queue everywhere of account 111111111111",
	  "PermissionModel": "SERVICE_MANAGED",
	  "CallAs": "DELEGATED_ADMIN",
	  "Capabilities": ["CAPABILITY_NAMED_IAM"],
	  "AutoDeployment": {"Enabled": true, "RetainStacksOnAccountRemoval": true},
	  "ManagedExecution": {"Active": true},
	  "OperationPreferences": {"ConcurrencyMode": "SOFT_FAILURE_TOLERANCE", "FailureTolerancePercentage": 5, "MaxConcurrentPercentage": 50},
	  "StackInstancesGroup": [{
	    "DeploymentTargets": {"OrganizationalUnitIds": ["ou-wxyz-jklm1dev", "ou-wxyz-jklm2dev"]},
	    "Regions": ["us-east-1"]}]}`)
	if len(body) == 0 || len(body) > 4_000 {
		t.Errorf("the template has %d bytes, of the 51,200 that AWS takes", len(body))
	}
	t.Run("is deployed to the owner of stack sets", func(t *testing.T) {
		cdktest.Same(t, cdktest.Get(example(t).manifest, "artifacts", everywhere, "environment"), `"aws://888888888888/us-east-1"`)
	})
	t.Run("by default for the management account, stops at the first failure and retains nothing", func(t *testing.T) {
		options := spec.StackSetOptions{}.WithDefaults()
		if options.DelegatedAdministrator || options.RetainRoles || *options.FailureTolerance != 0 || *options.MaxConcurrent != 10 {
			t.Errorf("got %+v", options)
		}
	})
}

// The stack set makes the role that publisher.NewRole makes in an account, and nothing
// else: no rule of the bootstrap, no asset.
func TestRoleInEveryAccount(t *testing.T) {
	set, err := assembly.Read(fixture.VariantsAssembly())
	if err != nil {
		t.Fatal(err)
	}
	set = slices.DeleteFunc(set, func(s assembly.Stack) bool { return s.Name != everywhere })

	environments, err := settings.Parse(fixture.Variants)
	if err != nil {
		t.Fatal(err)
	}
	e := environments[slices.IndexFunc(environments, func(e spec.Environment) bool { return e.Name == "everywhere" })]
	app := cdktest.NewApp(t)
	if _, err := publisher.NewStack(app, "single", &publisher.StackProps{
		StackProps: stackProps(e, template.StackSetAccount(everywhere)), Role: publisher.RoleProps(e.Publishers[0].Role),
	}); err != nil {
		t.Fatal(err)
	}
	single, err := assembly.Read(os.DirFS(*app.Synth(nil).Directory()))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := role(t, set), role(t, single); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// role is the one role that the stacks make, as text.
func role(t *testing.T, stacks []assembly.Stack) string {
	t.Helper()
	w, _, err := template.Read(stacks)
	if err != nil || len(w.Unknown) > 0 || len(w.Identities) != 1 {
		t.Fatalf("%v, %v, %d identities", err, w.Unknown, len(w.Identities))
	}
	i := w.Identities[0]
	for _, s := range i.Trust.Statements() { // in the order of their ARNs, which the account decides
		if accounts, ok := cdktest.Get(s, "Principal", "AWS").([]any); ok {
			slices.SortFunc(accounts, func(a, b any) int { return cmp.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
		}
	}
	text, err := json.Marshal([]any{i.ARN, i.Trust.Document, i.Policies[0].Document, len(i.Policies), i.UnknownBoundary, i.UnknownPolicies})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// However many accounts the OUs have, the templates name only those of the
// settings.
func TestTemplatesDoNotGrowWithTheAccounts(t *testing.T) {
	known := []string{"111111111111", "888888888888", "555555555555"}
	for _, stack := range []string{"everywhere-shared", everywhere} {
		for _, found := range accountID.FindAllString(string(example(t).templates[stack].Bytes), -1) {
			if !slices.Contains(known, found) {
				t.Errorf("%s has account %s", stack, found)
			}
		}
	}
}
