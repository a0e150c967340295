package mutant

import "example.com/shared-queue/policy"

// Destinations are mutants of a publisher's role of the example that sends to a second
// queue, and of one that was not asked to.
func Destinations() []Mutant {
	const (
		stringEquals = "StringEquals"
		queue        = "arn:aws:sqs:us-east-1:111111111111:shared-app-work"
		second       = "arn:aws:sqs:us-east-1:121212121212:shared-app-telemetry"
		grantSend    = policy.SidGrantSend + "SharedAppTelemetryd619041f"
		grantKey     = policy.SidGrantKey + "SharedAppTelemetryd619041f"
	)
	events := Target{"dev-publisher-events", rolePolicyID, document}
	return []Mutant{
		{"second queue: may not send", devPermissions, grantSend, nil, ""},
		{"second queue: no use of the key", devPermissions, grantKey, nil, ""},
		{"second queue: denied", devPermissions, grantSend, Set("Deny", "Effect"), ""},
		{"second queue: the dead-letter queue", devPermissions, grantSend, Set(second+"-dlq", "Resource"), ""},
		{"second queue: the dead-letter queue too", devPermissions, grantSend, Set([]any{second, second + "-dlq"}, "Resource"), ""},
		{"second queue: any of the account", devPermissions, grantSend, Set("arn:aws:sqs:us-east-1:121212121212:*", "Resource"), ""},
		{"second queue: may receive", devPermissions, grantSend, Set([]any{"sqs:SendMessage", "sqs:ReceiveMessage"}, "Action"), ""},
		{"second queue: may look it up", devPermissions, grantSend, Set([]any{"sqs:SendMessage", "sqs:GetQueueUrl"}, "Action"), ""},
		{"second queue: key not only through SQS", devPermissions, grantKey, Set(nil, "Condition", stringEquals, policy.KeyVia), ""},
		{"second queue: key for any queue", devPermissions, grantKey, Set(nil, "Condition", stringEquals, policy.KeyQueueARN), ""},
		{"second queue: key for the first queue", devPermissions, grantKey, Set(queue, "Condition", stringEquals, policy.KeyQueueARN), ""},
		{"second queue: key for both queues", devPermissions, grantKey, Set([]any{queue, second}, "Condition", stringEquals, policy.KeyQueueARN), ""},
		{"second queue: all of KMS", devPermissions, grantKey, Set("kms:*", "Action"), ""},
		{"second queue: key of any alias", devPermissions, grantKey, Set(nil, "Condition", "ForAnyValue:StringEquals"), ""},
		{"second queue: another role sends there too", events, policy.SidGrantSend + "SharedAppWork0bd88d8c", Set([]any{queue, second}, "Resource"), ""},
		{"second queue: another role uses the key there too", events, policy.SidGrantKey + "SharedAppWork0bd88d8c", Set([]any{queue, second}, "Condition", stringEquals, policy.KeyQueueARN), ""},
	}
}
