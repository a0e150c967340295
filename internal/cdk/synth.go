package cdk

import (
	"os"
	"time"

	"example.com/shared-queue/internal/progress"
	"github.com/aws/aws-cdk-go/awscdk/v2"
)

// many is the number of stacks from which a synthesis takes so long that its
// progress is worth a line.
const many = 50

// Synth synthesizes the app. With more than 50 stacks, it says on standard error
// how far it is.
func Synth(app awscdk.App) {
	if stacks := len(*app.Node().Children()); stacks > many {
		done := make(chan struct{})
		defer close(done)
		go progress.Report(os.Stderr, *app.Outdir(), stacks, time.Tick(2*time.Second), done)
	}
	app.Synth(nil)
}
