package cast

import (
	"slices"
	"strings"

	"example.com/shared-queue/address"
	"example.com/shared-queue/proof/asked"
	"example.com/shared-queue/proof/world"
	"example.com/shared-queue/spec"
)

// administrator is the name of a role that no setting is likely to have.
const administrator = "any-administrator-who-is-asked-about"

// A Stage is the world that callers are looked for in.
type Stage struct {
	App   *asked.App
	World *world.World
	// More are worlds whose policies name callers too, to compare them with World.
	More []*world.World

	insider, outsider string                    // accounts that nothing names
	granting          map[string][]*asked.Queue // the queues on which a role or user has grants, by its ARN in small letters
}

// NewStage finds accounts that nothing in the worlds names, for made-up callers.
func NewStage(app *asked.App, w *world.World, more ...*world.World) *Stage {
	s := &Stage{App: app, World: w, More: more, granting: map[string][]*asked.Queue{}}
	named := map[string]bool{}
	for _, each := range s.worlds() {
		for account := range each.Accounts() {
			named[account] = true
		}
	}
	for _, q := range app.Queues {
		named[q.At.Account] = true
		for _, g := range slices.Concat(q.Publishers, q.Workers) {
			arn := strings.ToLower(g.ARN)
			if !slices.Contains(s.granting[arn], q) {
				s.granting[arn] = append(s.granting[arn], q)
			}
		}
		for _, p := range q.Publishers {
			for _, principal := range p.AssumedBy {
				named[world.AccountIn(principal.String())] = true
			}
		}
	}
	s.insider = world.Free(named, 666_666_666_666, 1)
	s.outsider = world.Free(named, 999_999_999_999, -1)
	return s
}

func (s *Stage) worlds() []*world.World { return append([]*world.World{s.World}, s.More...) }

// Around are all callers of the queue and its key that are asked about: a fixed cast,
// the roles that were granted something, and everybody whom a policy names.
func (s *Stage) Around(q *asked.Queue) []Caller {
	l := s.list(q)
	l.publishers()
	l.inOrganization()
	l.otherQueues()
	l.borrowers()
	l.elsewhere()
	l.services()
	l.sharedAccount()
	l.named()
	l.met()
	return l.callers
}

// A list is the callers of one queue, as they are found.
type list struct {
	*Stage
	q       *asked.Queue
	sender  string // path of the first OU that sends
	callers []Caller
}

func (l *list) add(c Caller) {
	if c.Powers == Own && c.Identity == nil && slices.Contains(l.World.Unasked, c.Principal) {
		return // what its policies are is not known
	}
	if !slices.ContainsFunc(l.callers, func(other Caller) bool { return other.Name == c.Name }) {
		l.callers = append(l.callers, c)
	}
}

// powerful adds a role that its own account allows everything.
func (l *list) powerful(name, path string) {
	l.add(l.role(Caller{Name: name, Kind: Powerful, Path: path, Powers: Everything}, l.outsider, administrator))
}

// role is the caller as a role of the account.
func (l *list) role(c Caller, account, name string) Caller {
	c.Account, c.Principal = account, l.q.At.Region.IAMARN(account, "role/"+name)
	return c
}

// granted is the caller as the role or user that has a grant. Its own policies are
// those of the world.
func (l *list) granted(c Caller, g asked.Grantee) Caller {
	c.Grantee, c.Powers = &g, Own
	c.Identity = l.identity(g)
	c.Principal, c.Account = g.ARN, g.Account()
	if len(g.OUs) > 0 && c.Identity != nil {
		c.Principal, c.Account = c.Identity.ARN, c.Identity.Account
	}
	return c
}

// addKind adds the first of the kind for all of it.
func (l *list) addKind(k kind, name func(asked.Grantee) string, c Caller) {
	c.Name, c.Alike = name(k.first), k.names(name)
	if slices.ContainsFunc(l.callers, func(other Caller) bool { return other.Name == c.Name }) {
		c.Name += " (" + k.first.Path + ")" // two stack sets may have roles of one name
	}
	l.add(l.granted(c, k.first))
}

// identity is the role or user of a grant, nil if it is in no template.
func (l *list) identity(g asked.Grantee) *world.Identity { return Identity(l.World, g) }

// Identity is the role or user of a grant in the world, nil if it is not there.
func Identity(w *world.World, g asked.Grantee) *world.Identity {
	if len(g.OUs) > 0 {
		return ofStackSet(w, g)
	}
	kind := "role"
	if strings.Contains(g.ARN, ":user/") {
		kind = "user"
	}
	return w.Named(g.Account(), kind, g.Name())
}

