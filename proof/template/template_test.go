package template_test

import (
	"testing"

	"example.com/shared-queue/internal/assembly"
	"example.com/shared-queue/internal/fixture"
	"example.com/shared-queue/proof/template"
)

// What the example deploys, and nothing unknown.
func TestReadTheExample(t *testing.T) {
	stacks, err := assembly.Read(fixture.Assembly())
	if err != nil {
		t.Fatal(err)
	}
	w, app, err := template.Read(stacks)
	if err != nil {
		t.Fatal(err)
	}
	if len(app.Queues) != 4 || len(app.Queues[3].Publishers) != 1 || len(app.Queues[0].Publishers) != 2 || len(app.Queues[0].Workers) != 2 || app.Queues[0].At.Name != "shared-app-work" {
		t.Errorf("asked for: %+v", app.Queues)
	}
	if len(w.Unknown) > 0 {
		t.Errorf("unknown: %v", w.Unknown)
	}
	if len(w.Keys) != 4 || len(w.Queues) != 8 || len(w.Identities) != 6 {
		t.Errorf("%d keys, %d queues, %d identities", len(w.Keys), len(w.Queues), len(w.Identities))
	}
	q := w.Queue("arn:aws:sqs:us-east-1:111111111111:shared-app-work")
	if q == nil || q.Policy == nil || w.KeyOf(q) == nil || w.KeyOf(q).Aliases[0] != "alias/shared-app" || w.KeyOf(w.Queue(q.DeadLetter)) != w.KeyOf(q) {
		t.Fatalf("got %+v", q)
	}
	role := w.Identity("arn:aws:iam::222222222222:role/shared-app-publisher")
	if role == nil || role.Trust == nil || len(role.Policies) != 1 {
		t.Errorf("got %+v", role)
	}
	worker := w.Named("111111111111", "role", "shared-app-worker")
	if worker == nil || !worker.Imported || len(worker.Policies) != 1 {
		t.Errorf("got %+v", worker)
	}
}
