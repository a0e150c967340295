package prove

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

// A target is what is to be proved, and what else there is.
type target struct {
	app       *asked.App
	q         *asked.Queue
	name      string     // the environment's, or the path of the queue's construct
	publisher *publisher // nil if any principal of the OUs is the sender
	others    []other    // to which its senders may not send

	// Where it is written, for hints.
	stack, senders, settings string
}

// A publisher is the role that sends.
type publisher struct {
	name      string
	role      address.Role
	assumedBy []address.Principal // nil if nothing is known of it
	mayAlso   []string

	stack, assumed string // where its role and who may assume it are written
}

// An other is another queue.
type other struct {
	name string
	at   address.Queue
}

// readTarget reads what the flags name, from the settings or from an assembly.
func readTarget(o options) (t target, err error) {
	if o.app == "" {
		t, err = fromSettings(o)
	} else {
		t, err = fromApp(o)
	}
	if err == nil && o.consumer != "" && t.oneReceive() {
		err = wrong("consumer-profile", o.consumer, "with a maxReceiveCount of 2 or more, and "+t.name+" has 1: what it receives of others would go to the dead-letter queue next",
			"leave the message to your consumers")
	}
	return t, err
}

func fromSettings(o options) (target, error) {
	environments, err := settings.FromFile(o.settings)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return target{}, wrong("settings", o.settings, "a cdk.json that is there", "run the command in the folder of cdk.json, or name the file")
	case err != nil:
		return target{}, fmt.Errorf("read the settings of %s:\n%w", o.settings, err)
	}
	i := slices.IndexFunc(environments, func(e spec.Environment) bool { return e.Name == o.environment })
	if i < 0 {
		var names []string
		for _, e := range environments {
			names = append(names, e.Name)
		}
		return target{}, wrong("environment", o.environment, "one of "+strings.Join(names, ", "), "choose one, or add it to "+o.settings)
	}
	app := &asked.App{}
	for _, e := range environments {
		app.Queues = append(app.Queues, promise(e))
	}
	e, at := environments[i], "environments."+o.environment
	t := target{app: app, q: app.Queues[i], name: e.Name, stack: e.StackName(), senders: at + ".senders", settings: at}
	t.findOthers(func(i int) string { return environments[i].Name })
	if len(e.Publishers) == 0 && o.publisher == "" {
		return t, nil
	}
	var names []string
	for _, p := range e.Publishers {
		names = append(names, p.Name)
		if p.Name != o.publisher {
			continue
		}
		if p.EveryAccount {
			p.Account = o.account
		}
		t.publisher = &publisher{name: p.Name, role: p.Role.At(p.Account), assumedBy: p.Role.AssumedBy, mayAlso: p.Role.SenderMayAlso,
			stack: "the stack " + e.PublisherStackName(p), assumed: at + ".publishers." + p.Name + ".assumedBy"}
		return t, checkAccount(o.account, p.EveryAccount, p.Name, p.Account)
	}
	if names == nil {
		return t, wrong("publisher", o.publisher, "no publisher, as "+o.environment+" has none", "remove it: the caller of -profile sends by itself")
	}
	return t, wrong("publisher", o.publisher, "one of "+strings.Join(names, ", "), "choose one, or add it to "+at+".publishers in "+o.settings)
}

// checkAccount looks at -account, which only a role in every account takes.
func checkAccount(account string, every bool, name, in string) error {
	switch {
	case every && address.CheckAccount(account) != nil:
		return wrong("account", account, "the id of an account of the OUs, as publisher "+name+" is in every one", "choose one")
	case !every && account != "":
		return wrong("account", account, "no account for publisher "+name+", which is in "+in+" alone", "remove it")
	}
	return nil
}

