package main

import (
	"bufio"
	"bytes"
	"context"
	"example.com/shared-queue/internal/fixture"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"example.com/shared-queue/internal/app/settings"
	"example.com/shared-queue/proof/evaluate"
	"example.com/shared-queue/proof/simulation"
	"example.com/shared-queue/spec"
)

const root = "../.."

func environments(t *testing.T) []spec.Environment {
	t.Helper()
	parsed, err := settings.Parse(fixture.Settings)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

func start(t *testing.T) (*simulation.Simulation, map[string]any) {
	t.Helper()
	templates, err := fixture.Templates(fixture.Assembly())
	if err != nil {
		t.Fatal(err)
	}
	evaluator, err := evaluate.Start(root)
	if err != nil {
		t.Fatal(err)
	}
	s, err := simulation.Start(evaluator)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if err := evaluator.Close(); err != nil {
			t.Error(err)
		}
	})
	return s, templates
}

// The product in ten lines, and the article's policies in ten more.
func TestTheStory(t *testing.T) {
	s, templates := start(t)
	all := environments(t)
	var out bytes.Buffer
	code, err := show(context.Background(), &out, s, all, all[0], templates)
	if err != nil || code != holds {
		t.Fatalf("%d, %v\n%s", code, err, out.String())
	}
	ours, theirs, _ := strings.Cut(out.String(), "The same callers")
	for _, c := range []struct{ text, who, want string }{
		{ours, "publisher events", "allowed"},
		{ours, "the consumer shared-app-worker", "allowed"},
		{ours, "the OU of prod", "refused by the key's policy"},
		{ours, "a sibling OU", "refused by the key's policy"},
		{ours, "an organization whose id begins the same", "refused by the queue's policy"},
		{ours, "another organization, same OU ids", "refused by the queue's policy"},
		{ours, "an account in no organization", "refused by the queue's policy"},
		{ours, "an anonymous caller", "refused by the queue's policy"},
		{ours, "The boundary holds.", ""},
		{theirs, "publisher events", "allowed"},
		{theirs, "the OU of prod", "refused by the key's policy"},
		{theirs, "an account in no organization", "ACCEPTED"},
		{theirs, "an anonymous caller", "refused by SQS, as it is not signed"},
		{theirs, "The boundary is broken: an account in no organization got in.", ""},
	} {
		if !regexp.MustCompile(`(?m)^ *` + regexp.QuoteMeta(c.who) + `.*` + regexp.QuoteMeta(c.want) + `$`).MatchString(c.text) {
			t.Errorf("%s: want %s in\n%s", c.who, c.want, c.text)
		}
	}
}

// A policy that lets a sibling in, or the publisher out, is told as it is.
func TestABrokenBoundaryIsNotSaidToHold(t *testing.T) {
	s, templates := start(t)
	all := environments(t)
	for name, c := range map[string]struct{ from, to, want string }{
		"a sibling is let in":  {"km23jdev/*", "km23jdev*", "The boundary is broken: a sibling OU got in."},
		"the publisher is out": {"km23jdev/*", "km23jdex/*", "It does not work: publisher events, the consumer shared-app-worker was refused."},
		"prod has a way in":    {"ou-wxyz-jklm1dev/ou-wxyz-km23jdev/*", "ou-wxyz-nopq1prd/*", "The boundary is broken: the OU of prod got in."},
	} {
		t.Run(name, func(t *testing.T) {
			text, err := fs.ReadFile(fixture.Assembly(), "dev-shared.template.json")
			if err != nil {
				t.Fatal(err)
			}
			changed := map[string]any{}
			for stack, template := range templates {
				changed[stack] = template
			}
			folder := t.TempDir()
			if err := os.WriteFile(filepath.Join(folder, "dev-shared.template.json"), bytes.ReplaceAll(text, []byte(c.from), []byte(c.to)), 0o600); err != nil {
				t.Fatal(err)
			}
			broken, err := readTemplates(folder)
			if err != nil {
				t.Fatal(err)
			}
			changed["dev-shared"] = broken["dev-shared"]
			got, err := tell(context.Background(), io.Discard, s, all, all[0], changed)
			if err != nil || got.String() != c.want {
				t.Errorf("got %s, %v, want %s", got, err, c.want)
			}
		})
	}
}

// The printed profiles are there while it serves, and gone afterwards.
func TestServeLeavesNothing(t *testing.T) {
	s, templates := start(t)
	all := environments(t)
	t.Setenv("TMPDIR", t.TempDir())
	ctx, stop := context.WithCancel(context.Background())
	r, w := io.Pipe()
	ended := make(chan error)
	go func() {
		ended <- serve(ctx, w, s, all, all[0], templates)
		_ = w.Close()
	}()
	config := ""
	for lines := bufio.NewScanner(r); lines.Scan(); {
		if m := regexp.MustCompile(`AWS_CONFIG_FILE=(\S+)`).FindStringSubmatch(lines.Text()); m != nil {
			config = m[1]
		}
		if strings.Contains(lines.Text(), "aws sqs send-message") {
			break
		}
	}
	go func() { _, _ = io.Copy(io.Discard, r) }()
	text, err := os.ReadFile(config)
	if err != nil || !bytes.Contains(text, []byte("[profile dev-publisher-web]")) {
		t.Errorf("%s: %v", text, err)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if left, err := os.ReadDir(os.Getenv("TMPDIR")); err != nil || len(left) > 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}

func TestArgumentsAreRefused(t *testing.T) {
	code, err := run(context.Background(), []string{"dev"}, io.Discard)
	if code != misused || err == nil || err.Error() != `got the argument "dev", allowed: flags only; demo -h lists them` {
		t.Errorf("got %d, %v", code, err)
	}
}

func TestWhichEnvironmentIsShown(t *testing.T) {
	all := environments(t)
	all[0].Publishers = nil
	if e, err := choose(all, ""); err != nil || e.Name != "prod" {
		t.Errorf("got %s, %v", e.Name, err)
	}
	if _, err := choose(all, "test"); err == nil || err.Error() != `-environment: got "test", allowed: one of dev, prod, stage, with a publisher; choose one` {
		t.Errorf("got %v", err)
	}
}
