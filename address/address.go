// Package address names a shared queue and its key from any account, with
// nothing but plain values: no key id to copy, no reference to another stack.
package address

import "strings"

// Region is an AWS Region's code, like us-east-1.
type Region string

// A Queue is where a shared queue is found and which key encrypts it.
type Queue struct {
	Region  Region // the Region of queue and key
	Account string // 12 digits: the shared account, which owns both
	Name    string // the queue's name, with .fifo if it is one
	Alias   string // the key's alias without its alias/ prefix
}

// ARN is the queue's ARN, and the value of the encryption context key
// aws:sqs:arn that SQS hands to KMS with each request for this queue.
func (q Queue) ARN() string {
	return "arn:" + q.Region.Partition() + ":sqs:" + string(q.Region) + ":" + q.Account + ":" + q.Name
}

// URL is the queue's URL, as the SQS API takes it.
// https://docs.aws.amazon.com/general/latest/gr/sqs-service.html
func (q Queue) URL() string {
	return "https://" + q.Host() + "/" + q.Account + "/" + q.Name
}

// Host is the host of the SQS endpoint in the queue's Region.
func (q Queue) Host() string {
	return "sqs." + string(q.Region) + "." + q.Region.dnsSuffix()
}

// ViaService is the value of kms:ViaService in a request that SQS makes for a
// caller. It ends in amazonaws.com in every partition, unlike the endpoint.
// https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-via-service
func (q Queue) ViaService() string { return "sqs." + string(q.Region) + ".amazonaws.com" }

// KeyAlias is the key's alias as KMS writes it, alias/ included.
func (q Queue) KeyAlias() string { return keyAliasPrefix + q.Alias }

// KeyAliasARN is the ARN of the key's alias, which names the key from any
// account that does not know its id.
func (q Queue) KeyAliasARN() string {
	return "arn:" + q.Region.Partition() + ":kms:" + string(q.Region) + ":" + q.Account + ":" + q.KeyAlias()
}

// KeyARNs matches every key of the shared account in the queue's Region. An
// IAM policy that cannot know the key's id narrows it by KeyAlias, in a
// condition on kms:ResourceAliases.
func (q Queue) KeyARNs() string {
	return "arn:" + q.Region.Partition() + ":kms:" + string(q.Region) + ":" + q.Account + ":key/*"
}

// DeadLetter is the dead-letter queue: same Region, account and key, and -dlq
// added to the name, before .fifo if it ends so.
func (q Queue) DeadLetter() Queue {
	base, fifo := strings.CutSuffix(q.Name, FIFOSuffix)
	q.Name = base + DeadLetterSuffix
	if fifo {
		q.Name += FIFOSuffix
	}
	return q
}

// FIFO reports whether the name is that of a FIFO queue.
func (q Queue) FIFO() bool { return strings.HasSuffix(q.Name, FIFOSuffix) }

// What names of queues end in.
const (
	FIFOSuffix       = ".fifo" // a FIFO queue, by the rules of SQS
	DeadLetterSuffix = "-dlq"  // a dead-letter queue, by ours
)
