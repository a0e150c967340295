package access

import (
	"slices"
	"testing"

	"example.com/shared-queue/address"
	"example.com/shared-queue/proof/asked"
	"example.com/shared-queue/proof/cast"
	"example.com/shared-queue/spec"
)

// A new kind of grant needs a promise.
func TestEachKindOfGrantHasAPromise(t *testing.T) {
	for _, kind := range spec.GrantKinds() {
		if p := promises[kind]; p.granted == "" || len(p.can) == 0 || len(p.own.queue)+len(p.own.deadLetter) == 0 || p.arrow == "" {
			t.Errorf("%s: say in promise.go what it is meant to allow, and how it is drawn", kind)
		}
	}
}

// Each row is what a reviewer reads of one caller, in a table where an administrator
// may do everything.
func TestWhatALineSays(t *testing.T) {
	overHTTPS := slices.DeleteFunc(slices.Clone(operations), func(o Operation) bool { return o == OverHTTP })
	for want, can := range map[string][]Operation{
		"nothing":  {},
		"**send**": {Send, QueueAccepts, KeyAccepts},
		"nothing; sending is stopped by the key alone":                   {QueueAccepts},
		"nothing; sending is stopped by the queue alone":                 {KeyAccepts},
		"**send, read and administer the key**":                          {Send, QueueAccepts, KeyAccepts, Read, AdministerKey},
		"**administer the queues**; sending is stopped by the key alone": {AdministerQueue, QueueAccepts},
		"**read**": {Read, OtherQueue},
		"**take other SQS actions on the queues**": {OtherQueue},
		"**everything**": overHTTPS,
	} {
		table := tableOf(can, overHTTPS)
		if got := table.may(table.Rows[0]); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		if got := table.never(); len(got) != 1 || got[0] != string(OverHTTP) {
			t.Errorf("nobody may: %q", got)
		}
	}
}

func TestWhatOnlyAdministratorsMayDo(t *testing.T) {
	all := []Operation{Send, Read, AdministerKey}
	table := tableOf(all, []Operation{Send})
	table.Operations = all
	if got := table.onlyWithEverything(); !slices.Equal(got, []string{"read", "administer the key"}) {
		t.Errorf("got %q", got)
	}
}

func TestWhichWallStops(t *testing.T) {
	path, err := address.ParsePath("o-abc1234567/r-wxyz/ou-wxyz-jklm1dev")
	if err != nil {
		t.Fatal(err)
	}
	queue := &asked.Queue{Senders: []address.Path{path}}
	inside := cast.Caller{Path: "o-abc1234567/r-wxyz"}
	for want, c := range map[string]struct {
		by  cast.Caller
		can []Operation
	}{
		"Whoever may not send is stopped by the queue's policy, whatever the key answers.":                   {inside, []Operation{KeyAccepts}},
		"The key alone stops 1 caller that the queue lets send, all of organization o-abc1234567.":           {inside, []Operation{QueueAccepts}},
		"The key alone stops 1 caller that the queue lets send, 1 of them not of organization o-abc1234567.": {cast.Caller{}, []Operation{QueueAccepts}},
	} {
		table := tableOf(c.can)
		table.Queue, table.Rows[0].Caller = queue, c.by
		if got := table.walls(); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

// tableOf has a row for each list of what its caller can do.
func tableOf(rows ...[]Operation) *Table {
	table := &Table{Operations: operations}
	for _, can := range rows {
		row := Row{}
		for _, o := range operations {
			row.Cells = append(row.Cells, &Decision{Operation: o, Got: slices.Contains(can, o)})
		}
		table.Rows = append(table.Rows, row)
	}
	return table
}

func TestNamesAreEscapedForMarkdown(t *testing.T) {
	for text, want := range map[string]string{
		"svc_orders_role": "svc_orders_role",
		"__all__":         `\_\_all\_\_`,
		"a|b/<c>/`d`*":    "a\\|b/\\<c\\>/\\`d\\`\\*",
	} {
		if got := markdown(text); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
