package prove

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"example.com/shared-queue/address"
	"example.com/shared-queue/internal/assembly"
	"example.com/shared-queue/internal/fixture"
	"example.com/shared-queue/policy"
	"example.com/shared-queue/proof/mutant"
	"example.com/shared-queue/proof/prove/computed"
	"example.com/shared-queue/proof/simulation"
)

// A widening is a change of what is deployed that was once called a boundary that
// holds.
type widening struct {
	name   string
	change func(s *stage, stacks []assembly.Stack)
	// outsiders are those who were given then, who try it in vain or try something else.
	outsiders []string
	tried     string // the claim that they break by trying; empty if they cannot
	// computed is the claim that is broken with -shared-profile. Of an account that a policy
	// names, nothing says where it is: it is asked about in several places.
	computed string
}

// Policies in the stack of dev's shared account, by the beginning of their logical ids.
const (
	onKey   = "SharedQueueKey"
	onQueue = "SharedQueuePolicy"
	onDead  = "SharedQueueDeadLetterQueuePolicy"
)

// documentOf is a policy of a stack, which may be changed.
func documentOf(stacks []assembly.Stack, stack, prefix, property string) object {
	i := slices.IndexFunc(stacks, func(s assembly.Stack) bool { return s.Name == stack })
	for id, r := range stacks[i].Template["Resources"].(object) {
		properties := r.(object)["Properties"].(object)
		if d, ok := properties[property].(object); ok && strings.HasPrefix(id, prefix) {
			return d
		}
	}
	return nil
}

func policyOf(stacks []assembly.Stack, where string) object {
	if where == onKey {
		return documentOf(stacks, "dev-shared", where, "KeyPolicy")
	}
	return documentOf(stacks, "dev-shared", where, "PolicyDocument")
}

// allow adds a statement. Who is a profile, an organization or everyone.
func allow(where, who string, names ...string) func(*stage, []assembly.Stack) {
	return func(s *stage, stacks []assembly.Stack) {
		statement := object{"Effect": "Allow", "Action": names, "Resource": "*", "Principal": object{"AWS": "*"}}
		if where != onKey {
			q := address.Queue{Region: "us-east-1", Account: "111111111111", Name: "shared-app-work"}
			statement["Resource"] = q.ARN()
			if where == onDead {
				statement["Resource"] = q.DeadLetter().ARN()
			}
		}
		switch {
		case strings.HasPrefix(who, "o-"):
			statement["Condition"] = object{"StringEquals": object{policy.KeyOrgID: who}}
		case who == "senders":
			statement["Condition"] = object{"ForAnyValue:StringLike": object{policy.KeyOrgPaths: devOU + "/*"}}
		case who != "*":
			statement["Principal"] = object{"AWS": "arn:aws:iam::" + s.profiles[who].Caller.Account() + ":root"}
		}
		d := policyOf(stacks, where)
		d["Statement"] = append(d["Statement"].([]any), statement)
	}
}

func both(changes ...func(*stage, []assembly.Stack)) func(*stage, []assembly.Stack) {
	return func(s *stage, stacks []assembly.Stack) {
		for _, change := range changes {
			change(s, stacks)
		}
	}
}

// statement changes the statement with the Sid.
func statement(where, sid string, change func(object)) func(*stage, []assembly.Stack) {
	return func(_ *stage, stacks []assembly.Stack) { changeAll(policyOf(stacks, where), sid, change) }
}

// theArticle has the set operator of the policies that the article prints.
var theArticle = both(
	statement(onQueue, policy.SidSend, func(s object) {
		s["Condition"] = object{"ForAllValues:StringEquals": object{policy.KeyOrgID: "o-abc1234567"}}
	}),
	statement(onKey, policy.SidUseKey, func(s object) {
		delete(s["Condition"].(object)["StringEquals"].(object), policy.KeyOrgID)
		s["Condition"].(object)["ForAllValues:StringLike"] = s["Condition"].(object)["ForAnyValue:StringLike"]
		delete(s["Condition"].(object), "ForAnyValue:StringLike")
	}))

var anyOrganization = both(
	statement(onQueue, policy.SidSend, func(s object) { s["Condition"] = object{"StringLike": object{policy.KeyOrgID: "o-*"}} }),
	statement(onKey, policy.SidUseKey, func(s object) {
		delete(s["Condition"].(object)["StringEquals"].(object), policy.KeyOrgID)
		s["Condition"].(object)["ForAnyValue:StringLike"] = object{policy.KeyOrgPaths: "o-*"}
	}))

const foreign, sibling, none = "dev-other-organization", "dev-sibling-ou", "dev-no-organization"

