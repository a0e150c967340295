// Package target finds what is to be proved: a queue that the settings or an app of
// one's own ask for, and the role that sends to it.
package target

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"example.com/shared-queue/address"
	"example.com/shared-queue/internal/app/settings"
	"example.com/shared-queue/internal/assembly"
	"example.com/shared-queue/internal/problem"
	"example.com/shared-queue/internal/record"
	"example.com/shared-queue/proof/asked"
	"example.com/shared-queue/proof/template"
	"example.com/shared-queue/spec"
)

// Flags name it. App, the folder that cdk synth wrote, goes before Settings.
type Flags struct {
	Settings, Environment string
	App, Queue            string
	Publisher, Account    string
}

// A Target is what is to be proved, and what else there is.
type Target struct {
	Queue     *asked.Queue
	Name      string     // the environment's, or the path of the queue's construct
	Publisher *Publisher // nil if any principal of the OUs is the sender
	Others    []Other    // to which its senders may not send

	// Where it is written, for hints.
	Stack, Senders, Settings string
}

// A Publisher is the role that sends.
type Publisher struct {
	Name      string
	Role      address.Role
	AssumedBy []address.Principal // nil if nothing is known of it
	MayAlso   []string

	Stack, Assumed string // where its role and who may assume it are written
}

// An Other is another queue.
type Other struct {
	Name string
	At   address.Queue
}

// Find finds what the flags name. The error is one line for each wrong flag or
// setting.
func Find(f Flags) (Target, error) {
	if f.App == "" {
		return fromSettings(f)
	}
	return fromApp(f)
}

// Wrong is what is wrong with a flag's value.
func Wrong(flag, value, allowed, cure string) error {
	var got any = value
	if value == "" {
		got = nil
	}
	p := problem.New(got, allowed, cure)
	p.Path = "-" + flag
	return p
}

func fromSettings(f Flags) (Target, error) {
	environments, err := settings.FromFile(f.Settings)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Target{}, Wrong("settings", f.Settings, "a cdk.json that is there", "run the command in the folder of cdk.json, or name the file")
	case err != nil:
		return Target{}, fmt.Errorf("read the settings of %s:\n%w", f.Settings, err)
	}
	i := slices.IndexFunc(environments, func(e spec.Environment) bool { return e.Name == f.Environment })
	if i < 0 {
		var names []string
		for _, e := range environments {
			names = append(names, e.Name)
		}
		return Target{}, Wrong("environment", f.Environment, "one of "+strings.Join(names, ", "), "choose one, or add it to "+f.Settings)
	}
	var queues []*asked.Queue
	for _, e := range environments {
		queues = append(queues, promise(e, environments))
	}
	e, at := environments[i], "environments."+f.Environment
	t := Target{Queue: queues[i], Name: e.Name, Stack: e.StackName(), Senders: at + ".senders", Settings: at}
	t.findOthers(queues, func(i int) string { return environments[i].Name })
	if len(e.Publishers) == 0 && f.Publisher == "" {
		return t, nil
	}
	var names []string
	for _, s := range sendersTo(e, environments) {
		names = append(names, s.name)
		if s.name != f.Publisher {
			continue
		}
		if s.EveryAccount {
			s.Account = f.Account
		}
		t.Publisher = &Publisher{Name: s.name, Role: s.Role.At(s.Account), AssumedBy: s.Role.AssumedBy, MayAlso: e.Queue.SenderMayAlso,
			Stack: "the stack " + s.of.PublisherStackName(s.Publisher), Assumed: "environments." + s.of.Name + ".publishers." + s.Name + ".assumedBy"}
		return t, checkAccount(f.Account, s.EveryAccount, s.name, s.Account)
	}
	if names == nil {
		return t, Wrong("publisher", f.Publisher, "no publisher, as "+f.Environment+" has none", "remove it: the caller of -profile sends by itself")
	}
	return t, Wrong("publisher", f.Publisher, "one of "+strings.Join(names, ", "), "choose one, or add it to "+at+".publishers in "+f.Settings)
}

// A sender is a publisher that sends to an environment's queue, of that environment or
// of another.
type sender struct {
	spec.Publisher
	of   spec.Environment
	name string // like web, or dev.web if it is another environment's
}

// sendersTo are the publishers that send to the environment's queue, its own first.
func sendersTo(e spec.Environment, all []spec.Environment) []sender {
	var senders []sender
	for _, p := range e.Publishers {
		senders = append(senders, sender{p, e, p.Name})
	}
	for _, of := range all {
		for _, p := range of.Publishers {
			if slices.Contains(p.SendsTo, e.Name) {
				senders = append(senders, sender{p, of, of.Name + "." + p.Name})
			}
		}
	}
	return senders
}

// checkAccount looks at -account, which only a role in every account takes.
func checkAccount(account string, every bool, name, in string) error {
	switch {
	case every && address.CheckAccount(account) != nil:
		return Wrong("account", account, "the id of an account of the OUs, as publisher "+name+" is in every one", "choose one")
	case !every && account != "":
		return Wrong("account", account, "no account for publisher "+name+", which is in "+in+" alone", "remove it")
	}
	return nil
}

