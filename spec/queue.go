// Package spec holds what is decided before anything is built: the queue, the
// roles that work with it, the alarms, a publisher's role. Each has one Check,
// by the rules of AWS, and one way to its defaults. The package does not import
// CDK. Packages shared and publisher build what it says, and document each
// field.
//
// The tag setting:"required" marks fields with no default.
package spec

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"example.com/shared-queue/address"
	"example.com/shared-queue/internal/problem"
	"example.com/shared-queue/policy"
)

// Queue has the fields of shared.QueueProps, which documents them.
type Queue struct {
	QueueName string         `setting:"required"`
	KeyAlias  string         `setting:"required"`
	Senders   []address.Path `setting:"required"`
	Services  []string

	FIFO                      bool
	ContentBasedDeduplication bool
	HighThroughput            bool
	VisibilityTimeout         *time.Duration
	ReceiveWaitTime           *time.Duration
	DeliveryDelay             *time.Duration
	MaxMessageSize            *int
	Retention                 *time.Duration
	DataKeyReuse              *time.Duration
	MaxReceiveCount           *int
	RemovalPolicy             RemovalPolicy
	KeyPendingWindow          *int
	OrgPathsOnQueue           bool
	SenderMayAlso             []string
	Key                       SharedKey
}

// RemovalPolicy says what happens to a queue, its dead-letter queue and their
// key when they leave the stack: Retain or Destroy.
type RemovalPolicy string

const (
	// Retain leaves them in the account, with all messages.
	Retain RemovalPolicy = "retain"
	// Destroy deletes them: messages at once, the key after its waiting period,
	// which is KeyPendingWindow.
	Destroy RemovalPolicy = "destroy"
)

// DeadLetterRetention is how long a dead-letter queue keeps messages: the
// longest that SQS allows. In a standard queue a message keeps its first
// enqueue time when it moves there.
const DeadLetterRetention = maxRetention

// Limits of AWS.
const (
	// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
	maxRetention = 14 * 24 * time.Hour

	maxKeyPolicy   = 32_768 // bytes
	maxQueuePolicy = 8_192  // bytes
)

// WithDefaults is q with the default of each optional field that is not set.
// These are the defaults of SQS and KMS, except for MaxReceiveCount, which is that
// of the SQS console, and RemovalPolicy.
func (q Queue) WithDefaults() Queue {
	q.VisibilityTimeout = or(q.VisibilityTimeout, 30*time.Second)
	q.DeliveryDelay = or(q.DeliveryDelay, 0)
	q.KeyPendingWindow = or(q.KeyPendingWindow, 30)
	q.Retention = or(q.Retention, 4*24*time.Hour)
	q.DataKeyReuse = or(q.DataKeyReuse, 5*time.Minute)
	q.MaxReceiveCount = or(q.MaxReceiveCount, 10)
	if q.RemovalPolicy == "" {
		q.RemovalPolicy = Retain
	}
	return q
}

func or[T any](value *T, otherwise T) *T {
	if value == nil {
		return &otherwise
	}
	return value
}

// At is the queue's address in an account and Region.
func (q Queue) At(account string, region address.Region) address.Queue {
	return address.Queue{Region: region, Account: account, Name: q.QueueName, Alias: q.KeyAlias}
}

