// Command prove tries on AWS what the stacks promise: that a publisher can send
// to the shared queue, and that what must be refused is refused. Its -h says
// what it does and sends. It imports no CDK.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/retry"

	"example.com/shared-queue/internal/problem"
	"example.com/shared-queue/internal/settings"
	"example.com/shared-queue/spec"
)

// The exit codes.
const (
	proved    = 0
	notProved = 1
	misused   = 2
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the command at once
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr, pace{
		backoff: retry.NewExponentialJitterBackoff(5 * time.Second),
		poll:    500 * time.Millisecond,
	}))
}

// run is the whole command. Its result is the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer, pace pace) int {
	o, err := parse(args)
	if errors.Is(err, flag.ErrHelp) {
		help(stdout)
		return proved
	}
	if err != nil {
		fmt.Fprintln(stderr, err)
		fmt.Fprintln(stderr, "go run ./cmd/prove -h explains the flags")
		return misused
	}
	environments, err := settings.FromFile(o.settings)
	if errors.Is(err, fs.ErrNotExist) {
		fmt.Fprintln(stderr, wrong("settings", o.settings, "a cdk.json that is there",
			"run the command in the folder of cdk.json, or name the file"))
		return misused
	}
	if err != nil {
		fmt.Fprintf(stderr, "read the settings of %s:\n%v\n", o.settings, err)
		return notProved
	}
	target, err := choose(environments, o)
	if err != nil {
		fmt.Fprintln(stderr, err)
		return misused
	}

	ctx, cancel := context.WithTimeout(ctx, o.timeout)
	defer cancel()
	p, err := newProof(ctx, target, o, pace)
	if err != nil {
		fmt.Fprintln(stderr, err)
		return misused
	}
	r := newReport(stdout, o.json)
	p.run(ctx, r)
	return r.close(p)
}

// options are the flags.
type options struct {
	settings    string
	environment string
	publisher   string
	profile     string
	outsider    string
	consumer    string
	endpoint    string
	assumeRole  bool
	json        bool
	timeout     time.Duration
}

func flags(o *options) *flag.FlagSet {
	f := flag.NewFlagSet("prove", flag.ContinueOnError)
	f.SetOutput(io.Discard) // run says what is wrong, on one line
	f.StringVar(&o.environment, "environment", "", "the `name` of an environment of the settings (required)")
	f.StringVar(&o.publisher, "publisher", "", "the `name` of one of its publishers (required)")
	f.StringVar(&o.profile, "profile", "", "the `profile` that sends, of ~/.aws/config (default: the SDK's usual chain)")
	f.BoolVar(&o.assumeRole, "assume-role", false, "assume the publisher's role even if the caller has it already (default: only if not)")
	f.StringVar(&o.outsider, "outsider-profile", "", "a `profile` outside the OUs that send, which must be refused (default: not tried)")
	f.StringVar(&o.consumer, "consumer-profile", "", "a `profile` of the shared account that receives the message and deletes it\n(default: the message stays in the queue)")
	f.StringVar(&o.settings, "settings", "cdk.json", "the `file` with the settings")
	f.StringVar(&o.endpoint, "endpoint-url", "", "the `URL` of an emulator to ask instead of AWS (default: AWS_ENDPOINT_URL, or AWS)")
	f.DurationVar(&o.timeout, "timeout", time.Minute, "how long all steps together may take")
	f.BoolVar(&o.json, "json", false, "write a JSON object for each step and one for the summary (default: text)")
	return f
}

func parse(args []string) (options, error) {
	var o options
	f := flags(&o)
	if err := f.Parse(args); err != nil {
		return o, err
	}
	var problems problem.List
	if f.NArg() > 0 {
		problems.Add("arguments", problem.New(strings.Join(f.Args(), " "), "flags only", "write -name value"))
	}
	if o.timeout <= 0 {
		problems.Add("-timeout", problem.New(o.timeout.String(), "more than 0s", "give the steps some time, like 1m"))
	}
	if u, err := url.Parse(o.endpoint); o.endpoint != "" &&
		(err != nil || u.Host == "" || u.User != nil || (u.Scheme != "http" && u.Scheme != "https")) {
		problems.Add("-endpoint-url", problem.New(o.endpoint, "a URL like https://localhost:4566",
			"write http:// or https://, a host and no password"))
	}
	return o, problems.Err()
}

// A target is what is to be proved, and what else there is.
type target struct {
	environment spec.Environment
	publisher   spec.Publisher
	others      []spec.Environment
}

func choose(environments []spec.Environment, o options) (target, error) {
	var t target
	var names []string
	found := false
	for _, e := range environments {
		names = append(names, e.Name)
		if e.Name == o.environment {
			t.environment, found = e, true
		} else {
			t.others = append(t.others, e)
		}
	}
	if !found {
		return t, wrong("environment", o.environment, "one of "+strings.Join(names, ", "), "choose one, or add it to "+o.settings)
	}
	names = nil
	for _, p := range t.environment.Publishers {
		names = append(names, p.Name)
		if p.Name == o.publisher {
			t.publisher = p
			return t, nil
		}
	}
	if names == nil {
		names = []string{"none, as " + o.environment + " has no publishers"}
	}
	return t, wrong("publisher", o.publisher, "one of "+strings.Join(names, ", "),
		"choose one, or add it to environments."+o.environment+".publishers in "+o.settings)
}

// wrong is what is wrong with a flag's value.
func wrong(name, value, allowed, cure string) error {
	var got any = value
	if value == "" {
		got = nil
	}
	p := problem.New(got, allowed, cure)
	p.Path = "-" + name
	return p
}

func help(w io.Writer) {
	fmt.Fprint(w, `prove tries on AWS what the stacks promise, one line for each step:

  caller                 who the caller is (sts:GetCallerIdentity)
  role                   the caller has the publisher's role, or assumes it
  send                   the publisher sends a message         must be accepted
  receive                it receives from the queue            must be refused
  generate data key      it uses the key without the queue     must be refused
  decrypt                the same, to decrypt                  must be refused
  send over plain HTTP   it sends without TLS                  must be refused
  send to …              it sends to another environment       must be refused
  send as outsider       -outsider-profile sends               must be refused
  receive as consumer    -consumer-profile receives and deletes the message

Only an answer of AWS that refuses access counts as refused; for plain HTTP also
a host that serves none. An error of any other kind proves nothing.

It sends at most one message for each step that sends, of one line:
  Hello from publisher account! <marker>
and what must be refused says so behind the marker. It calls KMS with DryRun, so
that no data key is made, and changes no resource. Over plain HTTP, the message
and its signature can be read on the way; the secret key is never sent.
A consumer receives messages of others along with its own. They are put back
when the search ends, and each has been received once more; the search ends as
soon as the message is there. On a busy queue, leave it to your consumer.

Usage:
  go run ./cmd/prove -environment name -publisher name [flags]

`)
	f := flags(&options{})
	f.SetOutput(w)
	f.PrintDefaults()
	fmt.Fprint(w, `
Example:
  go run ./cmd/prove -environment dev -publisher web -profile dev-web \
    -outsider-profile sandbox -consumer-profile dev-shared

Exit codes:
  0  every step that was asked for holds
  1  the boundary does not hold, or a step could not be done
  2  a flag is wrong
`)
}
