// Package orgpaths is the command orgpaths, which prints the paths of
// organizational units (OUs). Its -h says how it finds them.
package orgpaths

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/organizations"

	"example.com/shared-queue/address"
	"example.com/shared-queue/internal/problem"
	"example.com/shared-queue/proof/aws/organization"
	"example.com/shared-queue/proof/aws/profile"
	"example.com/shared-queue/proof/aws/text"
	"example.com/shared-queue/proof/aws/trouble"
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

// Run is the whole command. Its result is the exit code.
func Run(ctx context.Context, args []string, stdout, stderr io.Writer, code profile.Code) int {
	o := options{source: profile.Source{Flag: "profile", Code: code}}
	err := o.parse(args)
	if errors.Is(err, flag.ErrHelp) {
		help(stdout)
		return printed
	}
	if err != nil {
		fmt.Fprintln(stderr, err)
		fmt.Fprintln(stderr, "go run ./cmd/orgpaths -h explains the flags")
		return misused
	}
	if err := o.run(ctx, stdout, stderr); err != nil {
		fmt.Fprintln(stderr, explain(ctx, err))
		if wrong := (*problem.Problem)(nil); errors.As(err, &wrong) {
			return misused
		}
		return failed
	}
	return printed
}

type options struct {
	source profile.Source
	json   bool
	wanted string // an id, a name or a path of names; empty for the tree
}

func (o *options) flags() *flag.FlagSet {
	f := flag.NewFlagSet("orgpaths", flag.ContinueOnError)
	f.SetOutput(io.Discard) // Run says what is wrong, on one line
	f.StringVar(&o.source.Profile, "profile", "", "a `profile` of the management account or a delegated administrator (default: the SDK's usual chain)")
	f.StringVar(&o.source.Endpoint, "endpoint-url", "", "the `URL` of an emulator to ask instead of AWS (default: AWS_ENDPOINT_URL, or AWS)")
	f.BoolVar(&o.json, "json", false, "write a JSON array of the OUs, each with id, name and path (default: text)")
	return f
}

func (o *options) parse(args []string) error {
	f := o.flags()
	if err := f.Parse(args); err != nil {
		return err
	}
	if f.NArg() > 1 {
		return fmt.Errorf("got %d arguments, allowed: one id or name of an OU, or none for all; quote a name with spaces", f.NArg())
	}
	o.wanted = f.Arg(0)
	return profile.CheckEndpoint(o.source.Endpoint)
}

func help(w io.Writer) {
	fmt.Fprint(w, `orgpaths prints the paths of organizational units (OUs), to paste into "senders":
of one by its id, of those with a name, or of all as a tree.

  go run ./cmd/orgpaths [flags]                     all, as a tree
  go run ./cmd/orgpaths [flags] ou-wxyz-km23jdev    by id: one question
  go run ./cmd/orgpaths [flags] Team                by name
  go run ./cmd/orgpaths [flags] /Dev/Team           by the names from the root down

OUs of different parents may have one name. So orgpaths writes each OU of the name
as soon as AWS names it, the upper ones first, and goes on to look for others
until it has seen the whole tree; then it is certain that there are no more. The
names from the root down are certain sooner: nothing else is looked at.

It asks about several OUs at once, as fast as AWS takes it: AWS documents 5 a
second. It says how far it is on standard error.

It needs `+strings.Join(actions, ",\n")+`,
which only the management account and delegated administrators can be allowed.

`)
	f := new(options).flags()
	f.SetOutput(w)
	f.PrintDefaults()
	fmt.Fprint(w, `
Exit status:
  0  printed
  1  there is no such OU, or AWS did not answer
  2  a flag is wrong
`)
}

var actions = []string{
	"organizations:DescribeOrganization", "organizations:DescribeOrganizationalUnit",
	"organizations:ListRoots", "organizations:ListOrganizationalUnitsForParent",
}

// errNoUnit means that the organization has no OU of that id or name.
var errNoUnit = errors.New("the organization has no such OU; go run ./cmd/orgpaths prints all")

func (o *options) run(ctx context.Context, stdout, stderr io.Writer) error {
	client, err := o.client(ctx)
	if err != nil {
		return err
	}
	p := &printer{out: stdout, json: o.json}
	if address.IsOU(o.wanted) {
		unit, ok, err := organization.Find(ctx, client, o.wanted)
		if err != nil {
			return err
		}
		if ok {
			p.path(nil, unit)
		}
	} else if err := o.walk(ctx, client, p, stderr); err != nil {
		return err
	}
	if len(p.found) == 0 && o.wanted != "" {
		return fmt.Errorf("%s: %w", text.Name(o.wanted), errNoUnit)
	}
	if o.wanted == "" {
		p.tree()
	}
	if names := p.names(); o.wanted != "" && len(names) > 1 {
		fmt.Fprintf(stderr, "%d OUs have that name: %s\n", len(names), strings.Join(names, ", "))
	}
	p.end()
	return nil
}

func (o *options) client(ctx context.Context) (*organizations.Client, error) {
	config, err := profile.Load(ctx, o.source)
	if err != nil {
		return nil, err
	}
	if config.Region == "" {
		config.Region = anyRegion
	}
	if err := profile.SignIn(ctx, &config); err != nil {
		return nil, err
	}
	return organization.NewClient(config, o.source.Endpoint), nil
}

// walk looks for what is wanted, and says how far it is.
func (o *options) walk(ctx context.Context, client *organizations.Client, p *printer, stderr io.Writer) error {
	var far organization.Progress
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		report(stderr, &far, o.wanted, time.Tick(time.Second), done)
	}()
	defer func() {
		close(done)
		<-ended
	}()
	return organization.Walk(ctx, client, &far, func(above []organization.Unit, u organization.Unit) bool {
		place := namesOf(above, u)
		switch {
		case o.wanted == "":
			p.add(above, u)
		case above == nil: // a root is no OU
		case o.wanted == u.Name || o.wanted == place:
			p.path(above, u)
		}
		return !strings.HasPrefix(o.wanted, "/") || above == nil || strings.HasPrefix(o.wanted, place+"/")
	})
}

// report says how far the walk for what is wanted is, at the first tick and at every
// fifth after it, until it is done.
func report(w io.Writer, far *organization.Progress, wanted string, tick <-chan time.Time, done <-chan struct{}) {
	if wanted != "" {
		wanted = ", for all of the name " + text.Name(wanted)
	}
	for n := 0; ; n++ {
		select {
		case <-done:
			return
		case <-tick:
		}
		switch seen := far.Seen.Load(); {
		case n%5 != 0:
		case seen == 0:
			fmt.Fprintln(w, "AWS has named no OU yet …")
		default:
			fmt.Fprintf(w, "%d OUs seen, looked below %d of them%s …\n", seen, far.Below.Load(), wanted)
		}
	}
}

// explain says what went wrong on one line, and the cure where one is known.
func explain(ctx context.Context, err error) string {
	wrong := (*problem.Problem)(nil)
	switch {
	case errors.Is(err, organization.ErrNone):
		return err.Error() + ": name a profile of the organization's management account"
	case errors.As(err, &wrong), errors.Is(err, errNoUnit):
		return err.Error()
	}
	t := trouble.Of(ctx, err)
	if t.Kind == trouble.Refused {
		t.Cure = "name a profile of the management account or a delegated administrator (-h lists what it must be allowed)"
	}
	return t.Error()
}
