// Package queue is an SQS queue: its messages, its attributes and its limits. Who may
// use it is not decided here.
package queue

import (
	"cmp"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"example.com/shared-queue/address"
	"example.com/shared-queue/proof/simulation/wire"
)

// What SQS does where an attribute says nothing.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
const (
	defaultVisibility = 30 * time.Second
	defaultRetention  = 4 * 24 * time.Hour
	defaultReuse      = 5 * time.Minute
)

const (
	deduplication = 5 * time.Minute
	purgePause    = time.Minute
)

// A Queue holds messages in the order in which they came.
type Queue struct {
	address.Queue
	Policy any    // nil if it has none
	Target string // ARN of the dead-letter queue

	attributes  map[string]string
	maxReceives int

	mu       sync.Mutex
	messages []*Message
	sent     map[string]sending // by deduplication id
	sequence int
	purgedAt time.Time
	madeAt   time.Time
}

// A sending is what a FIFO queue answers to the same message sent again.
type sending struct {
	id, sequence string
	at           time.Time
}

// New is an empty queue with the attributes, as SetQueueAttributes takes them.
func New(a address.Queue, attributes map[string]string) (*Queue, error) {
	q := &Queue{Queue: a, attributes: attributes, sent: map[string]sending{}, madeAt: time.Now()}
	if text := attributes["RedrivePolicy"]; text != "" {
		var redrive struct {
			DeadLetterTargetArn string
			MaxReceiveCount     json.Number
		}
		if err := json.Unmarshal([]byte(text), &redrive); err != nil {
			return nil, fmt.Errorf("RedrivePolicy: %w", err)
		}
		receives, err := strconv.Atoi(redrive.MaxReceiveCount.String())
		if err != nil || receives < 1 || !strings.Contains(redrive.DeadLetterTargetArn, ":"+a.Account+":") {
			return nil, fmt.Errorf("RedrivePolicy %s: want a maxReceiveCount and a queue of the same account", text)
		}
		q.Target, q.maxReceives = redrive.DeadLetterTargetArn, receives
	}
	return q, nil
}

// seconds is an attribute that is a duration.
func (q *Queue) seconds(name string, otherwise time.Duration) time.Duration {
	if n, err := strconv.Atoi(q.attributes[name]); err == nil {
		return time.Duration(n) * time.Second
	}
	return otherwise
}

// maxMessage is the size of the largest message, in bytes.
func (q *Queue) maxMessage() int {
	if n, err := strconv.Atoi(q.attributes["MaximumMessageSize"]); err == nil {
		return n
	}
	return MaxMessage
}

func (q *Queue) is(name string) bool { return q.attributes[name] == "true" }

// KeyID is the key that encrypts the queue, empty if none of KMS does.
func (q *Queue) KeyID() string { return q.attributes["KmsMasterKeyId"] }

// All are the attributes that GetQueueAttributes shows.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html
func (q *Queue) All() map[string]string {
	visible, delayed, inFlight := q.Count()
	made := strconv.FormatInt(q.madeAt.Unix(), 10)
	all := map[string]string{
		"ApproximateNumberOfMessages":           strconv.Itoa(visible),
		"ApproximateNumberOfMessagesDelayed":    strconv.Itoa(delayed),
		"ApproximateNumberOfMessagesNotVisible": strconv.Itoa(inFlight),
		"CreatedTimestamp":                      made,
		"DelaySeconds":                          "0",
		"LastModifiedTimestamp":                 made,
		"MaximumMessageSize":                    strconv.Itoa(MaxMessage),
		"MessageRetentionPeriod":                seconds(defaultRetention),
		"QueueArn":                              q.ARN(),
		"ReceiveMessageWaitTimeSeconds":         "0",
		"SqsManagedSseEnabled":                  strconv.FormatBool(q.managed()),
		"VisibilityTimeout":                     seconds(defaultVisibility),
	}
	if q.Policy != nil {
		text, _ := json.Marshal(q.Policy) // it was JSON
		all["Policy"] = string(text)
	}
	if q.FIFO() {
		all["ContentBasedDeduplication"], all["DeduplicationScope"], all["FifoThroughputLimit"] = "false", "queue", "perQueue"
	}
	if q.KeyID() != "" {
		all["KmsDataKeyReusePeriodSeconds"] = seconds(defaultReuse)
	}
	maps.Copy(all, q.attributes)
	return all
}

