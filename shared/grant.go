package shared

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"

	"example.com/shared-queue/internal/cdk"
	"example.com/shared-queue/policy"
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
	return q.grant(to, "a consumer", policy.Consume(q.Address, *q.Key.KeyArn()))
}

// GrantRedrive lets the grantee, an operator, move messages from the
// dead-letter queue back to the queue: start, list and cancel message move
// tasks, and what AWS asks for besides, to receive and delete on the dead-letter
// queue, to send to the queue, and to use the key through both.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html
//
// The error says that the grantee is not of the shared account, takes no
// policies, or is a consumer, which may not send.
func (q *Queue) GrantRedrive(to awsiam.IGrantable) (awsiam.Grant, error) {
	return q.grant(to, "an operator", policy.Redrive(q.Address, *q.Key.KeyArn()))
}

func (q *Queue) grant(to awsiam.IGrantable, as string, document policy.Document) (awsiam.Grant, error) {
	if err := cdk.CheckAccount(to, q.Address.Account); err != nil {
		return nil, fmt.Errorf("grant on queue %s: %w", q.Address.Name, err)
	}
	who := cdk.Name(to)
	if is := q.grantees[who]; is != "" && is != as {
		return nil, fmt.Errorf("grant on queue %s: %s is %s and cannot be %s too: grant to another role", q.Address.Name, who, is, as)
	}
	grant, err := cdk.Grant(to, document)
	if err != nil {
		return nil, fmt.Errorf("grant on queue %s: %w", q.Address.Name, err)
	}
	q.grantees[who] = as
	return grant, nil
}
