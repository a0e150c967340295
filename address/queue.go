// Package address has the names of things: a shared queue and its key, the place
// of an organizational unit in its organization, the principals that may assume
// a role. All are plain values that any account can write down: no key id to
// copy, no reference to another stack, no CDK.
package address

import (
	"fmt"
	"regexp"
	"strings"

	"example.com/shared-queue/internal/problem"
)

// A Queue is where a shared queue is found, and which key encrypts it.
type Queue struct {
	// Region is the Region of queue and key.
	Region Region

	// Account is the shared account, which owns both: 12 digits.
	Account string

	// Name is the queue's name: letters, digits, - and _, at most 76 characters,
	// with .fifo at the end of a FIFO queue's.
	Name string

	// Alias is the key's alias without its prefix alias/.
	Alias string
}

// ARN is the queue's ARN. SQS gives it to KMS as the encryption context
// aws:sqs:arn of each request for this queue.
func (q Queue) ARN() string { return q.Region.ARN("sqs", q.Account, q.Name) }

// URL is the queue's URL, as the SQS API takes it.
// https://docs.aws.amazon.com/general/latest/gr/sqs-service.html
func (q Queue) URL() string { return "https://" + q.Host() + "/" + q.Account + "/" + q.Name }

// Host is the host of the SQS endpoint in the queue's Region.
func (q Queue) Host() string { return "sqs." + string(q.Region) + "." + q.Region.dnsSuffix() }

// ViaService is the value of kms:ViaService in a request that SQS makes for a
// principal. It ends in amazonaws.com in every partition, unlike the endpoint.
// https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-via-service
func (q Queue) ViaService() string { return "sqs." + string(q.Region) + ".amazonaws.com" }

// KeyAlias is the key's alias as KMS writes it, with its prefix alias/.
func (q Queue) KeyAlias() string { return aliasPrefix + q.Alias }

// KeyAliasARN is the ARN of the key's alias. It names the key for an account
// that does not know the key's id.
func (q Queue) KeyAliasARN() string { return q.Region.ARN("kms", q.Account, q.KeyAlias()) }

// KeyARN is the ARN of the shared account's key with the id, in the queue's
// Region. With the id * it matches every key there: an IAM policy that cannot
// know the id narrows that by KeyAlias, in a condition on kms:ResourceAliases.
func (q Queue) KeyARN(id string) string { return q.Region.ARN("kms", q.Account, "key/"+id) }

// DeadLetter is the dead-letter queue: the same Region, account and key, and
// -dlq added to the name, before .fifo if the name ends so.
func (q Queue) DeadLetter() Queue {
	base, fifo := strings.CutSuffix(q.Name, fifoSuffix)
	q.Name = base + deadLetterSuffix
	if fifo {
		q.Name += fifoSuffix
	}
	return q
}

// FIFO reports whether the name is a FIFO queue's.
func (q Queue) FIFO() bool { return strings.HasSuffix(q.Name, fifoSuffix) }

const (
	fifoSuffix       = ".fifo" // of a FIFO queue, by the rules of SQS
	deadLetterSuffix = "-dlq"  // of a dead-letter queue, by ours
	aliasPrefix      = "alias/"

	// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html
	maxQueueName = 80
	// https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateAlias.html
	maxAlias = 256 - len(aliasPrefix)
)

var (
	accountID = regexp.MustCompile(`^[0-9]{12}$`)
	queueName = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)
	aliasName = regexp.MustCompile(`^[A-Za-z0-9/_-]+$`)
)

// Check reports everything in q that AWS would refuse. The error has a line for
// each field, with the value, what is allowed and the cure.
func (q Queue) Check() error {
	var problems problem.List
	problems.Add("Region", q.Region.Check())
	problems.Add("Account", CheckAccount(q.Account))
	problems.Add("Name", CheckQueueName(q.Name))
	problems.Add("Alias", CheckKeyAlias(q.Alias))
	return problems.Err()
}

// CheckAccount reports an account id that is not 12 digits.
func CheckAccount(id string) error {
	if accountID.MatchString(id) {
		return nil
	}
	return problem.New(id, "an account id of 12 digits", "write all 12, leading zeros too, in quotes")
}

// CheckQueueName reports a name that a shared queue cannot have, or whose
// dead-letter queue could not have its own.
func CheckQueueName(name string) error {
	longest := maxQueueName - len(deadLetterSuffix)
	switch {
	case !queueName.MatchString(strings.TrimSuffix(name, fifoSuffix)):
		return problem.New(name, "letters, digits, - and _", "rename the queue")
	case len(name) > longest:
		return problem.New(name,
			fmt.Sprintf("at most %d characters, as the dead-letter queue adds %s and SQS takes %d", longest, deadLetterSuffix, maxQueueName),
			"shorten the name")
	}
	return nil
}

// CheckKeyAlias reports an alias that a customer-managed key cannot have.
func CheckKeyAlias(alias string) error {
	switch {
	case strings.HasPrefix(alias, aliasPrefix):
		return problem.New(alias, "an alias without its prefix "+aliasPrefix, "remove "+aliasPrefix)
	case strings.HasPrefix(alias, "aws/"):
		return problem.New(alias, "an alias that does not begin with aws/, which is AWS's own", "choose another")
	case !aliasName.MatchString(alias):
		return problem.New(alias, "letters, digits, /, _ and -", "rename the alias")
	case len(alias) > maxAlias:
		return problem.New(alias, fmt.Sprintf("at most %d characters", maxAlias), "shorten the alias")
	}
	return nil
}