// Check returns an error if the queue cannot be made in the account and Region,
// would lose every message, or would not be as described. It has a line for each
// wrong property: the value, what is allowed, and the cure. Unread names
// properties whose values are not known: nothing is said of them, and nothing is
// concluded from them.
func (q Queue) Check(account string, region address.Region, unread ...string) error {
	var problems problem.List
	problems.Doubt(unread...)
	problems.Add("Region", region.Check())
	problems.Add("Account", address.CheckAccount(account))
	problems.Add("QueueName", address.CheckQueueName(q.QueueName))
	problems.Add("KeyAlias", address.CheckKeyAlias(q.KeyAlias))
	if err := q.checkFIFO(); err != nil {
		problems.Relate(err, "QueueName", "FIFO")
		problems.Doubt("FIFO")
	}
	problems.Add("Senders", CheckSenders(q.Senders))
	problems.Add("Services", q.checkServices())
	for i, service := range q.Services {
		problems.Relate(q.checkS3(service), fmt.Sprintf("Services[%d]", i), "FIFO")
	}
	problems.Relate(q.checkOnlyFIFO(q.ContentBasedDeduplication), "ContentBasedDeduplication", "FIFO")
	problems.Relate(q.checkOnlyFIFO(q.HighThroughput), "HighThroughput", "FIFO")
	q.checkTimes(&problems)
	checkSeconds(&problems, "ReceiveWaitTime", q.ReceiveWaitTime)
	checkCount(&problems, "MaxMessageSize", q.MaxMessageSize)
	checkSeconds(&problems, "DataKeyReuse", q.DataKeyReuse)
	checkCount(&problems, "MaxReceiveCount", q.MaxReceiveCount)
	problems.Add("RemovalPolicy", q.RemovalPolicy.check())
	checkCount(&problems, "KeyPendingWindow", q.KeyPendingWindow)
	problems.Add("SenderMayAlso", CheckSenderMayAlso(q.SenderMayAlso))
	// Policies are measured only if all that goes into them is right.
	known := problems.Sound("Senders", "Services", "SenderMayAlso", "OrgPathsOnQueue", "QueueName", "Region", "Account")
	if known {
		problems.Add("Senders", q.checkSizes(q.At(account, region)))
	}
	problems.Add("", q.checkKey(q.At(account, region), known))
	return problems.Err()
}

// Allowed is who may send, as the policies of queue and key have it.
func (q Queue) Allowed() policy.Senders {
	return policy.Senders{OUs: q.Senders, Services: q.Services, MayAlso: q.SenderMayAlso, OrgPathsOnQueue: q.OrgPathsOnQueue}
}

func (q Queue) checkFIFO() error {
	switch named := q.At("", "").FIFO(); {
	case named && !q.FIFO:
		return problem.New(q.QueueName, "a name that ends in .fifo for a FIFO queue only", "remove .fifo or set {FIFO} to true")
	case !named && q.FIFO:
		return problem.New(q.QueueName, "a name that ends in .fifo for a FIFO queue", "add .fifo or remove {FIFO}")
	}
	return nil
}

func (q Queue) checkOnlyFIFO(set bool) error {
	if !set || q.FIFO {
		return nil
	}
	return problem.New(true, "true with {FIFO} only", "make the queue a FIFO queue or remove this")
}

// lookUps are the actions by which client libraries look a queue up.
var lookUps = []string{"sqs:GetQueueAttributes", "sqs:GetQueueUrl"}

// CheckSenderMayAlso returns an error if senders cannot have the actions: if one
// is not among lookUps, or given twice. It has a line for each, like [1].
func CheckSenderMayAlso(actions []string) error {
	var problems problem.List
	for i, action := range actions {
		at := fmt.Sprintf("[%d]", i)
		switch earlier := slices.Index(actions, action); {
		case !slices.Contains(lookUps, action):
			problems.Add(at, problem.New(action, strings.Join(lookUps, " or "),
				RuleOf("SenderMayAlso").suggest(action, "remove it: senders can only look the queue up, and nobody outside may read or change it")))
		case earlier < i:
			problems.Add(at, problem.New(action, "each action once", fmt.Sprintf("remove it: it is {SenderMayAlso}[%d] again", earlier)))
		}
	}
	return problems.Err()
}

// s3 is the service principal of event notifications.
const s3 = "s3.amazonaws.com"

// services are those that send to queues of other accounts for a resource, and
// of which AWS says that they can tell KMS which resource that is.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html#compatibility-with-aws-services
var services = []string{s3, "sns.amazonaws.com"}

// checkServices refuses services that cannot send, or given twice. Its problems
// name the place in the list, like [1].
func (q Queue) checkServices() error {
	var problems problem.List
	for i, service := range q.Services {
		at := fmt.Sprintf("[%d]", i)
		switch earlier := slices.Index(q.Services, service); {
		case !slices.Contains(services, service):
			problems.Add(at, problem.New(service, strings.Join(services, " or "), RuleOf("Services").suggest(service, serviceCure(service))))
		case earlier < i:
			problems.Add(at, problem.New(service, "each service once", fmt.Sprintf("remove it: it is {Services}[%d] again", earlier)))
		}
	}
	return problems.Err()
}

func (q Queue) checkS3(service string) error {
	if service != s3 || !q.FIFO {
		return nil
	}
	return problem.New(service, "a standard queue for events of S3, which sends none to a FIFO queue", "remove it or {FIFO}")
}

