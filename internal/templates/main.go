// Command templates says what cdk synth wrote: each stack's template, for which
// account and Region, and how to go on.
package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
)

const assembly = "cdk.out"

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	text, err := os.ReadFile(filepath.Join(assembly, "manifest.json"))
	if err != nil {
		return fmt.Errorf("read what cdk synth wrote: %w", err)
	}
	// https://github.com/aws/aws-cdk-cli/blob/main/packages/%40aws-cdk/cloud-assembly-schema/schema/cloud-assembly.schema.json
	var manifest struct {
		Artifacts map[string]struct {
			Type        string
			Environment string // aws://account/region
			Properties  struct{ TemplateFile string }
		}
	}
	if err := json.Unmarshal(text, &manifest); err != nil {
		return fmt.Errorf("read what cdk synth wrote: %w", err)
	}

	out := tabwriter.NewWriter(os.Stdout, 0, 0, 3, ' ', 0)
	fmt.Fprintf(out, "\n  STACK\tACCOUNT\tREGION\tTEMPLATE\n")
	first := ""
	for _, stack := range slices.Sorted(maps.Keys(manifest.Artifacts)) {
		artifact := manifest.Artifacts[stack]
		if artifact.Type != "aws:cloudformation:stack" {
			continue
		}
		account, region, _ := strings.Cut(strings.TrimPrefix(artifact.Environment, "aws://"), "/")
		fmt.Fprintf(out, "  %s\t%s\t%s\t%s\n", stack, account, region, filepath.Join(assembly, artifact.Properties.TemplateFile))
		if first == "" {
			first = stack
		}
	}
	if err := out.Flush(); err != nil {
		return err
	}
	fmt.Printf("\n  Read one:   npx cdk synth %s\n  Deploy one: npx cdk deploy %s --profile <its account>\n", first, first)
	return nil
}
