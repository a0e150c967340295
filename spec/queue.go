// Package queuespec holds everything that is decided about a shared queue
// before it is deployed, and checks it against the rules of AWS. It imports no
// CDK; the construct in package shared builds what stands here.
package spec

import (
	"fmt"
	"time"

	"example.com/shared-queue/address"
	"example.com/shared-queue/internal/problem"
	"example.com/shared-queue/policy"
)

// Queue says what a shared queue is like. QueueName, KeyAlias and Senders are
// required; for the rest nil or the zero value means the default.
type Queue struct {
	// QueueName is the queue's physical name: letters, digits, - and _, at most
	// 76 characters. A FIFO queue's name ends in .fifo, which counts. SQS allows
	// 80; the dead-letter queue has the same name with -dlq added.
	QueueName string

	// KeyAlias is the alias of the queue's key without the prefix alias/:
	// letters, digits, /, _ and -, at most 250 characters, not beginning with
	// aws/, which is AWS's own.
	KeyAlias string

	// Senders are the OUs whose principals may send, with all OUs below them.
	// One or more, of one organization.
	Senders []address.Path

	// FIFO makes the queue and its dead-letter queue first in, first out.
	// Default: a standard queue.
	FIFO bool

	// ContentBasedDeduplication takes a message's SHA-256 for its deduplication
	// id if the sender gives none. FIFO queues only. Default: off.
	ContentBasedDeduplication bool

	// VisibilityTimeout is how long a message that was received is hidden from
	// other receivers: 0 to 12 hours, in whole seconds. Default: 30 seconds.
	VisibilityTimeout *time.Duration

	// Retention is how long the queue keeps a message: 1 minute to 14 days, in
	// whole seconds. Default: 4 days. The dead-letter queue always keeps 14 days,
	// since a message's age goes on counting there.
	Retention *time.Duration

	// DataKeyReuse is how long SQS uses a data key before it asks KMS again:
	// 1 minute to 24 hours, in whole seconds. Default: 5 minutes. A principal
	// that leaves the OU may be able to send for this long. Shorter costs more
	// KMS requests.
	DataKeyReuse *time.Duration

	// MaxReceiveCount is how often a message is received before it moves to the
	// dead-letter queue: 1 to 1,000. Default: 10.
	MaxReceiveCount *int

	// OrgPathsOnQueue asks for the senders' OU in the queue's policy too, not only
	// in the key's. Default: off, since AWS's pages disagree on whether SQS
	// accepts aws:PrincipalOrgPaths. Where it does not, the deployment fails.
	OrgPathsOnQueue bool

	// RemovalPolicy is what becomes of queue, dead-letter queue and key when they
	// leave the stack. Default: Retain.
	RemovalPolicy RemovalPolicy
}

// RemovalPolicy is Retain or Destroy.
type RemovalPolicy string

// What becomes of a queue, its dead-letter queue and their key.
const (
	Retain  RemovalPolicy = "retain"  // they stay in the account, with all messages
	Destroy RemovalPolicy = "destroy" // they are deleted; the key after its waiting period of 30 days
)

// Ranges that AWS sets.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
const (
	maxVisibilityTimeout = 12 * time.Hour
	minRetention         = time.Minute
	maxRetention         = 14 * 24 * time.Hour
	minDataKeyReuse      = time.Minute
	maxDataKeyReuse      = 24 * time.Hour
	maxReceives          = 1000

	maxKeyPolicy   = 32_768 // bytes
	maxQueuePolicy = 8_192  // bytes
)

// DefaultMaxReceiveCount is what the SQS console offers.
const DefaultMaxReceiveCount = 10

// DefaultDataKeyReuse is what SQS does if nobody says otherwise.
const DefaultDataKeyReuse = 5 * time.Minute

// DefaultRetention is what SQS does if nobody says otherwise.
const DefaultRetention = 4 * 24 * time.Hour

// DeadLetterRetention is the longest that SQS allows.
const DeadLetterRetention = maxRetention

