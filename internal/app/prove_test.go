package app

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/retry"

	"example.com/shared-queue/internal/assembly"
	"example.com/shared-queue/internal/cdktest"
	"example.com/shared-queue/internal/fixture"
	"example.com/shared-queue/proof/aws/profile"
	"example.com/shared-queue/proof/prove"
	"example.com/shared-queue/proof/simulation"
	"example.com/shared-queue/proof/template"
)

// A stage is a simulation of the example with all profiles that prove takes.
type stage struct {
	*simulation.Simulation
	*app
	arguments []string
}

// newStages are so many, each of which takes one prove at a time.
func newStages(t *testing.T, n int) []*stage {
	t.Helper()
	folder := t.TempDir()
	settings := filepath.Join(folder, "cdk.json")
	if err := os.WriteFile(settings, []byte(`{"context": {"environments": `+fixture.Settings+`}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	var stages []*stage
	var configs []byte
	for i := range n {
		s, config := newStage(t, filepath.Join(folder, fmt.Sprint(i)), fmt.Sprintf("stage-%d-", i))
		s.arguments = append(s.arguments, "-settings", settings)
		stages, configs = append(stages, s), append(configs, config...)
	}
	// The environment is the whole process's: one file has the profiles of all.
	config := filepath.Join(folder, "config")
	if err := os.WriteFile(config, configs, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{"AWS_CONFIG_FILE": config, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull,
		"AWS_ACCESS_KEY_ID": "", "AWS_PROFILE": "", "AWS_ENDPOINT_URL": "", "AWS_CA_BUNDLE": ""} {
		t.Setenv(name, value)
	}
	return stages
}

// newStage has profiles whose names begin with the prefix. Their config is text,
// and their certificate is in the folder.
func newStage(t *testing.T, folder, prefix string) (s *stage, config []byte) {
	t.Helper()
	s = &stage{app: exampleAlone(t)}
	var err error
	if s.Simulation, err = simulation.Start(evaluator(t)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	profiles := s.AddProfiles(s.environments)
	for i := range profiles {
		profiles[i].Name = prefix + profiles[i].Name
	}
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	file, err := s.WriteConfig(folder, profiles)
	if err != nil {
		t.Fatal(err)
	}
	if config, err = os.ReadFile(file); err != nil {
		t.Fatal(err)
	}
	s.arguments = []string{"-endpoint-url", s.URL, "-environment", "dev", "-publisher", "web", "-timeout", "10s",
		"-profile", prefix + "dev-publisher-web", "-insider-profile", prefix + "dev-insider", "-consumer-profile", prefix + "dev-consumer"}
	for _, name := range []string{"prod-insider", "dev-sibling-ou", "dev-near-organization", "dev-other-organization", "dev-no-organization"} {
		outside := prefix + name
		i := slices.IndexFunc(profiles, func(p simulation.Profile) bool { return p.Name == outside })
		s.arguments = append(s.arguments, "-outsider-profile", outside, "-outsider-queue",
			"https://sqs.us-east-1.amazonaws.com/"+profiles[i].Caller.Account()+"/"+simulation.OwnQueue)
	}
	return s, config
}

// prove runs the command on what the templates come to. A template that AWS would
// refuse shows no boundary either.
func (s *stage) prove(templates map[string]any) (code int, out string) {
	stacks, err := assembly.Read(fixture.Assembly())
	if err != nil {
		return 1, err.Error()
	}
	for i := range stacks {
		stacks[i].Template, _ = templates[stacks[i].Name].(map[string]any)
	}
	deployed, _, err := template.Read(stacks)
	if err != nil {
		return 1, err.Error()
	}
	if err := s.Deploy(deployed); err != nil {
		return 1, err.Error()
	}
	var text bytes.Buffer
	command := prove.Command{
		Stdout: &text, Stderr: &text,
		Backoff: retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil }),
		Poll:    time.Millisecond,
		Code:    func(context.Context, string) (string, error) { return "", profile.ErrNoTerminal },
	}
	code = command.Run(context.Background(), s.arguments)
	return code, text.String()
}

// With no AWS account: the whole command, against the templates as they are.
func TestProveOnTheTemplates(t *testing.T) {
	s := newStages(t, 1)[0]
	if code, out := s.prove(decoded(s.app)); code != 0 || !strings.Contains(out, "The boundary holds") {
		t.Errorf("exit status %d\n%s", code, out)
	}
}

// unseen are the mutants of which prove says that the boundary holds, by the reason
// why it cannot see them. The matrix of access and the guard catch them.
var unseen = []struct {
	why     string
	mutants []string
}{
	{"a consumer receives and deletes; what else it may do is not asked", []string{
		"consumer: queues whose ARN begins the same",
		"consumer: all of SQS",
		"consumer: any key",
		"consumer: any queue",
		"consumer: key for any queue",
		"consumer: key not only through SQS",
		"consumer: may encrypt",
		"consumer: may purge",
		"consumer: no use of the key",
	}},
	{"no operator is asked: a redrive would move the messages of others", []string{
		"operator: all of SQS",
		"operator: decrypts for any queue",
		"operator: encrypts for any queue",
		"operator: may not send",
		"operator: may not start",
		"operator: reads the queue too",
		"operator: sends to any queue",
		"operator: uses the key directly",
	}},
	{"what else the publisher's own policy allows says nothing of queue and key, which the all-powerful insider asks", []string{
		"role: key by aliases that begin the same",
		"role: queues whose ARN begins the same",
		"role: all of KMS",
		"role: key by any alias",
		"role: key for any queue",
		"role: key not only through SQS",
		"role: keys of all aliases",
		"role: keys of any account",
		"role: may do all of SQS",
		"role: may do anything",
		"role: may receive",
		"role: may send to any queue",
		"role: may send to any queue of the account",
	}},
	{"SQS itself refuses plain HTTP to an encrypted queue, whatever its policy says", []string{
		"dead-letter queue: HTTPS denied instead",
		"dead-letter queue: only tagging denied over plain HTTP",
		"dead-letter queue: plain HTTP not denied",
		"queue: only sending denied over plain HTTP",
		"queue: plain HTTP allowed by name",
		"queue: plain HTTP denied on another queue",
		"queue: plain HTTP denied to one account",
		"queue: plain HTTP not denied",
	}},
	{"an organization has one root", []string{
		"key: OUs of any root that begins the same",
	}},
	{"every principal of the organization has a path, and the organization is still asked for", []string{
		"key: ForAllValues for the OU",
		"key: IfExists for the OU",
	}},
	{"principals of other organizations and of none do not get past the queue", []string{
		"key: organizations whose id begins the same",
		"key: organizations whose id begins the same, paths too",
		"key: ForAllValues for the OU and no organization",
		"key: any organization",
		"key: any organization's OU",
	}},
	{"nobody administers the key while prove runs", []string{
		"key: administration gone",
		"key: another account administers",
		"key: nobody administers",
	}},
	{"it takes a queue of one's own with this key, which prove does not create", []string{
		"key: for queues whose ARN begins the same",
		"key: through SQS of Regions whose code begins the same",
		"key: for any queue",
		"key: for any queue of the account",
		"key: through SQS of any Region",
	}},
	{"the encryption context stops Parameter Store all the same, and no other service is tried", []string{
		"key: through services whose name begins the same",
		"key: through another service too",
		"key: through any service",
	}},
	{"SQS does not use kms:Encrypt for a sender", []string{
		"key: no Encrypt",
	}},
	{"it is allowed through SQS only, which asks for nothing of the kind", []string{
		"key: data keys of every kind",
		"key: senders may all",
		"key: senders may all but",
		"key: senders may describe",
		"key: senders may grant",
		"key: senders may re-encrypt",
	}},
	{"the insider is an account of the OU itself, not below it", []string{
		"key: the OU alone, not below it",
	}},
	{"prove purges no queue", []string{
		"queue: senders may purge",
	}},
	{"there is no other action or queue that it lets in", []string{
		"queue: queues whose ARN begins the same",
		"queue: any resource",
		"queue: every action that begins with Send",
	}},
	{"the publisher is in its role already, so nobody has to assume it", []string{
		"settings: the whole account may assume the role",
		"template: role of another name",
		"template: role with a managed policy",
		"trust: a service less",
		"trust: another service too",
		"trust: nobody",
		"trust: the publisher's whole account",
	}},
	{"nothing that prove asks goes through it", []string{
		"settings: another alias",
		"template: a managed policy too",
		"template: a policy for a topic",
		"template: a policy for somebody else",
		"template: a second policy of the key",
		"template: dead letters of any queue",
		"template: dead-letter queue with no key",
		"template: no policy of the dead letters",
		"template: permissions on a user too",
	}},
}

// Of a policy that was broken, one thing at a time, prove must not say that the
// boundary holds.
func TestProveOnEveryMutant(t *testing.T) {
	stages := newStages(t, 4) // a proof mostly waits
	s := stages[0]
	plain := decoded(s.app)
	_, base := decide(t, s.app)
	list := map[string]map[string]any{}
	for _, m := range mutants(base) {
		if m.equivalent == "" {
			list[m.name] = s.with(t, m)
		}
	}
	maps.Copy(list, synthSettings(t).stacks)
	for stack, changes := range map[string]map[string]change{"dev-shared": templateMutants, "dev-publisher-web": roleTemplateMutants} {
		for name, change := range changes {
			mutated := clone(plain[stack])
			change(nil, mutated["Resources"].(map[string]any))
			list[name] = map[string]any{stack: mutated}
		}
	}
	reasons := map[string]string{}
	for _, u := range unseen {
		for _, name := range u.mutants {
			reasons[name] = u.why
		}
	}
	names := make(chan string, len(list))
	for name := range list {
		names <- name
	}
	close(names)
	var noticed atomic.Int32
	var proofs sync.WaitGroup
	for _, stage := range stages {
		proofs.Go(func() {
			if code, out := stage.prove(plain); code != 0 {
				t.Errorf("a stage does not show the boundary as it is\n%s", out)
			}
			for name := range names {
				templates := maps.Clone(plain)
				maps.Copy(templates, list[name])
				code, out := stage.prove(templates)
				switch why := reasons[name]; {
				case code == 0 && why == "":
					t.Errorf("%s: prove says that the boundary holds", name)
				case code != 0 && why != "":
					t.Errorf("%s: is listed as not seen, but is\n%s", name, out)
				case code != 0:
					noticed.Add(1)
				}
			}
		})
	}
	proofs.Wait()
	for name := range reasons {
		if list[name] == nil {
			t.Errorf("%s is listed as not seen, and is no mutant", name)
		}
	}
	t.Logf("prove notices %d of %d mutants; %d it cannot see, for the reasons listed", noticed.Load(), len(list), len(reasons))
}

// with is the mutant's template, by stack.
func (s *stage) with(t *testing.T, m mutant) map[string]any {
	t.Helper()
	_, base := decide(t, s.app)
	base = maps.Clone(base)
	stack, _, _ := strings.Cut(m.policy, ": ")
	template := clone(s.templates[stack].JSON)
	resource, property := s.place(t, m.policy)
	properties := cdktest.Get(template, "Resources", resource, "Properties").(map[string]any)
	base[m.policy] = properties[property]
	properties[property] = m.apply(t, base)
	return map[string]any{stack: template}
}

// place is where a policy of dev is in its template.
func (s *stage) place(t *testing.T, policy string) (resource, property string) {
	t.Helper()
	switch policy {
	case devKey:
		return keyID, "KeyPolicy"
	case devQueue:
		return queuePolicyID, "PolicyDocument"
	case devDeadLetter:
		return deadLetterPolicyID, "PolicyDocument"
	case devPermissions:
		return rolePolicyID, "PolicyDocument"
	case devTrust:
		return roleID, "AssumeRolePolicyDocument"
	}
	kind := map[string]string{devConsumer: "Consumer", devOperator: "Operator"}[policy]
	for _, id := range s.templates["dev-shared"].IDs("AWS::IAM::Policy") {
		if strings.HasPrefix(id, kind) {
			return id, "PolicyDocument"
		}
	}
	t.Fatalf("%s is nowhere", policy)
	return "", ""
}
