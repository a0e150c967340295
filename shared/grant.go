package shared

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"

	"example.com/shared-queue/internal/grantee"
	"example.com/shared-queue/shared/policy"
)

// GrantConsume lets the grantee work on the queue's messages: receive and
// delete them, change their visibility, read the queue's attributes and URL,
// and decrypt with the key through the queue. It forbids the grantee to send:
// the policies of queue and key would let it, as any principal of the OU, if
// the shared account is in a sending OU itself.
//
// Reading stays inside: the error says that the grantee is not of the shared
// account, or takes no policies.
func (q *Queue) GrantConsume(to awsiam.IGrantable) error {
	return q.grant(to, policy.Consume(q.Address, *q.Key.KeyArn()))
}

// GrantRedrive lets the grantee move messages from the dead-letter queue back
// to the queue: start, list and cancel message move tasks, and what AWS asks
// for besides, to receive and delete on the dead-letter queue, to send to the
// queue, and to use the key through both.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html
//
// The error says that the grantee is not of the shared account, or takes no
// policies.
func (q *Queue) GrantRedrive(to awsiam.IGrantable) error {
	return q.grant(to, policy.Redrive(q.Address, *q.Key.KeyArn()))
}

func (q *Queue) grant(to awsiam.IGrantable, document policy.Document) error {
	if err := grantee.CheckAccount(to, q.Address.Account); err != nil {
		return fmt.Errorf("grant on queue %s: %w", q.Address.Name, err)
	}
	for _, s := range document {
		result := to.GrantPrincipal().AddToPrincipalPolicy(statement(s))
		if !*result.StatementAdded {
			return fmt.Errorf("grant on queue %s: %w", q.Address.Name, grantee.ErrNoPolicies)
		}
	}
	return nil
}
