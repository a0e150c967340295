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
	for i, p := range e.Publishers {
		where := "Account " + p.Account
		if p.EveryAccount {
			where = "Every account of the OUs"
		}
		line("  subgraph account%d [%s]", i, where)
		line("    publisher%d[\"Publisher %s<br/>role %s\"]", i, p.Name, p.Role.RoleName)
		line("  end")
	}
	line("  subgraph shared [Shared account %s, %s]", e.Account, e.Region)
	admits := "the organization"
	if e.Queue.OrgPathsOnQueue {
		admits = "the OU"
	}
	line("    queue[\"Queue %s<br/>admits %s\"]", q.Name, admits)
	line("    key{{\"Key %s<br/>admits the OU,<br/>through this queue\"}}", q.Alias)
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
	for i := range e.Publishers {
		line("  publisher%d -- send --> queue", i)
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
