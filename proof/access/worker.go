package access

import (
	"slices"
	"strings"

	"example.com/shared-queue/spec"
)

// A promise is what a role with one kind of grant is meant to do. It is written here
// and not derived from any policy.
type promise struct {
	granted string      // what the grant is for, in words
	can     []Operation // what they may do in the shared account, outside the OU
	own     grant       // what their own policy allows
	arrow   string      // in the picture, with the role in the place of %s
}

// promises has one entry for each kind of grant. A new kind needs one: a test says so.
var promises = map[spec.GrantKind]promise{
	spec.Send: {"send", send, toSend, "%s -- send --> queue"},
	spec.Consume: {"read", []Operation{LookUp, Read, OtherQueue}, toConsume,
		"queue -- \"receive, delete\" --> %s"},
	spec.ConsumeDeadLetters: {"read dead letters", []Operation{ReadDeadLetter, OtherQueue, KeyForDead}, toConsumeDead,
		"dead -- \"receive, delete\" --> %s"},
	spec.Redrive: {"redrive dead letters", []Operation{Send, QueueAccepts, ReadDeadLetter, Redrive, OtherQueue, KeyForDead}, toRedrive,
		"dead -- redrive --> %s --> queue"},
}

// A worker is a role of the shared account with all of its grants on the queue.
type worker struct {
	name  string
	kinds []spec.GrantKind
}

// workers are the roles of e's shared account, in the order of their grants.
func workers(e spec.Environment) []worker {
	var list []worker
	for _, g := range e.Grants() {
		if g.Kind == spec.Send {
			continue
		}
		same := func(w worker) bool { return strings.EqualFold(w.name, g.Role.Name) }
		if i := slices.IndexFunc(list, same); i >= 0 {
			list[i].kinds = append(list[i].kinds, g.Kind)
		} else {
			list = append(list, worker{g.Role.Name, []spec.GrantKind{g.Kind}})
		}
	}
	return list
}

// String is the worker in a reviewer's words, like consumer shared-app-worker.
func (w worker) String() string {
	var names []string
	for _, kind := range w.kinds {
		names = append(names, kind.String())
	}
	return strings.Join(names, " and ") + " " + w.name
}

// title is the worker at the beginning of a line.
func (w worker) title() string { return strings.ToUpper(w.String()[:1]) + w.String()[1:] }

// granted is what the worker's grants are for, in words.
func (w worker) granted() string {
	var all []string
	for _, kind := range w.kinds {
		all = append(all, promises[kind].granted)
	}
	return join(all, "and")
}

// can is what the worker may do by its grants.
func (w worker) can() []Operation {
	var all []Operation
	for _, kind := range w.kinds {
		all = append(all, promises[kind].can...)
	}
	return all
}

// grant is what the worker's own policy is meant to allow.
func (w worker) grant() grant {
	var all grant
	for _, kind := range w.kinds {
		own := promises[kind].own
		all.queue = append(all.queue, own.queue...)
		all.deadLetter = append(all.deadLetter, own.deadLetter...)
		all.key = append(all.key, own.key...)
		all.keyForDeadLetter = append(all.keyForDeadLetter, own.keyForDeadLetter...)
	}
	return all
}
