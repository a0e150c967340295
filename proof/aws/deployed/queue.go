package deployed

import (
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"example.com/shared-queue/address"
	"example.com/shared-queue/proof/world"
)

// shared reads a queue and all that belongs to it.
func (r *reader) shared(q address.Queue) {
	read := r.queue(q)
	dead := r.queue(q.DeadLetter())
	if read != nil && read.DeadLetter != q.DeadLetter().ARN() && read.DeadLetter != "" {
		if other, err := parseQueue(read.DeadLetter); err != nil {
			r.unknown(read.DeadLetter, err)
		} else {
			r.keyOf(r.queue(other))
		}
	}
	r.keyOf(read)
	r.keyOf(dead)
	if q.Alias != "" {
		r.aliased(q.Region, q.Account, q.KeyAliasARN())
	}
}

func parseQueue(text string) (address.Queue, error) {
	parsed, err := arn.Parse(text)
	if err != nil || parsed.Service != "sqs" {
		return address.Queue{}, because("it is no ARN of a queue")
	}
	return address.Queue{Region: address.Region(parsed.Region), Account: parsed.AccountID, Name: parsed.Resource}, nil
}

// queue reads one queue, nil if it cannot.
func (r *reader) queue(at address.Queue) *world.Queue {
	if known := r.world.Queue(at.ARN()); known != nil {
		return known
	}
	attributes, err := r.attributes(at)
	if err != nil {
		r.unknown(at.ARN(), err)
		return nil
	}
	q := &world.Queue{ARN: at.ARN(), Account: at.Account, Region: at.Region, Name: at.Name,
		Key: attributes["KmsMasterKeyId"], Attributes: properties(at, attributes)}
	if text := attributes["Policy"]; text != "" {
		if q.Policy, err = document("queue policy of "+q.ARN, text); err != nil {
			r.unknown("queue policy of "+q.ARN, err)
			return nil
		}
	}
	redrive, _ := q.Attributes["RedrivePolicy"].(map[string]any)
	q.DeadLetter, _ = redrive["deadLetterTargetArn"].(string)
	allow, _ := q.Attributes["RedriveAllowPolicy"].(map[string]any)
	q.AnySource = allow["redrivePermission"] == nil || allow["redrivePermission"] == "allowAll"
	for _, source := range world.List(allow["sourceQueueArns"]) {
		q.Sources = append(q.Sources, fmt.Sprint(source))
	}
	r.world.Queues = append(r.world.Queues, q)
	return q
}

func (r *reader) attributes(at address.Queue) (map[string]string, error) {
	config, err := r.profile(at.Account)
	if err != nil {
		return nil, err
	}
	client := sqs.NewFromConfig(config, func(o *sqs.Options) {
		o.Region, o.BaseEndpoint = string(at.Region), r.endpoint(o.BaseEndpoint)
	})
	out, err := client.GetQueueAttributes(r.ctx, &sqs.GetQueueAttributesInput{
		QueueUrl: aws.String(at.URL()), AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameAll},
	})
	if err != nil {
		return nil, err
	}
	if is := out.Attributes["QueueArn"]; is != at.ARN() {
		return nil, because("AWS answered for the queue %q", is)
	}
	return out.Attributes, nil
}

// properties are a queue's attributes as CloudFormation has them, but for its
// policy, which is a resource of its own there.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sqs-queue.html
func properties(at address.Queue, attributes map[string]string) map[string]any {
	all := map[string]any{"QueueName": at.Name}
	for name, text := range attributes {
		switch name {
		case "KmsMasterKeyId", "DeduplicationScope", "FifoThroughputLimit":
			all[name] = text
		case "RedrivePolicy", "RedriveAllowPolicy", "FifoQueue", "ContentBasedDeduplication", "SqsManagedSseEnabled":
			var value any
			if json.Unmarshal([]byte(text), &value) == nil {
				all[name] = value
			}
		case "DelaySeconds", "MaximumMessageSize", "MessageRetentionPeriod", "ReceiveMessageWaitTimeSeconds",
			"VisibilityTimeout", "KmsDataKeyReusePeriodSeconds":
			if number, err := strconv.ParseFloat(text, 64); err == nil {
				all[name] = number
			}
		}
	}
	return all
}
