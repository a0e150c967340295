package demo

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/shared-queue/internal/app/settings"
	"example.com/shared-queue/internal/assembly"
	"example.com/shared-queue/internal/fixture"
	"example.com/shared-queue/proof/asked"
	"example.com/shared-queue/proof/evaluate"
	"example.com/shared-queue/proof/simulation"
	"example.com/shared-queue/proof/template"
	"example.com/shared-queue/proof/world"
	"example.com/shared-queue/spec"
)

const (
	root  = "../.."
	limit = 2 * time.Minute // of whatever a test waits for
)

// within is a context that ends, and says what it waited for.
func within(t *testing.T, what string) context.Context {
	t.Helper()
	ctx, stop := context.WithTimeoutCause(t.Context(), limit, fmt.Errorf("%s took longer than %v", what, limit))
	t.Cleanup(stop)
	return ctx
}

var evaluator = sync.OnceValues(func() (*evaluate.Evaluator, error) { return evaluate.Start(root) })

func start(t *testing.T) *simulation.Simulation {
	t.Helper()
	e, err := evaluator()
	if err != nil {
		t.Fatal(err)
	}
	s, err := simulation.Start(e)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// read is what settings and the assembly of their stacks come to.
func read(t *testing.T, text string, folder fs.FS, change func(template string) string) ([]spec.Environment, *world.World, *asked.App) {
	t.Helper()
	environments, err := settings.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	stacks, err := assembly.Read(folder)
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range stacks {
		text, err := json.Marshal(s.Template)
		if err != nil {
			t.Fatal(err)
		}
		stacks[i].Template = nil
		if err := json.Unmarshal([]byte(change(string(text))), &stacks[i].Template); err != nil {
			t.Fatal(err)
		}
	}
	w, app, err := template.Read(stacks)
	if err != nil {
		t.Fatal(err)
	}
	return environments, w, app
}

func asItIs(template string) string { return template }

func example(t *testing.T, change func(string) string) ([]spec.Environment, *world.World, *asked.App) {
	t.Helper()
	environments, w, app := read(t, fixture.Settings, fixture.Assembly(), change)
	environments, err := shownFirst(environments, "")
	if err != nil {
		t.Fatal(err)
	}
	return environments, w, app
}

// The product in a table, and the article's policies in another.
func TestTheScenario(t *testing.T) {
	environments, w, app := example(t, asItIs)
	var out bytes.Buffer
	status, err := show(within(t, "the scenario"), &out, start(t), environments, w, app)
	if err != nil || status != holds {
		t.Fatalf("%d, %v\n%s", status, err, out.String())
	}
	const (
		byOwn   = "refused by its own policy"
		byKey   = "refused by the key's policy"
		byQueue = "refused by the queue's policy"
	)
	ours, theirs, _ := strings.Cut(out.String(), "The same callers, with the policies that k9 Security's article")
	for _, c := range []struct{ text, who, sends, receives string }{
		{ours, "Publisher events", "allowed", byOwn},
		{ours, "Consumer shared-app-worker", byOwn, "allowed"},
		{ours, "Role in the OU", "allowed", byQueue},
		{ours, "Role in a child OU", "allowed", byQueue},
		{ours, "Role in an OU that sends to shared-app-work of account 333333333333", byKey, byQueue},
		{ours, "Role in a sibling OU whose id begins the same", byKey, byQueue},
		{ours, "Role in the parent OU", byKey, byQueue},
		{ours, "Role at the organization's root", byKey, byQueue},
		{ours, "Role in an organization whose id begins the same", byQueue, byQueue},
		{ours, "Role in another organization with the same OU ids", byQueue, byQueue},
		{ours, "Role in no organization", byQueue, byQueue},
		{ours, "Anonymous", byQueue, byQueue},
		{ours, "The boundary holds.", "", ""},
		{theirs, "Publisher events", "allowed", byOwn},
		{theirs, "Role in an OU that sends to shared-app-work of account 333333333333", byKey, byQueue},
		{theirs, "Role in no organization", "ACCEPTED", byQueue},
		{theirs, "Anonymous", "refused by SQS: it is not signed", byQueue},
		{theirs, "The boundary is broken: Role in no organization sends.", "", ""},
	} {
		line := regexp.QuoteMeta(c.who) + ` *` + regexp.QuoteMeta(c.sends) + ` *` + regexp.QuoteMeta(c.receives)
		if !regexp.MustCompile(`(?m)^ *` + line + `$`).MatchString(c.text) {
			t.Errorf("%s: want %s and %s in\n%s", c.who, c.sends, c.receives, c.text)
		}
	}
}

// Policies that let somebody in, or the publisher out, are told as they are.
func TestABrokenBoundaryIsNotSaidToHold(t *testing.T) {
	s := start(t)
	replace := func(from, to string) func(string) string {
		return func(template string) string { return strings.ReplaceAll(template, from, to) }
	}
	for name, c := range map[string]struct {
		change func(string) string
		want   string
	}{
		"a sibling is let in": {replace("km23jdev/*", "km23jdev*"), "The boundary is broken: Role in a sibling OU whose id begins the same sends, " +
			"Role in o-abc1234567/r-wxyz/ou-wxyz-jklm1dev/ou-wxyz-km23jdevx, which a policy names sends."},
		"senders are out": {replace(`"kms:GenerateDataKey"`, `"kms:DescribeKey"`),
			"It does not work. Refused: Publisher events, Consumer shared-app-worker, Role in the OU, Role in a child OU, Role in a grandchild OU."},
		"prod has a way in": {replace("ou-wxyz-jklm1dev/ou-wxyz-km23jdev/*", "ou-wxyz-nopq1prd/*"),
			"The boundary is broken: Role in an OU that sends to shared-app-work of account 333333333333 sends, " +
				"Role in o-abc1234567/r-wxyz/ou-wxyz-nopq1prd, which a policy names sends."},
		"senders read": {replace(`"Action":"sqs:SendMessage"`, `"Action":["sqs:SendMessage","sqs:ReceiveMessage"]`),
			"The boundary is broken: Role in the OU receives, Role in a child OU receives, Role in a grandchild OU receives."},
	} {
		t.Run(name, func(t *testing.T) {
			environments, w, app := example(t, func(template string) string {
				if !strings.Contains(template, "shared-app-work-dlq") || !strings.Contains(template, "km23jdev") {
					return template
				}
				return c.change(template)
			})
			var out bytes.Buffer
			got, err := runScenario(within(t, "the scenario"), &out, s, environments, w, app)
			if err != nil || got.String() != c.want {
				t.Errorf("got %s, %v, want %s\n%s", got, err, c.want, &out)
			}
		})
	}
}

// An account that only a policy names is found, and shown reading.
func TestWhoeverAPolicyNamesIsTried(t *testing.T) {
	environments, w, app := example(t, asItIs)
	const foreign = "424242424242"
	q := w.Queue(environments[0].QueueAddress().ARN())
	for _, p := range []*world.Policy{q.Policy, w.KeyOf(q).Policy} {
		p.Document["Statement"] = append(world.List(p.Document["Statement"]), object{"Effect": "Allow", "Principal": object{"AWS": foreign},
			"Action": map[bool]string{true: "sqs:ReceiveMessage", false: "kms:Decrypt"}[p == q.Policy], "Resource": "*"})
	}
	var out bytes.Buffer
	got, err := runScenario(within(t, "the scenario"), &out, start(t), environments, w, app)
	if err != nil {
		t.Fatal(err)
	}
	const who = "Administrator of account " + foreign + ", which a policy names, if its account is in no organization"
	if line := regexp.MustCompile(who + ` +refused by the queue's policy +READS: For the consumer only\.`); !line.MatchString(out.String()) ||
		!strings.HasPrefix(got.String(), "The boundary is broken: "+who+" receives, ") {
		t.Errorf("got %s\n%s", got, &out)
	}
}

// Every kind of environment is shown, the variants of the fixture too.
func TestEveryEnvironmentIsShown(t *testing.T) {
	s := start(t)
	for _, f := range []struct {
		settings string
		assembly fs.FS
	}{{fixture.Settings, fixture.Assembly()}, {fixture.Variants, fixture.VariantsAssembly()}} {
		all, w, app := read(t, f.settings, f.assembly, asItIs)
		showEach(t, s, all, w, app)
	}
}

// showEach shows each environment first, as -environment does.
func showEach(t *testing.T, s *simulation.Simulation, all []spec.Environment, w *world.World, app *asked.App) {
	t.Helper()
	for _, e := range all {
		t.Run(e.Name, func(t *testing.T) {
			environments, err := shownFirst(all, e.Name)
			if err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			status, err := show(within(t, "the scenario"), &out, s, environments, w, app)
			if err != nil || status != holds || !strings.Contains(out.String(), "The boundary is broken: Role in no organization sends.") {
				t.Errorf("%d, %v\n%s", status, err, &out)
			}
		})
	}
}

// The printed profiles are there while it serves, and gone afterwards.
func TestServeLeavesNothing(t *testing.T) {
	environments, w, _ := example(t, asItIs)
	s := start(t)
	t.Setenv("TMPDIR", t.TempDir())
	ctx, stop := context.WithCancel(within(t, "serving"))
	r, out := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		ended <- serve(ctx, out, s, environments, w, "cdk.json")
		_ = out.Close()
	}()
	config := ""
	for lines := bufio.NewScanner(r); lines.Scan(); {
		if m := regexp.MustCompile(`AWS_CONFIG_FILE=(\S+)`).FindStringSubmatch(lines.Text()); m != nil {
			config = m[1]
		}
		if strings.Contains(lines.Text(), "go run ./cmd/prove") {
			break
		}
	}
	go func() { _, _ = io.Copy(io.Discard, r) }()
	text, err := os.ReadFile(config)
	if err != nil || !bytes.Contains(text, []byte("[profile dev-publisher-web]")) {
		t.Errorf("%s: %v", text, err)
	}
	stop()
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(limit):
		t.Fatal("it still serves after Ctrl-C")
	}
	if left, err := os.ReadDir(os.Getenv("TMPDIR")); err != nil || len(left) > 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}

