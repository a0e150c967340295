package settings_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/shared-queue/address"
	"example.com/shared-queue/internal/app/settings"
	"example.com/shared-queue/internal/problem"
	"example.com/shared-queue/spec"
)

// every has every setting, in three environments: a standard queue, a FIFO queue,
// and a publisher in every account.
const every = `{
  "plain": {
    "region": "us-east-1",
    "senders": ["o-abc1234567/r-wxyz/ou-wxyz-jklm1dev", "o-abc1234567/r-wxyz/ou-wxyz-jklm2dev/ou-wxyz-km23jdev/*"],
    "services": ["sns.amazonaws.com", "s3.amazonaws.com"],
    "shared": {
      "account": "111111111111", "queueName": "work", "keyAlias": "app",
      "visibilityTimeout": "2m", "receiveWaitTime": "20s", "deliveryDelay": "10s", "maxMessageSize": 2048, "retention": "100h",
      "dataKeyReuse": "10m", "maxReceiveCount": 3, "removalPolicy": "retain", "keyPendingWindow": 7, "orgPathsOnQueue": false,
      "senderMayAlso": ["sqs:GetQueueUrl"],
      "consumers": ["arn:aws:iam::111111111111:role/teams/worker", "arn:aws:iam::111111111111:role/other"],
      "deadLetterConsumers": ["arn:aws:iam::111111111111:role/inspector"],
      "operators": ["arn:aws:iam::111111111111:role/operator"]
    },
    "alarms": {"maxAge": "10m", "topicArn": "arn:aws:sns:us-east-1:111111111111:alarms"},
    "tags": {"team": "web", "team.lead": "ann"},
    "publishers": {
      "web": {
        "account": "222222222222", "everyAccount": false, "roleName": "sender", "rolePath": "/teams/web/",
        "assumedBy": ["lambda.amazonaws.com", "account", "arn:aws:iam::222222222222:role/web"],
        "permissionsBoundary": "arn:aws:iam::222222222222:policy/company",
        "sendsTo": ["fifo"]
      }
    }
  },
  "fifo": {
    "region": "eu-west-1",
    "senders": ["o-abc1234567/r-wxyz/ou-wxyz-jklm1dev"],
    "shared": {
      "account": "111111111111", "queueName": "work.fifo", "keyAlias": "fifo",
      "fifo": true, "contentBasedDeduplication": true, "highThroughput": true
    },
    "publishers": {"web": {"account": "222222222222", "roleName": "fifo", "assumedBy": ["222222222222"]}}
  },
  "everywhere": {
    "region": "us-east-1",
    "senders": ["o-abc1234567/r-wxyz/ou-wxyz-jklm3dev"],
    "shared": {"account": "111111111111", "queueName": "everywhere", "keyAlias": "everywhere"},
    "organization": {"account": "888888888888", "delegatedAdministrator": true, "failureTolerance": 5, "maxConcurrent": 50, "retainRoles": true},
    "publishers": {
      "any": {"everyAccount": true, "roleName": "everywhere", "assumedBy": ["account"], "permissionsBoundary": "arn:aws:iam::account:policy/company"}
    }
  }
}`

// A mistake is one wrong value.
type mistake struct {
	path  []string // of the setting, from the environment's name on
	value any      // what it is, or absent
	name  string   // another name for the setting, which keeps its value
	line  string   // where its line is, if that is not at the setting or in it
	needs []string // settings that must be right for this one to be wrong
}

// setting is the setting's place.
func (m mistake) setting() string { return place(m.path) }

func place(path []string) string {
	place := settings.ContextKey
	for _, name := range path {
		place = problem.Join(place, problem.Name(name))
	}
	return place
}

// at is where its line is.
func (m mistake) at() string {
	switch {
	case m.line != "":
		return m.line
	case m.name != "":
		return place(append(slices.Clone(m.path[:len(m.path)-1]), m.name))
	}
	return m.setting()
}

func (m mistake) String() string {
	if m.value == absent {
		return m.at() + " left out"
	}
	return fmt.Sprintf("%s = %s", m.at(), problem.Show(m.value))
}

