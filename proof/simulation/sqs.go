package simulation

import (
	"cmp"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"example.com/shared-queue/address"
)

// noQueue is one text for a queue that is not there and one that may not be seen.
func noQueue() error {
	return &Error{Code: simpleQueueService + "NonExistentQueue",
		Message: "The specified queue does not exist or you do not have access to it."}
}

// queue finds the queue of a URL whose action the caller may do. Only the URL's
// path counts, as the host may be this one.
func (c *call) queue(rawURL *string, action string) (*queue, error) {
	u, err := url.Parse(aws.ToString(rawURL))
	if aws.ToString(rawURL) == "" {
		return nil, missing("QueueUrl")
	}
	if err != nil {
		return nil, invalid("InvalidAddress", "The address %s is not valid for this endpoint.", aws.ToString(rawURL))
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
func (c *call) throughSQS(q *queue, of string, actions ...string) error {
	if q.keyID() == "" {
		return nil
	}
	cached := strings.Join(append(actions, c.caller.identity(), q.ARN(), of), " ")
	if c.reuses(cached) {
		return nil
	}
	k := c.world.keyFor(q)
	if k == nil {
		return &Error{Code: "KMS.NotFoundException", Message: "Key '" + q.keyID() + "' does not exist"}
	}
	for _, action := range actions {
		if err := c.mayUseKey(k, action, q.ViaService(), map[string]string{"aws:sqs:arn": of}); err != nil {
			return fromKMS(err)
		}
		if err := checkState(k); err != nil {
			return fromKMS(err)
		}
	}
	c.reuse(cached, q.dataKeyReuse())
	return nil
}

// fromKMS is an error of KMS as SQS passes it on.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html#API_SendMessage_Errors
func fromKMS(err error) error {
	refused := (*Error)(nil)
	if !errors.As(err, &refused) {
		return err
	}
	return &Error{Code: "KMS." + strings.TrimPrefix(refused.Code, "KMS"), Message: refused.Message}
}

func (c *call) getQueueURL(in *sqs.GetQueueUrlInput) (*sqs.GetQueueUrlOutput, error) {
	name, account := aws.ToString(in.QueueName), c.caller.Account()
	if in.QueueOwnerAWSAccountId != nil {
		account = *in.QueueOwnerAWSAccountId
	}
	if !queueName.MatchString(name) {
		return nil, invalid("InvalidParameterValue", "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length")
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
	if err := checkNames(in.AttributeNames, types.QueueAttributeNameAll.Values()); err != nil {
		return nil, err
	}
	out := &sqs.GetQueueAttributesOutput{Attributes: map[string]string{}}
	for name, value := range q.all() {
		if slices.Contains(in.AttributeNames, types.QueueAttributeNameAll) || slices.Contains(in.AttributeNames, types.QueueAttributeName(name)) {
			out.Attributes[name] = value
		}
	}
	return out, nil
}

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
		return nil, invalid(simpleQueueService+"BatchRequestTooLong", "Batch requests cannot be longer than %d bytes. You have sent %d bytes.", maxMessage, total)
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
		refused := (*Error)(nil)
		switch {
		case errors.As(err, &refused):
			failed = append(failed, types.BatchResultErrorEntry{Id: id(&entries[i]), Code: &refused.Code, Message: &refused.Message, SenderFault: true})
		case err != nil:
			return nil, err
		}
	}
	return failed, nil
}

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
		out.Messages = append(out.Messages, m.shown(in.systemNames(), in.MessageAttributeNames))
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
func (m message) shown(system []types.MessageSystemAttributeName, attributes []string) types.Message {
	out := types.Message{MessageId: &m.id, Body: &m.body, MD5OfBody: bodyMD5(m.body), ReceiptHandle: &m.handle}
	all := map[string]string{
		"ApproximateFirstReceiveTimestamp": strconv.FormatInt(m.firstAt.UnixMilli(), 10),
		"ApproximateReceiveCount":          strconv.Itoa(m.receives),
		"SenderId":                         m.sender,
		"SentTimestamp":                    strconv.FormatInt(m.sentAt.UnixMilli(), 10),
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

func (c *call) purgeQueue(in *sqs.PurgeQueueInput) (*sqs.PurgeQueueOutput, error) {
	q, err := c.queue(in.QueueUrl, "sqs:PurgeQueue")
	if err != nil {
		return nil, err
	}
	if !q.purge() {
		return nil, invalid(simpleQueueService+"PurgeQueueInProgress", "Only one PurgeQueue operation on %s is allowed every 60 seconds.", q.Name)
	}
	return &sqs.PurgeQueueOutput{}, nil
}

// startMessageMoveTask moves all messages of a dead-letter queue back at once.
// What SQS asks KMS for is what its page on redrive says.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html
func (c *call) startMessageMoveTask(in *sqs.StartMessageMoveTaskInput) (*sqs.StartMessageMoveTaskOutput, error) {
	dead := c.world.queues[aws.ToString(in.SourceArn)]
	if dead == nil {
		return nil, &Error{Code: "ResourceNotFoundException",
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
	back.put(dead.drain())
	return &sqs.StartMessageMoveTaskOutput{TaskHandle: aws.String(newID())}, nil
}

// destination is where the messages of a dead-letter queue go: the queue that they
// came from, or another that the caller names.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html
func (c *call) destination(dead *queue, in *sqs.StartMessageMoveTaskInput) (*queue, error) {
	var sources []*queue
	for _, q := range c.world.queues {
		if q.target == dead.ARN() {
			sources = append(sources, q)
		}
	}
	if len(sources) == 0 {
		return nil, invalid("InvalidParameterValue", "Source queue must be configured as a Dead Letter Queue.")
	}
	if err := checkRange("MaxNumberOfMessagesPerSecond", in.MaxNumberOfMessagesPerSecond, 1, 500); err != nil {
		return nil, err
	}
	if in.DestinationArn == nil {
		return sources[0], nil
	}
	q := c.world.queues[*in.DestinationArn]
	if q == nil || q.Account != dead.Account || q.Region != dead.Region {
		return nil, invalid("ResourceNotFoundException", "The resource that you specified for the DestinationArn parameter doesn't exist.")
	}
	return q, nil
}