func TestWrongArguments(t *testing.T) {
	file := filepath.Join(t.TempDir(), "cdk.json")
	if err := os.WriteFile(file, []byte(`{"context": {"environments": `+fixture.Settings+`}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		arguments []string
		want      string
	}{
		{[]string{"dev"}, `demo: got the argument "dev", allowed: options only; -h lists them`},
		{[]string{"-foo"}, `demo: flag provided but not defined: -foo; -h lists what there is`},
		{[]string{"-settings", "none.json"}, "demo: read the settings of none.json:"},
		{[]string{"-settings", file, "-environment", "test"}, `demo: -environment: got "test", allowed: one of dev, prod, stage, telemetry; choose one`},
	} {
		var out, problems bytes.Buffer
		if status := Run(within(t, "the command"), c.arguments, &out, &problems); status != misused || !strings.HasPrefix(problems.String(), c.want) || out.Len() > 0 {
			t.Errorf("%v: got %d, %s%s, want %s", c.arguments, status, &out, &problems, c.want)
		}
	}
}

func TestWhichEnvironmentIsShown(t *testing.T) {
	all, _, _ := example(t, asItIs)
	all[0].Publishers = nil
	if shown, err := shownFirst(all, ""); err != nil || shown[0].Name != "prod" || len(shown) != 4 {
		t.Errorf("got %v, %v", shown, err)
	}
	for i := range all {
		all[i].Publishers = nil
	}
	if shown, err := shownFirst(all, ""); err != nil || shown[0].Name != "dev" {
		t.Errorf("got %v, %v", shown, err)
	}
}
