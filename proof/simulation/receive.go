package simulation

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"example.com/shared-queue/proof/simulation/queue"
)

const pollEvery = 20 * time.Millisecond

func (c *call) receiveMessage(in *queue.ReceiveInput) (*sqs.ReceiveMessageOutput, error) {
	q, err := c.queue(in.QueueUrl, "sqs:ReceiveMessage")
	if err != nil {
		return nil, err
	}
	if err := in.Check(); err != nil {
		return nil, err
	}
	until := time.Now().Add(q.Wait(in))
	if visible, _, _ := q.Count(); visible > 0 {
		// SQS has nothing to decrypt where there is no message.
		if err := c.throughSQS(q, q.ARN(), "kms:Decrypt"); err != nil {
			return nil, err
		}
	}
	taken := q.Take(in, c.world.queues[q.Target])
	for len(taken) == 0 && time.Now().Before(until) && c.ctx.Err() == nil {
		time.Sleep(pollEvery)
		taken = q.Take(in, c.world.queues[q.Target])
	}
	out := &sqs.ReceiveMessageOutput{}
	for i := range taken {
		m := &taken[i]
		if err := c.throughSQS(q, m.Source, "kms:Decrypt"); err != nil {
			_ = q.Hide(&m.Handle, 0) // nobody else has it
			return nil, err
		}
		out.Messages = append(out.Messages, q.Shown(m, in))
	}
	return out, nil
}

func (c *call) deleteMessage(in *sqs.DeleteMessageInput) (*sqs.DeleteMessageOutput, error) {
	q, err := c.queue(in.QueueUrl, "sqs:DeleteMessage")
	if err != nil {
		return nil, err
	}
	return &sqs.DeleteMessageOutput{}, q.Delete(in.ReceiptHandle)
}

func (c *call) deleteMessageBatch(in *sqs.DeleteMessageBatchInput) (*sqs.DeleteMessageBatchOutput, error) {
	q, err := c.queue(in.QueueUrl, "sqs:DeleteMessage")
	if err != nil {
		return nil, err
	}
	out := &sqs.DeleteMessageBatchOutput{Successful: []types.DeleteMessageBatchResultEntry{}}
	out.Failed, err = batch(in.Entries, func(e *types.DeleteMessageBatchRequestEntry) *string { return e.Id }, func(e *types.DeleteMessageBatchRequestEntry) error {
		err := q.Delete(e.ReceiptHandle)
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
	return &sqs.ChangeMessageVisibilityOutput{}, q.Hide(in.ReceiptHandle, in.VisibilityTimeout)
}

func (c *call) changeVisibilityBatch(in *sqs.ChangeMessageVisibilityBatchInput) (*sqs.ChangeMessageVisibilityBatchOutput, error) {
	q, err := c.queue(in.QueueUrl, "sqs:ChangeMessageVisibility")
	if err != nil {
		return nil, err
	}
	out := &sqs.ChangeMessageVisibilityBatchOutput{Successful: []types.ChangeMessageVisibilityBatchResultEntry{}}
	out.Failed, err = batch(in.Entries, func(e *types.ChangeMessageVisibilityBatchRequestEntry) *string { return e.Id }, func(e *types.ChangeMessageVisibilityBatchRequestEntry) error {
		err := q.Hide(e.ReceiptHandle, e.VisibilityTimeout)
		if err == nil {
			out.Successful = append(out.Successful, types.ChangeMessageVisibilityBatchResultEntry{Id: e.Id})
		}
		return err
	})
	return out, err
}