// independent reports whether two mistakes are two: neither is in the other, nor
// needs it to be right.
func independent(a, b mistake) bool {
	needs := func(m mistake, other string) bool {
		return slices.ContainsFunc(m.needs, func(need string) bool {
			need = settings.ContextKey + "." + need
			return strings.HasPrefix(other+".", need+".") || strings.HasPrefix(need+".", other+".")
		})
	}
	within := func(one, other string) bool {
		return one == other || strings.HasPrefix(one, other+".") || strings.HasPrefix(one, other+"[")
	}
	inside := slices.Equal(a.path[:min(len(a.path), len(b.path))], b.path[:min(len(a.path), len(b.path))])
	return !inside && !within(a.at(), b.at()) && !within(b.at(), a.at()) && !needs(a, b.setting()) && !needs(b, a.setting())
}

// goTypes are the types of all settings, by their names in the last place of a path.
func goTypes() map[string]reflect.StructField {
	types := map[string]reflect.StructField{}
	for _, of := range []any{spec.Environment{}, spec.Organization{}, spec.Publisher{}, spec.Queue{}, spec.Roles{}, spec.Alarms{}, spec.Role{}, spec.StackSetOptions{}} {
		for _, field := range reflect.VisibleFields(reflect.TypeOf(of)) {
			if name := problem.Spell(field.Name); !slices.Contains([]string{"name", "queue", "roles", "options", "role", "alsoSendsTo", "key"}, name) {
				types[name] = field
			}
		}
	}
	return types
}

// wrongValues are values that no setting of the field may have.
func wrongValues(field reflect.StructField) []any {
	rule := spec.RuleOf(field.Name)
	others := []any{nil, 7.0, -1.5, true, "x y", []any{}, []any{"*"}, map[string]any{}, map[string]any{"a": "b"}}
	without := func(drop ...int) []any {
		var kept []any
		for i, v := range others {
			if !slices.Contains(drop, i) {
				kept = append(kept, v)
			}
		}
		return kept
	}
	seconds := func(n int) any { return fmt.Sprintf("%ds", n) }
	switch field.Type {
	case reflect.TypeFor[bool]():
		return append(without(3), "true", "false", "", 0.0, 1.0)
	case reflect.TypeFor[*int]():
		return append(without(1), "3", "", 2.5, float64(rule.Lowest-1), float64(rule.Highest+1), -1.0, 1e30, -1e30)
	case reflect.TypeFor[*time.Duration]():
		return append(others, "", "5", "x", "-1s", "1.5s", "1500ms", "90", "7 parsecs", "1m1", "P1D", "1e3s", seconds(rule.Lowest-1), seconds(rule.Highest+1), "1000h", "41d")
	case reflect.TypeFor[map[string]string]():
		return []any{nil, 7.0, true, "x", []any{}, []any{"team"}}
	case reflect.TypeFor[[]string](), reflect.TypeFor[[]address.Path](), reflect.TypeFor[[]address.Principal]():
		values := without(5)
		for _, element := range []any{nil, 7.0, true, "", "x y", "arn:aws:iam::111111111111:root", "o-abc1234567/r-wxyz", []any{}, map[string]any{}} {
			values = append(values, []any{element})
		}
		if field.Tag.Get("setting") == "required" {
			values = append(values, []any{})
		}
		return values
	}
	values := append(others, "", "*", "a\nb", "\ufeff", strings.Repeat("x", 600)+"!")
	if len(rule.OneOf) > 0 {
		values = append(values, strings.ToUpper(rule.OneOf[0]), rule.OneOf[0]+" ", strings.Join(rule.OneOf, ","))
	}
	return values
}

