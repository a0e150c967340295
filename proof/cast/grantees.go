package cast

import (
	"example.com/shared-queue/address"
	"slices"
	"strings"

	"example.com/shared-queue/proof/asked"
)

// Trusting are the roles that were granted to send, one of each kind of trust.
func (s *Stage) Trusting(q *asked.Queue) []Caller {
	l := s.list(q)
	for _, k := range l.kindsBy(q.Publishers, l.trustForm) {
		l.addKind(k, PublisherName, Caller{Kind: Publisher, Path: l.sender})
	}
	return l.callers
}

// Grantees are the roles and users with grants on the queue, one of each kind, in the
// place of the first OU that sends.
func (s *Stage) Grantees(q *asked.Queue) []Caller {
	l := s.list(q)
	l.publishers()
	for _, k := range l.kinds(q.Workers) {
		l.addKind(k, WorkerName, Caller{Kind: Worker, Path: l.sender})
	}
	return l.callers
}

// list is an empty one. Of a queue of another app the OUs are not known.
func (s *Stage) list(q *asked.Queue) *list {
	l := &list{Stage: s, q: q}
	if len(q.Senders) > 0 {
		l.sender = q.Senders[0].String()
	}
	return l
}

// An Assumer is a caller that is asked about for a role.
type Assumer struct {
	Caller
	Trusted bool // it was asked for that it may assume the role
}

// Assumers are those that are asked about for a publisher's role: all that it was
// asked to trust, all that its trust policy names, and others.
func (s *Stage) Assumers(q *asked.Queue, role Caller) []Assumer {
	l := s.list(q)
	var all []Assumer
	add := func(c Caller, trusted bool) {
		if !slices.ContainsFunc(all, func(a Assumer) bool { return a.Principal == c.Principal && a.Path == c.Path }) {
			all = append(all, Assumer{c, trusted})
		}
	}
	admin := func(name, account, path string) Caller {
		return l.role(Caller{Name: name, Kind: Powerful, Path: path, Powers: Everything}, account, administrator)
	}
	trusted := map[string]bool{}
	for _, named := range role.Grantee.AssumedBy {
		principal := named.Resolve(role.Account)
		trusted[principal.String()] = true
		if name, ok := principal.Service(); ok {
			add(Caller{Name: "Service " + name, Kind: Service, Principal: name}, true)
		} else if arn, _ := principal.ARN(q.At.Region); arn == principal.String() {
			add(Caller{Name: arn, Kind: Named, Principal: arn, Account: strings.Split(arn, ":")[4], Powers: Everything}, true)
		} else if principal == named { // its own account is asked about below
			add(admin("Administrator of account "+principal.String(), principal.String(), ""), true)
		}
	}
	add(admin("Administrator of the publisher's account", role.Account, l.sender), trusted[role.Account])
	add(admin("Administrator of the shared account", q.At.Account, l.sender), trusted[q.At.Account])
	add(admin("Administrator of another account of the OU", l.insider, l.sender), false)
	add(admin("Administrator of an account in no organization", l.outsider, ""), false)
	add(Caller{Name: "Anonymous", Kind: Anonymous}, false)
	const anyService = "glue.amazonaws.com"
	if !trusted[anyService] {
		add(Caller{Name: "Any other service, like " + anyService, Kind: Service, Principal: anyService}, false)
	}
	for _, st := range role.Identity.Trust.Statements() {
		for _, named := range (statement{st}).trusted() {
			if !trusted[named] && !trusted[accountOf(named)] {
				l.assumer(named, add)
			}
		}
	}
	return all
}

// trusted are the principals that a trust policy names.
func (s statement) trusted() []string {
	return append(s.principals("AWS"), s.principals("Service")...)
}

// accountOf is the account whose root the ARN is, empty for anything else.
func accountOf(arn string) string {
	if m := accountInARN.FindStringSubmatch(arn); m != nil && m[2] == "root" {
		return m[1]
	}
	return ""
}

// assumer adds a principal that a trust policy names and that was not asked for.
func (l *list) assumer(name string, add func(Caller, bool)) {
	switch {
	case name == "*" || strings.HasSuffix(name, ".amazonaws.com"):
		if name != "*" {
			add(Caller{Name: "Service " + name, Kind: Service, Principal: name}, false)
		}
	case accountOf(name) != "":
		name = accountOf(name)
		fallthrough
	default:
		c := Caller{Name: name, Kind: Named, Principal: name, Powers: Everything}
		if parts := strings.Split(name, ":"); len(parts) > 4 {
			c.Account = parts[4]
		} else {
			c = l.role(Caller{Name: "Administrator of account " + name, Kind: Named, Powers: Everything}, name, administrator)
		}
		add(c, false)
	}
}

// Outsiders are callers that are asked about for a queue or key of which nothing is
// known but its policy.
func (s *Stage) Outsiders(region address.Region) []Caller {
	l := &list{Stage: s, q: &asked.Queue{At: address.Queue{Region: region}}}
	l.powerful("All-powerful role in no organization", "")
	l.powerful("All-powerful role in another organization", "o-zzzzzzzzzz/r-wxyz/ou-wxyz-anyou001")
	for _, q := range s.App.Queues {
		if len(q.Senders) > 0 {
			l.powerful("All-powerful role of another account of organization "+q.Organization(), Root(q.Senders[0]))
		}
	}
	l.add(Caller{Name: "Anonymous", Kind: Anonymous})
	for _, name := range []string{"events.amazonaws.com", "s3.amazonaws.com", "sns.amazonaws.com"} {
		l.serviceFor(name, "of anybody", "")
	}
	return l.callers
}
