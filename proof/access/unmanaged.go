package access

import (
	"cmp"
	"strings"

	"example.com/shared-queue/address"
	"example.com/shared-queue/proof/cast"
	"example.com/shared-queue/proof/evaluate"
	"example.com/shared-queue/proof/world"
)

// What others may do with a queue or key that no construct of this project made.
const (
	UseQueue Operation = "use the queue"
	UseKey   Operation = "use the key"
)

// unmanaged asks what others may do with the queues and keys that the constructs did
// not make. Nothing is promised of them.
func (m *Matrix) unmanaged(stage *cast.Stage, w *world.World) {
	managed := map[string]bool{}
	for _, t := range m.Tables {
		for _, row := range t.Rows {
			for _, d := range row.Cells {
				for _, r := range d.Requests {
					managed[r.Resource] = t.Kind == OnQueue || managed[r.Resource]
				}
			}
		}
	}
	for _, q := range w.Queues {
		if !managed[q.ARN] {
			r := m.queueResource(q)
			m.Tables = append(m.Tables, m.shortTable(stage, "Queue "+q.Name, q.Account, q.Region, r, UseQueue, "sqs:*"))
		}
	}
	for _, k := range w.Keys {
		if !managed[k.ARN] {
			r := m.keyResource(k)
			name := cmp.Or(strings.TrimSuffix(k.Place.Construct, "/Resource"), k.ARN)
			m.Tables = append(m.Tables, m.shortTable(stage, "Key "+name, k.Account, k.Region, r, UseKey, "kms:*"))
		}
	}
}

// shortTable asks what outsiders, other accounts of the organization, services for
// anybody's resources and anonymous callers may do.
func (m *Matrix) shortTable(stage *cast.Stage, subject, account string, region address.Region, r resource, o Operation, action string) *Table {
	t := &Table{Kind: Unmanaged, Subject: subject + " of account " + account + ", which no construct of a shared queue made", Operations: []Operation{o}}
	for _, c := range stage.Outsiders(region) {
		request := evaluate.Request{Action: action, Resource: r.arn, Account: r.account, Policy: r.policy,
			Context: map[string]any{"aws:SecureTransport": "true"}}
		t.Rows = append(t.Rows, Row{Caller: c, Cells: []*Decision{m.ask(t, c, o, false, false, []evaluate.Request{request})}})
	}
	return t
}