// fromApp reads what constructs recorded in the folder that cdk synth wrote.
func fromApp(f Flags) (Target, error) {
	stacks, err := assembly.Read(os.DirFS(f.App))
	if err != nil {
		return Target{}, Wrong("app", f.App, "a folder that cdk synth has written", "run cdk synth, or name its output folder: "+err.Error())
	}
	_, app, err := template.Read(stacks)
	if err != nil {
		return Target{}, fmt.Errorf("-app: %s: %w", f.App, err)
	}
	var paths []string
	found := -1
	for i, q := range app.Queues {
		if q.Path == "" { // of another app
			continue
		}
		paths = append(paths, q.Path)
		if q.Path == f.Queue || f.Queue == "" {
			found = i
		}
	}
	if found < 0 || f.Queue == "" && len(paths) > 1 {
		return Target{}, Wrong("queue", f.Queue, "the path of a queue's construct in "+f.App+": one of "+strings.Join(paths, ", "), "choose one")
	}
	q := app.Queues[found]
	if address.CheckAccount(q.At.Account) != nil || q.At.Region.Check() != nil {
		return Target{}, Wrong("queue", q.Path, "a queue of a stack with an account and a Region", "give the stack its Env, and run cdk synth again")
	}
	t := Target{Queue: q, Name: q.Path, Stack: q.Stack, Senders: "the senders of " + q.Path, Settings: "the account and Region of " + q.Path}
	t.findOthers(app.Queues, func(i int) string { return app.Queues[i].Path })
	if f.Publisher == "" {
		return t, nil
	}
	var names []string
	for _, g := range q.Publishers {
		names = append(names, g.Name())
		role, err := address.ParseRole(strings.Replace(g.ARN, ":account:", ":"+f.Account+":", 1))
		if !slices.Contains([]string{g.Name(), g.ARN, g.Path}, f.Publisher) {
			continue
		}
		if err := checkAccount(f.Account, len(g.OUs) > 0, g.Name(), g.Account()); err != nil {
			return t, err
		}
		t.Publisher = &Publisher{Name: g.Name(), Role: role, AssumedBy: g.AssumedBy, MayAlso: g.SenderMayAlso, Stack: "the stack of " + g.Path, Assumed: "who may assume " + g.Path}
		return t, err
	}
	return t, Wrong("publisher", f.Publisher, "the name of a role that may send to "+q.Path+": one of "+strings.Join(names, ", "),
		"choose one; without it the caller of -profile sends by itself")
}

// findOthers finds the queues that the target's senders may not send to: those of OUs
// that have no account in common with the target's.
func (t *Target) findOthers(queues []*asked.Queue, name func(i int) string) {
	for i, q := range queues {
		if q != t.Queue && len(q.Senders) > 0 && q.At.Region.Partition() == t.Queue.At.Region.Partition() && !address.Overlap(q.Senders, t.Queue.Senders) {
			t.Others = append(t.Others, Other{name(i), q.At})
		}
	}
}

// promise is what an environment of the settings asks for, and others for its queue, as
// the constructs record it.
func promise(e spec.Environment, all []spec.Environment) *asked.Queue {
	s, at := e.Queue.WithDefaults(), e.QueueAddress()
	q := &asked.Queue{Path: e.StackName() + "/SharedQueue", Stack: e.StackName(), At: at, Senders: s.Senders, Queue: record.Queue{
		Account: e.Account, Region: string(e.Region), QueueName: s.QueueName, KeyAlias: s.KeyAlias, Services: s.Services, SenderMayAlso: s.SenderMayAlso,
		OrgPathsOnQueue: s.OrgPathsOnQueue, DataKeyReuse: problem.Duration(*s.DataKeyReuse), MaxReceiveCount: *s.MaxReceiveCount,
	}}
	for _, p := range sendersTo(e, all) {
		g := asked.Grantee{ARN: p.Role.At(p.Account).ARN(), Kinds: []spec.GrantKind{spec.Send}, Path: p.of.PublisherStackName(p.Publisher) + "/Publisher",
			SenderMayAlso: s.SenderMayAlso, AssumedBy: p.Role.AssumedBy}
		if p.EveryAccount {
			g.ARN = p.Role.At("account").ARN()
			for _, ou := range p.of.Queue.Senders {
				g.OUs = append(g.OUs, ou.OU())
			}
		}
		q.Publishers = append(q.Publishers, g)
	}
	for _, g := range e.Grants() {
		i := slices.IndexFunc(q.Workers, func(w asked.Grantee) bool { return strings.EqualFold(w.ARN, g.Role.ARN()) })
		switch {
		case g.Kind == spec.Send:
		case i >= 0:
			q.Workers[i].Kinds = append(q.Workers[i].Kinds, g.Kind)
		default:
			q.Workers = append(q.Workers, asked.Grantee{ARN: g.Role.ARN(), Kinds: []spec.GrantKind{g.Kind}, Path: q.Path})
		}
	}
	return q
}

// OneReceive reports that a message goes to the dead-letter queue when it is received a
// second time, so that nobody may receive one that is not its own.
func (t Target) OneReceive() bool { return t.Queue.MaxReceiveCount == 1 }