// special are mistakes of single settings beyond their types, and those that need
// others to be right.
var special = []mistake{
	{path: []string{"plain", "region"}, value: "us-east-1a"},
	{path: []string{"plain", "region"}, value: "US-EAST-1"},
	{path: []string{"plain", "region"}, value: "us-east-01"},
	{path: []string{"plain", "senders"}, value: []any{dev, dev}},
	{path: []string{"plain", "senders"}, value: []any{dev, "o-zyx9876543/r-wxyz/ou-wxyz-jklm1dev"}},
	{path: []string{"plain", "senders"}, value: []any{dev, "o-abc1234567/r-abcd/ou-abcd-jklm1dev"}},
	{path: []string{"plain", "senders"}, value: []any{dev, "o-abc1234567/r-wxyz/ou-abcd-jklm1dev"}},
	{path: []string{"plain", "senders"}, value: []any{"o-abc1234567/*"}},
	{path: []string{"plain", "services"}, value: []any{"events.amazonaws.com"}},
	{path: []string{"plain", "services"}, value: []any{"sns.amazonaws.com", "sns.amazonaws.com"}},
	{path: []string{"fifo", "services"}, value: []any{"s3.amazonaws.com"}, needs: []string{"fifo.shared.fifo", "fifo.shared.queueName"}},
	{path: []string{"plain", "shared", "account"}, value: "11111111111"},
	{path: []string{"plain", "shared", "account"}, value: "1111-1111-1111"},
	{path: []string{"plain", "shared", "queueName"}, value: "my.work"},
	{path: []string{"plain", "shared", "queueName"}, value: strings.Repeat("q", 77)},
	{path: []string{"plain", "shared", "queueName"}, value: "work.fifo", needs: []string{"plain.shared.fifo"}},
	{path: []string{"fifo", "shared", "queueName"}, value: "work", needs: []string{"fifo.shared.fifo"}},
	{path: []string{"plain", "shared", "queueName"}, value: "everywhere", line: "environments.plain.shared.queueName", needs: []string{
		"everywhere.region", "plain.region", "everywhere.shared.account", "plain.shared.account", "everywhere.shared.queueName"}},
	{path: []string{"plain", "shared", "keyAlias"}, value: "alias/app"},
	{path: []string{"plain", "shared", "keyAlias"}, value: "aws/sqs"},
	{path: []string{"plain", "shared", "keyAlias"}, value: strings.Repeat("k", 251)},
	{path: []string{"plain", "shared", "contentBasedDeduplication"}, value: true, needs: []string{"plain.shared.fifo", "plain.shared.queueName"}},
	{path: []string{"plain", "shared", "highThroughput"}, value: true, needs: []string{"plain.shared.fifo", "plain.shared.queueName"}},
	{path: []string{"plain", "shared", "fifo"}, value: true, line: "environments.plain.shared.queueName", needs: []string{"plain.services", "plain.shared.queueName"}},
	{path: []string{"plain", "shared", "retention"}, value: "2m", needs: []string{"plain.shared.visibilityTimeout", "plain.shared.deliveryDelay", "plain.alarms.maxAge"}},
	{path: []string{"plain", "shared", "retention"}, value: "20d"},
	{path: []string{"plain", "shared", "removalPolicy"}, value: "snapshot"},
	{path: []string{"plain", "shared", "senderMayAlso"}, value: []any{"sqs:ReceiveMessage"}},
	{path: []string{"plain", "shared", "senderMayAlso"}, value: []any{"sqs:GetQueueUrl", "sqs:GetQueueUrl"}},
	{path: []string{"plain", "shared", "consumers"}, value: []any{"arn:aws:iam::222222222222:role/worker"}, needs: []string{"plain.shared.account"}},
	{path: []string{"plain", "shared", "consumers"}, value: []any{"arn:aws:iam::111111111111:role/aws-reserved/x/y"}},
	{path: []string{"plain", "shared", "operators"}, value: []any{"arn:aws:iam::111111111111:user/ann"}},
	{path: []string{"plain", "shared", "operators"}, value: []any{"arn:aws:iam::111111111111:role/other"}, needs: []string{"plain.shared.consumers"}},
	{path: []string{"plain", "shared", "deadLetterConsumers"}, value: []any{"arn:aws:iam::111111111111:role/a/other"}, needs: []string{"plain.shared.consumers"}},
	{path: []string{"plain", "alarms", "maxAge"}, value: "100h", needs: []string{"plain.shared.retention"}},
	{path: []string{"plain", "alarms", "topicArn"}, value: "arn:aws:sns:eu-west-1:111111111111:alarms", needs: []string{"plain.region"}},
	{path: []string{"plain", "alarms", "topicArn"}, value: "arn:aws:sns:us-east-1:111111111111:alarms.fifo"},
	{path: []string{"plain", "tags", "team"}, value: ""},
	{path: []string{"plain", "tags", "team"}, value: 7.0},
	{path: []string{"plain", "tags", "team.lead"}, value: "*"},
	{path: []string{"plain", "tags", "Team"}, value: "web", line: "environments.plain.tags.team", needs: []string{"plain.tags"}},
	{path: []string{"plain", "tags", "aws:team"}, value: "web"},
	{path: []string{"plain", "tags", "environment"}, value: "web"},
	{path: []string{"everywhere", "organization"}, value: absent, needs: []string{"everywhere.publishers"}},
	{path: []string{"everywhere", "organization", "account"}, value: "o-abc1234567"},
	{path: []string{"everywhere", "publishers", "any", "account"}, value: "222222222222", needs: []string{"everywhere.publishers.any.everyAccount"}},
	{path: []string{"everywhere", "publishers", "any", "permissionsBoundary"}, value: "arn:aws:iam::222222222222:policy/company", needs: []string{"everywhere.publishers.any.everyAccount"}},
	{path: []string{"everywhere", "publishers", "any", "assumedBy"}, value: []any{"arn:aws:iam::222222222222:role/Everywhere"}, needs: []string{"everywhere.publishers.any.everyAccount", "everywhere.publishers.any.roleName"}},
	{path: []string{"plain", "publishers", "web", "account"}, value: "22222222222a", needs: nil},
	{path: []string{"plain", "publishers", "web", "roleName"}, value: "team/sender"},
	{path: []string{"plain", "publishers", "web", "roleName"}, value: "AWSReservedSSO_x"},
	{path: []string{"plain", "publishers", "web", "roleName"}, value: "FIFO", line: "environments.plain.publishers.web.roleName", needs: []string{"plain.publishers.web.account", "plain.publishers.web.everyAccount", "fifo.publishers.web"}},
	{path: []string{"plain", "publishers", "web", "rolePath"}, value: "teams"},
	{path: []string{"plain", "publishers", "web", "rolePath"}, value: "/aws-service-role/"},
	{path: []string{"plain", "publishers", "web", "assumedBy"}, value: []any{"account", "account"}},
	{path: []string{"plain", "publishers", "web", "assumedBy"}, value: []any{"arn:aws-cn:iam::222222222222:role/web"}, needs: []string{"plain.region"}},
	{path: []string{"plain", "publishers", "web", "assumedBy"}, value: []any{"arn:aws:iam::222222222222:oidc-provider/example.com"}},
	{path: []string{"plain", "publishers", "web", "permissionsBoundary"}, value: "company"},
	{path: []string{"plain", "publishers", "web", "permissionsBoundary"}, value: "arn:aws:iam::111111111111:policy/company", needs: []string{"plain.publishers.web.account", "plain.publishers.web.everyAccount"}},
	{path: []string{"plain", "publishers", "web", "permissionsBoundary"}, value: "arn:aws:iam::aws:policy/aws-service-role/x"},
	{path: []string{"plain", "publishers", "web", "sendsTo"}, value: []any{"plain"}},
	{path: []string{"plain", "publishers", "web", "sendsTo"}, value: []any{"fifo", "fifo"}},
	{path: []string{"plain", "publishers", "web", "sendsTo"}, value: []any{"nobody"}},
	{path: []string{"plain", "publishers", "web", "sendsTo"}, value: []any{"Fifo"}},
	{path: []string{"plain", "publishers", "web", "sendsTo"}, value: []any{"everywhere"}, needs: []string{
		"plain.senders", "everywhere.senders", "plain.shared.account", "everywhere.shared.account", "plain.publishers.web.account", "plain.publishers.web.everyAccount"}},
	{path: []string{"plain", "colour"}, value: "blue"},
	{path: []string{"plain", "shared", "colour.of"}, value: nil},
	{path: []string{"plain", "alarms", ""}, value: 1.0},
	{path: []string{"plain", "publishers", "my.web"}, value: 7.0},
	{path: []string{"another"}, value: "x"},
	{path: []string{"an.other"}, value: []any{}},
}

