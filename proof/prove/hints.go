package prove

import (
	"strings"

	"example.com/shared-queue/policy"
	"example.com/shared-queue/proof/aws/deployed"
	"example.com/shared-queue/proof/prove/answer"
)

const (
	askWhoKeepsIt = "ask who keeps that policy"
	allowAll      = "let its own policies allow everything on every resource"
	lookAtQueue   = "{queue-statement} (is the sender's account in the organization {organization}?)"
	lookAtKey     = "{key-statement} (is the sender's account in one of {senders}? does SQS send {context}? CloudTrail shows the encryption context of the call)"
	trusted       = "{role} lets {assumed-by} assume it: add the caller to {assumedBy} and deploy {role-stack}"
)

// hints say what to look at, by what was tried and which policy refused. The first row
// that matches counts; what a row leaves out is anything.
var hints = []struct {
	tried   string // a group of steps
	got     answer.Outcome
	verdict verdict
	policy  answer.Policy
	side    string
	deny    answer.Denial
	service string
	says    string // part of AWS's message
	hint    string
}{
	// Assuming the publisher's role.
	{tried: "role", says: "root accounts", hint: "take an IAM user or role instead of the root user"},
	{tried: "role", says: "sts:TagSession", hint: "the session carries tags: let the trust policy of {role} and the caller's own policy allow sts:TagSession, or take a profile that passes none"},
	{tried: "role", says: "sts:SetSourceIdentity", hint: "the session has a source identity: let the trust policy of {role} and the caller's own policy allow sts:SetSourceIdentity, or take a profile that has none"},
	{tried: "role", policy: answer.TrustPolicy, deny: answer.Explicit, hint: "look for a Deny in the trust policy of {role}"},
	{tried: "role", policy: answer.TrustPolicy, hint: trusted},
	{tried: "role", policy: answer.IdentityPolicy, deny: answer.Implicit, hint: "let the caller do sts:AssumeRole on {role-arn}"},
	{tried: "role", says: "sts:AssumeRole on resource", hint: "AWS says the same if the role is not there: deploy {role-stack}; let the caller do sts:AssumeRole on {role-arn}; " + trusted},

	// Sending, which must be accepted.
	{tried: "send", policy: answer.IdentityPolicy, deny: answer.Implicit, hint: "look at {own-statements}"},
	{tried: "insider sends", policy: answer.IdentityPolicy, deny: answer.Implicit, hint: "look at the insider's own policies, which must allow everything"},
	{tried: "send", policy: answer.IdentityPolicy, hint: "somebody put a Deny there, the stacks put none: " + askWhoKeepsIt},

	// Plain HTTP.
	{tried: "plain HTTP", got: answer.Accepted, hint: "look at {deny-http}"},
	{tried: "plain HTTP", verdict: fails, hint: "look at {deny-http}"},
	{tried: "plain HTTP", verdict: notTested, hint: "take a sender whose side lets it send over plain HTTP too"},

	// What senders must not do.
	{tried: "insider", verdict: notTested, side: "caller", hint: "take an insider whose policies, boundary and account allow everything"},
	{tried: "another queue", got: answer.NoQueue, hint: "it may be a refusal; else deploy its stack"},
	{tried: "another queue", got: answer.NoKey, hint: "deploy its stack"},
	{tried: "another queue", verdict: fails, hint: "look at its senders, and at the policies of its queue and key"},
	{tried: "insider", verdict: unknown, got: answer.Refused, says: "does not exist in this Region", hint: "nothing shows that the key has the alias: -shared-profile looks it up"},

	// Outsiders.
	{tried: "outsider", verdict: unknown, got: answer.Refused, says: "does not exist in this Region", hint: "nothing shows that the key has the alias: -shared-profile looks it up"},
	{tried: "outsider sends", got: answer.Accepted, hint: "is it outside of {senders}, and for longer than {reuse}? If so, look at {queue-statement}, and at {key-statement}"},
	{tried: "outsider sends", verdict: fails, service: "KMS", hint: "look at {queue-statement}"},
	{tried: "outsider sends", verdict: fails, deny: answer.Explicit, hint: "the key was not asked: look for a Deny in the policy of the queue, which the stack {stack} deploys with {deny-http-sid} only"},
	{tried: "outsider sends", verdict: fails, hint: "the key was not asked: look at {queue-statement}"},
	{tried: "outsider sends", verdict: unknown, got: answer.Refused, service: "KMS", hint: "the queue let it in; nothing shows that its own policies let it use the key: " + allowAll},
	{tried: "outsider sends", verdict: unknown, got: answer.Refused, hint: "nothing shows that its own policies let it send: name a queue of its account with -outsider-queue; " + allowAll},
	{tried: "outsider", verdict: unknown, got: answer.Refused, hint: "nothing shows that its own policies let it: name a queue of its account with -outsider-queue; " + allowAll},
	{tried: "outsider sends", verdict: notTested, side: "caller", hint: allowAll},
	{tried: "outsider", verdict: notTested, side: "caller", hint: allowAll},
	{tried: "assume", verdict: fails, hint: "look at the trust policy of {role}, which {role-stack} deploys for {assumed-by} only"},

	// The organization and Access Analyzer.
	{tried: "look up", got: missing, hint: "it matches nobody: look it up (go run ./cmd/orgpaths) and correct {settings}"},
	{tried: "look up", got: outside, hint: "it is in no OU of {senders}, so the key refuses it: move the account or add the OU"},
	{tried: "look up", got: answer.Refused, hint: "ask as the management account or a delegated administrator, allowed organizations:DescribeOrganization, DescribeOrganizationalUnit and DescribeAccount"},
	{tried: "policies", got: answer.Refused, hint: "let the caller do access-analyzer:ValidatePolicy and access-analyzer:CheckNoPublicAccess"},

	// What is computed.
	{tried: "policies in force", got: answer.Refused, hint: "let the readers do {reader-actions}, or name one more -shared-profile"},
	{tried: "policies in force", got: notKnown, hint: "let the readers do {reader-actions}, or name one more -shared-profile"},
	{tried: "policies in force", got: findings, hint: "AWS would not take such policies: is it an emulator?"},
	{tried: "computed", verdict: fails, hint: "deploy the stack again, or find who changed what decides it"},

	// Whatever was tried.
	{got: answer.NoQueue, hint: "deploy the stack {stack}, or correct {settings}"},
	{got: answer.NoKey, hint: "deploy the stack {stack}, or correct {settings}"},
	{verdict: fails, got: answer.Accepted, hint: "look at the policies of queue ({send-sid}), dead-letter queue and key ({key-sid}, with {via} and {context}) in the stack {stack}, and for grants of the key"},
	{verdict: fails, policy: answer.TheService, hint: "the request came to SQS without TLS or without a signature: take an endpoint of https://, and look at proxies on the way"},
	{verdict: fails, policy: answer.QueuePolicy, deny: answer.Explicit, hint: "look for a Deny in the policy of the queue, which the stack {stack} deploys with {deny-http-sid} only"},
	{verdict: fails, policy: answer.KeyPolicy, deny: answer.Explicit, hint: "look for a Deny in the policy of the key, which the stack {stack} deploys with none"},
	{verdict: fails, policy: answer.QueuePolicy, hint: "look at " + lookAtQueue},
	{verdict: fails, policy: answer.KeyPolicy, hint: "look at " + lookAtKey},
	{got: answer.Refused, verdict: holds},
	{side: "caller", hint: askWhoKeepsIt},
	{side: "network", hint: askWhoKeepsIt},
	{policy: answer.ResourceControl, hint: askWhoKeepsIt},
	{verdict: fails, got: answer.Refused, deny: answer.Explicit, hint: "look for a Deny in the policies of queue, key and caller, and ask who keeps the organization's"},
	{tried: "send", service: "KMS", verdict: fails, hint: "look at both: " + lookAtKey + " and {own-statements}"},
	{tried: "send", service: "SQS", verdict: fails, hint: "look at both: " + lookAtQueue + " and {own-statements}"},
	{service: "KMS", verdict: fails, hint: "look at both: " + lookAtKey + " and the caller's own policies"},
	{service: "SQS", verdict: fails, hint: "look at both: " + lookAtQueue + " and the caller's own policies"},
}

