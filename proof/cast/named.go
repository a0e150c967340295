package cast

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"example.com/shared-queue/address"
	"example.com/shared-queue/proof/asked"
	"example.com/shared-queue/proof/world"
)

// A statement is one of a policy that decides about the queue.
type statement struct{ element map[string]any }

// statements are those of the policies of the queue, its dead-letter queue and their
// keys, in all worlds.
func (l *list) statements() []statement {
	var all []statement
	for _, w := range l.worlds() {
		for _, p := range Policies(w, l.q) {
			for _, s := range p.Statements() {
				all = append(all, statement{s})
			}
		}
	}
	return all
}

// Policies are the policies that decide about a queue in a world, but for those of
// callers.
func Policies(w *world.World, q *asked.Queue) []*world.Policy {
	var policies []*world.Policy
	add := func(p *world.Policy) {
		if p != nil && !slices.Contains(policies, p) {
			policies = append(policies, p)
		}
	}
	queue := Find(w, q)
	if queue == nil {
		return nil
	}
	for _, each := range []*world.Queue{queue, w.Queue(queue.DeadLetter), w.Queue(q.At.DeadLetter().ARN())} {
		if each == nil {
			continue
		}
		add(each.Policy)
		if key := w.KeyOf(each); key != nil {
			add(key.Policy)
		}
	}
	return policies
}

// Find is the queue in the world, by the place where its construct wrote it or by its
// ARN, nil if it is not there.
func Find(w *world.World, q *asked.Queue) *world.Queue {
	for _, queue := range w.Queues {
		if queue.Place.Stack == q.Stack && queue.Place.LogicalID != "" && queue.Place.LogicalID == q.LogicalID() {
			return queue
		}
	}
	return w.Queue(q.At.ARN())
}

// principals are the elements of one kind, AWS or Service, of Principal and
// NotPrincipal.
func (s statement) principals(kind string) []string {
	var names []string
	for _, element := range []string{"Principal", "NotPrincipal"} {
		byKind, _ := s.element[element].(map[string]any)
		for _, name := range world.List(byKind[kind]) {
			names = append(names, fmt.Sprint(name))
		}
		if s.element[element] == "*" && kind == "AWS" {
			names = append(names, "*")
		}
	}
	return names
}

// values are those that conditions have for the key, whatever the operator.
func (s statement) values(key string) []string {
	var values []string
	conditions, _ := s.element["Condition"].(map[string]any)
	for _, keys := range conditions {
		byKey, _ := keys.(map[string]any)
		for name, value := range byKey {
			if strings.EqualFold(name, key) {
				for _, v := range world.List(value) {
					values = append(values, instance(fmt.Sprint(v)))
				}
			}
		}
	}
	slices.Sort(values)
	return values
}

// instance is a text that a pattern matches.
func instance(pattern string) string {
	return strings.ReplaceAll(strings.ReplaceAll(pattern, "*", "x"), "?", "x")
}

// services are those that the statement is for. A statement for everyone under
// a condition on the resource is for the service that has the resource.
func (s statement) services() []string {
	names := append(s.principals("Service"), s.values("aws:PrincipalServiceName")...)
	if slices.Contains(s.principals("AWS"), "*") {
		for _, arn := range s.values("aws:SourceArn") {
			if parts := strings.SplitN(arn, ":", 4); len(parts) == 4 && parts[2] != "x" {
				names = append(names, parts[2]+".amazonaws.com")
			}
		}
	}
	return slices.DeleteFunc(names, func(name string) bool { return name == "*" || name == "x" })
}

var accountInARN = regexp.MustCompile(`^arn:[^:]*:(?:iam|sts)::([0-9]{12}):(root|role/.+|user/.+|assumed-role/.+|federated-user/.+)$`)

// named adds every account, role, user, organization, OU and resource that a policy
// names.
func (l *list) named() {
	for _, s := range l.statements() {
		const by = ", which a policy names"
		for _, name := range append(s.principals("AWS"), s.values("aws:PrincipalArn")...) {
			l.principal(instance(name), by)
		}
		for _, key := range []string{"aws:PrincipalAccount", "kms:CallerAccount"} {
			for _, account := range s.values(key) {
				l.principal(account, by)
			}
		}
		for _, id := range s.values("aws:PrincipalOrgID") {
			if id != l.q.Organization() {
				l.powerful("All-powerful role in organization "+id+by, id+"/r-wxyz/ou-wxyz-anyou001")
			}
		}
		for _, path := range s.values("aws:PrincipalOrgPaths") {
			if path = entity(path); !l.isSender(path) {
				l.powerful("All-powerful role in "+path+by, path)
			}
		}
		for _, service := range s.services() {
			l.sources(s, service)
		}
	}
}

// entity is a path without the end that policies give it.
func entity(path string) string {
	for _, end := range []string{"/x", "/"} {
		path = strings.TrimSuffix(path, end)
	}
	return path
}

func (l *list) isSender(path string) bool {
	return slices.ContainsFunc(l.q.Senders, func(p address.Path) bool { return p.String() == path })
}

// principal adds an account, role or user in its two places: no policy says where its
// account is.
func (l *list) principal(name, by string) {
	title, arn, account, ok := l.who(name)
	switch {
	case !ok:
		return
	case account == l.q.At.Account:
		l.local(title, arn)
		return
	}
	for _, p := range []place{{"in no organization", ""}, {"outside the OU", Root(l.q.Senders[0])}} {
		l.add(Caller{Name: title + by + ", if its account is " + p.where, Kind: Named, Principal: arn, Account: account, Path: p.path, Powers: Everything})
	}
}

// local adds a role or user of the shared account that a policy names, if nothing else
// has. Policies of its own are not known. To name the account is to leave all to its own policies,
// which are asked about without.
func (l *list) local(title, arn string) {
	if strings.HasSuffix(arn, "/"+administrator) || slices.ContainsFunc(l.callers, func(c Caller) bool { return strings.EqualFold(c.Principal, arn) }) {
		return
	}
	for _, p := range l.inAndOut() {
		l.add(Caller{Name: p.prefix + title, Kind: LocalIdle, Principal: arn, Account: l.q.At.Account, Path: p.path, InOU: p.in})
	}
}

// sources adds a service for each resource, account, organization and OU that the
// statement names.
func (l *list) sources(s statement, service string) {
	accounts := s.values("aws:SourceAccount")
	for _, arn := range s.values("aws:SourceArn") {
		account := l.outsider
		if parts := strings.Split(arn, ":"); len(parts) > 4 && address.CheckAccount(parts[4]) == nil {
			account = parts[4]
		} else if len(accounts) > 0 {
			account = accounts[0]
		}
		l.source(service, arn, account)
	}
	for _, account := range accounts {
		l.source(service, "arn:aws:any:us-east-1:"+account+":resource", account)
	}
	for _, id := range s.values("aws:SourceOrgID") {
		if id != l.q.Organization() {
			l.serviceFor(service, "in organization "+id, id+"/r-wxyz/ou-wxyz-anyou001")
		}
	}
	for _, path := range s.values("aws:SourceOrgPaths") {
		if path = entity(path); !l.isSender(path) {
			l.serviceFor(service, "in "+path, path)
		}
	}
}

func (l *list) source(service, arn, account string) {
	name := "Service " + service + " for " + arn
	if strings.HasPrefix(arn, "arn:aws:any:") {
		name = "Service " + service + " for a resource of account " + account
	}
	l.add(Caller{Name: name, Kind: ServiceFor, Principal: service, Source: arn, SourceAccount: account})
}
