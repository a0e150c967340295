package simulation

import (
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"example.com/shared-queue/proof/simulation/wire"
)

// sendInput tells a delay of zero from none, unlike the SDK's type.
type sendInput struct {
	QueueUrl *string
	sendEntry
}

type sendEntry struct {
	Id                      *string
	MessageBody             *string
	MessageAttributes       map[string]types.MessageAttributeValue
	MessageSystemAttributes map[string]types.MessageSystemAttributeValue
	MessageGroupId          *string
	MessageDeduplicationId  *string
	DelaySeconds            *int32
}

type sendBatchInput struct {
	QueueUrl *string
	Entries  []sendEntry
}

func (c *call) sendMessage(in *sendInput) (*sqs.SendMessageOutput, error) {
	q, err := c.queue(in.QueueUrl, "sqs:SendMessage")
	if err != nil {
		return nil, err
	}
	return c.send(q, &in.sendEntry)
}

// message is what a caller sends to the queue.
func (c *call) message(q *queue, in *sendEntry) *message {
	m := &message{
		id: newID(), body: aws.ToString(in.MessageBody), attributes: in.MessageAttributes, system: map[string]string{},
		sender: c.caller.userID(), group: aws.ToString(in.MessageGroupId), dedup: aws.ToString(in.MessageDeduplicationId),
	}
	for name, value := range in.MessageSystemAttributes {
		m.system[name] = aws.ToString(value.StringValue)
	}
	if q.is("ContentBasedDeduplication") && m.dedup == "" {
		m.dedup = bodySHA256(m.body)
	}
	return m
}

// send takes a message from a caller that the queue's policy lets send.
func (c *call) send(q *queue, in *sendEntry) (*sqs.SendMessageOutput, error) {
	m := c.message(q, in)
	if err := q.check(m, in); err != nil {
		return nil, err
	}
	if err := c.throughSQS(q, q.ARN(), "kms:GenerateDataKey", "kms:Decrypt"); err != nil {
		return nil, err
	}
	delay := in.DelaySeconds
	if q.FIFO() {
		delay = nil // zero is allowed, and the queue's delay counts
	}
	sent := q.add(m, orSeconds(delay, q.seconds("DelaySeconds", 0)))
	out := &sqs.SendMessageOutput{MessageId: &sent.id, MD5OfMessageBody: bodyMD5(m.body), MD5OfMessageAttributes: attributesMD5(m.attributes)}
	if sent.sequence != "" {
		out.SequenceNumber = &sent.sequence
	}
	return out, nil
}

func (c *call) sendMessageBatch(in *sendBatchInput) (*sqs.SendMessageBatchOutput, error) {
	q, err := c.queue(in.QueueUrl, "sqs:SendMessage")
	if err != nil {
		return nil, err
	}
	total := 0
	for i := range in.Entries {
		total += c.message(q, &in.Entries[i]).size()
	}
	// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html
	if total > maxMessage {
		return nil, wire.Invalid(wire.SimpleQueueService+"BatchRequestTooLong", "Batch requests cannot be longer than %d bytes. You have sent %d bytes.", maxMessage, total)
	}
	out := &sqs.SendMessageBatchOutput{Successful: []types.SendMessageBatchResultEntry{}, Failed: []types.BatchResultErrorEntry{}}
	out.Failed, err = batch(in.Entries, func(e *sendEntry) *string { return e.Id }, func(e *sendEntry) error {
		sent, err := c.send(q, e)
		if err == nil {
			out.Successful = append(out.Successful, types.SendMessageBatchResultEntry{Id: e.Id, MessageId: sent.MessageId,
				MD5OfMessageBody: sent.MD5OfMessageBody, MD5OfMessageAttributes: sent.MD5OfMessageAttributes, SequenceNumber: sent.SequenceNumber})
		}
		return err
	})
	return out, err
}

// batch does the same with each entry, and says which failed.
func batch[E any](entries []E, id func(*E) *string, do func(*E) error) ([]types.BatchResultErrorEntry, error) {
	if err := checkBatch(entries, id); err != nil {
		return nil, err
	}
	failed := []types.BatchResultErrorEntry{}
	for i := range entries {
		err := do(&entries[i])
		refused := (*wire.Error)(nil)
		switch {
		case errors.As(err, &refused):
			failed = append(failed, types.BatchResultErrorEntry{Id: id(&entries[i]), Code: &refused.Code, Message: &refused.Message, SenderFault: true})
		case err != nil:
			return nil, err
		}
	}
	return failed, nil
}
