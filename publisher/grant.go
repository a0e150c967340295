package publisher

import (
	"errors"
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"

	"example.com/shared-queue/address"
	"example.com/shared-queue/internal/cdk"
	"example.com/shared-queue/internal/record"
	"example.com/shared-queue/policy"
	"example.com/shared-queue/spec"
)

// GrantSend gives the grantee the sender's side of the permission to send to
// the shared queue: sqs:SendMessage on the queue, and kms:Decrypt, kms:Encrypt
// and kms:GenerateDataKey on its key, through SQS and for that queue only. The
// other side is the shared account's, which allows it if the grantee's account
// is in a sending OU.
//
// More is what else the queue lets its senders do, its SenderMayAlso.
//
// The error says what is wrong with the queue's address or with more, or that
// the grantee takes no policies in this stack, such as a role of another
// account. For a role that was imported as immutable, CDK drops the grant
// without an error.
func GrantSend(to awsiam.IGrantable, queue address.Queue, more ...string) (awsiam.Grant, error) {
	if err := errors.Join(queue.Check(), spec.CheckSenderMayAlso(more)); err != nil {
		return nil, fmt.Errorf("grant to send: %w", err)
	}
	if err := cdk.CheckStack(to); err != nil {
		return nil, fmt.Errorf("grant to send to %s: %w", queue.Name, err)
	}
	if err := cdk.NewGrantee(to).CheckReserved(); err != nil {
		return nil, fmt.Errorf("grant to send to %s: %w", queue.Name, err)
	}
	grant, err := cdk.Grant(to, policy.GrantSend(queue, more...))
	if err != nil {
		return nil, fmt.Errorf("grant to send to %s: %w", queue.Name, err)
	}
	if of, ok := to.(constructs.IConstruct); ok {
		cdk.Record(of, record.GrantType, record.Grant{
			Kind: spec.Send.String(), Queue: record.Of(queue), Grantee: cdk.GranteeARN(to), SenderMayAlso: more,
		})
	}
	return grant, nil
}
