package main

import (
	"os"
	"testing"

	"example.com/shared-queue/internal/access"
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
