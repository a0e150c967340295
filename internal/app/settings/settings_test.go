package settings_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/shared-queue/internal/app/settings"
	"example.com/shared-queue/spec"
)

const dev = "o-abc1234567/r-wxyz/ou-wxyz-jklm1dev"

// good is one environment with everything required and nothing else.
const good = `{` + devSettings + `}`

// two has a second environment in the same accounts and Region, with names of
// its own.
const two = `{` + devSettings + `,
  "prod": {
    "region": "us-east-1",
    "senders": ["` + dev + `"],
    "shared": {"account": "111111111111", "queueName": "other-work", "keyAlias": "other-app"},
    "publishers": {
      "web": {"account": "222222222222", "roleName": "other-sender", "assumedBy": ["lambda.amazonaws.com"]}
    }
  }
}`

const devSettings = `
  "dev": {
    "region": "us-east-1",
    "senders": ["` + dev + `"],
    "shared": {"account": "111111111111", "queueName": "work", "keyAlias": "app"},
    "publishers": {
      "web": {"account": "222222222222", "roleName": "sender", "assumedBy": ["lambda.amazonaws.com"]}
    }
  }`

// decode reads JSON and sets the values at their paths, like dev.shared.fifo.
// The value absent removes what is there.
func decode(t testing.TB, text string, set map[string]any) any {
	t.Helper()
	var value map[string]any
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		t.Fatal(err)
	}
	for _, path := range slices.Sorted(maps.Keys(set)) { // an object before what is in it
		at, v := value, set[path]
		names := strings.Split(path, ".")
		for _, name := range names[:len(names)-1] {
			at = at[name].(map[string]any)
		}
		last := names[len(names)-1]
		if v == absent {
			delete(at, last)
		} else {
			at[last] = v
		}
	}
	return value
}

type absence struct{}

var absent = absence{}

type set map[string]any

// everywhere makes dev's publisher one in every account, and sets more.
func everywhere(more set) set {
	all := set{
		"dev.publishers.web.account": absent, "dev.publishers.web.everyAccount": true,
		"dev.organization": map[string]any{"account": "888888888888"},
	}
	maps.Copy(all, more)
	return all
}

func manyOUs(n int) []any {
	var paths []any
	for i := range n {
		paths = append(paths, fmt.Sprintf("o-abc1234567/r-wxyz/ou-wxyz-%08d", i))
	}
	return paths
}

