// Command orgpaths prints the paths of organizational units (OUs), to paste
// into the settings: of one by its id or name, or of all as a tree.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"example.com/shared-queue/proof/aws/orgpaths"
	"example.com/shared-queue/proof/aws/profile"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the command at once
	os.Exit(orgpaths.Run(ctx, os.Args[1:], os.Stdout, os.Stderr, profile.Ask(os.Stdin, os.Stderr)))
}
