package app

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"example.com/shared-queue/internal/cdktest"
	"example.com/shared-queue/policy"
	"example.com/shared-queue/proof/access"
	"example.com/shared-queue/publisher"
	"example.com/shared-queue/spec"
)

const (
	everywhere            = "everywhere-publisher-any"
	everywhereTrust       = everywhere + ": role's trust policy"
	everywherePermissions = everywhere + ": role's permissions"
	stackSetID            = "PublisherStackSet4E6B649C"
	anAccount             = "222222222222"
)

var accountID = regexp.MustCompile(`\b[0-9]{12}\b`)

func TestStackSet(t *testing.T) {
	properties := clone(example(t).templates[everywhere].Get("Resources", stackSetID, "Properties"))
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

// The template inside the stack set has the role that publisher.NewRole makes in
// an account, and nothing else: no rule of the bootstrap, no asset.
func TestRoleInEveryAccount(t *testing.T) {
	e := variant(t, "everywhere").environments[0]
	p := e.Publishers[0]
	stack := stackProps(e, anAccount)
	app := cdktest.NewApp(t)
	if _, err := publisher.NewStack(app, "single", &publisher.StackProps{StackProps: stack, Role: publisher.RoleProps(p.Role)}); err != nil {
		t.Fatal(err)
	}
	templates, _ := cdktest.Synth(t, app)
	single := templates["single"]
	want := clone(single.Get("Resources", rolePolicyID, "Properties"))
	want["PolicyName"], want["Roles"] = "Send", []any{"Role"} // where the names differ
	text, err := json.Marshal(map[string]any{"Resources": map[string]any{
		"Role":        map[string]any{"Type": "AWS::IAM::Role", "Properties": untagged(single.Get("Resources", roleID, "Properties"))},
		"Permissions": map[string]any{"Type": "AWS::IAM::Policy", "Properties": want},
	}})
	if err != nil {
		t.Fatal(err)
	}
	inner, err := access.RoleTemplate(example(t).templates[everywhere].JSON, e, p)
	if err != nil {
		t.Fatal(err)
	}
	values := access.NewValues(anAccount, e.Region)
	values.Refs["Role"] = "Role"
	got, err := values.Resolve(inner)
	if err != nil {
		t.Fatal(err)
	}
	cdktest.Same(t, got, string(text))
}

// A role in every account can do what is promised and nothing else.
func TestAccessOfRolesInEveryAccount(t *testing.T) {
	a := variant(t, "everywhere")
	checkAccess(t, a)
	table := a.matrix.Markdown(0)
	for _, text := range []string{"| Publisher role any in any account of the OU (bounded by arn:aws:iam::666666666666:policy/company", "Every account of the OUs<br/>publisher any"} {
		if !strings.Contains(table, text) {
			t.Errorf("the table has no %s", text)
		}
	}
	own := func(prefix string) string { return policy.Sid(prefix, a.environments[0].QueueAddress()) }
	account := func(arn string) change { return set(map[string]any{"AWS": arn}, "Principal") }
	checkMutants(t, a, everywhereMutants, []mutant{
		{"every account: everyone may assume the role", everywhereTrust, "", set("*", "Principal"), ""},
		{"every account: only its own account may", everywhereTrust, "", account("666666666666"), ""},
		{"every account: any account of the organization may", everywhereTrust, "", func(_, s map[string]any) {
			maps.Copy(s, map[string]any{"Principal": map[string]any{"AWS": "*"}, "Condition": map[string]any{"StringEquals": map[string]any{policy.KeyOrgID: "o-abc1234567"}}})
		}, ""},
		{"every account: its own account may not", everywhereTrust, "", account("arn:aws:iam::555555555555:root"), ""},
		{"every account: may send to any queue", everywherePermissions, own(policy.SidGrantSend), set("*", "Resource"), ""},
		{"every account: may receive", everywherePermissions, own(policy.SidGrantSend), set([]any{"sqs:SendMessage", "sqs:ReceiveMessage"}, "Action"), ""},
		{"every account: may not send", everywherePermissions, own(policy.SidGrantSend), nil, ""},
		{"every account: no use of the key", everywherePermissions, own(policy.SidGrantKey), nil, ""},
		{"every account: key for any queue", everywherePermissions, own(policy.SidGrantKey), set(nil, "Condition", "StringEquals", policy.KeyQueueARN), ""},
	})
}

// A stack set that does not make the role in every account of the OUs is not
// taken for one.
func TestMutantsOfStackSets(t *testing.T) {
	a := variant(t, "everywhere")
	in := func(value any, path ...string) change {
		return inResource(stackSetID, set(value, append([]string{"Properties"}, path...)...))
	}
	group := func(targets map[string]any, regions ...any) change {
		return in([]any{map[string]any{"DeploymentTargets": targets, "Regions": regions}}, "StackInstancesGroup")
	}
	ous := func(ids ...any) map[string]any { return map[string]any{"OrganizationalUnitIds": ids} }
	role := func(c change) change {
		return inResource(stackSetID, func(_, set map[string]any) {
			properties := set["Properties"].(map[string]any)
			var inner map[string]any
			if err := json.Unmarshal([]byte(properties["TemplateBody"].(string)), &inner); err != nil {
				t.Fatal(err)
			}
			c(nil, inner["Resources"].(map[string]any))
			text, err := json.Marshal(inner)
			if err != nil {
				t.Fatal(err)
			}
			properties["TemplateBody"] = string(text)
		})
	}
	mutants := map[string]change{
		"permissions of its own":        in("SELF_MANAGED", "PermissionModel"),
		"new accounts get nothing":      in(false, "AutoDeployment", "Enabled"),
		"no automatic deployment":       in(nil, "AutoDeployment"),
		"an OU less":                    group(ous("ou-wxyz-jklm1dev"), "us-east-1"),
		"an OU too many":                group(ous("ou-wxyz-jklm1dev", "ou-wxyz-jklm2dev", "ou-wxyz-nopq1prd"), "us-east-1"),
		"the root":                      group(ous("r-wxyz"), "us-east-1"),
		"two Regions":                   group(ous("ou-wxyz-jklm1dev", "ou-wxyz-jklm2dev"), "us-east-1", "eu-west-1"),
		"some accounts only":            group(map[string]any{"OrganizationalUnitIds": []any{"ou-wxyz-jklm1dev", "ou-wxyz-jklm2dev"}, "AccountFilterType": "INTERSECTION", "Accounts": []any{"222222222222"}}, "us-east-1"),
		"another template":              in("https://example.com/template.json", "TemplateURL"),
		"a template that is no JSON":    in("Resources: {}", "TemplateBody"),
		"no template":                   in(nil, "TemplateBody"),
		"a second resource":             set(map[string]any{"Type": "AWS::IAM::Role"}, "Second"),
		"no stack set":                  inResource(stackSetID, set("AWS::CloudFormation::Stack", "Type")),
		"role of another name":          role(inResource("Role", set("another", "Properties", "RoleName"))),
		"role with a managed policy":    role(inResource("Role", set([]any{"arn:aws:iam::aws:policy/AdministratorAccess"}, "Properties", "ManagedPolicyArns"))),
		"permissions on another role":   role(inResource("Permissions", set([]any{"another"}, "Properties", "Roles"))),
		"no permissions":                role(set(nil, "Permissions")),
		"a second role in each account": role(set(map[string]any{"Type": "AWS::IAM::Role", "Properties": map[string]any{"RoleName": "second"}}, "Second")),
		"a queue in each account":       role(set(map[string]any{"Type": "AWS::SQS::Queue"}, "Queue")),
	}
	if len(mutants) != stackSetMutants {
		t.Errorf("%d mutants, want %d: if they should be, say so in access_test.go", len(mutants), stackSetMutants)
	}
	for name, change := range mutants {
		t.Run(name, func(t *testing.T) {
			if unreadable(a, everywhere, change) == "" {
				t.Error("nothing catches it")
			}
		})
	}
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
