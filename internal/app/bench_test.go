package app

import (
	"errors"
	"testing"

	"example.com/shared-queue/internal/cdktest"
	"example.com/shared-queue/proof/access"
	"example.com/shared-queue/proof/evaluate"
)

// BenchmarkSynth defines and synthesizes the example in a Node.js process that
// already runs.
func BenchmarkSynth(b *testing.B) {
	environments := exampleEnvironments(b)
	for b.Loop() {
		app := cdktest.NewApp(b)
		if err := Define(app, environments); err != nil {
			b.Fatal(err)
		}
		cdktest.Synth(b, app)
	}
}

// BenchmarkAccess answers all questions about the example, each time in a new
// Node.js process.
func BenchmarkAccess(b *testing.B) {
	a := build(b, exampleEnvironments(b))
	world, err := access.Policies(a.environments, decoded(a))
	if err != nil {
		b.Fatal(err)
	}
	matrix := access.NewMatrix(a.environments)
	for b.Loop() {
		evaluator, err := evaluate.Start(root)
		if err != nil {
			b.Fatal(err)
		}
		if err := errors.Join(matrix.Decide(evaluator, world), evaluator.Close()); err != nil {
			b.Fatal(err)
		}
	}
}
