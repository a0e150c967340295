package simulation

import (
	"errors"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"example.com/shared-queue/proof/simulation/queue"
	"example.com/shared-queue/proof/simulation/wire"
)

type sendInput struct {
	QueueUrl *string
	queue.Entry
}

type sendBatchInput struct {
	QueueUrl *string
	Entries  []queue.Entry
}

func (c *call) sendMessage(in *sendInput) (*sqs.SendMessageOutput, error) {
	q, err := c.queue(in.QueueUrl, "sqs:SendMessage")
	if err != nil {
		return nil, err
	}
	return c.send(q, &in.Entry)
}

// send takes a message from a caller that the queue's policy lets send.
func (c *call) send(q *queue.Queue, in *queue.Entry) (*sqs.SendMessageOutput, error) {
	m := q.NewMessage(in, newID(), c.caller.userID())
	if err := q.Check(m, in); err != nil {
		return nil, err
	}
	if err := c.throughSQS(q, q.ARN(), "kms:GenerateDataKey", "kms:Decrypt"); err != nil {
		return nil, err
	}
	return q.Add(m, in), nil
}

func (c *call) sendMessageBatch(in *sendBatchInput) (*sqs.SendMessageBatchOutput, error) {
	q, err := c.queue(in.QueueUrl, "sqs:SendMessage")
	if err != nil {
		return nil, err
	}
	if err := queue.CheckTotal(in.Entries); err != nil {
		return nil, err
	}
	out := &sqs.SendMessageBatchOutput{Successful: []types.SendMessageBatchResultEntry{}, Failed: []types.BatchResultErrorEntry{}}
	out.Failed, err = batch(in.Entries, func(e *queue.Entry) *string { return e.Id }, func(e *queue.Entry) error {
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
	if err := queue.CheckBatch(entries, id); err != nil {
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
