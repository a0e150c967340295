// Package demo shows the boundary at work without an AWS account: it deploys the app's
// own templates into a simulation of AWS on loopback, and lets callers from everywhere
// try to send and to receive. Then it does the same with the policies that the article
// prints, which this project follows.
package demo

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"

	"example.com/shared-queue/internal/app/settings"
	"example.com/shared-queue/proof/asked"
	"example.com/shared-queue/proof/evaluate"
	"example.com/shared-queue/proof/simulation"
	"example.com/shared-queue/proof/world"
	"example.com/shared-queue/spec"
)

// Exit statuses of the command.
const (
	holds   = 0
	broken  = 1
	misused = 2
)

const usage = `demo deploys the templates of the settings into a simulation of AWS on this computer, and lets callers from everywhere
try to send and to receive. Then it does the same with the policies of
` + article + `.

Usage: demo [options]

`

const statuses = `
Exit status: 0 if the boundary holds, 1 if it does not or the demo failed, 2 if the settings or options are wrong.
`

type options struct {
	settings    string
	environment string
	app         string
	serve       bool
}

// Run is the command: with the arguments, it writes to the two outputs and returns the
// exit status. It ends when the context does.
func Run(ctx context.Context, arguments []string, stdout, stderr io.Writer) int {
	o, err := parse(arguments, stdout)
	if errors.Is(err, flag.ErrHelp) {
		return holds
	}
	status := misused
	if err == nil {
		status, err = run(ctx, o, stdout)
	}
	if err != nil {
		fmt.Fprintln(stderr, "demo:", err)
	}
	return status
}

func parse(arguments []string, help io.Writer) (o options, err error) {
	f := flag.NewFlagSet("demo", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.StringVar(&o.settings, "settings", "cdk.json", "the `file` with the settings, in the form of cdk.json")
	f.StringVar(&o.environment, "environment", "", "the `name` of the environment to show (default: the first with a publisher, if there is one)")
	f.StringVar(&o.app, "app", "bin/shared-queue", "the app's `program`, which writes the templates")
	f.BoolVar(&o.serve, "serve", false, "stay up afterwards, for your own clients, until Ctrl-C")
	err = f.Parse(arguments)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(help, usage)
		f.SetOutput(help)
		f.PrintDefaults()
		fmt.Fprint(help, statuses)
		return o, err
	case err != nil:
		return o, fmt.Errorf("%w; -h lists what there is", err)
	case f.NArg() > 0:
		return o, fmt.Errorf("got the argument %q, allowed: options only; -h lists them", f.Arg(0))
	}
	return o, nil
}

func run(ctx context.Context, o options, out io.Writer) (status int, err error) {
	environments, err := settings.FromFile(o.settings)
	if err != nil {
		return misused, fmt.Errorf("read the settings of %s:\n%w", o.settings, err)
	}
	environments, err = shownFirst(environments, o.environment)
	if err != nil {
		return misused, err
	}
	w, app, err := synthesize(ctx, o)
	if err != nil {
		return broken, err
	}
	evaluator, err := evaluate.Start(".")
	if err != nil {
		return broken, err
	}
	defer func() {
		if closed := evaluator.Close(); ctx.Err() == nil { // Ctrl-C ends it too
			err = errors.Join(err, closed)
		}
	}()
	s, err := simulation.Start(evaluator)
	if err != nil {
		return broken, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()

	status, err = show(ctx, out, s, environments, w, app)
	if err == nil && o.serve {
		err = serve(ctx, out, s, environments, w, o.settings)
	}
	return status, err
}

// shownFirst puts the environment to show before the others, so that an account of two
// environments lies in its OU.
func shownFirst(environments []spec.Environment, name string) ([]spec.Environment, error) {
	environments = simulation.WithAccounts(environments)
	i := slices.IndexFunc(environments, func(e spec.Environment) bool {
		return e.Name == name || name == "" && len(e.Publishers) > 0
	})
	switch {
	case name == "" && i < 0:
		i = 0
	case i < 0:
		var names []string
		for _, e := range environments {
			names = append(names, e.Name)
		}
		return nil, fmt.Errorf("-environment: got %q, allowed: one of %s; choose one", name, strings.Join(names, ", "))
	}
	first := environments[i]
	return append([]spec.Environment{first}, slices.Delete(environments, i, i+1)...), nil
}

// show runs the scenario twice for the first environment: with the policies as they
// are, and with the article's.
func show(ctx context.Context, out io.Writer, s *simulation.Simulation, environments []spec.Environment, w *world.World, app *asked.App) (int, error) {
	e := environments[0]
	q := e.QueueAddress()
	w = withoutWaiting(w)
	fmt.Fprintf(out, "\n%s: queue %s and key %s, with the policies that this app deploys\n", e.Name, q.Name, q.KeyAlias())
	if delay := e.Queue.DeliveryDelay; delay != nil && *delay > 0 {
		fmt.Fprintf(out, "(without the queue's delay of %v, so that nobody waits)\n", *delay)
	}
	if n := len(e.Publishers); n > 1 {
		fmt.Fprintf(out, "(of its %d publishers, %s is shown)\n", n, e.Publishers[0].Name)
	}
	fmt.Fprint(out, "(roles that are named by their place only may do all that their own account can allow)\n\n")
	ours, err := runScenario(ctx, out, s, environments, w, app)
	if err != nil {
		return broken, err
	}
	fmt.Fprintf(out, "\n%s\n", ours)

	fmt.Fprintf(out, "\nThe same callers, with the policies that %s\nprints, mended only to be valid\n\n", article)
	theirs, err := runScenario(ctx, out, s, environments, withArticle(w, e), app)
	if err != nil {
		return broken, err
	}
	fmt.Fprintf(out, "\n%s\n\n", theirs)
	fmt.Fprint(out, `Every answer was computed by iam-simulate from your templates, on this computer: it is not AWS.
Look closer: make access. Try your own client: make demo DEMO=serve. On AWS: go run ./cmd/prove -h
`)
	if !ours.holds() {
		return broken, nil
	}
	return holds, nil
}

// withoutWaiting is the world where queues do not delay messages and receives do not
// wait for one.
func withoutWaiting(w *world.World) *world.World {
	changed := *w
	changed.Queues = slices.Clone(w.Queues)
	for i, q := range changed.Queues {
		copied := *q
		copied.Attributes = object{}
		for name, value := range q.Attributes {
			if name != "DelaySeconds" && name != "ReceiveMessageWaitTimeSeconds" {
				copied.Attributes[name] = value
			}
		}
		changed.Queues[i] = &copied
	}
	return &changed
}
