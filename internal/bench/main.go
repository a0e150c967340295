// Command bench measures the app against the same stacks in JavaScript: whole
// processes, in turns, since only what runs at the same time on the same machine
// can be compared. make bench runs it in the project's folder.
package main

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"

	"example.com/shared-queue/internal/node"
)

// A row is one piece of work, which the app and its peer do.
type row struct {
	name       string
	publishers int  // 0 is example.json
	cli        bool // under the CDK CLI, not the app's process alone
	goRun      bool // started as by cdk.json, not built before
	validator  bool
}

var rows = []row{
	{"cdk synth, example, go run", 0, true, true, true},
	{"cdk synth, example, go run", 0, true, true, false},
	{"process, 1 publisher", 1, false, false, true},
	{"process, 10 publishers", 10, false, false, true},
	{"process, 100 publishers", 100, false, false, true},
	{"cdk synth, 1000 publishers", 1000, true, false, true},
	{"process, 1000 publishers", 1000, false, false, false},
}

func main() {
	rounds := flag.Int("rounds", 5, "how often to measure each row")
	only := flag.String("row", "", "measure the rows that have this text in their name")
	flag.Parse()
	if err := run(*rounds, *only); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(rounds int, only string) error {
	b, err := newBench()
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(b.folder) }()
	fmt.Printf("The app's time / its peer's, median of %d rounds (least to most).\n", rounds)
	fmt.Printf("Tuned is the peer with the app's flags of V8, %s.\n\n", strings.Join(node.Flags, " "))
	const format = "%-28s %-9s  %-18s  %-18s  %-18s  %6s %6s %6s\n"
	fmt.Printf(format, "", "validator", "app / peer", "in CPU time", "app / tuned peer", "app", "peer", "tuned")
	for _, r := range rows {
		if !strings.Contains(r.name, only) {
			continue
		}
		app, peer, tuned, err := b.measure(r, rounds)
		if err != nil {
			return fmt.Errorf("%s: %w", r.name, err)
		}
		validator := "off"
		if r.validator {
			validator = "on"
		}
		fmt.Printf(format, r.name, validator, ratio(app, peer, wall), ratio(app, peer, cpu), ratio(app, tuned, wall),
			seconds(app), seconds(peer), seconds(tuned))
	}
	return nil
}

// measure returns what each round took. There is no tuned peer where there is no
// validator, since the app does without the flags there.
func (b *bench) measure(r row, rounds int) (app, peer, tuned []usage, err error) {
	programs := []struct {
		command []string
		took    *[]usage
	}{
		{b.app(r), &app},
		{b.peer(), &peer},
		{b.peer(node.Flags...), &tuned},
	}
	if !r.validator {
		programs = programs[:2]
	}
	for range rounds {
		var first map[string]string
		for _, p := range programs {
			took, templates, err := b.synth(r, p.command)
			if err != nil {
				return nil, nil, nil, fmt.Errorf("%q: %w", p.command, err)
			}
			*p.took = append(*p.took, took)
			if first == nil {
				first = templates
			}
			if err := same(first, templates); err != nil {
				return nil, nil, nil, fmt.Errorf("%q: %w", p.command, err)
			}
		}
	}
	return app, peer, tuned, nil
}

func wall(u usage) float64 { return u.wall.Seconds() }
func cpu(u usage) float64  { return u.cpu.Seconds() }

// ratio is of the rounds of two programs, pair by pair.
func ratio(of, to []usage, what func(usage) float64) string {
	var ratios []float64
	for i := range to {
		ratios = append(ratios, what(of[i])/what(to[i]))
	}
	if ratios == nil {
		return "-"
	}
	return fmt.Sprintf("%.2f (%.2f to %.2f)", median(ratios), slices.Min(ratios), slices.Max(ratios))
}

func seconds(took []usage) string {
	var all []float64
	for _, u := range took {
		all = append(all, wall(u))
	}
	if all == nil {
		return "-"
	}
	return fmt.Sprintf("%.1f s", median(all))
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	middle := len(sorted) / 2
	if len(sorted)%2 == 0 {
		return (sorted[middle-1] + sorted[middle]) / 2
	}
	return sorted[middle]
}
