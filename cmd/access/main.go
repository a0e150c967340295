// Command access computes who can do what with the shared queues of an app, from
// what cdk synth wrote or from what is deployed. Its -h says more.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"example.com/shared-queue/proof/access/command"
	"example.com/shared-queue/proof/aws/profile"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the command at once
	os.Exit(command.Run(ctx, os.Args[1:], os.Stdout, os.Stderr, command.Tools{Code: profile.Ask(os.Stdin, os.Stderr)}))
}
