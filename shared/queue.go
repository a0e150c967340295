// Package shared builds the side of the shared account: an encrypted SQS queue
// that principals of organizational units (OUs) may send to, from any account.
//
// [NewQueue] is the construct, for any CDK app. [NewStack] is the stack of this
// app. Package policy writes the policies.
package shared

import (
	"fmt"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"example.com/shared-queue/address"
	"example.com/shared-queue/internal/cdk"
	"example.com/shared-queue/internal/problem"
	"example.com/shared-queue/policy"
	"example.com/shared-queue/spec"
)

// A Queue is a shared queue: an SQS queue, its dead-letter queue, and the
// customer-managed KMS key that encrypts both, and other queues too if it was made by
// [NewKey].
//
// Queue and DeadLetterQueue are for CDK's own constructs. They do not tell CDK of
// their key (their EncryptionMasterKey is nil), so its grants are for the queues
// alone: with [Queue.GrantConsume], publisher.GrantSend or [Queue.Open] beside
// them they are whole. Key is for nothing else to be encrypted with.
//
// Synthesis fails if queue, key or their policies are not what the construct
// wrote, by whatever way they were changed, but for what was added by Open.
type Queue struct {
	constructs.Construct
	Queue             awssqs.Queue
	DeadLetterQueue   awssqs.Queue
	Key               awskms.Key
	Address           address.Queue // what other accounts need to know to send
	VisibilityTimeout time.Duration // of both queues, to read

	keyARN    *string
	sharesKey bool // with other queues
	grants    []granted
}

// NewQueue adds a shared queue to the scope. The scope's stack must have an
// explicit account and Region, as the policies name the queue by them. The
// error has a line for each wrong property; nothing is built then.
func NewQueue(scope constructs.Construct, id string, props *QueueProps) (*Queue, error) {
	if props == nil {
		props = &QueueProps{}
	}
	account, region, err := cdk.Env(awscdk.Stack_Of(scope))
	if err != nil {
		return nil, fmt.Errorf("shared queue %s: %w", id, err)
	}
	queue := spec.Queue(*props)
	var problems problem.List
	problems.Add("Key", checkStack(scope, queue.Key))
	problems.Add("", queue.Check(account, region))
	if err := problems.Err(); err != nil {
		return nil, fmt.Errorf("shared queue %s: %w", id, err)
	}
	return newQueue(scope, id, queue, account, region), nil
}

