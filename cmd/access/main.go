// Command access computes who can do what with the shared queues of an app, from
// what cdk synth wrote. Its -h says more.
package main

import (
	"os"

	"example.com/shared-queue/proof/access"
)

func main() { os.Exit(access.Run(os.Args[1:], os.Stdout, os.Stderr)) }
