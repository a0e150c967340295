package publisher

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"

	"example.com/shared-queue/address"
	"example.com/shared-queue/internal/cdk"
	"example.com/shared-queue/policy"
)

// GrantSend lets the grantee send messages to the shared queue, as far as its
// own account decides: sqs:SendMessage on the queue, and kms:Decrypt,
// kms:Encrypt and kms:GenerateDataKey on its key through SQS and for that queue
// only. The shared account decides the rest, by the grantee's OU.
//
// The error says what is wrong with the queue's address, or that the grantee
// takes no policies here, as a role imported from another account does not. One
// imported as immutable takes none either, but CDK drops the grant without a word.
func GrantSend(to awsiam.IGrantable, queue address.Queue) (awsiam.Grant, error) {
	if err := queue.Check(); err != nil {
		return nil, fmt.Errorf("grant to send: %w", err)
	}
	if err := cdk.CheckStack(to); err != nil {
		return nil, fmt.Errorf("grant to send to %s: %w", queue.Name, err)
	}
	grant, err := cdk.Grant(to, policy.GrantSend(queue))
	if err != nil {
		return nil, fmt.Errorf("grant to send to %s: %w", queue.Name, err)
	}
	return grant, nil
}