// mistakes are all that are tried: values of all types on every setting, settings
// left out and misspelt, and the special ones.
func mistakes(t testing.TB) []mistake {
	var base map[string]any
	if err := json.Unmarshal([]byte(every), &base); err != nil {
		t.Fatal(err)
	}
	types := goTypes()
	all := slices.Clone(special)
	tried := map[string]bool{}
	var walk func(path []string, value any)
	walk = func(path []string, value any) {
		last := path[len(path)-1]
		named := len(path) == 1 || len(path) >= 3 && slices.Contains([]string{"tags", "publishers"}, path[len(path)-2])
		inner, isObject := value.(map[string]any)
		field := types[last]
		required := !named && (field.Tag.Get("setting") == "required" || slices.Contains([]string{"region", "shared", "publishers"}, last) ||
			last == "account" && path[1] != "publishers" || last == "account" && path[0] != "everywhere")
		switch {
		case isObject && last != "tags":
			for _, wrong := range []any{nil, 7.0, "x", true, []any{}} {
				all = append(all, mistake{path: path, value: wrong})
			}
		case !named:
			for _, wrong := range wrongValues(field) {
				all = append(all, mistake{path: path, value: wrong})
			}
			tried[last] = true
		}
		if !named {
			middle := len(last) / 2
			for _, name := range []string{last[:middle-1] + last[middle:middle+1] + last[middle-1:middle] + last[middle+1:], last[:len(last)-1], strings.ToUpper(last), last + "s"} {
				if name != last {
					all = append(all, mistake{path: path, name: name})
				}
			}
		}
		if required && len(path) > 1 {
			m := mistake{path: path, value: absent}
			if last == "account" && path[1] == "publishers" {
				m.needs = []string{strings.Join(append(slices.Clone(path[:3]), "everyAccount"), ".")}
			}
			all = append(all, m)
		}
		for _, name := range slices.Sorted(maps.Keys(inner)) {
			walk(append(slices.Clone(path), name), inner[name])
		}
	}
	for _, name := range slices.Sorted(maps.Keys(base)) {
		walk([]string{name}, base[name])
	}
	for name := range types {
		if !tried[name] && !slices.Contains([]string{"publishers", "alarms", "organization", "queue"}, name) {
			t.Errorf("the environments of the test have no %s", name)
		}
	}
	return all
}

