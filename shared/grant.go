package shared

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"

	"example.com/shared-queue/internal/cdk"
	"example.com/shared-queue/spec"
)

// GrantConsume lets the grantee receive and delete messages, change their
// visibility, read the queue's attributes and URL, and decrypt with the key
// through the queue. It denies the grantee sending: otherwise, if the shared
// account is in a sending OU, the policies of the queue and the key would allow
// it. So a consumer cannot be an operator too, and publisher.GrantSend has no
// effect on it.
//
// The grantee must be a role or user of the shared account. The error says that
// it is not, that it takes no policies, or that it is an operator. For a role
// that was imported as immutable, CDK drops the grant without an error.
func (q *Queue) GrantConsume(to awsiam.IGrantable) (awsiam.Grant, error) {
	return q.grant(to, spec.Consume)
}

// GrantRedrive makes the grantee an operator, which moves messages from the
// dead-letter queue back to the queue. It may start, list and cancel message
// move tasks, and do what AWS requires for them: receive from and delete in the
// dead-letter queue, send to the queue, and use the key through both.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html
//
// The grantee must be a role or user of the shared account. The error says that
// it is not, that it takes no policies, or that it is a consumer, which may not
// send.
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
