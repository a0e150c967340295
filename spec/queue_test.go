package spec_test

import (
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