func serviceCure(service string) string {
	switch service {
	case "events.amazonaws.com", "pipes.amazonaws.com", "scheduler.amazonaws.com":
		return "make a publisher that it may assume: a rule, pipe or schedule of another account sends as its execution role"
	}
	return "remove it, or make a publisher that it may assume, if it sends as a role"
}

// CheckSenders refuses an empty list, a zero Path, a path given twice, and paths
// that cannot be of one organization: see [Organizations]. Its problems name the
// place in the list, like [1].
func CheckSenders(paths []address.Path) error {
	var problems problem.List
	if len(paths) == 0 {
		problems.Add("", problem.New([]string{}, "one OU path or more", "name the OU that may send"))
	}
	first := map[address.Path]int{}
	organization := ""
	var organizations Organizations
	for i, p := range paths {
		at := fmt.Sprintf("[%d]", i)
		if p.IsZero() {
			_, err := address.ParsePath("")
			problems.Add(at, err)
			continue
		}
		if earlier, twice := first[p]; twice {
			problems.Add(at, problem.New(p.String(), "each path once", fmt.Sprintf("remove it: it is {Senders}[%d] again", earlier)))
			continue
		}
		first[p] = i
		if organization == "" {
			organization = p.Organization()
		}
		if p.Organization() != organization {
			problems.Add(at, problem.New(p.String(), "OUs of one organization, here "+organization,
				"give the other organization an environment of its own"))
			continue
		}
		problems.Add(at, organizations.Add(p))
	}
	return problems.Err()
}

// Organizations are what paths say of their organizations. The zero value knows
// none.
type Organizations struct {
	parents map[[2]string]string // by the ids of organization and OU, or by organization and "" its root
}

// Add learns what the path says. It returns an error if that is not what earlier
// paths said: an organization has one root, and an OU one parent.
func (o *Organizations) Add(p address.Path) error {
	if o.parents == nil {
		o.parents = map[[2]string]string{}
	}
	parent := func(id, is string) (was string, ok bool) {
		key := [2]string{p.Organization(), id}
		if o.parents[key] == "" {
			o.parents[key] = is
		}
		return o.parents[key], o.parents[key] == is
	}
	if root, ok := parent("", p.Root()); !ok {
		return problem.New(p.String(), "OUs under one root, here "+root+", as an organization has one", "look the path up again")
	}
	ids := strings.Split(p.String(), "/")
	for i, id := range ids[2:] {
		if other, ok := parent(id, ids[i+1]); !ok {
			return problem.New(p.String(), id+" under one parent, which is "+other+" in another path", "look both paths up again")
		}
	}
	return nil
}

func checkSeconds(problems *problem.List, property string, d *time.Duration) {
	rule := rules[property]
	lowest, highest := time.Duration(rule.Lowest)*time.Second, time.Duration(rule.Highest)*time.Second
	if d == nil || (*d >= lowest && *d <= highest && *d%time.Second == 0) {
		return
	}
	problems.Add(property, problem.New(problem.Duration(*d),
		fmt.Sprintf("whole seconds from %s to %s", problem.Duration(lowest), problem.Duration(highest)),
		"choose a duration in that range"))
}

func checkCount(problems *problem.List, property string, n *int) {
	rule := rules[property]
	if n == nil || (*n >= rule.Lowest && *n <= rule.Highest) {
		return
	}
	problems.Add(property, problem.New(*n, fmt.Sprintf("%d to %d", rule.Lowest, rule.Highest), "choose a number in that range"))
}

func (p RemovalPolicy) check() error {
	switch p {
	case "", Retain, Destroy:
		return nil
	}
	return problem.New(p, "{Retain} or {Destroy}", RuleOf("RemovalPolicy").suggest(string(p), "choose one; {Retain} loses nothing"))
}

func (q Queue) checkSizes(at address.Queue) error {
	sizes := []struct {
		what      string
		is, limit int
	}{
		{"key", policy.Key(at, q.Allowed()).Size(), maxKeyPolicy},
		{"queue", policy.Queue(at, q.Allowed()).Size(), maxQueuePolicy},
	}
	for _, s := range sizes {
		if s.is > s.limit {
			return problem.New(fmt.Sprintf("%d paths", len(q.Senders)),
				fmt.Sprintf("paths that keep the %s policy within %d bytes, it would have %d", s.what, s.limit, s.is),
				"name an OU further up or split the environment")
		}
	}
	return nil
}
