package guard_test

import (
	"strings"
	"testing"
)

// ids are those of the findings in a policy of a queue, with all that the template
// has beside it.
func ids(t *testing.T, template string, list ...string) (ids []string) {
	t.Helper()
	policy := `{"Resources": {"Policy": {"Type": "AWS::SQS::QueueInlinePolicy", "Properties": {"PolicyDocument": ` + statements(list...) + `}}}` + template + `}`
	for _, f := range checked(t, once(policy), "", "")["Policy"] {
		ids = append(ids, f.Rule+"."+f.Name)
	}
	return ids
}

// An acknowledgement is of an id, which must not be that of another statement.
func TestIDIsOfWhatTheStatementSays(t *testing.T) {
	const (
		receive = `{"Effect": "Allow", "Principal": "*", "Action": "sqs:ReceiveMessage", "Resource": ` + arn + `}`
		delete_ = `{"Effect": "Allow", "Principal": "*", "Action": "sqs:DeleteMessage", "Resource": ` + arn + `}`
		named   = `{"Sid": "Named", "Effect": "Allow", "Principal": "*", "Action": "sqs:ReceiveMessage", "Resource": ` + arn + `}`
		alike   = `{"Sid": "Named!", "Effect": "Allow", "Principal": "*", "Action": "sqs:DeleteMessage", "Resource": ` + arn + `}`
		mapped  = `{"Effect": "Allow", "Principal": "*", "Action": {"Fn::FindInMap": ["Map", "a", "b"]}, "Resource": ` + arn + `}`
		mapping = `, "Mappings": {"Map": {"a": {"b": "sqs:GetQueueUrl"}}}`
	)
	one := func(template string, list ...string) string {
		t.Helper()
		found := ids(t, template, list...)
		if len(found) != 1 {
			t.Fatalf("%d findings, want 1: %q", len(found), found)
		}
		return found[0]
	}
	if a, b := one("", receive), one("", delete_); a == b {
		t.Errorf("another statement in its place has the id %s, too", b)
	}
	worse := strings.Replace(mapping, "GetQueueUrl", "DeleteMessage", 1)
	if a, b := one(mapping, mapped), one(worse, mapped); a == b {
		t.Errorf("with another entry of its mapping the id is %s, too", b)
	}
	if a := one("", named); a != "Guard-Organization.Named" {
		t.Errorf("the id is %s, want that of the Sid", a)
	}
	if a, b := one("", receive), one("", denyHTTP, receive); a != b {
		t.Errorf("behind another statement the id is %s, want %s", b, a)
	}
	if a, b := one("", receive), one("", `{"Resource": `+arn+`, "Action": "sqs:ReceiveMessage", "Principal": "*", "Effect": "Allow"}`); a != b {
		t.Errorf("in another order the id is %s, want %s", b, a)
	}
	if found := ids(t, "", named, alike); len(found) != 2 || found[0] == found[1] || strings.HasSuffix(found[0], ".Named") {
		t.Errorf("two statements whose Sids read alike in an id have %q", found)
	}
}

// So it is of what is wrong with a whole policy.
func TestIDIsOfWhatThePolicySays(t *testing.T) {
	id := func(document string) string {
		for _, f := range checked(t, `{"Resources": {"Policy": {"Type": "AWS::SQS::QueueInlinePolicy", "Properties": {"PolicyDocument": `+document+`}}}}`, "", "")["Policy"] {
			return f.Rule + "." + f.Name
		}
		return ""
	}
	a, b := id(`{"Fn::GetAtt": ["One", "Policy"]}`), id(`{"Fn::GetAtt": ["Other", "Policy"]}`)
	if a == b || !strings.HasPrefix(a, "Guard-Unreadable.policy-") {
		t.Errorf("the ids are %s and %s, want two", a, b)
	}
}
