package queue

import (
	"cmp"
	"crypto/md5"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// A Message is in a queue.
type Message struct {
	id, body   string
	attributes map[string]types.MessageAttributeValue
	system     map[string]string // AWSTraceHeader and similar
	sender     string
	group      string
	dedup      string
	sequence   string
	Source     string // ARN of the queue that it was sent to, as in its encryption context
	sentAt     time.Time

	receives  int
	firstAt   time.Time
	visibleAt time.Time
	Handle    string    // of the last receive
	takenAt   time.Time // the last receive
}

// An Entry is what somebody sends. It tells a delay of zero from none, unlike the SDK's
// types.
type Entry struct {
	Id                      *string
	MessageBody             *string
	MessageAttributes       map[string]types.MessageAttributeValue
	MessageSystemAttributes map[string]types.MessageSystemAttributeValue
	MessageGroupId          *string
	MessageDeduplicationId  *string
	DelaySeconds            *int32
}

// NewMessage is what a sender sends to the queue.
func (q *Queue) NewMessage(in *Entry, id, sender string) *Message {
	m := &Message{
		id: id, body: aws.ToString(in.MessageBody), attributes: in.MessageAttributes, system: map[string]string{},
		sender: sender, group: aws.ToString(in.MessageGroupId), dedup: aws.ToString(in.MessageDeduplicationId),
	}
	for name, value := range in.MessageSystemAttributes {
		m.system[name] = aws.ToString(value.StringValue)
	}
	if q.is("ContentBasedDeduplication") && m.dedup == "" {
		m.dedup = bodySHA256(m.body)
	}
	return m
}

// A ReceiveInput asks for messages. It tells a timeout of zero from none, unlike the
// SDK's type.
type ReceiveInput struct {
	QueueUrl                    *string
	AttributeNames              []types.MessageSystemAttributeName
	MessageSystemAttributeNames []types.MessageSystemAttributeName
	MessageAttributeNames       []string
	MaxNumberOfMessages         *int32
	VisibilityTimeout           *int32
	WaitTimeSeconds             *int32
}

// Check checks the limits.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html
func (in *ReceiveInput) Check() error {
	if n := in.MaxNumberOfMessages; n != nil && (*n < 1 || *n > maxBatch) {
		return invalidValue(*n, "MaxNumberOfMessages", "Must be between 1 and 10, if provided")
	}
	return cmp.Or(
		CheckRange("VisibilityTimeout", in.VisibilityTimeout, 0, maxVisibility),
		CheckRange("WaitTimeSeconds", in.WaitTimeSeconds, 0, maxWait),
		CheckNames(in.systemNames(), types.MessageSystemAttributeNameAll.Values()),
	)
}

func (in *ReceiveInput) systemNames() []types.MessageSystemAttributeName {
	return slices.Concat(in.AttributeNames, in.MessageSystemAttributeNames)
}

// Shown is the message with what its receiver asked for.
func (q *Queue) Shown(m *Message, in *ReceiveInput) types.Message {
	system, attributes := in.systemNames(), in.MessageAttributeNames
	out := types.Message{MessageId: &m.id, Body: &m.body, MD5OfBody: bodyMD5(m.body), ReceiptHandle: &m.Handle}
	all := map[string]string{
		"ApproximateFirstReceiveTimestamp": strconv.FormatInt(m.firstAt.UnixMilli(), 10),
		"ApproximateReceiveCount":          strconv.Itoa(m.receives),
		"SenderId":                         m.sender,
		"SentTimestamp":                    strconv.FormatInt(m.sentAt.UnixMilli(), 10),
	}
	if m.Source != q.ARN() {
		all["DeadLetterQueueSourceArn"] = m.Source
	}
	for name, value := range map[string]string{"MessageGroupId": m.group, "MessageDeduplicationId": m.dedup, "SequenceNumber": m.sequence,
		"AWSTraceHeader": m.system["AWSTraceHeader"]} {
		if value != "" {
			all[name] = value
		}
	}
	for name, value := range all {
		if isRequested(system, name) {
			if out.Attributes == nil {
				out.Attributes = map[string]string{}
			}
			out.Attributes[name] = value
		}
	}
	for name, value := range m.attributes {
		if isRequested(attributes, name) {
			if out.MessageAttributes == nil {
				out.MessageAttributes = map[string]types.MessageAttributeValue{}
			}
			out.MessageAttributes[name] = value
		}
	}
	out.MD5OfMessageAttributes = attributesMD5(out.MessageAttributes)
	return out
}

// isRequested reports whether names have the name, All, or a prefix of it like order.*.
func isRequested[N ~string](names []N, name string) bool {
	return slices.ContainsFunc(names, func(n N) bool {
		prefix, pattern := strings.CutSuffix(string(n), ".*")
		return string(n) == name || n == "All" || n == ".*" || pattern && strings.HasPrefix(name, prefix+".")
	})
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
