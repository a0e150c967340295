// Command demo shows the boundary at work in a simulation of AWS on this computer. Its
// -h says more.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"example.com/shared-queue/proof/demo"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the command at once
	os.Exit(demo.Run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}
