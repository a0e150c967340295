package simulation

import (
	"cmp"
	"crypto/md5"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

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

// A queue holds messages in the order in which they came.
type queue struct {
	address.Queue
	attributes map[string]string
	policy     any // nil if it has none

	target      string // ARN of the dead-letter queue
	maxReceives int

	mu       sync.Mutex
	messages []*message
	sent     map[string]sending // by deduplication id
	sequence int
	purgedAt time.Time
	madeAt   time.Time
}

type message struct {
	id, body   string
	attributes map[string]types.MessageAttributeValue
	system     map[string]string // AWSTraceHeader and similar
	sender     string
	group      string
	dedup      string
	sequence   string
	source     string // ARN of the queue that it was sent to, as in its encryption context
	sentAt     time.Time

	receives  int
	firstAt   time.Time
	visibleAt time.Time
	handle    string    // of the last receive
	takenAt   time.Time // the last receive
}

// A sending is what a FIFO queue answers to the same message sent again.
type sending struct {
	id, sequence string
	at           time.Time
}

func newQueue(a address.Queue, attributes map[string]string) (*queue, error) {
	q := &queue{Queue: a, attributes: attributes, sent: map[string]sending{}, madeAt: time.Now()}
	if text := attributes["RedrivePolicy"]; text != "" {
		var redrive struct {
			DeadLetterTargetArn string
			MaxReceiveCount     json.Number
		}
		if err := json.Unmarshal([]byte(text), &redrive); err != nil {
			return nil, fmt.Errorf("RedrivePolicy: %w", err)
		}
		receives, err := strconv.Atoi(redrive.MaxReceiveCount.String())
		if err != nil || receives < 1 || accountOf(redrive.DeadLetterTargetArn) != a.Account {
			return nil, fmt.Errorf("RedrivePolicy %s: want a maxReceiveCount and a queue of the same account", text)
		}
		q.target, q.maxReceives = redrive.DeadLetterTargetArn, receives
	}
	return q, nil
}

// seconds is an attribute that is a duration.
func (q *queue) seconds(name string, otherwise time.Duration) time.Duration {
	if n, err := strconv.Atoi(q.attributes[name]); err == nil {
		return time.Duration(n) * time.Second
	}
	return otherwise
}

// maxMessage is the size of the largest message, in bytes.
func (q *queue) maxMessage() int {
	if n, err := strconv.Atoi(q.attributes["MaximumMessageSize"]); err == nil {
		return n
	}
	return maxMessage
}

func (q *queue) is(name string) bool { return q.attributes[name] == "true" }

// keyID is the key that encrypts the queue, empty if none of KMS does.
func (q *queue) keyID() string { return q.attributes["KmsMasterKeyId"] }

// all are the attributes that GetQueueAttributes shows.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html
func (q *queue) all() map[string]string {
	visible, delayed, inFlight := q.count()
	made := strconv.FormatInt(q.madeAt.Unix(), 10)
	all := map[string]string{
		"ApproximateNumberOfMessages":           strconv.Itoa(visible),
		"ApproximateNumberOfMessagesDelayed":    strconv.Itoa(delayed),
		"ApproximateNumberOfMessagesNotVisible": strconv.Itoa(inFlight),
		"CreatedTimestamp":                      made,
		"DelaySeconds":                          "0",
		"LastModifiedTimestamp":                 made,
		"MaximumMessageSize":                    strconv.Itoa(maxMessage),
		"MessageRetentionPeriod":                seconds(defaultRetention),
		"QueueArn":                              q.ARN(),
		"ReceiveMessageWaitTimeSeconds":         "0",
		"SqsManagedSseEnabled":                  strconv.FormatBool(q.managed()),
		"VisibilityTimeout":                     seconds(defaultVisibility),
	}
	if q.policy != nil {
		text, _ := json.Marshal(q.policy) // it was JSON
		all["Policy"] = string(text)
	}
	if q.FIFO() {
		all["ContentBasedDeduplication"], all["DeduplicationScope"], all["FifoThroughputLimit"] = "false", "queue", "perQueue"
	}
	if q.keyID() != "" {
		all["KmsDataKeyReusePeriodSeconds"] = seconds(defaultReuse)
	}
	maps.Copy(all, q.attributes)
	return all
}

func seconds(d time.Duration) string { return strconv.Itoa(int(d.Seconds())) }

// managed reports whether SQS's own key encrypts the queue, as it does where nothing
// is said.
func (q *queue) managed() bool {
	value, said := q.attributes["SqsManagedSseEnabled"]
	return q.keyID() == "" && (!said || value == "true")
}

// encrypted reports whether the queue takes only what is signed and came over TLS.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-server-side-encryption.html
func (q *queue) encrypted() bool { return q.keyID() != "" || q.managed() }

// add takes a message, unless it is the same again.
func (q *queue) add(m *message, delay time.Duration) sending {
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
	m.sentAt, m.visibleAt, m.source = now, now.Add(delay), cmp.Or(m.source, q.ARN())
	q.messages = append(q.messages, m)
	return sending{m.id, m.sequence, now}
}

// take hides and returns messages that are visible, at most n. What has been
// received too often goes to the dead-letter queue.
func (q *queue) take(n int, hidden time.Duration, dead *queue) []message {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := time.Now()
	q.messages = slices.DeleteFunc(q.messages, func(m *message) bool {
		return now.Sub(m.sentAt) > q.seconds("MessageRetentionPeriod", defaultRetention)
	})
	held := map[string]bool{} // groups with a message that somebody has
	var taken []message
	var gone []*message
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
			m.takenAt, m.visibleAt, m.handle = now, now.Add(hidden), m.id+"/"+rand.Text()
			taken = append(taken, *m)
		}
	}
	q.messages = slices.DeleteFunc(q.messages, func(m *message) bool { return slices.Contains(gone, m) })
	if dead != nil && len(gone) > 0 {
		dead.put(gone)
	}
	return taken
}

