package access

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"example.com/shared-queue/internal/app/settings"
	"example.com/shared-queue/proof/evaluate"
	"example.com/shared-queue/spec"
)

const root = "../.."

var startEvaluator = sync.OnceValues(func() (*evaluate.Evaluator, error) { return evaluate.Start(root) })

// evaluator is the one process that all tests ask.
func evaluator(t testing.TB) *evaluate.Evaluator {
	t.Helper()
	e, err := startEvaluator()
	if err != nil {
		t.Fatal(err)
	}
	return e
}

const dev = `{"dev": {
  "region": "us-east-1",
  "senders": ["o-abc1234567/r-wxyz/ou-wxyz-jklm1dev"],
  "shared": {"account": "111111111111", "queueName": "work", "keyAlias": "app"},
  "publishers": {}
}}`

func environment(t *testing.T) []spec.Environment {
	t.Helper()
	environments, err := settings.Parse(dev)
	if err != nil {
		t.Fatal(err)
	}
	return environments
}

// everyone is a statement that admits everyone.
func everyone(action string) map[string]any {
	return map[string]any{"Sid": "Open", "Effect": "Allow", "Principal": "*", "Action": action, "Resource": "*"}
}

func sharedTemplate(keyPolicy any, more map[string]any) map[string]any {
	keyRef := map[string]any{"Fn::GetAtt": []any{"Key", "Arn"}}
	resources := map[string]any{
		"Key": map[string]any{"Type": "AWS::KMS::Key", "Properties": map[string]any{"KeyPolicy": keyPolicy}},
		"Queue": map[string]any{"Type": "AWS::SQS::Queue", "Properties": map[string]any{"QueueName": "work", "KmsMasterKeyId": keyRef,
			"RedrivePolicy": map[string]any{"deadLetterTargetArn": map[string]any{"Fn::GetAtt": []any{"DeadLetter", "Arn"}}}}},
		"DeadLetter": map[string]any{"Type": "AWS::SQS::Queue", "Properties": map[string]any{"QueueName": "work-dlq", "KmsMasterKeyId": keyRef,
			"RedriveAllowPolicy": map[string]any{"sourceQueueArns": []any{"arn:aws:sqs:us-east-1:111111111111:work"}}}},
		"Alias": map[string]any{"Type": "AWS::KMS::Alias", "Properties": map[string]any{"AliasName": "alias/app", "TargetKeyId": keyRef}},
		"QueuePolicy": map[string]any{"Type": "AWS::SQS::QueuePolicy", "Properties": map[string]any{
			"Queues": []any{map[string]any{"Ref": "Queue"}}, "PolicyDocument": evaluate.Document(everyone("sqs:SendMessage"))}},
		"DeadLetterPolicy": map[string]any{"Type": "AWS::SQS::QueuePolicy", "Properties": map[string]any{
			"Queues": []any{map[string]any{"Ref": "DeadLetter"}}, "PolicyDocument": evaluate.Document(everyone("sqs:SendMessage"))}},
	}
	for id, r := range more {
		resources[id] = r
	}
	return map[string]any{"dev-shared": map[string]any{"Resources": resources}}
}

