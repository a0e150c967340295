package spec_test

import (
	"fmt"
	"strings"
	"testing"

	"example.com/shared-queue/address"
	"example.com/shared-queue/spec"
)

// inUse is a key for several queues with those that it has.
type inUse spec.KeyInUse

func (k inUse) InUse() spec.KeyInUse { return spec.KeyInUse(k) }

// keyOf is a key with n queues, each with as many OUs.
func keyOf(t *testing.T, n, ous int) inUse {
	t.Helper()
	k := inUse{Account: "111111111111", Region: "us-east-1"}
	for i := range n {
		q := queueOf(t, fmt.Sprintf("queue-%d", i), ous)
		k.Queues = append(k.Queues, spec.KeyUser{At: q.At(k.Account, k.Region), Allowed: q.Allowed()})
	}
	return k
}

func queueOf(t *testing.T, name string, ous int) spec.Queue {
	t.Helper()
	q := spec.Queue{QueueName: name, KeyAlias: name}
	for i := range ous {
		path, err := address.ParsePath(fmt.Sprintf("o-abc1234567/r-wxyz/ou-wxyz-%08d", i))
		if err != nil {
			t.Fatal(err)
		}
		q.Senders = append(q.Senders, path)
	}
	return q
}

func TestKeyForSeveralQueues(t *testing.T) {
	for name, c := range map[string]struct {
		key  inUse
		ous  int
		want string // the beginning of the line; empty if the queue can have it
	}{
		"the first":                     {keyOf(t, 0, 0), 1, ""},
		"the twentieth":                 {keyOf(t, 19, 1), 1, ""},
		"the fifty-first":               {keyOf(t, 50, 1), 1, ""},
		"a few with many OUs":           {keyOf(t, 5, 80), 80, ""},
		"more than a policy takes":      {keyOf(t, 9, 80), 80, `Key: got "10 queues", allowed: queues whose senders keep the key policy within 32768 bytes, it would have `},
		"an account of somebody else":   {inUse{Account: "222222222222", Region: "us-east-1"}, 1, `Key: got "a key of account 222222222222 and Region us-east-1", allowed: a key of the queue's account 111111111111 and Region us-east-1; make one there by NewKey`},
		"another Region":                {inUse{Account: "111111111111", Region: "eu-west-1"}, 1, `Key: got "a key of account 111111111111 and Region eu-west-1", `},
		"what the queue is, is unclear": {keyOf(t, 9, 80), 0, `Senders: got [], `},
	} {
		t.Run(name, func(t *testing.T) {
			q := queueOf(t, "another", c.ous)
			q.Key = c.key
			err := q.Check("111111111111", "us-east-1")
			switch {
			case c.want == "" && err != nil:
				t.Error(err)
			case c.want != "" && (err == nil || !strings.HasPrefix(err.Error(), c.want) || strings.Contains(err.Error(), "\n")):
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
}

func TestNoteOnMoreAliasesThanAKeyHas(t *testing.T) {
	for n, want := range map[int]int{49: 0, 50: 1} {
		q := queueOf(t, "another", 1)
		q.Key = keyOf(t, n, 1)
		notes := q.Notes()
		if len(notes) != want || want == 1 && !strings.Contains(notes[0].Text, "an alias for each of 51 queues, more than the 50") {
			t.Errorf("%d queues before it: %v", n, notes)
		}
	}
}
