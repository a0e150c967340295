package app

import (
	"testing"

	"example.com/shared-queue/internal/cdktest"
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