func TestWhatIsNotUnderstoodIsAnError(t *testing.T) {
	ref := func(name string) any { return map[string]any{"Ref": name} }
	withResource := func(r any) any {
		s := everyone("kms:Decrypt")
		s["Resource"] = r
		return evaluate.Document(s)
	}
	policyOf := func(roles ...any) map[string]any {
		return map[string]any{"Type": "AWS::IAM::Policy", "Properties": map[string]any{"Roles": roles, "PolicyDocument": evaluate.Document()}}
	}
	for name, c := range map[string]struct {
		key  any
		more map[string]any
		want string
	}{
		"a reference to a parameter": {withResource(ref("Parameter")), nil, "unknown reference to Parameter"},
		"a join":                     {withResource(map[string]any{"Fn::Join": []any{"", []any{}}}), nil, "unknown intrinsic function Fn::Join"},
		"the ARN of something else":  {withResource(map[string]any{"Fn::GetAtt": []any{"Role", "Arn"}}), nil, "unknown attribute Role.Arn"},
		"another attribute":          {withResource(map[string]any{"Fn::GetAtt": []any{"Key", "KeyId"}}), nil, "unknown attribute Key.KeyId"},
		"another kind of resource":   {withResource("*"), map[string]any{"Topic": map[string]any{"Type": "AWS::SNS::Topic"}}, "Topic is an AWS::SNS::Topic, which nothing here evaluates"},
		"a policy of two roles":      {withResource("*"), map[string]any{"Policy": policyOf("one", "two")}, "Policy is the policy of more than one role"},
		"a queue with no key": {withResource("*"), map[string]any{"Queue": map[string]any{"Type": "AWS::SQS::Queue", "Properties": map[string]any{"QueueName": "work"}}},
			"Queue is not encrypted with the key, but with <nil>"},
		"a key with no policy":      {nil, nil, "no document for dev-shared: key policy"},
		"a policy of somebody else": {withResource("*"), map[string]any{"Policy": policyOf("intern")}, "Policy is the policy of intern, no consumer or operator"},
		"an alias of another name": {withResource("*"), map[string]any{"Alias": map[string]any{"Type": "AWS::KMS::Alias", "Properties": map[string]any{"AliasName": "alias/other"}}},
			"Alias is not the alias alias/app of the key"},
		"no alias":     {withResource("*"), map[string]any{"Alias": map[string]any{"Type": "AWS::CloudWatch::Alarm"}}, "no alias of the key"},
		"a second key": {withResource("*"), map[string]any{"Key2": map[string]any{"Type": "AWS::KMS::Key", "Properties": map[string]any{"KeyPolicy": evaluate.Document()}}}, "two of dev-shared: key policy"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Policies(environment(t), sharedTemplate(c.key, c.more))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}

func TestIntrinsicsThatAreUnderstood(t *testing.T) {
	statement := everyone("kms:Decrypt")
	statement["Resource"] = []any{
		map[string]any{"Ref": "AWS::AccountId"}, map[string]any{"Ref": "AWS::Partition"}, map[string]any{"Ref": "AWS::Region"},
		map[string]any{"Fn::GetAtt": []any{"Key", "Arn"}}, map[string]any{"Fn::GetAtt": []any{"Queue", "Arn"}},
	}
	world, err := Policies(environment(t), sharedTemplate(evaluate.Document(statement), nil))
	if err != nil {
		t.Fatal(err)
	}
	got := object(world["dev-shared: key policy"])["Statement"].([]any)[0].(map[string]any)["Resource"].([]any)
	want := []string{"111111111111", "aws", "us-east-1",
		"arn:aws:kms:us-east-1:111111111111:key/key-with-alias-app", "arn:aws:sqs:us-east-1:111111111111:work"}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("got %v, want %s", got[i], want[i])
		}
	}
}

// For a wrong answer the error names the caller, the operation, the statement that
// decides and its template.
func TestExplainNamesTheDecidingStatement(t *testing.T) {
	environments := environment(t)
	world, err := Policies(environments, sharedTemplate(evaluate.Document(everyone("kms:Decrypt")), nil))
	if err != nil {
		t.Fatal(err)
	}
	matrix := NewMatrix(environments)
	if err := matrix.Decide(evaluator(t), world); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"All-powerful role in no organization " + string(QueueAccepts): "Queue work and key app of dev: All-powerful role in no organization: " +
			"pass the queue's policy: yes, want no: decided by Open of dev-shared: queue policy",
		"All-powerful role in the OU " + string(KeyAccepts): "Queue work and key app of dev: All-powerful role in the OU: " +
			"pass the key's policy: no, want yes: no statement allows it in dev-shared: key policy",
	}
	for _, d := range matrix.Decisions() {
		expected, asked := want[d.Who+" "+string(d.Operation)]
		if !asked {
			continue
		}
		delete(want, d.Who+" "+string(d.Operation))
		if got, err := matrix.Explain(evaluator(t), world, d); err != nil || got != expected {
			t.Errorf("got  %s, %v\nwant %s", got, err, expected)
		}
	}
	for question := range want {
		t.Errorf("not asked: %s", question)
	}
}

