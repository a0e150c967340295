package publisher

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/jsii-runtime-go"

	"example.com/shared-queue/internal/grantee"
	"example.com/shared-queue/shared/address"
	"example.com/shared-queue/shared/policy"
)

// GrantSend lets the grantee send messages to the shared queue, as far as its
// own account decides: sqs:SendMessage on the queue, and kms:Decrypt,
// kms:Encrypt and kms:GenerateDataKey on its key through SQS and for that queue
// only. The shared account decides the rest, by the grantee's OU.
//
// The error says what is wrong with the queue's address, or that the grantee
// takes no policies here, as a role imported from another account does not.
func GrantSend(to awsiam.IGrantable, queue address.Queue) (awsiam.Grant, error) {
	if err := queue.Check(); err != nil {
		return nil, fmt.Errorf("grant to send: %w", err)
	}
	if err := grantee.Check(to); err != nil {
		return nil, fmt.Errorf("grant to send to %s: %w", queue.Name, err)
	}
	var whole awsiam.Grant
	for _, s := range policy.GrantSend(queue) {
		grant := awsiam.Grant_AddToPrincipal(&awsiam.GrantOnPrincipalOptions{
			Grantee:      to,
			Actions:      jsii.Strings(s.Action...),
			ResourceArns: jsii.Strings(s.Resource...),
			Conditions:   conditions(s.Condition),
		})
		if !*grant.Success() {
			return nil, fmt.Errorf("grant to send to %s: %w", queue.Name, grantee.ErrNoPolicies)
		}
		grant.PrincipalStatement().SetSid(jsii.String(s.Sid))
		if whole == nil {
			whole = grant
		} else {
			whole = whole.Combine(grant)
		}
	}
	return whole, nil
}

// conditions are the condition's operators as CDK takes them.
func conditions(c policy.Condition) *map[string]*map[string]any {
	if c == nil {
		return nil
	}
	operators := map[string]*map[string]any{}
	for operator, keys := range c.Map() {
		operators[operator] = &keys
	}
	return &operators
}
