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
	"os"
	"path/filepath"
	"slices"
	"strings"

	"example.com/shared-queue/address"
	"example.com/shared-queue/policy"
)

// The types of the constructs' metadata.
const (
	TypeQueue    = "shared-queue:queue"    // an Asked
	TypeDeclared = "shared-queue:declared" // a Declared
)

// Asked is what was asked of a shared queue.
type Asked struct {
	Account         string   `json:"account"`
	Region          string   `json:"region"`
	QueueName       string   `json:"queueName"`
	KeyAlias        string   `json:"keyAlias"`
	Senders         []string `json:"senders"`
	Services        []string `json:"services"`
	SenderMayAlso   []string `json:"senderMayAlso"`
	OrgPathsOnQueue bool     `json:"orgPathsOnQueue"`

	// The resources, each as a Ref of the template.
	Queue           any `json:"queue"`
	DeadLetterQueue any `json:"deadLetterQueue"`
	Key             any `json:"key"`
}

// Map is a in the form in which CDK takes metadata. Queue, DeadLetterQueue and Key
// are tokens by then.
func (a Asked) Map() map[string]any {
	m := map[string]any{
		"account": a.Account, "region": a.Region, "queueName": a.QueueName, "keyAlias": a.KeyAlias, "senders": a.Senders,
		"orgPathsOnQueue": a.OrgPathsOnQueue, "queue": a.Queue, "deadLetterQueue": a.DeadLetterQueue, "key": a.Key,
	}
	if a.Services != nil {
		m["services"] = a.Services
	}
	if a.SenderMayAlso != nil {
		m["senderMayAlso"] = a.SenderMayAlso
	}
	return m
}

// Where a statement was declared.
const (
	WhereQueue      = "queue"
	WhereDeadLetter = "dead-letter queue"
	WhereKey        = "key"
)

// Declared is a statement that was opened on purpose.
type Declared struct {
	Reason    string         `json:"reason"`
	Where     string         `json:"where"`
	Statement map[string]any `json:"statement"`
}

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
	v := &verifier{app: a, folder: folder}
	for _, q := range queues {
		v.verify(q)
	}
	v.names(queues)
	v.identities(queues)
	return v.findings, nil
}

type verifier struct {
	*app
	folder   string
	findings []Finding
}

func (v *verifier) add(rule string, t *template, id, what, cure string) {
	v.findings = append(v.findings, Finding{rule, filepath.Join(v.folder, filepath.FromSlash(t.File)), t.Path, t.inStage(), id, what, cure})
}

// A queue is a shared queue of the app.
type queue struct {
	Asked
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
		if m.Type != TypeQueue {
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
		if m.Type != TypeDeclared || q == nil {
			continue
		}
		var d Declared
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
	if err := json.Unmarshal(data, &q.Asked); err != nil {
		return err
	}
	q.at = address.Queue{Region: address.Region(q.Region), Account: q.Account, Name: q.QueueName, Alias: q.KeyAlias}
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
	q.queueID, q.deadLetterID, q.keyID = logicalID(q.Queue), logicalID(q.DeadLetterQueue), logicalID(q.Key)
	return nil
}

func logicalID(ref any) string {
	object, _ := ref.(map[string]any)
	id, _ := object["Ref"].(string)
	return id
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
