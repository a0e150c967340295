package access

import (
	"fmt"
	"strings"

	"example.com/shared-queue/spec"
)

// picture draws an environment in Mermaid: who sends, the two walls, and what the
// shared account's roles do. It draws the settings, not what was computed.
// https://mermaid.js.org/syntax/flowchart.html
func picture(e spec.Environment) string {
	q := e.QueueAddress()
	queue := e.Queue.WithDefaults()
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }

	line("```mermaid")
	line("%%%%{init: {'flowchart': {'nodeSpacing': 30, 'subGraphTitleMargin': {'top': 5, 'bottom': 10}}}}%%%%")
	line("flowchart LR")
	line("  subgraph org [Organization %s]", e.Queue.Senders[0].Organization())
	for i, path := range e.Queue.Senders {
		ids := strings.SplitN(path.String(), "/", 2)[1]
		line("    ou%d[\"Any role of<br/>%s<br/>and the OUs below it\"]", i, strings.ReplaceAll(ids, "/", "/<br/>"))
	}
	for i, service := range e.Queue.Services {
		line("    service%d([\"%s, for its<br/>resources in the OUs\"])", i, service)
	}
	line("  end")
	if len(e.Publishers) > 0 {
		line("  subgraph publishers [Publisher roles]")
		line("    direction LR") // one account below the other
		for i, account := range publishersByAccount(e) {
			line("    account%d[\"%s\"]", i, strings.Join(account, "<br/>"))
		}
		line("  end")
	}
	line("  subgraph shared [Shared account %s, %s]", e.Account, e.Region)
	ou := "the OU"
	if len(e.Queue.Senders) > 1 {
		ou = "the OUs"
	}
	admits := "the organization"
	if e.Queue.OrgPathsOnQueue {
		admits = ou
	}
	line("    queue[\"Queue %s<br/>admits %s\"]", q.Name, admits)
	line("    key{{\"Key %s<br/>admits %s,<br/>through this queue\"}}", q.Alias, ou)
	line("    dead[\"Dead-letter queue<br/>%s\"]", q.DeadLetter().Name)
	for i, w := range workers(e) {
		line("    role%d[\"%s\"]", i, strings.Replace(w.title(), " "+w.name, "<br/>"+w.name, 1))
	}
	line("  end")

	for i := range e.Queue.Senders {
		line("  ou%d -- send --> queue", i)
	}
	for i := range e.Queue.Services {
		line("  service%d -- send --> queue", i)
	}
	if len(e.Publishers) > 0 {
		line("  publishers -- send --> queue")
	}
	line("  queue -- \"as the sender\" --> key")
	line("  queue -- \"after %d receives\" --> dead", *queue.MaxReceiveCount)
	for i, w := range workers(e) {
		for _, kind := range w.kinds {
			line("  %s", fmt.Sprintf(promises[kind].arrow, fmt.Sprintf("role%d", i)))
		}
	}
	line("```")
	return b.String()
}

// publishersByAccount has a list of lines for each account, in the order of the
// settings: the account, then its publishers and their roles.
func publishersByAccount(e spec.Environment) [][]string {
	var accounts [][]string
	at := map[string]int{}
	for _, p := range e.Publishers {
		where := "Account " + p.Account
		if p.EveryAccount {
			where = "Every account of the OUs"
		}
		if _, seen := at[where]; !seen {
			at[where] = len(accounts)
			accounts = append(accounts, []string{where})
		}
		accounts[at[where]] = append(accounts[at[where]], "publisher "+p.Name, "role "+p.Role.RoleName)
	}
	return accounts
}
