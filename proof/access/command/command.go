// Package command is the command access: who can do what, by the templates or by what
// is deployed.
package command

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"example.com/shared-queue/internal/assembly"
	"example.com/shared-queue/proof/access"
	"example.com/shared-queue/proof/asked"
	"example.com/shared-queue/proof/aws/deployed"
	"example.com/shared-queue/proof/aws/profile"
	"example.com/shared-queue/proof/evaluate"
	"example.com/shared-queue/proof/template"
	"example.com/shared-queue/proof/world"
)

// Exit statuses of the command.
const (
	asPromised  = 0
	notPromised = 1
	notAsked    = 2
)

const usage = `access computes who can do what with each shared queue of an app, by an independent evaluator of AWS policies,
and compares it with what the app asked for.

Usage: access [options] [folder]

The folder is what cdk synth wrote; by default cdk.out.

With -deployed and a profile for each account it asks AWS what is in force there, and computes the same of that. It reads
policies, attributes and grants, changes nothing, and asks for no message. The profiles need:

%s

and the organization's, if it is given:

%s

`

const statuses = `
Exit status: 0 if all is as promised, 1 with a line for each caller that may more or less, 2 if it could not be asked.
With -against: 0, or 2 if it could not be asked.
`

type options struct {
	folder, against string
	markdown, json  bool

	deployed     bool
	profiles     list
	organization string
	endpoint     string
}

// A list is a flag that may be given several times.
type list []string

func (l *list) String() string     { return strings.Join(*l, ", ") }
func (l *list) Set(v string) error { *l = append(*l, v); return nil }

// Tools are what the command works with.
type Tools struct {
	Code profile.Code // asks for the codes of MFA devices

	// Evaluator answers the questions. If it is nil, the command starts one of its own.
	Evaluator *evaluate.Evaluator
}

// Run is the command: with the arguments, it writes to the two outputs and returns
// the exit status.
func Run(ctx context.Context, arguments []string, stdout, stderr io.Writer, with Tools) int {
	o, err := parse(arguments, stdout)
	if errors.Is(err, flag.ErrHelp) {
		return asPromised
	}
	if err == nil {
		var status int
		if status, err = run(ctx, o, stdout, stderr, with); err == nil {
			return status
		}
	}
	fmt.Fprintln(stderr, "access:", err)
	return notAsked
}

func parse(arguments []string, help io.Writer) (o options, err error) {
	f := flag.NewFlagSet("access", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.StringVar(&o.against, "against", "", "another `folder` that cdk synth wrote: say who gains and who loses what since then, and nothing else")
	f.BoolVar(&o.deployed, "deployed", false, "ask AWS what is in force, in place of the templates")
	f.Var(&o.profiles, "profile", "with -deployed: the `profile` of an account; once for each account")
	f.StringVar(&o.organization, "organization-profile", "", "with -deployed: the `profile` of the management account or a delegated administrator, to read control policies too")
	f.StringVar(&o.endpoint, "endpoint-url", "", "with -deployed: the `URL` to ask instead of AWS")
	f.BoolVar(&o.markdown, "markdown", false, "write the table as Markdown, as in ACCESS.md")
	f.BoolVar(&o.json, "json", false, "write all answers as JSON")
	err = f.Parse(arguments)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprintf(help, usage, deployed.Policy(deployed.AccountActions()), deployed.Policy(deployed.OrganizationActions()))
		f.SetOutput(help)
		f.PrintDefaults()
		fmt.Fprint(help, statuses)
		return o, err
	case err != nil:
		return o, fmt.Errorf("%w; -h lists what there is", err)
	case o.deployed && len(o.profiles) == 0:
		return o, errors.New("-deployed: got no -profile, allowed: one for each account; name that of the shared account at least")
	case o.deployed && o.against != "", !o.deployed && (len(o.profiles) > 0 || o.organization != "" || o.endpoint != ""):
		return o, errors.New("-deployed goes with -profile, -organization-profile and -endpoint-url, and not with -against; -h says more")
	case f.NArg() > 1:
		return o, fmt.Errorf("got %d folders, allowed: one; -h says more", f.NArg())
	}
	if o.folder = f.Arg(0); o.folder == "" {
		o.folder = "cdk.out"
	}
	return o, nil
}

func run(ctx context.Context, o options, stdout, stderr io.Writer, with Tools) (status int, err error) {
	after, err := read(o.folder)
	if err != nil {
		return 0, err
	}
	by := with.Evaluator
	if by == nil {
		if by, err = evaluate.Start("."); err != nil {
			return 0, err
		}
		defer func() { err = errors.Join(err, by.Close()) }()
	}
	if o.against != "" {
		before, err := read(o.against)
		if err != nil {
			return 0, err
		}
		return compare(o, by, before, after, stdout, stderr)
	}
	if o.deployed {
		return reportDeployed(ctx, o, by, after, stdout, stderr, with.Code)
	}
	m := access.NewMatrix(after.app, after.world)
	return report(o, by, m, stdout, stderr)
}

// An input is one assembly.
type input struct {
	app   *asked.App
	world *world.World
}

func read(folder string) (in input, err error) {
	stacks, err := assembly.Read(os.DirFS(folder))
	if err != nil {
		return in, fmt.Errorf("%s: %w", folder, err)
	}
	in.world, in.app, err = template.Read(stacks)
	if err == nil && len(in.app.Queues)+len(in.world.Queues)+len(in.world.Keys) == 0 {
		err = fmt.Errorf("%s: no stack has a queue, a key or a role that sends to a shared queue", folder)
	}
	return in, err
}

// report writes the table and what is not as promised.
func report(o options, by *evaluate.Evaluator, m *access.Matrix, stdout, stderr io.Writer) (int, error) {
	var invalid *access.Invalid
	if err := m.Decide(by); errors.As(err, &invalid) {
		for _, p := range invalid.Problems {
			fmt.Fprintln(stderr, p)
		}
		return notPromised, nil
	} else if err != nil {
		return 0, err
	}
	findings, unknown, err := m.Findings(by)
	if err != nil {
		return 0, err
	}
	switch {
	case o.json:
		err = m.WriteJSON(stdout, findings, unknown)
	case o.markdown:
		_, err = io.WriteString(stdout, m.Markdown())
	default:
		err = m.WriteText(stdout)
	}
	if err != nil {
		return 0, err
	}
	for _, line := range append(access.Lines(findings), access.Lines(unknown)...) {
		fmt.Fprintln(stderr, line)
	}
	switch {
	case len(findings) > 0:
		return notPromised, nil
	case len(unknown) > 0:
		return notAsked, nil
	}
	return asPromised, nil
}

// compare writes who gains and loses what.
func compare(o options, by *evaluate.Evaluator, before, after input, stdout, stderr io.Writer) (int, error) {
	was := access.NewMatrix(before.app, before.world, after.world)
	is := access.NewMatrix(after.app, after.world, before.world)
	for _, m := range []*access.Matrix{was, is} {
		if err := m.Decide(by); err != nil {
			return 0, err
		}
	}
	changes := access.Against(was, is)
	if o.json {
		return asPromised, json.NewEncoder(stdout).Encode(changes)
	}
	for _, c := range changes {
		if o.markdown {
			fmt.Fprint(stdout, "- ")
		}
		fmt.Fprintln(stdout, c)
	}
	for _, u := range append(was.Unknown(), is.Unknown()...) {
		fmt.Fprintln(stderr, u)
	}
	if len(was.Unknown())+len(is.Unknown()) > 0 {
		return notAsked, nil
	}
	return asPromised, nil
}
