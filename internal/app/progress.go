package app

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"

	"example.com/shared-queue/internal/node"
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
			all := report(os.Stderr, folder, stacks, time.Tick(2*time.Second), done)
			if all && node.Validates() {
				fmt.Fprintln(os.Stderr, "Validating them …") // CDK writes all before
			}
		}()
	}
	app.Synth(nil)
}

// report counts at every tick the templates in the folder, until all are there or
// it is done. It says whether all are there.
func report(w io.Writer, folder string, stacks int, tick <-chan time.Time, done <-chan struct{}) (all bool) {
	for written := 0; written < stacks; {
		select {
		case <-done:
			return false
		case <-tick:
		}
		files, err := filepath.Glob(filepath.Join(folder, "*.template.json"))
		if err != nil {
			return false
		}
		if len(files) > written {
			written = len(files)
			fmt.Fprintf(w, "%d of %d templates are written\n", written, stacks)
		}
	}
	return true
}
