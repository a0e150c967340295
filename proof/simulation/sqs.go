package simulation

import (
	"errors"
	"net/url"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"example.com/shared-queue/address"
	"example.com/shared-queue/proof/simulation/key"
	"example.com/shared-queue/proof/simulation/queue"
	"example.com/shared-queue/proof/simulation/wire"
)

// noQueue is one text for a queue that is not there and one that may not be seen.
func noQueue() error {
	return &wire.Error{Code: wire.SimpleQueueService + "NonExistentQueue",
		Message: "The specified queue does not exist or you do not have access to it."}
}

// queue finds the queue of a URL whose action the caller may do. Only the URL's
// path counts, as the host may be this one.
func (c *call) queue(rawURL *string, action string) (*queue.Queue, error) {
	u, err := url.Parse(aws.ToString(rawURL))
	if aws.ToString(rawURL) == "" {
		return nil, queue.Missing("QueueUrl")
	}
	if err != nil {
		return nil, wire.Invalid("InvalidAddress", "The address %s is not valid for this endpoint.", aws.ToString(rawURL))
	}
	account, name, _ := strings.Cut(strings.Trim(u.Path, "/"), "/")
	region := c.region
	if parts := strings.Split(u.Hostname(), "."); region == "" && len(parts) > 2 {
		region = address.Region(parts[1]) // an anonymous caller signs for none
	}
	q := c.world.queues[address.Queue{Region: region, Account: account, Name: name}.ARN()]
	if q == nil {
		return nil, noQueue()
	}
	return q, c.mayUse(q, action)
}

// throughSQS asks for the use of the queue's key, for messages that were sent to
// the queue with the ARN. What was allowed is not asked again while the data key
// is reused.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
func (c *call) throughSQS(q *queue.Queue, of string, actions ...string) error {
	if q.KeyID() == "" {
		return nil
	}
	cached := strings.Join(append(actions, c.caller.identity(), q.ARN(), of), " ")
	if c.reuses(cached) {
		return nil
	}
	k := c.world.keyFor(q)
	if k == nil {
		return &wire.Error{Code: "KMS.NotFoundException", Message: "Key '" + q.KeyID() + "' does not exist"}
	}
	for _, action := range actions {
		if err := c.mayUseKey(k, action, q.ViaService(), map[string]string{"aws:sqs:arn": of}); err != nil {
			return fromKMS(err)
		}
		if err := key.CheckState(k); err != nil {
			return fromKMS(err)
		}
	}
	c.reuse(cached, q.DataKeyReuse())
	return nil
}

// fromKMS is an error of KMS as SQS passes it on.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html#API_SendMessage_Errors
func fromKMS(err error) error {
	refused := (*wire.Error)(nil)
	if !errors.As(err, &refused) {
		return err
	}
	return &wire.Error{Code: "KMS." + strings.TrimPrefix(refused.Code, "KMS"), Message: refused.Message}
}

func (c *call) getQueueURL(in *sqs.GetQueueUrlInput) (*sqs.GetQueueUrlOutput, error) {
	name, account := aws.ToString(in.QueueName), c.caller.Account()
	if in.QueueOwnerAWSAccountId != nil {
		account = *in.QueueOwnerAWSAccountId
	}
	if err := queue.CheckName(name); err != nil {
		return nil, err
	}
	q := c.world.queues[address.Queue{Region: c.region, Account: account, Name: name}.ARN()]
	if q == nil {
		return nil, noQueue()
	}
	return &sqs.GetQueueUrlOutput{QueueUrl: aws.String(q.URL())}, c.mayUse(q, "sqs:GetQueueUrl")
}

func (c *call) getQueueAttributes(in *sqs.GetQueueAttributesInput) (*sqs.GetQueueAttributesOutput, error) {
	q, err := c.queue(in.QueueUrl, "sqs:GetQueueAttributes")
	if err != nil {
		return nil, err
	}
	if err := queue.CheckNames(in.AttributeNames, types.QueueAttributeNameAll.Values()); err != nil {
		return nil, err
	}
	out := &sqs.GetQueueAttributesOutput{Attributes: map[string]string{}}
	for name, value := range q.All() {
		if slices.Contains(in.AttributeNames, types.QueueAttributeNameAll) || slices.Contains(in.AttributeNames, types.QueueAttributeName(name)) {
			out.Attributes[name] = value
		}
	}
	return out, nil
}

func (c *call) purgeQueue(in *sqs.PurgeQueueInput) (*sqs.PurgeQueueOutput, error) {
	q, err := c.queue(in.QueueUrl, "sqs:PurgeQueue")
	if err != nil {
		return nil, err
	}
	return &sqs.PurgeQueueOutput{}, q.Purge()
}

// startMessageMoveTask moves all messages of a dead-letter queue back at once.
// What SQS asks KMS for is what its page on redrive says.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html
func (c *call) startMessageMoveTask(in *sqs.StartMessageMoveTaskInput) (*sqs.StartMessageMoveTaskOutput, error) {
	dead := c.world.queues[aws.ToString(in.SourceArn)]
	if dead == nil {
		return nil, &wire.Error{Code: "ResourceNotFoundException",
			Message: "The resource that you specified for the SourceArn parameter doesn't exist."}
	}
	for _, action := range []string{"sqs:StartMessageMoveTask", "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"} {
		if err := c.mayUse(dead, action); err != nil {
			return nil, err
		}
	}
	back, err := c.destination(dead, in)
	if err != nil {
		return nil, err
	}
	if err := c.mayUse(back, "sqs:SendMessage"); err != nil {
		return nil, err
	}
	if err := c.throughSQS(dead, back.ARN(), "kms:Decrypt"); err != nil {
		return nil, err
	}
	if err := c.throughSQS(back, back.ARN(), "kms:GenerateDataKey", "kms:Decrypt"); err != nil {
		return nil, err
	}
	back.Put(dead.Drain())
	return &sqs.StartMessageMoveTaskOutput{TaskHandle: aws.String(newID())}, nil
}

// destination is where the messages of a dead-letter queue go: the queue that they
// came from, or another that the caller names.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html
func (c *call) destination(dead *queue.Queue, in *sqs.StartMessageMoveTaskInput) (*queue.Queue, error) {
	var sources []*queue.Queue
	for _, q := range c.world.queues {
		if q.Target == dead.ARN() {
			sources = append(sources, q)
		}
	}
	if len(sources) == 0 {
		return nil, wire.Invalid("InvalidParameterValue", "Source queue must be configured as a Dead Letter Queue.")
	}
	if err := queue.CheckRange("MaxNumberOfMessagesPerSecond", in.MaxNumberOfMessagesPerSecond, 1, 500); err != nil {
		return nil, err
	}
	if in.DestinationArn == nil {
		return sources[0], nil
	}
	q := c.world.queues[*in.DestinationArn]
	if q == nil || q.Account != dead.Account || q.Region != dead.Region {
		return nil, wire.Invalid("ResourceNotFoundException", "The resource that you specified for the DestinationArn parameter doesn't exist.")
	}
	return q, nil
}