// ofStackSet is the role that a stack set makes: that of the grant's own stack set, if
// the world says where it is written.
func ofStackSet(w *world.World, g asked.Grantee) *world.Identity {
	var found *world.Identity
	for _, i := range w.Identities {
		switch {
		case len(i.OUs) == 0 || !strings.EqualFold(i.Name(), g.Name()):
		case strings.HasPrefix(i.Place.Stack, g.Path+"/"):
			return i
		case found == nil:
			found = i
		}
	}
	return found
}

func (l *list) publishers() {
	for _, k := range l.kinds(l.q.Publishers) {
		l.addKind(k, PublisherName, Caller{Kind: Publisher, Path: l.sender})
	}
}

// PublisherName is what a publisher's role is called.
func PublisherName(g asked.Grantee) string {
	if len(g.OUs) > 0 {
		return "Publisher role " + g.Name() + " in any account of the OU"
	}
	return "Publisher role " + g.Name() + " of account " + g.Account()
}

func (l *list) inOrganization() {
	for i, path := range l.q.Senders {
		ou := "the OU"
		if i > 0 {
			ou = "sending OU " + path.String()
		}
		l.powerful("All-powerful role in "+ou, path.String())
	}
	l.powerful("All-powerful role in a child OU", l.sender+"/"+child)
	l.powerful("All-powerful role in a grandchild OU", l.sender+"/"+child+"/"+grandchild)
	for _, p := range l.outside() {
		l.powerful("All-powerful role "+p.where, p.path)
	}
	l.add(l.role(Caller{Name: "Role in the OU with no policy of its own", Kind: Idle, Path: l.sender}, l.insider, "idle"))
}

// Ids of OUs that nobody has.
const (
	child      = "ou-wxyz-child001"
	grandchild = "ou-wxyz-child002"
)

// A place is a path in the senders' organization that is not theirs.
type place struct{ where, path string }

// outside are places around the first OU that sends.
func (l *list) outside() []place {
	first := l.q.Senders[0]
	return []place{
		{"in a sibling OU whose id begins the same", l.sender + "x"},
		{"in the parent OU", Parent(first)},
		{"at the organization's root", Root(first)},
	}
}

// Parent is the path of the OU's parent.
func Parent(p address.Path) string { return p.String()[:strings.LastIndex(p.String(), "/")] }

// Root is the path of the organization's root.
func Root(p address.Path) string {
	ids := strings.SplitN(p.String(), "/", 3)
	return ids[0] + "/" + ids[1]
}

// Foreign are organizations that are not the OU's: one whose id begins the same, and
// another with the same ids of OUs.
func Foreign(p address.Path) (near, other string) {
	organization, ids, _ := strings.Cut(p.String(), "/")
	other = "o-zzzzzzzzzz"
	if other == organization {
		other = "o-yyyyyyyyyy"
	}
	return organization + "x/" + ids, other + "/" + ids
}

// otherQueues adds those who have to do with other queues alone. Their own policies
// allow nothing here.
func (l *list) otherQueues() {
	for _, other := range l.App.Queues {
		if other == l.q || other.Path == "" {
			continue
		}
		for i, path := range other.Senders {
			ou := "an OU"
			if i > 0 {
				ou = "the OU " + path.OU()
			}
			if !slices.Contains(l.q.Senders, path) {
				l.powerful("All-powerful role in "+ou+" that sends to "+label(other), path.String())
			}
		}
		path := other.Senders[0].String()
		strangers := func(of []asked.Grantee) []kind {
			return l.kinds(slices.DeleteFunc(slices.Clone(of), func(g asked.Grantee) bool { return len(l.q.Whole(g).Kinds) > 0 }))
		}
		for _, k := range strangers(other.Publishers) {
			l.addKind(k, func(g asked.Grantee) string { return PublisherName(g) + ", which sends to " + label(other) }, Caller{Kind: Stranger, Path: path})
		}
		for _, k := range strangers(other.Workers) {
			l.addKind(k, func(g asked.Grantee) string { return WorkerName(g) + " of " + label(other) }, Caller{Kind: Stranger, Path: path})
		}
	}
}

// label is a queue in a few words.
func label(q *asked.Queue) string { return q.At.Name + " of account " + q.At.Account }

// borrowers are roles outside the OU with the permissions of publishers.
func (l *list) borrowers() {
	for _, k := range l.kinds(l.q.Publishers) {
		for _, p := range []place{{"outside the OU", Root(l.q.Senders[0])}, {"in no organization", ""}} {
			name := func(g asked.Grantee) string {
				return "Role " + p.where + " with the permissions of " + lower(PublisherName(g))
			}
			c := l.granted(Caller{Name: name(k.first), Kind: Borrower, Path: p.path, Alike: k.names(name)}, k.first)
			if !slices.Contains(l.World.Unasked, c.Principal) {
				l.add(l.role(c, l.outsider, "sender"))
			}
		}
	}
}

