package prove

import (
	"bytes"
	"example.com/shared-queue/internal/assembly"
	"example.com/shared-queue/internal/fixture"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"example.com/shared-queue/address"
	"example.com/shared-queue/internal/app/settings"
	"example.com/shared-queue/policy"
	"example.com/shared-queue/proof/evaluate"
	"example.com/shared-queue/proof/simulation"
	"example.com/shared-queue/proof/template"
	"example.com/shared-queue/proof/world"
)

const root = "../.."

type object = map[string]any

// deployments are the snapshots, and what becomes of them when one statement
// in the template of the shared account of dev is changed. Every answer is
// computed from the templates.
var deployments = []struct {
	name     string
	sid      string
	change   func(statement object)
	boundary string
	broken   claim
}{
	{"as it is", "", nil, "holds", ""},
	{"key without kms:ViaService", policy.SidUseKey, condition("StringEquals", policy.KeyVia, nil), "does not hold", noDecrypt},
	{"queue open to the world", policy.SidSend, func(s object) { delete(s, "Condition") }, "does not hold", noOtherOrg},
	{"queue open to organizations whose id begins the same", policy.SidSend,
		func(s object) { s["Condition"] = object{"StringLike": object{policy.KeyOrgID: "o-abc1234567*"}} }, "does not hold", noOtherOrg},
	{"key open to the organization", policy.SidUseKey, func(s object) { delete(s["Condition"].(object), "ForAnyValue:StringLike") }, "does not hold", noOtherOU},
	{"key open to OUs whose id begins the same", policy.SidUseKey,
		condition("ForAnyValue:StringLike", policy.KeyOrgPaths, "o-abc1234567/r-wxyz/ou-wxyz-jklm1dev/ou-wxyz-km23jdev*"), "does not hold", noOtherOU},
	{"queue that senders receive from", policy.SidSend, actions("sqs:SendMessage", "sqs:ReceiveMessage"), "does not hold", noReceive},
	{"queue that senders delete from", policy.SidSend, actions("sqs:SendMessage", "sqs:DeleteMessage"), "does not hold", noDelete},
	{"queue that senders do anything with", policy.SidSend, actions("sqs:*"), "does not hold", noReceive},
	{"key open to Parameter Store too", policy.SidUseKey, func(s object) {
		condition("StringEquals", policy.KeyQueueARN, nil)(s)
		condition("StringEquals", policy.KeyVia, []any{"sqs.us-east-1.amazonaws.com", "ssm.us-east-1.amazonaws.com"})(s)
	}, "does not hold", noOtherUse},
	{"key that no sender may use", policy.SidUseKey, condition("StringEquals", policy.KeyVia, "sqs.amazonaws.com"), "is not as it must be", canSend},
	{"key of another encryption context", policy.SidUseKey, condition("StringEquals", policy.KeyQueueARN, "arn:aws:sqs:us-east-1:111111111111:another"), "is not as it must be", canSend},
	{"queue of another organization", policy.SidSend, condition("StringEquals", policy.KeyOrgID, "o-abc1234568"), "is not as it must be", canSend},
	// SQS itself refuses plain HTTP to an encrypted queue, so nobody sees that
	// the queue's Deny is missing.
	{"queue without the Deny of plain HTTP", policy.SidDenyHTTP, condition("Bool", policy.KeyTransport, "maybe"), "holds", ""},
	// An encryption context of another queue takes a queue of one's own with
	// this key, which prove does not make.
	{"key open to other queues", policy.SidUseKey, condition("StringEquals", policy.KeyQueueARN, nil), "holds", ""},
}

// condition changes the values of a condition key; nil removes it.
func condition(operator, key string, values any) func(object) {
	return func(statement object) {
		keys := statement["Condition"].(object)[operator].(object)
		keys[key] = values
		if values == nil {
			delete(keys, key)
		}
	}
}

func actions(names ...string) func(object) {
	return func(statement object) { statement["Action"] = names }
}

func TestSimulation(t *testing.T) {
	source, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	setUp(t)
	t.Chdir(source)
	dir := t.TempDir()
	evaluator, err := evaluate.Start(root)
	if err != nil {
		t.Fatal(err)
	}
	defer evaluator.Close()
	environments, err := settings.Parse(fixture.Settings)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "cdk.json")
	if err := os.WriteFile(file, []byte(`{"context": {"environments": `+fixture.Settings+`}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := simulation.Start(evaluator)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	profiles := s.AddProfiles(environments)
	config, err := s.WriteConfig(dir, profiles)
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_CONFIG_FILE", config)
	t.Setenv("AWS_CA_BUNDLE", filepath.Join(dir, "certificate.pem"))
	args := []string{"-settings", file, "-environment", "dev", "-publisher", "web", "-endpoint-url", s.URL, "-json",
		"-profile", "dev-publisher-web", "-insider-profile", "dev-insider", "-consumer-profile", "dev-consumer"}
	for _, name := range []string{simulation.SiblingOU, simulation.NearOrganization, simulation.OtherOrganization, simulation.NoOrganization} {
		i := slices.IndexFunc(profiles, func(p simulation.Profile) bool { return p.Name == "dev-"+name })
		own := address.Queue{Region: "us-east-1", Account: profiles[i].Caller.Account(), Name: simulation.OwnQueue}
		args = append(args, "-outsider-profile", profiles[i].Name, "-outsider-queue", own.URL())
	}
	for _, d := range deployments {
		t.Run(d.name, func(t *testing.T) {
			if err := s.Deploy(deployed(t, snapshots(t, d.sid, d.change))); err != nil {
				t.Fatal(err)
			}
			var out, problems bytes.Buffer
			code := Run(t.Context(), args, &out, &problems, atOnce, noTerminal)
			summary := lines(t, out.String())[""].Summary
			if summary.Boundary != d.boundary || (code == 0) != (d.boundary == "holds") || (d.broken != "" && !slices.Contains(summary.Broken, string(d.broken))) {
				t.Errorf("exit code %d, %+v\n%s%s", code, summary, &out, &problems)
			}
		})
	}
}

// deployed is what the fixture's stacks deploy, with these templates.
func deployed(t *testing.T, templates map[string]any) *world.World {
	t.Helper()
	stacks, err := assembly.Read(fixture.Assembly())
	if err != nil {
		t.Fatal(err)
	}
	for i := range stacks {
		stacks[i].Template, _ = templates[stacks[i].Name].(map[string]any)
	}
	w, _, err := template.Read(stacks)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// snapshots are the templates, with one change in that of the shared account of
// dev: in every statement with the Sid.
func snapshots(t *testing.T, sid string, change func(object)) map[string]any {
	t.Helper()
	templates, err := fixture.Templates(fixture.Assembly())
	if err != nil {
		t.Fatal(err)
	}
	if changed := changeAll(templates["dev-shared"], sid, change); change != nil && changed == 0 {
		t.Fatalf("no statement %s", sid)
	}
	return templates
}

// changeAll changes the statements with the Sid. It returns how many there are.
func changeAll(value any, sid string, change func(object)) int {
	changed := 0
	switch value := value.(type) {
	case object:
		if value["Sid"] == sid && change != nil {
			change(value)
			return 1
		}
		for _, element := range value {
			changed += changeAll(element, sid, change)
		}
	case []any:
		for _, element := range value {
			changed += changeAll(element, sid, change)
		}
	}
	return changed
}
