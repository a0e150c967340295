package shared

import (
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"

	"example.com/shared-queue/address"
	"example.com/shared-queue/spec"
)

// QueueProps says what a shared queue is like. QueueName, KeyAlias and Senders
// are required; nil or the zero value of any other field means its default.
type QueueProps struct {
	// QueueName is the queue's name: letters, digits, - and _, at most 76
	// characters. A FIFO queue's name ends in .fifo, which counts. SQS allows 80;
	// the dead-letter queue has the same name with -dlq added.
	QueueName string

	// KeyAlias is the alias of the queue's key, without the prefix alias/: letters,
	// digits, /, _ and -, at most 250 characters, not beginning with aws/, which is
	// AWS's own.
	KeyAlias string

	// Senders are the OUs whose principals may send, with all OUs below them: one
	// or more, of one organization.
	Senders []address.Path

	// FIFO makes the queue and its dead-letter queue first-in-first-out (FIFO).
	// Default: a standard queue.
	FIFO bool

	// ContentBasedDeduplication takes the SHA-256 hash of a message's body as its
	// deduplication id if the sender gives none. FIFO queues only. Default: off.
	ContentBasedDeduplication bool

	// VisibilityTimeout is how long a received message is hidden from other
	// receivers: 0 to 12 hours, in whole seconds. Default: 30 seconds.
	VisibilityTimeout *time.Duration

	// Retention is the retention period, how long the queue keeps a message: 1
	// minute to 14 days, in whole seconds. The dead-letter queue always keeps 14
	// days, since a message's age goes on counting there. Default: 4 days.
	Retention *time.Duration

	// DataKeyReuse is how long SQS uses a data key before it asks KMS again: 1
	// minute to 24 hours, in whole seconds. A principal that leaves the OU may be
	// able to send for this long. A shorter period costs more KMS requests.
	// Default: 5 minutes.
	DataKeyReuse *time.Duration

	// MaxReceiveCount is how often a message is received before SQS moves it to the
	// dead-letter queue: 1 to 1000 times. Default: 10.
	MaxReceiveCount *int

	// RemovalPolicy is what becomes of queue, dead-letter queue, key and alias when
	// they leave the stack: Retain or Destroy. Default: Retain.
	RemovalPolicy RemovalPolicy

	// OrgPathsOnQueue asks for the senders' OU in the queue's policy too, not only
	// in the key's. AWS's pages disagree on whether SQS accepts
	// aws:PrincipalOrgPaths; if it does not, the deployment fails and changes
	// nothing. Default: off.
	OrgPathsOnQueue bool
}

// RemovalPolicy is Retain or Destroy.
type RemovalPolicy = spec.RemovalPolicy

const (
	// Retain leaves queue, dead-letter queue, key and alias in the account, with
	// all messages.
	Retain = spec.Retain
	// Destroy deletes them: messages at once, the key after its waiting period of
	// 30 days.
	Destroy = spec.Destroy
)

// Roles are the IAM roles of the shared account that work with the messages, by
// ARN. They must exist when the stack is deployed.
type Roles struct {
	// Consumers are roles that receive and delete messages. Default: none.
	Consumers []string

	// Operators are roles that redrive messages: they move them from the
	// dead-letter queue back to the queue. No role can be a consumer too:
	// consumers are denied to send, and a redrive sends. Default: none.
	Operators []string
}

// Alarms says when an alarm is raised and who is notified.
type Alarms struct {
	// MaxAge is the age of the oldest message over which there is an alarm: 1
	// minute or more, in whole seconds, and less than the queue's retention period.
	// Default: 15 minutes.
	MaxAge *time.Duration

	// TopicARN is the SNS topic that is notified of an alarm and of recovery, of
	// the queue's account and Region. The key policy of an encrypted topic must let
	// CloudWatch use the key. Default: none.
	TopicARN string
}

// StackProps says what the shared account's stack is like.
type StackProps struct {
	awscdk.StackProps // Env, with account and Region, is required
	Queue             QueueProps
	Roles             Roles
	Alarms            Alarms
}