func TestBadSettings(t *testing.T) {
	const (
		lookUp    = `look the path up as docs/settings.md shows under "Find an OU's path"`
		path      = "an OU path o-…/r-…/ou-…, from the organization's id down to the OU"
		root      = "got %q, allowed: a root id after the organization id, r- and 4 to 32 lower-case letters or digits; " + lookUp
		ous       = "got %q, allowed: OU ids of the form ou-<root>-<id>: lower-case letters and digits, 8 to 32 of them after the root; " + lookUp
		provider  = "got %q, allowed: an AWS service principal (lambda.amazonaws.com), a 12-digit account, account for the role's own, or the ARN of an IAM role or user; if it is an OIDC or SAML provider, make a role for it with the conditions that it needs, and name that role here or give it publisher.GrantSend"
		principal = "got %q, allowed: an AWS service principal (lambda.amazonaws.com), a 12-digit account, account for the role's own, or the ARN of an IAM role or user; name one that may assume this role"
		wildcard  = "got %q, allowed: " + path + ", no wildcard but a closing /*; name each OU by its full id"
		seconds   = "got %q, allowed: whole seconds from %s; choose a duration in that range"
		account   = "got %q, allowed: an account id of 12 digits; write all 12, leading zeros too, in quotes"
		duration  = `got %q, allowed: a duration, like "90s", "5m" or "12h"; write a number and its unit: s, m or h`
	)
	long := strings.Repeat("q", 77)
	longAlias := strings.Repeat("k", 251)

	for name, c := range map[string]struct {
		base string
		set  set
		want string
	}{
		"misspelt environment field": {good, set{"dev.regoin": "us-east-1"},
			`environments.dev.regoin: got "us-east-1", allowed: one of alarms, organization, publishers, region, senders, services, shared, tags; correct the field's spelling or remove it`},
		"misspelt queue field": {good, set{"dev.shared.queuename": "work"},
			`environments.dev.shared.queuename: got "work", allowed: one of account, consumers, contentBasedDeduplication, dataKeyReuse, deadLetterConsumers, deliveryDelay, fifo, highThroughput, keyAlias, keyPendingWindow, maxMessageSize, maxReceiveCount, operators, orgPathsOnQueue, queueName, receiveWaitTime, removalPolicy, retention, senderMayAlso, visibilityTimeout; correct the field's spelling or remove it`},
		"misspelt publisher field": {good, set{"dev.publishers.web.role": "sender"},
			`environments.dev.publishers.web.role: got "sender", allowed: one of account, assumedBy, everyAccount, permissionsBoundary, roleName, rolePath, sendsTo; correct the field's spelling or remove it`},

		"no region":         {good, set{"dev.region": absent}, `environments.dev.region: got nothing, allowed: a string; add it`},
		"no senders":        {good, set{"dev.senders": absent}, `environments.dev.senders: got nothing, allowed: a list; add it`},
		"no shared":         {good, set{"dev.shared": absent}, `environments.dev.shared: got nothing, allowed: an object; add it`},
		"no publishers":     {good, set{"dev.publishers": absent}, `environments.dev.publishers: got nothing, allowed: an object; add it`},
		"no shared account": {good, set{"dev.shared.account": absent}, `environments.dev.shared.account: got nothing, allowed: a string; add it`},
		"no queue name":     {good, set{"dev.shared.queueName": absent}, `environments.dev.shared.queueName: got nothing, allowed: a string; add it`},
		"no key alias":      {good, set{"dev.shared.keyAlias": absent}, `environments.dev.shared.keyAlias: got nothing, allowed: a string; add it`},
		"no role name":      {good, set{"dev.publishers.web.roleName": absent}, `environments.dev.publishers.web.roleName: got nothing, allowed: a string; add it`},
		"no assumedBy":      {good, set{"dev.publishers.web.assumedBy": absent}, `environments.dev.publishers.web.assumedBy: got nothing, allowed: a list; add it`},
		"empty assumedBy":   {good, set{"dev.publishers.web.assumedBy": []any{}}, `environments.dev.publishers.web.assumedBy: got [], allowed: one principal or more; name who may assume the role`},
		"empty senders":     {good, set{"dev.senders": []any{}}, `environments.dev.senders: got [], allowed: one OU path or more; name the OU that may send`},
		"null":              {good, set{"dev.region": nil}, `environments.dev.region: got nothing, allowed: a string; write it as "…", in quotes`},

		"environment is no object": {good, set{"dev": "us-east-1"}, `environments.dev: got "us-east-1", allowed: an object; write it as {…}`},
		"account is a number":      {good, set{"dev.shared.account": 111111111111.0}, `environments.dev.shared.account: got 111111111111, allowed: a string; write it as "…", in quotes`},
		"flag is a string":         {good, set{"dev.shared.fifo": "true"}, `environments.dev.shared.fifo: got "true", allowed: true or false; write it as true or false, without quotes`},
		"senders is a string":      {good, set{"dev.senders": dev}, `environments.dev.senders: got "` + dev + `", allowed: a list; write it as […]`},
		"sender is a number":       {good, set{"dev.senders": []any{7.0}}, `environments.dev.senders[0]: got 7, allowed: a string; write it as "…", in quotes`},
		"publisher is a list":      {good, set{"dev.publishers.web": []any{}}, `environments.dev.publishers.web: got [], allowed: an object; write it as {…}`},
		"duration is a number":     {good, set{"dev.shared.retention": 3600.0}, `environments.dev.shared.retention: got 3600, allowed: a duration, like "90s", "5m" or "12h"; write it as a number and its unit (s, m or h), in quotes`},
		"count is a string":        {good, set{"dev.shared.maxReceiveCount": "3"}, `environments.dev.shared.maxReceiveCount: got "3", allowed: a number; write it as digits, without quotes`},

		"shared account of 11 digits":    {good, set{"dev.shared.account": "11111111111"}, "environments.dev.shared.account: " + fmt.Sprintf(account, "11111111111")},
		"publisher account with letters": {good, set{"dev.publishers.web.account": "22222222222a"}, "environments.dev.publishers.web.account: " + fmt.Sprintf(account, "22222222222a")},
		"unknown form of region":         {good, set{"dev.region": "Virginia"}, `environments.dev.region: got "Virginia", allowed: a Region's code, like us-east-1; take it from the list of AWS Regions`},
		"availability zone":              {good, set{"dev.region": "us-east-1a"}, `environments.dev.region: got "us-east-1a", allowed: a Region's code, like us-east-1; write us-east-1`},

		"organization id too short": {good, set{"dev.senders": []any{"o-abc123/r-wxyz/ou-wxyz-jklm1dev"}},
			`environments.dev.senders[0]: got "o-abc123/r-wxyz/ou-wxyz-jklm1dev", allowed: a path that starts with an organization id, o- and 10 to 32 lower-case letters or digits; ` + lookUp},
		"wrong root id":           {good, set{"dev.senders": []any{"o-abc1234567/r-w/ou-wxyz-jklm1dev"}}, "environments.dev.senders[0]: " + fmt.Sprintf(root, "o-abc1234567/r-w/ou-wxyz-jklm1dev")},
		"wrong OU id":             {good, set{"dev.senders": []any{"o-abc1234567/r-wxyz/ou-wxyz-DEV"}}, "environments.dev.senders[0]: " + fmt.Sprintf(ous, "o-abc1234567/r-wxyz/ou-wxyz-DEV")},
		"empty element":           {good, set{"dev.senders": []any{"o-abc1234567/r-wxyz//ou-wxyz-jklm1dev"}}, `environments.dev.senders[0]: got "o-abc1234567/r-wxyz//ou-wxyz-jklm1dev", allowed: ` + path + ` with no empty element; remove the extra slash`},
		"wildcard inside a path":  {good, set{"dev.senders": []any{"o-abc1234567/*/ou-wxyz-jklm1dev"}}, "environments.dev.senders[0]: " + fmt.Sprintf(wildcard, "o-abc1234567/*/ou-wxyz-jklm1dev")},
		"the organization's root": {good, set{"dev.senders": []any{"o-abc1234567/r-wxyz/*"}}, `environments.dev.senders[0]: got "o-abc1234567/r-wxyz/*", allowed: ` + path + `; add the OU's id: a root is the whole organization`},
		"OU of another root":      {good, set{"dev.senders": []any{"o-abc1234567/r-wxyz/ou-abcd-jklm1dev"}}, `environments.dev.senders[0]: got "o-abc1234567/r-wxyz/ou-abcd-jklm1dev", allowed: OU ids that begin with ou-wxyz-, as their root does; take the root and the OU from one organization`},
		"six OUs":                 {good, set{"dev.senders": []any{"o-abc1234567/r-wxyz" + strings.Repeat("/ou-wxyz-12345678", 6)}}, `environments.dev.senders[0]: got "o-abc1234567/r-wxyz/ou-wxyz-12345678/ou-wxyz-12345678/ou-wxyz-12345678/ou-wxyz-12345678/ou-wxyz-123…, allowed: at most five OUs, as deep as an organization goes; ` + lookUp},
		"account in a path":       {good, set{"dev.senders": []any{dev + "/222222222222"}}, `environments.dev.senders[0]: got "` + dev + `/222222222222", allowed: an OU path, no account in it; end the path at the account's OU`},
		"senders of two organizations": {good, set{"dev.senders": []any{dev, "o-zyx9876543/r-wxyz/ou-wxyz-jklm1dev"}},
			`environments.dev.senders[1]: got "o-zyx9876543/r-wxyz/ou-wxyz-jklm1dev", allowed: OUs of one organization, here o-abc1234567; give the other organization an environment of its own`},
		"one path in two notations": {good, set{"dev.senders": []any{dev, dev + "/*"}},
			`environments.dev.senders[1]: got "` + dev + `/*", allowed: each path once; remove it: it is senders[0] again`},

		"queue name with a dot":    {good, set{"dev.shared.queueName": "my.work"}, `environments.dev.shared.queueName: got "my.work", allowed: letters, digits, - and _; rename the queue`},
		"queue name empty":         {good, set{"dev.shared.queueName": ""}, `environments.dev.shared.queueName: got "", allowed: letters, digits, - and _; rename the queue`},
		"queue name too long":      {good, set{"dev.shared.queueName": long}, `environments.dev.shared.queueName: got "` + long + `", allowed: at most 76 characters, as the dead-letter queue adds -dlq and SQS takes 80; shorten the name`},
		"FIFO name without .fifo":  {good, set{"dev.shared.fifo": true}, `environments.dev.shared.queueName: got "work", allowed: a name that ends in .fifo for a FIFO queue; add .fifo or remove fifo`},
		"standard name with .fifo": {good, set{"dev.shared.queueName": "work.fifo"}, `environments.dev.shared.queueName: got "work.fifo", allowed: a name that ends in .fifo for a FIFO queue only; remove .fifo or set fifo to true`},
		"deduplication, not FIFO":  {good, set{"dev.shared.contentBasedDeduplication": true}, `environments.dev.shared.contentBasedDeduplication: got true, allowed: true with fifo only; make the queue a FIFO queue or remove this`},
		"alias with a dot":         {good, set{"dev.shared.keyAlias": "my.app"}, `environments.dev.shared.keyAlias: got "my.app", allowed: letters, digits, /, _ and -; rename the alias`},
		"alias of AWS":             {good, set{"dev.shared.keyAlias": "aws/sqs"}, `environments.dev.shared.keyAlias: got "aws/sqs", allowed: an alias that does not begin with aws/, which is AWS's own; choose another`},
		"alias with its prefix":    {good, set{"dev.shared.keyAlias": "alias/app"}, `environments.dev.shared.keyAlias: got "alias/app", allowed: an alias without its prefix alias/; remove alias/`},
		"alias too long":           {good, set{"dev.shared.keyAlias": longAlias}, `environments.dev.shared.keyAlias: got "` + longAlias[:99] + `…, allowed: at most 250 characters; shorten the alias`},
		"role name with a slash":   {good, set{"dev.publishers.web.roleName": "team/sender"}, `environments.dev.publishers.web.roleName: got "team/sender", allowed: 1 to 64 letters, digits and _+=,.@-; rename the role`},
		"role name of 65 letters":  {good, set{"dev.publishers.web.roleName": long[:65]}, `environments.dev.publishers.web.roleName: got "` + long[:65] + `", allowed: 1 to 64 letters, digits and _+=,.@-; rename the role`},
		"removal policy of CDK":    {good, set{"dev.shared.removalPolicy": "snapshot"}, `environments.dev.shared.removalPolicy: got "snapshot", allowed: retain or destroy; choose one; retain loses nothing`},
		"removal policy empty":     {good, set{"dev.shared.removalPolicy": ""}, `environments.dev.shared.removalPolicy: got "", allowed: a string that is not empty; fill it in or leave it out`},

		"duration with no unit":     {good, set{"dev.shared.retention": "3600"}, "environments.dev.shared.retention: " + fmt.Sprintf(duration, "3600")},
		"duration in days":          {good, set{"dev.shared.retention": "4d"}, `environments.dev.shared.retention: got "4d", allowed: a duration, like "90s", "5m" or "12h"; write 96h`},
		"high throughput, not FIFO": {good, set{"dev.shared.highThroughput": true}, `environments.dev.shared.highThroughput: got true, allowed: true with fifo only; make the queue a FIFO queue or remove this`},
		"waits over 20 seconds":     {good, set{"dev.shared.receiveWaitTime": "21s"}, "environments.dev.shared.receiveWaitTime: " + fmt.Sprintf(seconds, "21s", "0s to 20s")},
		"delays over 15 minutes":    {good, set{"dev.shared.deliveryDelay": "16m"}, "environments.dev.shared.deliveryDelay: " + fmt.Sprintf(seconds, "16m", "0s to 15m")},
		"message under 1 KiB":       {good, set{"dev.shared.maxMessageSize": 1023.0}, `environments.dev.shared.maxMessageSize: got 1023, allowed: 1024 to 1048576; choose a number in that range`},
		"message over 1 MiB":        {good, set{"dev.shared.maxMessageSize": 1048577.0}, `environments.dev.shared.maxMessageSize: got 1048577, allowed: 1024 to 1048576; choose a number in that range`},
		"EventBridge as a service": {good, set{"dev.services": []any{"sns.amazonaws.com", "events.amazonaws.com"}},
			`environments.dev.services[1]: got "events.amazonaws.com", allowed: s3.amazonaws.com or sns.amazonaws.com; make a publisher that it may assume: a rule, pipe or schedule of another account sends as its execution role`},
		"Lambda as a service": {good, set{"dev.services": []any{"lambda.amazonaws.com"}},
			`environments.dev.services[0]: got "lambda.amazonaws.com", allowed: s3.amazonaws.com or sns.amazonaws.com; remove it, or make a publisher that it may assume, if it sends as a role`},
		"every service":         {good, set{"dev.services": []any{"*"}}, `environments.dev.services[0]: got "*", allowed: s3.amazonaws.com or sns.amazonaws.com; remove it, or make a publisher that it may assume, if it sends as a role`},
		"a service twice":       {good, set{"dev.services": []any{"s3.amazonaws.com", "s3.amazonaws.com"}}, `environments.dev.services[1]: got "s3.amazonaws.com", allowed: each service once; remove it: it is services[0] again`},
		"a service, not a list": {good, set{"dev.services": "sns.amazonaws.com"}, `environments.dev.services: got "sns.amazonaws.com", allowed: a list; write it as […]`},
		"services of the account": {good, set{"dev.shared.services": []any{"sns.amazonaws.com"}},
			`environments.dev.shared.services: got ["sns.amazonaws.com"], allowed: one of account, consumers, contentBasedDeduplication, dataKeyReuse, deadLetterConsumers, deliveryDelay, fifo, highThroughput, keyAlias, keyPendingWindow, maxMessageSize, maxReceiveCount, operators, orgPathsOnQueue, queueName, receiveWaitTime, removalPolicy, retention, senderMayAlso, visibilityTimeout; move it to environments.dev`},
		"S3 and a FIFO queue": {good, set{"dev.services": []any{"s3.amazonaws.com"}, "dev.shared.fifo": true, "dev.shared.queueName": "work.fifo"},
			`environments.dev.services[0]: got "s3.amazonaws.com", allowed: a standard queue for events of S3, which sends none to a FIFO queue; remove it or fifo`},
		"no account and not every": {good, set{"dev.publishers.web.account": absent, "dev.publishers.web.everyAccount": false},
			`environments.dev.publishers.web.account: got nothing, allowed: a string; add it`},
		"an account and every one": {good, everywhere(set{"dev.publishers.web.account": "222222222222"}),
			`environments.dev.publishers.web.account: got "222222222222", allowed: no account where everyAccount is true; remove one of the two`},
		"every account, no organization": {good, everywhere(set{"dev.organization": absent}),
			`environments.dev.organization: got nothing, allowed: an object; add it, with the account that owns stack sets: publisher web is in every account`},
		"organization without account": {good, everywhere(set{"dev.organization": map[string]any{}}), `environments.dev.organization.account: got nothing, allowed: a string; add it`},
		"organization by its id":       {good, everywhere(set{"dev.organization.account": "o-abc1234567"}), `environments.dev.organization.account: ` + fmt.Sprintf(account, "o-abc1234567")},
		"misspelt organization field": {good, everywhere(set{"dev.organization.callAs": "SELF"}),
			`environments.dev.organization.callAs: got "SELF", allowed: one of account, delegatedAdministrator, failureTolerance, maxConcurrent, retainRoles; correct the field's spelling or remove it`},
		"tolerance over all accounts": {good, everywhere(set{"dev.organization.failureTolerance": 101.0}), `environments.dev.organization.failureTolerance: got 101, allowed: 0 to 100; choose a number in that range`},
		"in no account at a time":     {good, everywhere(set{"dev.organization.maxConcurrent": 0.0}), `environments.dev.organization.maxConcurrent: got 0, allowed: 1 to 100; choose a number in that range`},
		"every account, as text":      {good, everywhere(set{"dev.publishers.web.everyAccount": "senders"}), `environments.dev.publishers.web.everyAccount: got "senders", allowed: true or false; write it as true or false, without quotes`},
		"assumed by itself, everywhere": {good, everywhere(set{"dev.publishers.web.assumedBy": []any{"arn:aws:iam::222222222222:role/Sender"}}),
			`environments.dev.publishers.web.assumedBy[0]: got "arn:aws:iam::222222222222:role/Sender", allowed: a principal other than this role itself, which is in every account; name another role, or account for the role's own account`},
		"boundary of one account": {good, everywhere(set{"dev.publishers.web.permissionsBoundary": "arn:aws:iam::222222222222:policy/company"}),
			`environments.dev.publishers.web.permissionsBoundary: got "arn:aws:iam::222222222222:policy/company", allowed: a managed policy that is in every account; write account in the place of 222222222222, and make the policy in every account first`},
		"its own account twice": {good, set{"dev.publishers.web.assumedBy": []any{"account", "222222222222"}},
			`environments.dev.publishers.web.assumedBy[1]: got "222222222222", allowed: each principal once; remove it: it is assumedBy[0] again`},
		"51 OUs for a stack set": {good, everywhere(set{"dev.senders": manyOUs(51)}),
			`environments.dev.senders: got "51 OUs", allowed: at most 50 for a stack set; name an OU further up or split the environment`},
		"every account, a name of one of them": {good, everywhere(set{"dev.publishers.one": map[string]any{"account": "222222222222", "roleName": "SENDER", "assumedBy": []any{"lambda.amazonaws.com"}}}),
			`environments.dev.publishers.web.roleName: got "sender", allowed: role names that no other role of the OUs' accounts has; rename it here or in environments.dev.publishers.one`},
		"every account, a consumer's name": {good, everywhere(set{"dev.shared.consumers": []any{"arn:aws:iam::111111111111:role/sender"}}),
			`environments.dev.publishers.web.roleName: got "sender", allowed: role names that no other role of the OUs' accounts has; rename it here or in environments.dev.shared.consumers[0]`},
		"two in every account of overlapping OUs": {two, everywhere(set{"prod.senders": []any{dev + "/ou-wxyz-km23jdev"}, "prod.publishers.web.roleName": "sender"}),
			`environments.dev.publishers.web.roleName: got "sender", allowed: role names that no other role of the OUs' accounts has; rename it here or in environments.prod.publishers.web`},
		"senders may receive": {good, set{"dev.shared.senderMayAlso": []any{"sqs:GetQueueUrl", "sqs:ReceiveMessage"}},
			`environments.dev.shared.senderMayAlso[1]: got "sqs:ReceiveMessage", allowed: sqs:GetQueueAttributes or sqs:GetQueueUrl; remove it: senders can only look the queue up, and nobody outside may read or change it`},
		"senders may all of it": {good, set{"dev.shared.senderMayAlso": []any{"sqs:Get*"}},
			`environments.dev.shared.senderMayAlso[0]: got "sqs:Get*", allowed: sqs:GetQueueAttributes or sqs:GetQueueUrl; remove it: senders can only look the queue up, and nobody outside may read or change it`},
		"senders may one thing twice": {good, set{"dev.shared.senderMayAlso": []any{"sqs:GetQueueUrl", "sqs:GetQueueUrl"}},
			`environments.dev.shared.senderMayAlso[1]: got "sqs:GetQueueUrl", allowed: each action once; remove it: it is senderMayAlso[0] again`},
		"half a second":            {good, set{"dev.shared.visibilityTimeout": "1500ms"}, "environments.dev.shared.visibilityTimeout: " + fmt.Sprintf(seconds, "1500ms", "0s to 12h")},
		"visibility over 12 hours": {good, set{"dev.shared.visibilityTimeout": "12h1s"}, "environments.dev.shared.visibilityTimeout: " + fmt.Sprintf(seconds, "12h1s", "0s to 12h")},
		"visibility below zero":    {good, set{"dev.shared.visibilityTimeout": "-1s"}, "environments.dev.shared.visibilityTimeout: " + fmt.Sprintf(seconds, "-1s", "0s to 12h")},
		"retention under a minute": {good, set{"dev.shared.retention": "59s"}, "environments.dev.shared.retention: " + fmt.Sprintf(seconds, "59s", "1m to 336h")},
		"retention over 14 days":   {good, set{"dev.shared.retention": "337h"}, "environments.dev.shared.retention: " + fmt.Sprintf(seconds, "337h", "1m to 336h")},
		"data key for 59 seconds":  {good, set{"dev.shared.dataKeyReuse": "59s"}, "environments.dev.shared.dataKeyReuse: " + fmt.Sprintf(seconds, "59s", "1m to 24h")},
		"data key for over a day":  {good, set{"dev.shared.dataKeyReuse": "25h"}, "environments.dev.shared.dataKeyReuse: " + fmt.Sprintf(seconds, "25h", "1m to 24h")},
		"no receive at all":        {good, set{"dev.shared.maxReceiveCount": 0.0}, `environments.dev.shared.maxReceiveCount: got 0, allowed: 1 to 1000; choose a number in that range`},
		"receives over 1000":       {good, set{"dev.shared.maxReceiveCount": 1001.0}, `environments.dev.shared.maxReceiveCount: got 1001, allowed: 1 to 1000; choose a number in that range`},
		"half a receive":           {good, set{"dev.shared.maxReceiveCount": 2.5}, `environments.dev.shared.maxReceiveCount: got 2.5, allowed: a whole number; round it`},

		"assumed by everyone": {good, set{"dev.publishers.web.assumedBy": []any{"*"}}, "environments.dev.publishers.web.assumedBy[0]: " + fmt.Sprintf(principal, "*")},
		"assumed by a host":   {good, set{"dev.publishers.web.assumedBy": []any{"lambda.amazonaws.com", "lambda.example.com"}}, "environments.dev.publishers.web.assumedBy[1]: " + fmt.Sprintf(provider, "lambda.example.com")},
		"assumed by GitHub": {good, set{"dev.publishers.web.assumedBy": []any{"arn:aws:iam::222222222222:oidc-provider/token.actions.githubusercontent.com"}},
			"environments.dev.publishers.web.assumedBy[0]: " + fmt.Sprintf(provider, "arn:aws:iam::222222222222:oidc-provider/token.actions.githubusercontent.com")},
		"assumed by itself": {good, set{"dev.publishers.web.assumedBy": []any{"arn:aws:iam::222222222222:role/team/SENDER"}},
			`environments.dev.publishers.web.assumedBy[0]: got "arn:aws:iam::222222222222:role/team/SENDER", allowed: a principal other than this role itself, which does not exist before it is made; remove it, or name who works with the role`},
		"a path with no slashes": {good, set{"dev.publishers.web.rolePath": "teams"},
			`environments.dev.publishers.web.rolePath: got "teams", allowed: a path like /teams/web/: letters, digits and _+=,.@- between slashes, at most 512 characters; begin and end it with a slash`},
		"a path that a shell would run": {good, set{"dev.publishers.web.rolePath": "/$(id)/"},
			`environments.dev.publishers.web.rolePath: got "/$(id)/", allowed: a path like /teams/web/: letters, digits and _+=,.@- between slashes, at most 512 characters; begin and end it with a slash`},
		"a role name of AWS": {good, set{"dev.publishers.web.roleName": "AWSReservedSSO_Send", "dev.publishers.web.rolePath": "/teams/"},
			`environments.dev.publishers.web.roleName: got "AWSReservedSSO_Send", allowed: a name that does not begin as those of AWS's own roles do, AWSServiceRoleFor or AWSReservedSSO_; rename the role`},
		"a path of AWS": {good, set{"dev.publishers.web.rolePath": "/aws-service-role/x/"},
			`environments.dev.publishers.web.rolePath: got "/aws-service-role/x/", allowed: a path that is not AWS's own, as those in /aws-service-role/ and /aws-reserved/ are; choose another`},
		"a boundary by name": {good, set{"dev.publishers.web.permissionsBoundary": "company"},
			`environments.dev.publishers.web.permissionsBoundary: got "company", allowed: the ARN of a managed policy, arn:aws:iam::123456789012:policy/…; write the policy's whole ARN`},
		"a boundary of another account": {good, set{"dev.publishers.web.permissionsBoundary": "arn:aws:iam::111111111111:policy/company"},
			`environments.dev.publishers.web.permissionsBoundary: got "arn:aws:iam::111111111111:policy/company", allowed: a managed policy of the role's account 222222222222 or of AWS; make the policy in that account too, and name it there`},
		"a boundary of another partition": {good, set{"dev.publishers.web.permissionsBoundary": "arn:aws-cn:iam::222222222222:policy/company"},
			`environments.dev.publishers.web.permissionsBoundary: got "arn:aws-cn:iam::222222222222:policy/company", allowed: the ARN of a managed policy, arn:aws:iam::123456789012:policy/…; write the policy's whole ARN`},
		"assumed by one service twice": {good, set{"dev.publishers.web.assumedBy": []any{"lambda.amazonaws.com", "lambda.amazonaws.com"}}, `environments.dev.publishers.web.assumedBy[1]: got "lambda.amazonaws.com", allowed: each principal once; remove it: it is assumedBy[0] again`},
		"assumed by another partition": {good, set{"dev.publishers.web.assumedBy": []any{"arn:aws-cn:iam::222222222222:role/web"}},
			`environments.dev.publishers.web.assumedBy[0]: got "arn:aws-cn:iam::222222222222:role/web", allowed: an ARN that begins with arn:aws:, the partition of us-east-1; name a role or user of that partition`},

		"consumer of another account": {good, set{"dev.shared.consumers": []any{"arn:aws:iam::222222222222:role/worker"}},
			`environments.dev.shared.consumers[0]: got "arn:aws:iam::222222222222:role/worker", allowed: a role of the shared account, arn:aws:iam::111111111111:role/…, as reading stays inside; name a role of that account, which others may be let to assume`},
		"operator that is a user": {good, set{"dev.shared.operators": []any{"arn:aws:iam::111111111111:user/ann"}},
			`environments.dev.shared.operators[0]: got "arn:aws:iam::111111111111:user/ann", allowed: the ARN of an IAM role, arn:aws:iam::111111111111:role/…; name a role, which the user may be let to assume`},
		"consumers by wildcard": {good, set{"dev.shared.consumers": []any{"arn:aws:iam::111111111111:role/*"}},
			`environments.dev.shared.consumers[0]: got "arn:aws:iam::111111111111:role/*", allowed: the ARN of an IAM role, arn:aws:iam::111111111111:role/…; write the role's whole ARN`},
		"consumer and operator in one": {good, set{"dev.shared.consumers": []any{"arn:aws:iam::111111111111:role/all"}, "dev.shared.operators": []any{"arn:aws:iam::111111111111:role/all"}},
			`environments.dev.shared.operators[0]: got "arn:aws:iam::111111111111:role/all", allowed: a role that is not consumer and operator in one: a consumer is denied sending; remove it here or at consumers[0]`},
		"consumer by two paths": {good, set{"dev.shared.consumers": []any{"arn:aws:iam::111111111111:role/a/worker", "arn:aws:iam::111111111111:role/b/worker"}},
			`environments.dev.shared.consumers[1]: got "arn:aws:iam::111111111111:role/b/worker", allowed: each role once; remove it: it is consumers[0] again`},
		"consumer and operator with other letters and path": {good, set{"dev.shared.consumers": []any{"arn:aws:iam::111111111111:role/All"}, "dev.shared.operators": []any{"arn:aws:iam::111111111111:role/team/all"}},
			`environments.dev.shared.operators[0]: got "arn:aws:iam::111111111111:role/team/all", allowed: a role that is not consumer and operator in one: a consumer is denied sending; remove it here or at consumers[0]`},
		"a service-linked role as consumer": {good, set{"dev.shared.consumers": []any{"arn:aws:iam::111111111111:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS"}},
			`environments.dev.shared.consumers[0]: got "arn:aws:iam::111111111111:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS", allowed: a role whose policies its account can change, not one of AWS's own in /aws-service-role/ or /aws-reserved/; name a role of your own, which others may be let to assume`},
		"a role of IAM Identity Center as operator": {good, set{"dev.shared.operators": []any{"arn:aws:iam::111111111111:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Ops_0123456789abcdef"}},
			`environments.dev.shared.operators[0]: got "arn:aws:iam::111111111111:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Ops_0123456789abcdef", allowed: a role whose policies its account can change, not one of AWS's own in /aws-service-role/ or /aws-reserved/; name a role of your own, which others may be let to assume`},
		"consumers is a string": {good, set{"dev.shared.consumers": "arn:aws:iam::111111111111:role/worker"},
			`environments.dev.shared.consumers: got "arn:aws:iam::111111111111:role/worker", allowed: a list; write it as […]`},

		"misspelt alarm field": {good, set{"dev.alarms": map[string]any{"age": "15m"}},
			`environments.dev.alarms.age: got "15m", allowed: one of maxAge, topicArn; correct the field's spelling or remove it`},
		"age of alarm over retention": {good, set{"dev.alarms": map[string]any{"maxAge": "96h"}},
			`environments.dev.alarms.maxAge: got "96h", allowed: whole seconds, 1m or more and less than the queue's retention of 96h; choose an age that a message can reach`},
		"topic with no name":                 {good, set{"dev.alarms": map[string]any{"topicArn": ""}}, `environments.dev.alarms.topicArn: got "", allowed: a string that is not empty; fill it in or leave it out`},
		"tag with no value":                  {good, set{"dev.tags": map[string]any{"team": ""}}, `environments.dev.tags.team: got "", allowed: 1 to 256 letters, digits, spaces and _.:/=+@-; correct the tag's value`},
		"age that no message reaches":        {good, set{"dev.shared.retention": "10m", "dev.alarms": map[string]any{"maxAge": "10m"}}, `environments.dev.alarms.maxAge: got "10m", allowed: whole seconds, 1m or more and less than the queue's retention of 10m; choose an age that a message can reach`},
		"Region with a misspelt direction":   {good, set{"dev.region": "us-esat-1"}, `environments.dev.region: got "us-esat-1", allowed: a Region's code, like us-east-1; take it from the list of AWS Regions`},
		"Region number zero":                 {good, set{"dev.region": "us-east-0"}, `environments.dev.region: got "us-east-0", allowed: a Region's code, like us-east-1; take it from the list of AWS Regions`},
		"Region number with a zero in front": {good, set{"dev.region": "us-east-01"}, `environments.dev.region: got "us-east-01", allowed: a Region's code, like us-east-1; take it from the list of AWS Regions`},
		"senders of two roots": {good, set{"dev.senders": []any{dev, "o-abc1234567/r-abcd/ou-abcd-jklm1dev"}},
			`environments.dev.senders[1]: got "o-abc1234567/r-abcd/ou-abcd-jklm1dev", allowed: OUs under one root, here r-wxyz, as an organization has one; look the path up again`},
		"an OU under two parents": {good, set{"dev.senders": []any{dev + "/ou-wxyz-12345678", "o-abc1234567/r-wxyz/ou-wxyz-jklm2dev/ou-wxyz-12345678/ou-wxyz-abcdefgh"}},
			`environments.dev.senders[1]: got "o-abc1234567/r-wxyz/ou-wxyz-jklm2dev/ou-wxyz-12345678/ou-wxyz-abcdefgh", allowed: ou-wxyz-12345678 under one parent, which is ou-wxyz-jklm1dev in another path; look both paths up again`},
		"an OU inside itself": {good, set{"dev.senders": []any{dev + "/ou-wxyz-12345678/ou-wxyz-jklm1dev"}},
			`environments.dev.senders[0]: got "` + dev + `/ou-wxyz-12345678/ou-wxyz-jklm1dev", allowed: each OU once, as no OU is inside itself; remove one ou-wxyz-jklm1dev`},
		"more consumers than a template has room for, and operators": {good, set{"dev.shared.consumers": roles("consumer", 301), "dev.shared.operators": roles("operator", 1)},
			`environments.dev.shared.consumers: got "301 roles", allowed: at most 300 consumers, dead-letter consumers and operators together, as a template has room for no more; name fewer, which others may assume`},
		"more roles than a template has room for": {good, set{"dev.shared.consumers": roles("consumer", 200), "dev.shared.operators": roles("operator", 101)},
			`environments.dev.shared.operators: got "301 roles", allowed: at most 300 consumers, dead-letter consumers and operators together, as a template has room for no more; name fewer, which others may assume`},
		"publishers that differ by case": {good, set{"dev.publishers.Web": map[string]any{"account": "222222222222", "roleName": "other", "assumedBy": []any{"222222222222"}}},
			`environments.dev.publishers.web: got "web", allowed: names that give each stack a name of its own, whatever the case of letters: dev-publisher-web would be two; rename it here or in environments.dev.publishers.Web`},
		"topic of another Region": {good, set{"dev.alarms": map[string]any{"topicArn": "arn:aws:sns:eu-west-1:111111111111:alarms"}},
			`environments.dev.alarms.topicArn: got "arn:aws:sns:eu-west-1:111111111111:alarms", allowed: a topic of the queue's Region, arn:aws:sns:us-east-1:…:…; create a topic there, and forward from it if necessary`},
		"FIFO topic": {good, set{"dev.alarms": map[string]any{"topicArn": "arn:aws:sns:us-east-1:111111111111:alarms.fifo"}},
			`environments.dev.alarms.topicArn: got "arn:aws:sns:us-east-1:111111111111:alarms.fifo", allowed: the ARN of a standard SNS topic, arn:aws:sns:us-east-1:…:…; write the topic's whole ARN`},

		"tag that is no string":    {good, set{"dev.tags": map[string]any{"cost": 7.0}}, `environments.dev.tags.cost: got 7, allowed: a string; write it as "…", in quotes`},
		"tag of AWS":               {good, set{"dev.tags": map[string]any{"aws:team": "a"}}, `environments.dev.tags.aws:team: got "aws:team", allowed: 1 to 128 letters, digits, spaces and _.:/=+@-, not beginning with aws:; rename the tag`},
		"tags that differ by case": {good, set{"dev.tags": map[string]any{"Team": "a", "team": "b"}}, `environments.dev.tags.team: got "team", allowed: tags that differ by more than case, as IAM does not tell it apart; remove it or Team`},
		"tag environment":          {good, set{"dev.tags": map[string]any{"Environment": "a"}}, `environments.dev.tags.Environment: got "Environment", allowed: any tag but environment, which every stack has; remove it`},
		"fifty tags":               {good, set{"dev.tags": manyTags(50)}, `environments.dev.tags: got "50 tags", allowed: at most 49, AWS allows 50 and one is the environment; remove some`},
		"tag's value too long":     {good, set{"dev.tags": map[string]any{"team": strings.Repeat("t", 257)}}, `environments.dev.tags.team: got "` + strings.Repeat("t", 99) + `…, allowed: 1 to 256 letters, digits, spaces and _.:/=+@-; correct the tag's value`},

		"environment with a space": {`{"my dev": {}}`, nil, `environments.my dev.region: got nothing, allowed: a string; add it` + "\n" +
			`environments.my dev.senders: got nothing, allowed: a list; add it` + "\n" +
			`environments.my dev.shared: got nothing, allowed: an object; add it` + "\n" +
			`environments.my dev.publishers: got nothing, allowed: an object; add it` + "\n" +
			`environments.my dev: got "my dev", allowed: a name of letters, digits and -, first a letter; rename it: stacks are named after it`},
		"field with a line end": {good, set{"dev.a\nb\x1b[31m": true},
			`environments.dev."a\nb\u001b[31m": got true, allowed: one of alarms, organization, publishers, region, senders, services, shared, tags; correct the field's spelling or remove it`},
		"environment with no name": {`{"": {"region": "us-east-1", "senders": ["` + dev + `"], "shared": {"account": "111111111111", "queueName": "work", "keyAlias": "app"}, "publishers": {}}}`, nil,
			`environments."": got "", allowed: a name of letters, digits and -, first a letter; rename it: stacks are named after it`},
		"publisher with a dot": {good, set{"dev.publishers": map[string]any{"my.web": decode(t, good, nil).(map[string]any)["dev"].(map[string]any)["publishers"].(map[string]any)["web"]}},
			`environments.dev.publishers."my.web": got "my.web", allowed: a name of letters, digits and -, first a letter; rename it: stacks are named after it`},
		"stack name too long": {strings.ReplaceAll(good, `"web"`, `"w`+strings.Repeat("e", 113)+`b"`), nil,
			"environments.dev.publishers.w" + strings.Repeat("e", 113) + `b: got "w` + strings.Repeat("e", 98) + `…, allowed: stack names of at most 128 characters, dev-publisher-weeeee… has 129; shorten it`},

		"one queue twice": {two, set{"prod.shared.queueName": "work"},
			`environments.prod.shared.queueName: got "work", allowed: queue names that no other environment has in account 111111111111 and Region us-east-1; rename it here or in environments.dev`},
		"queue named as a dead-letter queue": {two, set{"prod.shared.queueName": "work-dlq"},
			`environments.prod.shared.queueName: got "work-dlq", allowed: queue names that no other environment has in account 111111111111 and Region us-east-1; rename it here or in environments.dev`},
		"dead-letter queue named as a queue": {two, set{"dev.shared.queueName": "work-dlq", "prod.shared.queueName": "work"},
			`environments.prod.shared.queueName: got "work", allowed: queue names whose dead-letter queue is no other environment's queue in account 111111111111 and Region us-east-1; rename it here or in environments.dev`},
		"one alias twice": {two, set{"prod.shared.keyAlias": "app"},
			`environments.prod.shared.keyAlias: got "app", allowed: key aliases that no other environment has in account 111111111111 and Region us-east-1; rename it here or in environments.dev`},
		"one role twice, by case": {two, set{"prod.publishers.web.roleName": "Sender"},
			`environments.prod.publishers.web.roleName: got "Sender", allowed: role names that no other publisher has in account 222222222222; rename it here or in environments.dev.publishers.web`},
		"publisher that is a consumer": {two, set{"prod.shared.consumers": []any{"arn:aws:iam::222222222222:role/x", "arn:aws:iam::111111111111:role/teams/Sender"}, "dev.publishers.web.account": "111111111111"},
			`environments.prod.shared.consumers[0]: got "arn:aws:iam::222222222222:role/x", allowed: a role of the shared account, arn:aws:iam::111111111111:role/…, as reading stays inside; name a role of that account, which others may be let to assume` + "\n" +
				`environments.dev.publishers.web.roleName: got "sender", allowed: names of roles that are not there yet, this is the one of environments.prod.shared.consumers[1]; rename it: a consumer may not send, and an operator is no publisher`},
		"one stack twice": {strings.Replace(strings.Replace(two, `"prod"`, `"dev-publisher"`, 1), `"web"`, `"shared"`, 1), nil,
			`environments.dev-publisher: got "dev-publisher", allowed: names that give each stack a name of its own, whatever the case of letters: dev-publisher-shared would be two; rename it here or in environments.dev.publishers.shared`},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := settings.Parse(decode(t, c.base, c.set))
			if err == nil {
				t.Fatalf("got %+v, want an error", got)
			}
			if err.Error() != c.want {
				t.Errorf("got  %s\nwant %s", err, c.want)
			}
		})
	}
}