func (l *list) elsewhere() {
	near, other := Foreign(l.q.Senders[0])
	l.powerful("All-powerful role in an organization whose id begins the same", near)
	l.powerful("All-powerful role in another organization with the same OU ids", other)
	l.powerful("All-powerful role in no organization", "")
	l.add(Caller{Name: "Anonymous", Kind: Anonymous})
}

// services adds services of AWS: those that might send by themselves, and those
// that may assume publishers' roles.
func (l *list) services() {
	names := append([]string{"events.amazonaws.com", "s3.amazonaws.com", "sns.amazonaws.com"}, l.q.Services...)
	for _, p := range l.q.Publishers {
		for _, principal := range p.AssumedBy {
			if name, ok := principal.Service(); ok {
				names = append(names, name)
			}
		}
	}
	for _, s := range l.statements() {
		names = append(names, s.services()...)
	}
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		l.add(Caller{Name: "Service " + name, Kind: Service, Principal: name})
		l.serviceFor(name, "in the OU", l.sender)
		if !l.mightSend(name) {
			continue
		}
		for _, path := range l.q.Senders[1:] {
			l.serviceFor(name, "in sending OU "+path.String(), path.String())
		}
		l.serviceFor(name, "in a child OU", l.sender+"/"+child)
		for _, p := range l.outside() {
			l.serviceFor(name, p.where, p.path)
		}
		_, other := Foreign(l.q.Senders[0])
		l.serviceFor(name, "in another organization with the same OU ids", other)
		l.serviceFor(name, "in no organization", "")
		for _, q := range l.App.Queues {
			if q != l.q && q.Path != "" && !slices.Contains(l.q.Senders, q.Senders[0]) {
				l.serviceFor(name, "in an OU that sends to "+label(q), q.Senders[0].String())
			}
		}
	}
}

// mightSend reports whether the service was asked for or is named by a policy.
func (l *list) mightSend(service string) bool {
	return slices.Contains(l.q.Services, service) ||
		slices.ContainsFunc(l.statements(), func(s statement) bool { return slices.Contains(s.services(), service) })
}

func (l *list) serviceFor(service, where, path string) {
	l.add(Caller{Name: "Service " + service + " for a resource " + where, Kind: ServiceFor, Principal: service, Path: path,
		SourceAccount: l.outsider, Source: "arn:aws:any:us-east-1:" + l.outsider + ":resource"})
}

// sharedAccount adds the shared account's own roles. In one account, the Allow of
// either the role or the queue is enough. What they may do differs with the account's
// place in the organization, which nothing here says: each is asked about twice.
func (l *list) sharedAccount() {
	for _, p := range l.inAndOut() {
		local := func(name string, kind Kind, powers Powers, role string) {
			l.add(l.role(Caller{Name: p.prefix + name, Kind: kind, Path: p.path, Powers: powers, InOU: p.in}, l.q.At.Account, role))
		}
		local("role with no policy", LocalIdle, None, "idle-and-asked-about")
		local("role with all of SQS", LocalSQS, AllOfSQS, "queues-and-asked-about")
		local("administrator", Administrator, Everything, administrator)
		for _, k := range l.kinds(l.q.Workers) {
			l.addKind(k, func(g asked.Grantee) string { return p.prefix + lower(WorkerName(g)) }, Caller{Kind: Worker, Path: p.path, InOU: p.in})
		}
		for _, i := range l.World.Identities {
			if i.Account != l.q.At.Account || len(i.Policies) == 0 || l.isGranted(i) {
				continue
			}
			l.add(Caller{Name: p.prefix + i.Kind() + " " + i.Name(), Kind: Local, Principal: i.ARN, Account: i.Account,
				Path: p.path, Powers: Own, Identity: i, InOU: p.in})
		}
	}
}

// A standing is where the shared account is supposed to be.
type standing struct {
	prefix, path string
	in           bool
}

func (l *list) inAndOut() []standing {
	return []standing{
		{"Shared account, if it is in the OU: ", l.sender, true},
		{"Shared account, if it is outside the OU: ", Root(l.q.Senders[0]), false},
	}
}

// isGranted reports whether the role or user is a worker or publisher of the queue.
func (l *list) isGranted(i *world.Identity) bool {
	is := func(g asked.Grantee) bool { return l.identity(g) == i }
	return slices.ContainsFunc(l.q.Workers, is) || slices.ContainsFunc(l.q.Publishers, is)
}

// WorkerName is a role of the shared account with its grants, like Consumer worker.
func WorkerName(g asked.Grantee) string {
	var names []string
	for _, kind := range spec.GrantKinds() {
		if g.Has(kind) {
			names = append(names, kind.String())
		}
	}
	text := strings.Join(names, " and ") + " " + g.Name()
	return strings.ToUpper(text[:1]) + text[1:]
}

func lower(text string) string { return strings.ToLower(text[:1]) + text[1:] }