func seconds(d time.Duration) string { return strconv.Itoa(int(d.Seconds())) }

// managed reports whether SQS's own key encrypts the queue, as it does where nothing
// is said.
func (q *Queue) managed() bool {
	value, said := q.attributes["SqsManagedSseEnabled"]
	return q.KeyID() == "" && (!said || value == "true")
}

// Encrypted reports whether the queue takes only what is signed and came over TLS.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-server-side-encryption.html
func (q *Queue) Encrypted() bool { return q.KeyID() != "" || q.managed() }

// Add takes a message, unless it is the same again, and answers as SQS does. A FIFO
// queue delays all messages alike.
func (q *Queue) Add(m *Message, in *Entry) *sqs.SendMessageOutput {
	delay := in.DelaySeconds
	if q.FIFO() {
		delay = nil
	}
	sent := q.add(m, orSeconds(delay, q.seconds("DelaySeconds", 0)))
	out := &sqs.SendMessageOutput{MessageId: &sent.id, MD5OfMessageBody: bodyMD5(m.body), MD5OfMessageAttributes: attributesMD5(m.attributes)}
	if sent.sequence != "" {
		out.SequenceNumber = &sent.sequence
	}
	return out
}

func (q *Queue) add(m *Message, delay time.Duration) sending {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := time.Now()
	if q.FIFO() {
		id := m.dedup
		if q.attributes["DeduplicationScope"] == "messageGroup" {
			id = m.group + "\n" + m.dedup // neither has a line end
		}
		if first, ok := q.sent[id]; ok && now.Sub(first.at) < deduplication {
			return first
		}
		q.sequence++
		m.sequence = fmt.Sprintf("%020d", q.sequence)
		q.sent[id] = sending{m.id, m.sequence, now}
	}
	m.sentAt, m.visibleAt, m.Source = now, now.Add(delay), cmp.Or(m.Source, q.ARN())
	q.messages = append(q.messages, m)
	return sending{m.id, m.sequence, now}
}

// Take hides and returns messages that are visible, as many as are asked for. What has
// been received too often goes to the dead-letter queue, if there is one.
func (q *Queue) Take(in *ReceiveInput, dead *Queue) []Message {
	n := 1
	if in.MaxNumberOfMessages != nil {
		n = int(*in.MaxNumberOfMessages)
	}
	return q.take(n, orSeconds(in.VisibilityTimeout, q.seconds("VisibilityTimeout", defaultVisibility)), dead)
}

// Wait is how long a receive waits for a message.
func (q *Queue) Wait(in *ReceiveInput) time.Duration {
	return orSeconds(in.WaitTimeSeconds, q.seconds("ReceiveMessageWaitTimeSeconds", 0))
}

func (q *Queue) take(n int, hidden time.Duration, dead *Queue) []Message {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := time.Now()
	q.messages = slices.DeleteFunc(q.messages, func(m *Message) bool {
		return now.Sub(m.sentAt) > q.seconds("MessageRetentionPeriod", defaultRetention)
	})
	held := map[string]bool{} // groups with a message that somebody has
	var taken []Message
	var gone []*Message
	for _, m := range q.messages {
		switch {
		case len(taken) == n:
		case m.visibleAt.After(now):
			held[m.group] = q.FIFO()
		case held[m.group]:
		case dead != nil && m.receives >= q.maxReceives:
			gone = append(gone, m)
		default:
			m.receives++
			if m.receives == 1 {
				m.firstAt = now
			}
			m.takenAt, m.visibleAt, m.Handle = now, now.Add(hidden), m.id+"/"+rand.Text()
			taken = append(taken, *m)
		}
	}
	q.messages = slices.DeleteFunc(q.messages, func(m *Message) bool { return slices.Contains(gone, m) })
	if dead != nil && len(gone) > 0 {
		dead.Put(gone)
	}
	return taken
}