// put adds messages that were in another queue, as they are.
func (q *queue) put(messages []*message) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, m := range messages {
		m.receives, m.visibleAt = 0, time.Now()
		q.messages = append(q.messages, m)
	}
}

// drain takes all messages out.
func (q *queue) drain() []*message {
	q.mu.Lock()
	defer q.mu.Unlock()
	all := q.messages
	q.messages = nil
	return all
}

// purge takes all messages out, unless that was done within the last minute.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_PurgeQueue.html
func (q *queue) purge() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := time.Now()
	if now.Sub(q.purgedAt) < purgePause {
		return false
	}
	q.purgedAt, q.messages = now, nil
	return true
}

// remove deletes the message with the handle; one that is gone is no error. A FIFO
// queue takes no handle whose time is over.
func (q *queue) remove(handle string) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := time.Now()
	for i, m := range q.messages {
		if m.handle == handle {
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
func (q *queue) hide(handle string, d time.Duration) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := time.Now()
	for _, m := range q.messages {
		switch {
		case m.handle != handle:
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

// count is how many messages are visible, delayed or in flight.
func (q *queue) count() (visible, delayed, inFlight int) {
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

// bodyMD5 is how clients check that their message arrived whole.
func bodyMD5(body string) *string {
	sum := md5.Sum([]byte(body))
	return aws.String(hex.EncodeToString(sum[:]))
}

// attributesMD5 is the same of a message's attributes, nil if there is none.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html#sqs-attributes-md5-message-digest-calculation
func attributesMD5(attributes map[string]types.MessageAttributeValue) *string {
	if len(attributes) == 0 {
		return nil
	}
	var text []byte
	add := func(b []byte) { text = append(binary.BigEndian.AppendUint32(text, uint32(len(b))), b...) }
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		value := attributes[name]
		add([]byte(name))
		add([]byte(aws.ToString(value.DataType)))
		if value.StringValue != nil {
			text = append(text, 1)
			add([]byte(*value.StringValue))
		} else {
			text = append(text, 2)
			add(value.BinaryValue)
		}
	}
	return bodyMD5(string(text))
}

func bodySHA256(body string) string {
	sum := sha256.Sum256([]byte(body))
	return hex.EncodeToString(sum[:])
}

// dataKeyReuse is how long SQS uses a data key for a caller.
func (q *queue) dataKeyReuse() time.Duration {
	return q.seconds("KmsDataKeyReusePeriodSeconds", defaultReuse)
}
