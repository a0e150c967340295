package shared

import (
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"

	"example.com/shared-queue/address"
	"example.com/shared-queue/spec"
)

// QueueProps are the properties of a shared queue. QueueName, KeyAlias and
// Senders are required. For all other fields, nil or the zero value means the
// default.
type QueueProps struct {
	// QueueName is the queue's name: letters, digits, - and _, at most 76
	// characters. The name of a FIFO queue ends in .fifo, which counts. SQS
	// allows 80 characters; the dead-letter queue has the same name with -dlq
	// added. Another name makes new queues, and the old ones, with their messages,
	// leave the stack: with Destroy they are deleted.
	QueueName string

	// KeyAlias is the alias of the queue's key, without the prefix alias/:
	// letters, digits, /, _ and -, at most 250 characters. It cannot begin with
	// aws/, which is reserved for AWS. After a change, deploy the senders again: with
	// Destroy they are refused until then.
	KeyAlias string

	// Senders are the OUs whose principals may send, with all OUs below them:
	// one or more, all of one organization.
	Senders []address.Path

	// Services are AWS services that may send by themselves, for their resources in
	// the OUs: sns.amazonaws.com for topics, s3.amazonaws.com for buckets. It is not
	// proved that they tell KMS where the resource is; if they do not, they are
	// refused. Default: none.
	Services []string

	// FIFO makes the queue and its dead-letter queue first-in-first-out (FIFO)
	// queues. A change makes new queues, and the old ones, with their messages, leave
	// the stack: with Destroy they are deleted. Default: standard queues.
	FIFO bool

	// ContentBasedDeduplication uses the SHA-256 hash of a message's body as its
	// deduplication id if the sender gives none. Only for FIFO queues. Default:
	// off.
	ContentBasedDeduplication bool

	// HighThroughput deduplicates messages, and limits their number, in each message
	// group by itself. A group has at most 300 messages a second, 3,000 in batches;
	// the queue has as many as its Region allows, with messages in many groups. Only
	// for FIFO queues. Default: off.
	HighThroughput bool

	// VisibilityTimeout is how long a received message is hidden from other
	// receivers, in the dead-letter queue too: 0 to 12 hours, in whole seconds.
	// Default: 30 seconds.
	VisibilityTimeout *time.Duration

	// ReceiveWaitTime is how long a request to receive waits for a message, in the
	// dead-letter queue too, unless it says so itself: 0 to 20 seconds, in whole
	// seconds. More than 0 is long polling, which makes fewer empty and so fewer
	// paid requests. Default: 0, short polling.
	ReceiveWaitTime *time.Duration

	// DeliveryDelay is how long a new message is hidden before anybody can receive
	// it: 0 to 15 minutes, in whole seconds. Default: 0.
	DeliveryDelay *time.Duration

	// MaxMessageSize is the size of the largest message, with its attributes: 1024
	// to 1048576 bytes (1 KiB to 1 MiB). SQS refuses a larger one. Default: 1048576.
	MaxMessageSize *int

	// Retention is the retention period, how long the queue keeps a message: 1
	// minute to 14 days, in whole seconds. It is longer than DeliveryDelay and
	// VisibilityTimeout together, as what fails would never come back. The dead-letter
	// queue always keeps messages for 14 days; in a standard queue that includes the
	// time before a message moved there. When it is made shorter, SQS deletes what is
	// older, within minutes. Default: 4 days.
	Retention *time.Duration

	// DataKeyReuse is the data key reuse period, how long SQS uses a data key
	// before it calls KMS again: 1 minute to 24 hours, in whole seconds. A
	// principal that leaves the OU may be able to send for this long. A shorter
	// period costs more KMS requests. Default: 5 minutes.
	DataKeyReuse *time.Duration

	// MaxReceiveCount is how many times a message is received before SQS moves
	// it to the dead-letter queue: 1 to 1000. If a message may expire before that,
	// synthesis warns. Default: 10.
	MaxReceiveCount *int

	// RemovalPolicy is what happens to queue, dead-letter queue, key and alias
	// when they leave the stack: Retain or Destroy. With Destroy, deleting the stack, or
	// a change that makes new queues, deletes the old ones with all their messages.
	// Default: Retain.
	RemovalPolicy RemovalPolicy

	// KeyPendingWindow is how many days a deleted key can still be restored: 7 to 30.
	// Default: 30.
	KeyPendingWindow *int

	// OrgPathsOnQueue requires the senders' OU in the queue's policy too, not
	// only in the key's. AWS's pages disagree on whether SQS accepts
	// aws:PrincipalOrgPaths. If it does not, the deployment fails and changes
	// nothing. Default: off.
	OrgPathsOnQueue bool

	// SenderMayAlso are what senders may do in addition: sqs:GetQueueUrl,
	// sqs:GetQueueAttributes or both, for client libraries that look a queue up
	// before they send. The key has no part in it, so the whole organization may do
	// it; with OrgPathsOnQueue, only the OUs. Default: none.
	SenderMayAlso []string

	// Key is a key that NewKey has made in the same stack, for several queues: a *Key.
	// The queue adds its statements to the key's policy, at most 32,768 bytes for all
	// queues together. KeyAlias is an alias that the queue has of it. Another key needs
	// care for messages that wait: see docs/operations.md. Default: a key of its own.
	Key spec.SharedKey
}

// RemovalPolicy is Retain or Destroy.
type RemovalPolicy = spec.RemovalPolicy

const (
	// Retain leaves queue, dead-letter queue, key and alias in the account, with
	// all messages.
	Retain = spec.Retain
	// Destroy deletes them: messages at once, the key after its waiting period, which
	// is KeyPendingWindow.
	Destroy = spec.Destroy
)

// Roles are the IAM roles of the shared account that work with the messages, by
// ARN. They must exist before the stack is deployed.
type Roles struct {
	// Consumers are the roles that receive and delete messages. Default: none.
	Consumers []string

	// DeadLetterConsumers are the roles that receive and delete dead letters. A
	// role may be a consumer or an operator too. Default: none.
	DeadLetterConsumers []string

	// Operators are the roles that redrive messages, moving them from the
	// dead-letter queue back to the queue. An operator cannot be a consumer too:
	// consumers are denied sending, and a redrive sends. Default: none.
	Operators []string
}

// Alarms are the properties of the alarms on a shared queue.
type Alarms struct {
	// MaxAge raises an alarm when the oldest message in the queue is older: 1
	// minute or more, in whole seconds, and less than the queue's retention
	// period. Default: 15 minutes, or half the retention period if that is less.
	MaxAge *time.Duration

	// TopicARN is the ARN of an SNS topic that is notified of an alarm and of
	// recovery. It must be in the queue's Region. The policy of a topic of another
	// account must let cloudwatch.amazonaws.com publish for the alarms of the
	// queue's account (aws:SourceAccount), and the key policy of an encrypted topic
	// must let it use the key. Default: none.
	TopicARN string
}

// StackProps are the properties of the shared account's stack.
type StackProps struct {
	awscdk.StackProps // Env, with account and Region, is required
	Queue             QueueProps
	Roles             Roles
	Alarms            Alarms
}
