// Command orgpaths prints the paths of organizational units (OUs), to paste
// into the settings: of one by its id or name, or of all as a tree.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/smithy-go"

	"example.com/shared-queue/internal/problem"
	"example.com/shared-queue/proof/aws/organization"
	"example.com/shared-queue/proof/aws/profile"
)

// The exit codes.
const (
	printed = 0
	failed  = 1
	misused = 2
)

// anyRegion is for a profile that has none: AWS Organizations has one endpoint
// for all Regions of a partition.
const anyRegion = "us-east-1"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the command at once
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr, profile.Ask(os.Stdin, os.Stderr)))
}

// run is the whole command. Its result is the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer, code profile.Code) int {
	source := profile.Source{Flag: "profile", Code: code}
	f := flags(&source)
	err := f.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		help(stdout)
		return printed
	case err == nil && f.NArg() > 1:
		err = fmt.Errorf("got %d arguments, allowed: one id or name of an OU, or none for all; quote a name with spaces", f.NArg())
	}
	if err != nil {
		fmt.Fprintln(stderr, err)
		fmt.Fprintln(stderr, "go run ./cmd/orgpaths -h explains the flags")
		return misused
	}
	units, err := lookUp(ctx, source, f.Arg(0))
	if err != nil {
		fmt.Fprintln(stderr, explain(err))
		if wrong := (*problem.Problem)(nil); errors.As(err, &wrong) {
			return misused
		}
		return failed
	}
	if f.Arg(0) == "" {
		writeTree(stdout, units)
		return printed
	}
	for _, u := range units {
		fmt.Fprintln(stdout, u.Path)
	}
	return printed
}

func flags(s *profile.Source) *flag.FlagSet {
	f := flag.NewFlagSet("orgpaths", flag.ContinueOnError)
	f.SetOutput(io.Discard) // run says what is wrong, on one line
	f.StringVar(&s.Profile, "profile", "", "a `profile` of the management account or a delegated administrator (default: the SDK's usual chain)")
	f.StringVar(&s.Endpoint, "endpoint-url", "", "the `URL` of an emulator to ask instead of AWS (default: AWS_ENDPOINT_URL, or AWS)")
	return f
}

func help(w io.Writer) {
	fmt.Fprint(w, `orgpaths prints the paths of organizational units (OUs), to paste into "senders":
with the id or the name of an OU its path, without the whole tree. If several
OUs have the name, it prints the path of each.

It needs organizations:DescribeOrganization, DescribeOrganizationalUnit,
ListRoots and ListOrganizationalUnitsForParent, which only the management account
and delegated administrators can be allowed.

Usage:
  go run ./cmd/orgpaths [flags] [id or name]

`)
	f := flags(&profile.Source{})
	f.SetOutput(w)
	f.PrintDefaults()
	fmt.Fprint(w, `
Exit codes:
  0  printed
  1  there is no such OU, or AWS did not answer
  2  a flag is wrong
`)
}

// errNoUnit is that the organization has no OU of that id or name.
var errNoUnit = errors.New("the organization has no such OU; go run ./cmd/orgpaths prints all")

// errNoCredentials stands for what the SDK says, which can hold the output of a
// credential_process.
var errNoCredentials = errors.New("there are no credentials, or they have expired: sign in (aws sso login), or name a profile of the management account or a delegated administrator")

// lookUp is the OU with an id, the OUs with a name, or all if wanted is empty.
func lookUp(ctx context.Context, s profile.Source, wanted string) ([]organization.Unit, error) {
	config, err := profile.Load(ctx, s)
	if err != nil {
		return nil, err
	}
	if config.Region == "" {
		config.Region = anyRegion
	}
	if _, err := config.Credentials.Retrieve(ctx); err != nil && ctx.Err() == nil && !errors.Is(err, profile.ErrNoTerminal) {
		return nil, errNoCredentials
	}
	client := organizations.NewFromConfig(config, func(o *organizations.Options) {
		if s.Endpoint != "" {
			o.BaseEndpoint = &s.Endpoint // before every variable of the environment
		}
	})
	if organization.IsID(wanted) {
		unit, ok, err := organization.Find(ctx, client, wanted)
		if err == nil && !ok {
			err = fmt.Errorf("%s: %w", wanted, errNoUnit)
		}
		return []organization.Unit{unit}, err
	}
	tree, err := organization.Tree(ctx, client)
	if err != nil || wanted == "" {
		return tree, err
	}
	var named []organization.Unit
	for _, u := range tree {
		if u.Name == wanted && u.Depth > 0 {
			named = append(named, u)
		}
	}
	if named == nil {
		return nil, fmt.Errorf("%s: %w", wanted, errNoUnit)
	}
	return named, nil
}

// writeTree writes each name, indented, and beside it the path.
func writeTree(w io.Writer, units []organization.Unit) {
	width := 0
	for _, u := range units {
		width = max(width, len(indented(u)))
	}
	for _, u := range units {
		if u.Depth == 0 {
			fmt.Fprintf(w, "%s\n", u.Name) // a root is no OU, and its path no sender
			continue
		}
		fmt.Fprintf(w, "%-*s  %s\n", width, indented(u), u.Path)
	}
}

func indented(u organization.Unit) string { return strings.Repeat("  ", u.Depth) + u.Name }

// explain says what went wrong on one line, and the cure where one is known.
func explain(err error) string {
	var api smithy.APIError
	text := strings.Join(strings.Fields(err.Error()), " ")
	switch {
	case errors.Is(err, profile.ErrNoTerminal):
		return text + ": run the command in a terminal, or name a profile that needs none"
	case errors.As(err, &api) && strings.HasPrefix(api.ErrorCode(), "AccessDenied"):
		return "AWS refused: " + api.ErrorMessage() + "; name a profile of the management account or a delegated administrator (-h lists what it must be allowed)"
	case errors.As(err, &api):
		return "AWS answered " + api.ErrorCode() + ": " + api.ErrorMessage()
	case errors.Is(err, organization.ErrNone):
		return text + ": name a profile of the organization's management account"
	}
	return text
}
