// Package asked is what an app asked for, as its constructs have recorded it: the
// queues, who sends to them and reads from them, and what was opened on purpose.
package asked

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"example.com/shared-queue/address"
	"example.com/shared-queue/internal/assembly"
	"example.com/shared-queue/internal/record"
	"example.com/shared-queue/spec"
)

// An App is what was asked for in one assembly.
type App struct {
	Queues []*Queue // in order of their paths; those of other apps last
}

// A Queue is a shared queue.
type Queue struct {
	record.Queue
	Path    string // of its construct; empty for a queue of another app, of which only the address is known
	Stack   string // path of its stack
	At      address.Queue
	Senders []address.Path

	Publishers []Grantee
	Workers    []Grantee // of the shared account, with all of their grants
	Declared   []record.Declared
}

// A Grantee is a role or user with its grants on a queue.
type Grantee struct {
	ARN           string // with the word account in the place of the id, if OUs are set
	Kinds         []spec.GrantKind
	Path          string // of the construct that recorded the grant
	SenderMayAlso []string
	AssumedBy     []address.Principal // of a role that the construct of a publisher's role made
	OUs           []string            // in whose every account a stack set makes the role
}

// A Resolver says what a value of a stack's metadata comes to on deployment.
type Resolver func(stack string, value any) (any, error)

// Read reads what was asked for.
func Read(stacks []assembly.Stack, resolve Resolver) (*App, error) {
	app := &App{}
	for _, pass := range []func(assembly.Stack, assembly.Entry, Resolver) error{app.queue, app.more} {
		for _, s := range stacks {
			for _, e := range s.Metadata {
				if err := pass(s, e, resolve); err != nil {
					return nil, fmt.Errorf("%s: %w", e.Path, err)
				}
			}
		}
	}
	slices.SortStableFunc(app.Queues, func(a, b *Queue) int {
		return cmp.Or(cmp.Compare(b2i(a.Path == ""), b2i(b.Path == "")), cmp.Compare(a.Path, b.Path), cmp.Compare(a.At.ARN(), b.At.ARN()))
	})
	return app, nil
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// queue reads the record of a queue.
func (app *App) queue(s assembly.Stack, e assembly.Entry, _ Resolver) error {
	if e.Type != record.QueueType {
		return nil
	}
	r, err := record.Read[record.Queue](e)
	if err != nil {
		return err
	}
	q := &Queue{Queue: r, Path: e.Path, Stack: s.Path, At: r.Address()}
	for _, sender := range r.Senders {
		path, err := address.ParsePath(sender)
		if err != nil {
			return err
		}
		q.Senders = append(q.Senders, path)
	}
	if len(q.Senders) == 0 {
		return fmt.Errorf("no senders are recorded")
	}
	app.Queues = append(app.Queues, q)
	return nil
}

// more reads the records of grants and of what was opened.
func (app *App) more(s assembly.Stack, e assembly.Entry, resolve Resolver) error {
	switch e.Type {
	case record.GrantType:
		g, err := record.Read[record.Grant](e)
		if err != nil {
			return err
		}
		return app.grant(s, e, g, resolve)
	case record.DeclaredType:
		d, err := record.Read[record.Declared](e)
		if err != nil {
			return err
		}
		resolved, err := resolve(s.Path, d.Statement)
		if err != nil {
			return err
		}
		d.Statement, _ = resolved.(map[string]any)
		for _, q := range app.Queues {
			if q.Path == e.Path {
				q.Declared = append(q.Declared, d)
			}
		}
	}
	return nil
}

func (app *App) grant(s assembly.Stack, e assembly.Entry, g record.Grant, resolve Resolver) error {
	kind, ok := kindOf(g.Kind)
	if !ok {
		return fmt.Errorf("unknown kind of grant %q", g.Kind)
	}
	resolved, err := resolve(s.Path, g.Grantee)
	if err != nil {
		return err
	}
	arn, _ := resolved.(string)
	if arn == "" {
		return fmt.Errorf("the grantee %v has no ARN", g.Grantee)
	}
	grantee := Grantee{ARN: arn, Kinds: []spec.GrantKind{kind}, Path: e.Path, SenderMayAlso: g.SenderMayAlso, OUs: g.OUs}
	for _, text := range g.AssumedBy {
		principal, err := address.ParsePrincipal(text)
		if err != nil {
			return err
		}
		grantee.AssumedBy = append(grantee.AssumedBy, principal)
	}
	app.at(g.Queue.Queue()).add(grantee)
	return nil
}

// at is the queue with the address, which another app may have made.
func (app *App) at(at address.Queue) *Queue {
	for _, q := range app.Queues {
		if q.At.ARN() == at.ARN() {
			return q
		}
	}
	q := &Queue{At: at}
	app.Queues = append(app.Queues, q)
	return q
}

// add adds a grant. One role may have several.
func (q *Queue) add(g Grantee) {
	list := &q.Workers
	if g.Kinds[0] == spec.Send {
		list = &q.Publishers
	}
	for i, other := range *list {
		if !other.Is(g) {
			continue
		}
		if !slices.Contains(other.Kinds, g.Kinds[0]) {
			(*list)[i].Kinds = append(other.Kinds, g.Kinds[0])
		}
		if other.AssumedBy == nil {
			(*list)[i].AssumedBy, (*list)[i].OUs = g.AssumedBy, g.OUs
		}
		return
	}
	*list = append(*list, g)
}

func kindOf(name string) (spec.GrantKind, bool) {
	for _, kind := range spec.GrantKinds() {
		if kind.String() == name {
			return kind, true
		}
	}
	return 0, false
}

// Account is the account of the grantee, the word account if a stack set makes it.
func (g Grantee) Account() string {
	parts := strings.SplitN(g.ARN, ":", 6)
	if len(parts) < 6 {
		return ""
	}
	return parts[4]
}

// Name is the grantee's name, without its path.
func (g Grantee) Name() string { return g.ARN[strings.LastIndex(g.ARN, "/")+1:] }

// Is reports whether two grantees are one role or user. Of roles that stack sets make,
// the ARNs do not say which stack set makes them.
func (g Grantee) Is(other Grantee) bool {
	return strings.EqualFold(g.ARN, other.ARN) && (len(g.OUs) == 0 || g.Path == other.Path)
}

// Whole is the role or user with all of its grants on the queue; with no kinds if it
// has none.
func (q *Queue) Whole(g Grantee) Grantee {
	whole := Grantee{ARN: g.ARN, Path: g.Path, AssumedBy: g.AssumedBy, OUs: g.OUs}
	for _, granted := range slices.Concat(q.Publishers, q.Workers) {
		if granted.Is(g) {
			whole.Kinds = append(whole.Kinds, granted.Kinds...)
			whole.SenderMayAlso = append(whole.SenderMayAlso, granted.SenderMayAlso...)
		}
	}
	return whole
}

// Has reports whether the grantee has a grant of the kind.
func (g Grantee) Has(kind spec.GrantKind) bool { return slices.Contains(g.Kinds, kind) }

// Organization is the id of the senders' organization; empty if they are not known.
func (q *Queue) Organization() string {
	if len(q.Senders) == 0 {
		return ""
	}
	return q.Senders[0].Organization()
}

// LogicalID is that of the queue in its stack's template; empty if it is not known.
func (q *Queue) LogicalID() string { return record.LogicalID(q.Queue.Queue) }

// KeyLogicalID is that of the key in the stack's template; empty if it is not known.
func (q *Queue) KeyLogicalID() string { return record.LogicalID(q.Key) }
