package app

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"example.com/shared-queue/internal/app/settings"
	"example.com/shared-queue/internal/cdktest"
	"example.com/shared-queue/internal/problem"
	"example.com/shared-queue/spec"
)

// each has a value for every setting, by its path in an environment, and other
// settings that it needs. A new setting needs a line here.
var each = map[string]struct {
	value any
	needs map[string]any
}{
	"region":                              {"eu-west-1", nil},
	"senders":                             {[]any{"o-abc1234567/r-wxyz/ou-wxyz-jklm2dev"}, nil},
	"services":                            {[]any{"sns.amazonaws.com"}, nil},
	"shared.account":                      {"333333333333", nil},
	"shared.queueName":                    {"orders", nil},
	"shared.keyAlias":                     {"orders", nil},
	"shared.fifo":                         {true, map[string]any{"shared.queueName": "work.fifo"}},
	"shared.contentBasedDeduplication":    {true, map[string]any{"shared.queueName": "work.fifo", "shared.fifo": true}},
	"shared.highThroughput":               {true, map[string]any{"shared.queueName": "work.fifo", "shared.fifo": true}},
	"shared.receiveWaitTime":              {"20s", nil},
	"shared.deliveryDelay":                {"1m", nil},
	"shared.maxMessageSize":               {2048.0, nil},
	"shared.senderMayAlso":                {[]any{"sqs:GetQueueUrl"}, nil},
	"shared.visibilityTimeout":            {"2m", nil},
	"shared.retention":                    {"24h", nil},
	"shared.dataKeyReuse":                 {"10m", nil},
	"shared.maxReceiveCount":              {3.0, nil},
	"shared.removalPolicy":                {"destroy", nil},
	"shared.keyPendingWindow":             {7.0, nil},
	"shared.orgPathsOnQueue":              {true, nil},
	"shared.consumers":                    {[]any{"arn:aws:iam::111111111111:role/worker"}, nil},
	"shared.deadLetterConsumers":          {[]any{"arn:aws:iam::111111111111:role/inspector"}, nil},
	"shared.operators":                    {[]any{"arn:aws:iam::111111111111:role/operator"}, nil},
	"alarms.maxAge":                       {"1h", nil},
	"alarms.topicArn":                     {"arn:aws:sns:us-east-1:111111111111:alarms", nil},
	"tags":                                {map[string]any{"team": "web"}, nil},
	"organization.account":                {"777777777777", inEveryAccount},
	"organization.delegatedAdministrator": {true, inEveryAccount},
	"organization.failureTolerance":       {50.0, inEveryAccount},
	"organization.maxConcurrent":          {50.0, inEveryAccount},
	"organization.retainRoles":            {true, inEveryAccount},
	"publishers.web.everyAccount":         {true, inEveryAccount},
	"publishers.web.account":              {"444444444444", nil},
	"publishers.web.roleName":             {"another", nil},
	"publishers.web.assumedBy":            {[]any{"222222222222"}, nil},
	"publishers.web.rolePath":             {"/teams/web/", nil},
	"publishers.web.permissionsBoundary":  {"arn:aws:iam::222222222222:policy/company", nil},
	"publishers.web.sendsTo":              {[]any{"other"}, nil},
}

// inEveryAccount are the settings of a publisher in every account.
var inEveryAccount = map[string]any{"publishers.web.account": nil, "publishers.web.everyAccount": true, "organization.account": "888888888888"}

// settingsOf are the paths of all settings, by the fields of the specs.
func settingsOf() []string {
	paths := []string{"region", "senders", "services", "shared.account", "tags", "organization.account", "publishers.web.account", "publishers.web.everyAccount", "publishers.web.sendsTo"}
	for _, place := range []struct {
		path string
		spec any
	}{
		{"shared", spec.Queue{}}, {"shared", spec.Roles{}}, {"alarms", spec.Alarms{}}, {"publishers.web", spec.Role{}}, {"organization", spec.StackSetOptions{}},
	} {
		for _, field := range reflect.VisibleFields(reflect.TypeOf(place.spec)) {
			path := place.path + "." + problem.Spell(field.Name)
			if !slices.Contains([]string{"shared.senders", "shared.services", "publishers.web.queue", "publishers.web.senderMayAlso", "publishers.web.alsoSendsTo", "shared.key"}, path) {
				paths = append(paths, path)
			}
		}
	}
	return paths
}

// A change is of one setting: what the app writes before and after it.
type change struct {
	path          string
	before, after *app
}

// changes are those of every setting, and then those of a role in a stack set.
var changes []change

