package mutant

import "example.com/shared-queue/policy"

// SharedKey are mutants of two queues with one key, which let senders of one be
// senders of the other, or roles that work with one work with the other.
func SharedKey() []Mutant {
	const (
		equals   = "StringEquals"
		orgPaths = "ForAnyValue:StringLike"
		orders   = "arn:aws:sqs:us-east-1:111111111111:orders"
		invoices = "arn:aws:sqs:us-east-1:111111111111:invoices"
		ofOrders = "Orders2688e700"
		ofThem   = "Invoices2362f95f"
		dev      = "o-abc1234567/r-wxyz/ou-wxyz-jklm1dev/*"
		prod     = "o-abc1234567/r-wxyz/ou-wxyz-nopq1prd/*"
	)
	key := Target{"owner", "Key9BCD29C7", keyPolicy}
	queue := func(id string) Target { return Target{"owner", id, document} }
	context := func(value any) Change { return Set(value, "Condition", equals, policy.KeyQueueARN) }
	paths := func(value any) Change { return Set(value, "Condition", orgPaths, policy.KeyOrgPaths) }
	use, use2, services := policy.SidUseKey+ofOrders, policy.SidUseKey+ofThem, policy.SidServicesUseKey+ofOrders
	worker, both := queue("invoicesworkerDefaultPolicyDF5ACD89"), queue("bothworkerDefaultPolicyBA8A89A2")
	sender := Target{"invoices", "SenderRoleDefaultPolicy3504308B", document}
	return []Mutant{
		{"one key: senders of one queue for both", key, use, context([]any{orders, invoices}), ""},
		{"one key: senders of one queue for the other", key, use, context(invoices), ""},
		{"one key: senders of one queue for any", key, use, context(nil), ""},
		{"one key: OUs of both for one queue", key, use2, paths([]any{dev, prod}), ""},
		{"one key: the other's OU for one queue", key, use2, paths(dev), ""},
		{"one key: dead letters of the other", key, use, context([]any{orders, invoices + "-dlq"}), ""},
		{"one key: no statement of one queue", key, use2, nil, ""},
		{"one key: services of one queue for both", key, services, context([]any{orders, invoices}), ""},
		{"one key: services of one queue for any", key, services, context(nil), ""},
		{"one key: a role decrypts for any", worker, policy.SidConsumeKey + ofThem, context(nil), ""},
		{"one key: a role receives from both", worker, policy.SidConsume + ofThem, Set([]any{orders, invoices}, "Resource"), ""},
		{"one key: a role of both decrypts for one", both, policy.SidConsumeKey + ofThem, nil, ""},
		{"one key: a role of both sends to one", both, policy.SidNoSend + ofThem, nil, ""},
		{"one key: a role of both decrypts dead letters", both, policy.SidConsumeKey + ofThem, context([]any{invoices, invoices + "-dlq"}), ""},
		{"one key: a sender sends to both", sender, policy.SidGrantSend + ofThem, Set([]any{orders, invoices}, "Resource"), ""},
		{"one key: a sender uses it for both", sender, policy.SidGrantKey + ofThem, context([]any{orders, invoices}), ""},
		{"one key: an alias less", Target{Stack: "owner"}, "", Set(nil, "invoicesKeyAliasA3DAF18B"), ""},
		{"one key: a queue with another", Target{Stack: "owner"}, "", InResource("invoicesQueueD0664044", Set("alias/aws/sqs", "Properties", "KmsMasterKeyId")), ""},
	}
}
