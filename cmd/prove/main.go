// Command prove tries on AWS what the stacks promise. Its -h says what it does
// and sends.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/retry"

	"example.com/shared-queue/proof/aws/profile"
	"example.com/shared-queue/proof/evaluate"
	"example.com/shared-queue/proof/prove"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the command at once
	command := prove.Command{
		Stdout:  os.Stdout,
		Stderr:  os.Stderr,
		Backoff: retry.NewExponentialJitterBackoff(5 * time.Second),
		Poll:    500 * time.Millisecond,
		Code:    profile.Ask(os.Stdin, os.Stderr),
		// It is not closed: it ends with this process.
		Evaluate: func() (*evaluate.Evaluator, error) { return evaluate.Start(".") },
	}
	os.Exit(command.Run(ctx, os.Args[1:]))
}
