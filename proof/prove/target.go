package prove

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"example.com/shared-queue/address"
	"example.com/shared-queue/internal/app/settings"
	"example.com/shared-queue/spec"
)

// A target is what is to be proved, and what else there is.
type target struct {
	environment spec.Environment
	publisher   *spec.Publisher    // nil if any principal of the OUs is the sender
	others      []spec.Environment // to which its senders may not send
}

// readTarget reads the settings and chooses what the flags name.
func readTarget(o options) (target, error) {
	environments, err := settings.FromFile(o.settings)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return target{}, wrong("settings", o.settings, "a cdk.json that is there", "run the command in the folder of cdk.json, or name the file")
	case err != nil:
		return target{}, fmt.Errorf("read the settings of %s:\n%w", o.settings, err)
	}
	t, err := choose(environments, o)
	if err == nil && o.consumer != "" && t.oneReceive() {
		err = wrong("consumer-profile", o.consumer, "with a maxReceiveCount of 2 or more, and "+t.environment.Name+" has 1: what it receives of others would go to the dead-letter queue next",
			"leave the message to your consumers")
	}
	return t, err
}

func choose(environments []spec.Environment, o options) (target, error) {
	i := slices.IndexFunc(environments, func(e spec.Environment) bool { return e.Name == o.environment })
	if i < 0 {
		var names []string
		for _, e := range environments {
			names = append(names, e.Name)
		}
		return target{}, wrong("environment", o.environment, "one of "+strings.Join(names, ", "), "choose one, or add it to "+o.settings)
	}
	t := target{environment: environments[i]}
	for _, e := range environments {
		if e.Name != o.environment && e.Region.Partition() == t.environment.Region.Partition() && !overlap(e.Queue.Senders, t.environment.Queue.Senders) {
			t.others = append(t.others, e)
		}
	}
	publishers := t.environment.Publishers
	if len(publishers) == 0 && o.publisher == "" {
		return t, nil
	}
	names := []string{}
	for _, p := range publishers {
		names = append(names, p.Name)
		if p.Name == o.publisher {
			err := t.take(p, o.account)
			return t, err
		}
	}
	if len(names) == 0 {
		return t, wrong("publisher", o.publisher, "no publisher, as "+o.environment+" has none", "remove it: the caller of -profile sends by itself")
	}
	return t, wrong("publisher", o.publisher, "one of "+strings.Join(names, ", "),
		"choose one, or add it to environments."+o.environment+".publishers in "+o.settings)
}

// overlap reports whether an account can be in OUs of both.
func overlap(a, b []address.Path) bool {
	return slices.ContainsFunc(a, func(a address.Path) bool {
		return slices.ContainsFunc(b, func(b address.Path) bool { return a.Contains(b) || b.Contains(a) })
	})
}

// take makes a publisher the target; one in every account is that of the account.
func (t *target) take(p spec.Publisher, account string) error {
	switch {
	case p.EveryAccount && address.CheckAccount(account) != nil:
		return wrong("account", account, "the id of an account of the OUs, as publisher "+p.Name+" is in every one", "choose one")
	case !p.EveryAccount && account != "":
		return wrong("account", account, "no account for publisher "+p.Name+", which is in "+p.Account+" alone", "remove it")
	case p.EveryAccount:
		p.Account = account
	}
	t.environment, t.publisher = t.environment.In(account), &p
	return nil
}

func (t target) queue() address.Queue { return t.environment.QueueAddress() }

func (t target) organization() string { return t.environment.Queue.Senders[0].Organization() }

// role is the publisher's.
func (t target) role() address.Role { return t.publisher.Role.At(t.publisher.Account) }

// oneReceive reports that a message goes to the dead-letter queue when it is
// received a second time, so that nobody may receive one that is not its own.
func (t target) oneReceive() bool { return *t.environment.Queue.WithDefaults().MaxReceiveCount == 1 }

// controls are the queues of the outsiders' own accounts.
func (t target) controls(urls []string) ([]address.Queue, error) {
	var queues []address.Queue
	for _, text := range urls {
		host, path, _ := strings.Cut(strings.TrimPrefix(text, "https://"), "/")
		account, name, _ := strings.Cut(path, "/")
		q := address.Queue{Region: t.environment.Region, Account: account, Name: name}
		if q.URL() != text || host != q.Host() || address.CheckAccount(account) != nil || name == "" || strings.Contains(name, "/") {
			return nil, wrong("outsider-queue", text, "the URL of a queue in "+string(q.Region)+", like https://"+q.Host()+"/<account>/<name>",
				"copy it from the SQS console")
		}
		queues = append(queues, q)
	}
	return queues, nil
}
