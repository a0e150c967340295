package cdk

import (
	"fmt"
	"os"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"

	"example.com/shared-queue/internal/node"
	"example.com/shared-queue/internal/progress"
)

// many is the number of stacks from which a synthesis takes so long that its
// progress is worth a line.
const many = 50

// Synth synthesizes the app. With more than 50 stacks, it says on standard error
// how far it is.
func Synth(app awscdk.App) {
	if stacks := len(*app.Node().Children()); stacks > many {
		folder := *app.Outdir() // here, as jsii takes one request at a time
		done := make(chan struct{})
		defer close(done)
		go func() {
			all := progress.Report(os.Stderr, folder, stacks, time.Tick(2*time.Second), done)
			if all && node.Validates() {
				fmt.Fprintln(os.Stderr, "Validating them …") // CDK writes all before
			}
		}()
	}
	app.Synth(nil)
}
