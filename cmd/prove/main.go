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
	"example.com/shared-queue/proof/prove"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the command at once
	os.Exit(prove.Run(ctx, os.Args[1:], os.Stdout, os.Stderr, prove.Pace{
		Backoff: retry.NewExponentialJitterBackoff(5 * time.Second),
		Poll:    500 * time.Millisecond,
	}, profile.Ask(os.Stdin, os.Stderr)))
}