var widenings = []widening{
	{"the article's policies, and nobody of no organization", theArticle, []string{sibling, foreign}, "", "computed-no-organization"},
	{"the article's policies", theArticle, []string{none}, "no-organization-cannot-send", "computed-no-organization"},
	{"any organization, and one of none", anyOrganization, []string{none}, "", "computed-other-organization"},
	{"a foreign account reads", both(allow(onQueue, foreign, "sqs:ReceiveMessage", "sqs:DeleteMessage"), allow(onKey, foreign, "kms:*")), []string{foreign},
		"other-organization-cannot-receive", "computed-no-organization"},
	{"a foreign account receives", allow(onQueue, foreign, "sqs:ReceiveMessage"), []string{foreign}, "other-organization-cannot-receive", "computed-no-organization"},
	{"a foreign account deletes and purges", allow(onQueue, foreign, "sqs:DeleteMessage", "sqs:PurgeQueue"), []string{foreign}, "", "computed-no-organization"},
	{"a foreign account does everything with the key", allow(onKey, foreign, "kms:*"), []string{foreign}, "other-organization-cannot-use-key", "computed-no-organization"},
	{"a foreign account does everything with dead letters", allow(onDead, foreign, "sqs:*"), []string{foreign}, "other-organization-cannot-receive", "computed-no-organization"},
	{"an account of a sibling OU receives and deletes", allow(onQueue, sibling, "sqs:ReceiveMessage", "sqs:DeleteMessage"), []string{sibling}, "other-ou-cannot-receive", "computed-other-ou"},
	{"an account of a sibling OU uses the key directly", allow(onKey, sibling, "kms:Decrypt", "kms:GenerateDataKey"), []string{sibling}, "other-ou-cannot-use-key", "computed-other-ou"},
	{"the organization may purge", allow(onQueue, "o-abc1234567", "sqs:PurgeQueue"), []string{sibling, foreign, none}, "", "computed-other-ou"},
	{"the organization may delete and purge dead letters", allow(onDead, "o-abc1234567", "sqs:DeleteMessage", "sqs:PurgeQueue"), []string{sibling}, "", "computed-senders"},
	{"everyone may look the queue up", allow(onQueue, "*", "sqs:GetQueueUrl", "sqs:GetQueueAttributes"), []string{none}, "sender-looks-up", "computed-no-organization"},
	{"senders may make grants of the key", allow(onKey, "senders", "kms:CreateGrant"), []string{none}, "", "computed-senders"},
	{"senders may describe the key and re-encrypt", allow(onKey, "senders", "kms:DescribeKey", "kms:GetKeyPolicy", "kms:ReEncrypt*"), []string{none}, "sender-cannot-describe-key", "computed-senders"},
	{"everyone may assume the publisher's role", func(_ *stage, stacks []assembly.Stack) {
		d := documentOf(stacks, "dev-publisher-web", "PublisherRole", "AssumeRolePolicyDocument")
		d["Statement"].([]any)[0].(object)["Principal"] = object{"AWS": "*"}
	}, []string{none}, "others-cannot-assume-role", "computed-trust"},
}

// cloned are the stacks with templates of their own.
func (s *stage) cloned() []assembly.Stack {
	stacks := slices.Clone(s.stacks)
	for i := range stacks {
		stacks[i].Template = mutant.Clone(stacks[i].Template)
	}
	return stacks
}

func TestWhatIsNotHeldIsNotCalledHolding(t *testing.T) {
	s := newStage(t)
	for _, w := range widenings {
		t.Run(w.name, func(t *testing.T) {
			stacks := s.cloned()
			w.change(s, stacks)
			s.deploy(t, stacks)
			args := append(slices.Clone(web), "-insider-profile", "dev-insider", "-consumer-profile", "dev-consumer")
			for _, name := range w.outsiders {
				args = append(args, s.outsider(name)...)
			}
			code, stdout := s.prove(t, append(args, "-json")...)
			sum := parseLines(t, stdout)[""].Summary
			if strings.Contains(stdout, "The boundary holds") || (code == exitFails) != (w.tried != "") || w.tried != "" && !slices.Contains(sum.Broken, w.tried) {
				t.Errorf("by trying: exit code %d, broken %v", code, sum.Broken)
			}
			code, stdout = s.prove(t, append(append(args, readers...), "-json")...)
			if sum := parseLines(t, stdout)[""].Summary; code != exitFails || sum.Boundary != "does not hold" || !slices.Contains(sum.Broken, w.computed) {
				t.Errorf("computed: exit code %d, the boundary %s, broken %v", code, sum.Boundary, sum.Broken)
			}
		})
	}
}

// What the settings promise and does not work is no boundary as it must be.
func TestWhatIsPromisedAndDoesNotWork(t *testing.T) {
	s := newStage(t)
	account := s.profiles["stage-publisher-everyone"].Caller.Account()
	args := []string{"-environment", "stage", "-publisher", "everyone", "-account", account, "-profile", "stage-publisher-everyone", "-insider-profile", "stage-insider", "-shared-profile", "stage-admin"}
	for name, test := range map[string]struct {
		sid, broken string
		change      func(object)
	}{
		"topics may not send":      {policy.SidServicesSend, "computed-services", func(s object) { s["Action"] = "sqs:GetQueueUrl" }},
		"topics may not encrypt":   {policy.SidServicesUseKey, "computed-services", func(s object) { s["Action"] = "kms:Decrypt" }},
		"senders may not look up":  {policy.SidSend, "sender-looks-up", func(s object) { s["Action"] = "sqs:SendMessage" }},
		"senders may not look up ": {policy.SidSend, "computed-senders", func(s object) { s["Action"] = "sqs:SendMessage" }},
	} {
		t.Run(name, func(t *testing.T) {
			stacks := s.cloned()
			i := slices.IndexFunc(stacks, func(s assembly.Stack) bool { return s.Name == "stage-shared" })
			if changeAll(stacks[i].Template, test.sid, test.change) == 0 {
				t.Fatal("changes nothing")
			}
			s.deploy(t, stacks)
			if sum := s.lines(t, args...)[""].Summary; sum.ExitCode != exitFails || !slices.Contains(sum.Broken, test.broken) {
				t.Errorf("%+v", sum)
			}
		})
	}
}

