package policy_test

import (
	"encoding/json"
	"strings"
	"testing"

	"example.com/shared-queue/address"
	"example.com/shared-queue/policy"
)

// IAM's limit on a role's inline policies together, in characters.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
const maxInlinePolicies = 10_240

// No setting can make a publisher's policy too long: with the longest names it
// stays far below the limit.
func TestLongestGrantFitsIntoRole(t *testing.T) {
	longest := address.Queue{
		Region:  "ap-southeast-10",
		Account: "111111111111",
		Name:    strings.Repeat("q", 76),
		Alias:   strings.Repeat("k", 250),
	}
	if err := longest.Check(); err != nil {
		t.Fatal(err)
	}
	if size := policy.GrantSend(longest).Size(); size > maxInlinePolicies/2 {
		t.Errorf("the longest grant has %d characters of %d", size, maxInlinePolicies)
	}
}

func TestDocumentIsWrittenAsAWSWritesIt(t *testing.T) {
	document := policy.Document{{
		Sid:       "One",
		Effect:    policy.Allow,
		Principal: policy.Principal{Everyone: true},
		Action:    policy.Strings{"sqs:SendMessage"},
		Resource:  policy.Strings{"a", "b"},
		Condition: policy.Condition{"StringEquals": {"aws:PrincipalOrgID": {"o-abc1234567"}}},
	}, {
		Effect:   policy.Deny,
		Action:   policy.Strings{"sqs:*"},
		Resource: policy.Strings{"*"},
	}}
	const want = `{"Statement":[` +
		`{"Action":"sqs:SendMessage","Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-abc1234567"}},` +
		`"Effect":"Allow","Principal":{"AWS":"*"},"Resource":["a","b"],"Sid":"One"},` +
		`{"Action":"sqs:*","Effect":"Deny","Resource":"*"}],"Version":"2012-10-17"}`
	got, err := json.Marshal(document)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if document.Size() != len(want) {
		t.Errorf("size %d, want %d", document.Size(), len(want))
	}
}

func TestResourceControlPolicy(t *testing.T) {
	dev, err := address.ParsePath("o-abc1234567/r-wxyz/ou-wxyz-jklm1dev")
	if err != nil {
		t.Fatal(err)
	}
	queue := address.Queue{Region: "us-east-1", Account: "111111111111", Name: "work", Alias: "app"}
	got, err := json.Marshal(policy.ResourceControl(queue, policy.Senders{OUs: []address.Path{dev}}))
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"Statement":[` +
		`{"Action":"sqs:*","Condition":{"BoolIfExists":{"aws:PrincipalIsAWSService":"false"},` +
		`"ForAllValues:StringNotLike":{"aws:PrincipalOrgPaths":"o-abc1234567/r-wxyz/ou-wxyz-jklm1dev/*"},` +
		`"StringNotEquals":{"aws:PrincipalAccount":"111111111111"}},` +
		`"Effect":"Deny","Principal":"*","Resource":"arn:aws:sqs:us-east-1:111111111111:work","Sid":"OnlyPrincipalsOfTheOUs"},` +
		`{"Action":"sqs:*","Condition":{"Bool":{"aws:PrincipalIsAWSService":"true"},` +
		`"ForAllValues:StringNotLike":{"aws:SourceOrgPaths":"o-abc1234567/r-wxyz/ou-wxyz-jklm1dev/*"}},` +
		`"Effect":"Deny","Principal":"*","Resource":"arn:aws:sqs:us-east-1:111111111111:work","Sid":"OnlyServicesForTheOUs"}],` +
		`"Version":"2012-10-17"}`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
