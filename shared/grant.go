package shared

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"

	"example.com/shared-queue/internal/cdk"
	"example.com/shared-queue/spec"
)

// GrantConsume lets the grantee work on the queue's messages: receive and
// delete them, change their visibility, read the queue's attributes and URL,
// and decrypt with the key through the queue. It forbids the grantee to send:
// the policies of queue and key would let it, as any principal of the OU, if
// the shared account is in a sending OU itself. So the grantee can be no
// operator, and publisher.GrantSend has no effect on it.
//
// Reading stays inside: the error says that the grantee is not of the shared
// account, takes no policies, or is an operator. A role imported as immutable
// takes none either, but CDK drops the grant without a word.
func (q *Queue) GrantConsume(to awsiam.IGrantable) (awsiam.Grant, error) {
	return q.grant(to, spec.Consume)
}

// GrantRedrive lets the grantee, an operator, move messages from the
// dead-letter queue back to the queue: start, list and cancel message move
// tasks, and what AWS requires for these: receive and delete on the dead-letter
// queue, send to the queue, and use the key through both.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html
//
// The error says that the grantee is not of the shared account, takes no
// policies, or is a consumer, which may not send.
func (q *Queue) GrantRedrive(to awsiam.IGrantable) (awsiam.Grant, error) {
	return q.grant(to, spec.Redrive)
}

func (q *Queue) grant(to awsiam.IGrantable, kind spec.GrantKind) (awsiam.Grant, error) {
	if err := cdk.CheckAccount(to, q.Address.Account); err != nil {
		return nil, fmt.Errorf("grant on queue %s: %w", q.Address.Name, err)
	}
	who := cdk.Name(to)
	if other, granted := q.grantees[who]; granted && other != kind {
		return nil, fmt.Errorf("grant on queue %s: %s is its %s and cannot be its %s too: grant to another role", q.Address.Name, who, other, kind)
	}
	grant, err := cdk.Grant(to, kind.Document(q.Address, *q.Key.KeyArn()))
	if err != nil {
		return nil, fmt.Errorf("grant on queue %s: %w", q.Address.Name, err)
	}
	q.grantees[who] = kind
	return grant, nil
}
