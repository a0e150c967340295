package access_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.com/shared-queue/internal/app/settings"
	"example.com/shared-queue/internal/assembly"
	"example.com/shared-queue/internal/fixture"
	"example.com/shared-queue/proof/access"
	"example.com/shared-queue/proof/simulation"
	"example.com/shared-queue/proof/template"
	"example.com/shared-queue/proof/world"
)

const (
	foreign = "999999999999"
	sibling = "o-abc1234567/r-wxyz/ou-wxyz-jklm1dev/ou-wxyz-km23jdevx"
	queue   = "arn:aws:sqs:us-east-1:111111111111:shared-app-work"
)

// opened are ways in which a queue that is deployed lets in more than was promised, or
// less. Each is what a line about some caller must say.
func opened() []struct {
	name   string
	change func(w *world.World)
	want   string // of a finding
} {
	key := func(w *world.World) map[string]any { return w.KeyOf(w.Queue(queue)).Policy.Document }
	onQueue := func(w *world.World) map[string]any { return w.Queue(queue).Policy.Document }
	onDead := func(w *world.World) map[string]any { return w.Queue(queue + "-dlq").Policy.Document }
	add := func(document map[string]any, s map[string]any) {
		document["Statement"] = append(world.List(document["Statement"]), s)
	}
	allow := func(principal any, actions ...any) map[string]any {
		return map[string]any{"Effect": "Allow", "Principal": principal, "Action": actions, "Resource": "*"}
	}
	account := map[string]any{"AWS": "arn:aws:iam::" + foreign + ":root"}
	inOrganization := func(actions ...any) map[string]any {
		s := allow("*", actions...)
		s["Condition"] = map[string]any{"StringEquals": map[string]any{"aws:PrincipalOrgID": "o-abc1234567"}}
		return s
	}
	inOU := func(path string, actions ...any) map[string]any {
		s := allow("*", actions...)
		s["Condition"] = map[string]any{"ForAnyValue:StringLike": map[string]any{"aws:PrincipalOrgPaths": path + "/*"}}
		return s
	}
	return []struct {
		name   string
		change func(w *world.World)
		want   string
	}{
		{"ForAllValues on queue and key, as the article prints", func(w *world.World) {
			for _, document := range []map[string]any{key(w), onQueue(w)} {
				text, _ := json.Marshal(document)
				changed := strings.NewReplacer(`"ForAnyValue:`, `"ForAllValues:`, `{"StringEquals":{"aws:PrincipalOrgID":"o-abc1234567"`, `{"ForAllValues:StringEquals":{"aws:PrincipalOrgID":"o-abc1234567"`,
					`"aws:PrincipalOrgID":"o-abc1234567","kms`, `"kms`, `,"aws:PrincipalOrgID":"o-abc1234567"`, "").Replace(string(text))
				clear(document)
				_ = json.Unmarshal([]byte(changed), &document)
			}
		}, "All-powerful role in no organization: send: yes, want no"},
		{"any organization", func(w *world.World) {
			add(onQueue(w), func() map[string]any {
				s := allow("*", "sqs:SendMessage")
				s["Condition"] = map[string]any{"Null": map[string]any{"aws:PrincipalOrgID": "false"}}
				return s
			}())
			add(key(w), func() map[string]any {
				s := allow("*", "kms:GenerateDataKey", "kms:Decrypt")
				s["Condition"] = map[string]any{"Null": map[string]any{"aws:PrincipalOrgID": "false"}}
				return s
			}())
		}, "All-powerful role in another organization with the same OU ids: send: yes, want no"},
		{"a foreign account receives and has the key", func(w *world.World) {
			add(onQueue(w), allow(account, "sqs:ReceiveMessage", "sqs:DeleteMessage"))
			add(key(w), allow(account, "kms:*"))
		}, "Administrator of account " + foreign + ", which a policy names, if its account is in no organization: read: yes, want no"},
		{"a foreign account receives", func(w *world.World) { add(onQueue(w), allow(account, "sqs:ReceiveMessage")) }, "take other SQS actions on the queues: yes, want no"},
		{"a foreign account deletes and purges", func(w *world.World) {
			add(onQueue(w), allow(account, "sqs:DeleteMessage", "sqs:PurgeQueue"))
		}, "administer the queues: yes, want no"},
		{"a foreign account has the key", func(w *world.World) { add(key(w), allow(account, "kms:*")) }, "administer the key: yes, want no"},
		{"a foreign account has the dead-letter queue", func(w *world.World) { add(onDead(w), allow(account, "sqs:*")) }, "send to the dead-letter queue: yes, want no"},
		{"a sibling OU receives and deletes", func(w *world.World) {
			add(onQueue(w), inOU(sibling, "sqs:ReceiveMessage", "sqs:DeleteMessage"))
		}, "All-powerful role in a sibling OU whose id begins the same: take other SQS actions on the queues: yes, want no"},
		{"a sibling OU uses the key directly", func(w *world.World) { add(key(w), inOU(sibling, "kms:Decrypt")) },
			"All-powerful role in a sibling OU whose id begins the same: use the key directly: yes, want no"},
		{"the organization purges", func(w *world.World) { add(onQueue(w), inOrganization("sqs:PurgeQueue")) }, "administer the queues: yes, want no"},
		{"the organization deletes and purges dead letters", func(w *world.World) {
			add(onDead(w), inOrganization("sqs:DeleteMessage", "sqs:PurgeQueue"))
		}, "administer the queues: yes, want no"},
		{"everyone looks the queue up", func(w *world.World) {
			add(onQueue(w), allow("*", "sqs:GetQueueUrl", "sqs:GetQueueAttributes"))
		}, "All-powerful role in no organization: take other SQS actions on the queues: yes, want no"},
		{"senders grant the key", func(w *world.World) {
			add(key(w), inOU("o-abc1234567/r-wxyz/ou-wxyz-jklm1dev/ou-wxyz-km23jdev", "kms:CreateGrant"))
		}, "All-powerful role in the OU: administer the key: yes, want no"},
		{"senders describe the key, read its policy and re-encrypt", func(w *world.World) {
			add(key(w), inOU("o-abc1234567/r-wxyz/ou-wxyz-jklm1dev/ou-wxyz-km23jdev", "kms:DescribeKey", "kms:GetKeyPolicy", "kms:ReEncrypt*"))
		}, "All-powerful role in the OU: take other KMS actions on the key: yes, want no"},
		{"everyone assumes the publisher's role", func(w *world.World) {
			add(w.Identity("arn:aws:iam::222222222222:role/shared-app-publisher").Trust.Document,
				map[string]any{"Effect": "Allow", "Principal": map[string]any{"AWS": "*"}, "Action": "sts:AssumeRole"})
		}, "Who may assume publisher role shared-app-publisher of account 222222222222: Administrator of an account in no organization: assume the role: yes, want no"},
		{"stage without the statements for SNS", func(w *world.World) {
			for _, p := range []*world.Policy{w.Queue(stage).Policy, w.KeyOf(w.Queue(stage)).Policy} {
				without(p.Document, "ServicesSendMessages", "ServicesUseKeyForQueue")
			}
		}, "Service sns.amazonaws.com for a resource in the OU: send: no, want yes"},
		{"stage without sqs:GetQueueUrl", func(w *world.World) {
			for _, s := range w.Queue(stage).Policy.Statements() {
				if s["Sid"] == "SendersSendMessages" {
					s["Action"] = "sqs:SendMessage"
				}
			}
		}, "All-powerful role in the OU: look the queue up: no, want yes"},
		{"a grant of the key", func(w *world.World) {
			k := w.KeyOf(w.Queue(queue))
			k.Grants = append(k.Grants, world.Grant{ID: "grant-1", Grantee: "arn:aws:iam::" + foreign + ":role/reader", Operations: []string{"Decrypt"}})
		}, "arn:aws:iam::" + foreign + ":role/reader may Decrypt by a grant of the key"},
		{"no key", func(w *world.World) { w.Queue(queue).Key = ""; delete(w.Queue(queue).Attributes, "KmsMasterKeyId") }, "shared-app-work is encrypted with no KMS key: the OU's wall is gone"},
	}
}

