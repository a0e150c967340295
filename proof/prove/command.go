// Package prove is the command prove, which tries on AWS what the stacks promise:
// that senders can send to the shared queue, and that what must be refused is
// refused. Its -h says what it does and sends. It imports no CDK.
package prove

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/retry"

	"example.com/shared-queue/internal/problem"
	"example.com/shared-queue/proof/aws/profile"
	"example.com/shared-queue/proof/evaluate"
	"example.com/shared-queue/proof/prove/target"
)

// The exit codes.
const (
	exitHolds  = 0 // every claim was shown
	exitFails  = 1 // a step failed
	exitMisuse = 2 // a flag or a setting is wrong
	exitInPart = 3 // no step failed, but not every claim was shown
)

// A Command is prove and its surroundings.
type Command struct {
	Stdout, Stderr io.Writer
	Backoff        retry.BackoffDelayer                // between the attempts of a call
	Poll           time.Duration                       // between two looks for a message
	Code           profile.Code                        // asks for MFA codes
	Evaluate       func() (*evaluate.Evaluator, error) // starts who computes, for -shared-profile
}

// Run is the whole command. Its result is the exit code.
func (c Command) Run(ctx context.Context, args []string) int {
	o, err := parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		help(c.Stdout)
		return exitHolds
	case err != nil:
		fmt.Fprintf(c.Stderr, "%v\ngo run ./cmd/prove -h explains the flags\n", err)
		return exitMisuse
	}
	t, err := target.Find(o.Flags)
	if err == nil && o.consumer != "" && t.OneReceive() {
		err = target.Wrong("consumer-profile", o.consumer, "with a maxReceiveCount of 2 or more, and "+t.Name+" has 1: what it receives of others would go to the dead-letter queue next",
			"leave the message to your consumers")
	}
	if err != nil {
		fmt.Fprintln(c.Stderr, err)
		return exitMisuse
	}
	p, err := c.newProof(ctx, t, o)
	if err != nil {
		fmt.Fprintln(c.Stderr, err)
		return exitMisuse
	}
	ctx, cancel := context.WithTimeout(ctx, o.timeout)
	defer cancel()
	var w writer = &textWriter{out: c.Stdout}
	if o.json {
		w = jsonWriter{c.Stdout}
	}
	return p.run(ctx, w)
}

// options are the flags.
type options struct {
	target.Flags
	profile        string
	insider        string
	outsiders      []string
	consumer       string
	readers        []string
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
	f.SetOutput(io.Discard) // Run says what is wrong, on one line
	add := func(list *[]string) func(string) error {
		return func(value string) error {
			*list = append(*list, value)
			return nil
		}
	}
	f.StringVar(&o.Environment, "environment", "", "the `name` of an environment of the settings (required, unless -app is given)")
	f.StringVar(&o.Publisher, "publisher", "", "the `name` of one of its publishers, or of one of another environment that sends to it too, like dev.web\n(required, if it has publishers; else -profile itself sends);\nwith -app the name of a role that may send (default: -profile itself sends)")
	f.StringVar(&o.Account, "account", "", "the `id` of the account whose role is proved, for a publisher that is in every account\n(required for it)")
	f.StringVar(&o.profile, "profile", "", "the `profile` that sends, of ~/.aws/config (default: the SDK's usual chain)")
	f.BoolVar(&o.assumeRole, "assume-role", false, "assume the publisher's role even if the caller has it already (default: only if not)")
	f.StringVar(&o.insider, "insider-profile", "", "a `profile` of an all-powerful principal in an OU that sends, of any account but the shared one,\nwhich queue and key must stop (default: not tried)")
	f.Func("outsider-profile", "a `profile` of an all-powerful principal outside the OUs that send, which must be stopped; may be given more\nthan once: one of the organization, one of another, one of none (default: not tried)", add(&o.outsiders))
	f.Func("outsider-queue", "the `URL` of a queue of an outsider's own account, in the same Region and with no policy of its own:\nit shows that the outsider's own policy allows the same there, where AWS does not say who refused;\nmay be given more than once", add(&o.outsiderQueues))
	f.StringVar(&o.consumer, "consumer-profile", "", "a `profile` of the shared account that receives the message and deletes it\n(default: the message stays in the queue)")
	f.Func("shared-profile", "a `profile` of the shared account that reads the policies in force, to compute what everybody may do;\nagain for each other account whose roles are to be read (default: only what is tried is known)", add(&o.readers))
	f.StringVar(&o.organization, "organization-profile", "", "a `profile` of the management account or a delegated administrator, to look up the paths of senders\nand the accounts, and to compute with its policies (default: not looked at)")
	f.BoolVar(&o.policies, "policies", false, "have IAM Access Analyzer check every policy, as the caller of -profile; AWS may charge for it")
	f.StringVar(&o.App, "app", "", "the `folder` that cdk synth wrote, of an app of your own, in place of -settings and -environment")
	f.StringVar(&o.Queue, "queue", "", "the `path` of a queue's construct in it (required, if it has several)")
	f.StringVar(&o.Settings, "settings", "cdk.json", "the `file` with the settings")
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
	problems.Add("", profile.CheckEndpoint(o.endpoint))
	if o.App != "" && o.Environment != "" {
		problems.Add("-environment", problem.New(o.Environment, "without -app only", "name the queue with -queue"))
	}
	if o.App == "" && o.Queue != "" {
		problems.Add("-queue", problem.New(o.Queue, "with -app only", "name the environment with -environment"))
	}
	if len(o.outsiderQueues) > 0 && len(o.outsiders) == 0 {
		problems.Add("-outsider-queue", problem.New(o.outsiderQueues[0], "with -outsider-profile only", "name the profile of the queue's account too"))
	}
	return o, problems.Err()
}