// With the project's own resource control policy attached, it refuses every outsider
// before the queue is asked: they cannot send, and the boundary can be shown.
func TestWithTheResourceControlPolicy(t *testing.T) {
	s := newStage(t)
	path, err := address.ParsePath(devOU)
	if err != nil {
		t.Fatal(err)
	}
	q := address.Queue{Region: "us-east-1", Account: "111111111111", Name: "shared-app-work", Alias: "shared-app"}
	text, err := json.Marshal(policy.ResourceControl(q, policy.Senders{OUs: []address.Path{path}}))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.AttachPolicy(types.PolicyTypeResourceControlPolicy, q.Account, string(text)); err != nil {
		t.Fatal(err)
	}
	all := s.lines(t, append(append(s.everybody(), readers...), "-organization-profile", "dev-management")...)
	if sum := all[""].Summary; sum.ExitCode != exitHolds {
		t.Errorf("%+v", sum)
	}
	if l := all["send as outsider dev-sibling-ou"]; l.Verdict != "holds" || l.Policy != "resource control policy" {
		t.Errorf("%+v", l)
	}
}

// What could not be looked at is not called as promised.
func TestNothingIsComputedOfWhatIsNotKnown(t *testing.T) {
	s := newStage(t)
	for _, test := range []struct {
		name   string
		change func(stacks []assembly.Stack) []assembly.Stack
		args   []string
		says   string
	}{
		{"a profile of another account", nil, []string{"-shared-profile", "prod-admin"}, "no -shared-profile is of the shared account 111111111111"},
		{"a profile that may not read", nil, []string{"-shared-profile", "dev-consumer"}, "iam:GetPolicy, iam:GetPolicyVersion"},
		{"nothing is deployed", func(stacks []assembly.Stack) []assembly.Stack {
			return slices.DeleteFunc(stacks, func(s assembly.Stack) bool { return strings.HasPrefix(s.Name, "dev-") })
		}, readers, "The specified queue does not exist or you do not have access to it."},
	} {
		t.Run(test.name, func(t *testing.T) {
			stacks := s.cloned()
			if test.change != nil {
				stacks = test.change(stacks)
			}
			s.deploy(t, stacks)
			all := s.lines(t, append(slices.Clone(web), test.args...)...)
			if l := all["policies in force"]; !strings.Contains(l.Detail+all["compute resources"].Detail, test.says) {
				t.Errorf("%+v, %+v", l, all["compute resources"])
			}
			for _, c := range all[""].Summary.Claims {
				if strings.HasPrefix(c.ID, computed.Prefix) && c.Verdict == string(holds) {
					t.Errorf("%+v", c)
				}
			}
		})
	}
}

// What is computed of other roles is not said of one that could not be read.
func TestUnreadRole(t *testing.T) {
	s := newStage(t)
	for want, profiles := range map[string][]string{"tried and computed": readers, "tried": {"-shared-profile", "dev-admin", "-shared-profile", "dev-publisher-events-admin"}} {
		all := s.lines(t, append(s.everybody(), profiles...)...)
		for _, id := range []string{"sender-sends", "others-cannot-assume-role"} {
			if _, how := all[""].claim(id); how != want {
				t.Errorf("%s is %s, not %s", id, how, want)
			}
		}
		if l := all["policies in force"]; (want == "tried") != strings.Contains(l.Detail, "not read, so nothing is said of them: arn:aws:iam::222222222222:role/shared-app-publisher") {
			t.Errorf("%+v", l)
		}
	}
}

// Whatever the settings ask for can be shown.
func TestEveryKindOfSettings(t *testing.T) {
	s := newStageOf(t, fixture.Variants, fixture.VariantsAssembly())
	for _, e := range s.environments {
		t.Run(e.Name, func(t *testing.T) {
			args := s.argsFor(e)
			for _, outside := range []string{"-sibling-ou", "-other-organization", "-no-organization"} {
				q := address.Queue{Region: e.Region, Account: s.profiles[e.Name+outside].Caller.Account(), Name: simulation.OwnQueue}
				args = append(args, "-outsider-profile", e.Name+outside, "-outsider-queue", q.URL())
			}
			if code, stdout := s.prove(t, args...); code != exitHolds {
				t.Errorf("exit code %d\n%s", code, stdout)
			}
		})
	}
}