func TestBadValueOfEnvironments(t *testing.T) {
	const allowed = `allowed: an object of environments, like {"dev": {…}}; `
	for name, c := range map[string]struct {
		value any
		want  string
	}{
		"not there":            {nil, "environments: got nothing, " + allowed + `add it to "context" in cdk.json or give it with -c`},
		"empty":                {map[string]any{}, "environments: got {}, " + allowed + "add an environment"},
		"a list":               {[]any{}, "environments: got [], " + allowed + "write it so"},
		"text of a list":       {"[]", "environments: got [], " + allowed + "write it so"},
		"text, empty":          {"", `environments: got "", allowed: JSON text; correct it: unexpected end of JSON input`},
		"text, cut later":      {`{"dev": {`, `environments: got "{\"dev\": {", allowed: JSON text; write it on one line, as the CDK CLI takes -c values up to the first line end: tr -d '\n' does it`},
		"text, cut":            {"{", `environments: got "{", allowed: JSON text; write it on one line, as the CDK CLI takes -c values up to the first line end: tr -d '\n' does it`},
		"a name twice":         {`{"dev": {}, "dev": {}}`, `environments: got "{\"dev\": {}, \"dev\": {}}", allowed: JSON text; correct it: the name "dev" is there twice in one object`},
		"a name twice, deeper": {`{"dev": [{"a": [1, {"b": 1, "b": 2}]}]}`, `environments: got "{\"dev\": [{\"a\": [1, {\"b\": 1, \"b\": 2}]}]}", allowed: JSON text; correct it: the name "b" is there twice in one object`},
		"text, not JSON":       {"{dev}", `environments: got "{dev}", allowed: JSON text; correct it: invalid character 'd' looking for beginning of object key string`},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := settings.Parse(c.value)
			if err == nil {
				t.Fatalf("got %+v, want an error", got)
			}
			if err.Error() != c.want {
				t.Errorf("got  %s\nwant %s", err, c.want)
			}
		})
	}
}

