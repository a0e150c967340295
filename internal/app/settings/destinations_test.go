package settings_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"example.com/shared-queue/address"
	"example.com/shared-queue/internal/app/settings"
	"example.com/shared-queue/spec"
)

// destinations are two environments: the publisher web of dev sends to other too.
func destinations(t *testing.T, dev, other set) map[string]any {
	t.Helper()
	all := set{"publishers.web.sendsTo": []any{"other"}}
	for path, value := range dev {
		all[path] = value
	}
	more := set{"shared.queueName": "other", "shared.keyAlias": "other", "publishers": map[string]any{}}
	for path, value := range other {
		more[path] = value
	}
	return map[string]any{"dev": environment(t, all), "other": environment(t, more)}
}

func TestSendsTo(t *testing.T) {
	const foreign = "o-zyx9876543/r-abcd/ou-abcd-jklm1dev"
	stackSet := func(more set) set {
		all := set{"publishers.web.account": absent, "publishers.web.everyAccount": true, "organization": map[string]any{"account": "888888888888"}}
		for path, value := range more {
			all[path] = value
		}
		return all
	}
	const at = "environments.dev.publishers.web.sendsTo[0]: got "
	for name, c := range map[string]struct {
		dev, other set
		want       string // the line; empty if the app takes it
	}{
		"another queue of the account": {nil, nil, ""},
		"another account and Region":   {nil, set{"region": "eu-west-1", "shared.account": "333333333333"}, ""},
		"an OU above":                  {set{"senders": []any{dev + "/ou-wxyz-km23jdev"}}, nil, ""},
		"an OU below":                  {nil, set{"senders": []any{dev + "/ou-wxyz-km23jdev"}}, ""},
		"one OU of several":            {nil, set{"senders": []any{far, dev}}, ""},
		"every account":                {stackSet(nil), nil, ""},
		"the queue's own account, wherever it is": {set{"publishers.web.account": "333333333333"},
			set{"shared.account": "333333333333", "senders": []any{foreign}}, ""},
		"from the shared account, wherever it is": {set{"publishers.web.account": "111111111111"},
			set{"shared.account": "333333333333", "senders": []any{far}}, ""},

		"no such environment": {set{"publishers.web.sendsTo": []any{"others"}}, nil,
			at + `"others", allowed: names of other environments: other; correct the name, or add the environment`},
		"in other letters": {set{"publishers.web.sendsTo": []any{"Other"}}, nil,
			at + `"Other", allowed: names of other environments: other; write other`},
		"a publisher": {set{"publishers.web.sendsTo": []any{"web"}}, nil,
			at + `"web", allowed: names of other environments: other; correct the name, or add the environment`},
		"its own": {set{"publishers.web.sendsTo": []any{"dev"}}, nil,
			at + `"dev", allowed: names of other environments than its own, whose queue is always there; remove it`},
		"one twice": {set{"publishers.web.sendsTo": []any{"other", "other"}}, nil,
			`environments.dev.publishers.web.sendsTo[1]: got "other", allowed: each environment once; remove it: it is sendsTo[0] again`},
		"another partition": {nil, set{"region": "cn-north-1"},
			at + `"other", allowed: environments in Regions of the partition aws, in which the role is; remove it, and make a publisher in other`},
		"another organization": {nil, set{"shared.account": "333333333333", "senders": []any{foreign}},
			at + `"other", allowed: environments of the organization o-abc1234567, in which the publisher is; this one is of o-zyx9876543; remove it`},
		"an OU of other accounts": {nil, set{"senders": []any{far}},
			at + `"other", allowed: environments whose OUs have an account in common with those of dev; remove it, or add the OU of the publisher's account to environments.other.senders`},
		"every account of another OU": {stackSet(nil), set{"senders": []any{far}},
			at + `"other", allowed: environments whose OUs have an account in common with those of dev; remove it, or add the OU of the publisher's account to environments.other.senders`},

		// One mistake, one line.
		"a wrong Region there":  {nil, set{"region": "cn-nowhere"}, "environments.other.region: got "},
		"a wrong Region here":   {set{"region": "cn-nowhere"}, nil, "environments.dev.region: got "},
		"wrong senders there":   {nil, set{"senders": []any{"o-abc1234567/*"}}, "environments.other.senders[0]: got "},
		"a wrong account there": {nil, set{"senders": []any{far}, "shared.account": "1"}, "environments.other.shared.account: got "},
		"no list":               {set{"publishers.web.sendsTo": "other"}, nil, `environments.dev.publishers.web.sendsTo: got "other", allowed: a list; write it as […]`},
		"a number":              {set{"publishers.web.sendsTo": []any{7.0}}, nil, at + `7, allowed: a string; write it as "…", in quotes`},
	} {
		t.Run(name, func(t *testing.T) {
			environments, err := settings.Parse(destinations(t, c.dev, c.other))
			if c.want == "" {
				if err != nil {
					t.Fatal(err)
				}
				want := environments[1].QueueAddress()
				if to := environments[0].Publishers[0].Role.AlsoSendsTo; len(to) != 1 || to[0].Queue != want {
					t.Errorf("it sends to %v, want %v", to, want)
				}
				return
			}
			if err == nil {
				t.Fatalf("no error, want %s", c.want)
			}
			if lines := strings.Split(err.Error(), "\n"); len(lines) != 1 || !strings.HasPrefix(lines[0], c.want) {
				t.Errorf("got  %s\nwant %s", err, c.want)
			}
		})
	}
	t.Run("an environment that is no object", func(t *testing.T) {
		value := destinations(t, nil, nil)
		value["other"] = "x"
		if _, err := settings.Parse(value); err == nil || strings.Count(err.Error(), "\n") > 0 || !strings.HasPrefix(err.Error(), "environments.other: ") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("the only environment", func(t *testing.T) {
		value := destinations(t, nil, nil)
		delete(value, "other")
		const want = at + `"other", allowed: names of other environments, of which there is none; add the environment, or remove it`
		if _, err := settings.Parse(value); err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	})
}

// Each queue has its own look-ups.
func TestSendsToWithTheLookUpsOfEachQueue(t *testing.T) {
	environments, err := settings.Parse(destinations(t, nil, set{"shared.senderMayAlso": []any{"sqs:GetQueueUrl"}}))
	if err != nil {
		t.Fatal(err)
	}
	own, other := environments[0].QueueAddress().ARN(), environments[1].QueueAddress().ARN()
	for _, s := range environments[0].Publishers[0].Role.Permissions() {
		looksUp := slices.Contains(s.Action, "sqs:GetQueueUrl")
		if s.Resource[0] == own && looksUp || s.Resource[0] == other && !looksUp {
			t.Errorf("%v on %v", s.Action, s.Resource)
		}
	}
}

// A role's grants have room for more than ten queues, and not for forty.
func TestSendsToMoreQueuesThanARoleHasRoomFor(t *testing.T) {
	with := func(n int) error {
		value := destinations(t, set{"publishers.web.sendsTo": absent}, nil)
		var names []any
		for i := range n {
			name := fmt.Sprintf("other-%d", i)
			value[name] = environment(t, set{"shared.queueName": name, "shared.keyAlias": name, "publishers": map[string]any{}})
			names = append(names, name)
		}
		value["dev"].(map[string]any)["publishers"].(map[string]any)["web"].(map[string]any)["sendsTo"] = names
		_, err := settings.Parse(value)
		return err
	}
	if err := with(10); err != nil {
		t.Error(err)
	}
	one := spec.Role{Queue: address.Queue{Region: "us-east-1", Account: "111111111111", Name: "other-10", Alias: "other-10"}}.Permissions().Size()
	room := spec.MaxInline / one
	if err := with(room + 2); err == nil || !strings.HasPrefix(err.Error(),
		fmt.Sprintf(`environments.dev.publishers.web.sendsTo: got "%d queues", allowed: queues whose grants stay within the 10240 characters of a role's inline policies, they would have `, room+3)) {
		t.Errorf("%d queues: %v", room+3, err)
	}
}