const stage = "arn:aws:sqs:us-east-1:101010101010:shared-app-work"

// without removes the statements with the Sids.
func without(document map[string]any, sids ...string) {
	var kept []any
	for _, s := range world.List(document["Statement"]) {
		sid, _ := s.(map[string]any)["Sid"].(string)
		if sid == "" || !strings.Contains(strings.Join(sids, " "), sid) {
			kept = append(kept, s)
		}
	}
	document["Statement"] = kept
}

// Whatever is deployed in the place of the templates: the command reads it from AWS,
// and a line names who may more or less than promised.
func TestWhatIsDeployed(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a simulation")
	}
	d := newDeployment(t)
	t.Run("as it was synthesized", func(t *testing.T) {
		if status, out := d.access(t, nil); status != 0 || strings.Contains(out, "differs") || strings.Contains(out, "in force and not") {
			t.Errorf("exit status %d\n%s", status, out)
		}
	})
	for _, c := range opened() {
		t.Run(c.name, func(t *testing.T) {
			if status, out := d.access(t, c.change); status != 1 || !says(out, c.want) {
				t.Errorf("exit status %d, want 1 and %s\n%s", status, c.want, out)
			}
		})
	}
}

// says reports whether a line of the command says what a finding does: which caller,
// which operation, and that it was not promised, or was.
func says(out, finding string) bool {
	if !strings.Contains(finding, ", want ") {
		return strings.Contains(out, finding)
	}
	caller, rest, _ := strings.Cut(strings.TrimSuffix(strings.TrimSuffix(finding, ": yes, want no"), ": no, want yes"), ": ")
	if i := strings.LastIndex(rest, ": "); i >= 0 { // the subject goes before
		caller, rest = rest[:i], rest[i+2:]
	}
	for line := range strings.Lines(out) {
		if strings.Contains(line, caller+" may ") && strings.Contains(line, rest) && strings.Contains(line, "promised: ") {
			return true
		}
	}
	return false
}