// eachChange builds the changes, once for all tests. Each app has one environment,
// and another to send to if that is set: in one app the names of queues would collide.
func eachChange(t *testing.T) []change {
	t.Helper()
	if changes != nil {
		return changes
	}
	built := map[string]*app{}
	of := func(set map[string]any) *app {
		key := fmt.Sprint(set)
		if built[key] == nil {
			all := map[string]any{"dev": plainEnvironment(set)}
			if set["publishers.web.sendsTo"] != nil {
				all["other"] = plainEnvironment(map[string]any{"shared.queueName": "other", "shared.keyAlias": "other", "publishers.web": nil})
			}
			environments, err := settings.Parse(all)
			if err != nil {
				t.Fatal(err)
			}
			built[key] = build(t, environments)
		}
		return built[key]
	}
	add := func(path string, needs map[string]any) {
		with := maps.Clone(needs)
		if with == nil {
			with = map[string]any{}
		}
		with[path] = each[path].value
		if path == "shared.fifo" || path == "publishers.web.everyAccount" { // which the others need
			needs = nil
		}
		changes = append(changes, change{path, of(needs), of(with)})
	}
	for _, path := range settingsOf() {
		sample, there := each[path]
		if !there {
			t.Fatalf("each has no value for %s: add one, to see that it is read and built", path)
		}
		add(path, sample.needs)
	}
	for _, path := range inStackSet {
		add(path, inEveryAccount)
	}
	return changes
}

// inStackSet are settings of a role that is in a stack set too.
var inStackSet = []string{"publishers.web.roleName", "publishers.web.rolePath"}

// Every setting is read and built: with it, by itself, some template or its
// place in the manifest is another.
func TestEachSettingIsReadAndBuilt(t *testing.T) {
	paths := settingsOf()
	for path := range each {
		if !slices.Contains(paths, path) {
			t.Errorf("each has %s, which is no setting", path)
		}
	}
	for i, c := range eachChange(t)[:len(paths)] {
		t.Run(paths[i], func(t *testing.T) {
			if bytes.Equal(written(t, c.before, "dev-"), written(t, c.after, "dev-")) {
				t.Error("it changes nothing that is built: read it in internal/app/settings, build it in shared or publisher")
			}
		})
	}
}

// plainEnvironment has all that is required, and what is set by path; nil removes
// it.
func plainEnvironment(set map[string]any) map[string]any {
	e := map[string]any{
		"region":  "us-east-1",
		"senders": []any{"o-abc1234567/r-wxyz/ou-wxyz-jklm1dev"},
		"shared":  map[string]any{"account": "111111111111", "queueName": "work", "keyAlias": "app"},
		"alarms":  map[string]any{},
		"publishers": map[string]any{"web": map[string]any{
			"account": "222222222222", "roleName": "sender", "assumedBy": []any{"lambda.amazonaws.com"}}},
	}
	for path, value := range set {
		names := strings.Split(path, ".")
		at := e
		for _, name := range names[:len(names)-1] {
			if at[name] == nil {
				at[name] = map[string]any{}
			}
			at = at[name].(map[string]any)
		}
		if at[names[len(names)-1]] = value; value == nil {
			delete(at, names[len(names)-1])
		}
	}
	return e
}

// written is what the app writes about an environment, without its name.
func written(t *testing.T, a *app, environment string) []byte {
	t.Helper()
	var all []byte
	for _, stack := range []string{"shared", "publisher-web"} {
		artifact := cdktest.Get(a.manifest, "artifacts", environment+stack)
		properties, err := json.Marshal([]any{cdktest.Get(artifact, "environment"), cdktest.Get(artifact, "properties", "tags")})
		if err != nil {
			t.Fatal(err)
		}
		all = append(append(all, a.templates[environment+stack].Bytes...), properties...)
	}
	return bytes.ReplaceAll(all, []byte(environment), nil)
}

// Every list of roles is walked wherever grants are.
func TestEachListOfRolesHasAGrant(t *testing.T) {
	for _, field := range reflect.VisibleFields(reflect.TypeOf(spec.Roles{})) {
		t.Run(field.Name, func(t *testing.T) {
			e := exampleEnvironments(t)[0]
			e.Publishers, e.Roles = nil, spec.Roles{}
			reflect.ValueOf(&e.Roles).Elem().FieldByIndex(field.Index).Set(reflect.ValueOf([]string{"arn:aws:iam::111111111111:role/one"}))
			grants := e.Grants()
			if len(grants) != 1 || grants[0].Property != field.Name+"[0]" || grants[0].Role.Name != "one" || len(grants[0].Document) == 0 {
				t.Errorf("got %+v: add a kind of grant to spec/grant.go", grants)
			}
		})
	}
}
