// Package address names things: a shared queue and its key, an organizational
// unit (OU) of an AWS Organization, the principals that may assume a role. All
// names are plain values that any account can write down. They hold no
// generated ids and no references to other stacks. The package does not import
// CDK.
package address

import (
	"fmt"
	"strings"

	"example.com/shared-queue/internal/problem"
)

// A Queue is the address of a shared queue and its key: all that another
// account needs to know to send.
type Queue struct {
	// Region is the Region of the queue and the key.
	Region Region

	// Account is the shared account, which owns both: 12 digits.
	Account string

	// Name is the queue's name: letters, digits, - and _, at most 76 characters.
	// The name of a FIFO queue ends in .fifo, which counts.
	Name string

	// Alias is the key's alias without its prefix alias/, at most 250
	// characters.
	Alias string
}

// ARN is the queue's ARN. SQS passes it to KMS as the encryption context
// aws:sqs:arn in each request for this queue. Public policies rely on that; no
// AWS page states it.
func (q Queue) ARN() string { return q.Region.ARN("sqs", q.Account, q.Name) }

// URL is the queue's URL, which API calls of SQS take.
// https://docs.aws.amazon.com/general/latest/gr/sqs-service.html
func (q Queue) URL() string { return "https://" + q.Host() + "/" + q.Account + "/" + q.Name }

// Host is the host of the SQS endpoint in the queue's Region.
func (q Queue) Host() string { return "sqs." + string(q.Region) + "." + q.Region.DNSSuffix() }

// ViaService is the value of kms:ViaService when SQS calls KMS for a principal.
// It ends in amazonaws.com in every partition, unlike the endpoint.
// https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-via-service
func (q Queue) ViaService() string { return "sqs." + string(q.Region) + ".amazonaws.com" }

// KeyAlias is the key's alias as KMS writes it, with the prefix alias/.
func (q Queue) KeyAlias() string { return aliasPrefix + q.Alias }

// KeyAliasARN is the ARN of the key's alias. It names the key in accounts that
// do not know the key's id.
func (q Queue) KeyAliasARN() string { return q.Region.ARN("kms", q.Account, q.KeyAlias()) }

// KeyARN is the ARN of the key with this id in the queue's account and Region.
// The id * matches every key there. An IAM policy that cannot know the id uses
// * and a condition on kms:ResourceAliases with KeyAlias.
func (q Queue) KeyARN(id string) string { return q.Region.ARN("kms", q.Account, "key/"+id) }

// DeadLetter is the address of the dead-letter queue. Region, account and key
// are the same; the name has -dlq added, before .fifo if it ends so.
func (q Queue) DeadLetter() Queue {
	base, fifo := strings.CutSuffix(q.Name, fifoSuffix)
	q.Name = base + deadLetterSuffix
	if fifo {
		q.Name += fifoSuffix
	}
	return q
}

// FIFO reports whether the name is that of a FIFO queue.
func (q Queue) FIFO() bool { return strings.HasSuffix(q.Name, fifoSuffix) }

const (
	fifoSuffix       = ".fifo" // required by SQS for FIFO queues
	deadLetterSuffix = "-dlq"  // added to make the name of the dead-letter queue
	aliasPrefix      = "alias/"

	// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html
	maxQueueName = 80
)

// Check returns an error if AWS would refuse q. It has a line for each wrong
// field: the value, what is allowed, and the cure.
func (q Queue) Check() error {
	var problems problem.List
	problems.Add("Region", q.Region.Check())
	problems.Add("Account", CheckAccount(q.Account))
	problems.Add("Name", CheckQueueName(q.Name))
	problems.Add("Alias", CheckKeyAlias(q.Alias))
	return problems.Err()
}

// CheckAccount returns an error if the account id is not 12 digits.
func CheckAccount(id string) error {
	if AccountID.Takes(id) {
		return nil
	}
	cure := "write all 12, leading zeros too, in quotes"
	if account, ok := accountIn(id); ok {
		cure = "write " + account
	}
	return problem.New(id, "an account id of 12 digits", cure)
}

// CheckQueueName returns an error if SQS would refuse the name for the queue,
// or with -dlq added for its dead-letter queue.
func CheckQueueName(name string) error {
	longest := QueueName.MaxLength
	switch {
	case !QueueName.Pattern.MatchString(name):
		return problem.New(name, "letters, digits, - and _",
			QueueName.Suggest("rename the queue", strings.TrimSpace(name), nameIn(name)))
	case len(name) > longest:
		return problem.New(name,
			fmt.Sprintf("at most %d characters, as the dead-letter queue adds %s and SQS takes %d", longest, deadLetterSuffix, maxQueueName),
			"shorten the name")
	}
	return nil
}

// CheckKeyAlias returns an error if KMS would refuse the alias, given without
// its prefix alias/, for a customer-managed key.
func CheckKeyAlias(alias string) error {
	switch {
	case strings.HasPrefix(alias, aliasPrefix):
		return problem.New(alias, "an alias without its prefix "+aliasPrefix, "remove "+aliasPrefix)
	case strings.HasPrefix(alias, "aws/"):
		return problem.New(alias, "an alias that does not begin with aws/, which is AWS's own", "choose another")
	case !KeyAlias.Pattern.MatchString(alias):
		return problem.New(alias, "letters, digits, /, _ and -",
			KeyAlias.Suggest("rename the alias", strings.TrimSpace(alias), nameIn(alias)))
	case len(alias) > KeyAlias.MaxLength:
		return problem.New(alias, fmt.Sprintf("at most %d characters", KeyAlias.MaxLength), "shorten the alias")
	}
	return nil
}
