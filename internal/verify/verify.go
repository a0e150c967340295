// Package verify judges what an app has synthesized: that each shared queue is
// what its construct wrote, plus what was opened on purpose, and nothing else.
// Escape hatches, aspects and CDK's own grants can change a queue after it was
// built, some of them without a trace in the construct tree. So it is the
// templates that are read.
//
// What was asked for comes with the assembly, as metadata of the constructs. The
// package does not import CDK.
package verify

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"example.com/shared-queue/address"
	"example.com/shared-queue/internal/record"
	"example.com/shared-queue/policy"
)

// A Finding is something that is not as the construct wrote it.
type Finding struct {
	Rule     string
	Template string // file
	Stack    string // path of constructs
	InStage  bool
	Resource string // logical id; empty for what is not there
	What     string
	Cure     string
}

// Assembly judges the shared queues of the cloud assembly in the folder. Findings
// are in the order of their stacks and queues.
func Assembly(folder string) ([]Finding, error) {
	a, err := read(os.DirFS(folder))
	if err != nil {
		return nil, err
	}
	queues, err := a.queues()
	if err != nil {
		return nil, err
	}
	v := &verifier{app: a, folder: folder, policies: a.policiesOf(), uses: a.keyUses(), byKey: map[string][]*queue{}}
	for _, q := range queues {
		key := q.of.place(q.keyID)
		v.byKey[key] = append(v.byKey[key], q)
	}
	for _, q := range queues {
		v.verify(q)
	}
	v.unrecorded(queues)
	v.names(queues)
	v.undelivered(queues)
	v.identities(queues)
	return v.findings, nil
}

// unrecorded reports keys of shared queues about which the assembly says nothing,
// as with a synthesizer that writes no metadata: nobody looked at them.
func (v *verifier) unrecorded(queues []*queue) {
	for _, t := range v.templates {
		for _, id := range slices.Sorted(maps.Keys(t.resources)) {
			r := t.resources[id]
			recorded := func(q *queue) bool { return q.of == t && q.keyID == id }
			if r.Type == "AWS::KMS::Key" && hasSid(r.properties["KeyPolicy"], isUseKey) && !slices.ContainsFunc(queues, recorded) {
				v.add("Queue-Unrecorded", t, id, "it is the key of a shared queue that was not verified, as the metadata of its construct is not in the assembly",
					"let the stack's synthesizer write metadata, as those of CDK do")
			}
		}
	}
}

// isUseKey reports whether the Sid is that of the senders of a queue, perhaps with
// the queue's name.
func isUseKey(sid string) bool { return strings.HasPrefix(sid, policy.SidUseKey) }

func hasSid(document any, is func(sid string) bool) bool {
	object, _ := document.(map[string]any)
	return slices.ContainsFunc(list(object["Statement"]), func(s any) bool {
		statement, _ := s.(map[string]any)
		sid, _ := statement["Sid"].(string)
		return is(sid)
	})
}

type verifier struct {
	*app
	folder   string
	policies map[string][]queuePolicy
	uses     map[string][]keyUse
	byKey    map[string][]*queue // which are more than one if they share it
	findings []Finding
}

func (v *verifier) add(rule string, t *template, id, what, cure string) {
	v.findings = append(v.findings, Finding{rule, filepath.Join(v.folder, filepath.FromSlash(t.File)), t.Path, t.inStage(), id, what, cure})
}

// A queue is a shared queue of the app.
type queue struct {
	record.Queue
	construct string
	at        address.Queue
	senders   policy.Senders
	of        *template

	queueID, deadLetterID, keyID string
	declared                     map[string][]permission // by where
}

// queues are those of the app, by their paths.
func (a *app) queues() ([]*queue, error) {
	var all []*queue
	by := map[string]*queue{} // by the path of the construct, which is one in an app
	for _, m := range a.metadata {
		if m.Type != record.QueueType {
			continue
		}
		q := &queue{construct: m.Path, declared: map[string][]permission{}}
		if err := q.read(m.Data); err != nil {
			return nil, fmt.Errorf("%s: %w", m.Path, err)
		}
		q.of = a.home(m.of, q)
		all, by[m.Path] = append(all, q), q
	}
	slices.SortFunc(all, func(a, b *queue) int { return strings.Compare(a.construct, b.construct) })
	for _, m := range a.metadata {
		q := by[m.Path]
		if m.Type != record.DeclaredType || q == nil {
			continue
		}
		var d record.Declared
		if err := json.Unmarshal(m.Data, &d); err != nil {
			return nil, fmt.Errorf("%s: %w", m.Path, err)
		}
		// In a nested stack, CDK resolves metadata in the words of the parent.
		for _, t := range []*template{q.of, m.of} {
			q.declared[d.Where] = append(q.declared[d.Where], a.statement(t, map[string]any(d.Statement))...)
		}
	}
	return all, nil
}

func (q *queue) read(data []byte) error {
	if err := json.Unmarshal(data, &q.Queue); err != nil {
		return err
	}
	q.at = q.Address()
	q.senders = policy.Senders{Services: q.Services, MayAlso: q.SenderMayAlso, OrgPathsOnQueue: q.OrgPathsOnQueue}
	for _, sender := range q.Senders {
		path, err := address.ParsePath(sender)
		if err != nil {
			return err
		}
		q.senders.OUs = append(q.senders.OUs, path)
	}
	if len(q.senders.OUs) == 0 {
		return fmt.Errorf("there are no senders")
	}
	q.queueID, q.deadLetterID, q.keyID = record.LogicalID(q.Queue.Queue), record.LogicalID(q.DeadLetterQueue), record.LogicalID(q.Key)
	return nil
}

// home is the template that has the queue: that of the stack or of one nested in
// it.
func (a *app) home(stack *template, q *queue) *template {
	found := stack
	for _, t := range a.templates {
		if t.Path != stack.Path || t.inStage() != stack.inStage() {
			continue
		}
		r, there := t.resources[q.queueID]
		if there && r.properties["QueueName"] == q.QueueName {
			return t
		}
		if there {
			found = t
		}
	}
	return found
}
