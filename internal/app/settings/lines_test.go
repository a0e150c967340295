package settings_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"

	"example.com/shared-queue/internal/app/settings"
)

// fifo is a base whose queue is a FIFO queue.
func fifo(more set) set {
	all := set{"dev.shared.queueName": "work.fifo", "dev.shared.fifo": true}
	maps.Copy(all, more)
	return all
}

// environment is a text like prod of the base two, under another name, and with
// other settings.
func environment(t *testing.T, more set) map[string]any {
	t.Helper()
	inDev := set{}
	for path, value := range more {
		inDev["dev."+path] = value
	}
	return decode(t, good, inDev).(map[string]any)["dev"].(map[string]any)
}

// far is an OU that has nothing in common with dev.
const far = "o-abc1234567/r-wxyz/ou-wxyz-nopq1prd"

// One mistake is one line, which names the setting; two are two.
func TestOneLineForEachMistake(t *testing.T) {
	const foreign = "o-zyx9876543/r-abcd/ou-abcd-jklm1dev"
	stackSet := func(roleName string, more set) map[string]any {
		all := set{
			"publishers.web.account": absent, "publishers.web.everyAccount": true, "publishers.web.roleName": roleName,
			"organization": map[string]any{"account": "888888888888"},
		}
		maps.Copy(all, more)
		return environment(t, all)
	}
	other := func(more set) map[string]any {
		all := set{"shared.queueName": "other", "shared.keyAlias": "other", "publishers.web.roleName": "other"}
		if more["publishers"] != nil {
			delete(all, "publishers.web.roleName")
		}
		maps.Copy(all, more)
		return environment(t, all)
	}
	for name, c := range map[string]struct {
		value any
		want  []string // for each line its path and a part of it
	}{
		"one organization with two management accounts": {map[string]any{
			"a": stackSet("one", nil), "b": stackSet("two", set{"shared.queueName": "other", "shared.keyAlias": "other", "organization.account": "999999999999"}),
		}, []string{"environments.b.organization.account: the management account of o-abc1234567, which is 888888888888 by environments.a.organization"}},
		"one account that manages and is delegated": {map[string]any{
			"a": stackSet("one", nil), "b": stackSet("two", set{"shared.queueName": "other", "shared.keyAlias": "other", "organization.delegatedAdministrator": true}),
		}, []string{"environments.b.organization.account: a delegated administrator, this one is the management account by environments.a.organization"}},
		"one account that manages two organizations": {map[string]any{
			"a": stackSet("one", nil), "b": stackSet("two", set{"shared.queueName": "other", "shared.keyAlias": "other", "senders": []any{foreign}}),
		}, []string{"environments.b.organization.account: an account of o-zyx9876543, this one is in o-abc1234567 by environments.a.organization.account"}},
		"one publisher's account in two organizations": {map[string]any{
			"a": environment(t, nil), "b": other(set{"senders": []any{foreign}}),
		}, []string{"environments.b.publishers.web.account: an account of o-zyx9876543, this one is in o-abc1234567 by environments.a.publishers.web.account"}},
		"one organization with two roots": {map[string]any{
			"a": environment(t, nil), "b": other(set{"senders": []any{"o-abc1234567/r-abcd/ou-abcd-jklm1dev"}}),
		}, []string{"environments.b.senders[0]: OUs under one root, here r-wxyz"}},
		"one OU under two parents, in two environments": {map[string]any{
			"a": environment(t, set{"senders": []any{dev + "/ou-wxyz-12345678"}}), "b": other(set{"senders": []any{"o-abc1234567/r-wxyz/ou-wxyz-12345678"}}),
		}, []string{"environments.b.senders[0]: ou-wxyz-12345678 under one parent, which is ou-wxyz-jklm1dev"}},
		"a stack set's role that a consumer has, in an account of the OU": {map[string]any{
			"a": stackSet("sender", set{"publishers.one": map[string]any{"account": "222222222222", "roleName": "one", "assumedBy": []any{"lambda.amazonaws.com"}}}),
			"b": other(set{"senders": []any{far}, "shared.account": "222222222222", "shared.consumers": []any{"arn:aws:iam::222222222222:role/Sender"}, "publishers": map[string]any{}}),
		}, []string{"environments.a.publishers.web.roleName: rename it here or in environments.b.shared.consumers[0]"}},
		"a stack set's role that a publisher has, in an account of the OU": {map[string]any{
			"a": stackSet("sender", set{"publishers.one": map[string]any{"account": "222222222222", "roleName": "one", "assumedBy": []any{"lambda.amazonaws.com"}}}),
			"b": other(set{"senders": []any{far}, "publishers.web.roleName": "sender"}),
		}, []string{"environments.a.publishers.web.roleName: rename it here or in environments.b.publishers.web"}},
		"a stack set's role twice": {decode(t, good, everywhere(set{"dev.publishers.any": map[string]any{"everyAccount": true, "roleName": "SENDER", "assumedBy": []any{"lambda.amazonaws.com"}}})),
			[]string{"environments.dev.publishers.web.roleName: rename it here or in environments.dev.publishers.any"}},
		"one role by two paths, in two environments": {map[string]any{
			"a": environment(t, set{"shared.consumers": []any{"arn:aws:iam::111111111111:role/a/worker"}}),
			"b": other(set{"shared.consumers": []any{"arn:aws:iam::111111111111:role/b/worker"}}),
		}, []string{"environments.b.shared.consumers[0]: one path and one spelling for each role, this one is arn:aws:iam::111111111111:role/a/worker at environments.a.shared.consumers[0]"}},
		"one role by two paths, in two lists": {decode(t, good, set{"dev.shared.consumers": []any{"arn:aws:iam::111111111111:role/a/worker"}, "dev.shared.deadLetterConsumers": []any{"arn:aws:iam::111111111111:role/Worker"}}),
			[]string{"environments.dev.shared.deadLetterConsumers[0]: this one is arn:aws:iam::111111111111:role/a/worker at consumers[0]"}},

		"a boundary of AWS's own roles": {decode(t, good, set{"dev.publishers.web.permissionsBoundary": "arn:aws:iam::aws:policy/aws-service-role/AmazonECSServiceRolePolicy"}),
			[]string{"environments.dev.publishers.web.permissionsBoundary: not one in /aws-service-role/"}},
		"a boundary with a long path": {decode(t, good, set{"dev.publishers.web.permissionsBoundary": "arn:aws:iam::222222222222:policy/" + strings.Repeat("p", 511) + "/company"}),
			[]string{"environments.dev.publishers.web.permissionsBoundary: whose path has at most 512 characters"}},
		"a role with a long path": {decode(t, good, set{"dev.shared.consumers": []any{"arn:aws:iam::111111111111:role/" + strings.Repeat("p", 511) + "/worker"}}),
			[]string{"environments.dev.shared.consumers[0]: the ARN of an IAM role"}},
		"times that lose every message": {decode(t, good, set{"dev.shared.retention": "90s", "dev.shared.visibilityTimeout": "2m"}),
			[]string{`environments.dev.shared.retention: got "90s", allowed: more than the visibilityTimeout of 2m, as a message that fails once would never come back; lengthen it, or shorten visibilityTimeout`}},

		"accounts as numbers in two environments with the same names": {map[string]any{
			"a": environment(t, set{"shared.account": 111111111111.0, "publishers": map[string]any{}}), "b": environment(t, set{"shared.account": 333333333333.0}),
		}, []string{"environments.a.shared.account: a string", "environments.b.shared.account: a string"}},
		"FIFO as text":                            {decode(t, good, fifo(set{"dev.shared.fifo": "true", "dev.shared.highThroughput": true, "dev.shared.contentBasedDeduplication": true})), []string{"environments.dev.shared.fifo: true or false"}},
		"FIFO forgotten":                          {decode(t, good, fifo(set{"dev.shared.fifo": absent, "dev.shared.highThroughput": true, "dev.shared.contentBasedDeduplication": true})), []string{"environments.dev.shared.queueName: a name that ends in .fifo for a FIFO queue only"}},
		"FIFO misspelt":                           {decode(t, good, fifo(set{"dev.shared.fifo": absent, "dev.shared.fiffo": true, "dev.shared.highThroughput": true})), []string{"environments.dev.shared.fiffo: rename it to fifo"}},
		"retention in days, and an age":           {decode(t, good, set{"dev.shared.retention": "7d", "dev.alarms": map[string]any{"maxAge": "120h"}}), []string{"environments.dev.shared.retention: write 168h"}},
		"a Region in capitals, with its ARNs":     {decode(t, good, set{"dev.region": "CN-NORTH-1", "dev.publishers.web.assumedBy": []any{"arn:aws-cn:iam::222222222222:role/web"}, "dev.shared.consumers": []any{"arn:aws-cn:iam::111111111111:role/worker"}, "dev.publishers.web.permissionsBoundary": "arn:aws-cn:iam::222222222222:policy/company", "dev.alarms": map[string]any{"topicArn": "arn:aws-cn:sns:cn-north-1:111111111111:alarms"}}), []string{"environments.dev.region: write cn-north-1"}},
		"every account, as text":                  {decode(t, good, everywhere(set{"dev.publishers.web.everyAccount": "true"})), []string{"environments.dev.publishers.web.everyAccount: true or false"}},
		"unreadable senders and stack sets":       {map[string]any{"a": stackSet("sender", set{"senders": dev}), "b": stackSet("sender", set{"senders": 7.0, "shared.queueName": "other", "shared.keyAlias": "other"})}, []string{"environments.a.senders: a list", "environments.b.senders: a list"}},
		"a required field misspelt":               {decode(t, good, set{"dev.shared.queueName": absent, "dev.shared.queuename": "work"}), []string{"environments.dev.shared.queuename: rename it to queueName"}},
		"a required field shortened":              {decode(t, good, set{"dev.shared.queueName": absent, "dev.shared.queue": "work"}), []string{"environments.dev.shared.queue: rename it to queueName"}},
		"a required field with another joint":     {decode(t, good, set{"dev.publishers.web.roleName": absent, "dev.publishers.web.role_name": "sender"}), []string{"environments.dev.publishers.web.role_name: rename it to roleName"}},
		"a required object misspelt":              {decode(t, good, set{"dev.publishers": absent, "dev.publisher": map[string]any{}}), []string{"environments.dev.publisher: rename it to publishers"}},
		"an optional object misspelt":             {decode(t, good, everywhere(set{"dev.organization": absent, "dev.organisation": map[string]any{"account": "888888888888"}})), []string{"environments.dev.organisation: rename it to organization"}},
		"a required field in another object":      {decode(t, good, set{"dev.senders": absent, "dev.shared.senders": []any{dev}}), []string{"environments.dev.shared.senders: move it to environments.dev"}},
		"a queue's field outside":                 {decode(t, good, set{"dev.shared.queueName": absent, "dev.queueName": "work"}), []string{"environments.dev.queueName: move it to environments.dev.shared"}},
		"an unknown field and one that is absent": {decode(t, good, set{"dev.region": absent, "dev.colour": "blue"}), []string{"environments.dev.region: add it", "environments.dev.colour: correct the field's spelling or remove it"}},
		"two misspelt":                            {decode(t, good, set{"dev.regoin": "us-east-1", "dev.region": absent, "dev.shared.fiffo": true}), []string{"environments.dev.shared.fiffo: rename it to fifo", "environments.dev.regoin: rename it to region"}},

		"a tag and one with a dot":             {decode(t, good, set{"dev.tags": map[string]any{"team": "", "team.lead": "", "team.lead.boss": ""}}), []string{"environments.dev.tags.team: got", `environments.dev.tags."team.lead": got`, `environments.dev.tags."team.lead.boss": got`}},
		"names with a dot":                     {map[string]any{"a": other(set{"region": "x"}), "a.b": environment(t, set{"region": "x", "publishers": map[string]any{"my": map[string]any{}, "my.web": map[string]any{}}})}, []string{"environments.a.region: got", `environments."a.b".region: got`, `environments."a.b".publishers.my.account: got`, `environments."a.b".publishers.my.roleName: got`, `environments."a.b".publishers.my.assumedBy: got`, `environments."a.b".publishers."my.web".account: got`, `environments."a.b".publishers."my.web".roleName: got`, `environments."a.b".publishers."my.web".assumedBy: got`, `environments."a.b".publishers."my.web": a name of letters`, `environments."a.b": a name of letters`}},
		"a wrong Region and wrong ARNs":        {decode(t, good, set{"dev.region": "Virginia", "dev.shared.consumers": []any{"worker"}, "dev.alarms": map[string]any{"topicArn": "alarms"}, "dev.publishers.web.permissionsBoundary": "company"}), []string{"environments.dev.region: got", "environments.dev.shared.consumers[0]: arn:aws:iam::111111111111:role/…", "environments.dev.alarms.topicArn: arn:aws:sns:…:…:…", "environments.dev.publishers.web.permissionsBoundary: got"}},
		"a wrong account and wrong roles":      {decode(t, good, set{"dev.shared.account": "1", "dev.shared.consumers": []any{"arn:aws:iam::111111111111:role/a", "arn:aws:iam::111111111111:user/b", "arn:aws-cn:iam::111111111111:role/c"}}), []string{"environments.dev.shared.account: got", "environments.dev.shared.consumers[1]: got", "environments.dev.shared.consumers[2]: a role of the shared account, arn:aws:iam::123456789012:role/…"}},
		"a wrong retention and a wrong age":    {decode(t, good, set{"dev.shared.retention": "500h", "dev.alarms": map[string]any{"maxAge": "10s"}}), []string{"environments.dev.shared.retention: got", "environments.dev.alarms.maxAge: less than the queue's retention, at most 336h"}},
		"a wrong delay and a wrong age":        {decode(t, good, set{"dev.shared.deliveryDelay": "1000h", "dev.alarms": map[string]any{"maxAge": "96h"}}), []string{"environments.dev.shared.deliveryDelay: got", "environments.dev.alarms.maxAge: less than the queue's retention of 96h"}},
		"too many tags, and a wrong one":       {decode(t, good, set{"dev.tags": func() any { tags := manyTags(50); tags["tag7"] = ""; return tags }()}), []string{"environments.dev.tags.tag7: got", `environments.dev.tags: got "50 tags"`}},
		"an element, and two organizations":    {decode(t, good, set{"dev.senders": []any{7.0, dev, foreign}}), []string{"environments.dev.senders[0]: got 7", "environments.dev.senders[2]: OUs of one organization"}},
		"51 OUs for two stack sets":            {decode(t, good, everywhere(set{"dev.senders": manyOUs(51), "dev.publishers.any": map[string]any{"everyAccount": true, "roleName": "any", "assumedBy": []any{"account"}}})), []string{"environments.dev.senders: at most 50 for a stack set"}},
		"a name twice, of a wrong environment": {map[string]any{"my dev": environment(t, nil), "prod": environment(t, set{"publishers": map[string]any{}})}, []string{"environments.prod.shared.queueName: rename it here or in environments.my dev", "environments.prod.shared.keyAlias: rename it here or in environments.my dev", "environments.my dev: a name of letters"}},

		"an environment without its name": {decode(t, good, nil).(map[string]any)["dev"], []string{"environments: put it under the environment's name"}},
		"a publisher without its name":    {decode(t, good, set{"dev.publishers": decode(t, good, nil).(map[string]any)["dev"].(map[string]any)["publishers"].(map[string]any)["web"]}), []string{"environments.dev.publishers: put it under the publisher's name"}},
		"the settings with their key":     {map[string]any{"environments": decode(t, good, nil)}, []string{"environments: give only what is under environments"}},
		"an ARN for a queue's name":       {decode(t, good, set{"dev.shared.queueName": "arn:aws:sqs:us-east-1:111111111111:work"}), []string{"environments.dev.shared.queueName: write work"}},
		"a URL for a queue's name":        {decode(t, good, set{"dev.shared.queueName": "https://sqs.us-east-1.amazonaws.com/111111111111/work"}), []string{"environments.dev.shared.queueName: write work"}},
		"an ARN for a key's alias":        {decode(t, good, set{"dev.shared.keyAlias": "arn:aws:kms:us-east-1:111111111111:alias/app"}), []string{"environments.dev.shared.keyAlias: write app"}},
		"an ARN for a role's name":        {decode(t, good, set{"dev.publishers.web.roleName": "arn:aws:iam::222222222222:role/teams/sender"}), []string{"environments.dev.publishers.web.roleName: write sender"}},
		"a service by its short name":     {decode(t, good, set{"dev.publishers.web.assumedBy": []any{"Lambda"}, "dev.services": []any{"SNS"}}), []string{"environments.dev.services[0]: write sns.amazonaws.com", "environments.dev.publishers.web.assumedBy[0]: write lambda.amazonaws.com"}},
		"an action without its service":   {decode(t, good, set{"dev.shared.senderMayAlso": []any{"GetQueueUrl"}}), []string{"environments.dev.shared.senderMayAlso[0]: write sqs:GetQueueUrl"}},
		"CDK's name of a removal policy":  {decode(t, good, set{"dev.shared.removalPolicy": "DESTROY"}), []string{"environments.dev.shared.removalPolicy: write destroy"}},
		"an empty service":                {decode(t, good, set{"dev.services": []any{""}}), []string{"environments.dev.services[0]: remove it, or make a publisher"}},
		"a path with a space":             {decode(t, good, set{"dev.senders": []any{" " + dev}}), []string{"environments.dev.senders[0]: remove the space around it"}},
		"longer than any duration":        {decode(t, good, set{"dev.shared.retention": "99999999h"}), []string{`environments.dev.shared.retention: got "99999999h", allowed: whole seconds from 1m to 336h`}},

		"too many paths, and another": {decode(t, good, set{"dev.senders": manyOUs(900), "dev.shared.retention": "500h"}), []string{"environments.dev.shared.retention: got", `environments.dev.senders: got "900 paths"`}},
		"a huge number":               {decode(t, good, set{"dev.shared.maxMessageSize": 1e30}), []string{"environments.dev.shared.maxMessageSize: got 1e+30, allowed: 1024 to 1048576; choose a number in that range"}},
		"a huge number, as text":      {strings.Replace(good, `"keyAlias"`, `"maxMessageSize": 1e30, "keyAlias"`, 1), []string{"environments.dev.shared.maxMessageSize: got 1e30, allowed: 1024 to 1048576; choose a number in that range"}},
		"no number at all":            {strings.Replace(good, `"keyAlias"`, `"maxMessageSize": 1e999, "keyAlias"`, 1), []string{"environments.dev.shared.maxMessageSize: got 1e999, allowed: 1024"}},
		"90 seconds":                  {decode(t, good, set{"dev.shared.receiveWaitTime": "90s"}), []string{`environments.dev.shared.receiveWaitTime: got "90s", allowed: whole seconds from 0s to 20s`}},
		"14 days":                     {decode(t, good, set{"dev.shared.retention": "14d"}), []string{`environments.dev.shared.retention: got "14d", allowed: a duration, like "90s", "5m" or "12h"; write 336h`}},
		"two weeks in words":          {decode(t, good, set{"dev.shared.retention": "2 weeks"}), []string{`environments.dev.shared.retention: got "2 weeks", allowed: a duration, like "90s", "5m" or "12h"; write 336h`}},
		"15 days":                     {decode(t, good, set{"dev.shared.retention": "15d"}), []string{`environments.dev.shared.retention: got "15d", allowed: whole seconds from 1m to 336h; choose a duration in that range`}},
		"a root's ARN":                {decode(t, good, set{"dev.publishers.web.assumedBy": []any{"arn:aws:iam::222222222222:root"}}), []string{"environments.dev.publishers.web.assumedBy[0]: write the account's id, 222222222222"}},
		"a role's session":            {decode(t, good, set{"dev.publishers.web.assumedBy": []any{"arn:aws:sts::222222222222:assumed-role/web/ann"}, "dev.shared.consumers": []any{"arn:aws:sts::111111111111:assumed-role/worker/i-1"}}), []string{"environments.dev.shared.consumers[0]: name the role of that session, arn:aws:iam::111111111111:role/worker", "environments.dev.publishers.web.assumedBy[0]: name the role of that session, arn:aws:iam::222222222222:role/web"}},
		"an account in groups":        {decode(t, good, set{"dev.shared.account": "1111-1111-1111"}), []string{"environments.dev.shared.account: write 111111111111"}},
		"what cannot be seen":         {decode(t, good, set{"dev.region": "us-east-1\u200b", "dev.shared.queueName": "\ufeffwork"}), []string{`environments.dev.region: got "us-east-1\u200b"`, `environments.dev.shared.queueName: got "\ufeffwork"`}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := settings.Parse(c.value)
			var lines []string
			if err != nil {
				lines = strings.Split(err.Error(), "\n")
			}
			if len(lines) != len(c.want) {
				t.Fatalf("got %d lines, want %d:\n%v", len(lines), len(c.want), err)
			}
			for i, want := range c.want {
				path, part, _ := strings.Cut(want, ": ")
				if !strings.HasPrefix(lines[i], path+": ") || !strings.Contains(lines[i], part) {
					t.Errorf("got  %s\nwant %s", lines[i], want)
				}
			}
		})
	}
}