// newQueue builds a queue that has been checked.
func newQueue(scope constructs.Construct, id string, props spec.Queue, account string, region address.Region) *Queue {
	at, resolved := props.At(account, region), props.WithDefaults()
	removal := removalOf(resolved.RemovalPolicy)

	q := &Queue{Address: at, VisibilityTimeout: *resolved.VisibilityTimeout}
	constructs.NewConstruct_Override(q, scope, &id)
	cdk.Say(q, props.Notes())
	if key, shares := props.Key.(*Key); shares {
		q.Key, q.sharesKey = key.Key, true
		key.use(at, props.Allowed())
	} else {
		q.Key = newKey(q, "Encrypts the queue "+at.Name+" and its dead-letter queue", props.KeyPendingWindow, removal)
		addKeyPolicy(q.Key, policy.UseKey(at, props.Allowed()))
	}
	q.keyARN = q.Key.KeyArn()
	// Not a child of the key, so that it can move to another key. It is retained
	// with the key: senders' policies name the key by it.
	awskms.NewAlias(q, jsii.String("KeyAlias"), &awskms.AliasProps{
		AliasName:     jsii.String(at.KeyAlias()),
		TargetKey:     q.Key,
		RemovalPolicy: removal,
	})

	deadLetter := at.DeadLetter()
	q.DeadLetterQueue = awssqs.NewQueue(q, jsii.String("DeadLetterQueue"), &awssqs.QueueProps{
		QueueName: jsii.String(deadLetter.Name),
		Fifo:      ifSet(props.FIFO),
		// As the queue, whose deduplication ids a dead letter keeps: two messages of
		// two groups may have the same.
		DeduplicationScope:     deduplicationScope(props.HighThroughput),
		FifoThroughputLimit:    throughputLimit(props.HighThroughput),
		VisibilityTimeout:      duration(props.VisibilityTimeout),
		ReceiveMessageWaitTime: duration(props.ReceiveWaitTime),
		RetentionPeriod:        duration(new(spec.DeadLetterRetention)),
		RedriveAllowPolicy: &awssqs.RedriveAllowPolicy{
			RedrivePermission: awssqs.RedrivePermission_BY_QUEUE,
			// By ARN: a reference to the queue would be a cycle.
			SourceQueues: &[]awssqs.IQueue{awssqs.Queue_FromQueueArn(q, jsii.String("Source"), jsii.String(at.ARN()))},
		},
		RemovalPolicy: removal,
	})
	q.encrypt(q.DeadLetterQueue, props)
	addPolicy(q.DeadLetterQueue, policy.DeadLetterQueue(at))

	q.Queue = awssqs.NewQueue(q, jsii.String("Queue"), &awssqs.QueueProps{
		QueueName:                 jsii.String(at.Name),
		Fifo:                      ifSet(props.FIFO),
		ContentBasedDeduplication: ifSet(props.ContentBasedDeduplication),
		DeduplicationScope:        deduplicationScope(props.HighThroughput),
		FifoThroughputLimit:       throughputLimit(props.HighThroughput),
		VisibilityTimeout:         duration(props.VisibilityTimeout),
		ReceiveMessageWaitTime:    duration(props.ReceiveWaitTime),
		DeliveryDelay:             duration(props.DeliveryDelay),
		MaxMessageSizeBytes:       number(props.MaxMessageSize),
		RetentionPeriod:           duration(props.Retention),
		DeadLetterQueue: &awssqs.DeadLetterQueue{
			Queue:           q.DeadLetterQueue,
			MaxReceiveCount: jsii.Number(*resolved.MaxReceiveCount),
		},
		RemovalPolicy: removal,
	})
	q.encrypt(q.Queue, props)
	addPolicy(q.Queue, policy.Queue(at, props.Allowed()))
	q.verify(props)
	return q
}

// encrypt sets the key of a queue where CDK's constructs do not see it. Where they
// do, they let whoever they are for use it for any purpose.
func (q *Queue) encrypt(queue awssqs.Queue, props spec.Queue) {
	resource := queue.Node().DefaultChild().(awssqs.CfnQueue)
	resource.SetKmsMasterKeyId(q.keyARN)
	if props.DataKeyReuse != nil {
		resource.SetKmsDataKeyReusePeriodSeconds(jsii.Number(props.DataKeyReuse.Seconds()))
	}
}

func addPolicy(queue awssqs.Queue, document policy.Document) {
	for _, s := range document {
		queue.AddToResourcePolicy(cdk.Statement(s))
	}
}

// ifSet leaves a property out of the template unless it is true.
func ifSet(b bool) *bool {
	if b {
		return &b
	}
	return nil
}

// deduplicationScope and throughputLimit together are what SQS calls high
// throughput.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/enable-high-throughput-fifo.html
func deduplicationScope(highThroughput bool) awssqs.DeduplicationScope {
	if highThroughput {
		return awssqs.DeduplicationScope_MESSAGE_GROUP
	}
	return ""
}

func throughputLimit(highThroughput bool) awssqs.FifoThroughputLimit {
	if highThroughput {
		return awssqs.FifoThroughputLimit_PER_MESSAGE_GROUP_ID
	}
	return ""
}

// number is n for CDK; nil leaves the property out of the template.
func number(n *int) *float64 {
	if n == nil {
		return nil
	}
	return jsii.Number(*n)
}

// days is n days for CDK; nil leaves the property out of the template.
func days(n *int) awscdk.Duration {
	if n == nil {
		return nil
	}
	return awscdk.Duration_Days(jsii.Number(*n))
}

// duration is d for CDK; nil leaves the property out of the template.
func duration(d *time.Duration) awscdk.Duration {
	if d == nil {
		return nil
	}
	return awscdk.Duration_Seconds(jsii.Number(d.Seconds()))
}
