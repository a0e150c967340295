package simulation

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// receiveInput tells a timeout of zero from none, unlike the SDK's type.
type receiveInput struct {
	QueueUrl                    *string
	AttributeNames              []types.MessageSystemAttributeName
	MessageSystemAttributeNames []types.MessageSystemAttributeName
	MessageAttributeNames       []string
	MaxNumberOfMessages         *int32
	VisibilityTimeout           *int32
	WaitTimeSeconds             *int32
}

// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html
func (in *receiveInput) check() error {
	if n := in.MaxNumberOfMessages; n != nil && (*n < 1 || *n > maxBatch) {
		return invalidValue(*n, "MaxNumberOfMessages", "Must be between 1 and 10, if provided")
	}
	return cmp.Or(
		checkRange("VisibilityTimeout", in.VisibilityTimeout, 0, maxVisibility),
		checkRange("WaitTimeSeconds", in.WaitTimeSeconds, 0, maxWait),
		checkNames(in.systemNames(), types.MessageSystemAttributeNameAll.Values()),
	)
}

func (in *receiveInput) systemNames() []types.MessageSystemAttributeName {
	return slices.Concat(in.AttributeNames, in.MessageSystemAttributeNames)
}

const pollEvery = 20 * time.Millisecond

func (c *call) receiveMessage(in *receiveInput) (*sqs.ReceiveMessageOutput, error) {
	q, err := c.queue(in.QueueUrl, "sqs:ReceiveMessage")
	if err != nil {
		return nil, err
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	n := 1
	if in.MaxNumberOfMessages != nil {
		n = int(*in.MaxNumberOfMessages)
	}
	hidden := orSeconds(in.VisibilityTimeout, q.seconds("VisibilityTimeout", defaultVisibility))
	until := time.Now().Add(orSeconds(in.WaitTimeSeconds, q.seconds("ReceiveMessageWaitTimeSeconds", 0)))
	if visible, _, _ := q.count(); visible > 0 {
		// SQS has nothing to decrypt where there is no message.
		if err := c.throughSQS(q, q.ARN(), "kms:Decrypt"); err != nil {
			return nil, err
		}
	}
	taken := q.take(n, hidden, c.world.queues[q.target])
	for len(taken) == 0 && time.Now().Before(until) && c.ctx.Err() == nil {
		time.Sleep(pollEvery)
		taken = q.take(n, hidden, c.world.queues[q.target])
	}
	out := &sqs.ReceiveMessageOutput{}
	for _, m := range taken {
		if err := c.throughSQS(q, m.source, "kms:Decrypt"); err != nil {
			_ = q.hide(m.handle, 0) // nobody else has it
			return nil, err
		}
		out.Messages = append(out.Messages, m.shown(q, in.systemNames(), in.MessageAttributeNames))
	}
	return out, nil
}

func orSeconds(n *int32, otherwise time.Duration) time.Duration {
	if n == nil {
		return otherwise
	}
	return time.Duration(*n) * time.Second
}

// shown is a message with what its receiver asked for.
func (m message) shown(q *queue, system []types.MessageSystemAttributeName, attributes []string) types.Message {
	out := types.Message{MessageId: &m.id, Body: &m.body, MD5OfBody: bodyMD5(m.body), ReceiptHandle: &m.handle}
	all := map[string]string{
		"ApproximateFirstReceiveTimestamp": strconv.FormatInt(m.firstAt.UnixMilli(), 10),
		"ApproximateReceiveCount":          strconv.Itoa(m.receives),
		"SenderId":                         m.sender,
		"SentTimestamp":                    strconv.FormatInt(m.sentAt.UnixMilli(), 10),
	}
	if m.source != q.ARN() {
		all["DeadLetterQueueSourceArn"] = m.source
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

func (c *call) deleteMessage(in *sqs.DeleteMessageInput) (*sqs.DeleteMessageOutput, error) {
	q, err := c.queue(in.QueueUrl, "sqs:DeleteMessage")
	if err != nil {
		return nil, err
	}
	return &sqs.DeleteMessageOutput{}, q.deleteBy(in.ReceiptHandle)
}

// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteMessage.html
func (q *queue) deleteBy(handle *string) error {
	if err := checkHandle(handle); err != nil {
		return err
	}
	if !q.remove(*handle) {
		return invalidValue(*handle, "ReceiptHandle", "The receipt handle has expired")
	}
	return nil
}

func (c *call) deleteMessageBatch(in *sqs.DeleteMessageBatchInput) (*sqs.DeleteMessageBatchOutput, error) {
	q, err := c.queue(in.QueueUrl, "sqs:DeleteMessage")
	if err != nil {
		return nil, err
	}
	out := &sqs.DeleteMessageBatchOutput{Successful: []types.DeleteMessageBatchResultEntry{}}
	out.Failed, err = batch(in.Entries, func(e *types.DeleteMessageBatchRequestEntry) *string { return e.Id }, func(e *types.DeleteMessageBatchRequestEntry) error {
		err := q.deleteBy(e.ReceiptHandle)
		if err == nil {
			out.Successful = append(out.Successful, types.DeleteMessageBatchResultEntry{Id: e.Id})
		}
		return err
	})
	return out, err
}

func (c *call) changeVisibility(in *sqs.ChangeMessageVisibilityInput) (*sqs.ChangeMessageVisibilityOutput, error) {
	q, err := c.queue(in.QueueUrl, "sqs:ChangeMessageVisibility")
	if err != nil {
		return nil, err
	}
	return &sqs.ChangeMessageVisibilityOutput{}, q.hideBy(in.ReceiptHandle, in.VisibilityTimeout)
}

// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibility.html
func (q *queue) hideBy(handle *string, n int32) error {
	if err := checkHandle(handle); err != nil {
		return err
	}
	if err := checkRange("VisibilityTimeout", &n, 0, maxVisibility); err != nil {
		return err
	}
	return q.hide(*handle, time.Duration(n)*time.Second)
}

func (c *call) changeVisibilityBatch(in *sqs.ChangeMessageVisibilityBatchInput) (*sqs.ChangeMessageVisibilityBatchOutput, error) {
	q, err := c.queue(in.QueueUrl, "sqs:ChangeMessageVisibility")
	if err != nil {
		return nil, err
	}
	out := &sqs.ChangeMessageVisibilityBatchOutput{Successful: []types.ChangeMessageVisibilityBatchResultEntry{}}
	out.Failed, err = batch(in.Entries, func(e *types.ChangeMessageVisibilityBatchRequestEntry) *string { return e.Id }, func(e *types.ChangeMessageVisibilityBatchRequestEntry) error {
		err := q.hideBy(e.ReceiptHandle, e.VisibilityTimeout)
		if err == nil {
			out.Successful = append(out.Successful, types.ChangeMessageVisibilityBatchResultEntry{Id: e.Id})
		}
		return err
	})
	return out, err
}
