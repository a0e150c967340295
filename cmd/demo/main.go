// Command demo shows the boundary at work without an AWS account: it deploys the
// app's own templates into a simulation of SQS, KMS and STS on loopback, and lets
// callers of everywhere try to send. Then it does the same with the policies that
// the article prints, which this project follows.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"example.com/shared-queue/internal/app/settings"
	"example.com/shared-queue/proof/evaluate"
	"example.com/shared-queue/proof/simulation"
	"example.com/shared-queue/spec"
)

// The exit codes.
const (
	holds   = 0
	broken  = 1
	misused = 2
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the command at once
	code, err := run(ctx, os.Args[1:], os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(code)
}

// options are the flags.
type options struct {
	settings    string
	environment string
	app         string
	serve       bool
}

func run(ctx context.Context, args []string, out io.Writer) (code int, err error) {
	var o options
	f := flag.NewFlagSet("demo", flag.ContinueOnError)
	f.StringVar(&o.settings, "settings", "cdk.json", "the `file` with the settings, in the form of cdk.json")
	f.StringVar(&o.environment, "environment", "", "the `name` of the environment to show (default: the first with a publisher)")
	f.StringVar(&o.app, "app", "bin/shared-queue", "the app's `program`, which writes the templates")
	f.BoolVar(&o.serve, "serve", false, "stay up afterwards, for your own clients, until Ctrl-C")
	if err := f.Parse(args); errors.Is(err, flag.ErrHelp) {
		return holds, nil
	} else if err != nil {
		return misused, nil // flag has said what is wrong
	}
	if f.NArg() > 0 {
		return misused, fmt.Errorf("got the argument %q, allowed: flags only; demo -h lists them", f.Arg(0))
	}
	environments, err := settings.FromFile(o.settings)
	if err != nil {
		return misused, fmt.Errorf("read the settings of %s:\n%w", o.settings, err)
	}
	shown, err := choose(environments, o.environment)
	if err != nil {
		return misused, err
	}
	templates, err := synthesize(ctx, o)
	if err != nil {
		return broken, err
	}
	evaluator, err := evaluate.Start(".")
	if err != nil {
		return broken, err
	}
	defer func() { err = errors.Join(err, evaluator.Close()) }()
	s, err := simulation.Start(evaluator)
	if err != nil {
		return broken, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()

	code, err = show(ctx, out, s, environments, shown, templates)
	if err == nil && o.serve {
		err = serve(ctx, out, s, environments, shown, templates)
	}
	return code, err
}

// choose finds the environment to show.
func choose(environments []spec.Environment, name string) (spec.Environment, error) {
	var names []string
	for _, e := range environments {
		if e.Name == name || name == "" && len(e.Publishers) > 0 {
			return e.WithAccount(simulation.AnyAccount), nil
		}
		names = append(names, e.Name)
	}
	return spec.Environment{}, fmt.Errorf("-environment: got %q, allowed: one of %s, with a publisher; choose one", name, strings.Join(names, ", "))
}

// show tells the story twice: with the templates as they are, and with the
// article's policies in them.
func show(ctx context.Context, out io.Writer, s *simulation.Simulation, environments []spec.Environment, e spec.Environment, templates map[string]any) (int, error) {
	q := e.QueueAddress()
	fmt.Fprintf(out, "\n%s: queue %s and key %s, with the policies that this app deploys\n\n", e.Name, q.Name, q.Alias)
	ours, err := tell(ctx, out, s, environments, e, templates)
	if err != nil {
		return broken, err
	}
	fmt.Fprintf(out, "\n%s\n", ours)

	fmt.Fprint(out, "\nThe same callers, with the policies that the article prints, mended only to be valid\n\n")
	articles := maps.Clone(templates)
	articles[e.StackName()] = withArticle(templates[e.StackName()], e)
	theirs, err := tell(ctx, out, s, environments, e, articles)
	if err != nil {
		return broken, err
	}
	fmt.Fprintf(out, "\n%s\n\n", theirs)
	fmt.Fprint(out, `Every answer was computed by iam-simulate from your templates, on this computer: it is not AWS.
Look closer: ACCESS.md. Try your own client: make demo DEMO=serve. On AWS: go run ./cmd/prove -h
`)
	if !ours.holds() {
		return broken, nil
	}
	return holds, nil
}

// serve keeps the simulation up, with profiles for AWS's tools, until the context
// ends. It leaves no file.
func serve(ctx context.Context, out io.Writer, s *simulation.Simulation, environments []spec.Environment, e spec.Environment, templates map[string]any) error {
	if err := s.Deploy(environments, templates); err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "demo")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	profiles := s.Populate(environments)
	config, err := s.WriteConfig(folder, profiles)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "\nServing SQS, KMS and STS at %s until Ctrl-C. Profiles:\n\n", s.URL)
	for _, p := range profiles {
		fmt.Fprintf(out, "  %-28s %s\n", p.Name, p.Who)
	}
	i := slices.IndexFunc(profiles, func(p simulation.Profile) bool { return p.Environment == e.Name })
	fmt.Fprintf(out, `
In another shell, with the AWS CLI (or an SDK, with AWS_ENDPOINT_URL):

  export AWS_CONFIG_FILE=%s AWS_CA_BUNDLE=%s
  aws sqs send-message --endpoint-url %s --profile %s --queue-url %s --message-body Hello
  go run ./cmd/prove -endpoint-url %s -environment %s -publisher %s -profile %s \
    -insider-profile %s -outsider-profile %s

`, config, simulation.CertificateFile(folder), s.URL, profiles[i].Name, e.QueueAddress().URL(),
		s.URL, e.Name, e.Publishers[0].Name, profiles[i].Name, e.Name+"-"+simulation.Insider, e.Name+"-"+simulation.SiblingOU)
	<-ctx.Done()
	return nil
}
