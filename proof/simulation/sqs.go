package simulation

import (
	"encoding/json"
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
	return &apiError{code: "AWS.SimpleQueueService.NonExistentQueue", kind: sqsKind + "QueueDoesNotExist",
		message: "The specified queue does not exist or you do not have access to it."}
}

// queue finds the queue of a URL whose action the caller may do. Only the URL's
// path counts, as the host may be this one.
func (c *call) queue(rawURL *string, action string) (*queue, error) {
	u, err := url.Parse(aws.ToString(rawURL))
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
		return &apiError{code: "KMS.NotFoundException", kind: sqsKind + "KmsNotFound", message: "Key '" + q.keyID() + "' does not exist"}
	}
	for _, action := range actions {
		err := c.mayUseKey(k, action, q.ViaService(), map[string]string{"aws:sqs:arn": of})
		if refused := (*apiError)(nil); errors.As(err, &refused) {
			return &apiError{code: "KMS.AccessDeniedException", kind: sqsKind + "KmsAccessDenied", message: refused.message}
		}
		if err != nil {
			return err
		}
	}
	c.reuse(cached, q.dataKeyReuse())
	return nil
}

func (c *call) getQueueURL(in *sqs.GetQueueUrlInput) (*sqs.GetQueueUrlOutput, error) {
	account := c.caller.Account()
	if in.QueueOwnerAWSAccountId != nil {
		account = *in.QueueOwnerAWSAccountId
	}
	a := address.Queue{Region: c.region, Account: account, Name: aws.ToString(in.QueueName)}
	q := c.world.queues[a.ARN()]
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
	policy, _ := json.Marshal(q.policy)
	visible, delayed, inFlight := q.count()
	all := map[string]string{
		"QueueArn":                              q.ARN(),
		"VisibilityTimeout":                     seconds(q.seconds("VisibilityTimeout", *defaults.VisibilityTimeout)),
		"ApproximateNumberOfMessages":           strconv.Itoa(visible),
		"ApproximateNumberOfMessagesDelayed":    strconv.Itoa(delayed),
		"ApproximateNumberOfMessagesNotVisible": strconv.Itoa(inFlight),
	}
	if q.policy != nil {
		all["Policy"] = string(policy)
	}
	for name, value := range q.attributes {
		all[name] = value
	}
	out := &sqs.GetQueueAttributesOutput{Attributes: map[string]string{}}
	for name, value := range all {
		if slices.Contains(in.AttributeNames, types.QueueAttributeNameAll) || slices.Contains(in.AttributeNames, types.QueueAttributeName(name)) {
			out.Attributes[name] = value
		}
	}
	return out, nil
}

func seconds(d time.Duration) string { return strconv.Itoa(int(d.Seconds())) }

func (c *call) sendMessage(in *sqs.SendMessageInput) (*sqs.SendMessageOutput, error) {
	q, err := c.queue(in.QueueUrl, "sqs:SendMessage")
	if err != nil {
		return nil, err
	}
	return c.send(q, &types.SendMessageBatchRequestEntry{
		MessageBody: in.MessageBody, MessageAttributes: in.MessageAttributes, MessageSystemAttributes: in.MessageSystemAttributes,
		MessageGroupId: in.MessageGroupId, MessageDeduplicationId: in.MessageDeduplicationId, DelaySeconds: in.DelaySeconds,
	})
}

// send takes a message from a caller that the queue's policy lets send.
func (c *call) send(q *queue, in *types.SendMessageBatchRequestEntry) (*sqs.SendMessageOutput, error) {
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
	switch {
	case m.body == "":
		return nil, invalid("MissingParameter", "The request must contain the parameter MessageBody.")
	case len(m.body) > q.maxMessage():
		return nil, invalid("InvalidParameterValue", "One or more parameters are invalid. Reason: Message must be shorter than %d bytes.", q.maxMessage())
	case q.FIFO() && m.group == "":
		return nil, invalid("MissingParameter", "The request must contain the parameter MessageGroupId.")
	case q.FIFO() && m.dedup == "":
		return nil, invalid("InvalidParameterValue", "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly")
	}
	if err := c.throughSQS(q, q.ARN(), "kms:GenerateDataKey", "kms:Decrypt"); err != nil {
		return nil, err
	}
	delay := time.Duration(in.DelaySeconds) * time.Second
	if delay == 0 {
		delay = q.seconds("DelaySeconds", 0)
	}
	sent := q.add(m, delay)
	out := &sqs.SendMessageOutput{MessageId: &sent.id, MD5OfMessageBody: bodyMD5(m.body), MD5OfMessageAttributes: attributesMD5(m.attributes)}
	if sent.sequence != "" {
		out.SequenceNumber = &sent.sequence
	}
	return out, nil
}

