package shared

import (
	"encoding/json"
	"fmt"

	"example.com/shared-queue/address"
	"example.com/shared-queue/internal/problem"
	"example.com/shared-queue/policy"
	"example.com/shared-queue/spec"
)

// maxResourceControl is the limit on a resource control policy, in characters.
// https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html
const maxResourceControl = 5_120

// ResourceControlPolicy is the JSON text of a resource control policy (RCP) for
// the queue's account: a second wall, which does not depend on the policies of
// queue and key. It denies everything on the queue to everyone outside the
// senders' OUs but the principals of the queue's own account, and to AWS services
// unless they act for a resource in the OUs. It gives nobody any access.
//
// The constructs do not deploy it: only the organization's management account or
// a delegated administrator can. The error has a line for each wrong value.
func ResourceControlPolicy(queue address.Queue, senders []address.Path) (string, error) {
	var problems problem.List
	problems.Add("Queue", queue.Check())
	problems.Add("Senders", spec.CheckSenders(senders))
	if err := problems.Err(); err != nil {
		return "", fmt.Errorf("resource control policy: %w", err)
	}
	document := policy.ResourceControl(queue, policy.Senders{OUs: senders})
	if size := document.Size(); size > maxResourceControl {
		return "", fmt.Errorf("resource control policy: %w", problem.New(fmt.Sprintf("%d paths", len(senders)),
			fmt.Sprintf("paths that keep it within %d characters, it would have %d", maxResourceControl, size),
			"name an OU further up"))
	}
	text, err := json.Marshal(document)
	return string(text), err
}
