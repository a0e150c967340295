package spec_test

import (
	"fmt"
	"strings"
	"testing"

	"example.com/shared-queue/address"
	"example.com/shared-queue/spec"
)

const dev = "o-abc1234567/r-wxyz/ou-wxyz-jklm1dev/ou-wxyz-km23jdev"

func TestSenders(t *testing.T) {
	parse := func(s string) address.Path {
		p, err := address.ParsePath(s)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	one := parse(dev)
	child := parse(dev + "/ou-wxyz-children")
	foreign := parse("o-zyx9876543/r-wxyz/ou-wxyz-jklm1dev")
	for name, c := range map[string]struct {
		paths []address.Path
		want  string
	}{
		"one":              {[]address.Path{one}, ""},
		"OU and its child": {[]address.Path{one, child}, ""},
		"none":             {nil, "Senders: got [], allowed: one OU path or more; name the OU that may send"},
		"zero": {[]address.Path{{}}, `Senders[0]: got "", allowed: an OU path o-…/r-…/ou-…, from the organization's id down to the OU; ` +
			`look the path up as docs/settings.md shows under "Find an OU's path"`},
		"twice": {[]address.Path{one, child, one}, `Senders[2]: got "` + dev + `", allowed: each path once; remove it: it is Senders[0] again`},
		"two organizations": {[]address.Path{one, foreign}, `Senders[1]: got "o-zyx9876543/r-wxyz/ou-wxyz-jklm1dev", allowed: OUs of one organization, here o-abc1234567; ` +
			"give the other organization an environment of its own"},
	} {
		t.Run(name, func(t *testing.T) {
			got := ""
			q := spec.Queue{QueueName: "work", KeyAlias: "app", Senders: c.paths}
			if err := q.Check("111111111111", "us-east-1"); err != nil {
				got = err.Error()
			}
			if got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

// No setting can make the template in a stack set too long: with the longest names
// and a trust policy at its limit it stays far below 51,200 bytes.
func TestLongestTemplateFitsIntoStackSet(t *testing.T) {
	role := spec.Role{
		RoleName:            strings.Repeat("r", 64),
		RolePath:            "/" + strings.Repeat("p", 510) + "/",
		PermissionsBoundary: "arn:aws:iam::account:policy/" + strings.Repeat("b", 128),
		Queue:               address.Queue{Region: "ap-southeast-10", Account: "111111111111", Name: strings.Repeat("q", 76), Alias: strings.Repeat("k", 250)},
		SenderMayAlso:       []string{"sqs:GetQueueUrl", "sqs:GetQueueAttributes"},
	}
	set := spec.RoleStackSet{Role: role}
	for i := 0; set.CheckRole() == nil || i == 0; i++ {
		principal, err := address.ParsePrincipal(fmt.Sprintf("arn:aws:iam::%012d:role/another", i))
		if err != nil {
			t.Fatal(err)
		}
		set.Role.AssumedBy = append(set.Role.AssumedBy, principal)
	}
	if err := set.CheckRole().Error(); !strings.Contains(err, "keep the trust policy within 4096 characters") {
		t.Fatal(err)
	}
	body, err := set.TemplateBody()
	if err != nil || len(body) > 51_200/4 {
		t.Errorf("%d bytes, %v", len(body), err)
	}
}