// The same in templates that nobody has deployed.
func TestWhatIsOpenedInTemplates(t *testing.T) {
	for _, c := range opened() {
		t.Run(c.name, func(t *testing.T) {
			w, app, err := template.Read(selected(t, fixture.Assembly(), ""))
			if err != nil {
				t.Fatal(err)
			}
			c.change(w)
			m := access.NewMatrix(app, w)
			if err := m.Decide(evaluator(t)); err != nil {
				t.Fatal(err)
			}
			findings, _, err := m.Findings(evaluator(t))
			if err != nil {
				t.Fatal(err)
			}
			var all []string
			for _, f := range findings {
				all = append(all, f.Text)
			}
			if !strings.Contains(strings.Join(all, "\n"), c.want) {
				t.Errorf("want %s, got\n%s", c.want, strings.Join(all, "\n"))
			}
		})
	}
}

// A deployment is a simulation with profiles for all accounts of the example.
type deployment struct {
	*simulation.Simulation
	folder   string // what cdk synth wrote
	profiles []string
}

func newDeployment(t *testing.T) *deployment {
	t.Helper()
	environments, err := settings.Parse(fixture.Settings)
	if err != nil {
		t.Fatal(err)
	}
	s, err := simulation.Start(evaluator(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	w, _, err := template.Read(selected(t, fixture.Assembly(), ""))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Deploy(w); err != nil {
		t.Fatal(err)
	}
	file, err := s.WriteConfig(t.TempDir(), s.AddProfiles(environments))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{"AWS_CONFIG_FILE": file, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull,
		"AWS_ACCESS_KEY_ID": "", "AWS_PROFILE": "", "AWS_ENDPOINT_URL": "", "AWS_CA_BUNDLE": "", "AWS_MAX_ATTEMPTS": "1"} {
		t.Setenv(name, value)
	}
	d := &deployment{Simulation: s, folder: filepath.Join(t.TempDir(), "cdk.out")}
	files, err := assembly.Files(fixture.Assembly())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(d.folder, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := assembly.Replace(d.folder, files); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"dev-admin", "prod-admin", "stage-admin", "dev-publisher-web-admin"} {
		d.profiles = append(d.profiles, "-profile", name)
	}
	return d
}

// access deploys the example's templates with the change and runs the command.
func (d *deployment) access(t *testing.T, change func(*world.World)) (status int, out string) {
	t.Helper()
	w, _, err := template.Read(selected(t, fixture.Assembly(), ""))
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(w)
	}
	if err := d.Deploy(w); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var text bytes.Buffer
	status = access.Run(ctx, append(append([]string{"-deployed"}, d.profiles...), d.folder), &text, &text, access.Tools{Evaluator: evaluator(t)})
	return status, text.String()
}