func (c *call) sendMessageBatch(in *sqs.SendMessageBatchInput) (*sqs.SendMessageBatchOutput, error) {
	q, err := c.queue(in.QueueUrl, "sqs:SendMessage")
	if err != nil {
		return nil, err
	}
	out := &sqs.SendMessageBatchOutput{Successful: []types.SendMessageBatchResultEntry{}, Failed: []types.BatchResultErrorEntry{}}
	out.Failed, err = batch(in.Entries, func(e *types.SendMessageBatchRequestEntry) *string { return e.Id }, func(e *types.SendMessageBatchRequestEntry) error {
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
	switch {
	case len(entries) == 0:
		return nil, &apiError{code: "AWS.SimpleQueueService.EmptyBatchRequest", kind: sqsKind + "EmptyBatchRequest",
			message: "There should be at least one entry in the request."}
	case len(entries) > 10:
		return nil, &apiError{code: "AWS.SimpleQueueService.TooManyEntriesInBatchRequest", kind: sqsKind + "TooManyEntriesInBatchRequest",
			message: "Maximum number of entries per request are 10. You have sent " + strconv.Itoa(len(entries)) + "."}
	}
	seen := map[string]bool{}
	for i := range entries {
		name := aws.ToString(id(&entries[i]))
		if seen[name] {
			return nil, &apiError{code: "AWS.SimpleQueueService.BatchEntryIdsNotDistinct", kind: sqsKind + "BatchEntryIdsNotDistinct",
				message: "Id " + name + " repeated."}
		}
		seen[name] = true
	}
	failed := []types.BatchResultErrorEntry{}
	for i := range entries {
		err := do(&entries[i])
		refused := (*apiError)(nil)
		switch {
		case errors.As(err, &refused):
			failed = append(failed, types.BatchResultErrorEntry{Id: id(&entries[i]), Code: &refused.code, Message: &refused.message, SenderFault: true})
		case err != nil:
			return nil, err
		}
	}
	return failed, nil
}

// receiveInput tells a timeout of zero from none, unlike the SDK's type.
type receiveInput struct {
	QueueUrl                    *string
	AttributeNames              []string
	MessageSystemAttributeNames []string
	MessageAttributeNames       []string
	MaxNumberOfMessages         *int32
	VisibilityTimeout           *int32
	WaitTimeSeconds             *int32
}

const pollEvery = 20 * time.Millisecond

func (c *call) receiveMessage(in *receiveInput) (*sqs.ReceiveMessageOutput, error) {
	q, err := c.queue(in.QueueUrl, "sqs:ReceiveMessage")
	if err != nil {
		return nil, err
	}
	n := 1
	if in.MaxNumberOfMessages != nil {
		n = int(*in.MaxNumberOfMessages)
	}
	if n < 1 || n > 10 {
		return nil, invalid("InvalidParameterValue", "Value %d for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided.", n)
	}
	hidden := orSeconds(in.VisibilityTimeout, q.seconds("VisibilityTimeout", *defaults.VisibilityTimeout))
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
			q.hide(m.handle, 0)
			return nil, err
		}
		out.Messages = append(out.Messages, m.shown(append(in.AttributeNames, in.MessageSystemAttributeNames...), in.MessageAttributeNames))
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
func (m message) shown(system, attributes []string) types.Message {
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
		if asked(system, name) {
			if out.Attributes == nil {
				out.Attributes = map[string]string{}
			}
			out.Attributes[name] = value
		}
	}
	for name, value := range m.attributes {
		if asked(attributes, name) {
			if out.MessageAttributes == nil {
				out.MessageAttributes = map[string]types.MessageAttributeValue{}
			}
			out.MessageAttributes[name] = value
		}
	}
	out.MD5OfMessageAttributes = attributesMD5(out.MessageAttributes)
	return out
}

// asked reports whether names have the name, All, or a prefix of it like order.*.
func asked(names []string, name string) bool {
	return slices.ContainsFunc(names, func(n string) bool {
		prefix, pattern := strings.CutSuffix(n, ".*")
		return n == name || n == "All" || pattern && strings.HasPrefix(name, prefix+".")
	})
}

func (c *call) deleteMessage(in *sqs.DeleteMessageInput) (*sqs.DeleteMessageOutput, error) {
	q, err := c.queue(in.QueueUrl, "sqs:DeleteMessage")
	if err != nil {
		return nil, err
	}
	return &sqs.DeleteMessageOutput{}, q.deleteBy(in.ReceiptHandle)
}

func (q *queue) deleteBy(handle *string) error {
	if !strings.Contains(aws.ToString(handle), "/") {
		return &apiError{code: "ReceiptHandleIsInvalid", kind: sqsKind + "ReceiptHandleIsInvalid",
			message: "The input receipt handle \"" + aws.ToString(handle) + "\" is not a valid receipt handle."}
	}
	q.remove(*handle)
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

func (q *queue) hideBy(handle *string, n int32) error {
	if !q.hide(aws.ToString(handle), time.Duration(n)*time.Second) {
		return &apiError{code: "AWS.SimpleQueueService.MessageNotInflight", kind: sqsKind + "MessageNotInflight",
			message: "The message referred to isn't in flight."}
	}
	return nil
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
	q.drain()
	return &sqs.PurgeQueueOutput{}, nil
}

// startMessageMoveTask moves all messages of a dead-letter queue back at once.
// What SQS asks KMS for is what its page on redrive says.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html
func (c *call) startMessageMoveTask(in *sqs.StartMessageMoveTaskInput) (*sqs.StartMessageMoveTaskOutput, error) {
	dead := c.world.queues[aws.ToString(in.SourceArn)]
	if dead == nil {
		return nil, &apiError{code: "ResourceNotFoundException", kind: sqsKind + "ResourceNotFoundException",
			message: "The resource that you specified for the SourceArn parameter doesn't exist."}
	}
	for _, action := range []string{"sqs:StartMessageMoveTask", "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"} {
		if err := c.mayUse(dead, action); err != nil {
			return nil, err
		}
	}
	var back *queue
	for _, q := range c.world.queues {
		if q.target == dead.ARN() {
			back = q
		}
	}
	if back == nil {
		return nil, invalid("InvalidParameterValue", "Source queue must be configured as a Dead Letter Queue.")
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