// Eighteen environments that share no OU may have a stack set's role of one name:
// no account has two.
func TestOneNameInEveryAccountOfOtherOUs(t *testing.T) {
	many := map[string]any{}
	for i := range 18 {
		many[fmt.Sprintf("dev%02d", i)] = environment(t, set{
			"senders":                []any{fmt.Sprintf("o-abc1234567/r-wxyz/ou-wxyz-%08d", i)},
			"shared.queueName":       fmt.Sprintf("work%02d", i),
			"shared.keyAlias":        fmt.Sprintf("app%02d", i),
			"publishers.web.account": absent, "publishers.web.everyAccount": true,
			"organization": map[string]any{"account": "888888888888"},
		})
	}
	if _, err := settings.Parse(many); err != nil {
		t.Error(err)
	}
}

// The cure of a text that is no JSON fits what is wrong with it.
func TestBrokenText(t *testing.T) {
	whole := strings.Join(strings.Fields(good), " ")
	for name, c := range map[string]struct{ text, want string }{
		"the last bracket is missing":  {whole[:len(whole)-1], "; add } at its end, or where it is missing"},
		"three brackets are missing":   {strings.TrimRight(whole, "} "), "; add } } } } at its end, or where it is missing"},
		"cut at a line end":            {`{"dev": {`, "; write it on one line"},
		"cut after a comma":            {`{"dev": {"region": "us-east-1",`, "; write it on one line"},
		"cut in a string":              {`{"dev": {"region": "us-ea`, "; end the string at its end with a quotation mark, and add }}"},
		"a byte order mark":            {"\ufeff" + whole, `got "\ufeff{`},
		"a byte order mark, its cure":  {"\ufeff" + whole, "; remove the byte order mark (U+FEFF) at its beginning: save it as UTF-8 without one"},
		"a bracket too many":           {whole + "}", "; correct it: invalid character '}' after top-level value"},
		"a comma too many":             {strings.Replace(whole, "} }", "}, }", 1), "; correct it: invalid character '}' looking for beginning of object key string"},
		"quotation marks of the shell": {"'" + whole + "'", "; correct it: invalid character '\\'' looking for beginning of value"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := settings.Parse(c.text)
			want := strings.ReplaceAll(c.want, "} } } }", "}}}}")
			if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got %v, want %s", err, want)
			}
		})
	}
}