// hint is what to look at; empty if there is nothing.
func (p *proof) hint(r result) string {
	for _, h := range hints {
		switch {
		case h.tried != "" && h.tried != r.hints,
			h.got != "" && h.got != r.Got,
			h.verdict != "" && h.verdict != r.verdict,
			h.policy != "" && h.policy != r.Policy,
			h.side != "" && h.side != r.Policy.Side(),
			h.deny != "" && h.deny != r.Deny,
			h.service != "" && h.service != r.Service,
			!strings.Contains(r.Message, h.says):
			continue
		}
		return p.words().Replace(h.hint)
	}
	return ""
}

// words are what the run's names stand for in hints and claims.
func (p *proof) words() *strings.Replacer {
	q := p.Queue.At
	words := []string{"{sender}", "a principal of the OU", "{own-statements}", "the sender's own policies"}
	if r := p.Publisher; r != nil {
		var names []string
		for _, principal := range r.AssumedBy {
			names = append(names, principal.String())
		}
		words = []string{
			"{sender}", "publisher " + r.Name, "{role}", r.Role.Name, "{role-arn}", r.Role.ARN(), "{role-stack}", r.Stack,
			"{assumed-by}", strings.Join(names, ", "), "{assumedBy}", r.Assumed,
			"{own-statements}", "statements " + policy.Sid(policy.SidGrantSend, q) + " and " + policy.Sid(policy.SidGrantKey, q) + " of the role in " + r.Stack +
				" (is it deployed as it is now? does " + policy.KeyAliases + " match the key's alias?)",
		}
	}
	lookUp := strings.Join(p.Queue.SenderMayAlso, ", ")
	if lookUp == "" {
		lookUp = "not at all"
	}
	return strings.NewReplacer(append(words, "{reader-actions}", strings.Join(deployed.AccountActions(), ", "), "{look-up}", lookUp, "{settings}", p.Settings, "{senders}", p.Senders, "{stack}", p.Stack,
		"{organization}", p.Queue.Organization(), "{reuse}", p.Queue.DataKeyReuse,
		"{send-sid}", policy.SidSend, "{key-sid}", policy.SidUseKey, "{deny-http-sid}", policy.SidDenyHTTP, "{via}", policy.KeyVia, "{context}", policy.KeyQueueARN,
		"{queue-statement}", "statement "+policy.SidSend+" of the queue in the stack "+p.Stack,
		"{key-statement}", "statement "+policy.SidUseKey+" of the key in the stack "+p.Stack,
		"{deny-http}", "statement "+policy.SidDenyHTTP+" of the queue in the stack "+p.Stack)...)
}