// CheckRetention reports a Retention that is out of range.
func (p Queue) CheckRetention() error { return checkSeconds(p.Retention, minRetention, maxRetention) }

// KeptFor is how long the queue keeps a message.
func (p Queue) KeptFor() time.Duration {
	if p.Retention == nil {
		return DefaultRetention
	}
	return *p.Retention
}

// Destroyed reports whether queue, dead-letter queue and key are deleted when
// they leave the stack.
func (p Queue) Destroyed() bool { return p.RemovalPolicy == Destroy }

// CheckRemovalPolicy reports what is neither Retain nor Destroy.
func CheckRemovalPolicy(r RemovalPolicy) error {
	if r == Retain || r == Destroy {
		return nil
	}
	return problem.New(r, `"retain" or "destroy"`, "choose one; retain loses nothing")
}

// At is the queue's address in an account and Region.
func (p Queue) At(account string, region address.Region) address.Queue {
	return address.Queue{Region: region, Account: account, Name: p.QueueName, Alias: p.KeyAlias}
}

// Check reports everything in p that AWS would refuse or that would not hold,
// for a queue in the account and Region. The error has a line for each
// property, with the value, what is allowed and the cure.
func (p Queue) Check(account string, region address.Region) error {
	var problems problem.List
	q := p.At(account, region)
	problems.Add("", q.Check())
	problems.Add("queueName", p.checkFIFO(q))
	problems.Add("senders", address.CheckSenders(p.Senders))
	if p.ContentBasedDeduplication && !p.FIFO {
		problems.Add("contentBasedDeduplication", problem.New(true, "true with fifo only",
			"make the queue a FIFO queue or remove this"))
	}
	problems.Add("visibilityTimeout", checkSeconds(p.VisibilityTimeout, 0, maxVisibilityTimeout))
	problems.Add("retention", p.CheckRetention())
	problems.Add("dataKeyReuse", checkSeconds(p.DataKeyReuse, minDataKeyReuse, maxDataKeyReuse))
	if n := p.MaxReceiveCount; n != nil && (*n < 1 || *n > maxReceives) {
		problems.Add("maxReceiveCount", problem.New(*n, "1 to 1000", "choose a number of tries in that range"))
	}
	if p.RemovalPolicy != "" {
		problems.Add("removalPolicy", CheckRemovalPolicy(p.RemovalPolicy))
	}
	if len(problems) == 0 {
		// Only what is right so far has policies whose size means anything.
		problems.Add("senders", p.checkSizes(q))
	}
	return problems.Err()
}

func (p Queue) checkFIFO(q address.Queue) error {
	switch {
	case q.FIFO() && !p.FIFO:
		return problem.New(q.Name, "a name that ends in .fifo for a FIFO queue only", `remove .fifo or set "fifo": true`)
	case !q.FIFO() && p.FIFO:
		return problem.New(q.Name, "a name that ends in .fifo for a FIFO queue", `add .fifo or remove "fifo"`)
	}
	return nil
}

func checkSeconds(d *time.Duration, lowest, highest time.Duration) error {
	if d == nil || (*d >= lowest && *d <= highest && *d%time.Second == 0) {
		return nil
	}
	return problem.New(problem.Duration(*d), fmt.Sprintf("whole seconds from %s to %s", problem.Duration(lowest), problem.Duration(highest)),
		"choose a duration in that range")
}

func (p Queue) checkSizes(q address.Queue) error {
	sizes := []struct {
		what      string
		is, limit int
	}{
		{"key", policy.Key(q, p.Senders).Size(), maxKeyPolicy},
		{"queue", policy.Queue(q, p.Senders, p.OrgPathsOnQueue).Size(), maxQueuePolicy},
	}
	for _, s := range sizes {
		if s.is > s.limit {
			return problem.New(fmt.Sprintf("%d paths", len(p.Senders)),
				fmt.Sprintf("paths that keep the %s policy within %d bytes, it would have %d", s.what, s.limit, s.is),
				"name an OU further up or split the environment")
		}
	}
	return nil
}