// The CDK CLI hands over more than the key environments. What looks like a part of
// the settings, and would be read by nothing, is refused.
func TestSettingsUnderOtherKeys(t *testing.T) {
	for name, c := range map[string]struct {
		key   string
		value any
		want  string
	}{
		"a path":             {"environments.dev.region", "eu-west-1", `context key "environments.dev.region": got "eu-west-1", allowed: all settings as one value, environments; change it in cdk.json, or give all of them: -c environments="$(tr -d '\n' < other.json)"`},
		"a path with colons": {"environments:dev:region", "eu-west-1", `context key environments:dev:region: got "eu-west-1", allowed: all settings as one value`},
		"a misspelt path":    {"environment.dev.region", "eu-west-1", "allowed: all settings as one value"},
		"an environment's":   {"dev.region", "eu-west-1", "allowed: all settings as one value"},
		"one environment":    {"environment", "dev", `context key environment: got "dev", allowed: the key environments, as nothing reads this one; rename or remove it`},
		"in capitals":        {"Environments", "{}", "allowed: the key environments"},
		"a flag of CDK":      {"@aws-cdk/core:checkSecretUsage", true, ""},
		"another app's":      {"team", "web", ""},
		"of another path":    {"prod.region", "web", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			context, err := json.Marshal(map[string]any{settings.ContextKey: decode(t, good, nil), c.key: c.value})
			if err != nil {
				t.Fatal(err)
			}
			t.Setenv("CDK_CONTEXT_JSON", string(context))
			_, err = settings.FromCLI()
			if got := fmt.Sprint(err); (err != nil) != (c.want != "") || !strings.Contains(got, c.want) || strings.Contains(got, "\n") {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}