// Put adds messages that were in another queue, as they are.
func (q *Queue) Put(messages []*Message) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, m := range messages {
		m.receives, m.visibleAt = 0, time.Now()
		q.messages = append(q.messages, m)
	}
}

// Drain takes all messages out.
func (q *Queue) Drain() []*Message {
	q.mu.Lock()
	defer q.mu.Unlock()
	all := q.messages
	q.messages = nil
	return all
}

// Purge takes all messages out, unless that was done within the last minute.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_PurgeQueue.html
func (q *Queue) Purge() error {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := time.Now()
	if now.Sub(q.purgedAt) < purgePause {
		return wire.Invalid(wire.SimpleQueueService+"PurgeQueueInProgress", "Only one PurgeQueue operation on %s is allowed every 60 seconds.", q.Name)
	}
	q.purgedAt, q.messages = now, nil
	return nil
}

// Delete deletes the message with the handle.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteMessage.html
func (q *Queue) Delete(handle *string) error {
	if err := checkHandle(handle); err != nil {
		return err
	}
	if !q.remove(*handle) {
		return invalidValue(*handle, "ReceiptHandle", "The receipt handle has expired")
	}
	return nil
}

// Hide changes how long the message with the handle is hidden, in seconds.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibility.html
func (q *Queue) Hide(handle *string, n int32) error {
	if err := checkHandle(handle); err != nil {
		return err
	}
	if err := CheckRange("VisibilityTimeout", &n, 0, maxVisibility); err != nil {
		return err
	}
	return q.hide(*handle, time.Duration(n)*time.Second)
}

// remove deletes the message with the handle; one that is gone is no error. A FIFO
// queue takes no handle whose time is over.
func (q *Queue) remove(handle string) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := time.Now()
	for i, m := range q.messages {
		if m.Handle == handle {
			if q.FIFO() && !m.visibleAt.After(now) {
				return false
			}
			q.messages = slices.Delete(q.messages, i, i+1)
			return true
		}
	}
	return true
}

// hide makes the message with the handle visible after a while, at most twelve hours
// after it was received.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html
func (q *Queue) hide(handle string, d time.Duration) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := time.Now()
	for _, m := range q.messages {
		switch {
		case m.Handle != handle:
		case !m.visibleAt.After(now):
			return wire.Invalid(wire.SimpleQueueService+"MessageNotInflight", "The message referred to isn't in flight.")
		case now.Add(d).After(m.takenAt.Add(maxVisibility * time.Second)):
			return invalidValue(int(d.Seconds()), "VisibilityTimeout", "Total VisibilityTimeout for the message is beyond the limit [43200 seconds]")
		default:
			m.visibleAt = now.Add(d)
			return nil
		}
	}
	return invalidValue(handle, "ReceiptHandle", "Message does not exist or is not available for visibility timeout change")
}

// Count is how many messages are visible, delayed or in flight.
func (q *Queue) Count() (visible, delayed, inFlight int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := time.Now()
	for _, m := range q.messages {
		switch {
		case !m.visibleAt.After(now):
			visible++
		case m.receives == 0:
			delayed++
		default:
			inFlight++
		}
	}
	return visible, delayed, inFlight
}

// DataKeyReuse is how long SQS uses a data key for a caller.
func (q *Queue) DataKeyReuse() time.Duration {
	return q.seconds("KmsDataKeyReusePeriodSeconds", defaultReuse)
}

func orSeconds(n *int32, otherwise time.Duration) time.Duration {
	if n == nil {
		return otherwise
	}
	return time.Duration(*n) * time.Second
}
