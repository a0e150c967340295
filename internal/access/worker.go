package access

import (
	"slices"
	"strings"

	"example.com/shared-queue/spec"
)

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

// can is what the worker's grants are for, and what they come to.
func (w worker) can() []Operation {
	can := map[spec.GrantKind][]Operation{
		spec.Consume:            {LookUp, Read, OtherQueue},
		spec.ConsumeDeadLetters: {ReadDeadLetter, OtherQueue, KeyForDead},
		spec.Redrive:            {Send, QueueAccepts, ReadDeadLetter, MoveBack, OtherQueue, KeyForDead},
	}
	var all []Operation
	for _, kind := range w.kinds {
		all = append(all, can[kind]...)
	}
	return all
}

// grant is what the worker's own policy is meant to allow.
func (w worker) grant() grant {
	grants := map[spec.GrantKind]grant{spec.Consume: toConsume, spec.ConsumeDeadLetters: toConsumeDead, spec.Redrive: toMove}
	var all grant
	for _, kind := range w.kinds {
		g := grants[kind]
		all.queue = append(all.queue, g.queue...)
		all.deadLetter = append(all.deadLetter, g.deadLetter...)
		all.key = append(all.key, g.key...)
		all.keyForDeadLetter = append(all.keyForDeadLetter, g.keyForDeadLetter...)
	}
	return all
}