// fromApp reads what constructs recorded in the folder that cdk synth wrote.
func fromApp(o options) (target, error) {
	stacks, err := assembly.Read(os.DirFS(o.app))
	if err != nil {
		return target{}, wrong("app", o.app, "a folder that cdk synth has written", "run cdk synth, or name its output folder: "+err.Error())
	}
	_, app, err := template.Read(stacks)
	if err != nil {
		return target{}, fmt.Errorf("-app: %s: %w", o.app, err)
	}
	var paths []string
	found := -1
	for i, q := range app.Queues {
		if q.Path == "" { // of another app
			continue
		}
		paths = append(paths, q.Path)
		if q.Path == o.queue || o.queue == "" {
			found = i
		}
	}
	if found < 0 || o.queue == "" && len(paths) > 1 {
		return target{}, wrong("queue", o.queue, "the path of a queue's construct in "+o.app+": one of "+strings.Join(paths, ", "), "choose one")
	}
	q := app.Queues[found]
	t := target{app: app, q: q, name: q.Path, stack: q.Stack, senders: "the senders of " + q.Path, settings: "the account and Region of " + q.Path}
	t.findOthers(func(i int) string { return app.Queues[i].Path })
	if o.publisher == "" {
		return t, nil
	}
	var names []string
	for _, g := range q.Publishers {
		names = append(names, g.Name())
		role, err := address.ParseRole(strings.Replace(g.ARN, ":account:", ":"+o.account+":", 1))
		if !slices.Contains([]string{g.Name(), g.ARN, g.Path}, o.publisher) {
			continue
		}
		if err := checkAccount(o.account, len(g.OUs) > 0, g.Name(), g.Account()); err != nil {
			return t, err
		}
		t.publisher = &publisher{name: g.Name(), role: role, assumedBy: g.AssumedBy, mayAlso: g.SenderMayAlso, stack: "the stack of " + g.Path, assumed: "who may assume " + g.Path}
		return t, err
	}
	return t, wrong("publisher", o.publisher, "the name of a role that may send to "+q.Path+": one of "+strings.Join(names, ", "),
		"choose one; without it the caller of -profile sends by itself")
}

// findOthers finds the queues that the target's senders may not send to: those of OUs
// that have no account in common with the target's.
func (t *target) findOthers(name func(i int) string) {
	for i, q := range t.app.Queues {
		if q != t.q && len(q.Senders) > 0 && q.At.Region.Partition() == t.q.At.Region.Partition() && !overlap(q.Senders, t.q.Senders) {
			t.others = append(t.others, other{name(i), q.At})
		}
	}
}

// overlap reports whether an account can be in OUs of both.
func overlap(a, b []address.Path) bool {
	return slices.ContainsFunc(a, func(a address.Path) bool {
		return slices.ContainsFunc(b, func(b address.Path) bool { return a.Contains(b) || b.Contains(a) })
	})
}

// promise is what an environment of the settings asks for, as its constructs record it.
func promise(e spec.Environment) *asked.Queue {
	s, at := e.Queue.WithDefaults(), e.QueueAddress()
	q := &asked.Queue{Path: e.StackName() + "/SharedQueue", Stack: e.StackName(), At: at, Senders: s.Senders, Queue: record.Queue{
		Account: e.Account, Region: string(e.Region), QueueName: s.QueueName, KeyAlias: s.KeyAlias, Services: s.Services, SenderMayAlso: s.SenderMayAlso,
		OrgPathsOnQueue: s.OrgPathsOnQueue, DataKeyReuse: problem.Duration(*s.DataKeyReuse), MaxReceiveCount: *s.MaxReceiveCount,
	}}
	for _, p := range e.Publishers {
		g := asked.Grantee{ARN: p.Role.At(p.Account).ARN(), Kinds: []spec.GrantKind{spec.Send}, Path: e.PublisherStackName(p) + "/Publisher",
			SenderMayAlso: p.Role.SenderMayAlso, AssumedBy: p.Role.AssumedBy}
		if p.EveryAccount {
			g.ARN = p.Role.At("account").ARN()
			for _, ou := range s.Senders {
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

func (t target) queue() address.Queue { return t.q.At }

// oneReceive reports that a message goes to the dead-letter queue when it is
// received a second time, so that nobody may receive one that is not its own.
func (t target) oneReceive() bool { return t.q.MaxReceiveCount == 1 }

// controls are the queues of the outsiders' own accounts.
func (t target) controls(urls []string) ([]address.Queue, error) {
	var queues []address.Queue
	for _, text := range urls {
		host, path, _ := strings.Cut(strings.TrimPrefix(text, "https://"), "/")
		account, name, _ := strings.Cut(path, "/")
		q := address.Queue{Region: t.queue().Region, Account: account, Name: name}
		if q.URL() != text || host != q.Host() || address.CheckAccount(account) != nil || name == "" || strings.Contains(name, "/") {
			return nil, wrong("outsider-queue", text, "the URL of a queue in "+string(q.Region)+", like https://"+q.Host()+"/<account>/<name>",
				"copy it from the SQS console")
		}
		queues = append(queues, q)
	}
	return queues, nil
}