func TestTooManySendersForAPolicy(t *testing.T) {
	paths := func(n int) []any {
		list := make([]any, n)
		for i := range list {
			list[i] = fmt.Sprintf("o-abc1234567/r-wxyz/ou-wxyz-%08d", i)
		}
		return list
	}
	for name, c := range map[string]struct {
		set  set
		want string
	}{
		"key policy": {set{"dev.senders": paths(900)},
			"environments.dev.senders: got \"900 paths\", allowed: paths that keep the key policy within 32768 bytes, it would have 37440; name an OU further up or split the environment"},
		"queue policy with OU paths": {set{"dev.senders": paths(250), "dev.shared.orgPathsOnQueue": true},
			"environments.dev.senders: got \"250 paths\", allowed: paths that keep the queue policy within 8192 bytes, it would have 10746; name an OU further up or split the environment"},
		"as many paths without": {set{"dev.senders": paths(250)}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := settings.Parse(decode(t, good, c.set))
			if got := fmt.Sprint(err); err != nil && got != c.want || err == nil && c.want != "" {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestPoliciesOfRolesThatAreTooLong(t *testing.T) {
	principals := make([]any, 60)
	for i := range principals {
		principals[i] = fmt.Sprintf("arn:aws:iam::222222222222:role/a-role-with-quite-a-long-name-that-takes-room/%02d", i)
	}
	many := map[string]any{}
	for i := range 15 {
		e := decode(t, good, nil).(map[string]any)["dev"].(map[string]any)
		e["publishers"] = map[string]any{}
		e["shared"] = map[string]any{
			"account": "111111111111", "queueName": fmt.Sprintf("work%02d", i), "keyAlias": fmt.Sprintf("app%02d", i),
			"consumers": []any{"arn:aws:iam::111111111111:role/worker"},
		}
		many[fmt.Sprintf("dev%02d", i)] = e
	}
	for name, c := range map[string]struct {
		value any
		want  string
	}{
		"trust policy": {decode(t, good, set{"dev.publishers.web.assumedBy": principals}),
			`environments.dev.publishers.web.assumedBy: got "60 principals", allowed: principals that keep the trust policy within 4096 characters, it would have 5025; name fewer, or an account instead of its roles`},
		"one consumer of many queues": {many,
			`environments.dev14.shared.consumers[0]: got "arn:aws:iam::111111111111:role/worker", allowed: roles whose inline policies stay within 10240 characters in all environments together, it would have 10905; take another role here`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := settings.Parse(c.value)
			if err == nil || err.Error() != c.want {
				t.Fatalf("got  %v\nwant %s", err, c.want)
			}
		})
	}
}

func TestAllProblemsAreReportedTogether(t *testing.T) {
	_, err := settings.Parse(decode(t, two, set{
		"dev.region":                   "Virginia",
		"dev.shared.queueName":         "my.work",
		"prod.shared.queueName":        "my.work",
		"prod.shared.consumers":        []any{"*"},
		"prod.alarms":                  map[string]any{"maxAge": "1s", "topicArn": "*"},
		"prod.senders":                 []any{"*"},
		"prod.publishers.web.roleName": "",
	}))
	if err == nil {
		t.Fatal("no error")
	}
	var places []string
	for line := range strings.Lines(err.Error()) {
		place, _, _ := strings.Cut(line, ": got ")
		places = append(places, place)
	}
	want := []string{
		"environments.dev.region",
		"environments.dev.shared.queueName",
		"environments.prod.senders[0]",
		"environments.prod.shared.queueName",
		"environments.prod.shared.consumers[0]",
		"environments.prod.alarms.maxAge",
		"environments.prod.alarms.topicArn",
		"environments.prod.publishers.web.roleName",
	}
	if !slices.Equal(places, want) {
		t.Errorf("got  %q\nwant %q", places, want)
	}
}

func TestGoodSettings(t *testing.T) {
	value := decode(t, two, set{
		"dev.shared.queueName":                 "work.fifo",
		"dev.shared.fifo":                      true,
		"dev.shared.contentBasedDeduplication": true,
		"dev.shared.visibilityTimeout":         "0s",
		"dev.shared.retention":                 "336h",
		"dev.shared.dataKeyReuse":              "5m",
		"dev.shared.maxReceiveCount":           1000.0,
		"dev.shared.removalPolicy":             "destroy",
		"dev.shared.orgPathsOnQueue":           true,
		"prod.publishers":                      map[string]any{},
		"dev.shared.consumers":                 []any{"arn:aws:iam::111111111111:role/teams/worker"},
		"dev.shared.operators":                 []any{"arn:aws:iam::111111111111:role/operator"},
		"dev.alarms":                           map[string]any{"maxAge": "1h", "topicArn": "arn:aws:sns:us-east-1:111111111111:alarms"},
		"dev.tags":                             map[string]any{"team": "web"},
	})
	environments, err := settings.Parse(value)
	if err != nil {
		t.Fatal(err)
	}
	if len(environments) != 2 || environments[0].Name != "dev" || environments[1].Name != "prod" {
		t.Fatalf("got %+v, want dev and prod", environments)
	}
	dev := environments[0]
	q := dev.Queue
	for name, ok := range map[string]bool{
		"fifo":                      q.FIFO,
		"contentBasedDeduplication": q.ContentBasedDeduplication,
		"visibilityTimeout":         q.VisibilityTimeout != nil && *q.VisibilityTimeout == 0,
		"retention":                 q.Retention != nil && *q.Retention == 14*24*time.Hour,
		"dataKeyReuse":              q.DataKeyReuse != nil && *q.DataKeyReuse == 5*time.Minute,
		"maxReceiveCount":           q.MaxReceiveCount != nil && *q.MaxReceiveCount == 1000,
		"removalPolicy":             q.RemovalPolicy == spec.Destroy,
		"orgPathsOnQueue":           q.OrgPathsOnQueue,
		"address":                   dev.QueueAddress().ARN() == "arn:aws:sqs:us-east-1:111111111111:work.fifo",
		"publisher":                 len(dev.Publishers) == 1 && dev.Publishers[0].Role.At(dev.Publishers[0].Account).ARN() == "arn:aws:iam::222222222222:role/sender",
		"consumers":                 slices.Equal(dev.Roles.Consumers, []string{"arn:aws:iam::111111111111:role/teams/worker"}),
		"operators":                 slices.Equal(dev.Roles.Operators, []string{"arn:aws:iam::111111111111:role/operator"}),
		"alarms":                    dev.Alarms.MaxAge != nil && *dev.Alarms.MaxAge == time.Hour && dev.Alarms.TopicARN == "arn:aws:sns:us-east-1:111111111111:alarms",
		"tags":                      maps.Equal(dev.Tags, map[string]string{"environment": "dev", "team": "web"}),
		"tags of their own":         maps.Equal(environments[1].Tags, map[string]string{"environment": "prod"}),
		"no publisher":              len(environments[1].Publishers) == 0,
		"stack":                     dev.StackName() == "dev-shared",
		"publisher's stack":         dev.PublisherStackName(dev.Publishers[0]) == "dev-publisher-web",
	} {
		if !ok {
			t.Errorf("%s: got %+v", name, dev)
		}
	}
}

// atTheEdge are settings at the edge of what AWS takes.
func atTheEdge() map[string]set {
	return map[string]set{
		"the shortest retention, with its default alarm":   {"dev.shared.retention": "1m"},
		"a retention shorter than the alarm's default age": {"dev.shared.retention": "10m"},
		"a topic of another account":                       {"dev.alarms": map[string]any{"topicArn": "arn:aws:sns:us-east-1:222222222222:alarms"}},
		"an OU and one inside it":                          {"dev.senders": []any{dev, dev + "/ou-wxyz-12345678"}},
		"as many roles as a template has room for":         {"dev.shared.consumers": roles("consumer", 200), "dev.shared.operators": roles("operator", 100)},
		"a delay just shorter than the retention":          {"dev.shared.retention": "11m", "dev.shared.deliveryDelay": "10m", "dev.shared.visibilityTimeout": "59s"},
		"a trust policy over AWS's default quota":          {"dev.publishers.web.assumedBy": manyRoles(30)},
		"a boundary for services":                          {"dev.publishers.web.permissionsBoundary": "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"},
		"a boundary with the longest path":                 {"dev.publishers.web.permissionsBoundary": "arn:aws:iam::222222222222:policy/" + strings.Repeat("p", 510) + "/company"},
		"a role with the longest path":                     {"dev.shared.consumers": []any{"arn:aws:iam::111111111111:role/" + strings.Repeat("p", 510) + "/worker"}},
		"a role as consumer of both queues":                {"dev.shared.consumers": []any{"arn:aws:iam::111111111111:role/worker"}, "dev.shared.deadLetterConsumers": []any{"arn:aws:iam::111111111111:role/worker"}},
		"no time at all":                                   {"dev.shared.visibilityTimeout": "0", "dev.shared.deliveryDelay": "0s", "dev.shared.receiveWaitTime": "+0s"},
		"durations in other notations":                     {"dev.shared.retention": "1.5h", "dev.shared.visibilityTimeout": "60000ms", "dev.shared.deliveryDelay": "1m30s", "dev.shared.dataKeyReuse": "0.5h"},
		"the shortest waiting period of the key":           {"dev.shared.keyPendingWindow": 7.0},
		"an organization that nothing needs":               {"dev.organization": map[string]any{"account": "888888888888"}},
		"the longest names":                                {"dev.shared.queueName": strings.Repeat("q", 76), "dev.shared.keyAlias": strings.Repeat("k", 250), "dev.publishers.web.roleName": strings.Repeat("r", 64)},
		"the longest FIFO name":                            {"dev.shared.queueName": strings.Repeat("q", 71) + ".fifo", "dev.shared.fifo": true, "dev.shared.highThroughput": false},
		"paths in all notations":                           {"dev.senders": []any{dev, "o-abc1234567/r-wxyz/ou-wxyz-jklm2dev/", "o-abc1234567/r-wxyz/ou-wxyz-jklm3dev/*"}},
		"the deepest OU":                                   {"dev.senders": []any{dev + "/ou-wxyz-00000001/ou-wxyz-00000002/ou-wxyz-00000003/ou-wxyz-00000004"}},
		"tags of all letters":                              {"dev.tags": map[string]any{"größe +-=._:/@": "weiß 東京 +-=._:/@", strings.Repeat("k", 128): strings.Repeat("v", 256)}},
		"as many tags as are free":                         {"dev.tags": manyTags(49)},
		"all kinds of principals":                          {"dev.publishers.web.assumedBy": []any{"account", "555555555555", "pods.eks.amazonaws.com", "arn:aws:iam::222222222222:user/ann", "arn:aws:iam::222222222222:role/a/b!c/web", "arn:aws:iam::222222222222:role///web"}},
		"every account":                                    everywhere(set{"dev.publishers.web.permissionsBoundary": "arn:aws:iam::aws:policy/PowerUserAccess"}),
		"every account, 50 OUs":                            everywhere(set{"dev.senders": manyOUs(50), "dev.publishers.web.rolePath": "/"}),
		"not every account":                                {"dev.publishers.web.everyAccount": false},
		"a Region of China": {"dev.region": "cn-northwest-1", "dev.shared.consumers": []any{"arn:aws-cn:iam::111111111111:role/worker"}, "dev.publishers.web.assumedBy": []any{"arn:aws-cn:iam::222222222222:role/web"},
			"dev.publishers.web.permissionsBoundary": "arn:aws-cn:iam::222222222222:policy/company", "dev.alarms": map[string]any{"topicArn": "arn:aws-cn:sns:cn-northwest-1:111111111111:alarms"}},
		"the highest of everything": {"dev.shared.retention": "336h", "dev.shared.visibilityTimeout": "12h", "dev.shared.deliveryDelay": "15m", "dev.shared.receiveWaitTime": "20s", "dev.shared.dataKeyReuse": "24h",
			"dev.shared.maxReceiveCount": 1000.0, "dev.shared.maxMessageSize": 1048576.0, "dev.shared.keyPendingWindow": 30.0, "dev.alarms": map[string]any{"maxAge": "335h59m59s"}},
		"the lowest of everything": {"dev.shared.retention": "1m", "dev.shared.visibilityTimeout": "0s", "dev.shared.deliveryDelay": "0s", "dev.shared.receiveWaitTime": "0s", "dev.shared.dataKeyReuse": "1m",
			"dev.shared.maxReceiveCount": 1.0, "dev.shared.maxMessageSize": 1024.0, "dev.shared.keyPendingWindow": 7.0},
	}
}

func TestSettingsThatAWSTakes(t *testing.T) {
	for name, c := range atTheEdge() {
		t.Run(name, func(t *testing.T) {
			if _, err := settings.Parse(decode(t, good, c)); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestJSONTextIsTheSameAsAnObject(t *testing.T) {
	object, err := settings.Parse(decode(t, two, nil))
	if err != nil {
		t.Fatal(err)
	}
	text, err := settings.Parse(two)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(object, text) {
		t.Errorf("got %+v, want %+v", text, object)
	}
}

func TestFromCLI(t *testing.T) {
	overflow := filepath.Join(t.TempDir(), "context.json")
	if err := os.WriteFile(overflow, []byte(`{"environments": `+good+`}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		env  map[string]string
		want string
	}{
		"in the environment":   {map[string]string{"CDK_CONTEXT_JSON": `{"environments": ` + good + `}`}, ""},
		"in the overflow file": {map[string]string{"CDK_CONTEXT_JSON": `{}`, "CONTEXT_OVERFLOW_LOCATION_ENV": overflow}, ""},
		"no settings":          {map[string]string{"CDK_CONTEXT_JSON": `{}`}, "environments: got nothing"},
		"broken":               {map[string]string{"CDK_CONTEXT_JSON": `{`}, "read the context of the CDK CLI: "},
		"overflow is gone":     {map[string]string{"CDK_CONTEXT_JSON": `{}`, "CONTEXT_OVERFLOW_LOCATION_ENV": overflow + "x"}, "read the context of the CDK CLI: "},
	} {
		t.Run(name, func(t *testing.T) {
			for _, name := range []string{"CDK_CONTEXT_JSON", "CONTEXT_OVERFLOW_LOCATION_ENV"} {
				t.Setenv(name, c.env[name])
			}
			environments, err := settings.FromCLI()
			if c.want == "" && (err != nil || len(environments) != 1) || c.want != "" && (err == nil || !strings.HasPrefix(err.Error(), c.want)) {
				t.Errorf("got %v, %v, want %q", environments, err, c.want)
			}
		})
	}
}

// The CDK CLI prefers cdk.json's settings to those of cdk.context.json, and deletes
// these on request.
func TestSettingsInTheCacheOfTheCLI(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv("CDK_CONTEXT_JSON", `{"environments": `+good+`}`)
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile("cdk.context.json", []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(`{"availability-zones:account=111111111111:region=us-east-1": ["us-east-1a"]}`)
	if _, err := settings.FromCLI(); err != nil {
		t.Error(err)
	}
	write(`{"environments": {"dev": {}}}`)
	const want = `cdk.context.json: got {"environments":{"dev":{}}}, allowed: no settings in this file: the CDK CLI prefers those of cdk.json, and cdk context --clear deletes them; move them to cdk.json, under context`
	if _, err := settings.FromCLI(); err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

func TestWithoutTheCLI(t *testing.T) {
	t.Setenv("CDK_CONTEXT_JSON", "")
	os.Unsetenv("CDK_CONTEXT_JSON")
	if _, err := settings.FromCLI(); err == nil || err.Error() != "the app runs under the CDK CLI: use make synth, or npx cdk synth" {
		t.Errorf("got %v", err)
	}
}

// Whatever the settings are, reading them ends in environments or in one line
// for each problem that names a setting, never in a panic.
func FuzzParse(f *testing.F) {
	f.Add(good)
	f.Add(two)
	for _, seed := range []string{`{}`, `[]`, `"x"`, `{"dev": null}`, `{"": {}}`, `{"dev": {"senders": ["*"]}}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		environments, err := settings.Parse(text)
		if err == nil {
			if len(environments) == 0 {
				t.Errorf("%q: no environment and no error", text)
			}
			for _, e := range environments {
				if err := e.QueueAddress().Check(); err != nil {
					t.Errorf("%q: %v", text, err)
				}
			}
			return
		}
		for line := range strings.Lines(err.Error()) {
			if !strings.HasPrefix(line, "environments") || !strings.Contains(line, ": got ") || strings.ContainsAny(line, "\x1b\r") {
				t.Errorf("%q: %q names no setting", text, line)
			}
		}
	})
}

func roles(name string, n int) []any {
	arns := make([]any, n)
	for i := range arns {
		arns[i] = fmt.Sprintf("arn:aws:iam::111111111111:role/%s%d", name, i)
	}
	return arns
}

func manyRoles(n int) []any {
	arns := make([]any, n)
	for i := range arns {
		arns[i] = fmt.Sprintf("arn:aws:iam::222222222222:role/one-of-many-roles-which-send-%02d", i)
	}
	return arns
}

func manyTags(n int) map[string]any {
	tags := map[string]any{}
	for i := range n {
		tags[fmt.Sprintf("tag%d", i)] = "value"
	}
	return tags
}
