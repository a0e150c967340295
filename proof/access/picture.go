package access

import (
	"fmt"
	"strings"

	"example.com/shared-queue/proof/asked"
	"example.com/shared-queue/proof/cast"
)

// picture draws a queue in Mermaid: who sends, the two walls, and what the shared
// account's roles do. It draws what was asked for, not what was computed.
// https://mermaid.js.org/syntax/flowchart.html
func picture(queue *asked.Queue) string {
	q := queue.At
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }

	line("```mermaid")
	line("%%%%{init: {'flowchart': {'nodeSpacing': 30, 'subGraphTitleMargin': {'top': 5, 'bottom': 10}}}}%%%%")
	line("flowchart LR")
	line("  subgraph org [Organization %s]", queue.Organization())
	for i, path := range queue.Senders {
		ids := strings.SplitN(path.String(), "/", 2)[1]
		line("    ou%d[\"Any role of<br/>%s<br/>and the OUs below it\"]", i, strings.ReplaceAll(ids, "/", "/<br/>"))
	}
	for i, service := range queue.Services {
		line("    service%d([\"%s, for its<br/>resources in the OUs\"])", i, service)
	}
	line("  end")
	if len(queue.Publishers) > 0 {
		line("  subgraph publishers [Publisher roles]")
		line("    direction LR") // one account below the other
		for i, account := range publishersByAccount(queue) {
			line("    account%d[\"%s\"]", i, strings.Join(account, "<br/>"))
		}
		line("  end")
	}
	line("  subgraph shared [Shared account %s, %s]", q.Account, q.Region)
	ou := "the OU"
	if len(queue.Senders) > 1 {
		ou = "the OUs"
	}
	admits := "the organization"
	if queue.OrgPathsOnQueue {
		admits = ou
	}
	line("    queue[\"Queue %s<br/>admits %s\"]", q.Name, admits)
	line("    key{{\"Key %s<br/>admits %s,<br/>through this queue\"}}", q.Alias, ou)
	line("    dead[\"Dead-letter queue<br/>%s\"]", q.DeadLetter().Name)
	for i, w := range queue.Workers {
		line("    role%d[\"%s\"]", i, strings.Replace(cast.WorkerName(w), " "+w.Name(), "<br/>"+w.Name(), 1))
	}
	line("  end")

	for i := range queue.Senders {
		line("  ou%d -- send --> queue", i)
	}
	for i := range queue.Services {
		line("  service%d -- send --> queue", i)
	}
	if len(queue.Publishers) > 0 {
		line("  publishers -- send --> queue")
	}
	line("  queue -- \"as the sender\" --> key")
	line("  queue -- \"after %d receives\" --> dead", queue.MaxReceiveCount)
	for i, w := range queue.Workers {
		for _, kind := range w.Kinds {
			line("  %s", fmt.Sprintf(promises[kind].arrow, fmt.Sprintf("role%d", i)))
		}
	}
	line("```")
	return b.String()
}

// maxPublishers is how many publishers a picture has room for.
const maxPublishers = 12

// publishersByAccount has a list of lines for each account, in the order of the
// stacks: the account, then its publishers' roles.
func publishersByAccount(q *asked.Queue) [][]string {
	var accounts [][]string
	at := map[string]int{}
	for i, p := range q.Publishers {
		if i == maxPublishers {
			return append(accounts, []string{fmt.Sprintf("and %d more", len(q.Publishers)-i)})
		}
		where := "Account " + p.Account()
		if len(p.OUs) > 0 {
			where = "Every account of the OUs"
		}
		if _, seen := at[where]; !seen {
			at[where] = len(accounts)
			accounts = append(accounts, []string{where})
		}
		accounts[at[where]] = append(accounts[at[where]], "role "+p.Name())
	}
	return accounts
}
