// Command templates says what cdk synth wrote: each stack's template, for which
// account and Region, and how to go on.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"text/tabwriter"

	"example.com/shared-queue/internal/assembly"
)

const folder = "cdk.out"

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	stacks, err := assembly.Read(os.DirFS(folder))
	if err != nil {
		return fmt.Errorf("%s: %w", folder, err)
	}
	out := tabwriter.NewWriter(os.Stdout, 0, 0, 3, ' ', 0)
	fmt.Fprintf(out, "\n  STACK\tACCOUNT\tREGION\tTEMPLATE\n")
	for _, s := range stacks {
		fmt.Fprintf(out, "  %s\t%s\t%s\t%s\n", s.Path, s.Account, s.Region, filepath.Join(folder, filepath.FromSlash(s.File)))
	}
	if err := out.Flush(); err != nil {
		return err
	}
	if len(stacks) > 0 {
		first := stacks[0].Path
		fmt.Printf("\n  Read one:   npx cdk synth %s\n  Deploy one: npx cdk deploy %s --profile <its account>\n", first, first)
	}
	return nil
}
