// Package prove is the command prove, which tries on AWS what the stacks promise:
// that a publisher can send to the shared queue, and that what must be refused is
// refused. Its -h says what it does and sends. It imports no CDK.
package prove

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"strings"
	"time"

	"example.com/shared-queue/address"
	"example.com/shared-queue/internal/app/settings"
	"example.com/shared-queue/internal/problem"
	"example.com/shared-queue/proof/aws/profile"
	"example.com/shared-queue/spec"
)

// The exit codes.
const (
	proved    = 0 // every claim was shown
	notProved = 1 // a step failed
	misused   = 2
	inPart    = 3 // no step failed, but not every claim was shown
)

// Run is the whole command. Its result is the exit code.
func Run(ctx context.Context, args []string, stdout, stderr io.Writer, pace Pace, code profile.Code) int {
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

	p, err := newProof(ctx, target, o, pace, code)
	if err != nil {
		fmt.Fprintln(stderr, err)
		return misused
	}
	ctx, cancel := context.WithTimeout(ctx, o.timeout)
	defer cancel()
	r := newReport(stdout, o.json)
	p.run(ctx, r)
	return r.close(p)
}

// options are the flags.
type options struct {
	settings       string
	environment    string
	publisher      string
	account        string
	profile        string
	insider        string
	outsiders      []string
	consumer       string
	organization   string
	outsiderQueues []string
	policies       bool
	endpoint       string
	assumeRole     bool
	json           bool
	timeout        time.Duration
}

func flags(o *options) *flag.FlagSet {
	f := flag.NewFlagSet("prove", flag.ContinueOnError)
	f.SetOutput(io.Discard) // run says what is wrong, on one line
	f.StringVar(&o.environment, "environment", "", "the `name` of an environment of the settings (required)")
	f.StringVar(&o.publisher, "publisher", "", "the `name` of one of its publishers (required)")
	f.StringVar(&o.account, "account", "", "the `id` of the account whose role is proved, for a publisher that is in every account\n(required for it)")
	f.StringVar(&o.profile, "profile", "", "the `profile` that sends, of ~/.aws/config (default: the SDK's usual chain)")
	f.BoolVar(&o.assumeRole, "assume-role", false, "assume the publisher's role even if the caller has it already (default: only if not)")
	f.StringVar(&o.insider, "insider-profile", "", "a `profile` of an all-powerful principal in an OU that sends, of any account but the shared one,\nwhich queue and key must stop (default: not tried)")
	f.Func("outsider-profile", "a `profile` outside the OUs that send, which must be stopped; may be given more than once:\none of the organization tests the key, one of another or none the queue (default: not tried)", appendTo(&o.outsiders))
	f.Func("outsider-queue", "the `URL` of a queue of an outsider's own account, in the same Region and with no policy of its own:\nit shows that the outsider's policy lets it send, where AWS does not say who refused; may be given more than once", appendTo(&o.outsiderQueues))
	f.StringVar(&o.consumer, "consumer-profile", "", "a `profile` of the shared account that receives the message and deletes it\n(default: the message stays in the queue)")
	f.StringVar(&o.organization, "organization-profile", "", "a `profile` of the management account or a delegated administrator, to look up the paths of senders\nand the accounts (default: not looked up)")
	f.BoolVar(&o.policies, "policies", false, "have IAM Access Analyzer check every policy, as the caller of -profile; AWS may charge for it")
	f.StringVar(&o.settings, "settings", "cdk.json", "the `file` with the settings")
	f.StringVar(&o.endpoint, "endpoint-url", "", "the `URL` of an emulator to ask instead of AWS (default: AWS_ENDPOINT_URL, or AWS)")
	f.DurationVar(&o.timeout, "timeout", time.Minute, "how long all steps together may take")
	f.BoolVar(&o.json, "json", false, "write a JSON object for each step and one for the summary (default: text)")
	return f
}

func appendTo(list *[]string) func(string) error {
	return func(value string) error {
		*list = append(*list, value)
		return nil
	}
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
			err := t.take(p, o.account)
			return t, err
		}
	}
	if names == nil {
		names = []string{"none, as " + o.environment + " has no publishers"}
	}
	return t, wrong("publisher", o.publisher, "one of "+strings.Join(names, ", "),
		"choose one, or add it to environments."+o.environment+".publishers in "+o.settings)
}

// take makes a publisher the target; one in every account is that of the account.
func (t *target) take(p spec.Publisher, account string) error {
	switch {
	case p.EveryAccount && address.CheckAccount(account) != nil:
		return wrong("account", account, "the id of an account of the OUs, as publisher "+p.Name+" is in every one", "choose one")
	case !p.EveryAccount && account != "":
		return wrong("account", account, "no account for publisher "+p.Name+", which is in "+p.Account+" alone", "remove it")
	}
	t.environment, t.publisher = t.environment.WithAccount(account), p
	if p.EveryAccount {
		t.publisher.Account = account
	}
	return nil
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