// with makes the mistakes in the settings.
func with(t testing.TB, made ...mistake) any {
	var base map[string]any
	if err := json.Unmarshal([]byte(every), &base); err != nil {
		t.Fatal(err)
	}
	for _, m := range made {
		at := base
		for _, name := range m.path[:len(m.path)-1] {
			at = at[name].(map[string]any)
		}
		switch last := m.path[len(m.path)-1]; {
		case m.name != "":
			at[m.name] = at[last]
			delete(at, last)
		case m.value == absent:
			delete(at, last)
		default:
			at[last] = m.value
		}
	}
	return base
}

// emptyName is a name that is missing in a line after what was got.
var emptyName = regexp.MustCompile(`allowed:.*(  | ,| ;|""|\(\)|arn:aws[a-z-]*:[a-z]+:[a-z0-9-]*::[^:]*/…)`)

// check returns what is wrong with the lines for the mistakes.
func check(t testing.TB, made ...mistake) string {
	_, err := settings.Parse(with(t, made...))
	if err == nil {
		return "no line"
	}
	lines := strings.Split(err.Error(), "\n")
	if len(lines) != len(made) {
		return fmt.Sprintf("%d lines", len(lines))
	}
	for _, m := range made {
		i := slices.IndexFunc(lines, func(line string) bool {
			path, _, _ := strings.Cut(line, ": got ")
			return path == m.at() || strings.HasPrefix(path, m.at()+"[") || strings.HasPrefix(path, m.at()+".")
		})
		if i < 0 {
			return "no line names " + m.at()
		}
		if emptyName.MatchString(lines[i]) {
			return "a line has an empty name"
		}
	}
	return ""
}

func report(t *testing.T, made ...mistake) {
	t.Helper()
	if wrong := check(t, made...); wrong != "" {
		_, err := settings.Parse(with(t, made...))
		t.Errorf("%s for %v:\n%v", wrong, made, err)
	}
}

// As many mistakes, as many lines, and each names its setting.
func TestAsManyLinesAsMistakes(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long, and the race detector sees as much in other tests")
	}
	if _, err := settings.Parse(every); err != nil {
		t.Fatal(err)
	}
	all := mistakes(t)
	t.Run("one", func(t *testing.T) {
		t.Parallel()
		for _, m := range all {
			report(t, m)
		}
	})
	// Each setting with each other, and with other values each time.
	t.Run("two", func(t *testing.T) {
		t.Parallel()
		bySetting := map[string][]mistake{}
		for _, m := range all {
			bySetting[m.setting()] = append(bySetting[m.setting()], m)
		}
		places := slices.Sorted(maps.Keys(bySetting))
		for i, first := range places {
			for j, second := range places[i+1:] {
				a := bySetting[first][(i+3*j)%len(bySetting[first])]
				b := bySetting[second][(5*i+j)%len(bySetting[second])]
				if independent(a, b) {
					report(t, a, b)
				}
			}
		}
	})
	t.Run("three", func(t *testing.T) {
		t.Parallel()
		random := rand.New(rand.NewPCG(1, 2)) // the same each time
		for n := 0; n < 500; {
			a, b, c := all[random.IntN(len(all))], all[random.IntN(len(all))], all[random.IntN(len(all))]
			if independent(a, b) && independent(b, c) && independent(a, c) {
				n++
				report(t, a, b, c)
			}
		}
	})
}
