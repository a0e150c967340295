package main

import (
	"os"
	"strings"
	"testing"

	"example.com/shared-queue/internal/access"
	"example.com/shared-queue/internal/cdktest"
	"example.com/shared-queue/internal/settings"
)

// Every caller can do what is promised and nothing else, as an evaluator that
// knows nothing of this project sees it, on the templates of the snapshots.
func TestAccess(t *testing.T) {
	matrix, world := decide(t)
	decisions := matrix.Decisions()
	if len(decisions) < 300 {
		t.Errorf("%d decisions, want 300 or more", len(decisions))
	}
	for _, d := range decisions {
		if d.Got == d.Want {
			continue
		}
		why, err := matrix.Explain(".", world, d)
		if err != nil {
			t.Fatal(err)
		}
		t.Error(why)
	}
}

func TestAccessTable(t *testing.T) {
	matrix, _ := decide(t)
	got := matrix.Markdown()
	if *update {
		if err := os.WriteFile("ACCESS.md", []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("ACCESS.md")
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Error("ACCESS.md is stale: run make access and look at the difference")
	}
}

// The README's table of services that can be publishers is right: those with a
// yes can take on a role that sends, and those with a no cannot send.
func TestServicesThatCanBePublishers(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(readme), "| AWS service | `assumedBy` | Can send? |")
	can := map[string]bool{}
	for line := range strings.Lines(table) {
		if cells := strings.Split(line, " | "); len(cells) == 4 {
			can[strings.Trim(cells[1], "`")] = cells[2] == "yes"
		} else if len(can) > 0 {
			break
		}
	}
	if len(can) < 9 {
		t.Fatalf("the table has %d services, want 9 or more", len(can))
	}

	var roles []string
	for service, yes := range can {
		if yes {
			roles = append(roles, `"`+service+`"`)
		}
	}
	world, matrix := decideOn(t, `{"services": {
	  "region": "us-east-1",
	  "senders": ["o-abc1234567/r-wxyz/ou-wxyz-jklm1dev"],
	  "shared": {"account": "111111111111", "queueName": "work", "keyAlias": "app"},
	  "publishers": {"any": {"account": "222222222222", "roleName": "any", "assumedBy": [`+strings.Join(roles, ", ")+`]}}}}`)
	if err := matrix.Decide(".", world); err != nil {
		t.Fatal(err)
	}
	takesOn, sends := map[string]bool{}, map[string]bool{}
	for _, d := range matrix.Decisions() {
		service, isService := strings.CutPrefix(d.Who, "Service ")
		switch {
		case isService && d.Operation == access.Assume:
			takesOn[service] = d.Got
		case isService && d.Operation == access.Send:
			sends[service] = d.Got
		case d.Who == "Publisher role any" && d.Operation == access.Send && !d.Got:
			t.Error("the role cannot send")
		}
	}
	for service, yes := range can {
		answers := sends
		if yes {
			answers = takesOn
		}
		if got, asked := answers[service]; !asked || got != yes {
			t.Errorf("%s: the README says %v, the evaluator %v (asked: %v)", service, yes, got, asked)
		}
	}
}

// decideOn synthesizes settings and makes their matrix.
func decideOn(t *testing.T, text string) (access.World, *access.Matrix) {
	t.Helper()
	environments, err := settings.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	app := cdktest.NewApp(t, ".")
	if err := define(app, environments); err != nil {
		t.Fatal(err)
	}
	synthesized, _ := cdktest.Synth(t, app)
	templates := map[string]any{}
	for stack, template := range synthesized {
		templates[stack] = template.JSON
	}
	world, err := access.Policies(environments, templates)
	if err != nil {
		t.Fatal(err)
	}
	return world, access.NewMatrix(environments)
}

var decided struct {
	matrix *access.Matrix
	world  access.World
}

func decide(t *testing.T) (*access.Matrix, access.World) {
	t.Helper()
	if decided.matrix != nil {
		return decided.matrix, decided.world
	}
	a := synth(t)
	templates := map[string]any{}
	for _, stack := range exampleStacks {
		templates[stack] = a.templates[stack].JSON
	}
	world, err := access.Policies(a.example, templates)
	if err != nil {
		t.Fatal(err)
	}
	matrix := access.NewMatrix(a.example)
	if err := matrix.Decide(".", world); err != nil {
		t.Fatal(err)
	}
	decided.matrix, decided.world = matrix, world
	return matrix, world
}
