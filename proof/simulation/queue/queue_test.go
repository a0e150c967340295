package queue

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.com/shared-queue/address"
)

func newTestQueue(t *testing.T, name string, attributes map[string]string) *Queue {
	t.Helper()
	q, err := New(address.Queue{Region: "us-east-1", Account: "111111111111", Name: name, Alias: "app"}, attributes)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// bodies takes up to ten messages for a minute.
func bodies(q *Queue) string {
	text := ""
	for _, m := range q.take(10, time.Minute, nil) {
		text += m.body
	}
	return text
}

func TestMessagesAreHiddenWhileSomebodyHasThem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newTestQueue(t, "work", nil)
		q.add(&Message{id: "1", body: "a"}, 0)
		q.add(&Message{id: "2", body: "b"}, 5*time.Second)
		if got := bodies(q); got != "a" {
			t.Errorf("at once: got %q", got)
		}
		time.Sleep(6 * time.Second)
		if got := bodies(q); got != "b" {
			t.Errorf("after the delay: got %q", got)
		}
		time.Sleep(time.Minute)
		if got := bodies(q); got != "ab" {
			t.Errorf("after the visibility timeout: got %q", got)
		}
		time.Sleep(4 * 24 * time.Hour)
		if got := bodies(q); got != "" {
			t.Errorf("after the retention period: got %q", got)
		}
	})
}

func TestAFIFOQueueKeepsTheOrderOfAGroup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newTestQueue(t, "work.fifo", nil)
		for _, m := range []*Message{{id: "1", body: "a", group: "x", dedup: "1"}, {id: "2", body: "b", group: "x", dedup: "2"}, {id: "3", body: "c", group: "y", dedup: "3"}} {
			q.add(m, 0)
		}
		if again := q.add(&Message{id: "4", body: "a", group: "x", dedup: "1"}, 0); again.id != "1" || again.sequence != "00000000000000000001" {
			t.Errorf("sent again: got %+v", again)
		}
		first := q.take(1, time.Minute, nil)
		if len(first) != 1 || first[0].body != "a" {
			t.Fatalf("got %v", first)
		}
		if got := bodies(q); got != "c" {
			t.Errorf("while somebody has a of the group: got %q", got)
		}
		q.remove(first[0].Handle)
		if got := bodies(q); got != "b" {
			t.Errorf("after it was deleted: got %q", got)
		}
		time.Sleep(deduplication)
		if late := q.add(&Message{id: "5", body: "a", group: "z", dedup: "1"}, 0); late.id != "5" {
			t.Errorf("after the deduplication interval: got %+v", late)
		}
	})
}

func TestHighThroughputDeduplicatesInEachGroup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for scope, want := range map[string]string{"queue": "1", "messageGroup": "2"} {
			q := newTestQueue(t, "work.fifo", map[string]string{"DeduplicationScope": scope})
			q.add(&Message{id: "1", body: "a", group: "x", dedup: "1"}, 0)
			if sent := q.add(&Message{id: "2", body: "a", group: "y", dedup: "1"}, 0); sent.id != want {
				t.Errorf("%s: got %s, want %s", scope, sent.id, want)
			}
		}
	})
}

func TestLargestMessage(t *testing.T) {
	for size, want := range map[string]int{"": 1_048_576, "2048": 2048} {
		if got := newTestQueue(t, "work", map[string]string{"MaximumMessageSize": size}).maxMessage(); got != want {
			t.Errorf("%q: got %d, want %d", size, got, want)
		}
	}
}

func TestAReceiptHandleIsOfOneReceive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newTestQueue(t, "work", nil)
		q.add(&Message{id: "1", body: "a"}, 0)
		old := q.take(1, time.Second, nil)[0].Handle
		time.Sleep(2 * time.Second)
		q.take(1, time.Minute, nil)
		if q.remove(old); len(q.messages) != 1 {
			t.Error("an old handle deletes the message")
		}
		if q.hide(old, 0) == nil {
			t.Error("an old handle shows the message")
		}
	})
}

func TestRedrivePolicyMustBeOfTheSameAccount(t *testing.T) {
	_, err := New(address.Queue{Region: "us-east-1", Account: "111111111111", Name: "work"},
		map[string]string{"RedrivePolicy": `{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:999999999999:theirs","maxReceiveCount":10}`})
	if err == nil {
		t.Error("dead letters may go to another account")
	}
}

// A FIFO queue takes no receipt handle whose visibility timeout is over; others do.
func TestAHandleWhoseTimeIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, want := range map[string]bool{"work": true, "work.fifo": false} {
			q := newTestQueue(t, name, nil)
			q.add(&Message{id: "1", body: "a", group: "x", dedup: "1"}, 0)
			handle := q.take(1, time.Second, nil)[0].Handle
			time.Sleep(2 * time.Second)
			if got := q.remove(handle); got != want {
				t.Errorf("%s: got %v, want %v", name, got, want)
			}
		}
	})
}

// A message is hidden for twelve hours at most, counted from when it was received.
func TestTheLongestVisibilityTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newTestQueue(t, "work", nil)
		q.add(&Message{id: "1", body: "a"}, 0)
		handle := q.take(1, time.Minute, nil)[0].Handle
		time.Sleep(30 * time.Second)
		for d, want := range map[time.Duration]string{12 * time.Hour: "InvalidParameterValue", 12*time.Hour - 30*time.Second: ""} {
			err := q.hide(handle, d)
			if got, _, _ := strings.Cut(fmt.Sprint(err), ":"); (want == "") != (err == nil) || want != "" && got != want {
				t.Errorf("%v: got %v, want %s", d, err, want)
			}
		}
		time.Sleep(13 * time.Hour)
		if err := q.hide(handle, 0); err == nil || !strings.HasPrefix(err.Error(), "AWS.SimpleQueueService.MessageNotInflight") {
			t.Errorf("when its time is over: got %v", err)
		}
	})
}

func TestAQueueIsPurgedOnceAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newTestQueue(t, "work", nil)
		if q.Purge() != nil || q.Purge() == nil {
			t.Error("want it purged once")
		}
		time.Sleep(time.Minute)
		q.add(&Message{id: "1", body: "a"}, 0)
		if q.Purge() != nil || bodies(q) != "" {
			t.Error("want it purged again after a minute")
		}
	})
}

// A message may be delayed for less than its queue delays.
func TestADelayOfZero(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		zero := int32(0)
		for name, c := range map[string]struct {
			queue string
			delay *int32
			want  string
		}{"given": {"work", &zero, "1"}, "not given": {"work", nil, ""}, "given to a FIFO queue": {"work.fifo", &zero, ""}} {
			q := newTestQueue(t, c.queue, map[string]string{"DelaySeconds": "90"})
			id := "1"
			in := &Entry{MessageBody: &id, DelaySeconds: c.delay, MessageGroupId: fifoOnly(q, &id), MessageDeduplicationId: fifoOnly(q, &id)}
			m := q.NewMessage(in, id, "somebody")
			if err := q.Check(m, in); err != nil {
				t.Fatal(err)
			}
			q.Add(m, in)
			if got := bodies(q); got != c.want {
				t.Errorf("%s: got %q, want %q", name, got, c.want)
			}
		}
	})
}

func fifoOnly(q *Queue, id *string) *string {
	if q.FIFO() {
		return id
	}
	return nil
}
