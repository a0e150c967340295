package shared

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"

	"example.com/shared-queue/shared/policy"
)

// GrantConsume lets the grantee, of the shared account, work on the queue's
// messages: receive and delete them, change their visibility, read the queue's
// attributes and URL, and decrypt with the key through the queue. It forbids
// the grantee to send: the policies of queue and key would let it, as any
// principal of the OU, if the shared account is in a sending OU itself.
//
// The error says that the grantee takes no policies, as a role imported from
// another account does not.
func (q *Queue) GrantConsume(grantee awsiam.IGrantable) error {
	return q.grant(grantee, policy.Consume(q.Address, *q.Key.KeyArn()))
}

// GrantRedrive lets the grantee, of the shared account, move messages from the
// dead-letter queue back to the queue: start, list and cancel message move
// tasks, and what AWS asks for besides, to receive and delete on the
// dead-letter queue, to send to the queue, and to use the key through both.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html
//
// The error says that the grantee takes no policies, as a role imported from
// another account does not.
func (q *Queue) GrantRedrive(grantee awsiam.IGrantable) error {
	return q.grant(grantee, policy.Redrive(q.Address, *q.Key.KeyArn()))
}

func (q *Queue) grant(grantee awsiam.IGrantable, document policy.Document) error {
	for _, s := range document {
		result := grantee.GrantPrincipal().AddToPrincipalPolicy(statement(s))
		if !*result.StatementAdded {
			return fmt.Errorf("grant on %s: the grantee takes no policies: grant to a role of the account %s", q.Address.Name, q.Address.Account)
		}
	}
	return nil
}