func TestNamesThatAWSDoesNotKnow(t *testing.T) {
	for name, c := range map[string]struct {
		change func(statement map[string]any)
		want   string
	}{
		"action": {func(s map[string]any) { s["Action"] = "kms:Decrpyt" }, "unknown action kms:Decrpyt"},
		"condition key": {func(s map[string]any) {
			s["Condition"] = map[string]any{"StringEquals": map[string]any{"aws:PrincipleOrgID": "o"}}
		}, "unknown condition key aws:PrincipleOrgID"},
		"operator": {func(s map[string]any) {
			s["Condition"] = map[string]any{"StringEqual": map[string]any{"aws:PrincipalOrgID": "o"}}
		}, "unknown operator StringEqual"},
		"set operator": {func(s map[string]any) {
			s["Condition"] = map[string]any{"ForSomeValue:StringEquals": map[string]any{"aws:PrincipalOrgID": "o"}}
		}, "unknown operator ForSomeValue:StringEquals"},
		"element": {func(s map[string]any) { s["Resources"] = "*" }, "Resources"},
		"effect":  {func(s map[string]any) { s["Effect"] = "allow" }, "Effect"},
	} {
		t.Run(name, func(t *testing.T) {
			statement := everyone("kms:Decrypt")
			c.change(statement)
			environments := environment(t)
			world, err := Policies(environments, sharedTemplate(evaluate.Document(statement), nil))
			if err != nil {
				t.Fatal(err)
			}
			err = NewMatrix(environments).Decide(evaluator(t), world)
			if err == nil || !strings.Contains(err.Error(), "policies that AWS would refuse or never match") || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}

// A question about every action asks for one action of each kind that the policies
// tell apart: nothing that they let in may be lost by that.
func TestQuestionsAboutEveryAction(t *testing.T) {
	statement := func(effect, element string, actions ...string) map[string]any {
		return map[string]any{"Effect": effect, "Principal": "*", element: actions, "Resource": "*"}
	}
	everything := statement("Allow", "Action", "kms:*")
	for name, c := range map[string]struct {
		policy map[string]any
		except []string
		want   bool
	}{
		"one action":                          {evaluate.Document(statement("Allow", "Action", "kms:CreateGrant")), nil, true},
		"one action in small letters":         {evaluate.Document(statement("Allow", "Action", "kms:creategrant")), nil, true},
		"one action of aliases":               {evaluate.Document(statement("Allow", "Action", "kms:CreateAlias")), nil, true},
		"a pattern":                           {evaluate.Document(statement("Allow", "Action", "kms:ReEncrypt*")), nil, true},
		"a pattern of one letter":             {evaluate.Document(statement("Allow", "Action", "kms:?ecrypt")), nil, true},
		"a pattern of nothing":                {evaluate.Document(statement("Allow", "Action", "kms:Nothing*")), nil, false},
		"another service":                     {evaluate.Document(statement("Allow", "Action", "sqs:*")), nil, false},
		"all but one":                         {evaluate.Document(statement("Allow", "NotAction", "kms:Decrypt")), nil, true},
		"all but all":                         {evaluate.Document(statement("Allow", "NotAction", "kms:*")), nil, false},
		"all, and all denied":                 {evaluate.Document(everything, statement("Deny", "Action", "kms:*")), nil, false},
		"all, and all but one denied":         {evaluate.Document(everything, statement("Deny", "NotAction", "kms:GenerateMac")), nil, true},
		"all, and one denied":                 {evaluate.Document(everything, statement("Deny", "Action", "kms:Decrypt")), nil, true},
		"one that is not asked for":           {evaluate.Document(statement("Allow", "Action", "kms:Decrypt")), []string{"kms:Decrypt"}, false},
		"one of two that is not asked for":    {evaluate.Document(statement("Allow", "Action", "kms:Decrypt", "kms:Encrypt")), []string{"kms:Decrypt"}, true},
		"a pattern of which one is asked for": {evaluate.Document(statement("Allow", "Action", "kms:?ncrypt", "kms:?ecrypt")), []string{"kms:Decrypt"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			answers, err := evaluator(t).Ask(evaluate.Input{
				Worlds:  []evaluate.World{{"key policy": c.policy}},
				Callers: []evaluate.Caller{{}}, // anonymous: the key's policy decides alone
				Decisions: []evaluate.Question{{Requests: []evaluate.Request{{Action: "kms:*", Except: c.except, Policy: "key policy",
					Resource: "arn:aws:kms:us-east-1:111111111111:key/1", Account: "111111111111"}}}},
			})
			if err != nil || len(answers[0].Problems) > 0 {
				t.Fatal(err, answers)
			}
			if got := answers[0].Got[0]; got != c.want {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

// A new kind of grant needs a promise.
func TestEachKindOfGrantHasAPromise(t *testing.T) {
	for _, kind := range spec.GrantKinds() {
		if p := promises[kind]; p.granted == "" || len(p.can) == 0 || len(p.own.queue)+len(p.own.deadLetter) == 0 || p.arrow == "" {
			t.Errorf("%s: say in worker.go what it is meant to allow, and how it is drawn", kind)
		}
	}
}

// Each row is what a reviewer reads of one caller, in a table where an administrator
// may do everything.
func TestWhatALineSays(t *testing.T) {
	overHTTPS := slices.DeleteFunc(slices.Clone(operations), func(o Operation) bool { return o == OverHTTP })
	for want, can := range map[string][]Operation{
		"nothing":  {},
		"**send**": {Send, QueueAccepts, KeyAccepts},
		"nothing; sending is stopped by the key alone":                   {QueueAccepts},
		"nothing; sending is stopped by the queue alone":                 {KeyAccepts},
		"**send, read and administer the key**":                          {Send, QueueAccepts, KeyAccepts, Read, AdministerKey},
		"**administer the queues**; sending is stopped by the key alone": {AdministerQueue, QueueAccepts},
		"**read**": {Read, OtherQueue},
		"**take other SQS actions on the queues**": {OtherQueue},
		"**everything**": overHTTPS,
	} {
		table := tableOf(can, overHTTPS)
		if got := table.may(table.Rows[0]); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		if got := table.never(); len(got) != 1 || got[0] != string(OverHTTP) {
			t.Errorf("nobody may: %q", got)
		}
	}
}

func TestWhatOnlyAdministratorsMayDo(t *testing.T) {
	all := []Operation{Send, Read, AdministerKey}
	table := tableOf(all, []Operation{Send})
	table.Operations = all
	if got := table.onlyWithEverything(); !slices.Equal(got, []string{"read", "administer the key"}) {
		t.Errorf("got %q", got)
	}
}

func TestWhichWallStops(t *testing.T) {
	inside := evaluate.Caller{Context: map[string]any{"aws:PrincipalOrgID": "o-1"}}
	for want, c := range map[string]struct {
		by  evaluate.Caller
		can []Operation
	}{
		"Whoever may not send is stopped by the queue's policy, whatever the key answers.":          {inside, []Operation{KeyAccepts}},
		"The key alone stops 1 caller that the queue lets send, all of organization o-1.":           {inside, []Operation{QueueAccepts}},
		"The key alone stops 1 caller that the queue lets send, 1 of them not of organization o-1.": {evaluate.Caller{}, []Operation{QueueAccepts}},
	} {
		table := tableOf(c.can)
		table.organization, table.Rows[0].Caller.Caller = "o-1", c.by
		if got := table.walls(); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

// tableOf has a row for each list of what its caller can do.
func tableOf(rows ...[]Operation) Table {
	table := Table{Operations: operations}
	for _, can := range rows {
		row := Row{}
		for _, o := range operations {
			row.Cells = append(row.Cells, &Decision{Operation: o, Got: slices.Contains(can, o)})
		}
		table.Rows = append(table.Rows, row)
	}
	return table
}

func TestNamesAreEscapedForMarkdown(t *testing.T) {
	for text, want := range map[string]string{
		"svc_orders_role": "svc_orders_role",
		"__all__":         `\_\_all\_\_`,
		"a|b/<c>/`d`*":    "a\\|b/\\<c\\>/\\`d\\`\\*",
	} {
		if got := markdown(text); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
