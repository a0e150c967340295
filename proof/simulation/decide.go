package simulation

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"time"

	"example.com/shared-queue/address"
	"example.com/shared-queue/proof/evaluate"
)

// A Decision is one question that was put to the evaluator, and its answer.
type Decision struct {
	Caller   Caller
	Action   string // like sqs:SendMessage
	Resource string // its ARN
	Through  string // the service that asked for the caller, empty if it asked itself
	Verdict  evaluate.Verdict
}

// Allowed reports whether the policies let the caller.
func (d Decision) Allowed() bool { return d.Verdict == evaluate.Allowed }

// By names the policy that refused, empty if none did.
func (d Decision) By() string {
	switch d.Verdict {
	case evaluate.Allowed:
		return ""
	case evaluate.DeniedByOwn, evaluate.NotAllowedByOwn:
		return "its own policy"
	}
	service, _, _ := strings.Cut(d.Action, ":")
	return map[string]string{"sqs": "the queue's policy", "kms": "the key's policy", "sts": "the role's trust policy"}[service]
}

// A call is one request by a caller.
type call struct {
	*Simulation
	ctx    context.Context
	world  *world
	caller Caller
	region address.Region
	secure bool // over TLS
}

// ask puts a question to the evaluator: may the caller do this to a resource?
func (c *call) ask(action, resource, owner string, policy any, more object) (Decision, error) {
	context := object{
		"aws:SecureTransport": fmt.Sprint(c.secure),
		"aws:RequestedRegion": string(c.region),
		"aws:CurrentTime":     time.Now().UTC().Truncate(time.Hour).Format(time.RFC3339), // the same question has the same answer
	}
	maps.Copy(context, c.caller.context())
	maps.Copy(context, more)
	if policy == nil { // as if it left all to its account
		policy = object{"Version": "2012-10-17", "Statement": object{
			"Effect": "Allow", "Action": "*", "Resource": "*", "Principal": object{"AWS": owner}}}
	}
	verdict, err := c.evaluator.Judge(evaluate.Case{
		Principal: c.caller.ARN, Account: c.caller.Account(), Context: context, Own: c.policies(),
		Action: action, Resource: resource, Owner: owner, Policy: policy,
	})
	if err != nil {
		return Decision{}, err
	}
	d := Decision{Caller: c.caller, Action: action, Resource: resource, Verdict: verdict}
	if via, ok := more["kms:ViaService"].(string); ok {
		d.Through = via
	}
	c.tell(d)
	return d, nil
}

// policies are the caller's own. Those of a deployed role are what was deployed;
// any other principal of the simulation may do everything.
func (c *call) policies() []any {
	if r := c.world.roles[c.caller.ARN]; r != nil {
		return r.policies
	}
	return []any{administrator}
}

// mayUse asks whether the caller may do this to a queue.
func (c *call) mayUse(q *queue, action string) error {
	d, err := c.ask(action, q.ARN(), q.Account, q.policy, nil)
	if err != nil {
		return err
	}
	switch {
	case !d.Allowed() && c.caller.ARN == "":
		return &apiError{code: "AccessDenied", kind: coral + "AccessDeniedException", status: http.StatusForbidden,
			message: "Access to the resource https://" + q.Host() + "/ is denied."}
	case !d.Allowed():
		return &apiError{code: "AccessDenied", kind: coral + "AccessDeniedException", status: http.StatusForbidden, message: c.refusal(d, q.Account)}
	case q.encrypted() && (c.caller.ARN == "" || !c.secure):
		return &apiError{code: "InvalidSecurity", kind: "com.amazonaws.sqs#InvalidSecurity", status: http.StatusForbidden,
			message: "All requests to this queue must use HTTPS and SigV4."}
	}
	return nil
}

// mayUseKey asks whether the caller may do this with a key, for itself or
// through SQS, which calls KMS as the caller.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/access_forward_access_sessions.html
func (c *call) mayUseKey(k *key, action, through string, encryptionContext map[string]string) error {
	context := object{
		"kms:CallerAccount": c.caller.Account(),
	}
	if aliases := c.world.aliasesOf(k); aliases != nil { // absent if there is none
		context["kms:ResourceAliases"] = aliases
	}
	if through != "" {
		context["kms:ViaService"] = through
		context["aws:ViaAWSService"] = "true"
	}
	var names []string
	for name, value := range encryptionContext {
		context["kms:EncryptionContext:"+name] = value
		names = append(names, name)
	}
	if names != nil {
		context["kms:EncryptionContextKeys"] = names
	}
	d, err := c.ask(action, k.arn, k.account, k.policy, context)
	if err != nil || d.Allowed() {
		return err
	}
	return &apiError{code: "AccessDeniedException", message: c.refusal(d, k.account)}
}

// refusal is AWS's text. It gives its reason only within an account or an
// organization.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
func (c *call) refusal(d Decision, owner string) string {
	action := d.Action
	if strings.HasPrefix(action, "sqs:") {
		action = strings.ToLower(action) // as SQS writes it
	}
	who := "User: " + c.caller.identity() + " is not authorized to perform: " + action
	within := c.caller.Account() == owner || c.caller.Path != "" && c.caller.organization() == c.organizationOf(owner)
	switch {
	case !within && strings.HasPrefix(action, "kms:") && d.By() == "the key's policy":
		return who + notThere
	case !within:
		return who + " on resource: " + d.Resource
	case d.Verdict == evaluate.DeniedByOwn || d.Verdict == evaluate.DeniedByResource:
		return who + " on resource: " + d.Resource + " with " + string(d.Verdict)
	}
	return who + " on resource: " + d.Resource + " because " + string(d.Verdict) + " the " + action + " action"
}

// notThere is what KMS says of a key in another account, whether it is there or
// not.
const notThere = " on this resource because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access"

// An apiError is an answer of AWS that is an error.
type apiError struct {
	code    string // in the query protocol
	kind    string // in the JSON protocol, if it is another
	message string
	status  int // 400 if it is zero
}

const (
	coral   = "com.amazon.coral.service#"
	sqsKind = "com.amazonaws.sqs#"
)

func (e *apiError) Error() string { return e.code + ": " + e.message }

func invalid(code, format string, values ...any) *apiError {
	return &apiError{code: code, message: fmt.Sprintf(format, values...)}
}
