package simulation

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"example.com/shared-queue/address"
	"example.com/shared-queue/proof/evaluate"
	"example.com/shared-queue/proof/simulation/queue"
	"example.com/shared-queue/proof/simulation/role"
	"example.com/shared-queue/proof/simulation/wire"
	"example.com/shared-queue/proof/world"
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
	case evaluate.DeniedByBoundary, evaluate.NotAllowedByBoundary:
		return "its permissions boundary"
	case evaluate.DeniedByServiceControl:
		return "a service control policy of its organization"
	case evaluate.DeniedByResourceControl:
		return "a resource control policy"
	}
	service, _, _ := strings.Cut(d.Action, ":")
	return map[string]string{"sqs": "the queue's policy", "kms": "the key's policy", "sts": "the role's trust policy"}[service]
}

// A call is one request by a caller.
type call struct {
	*Simulation
	ctx    context.Context
	world  *deployed
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
	own, boundary := c.policies()
	verdict, err := c.evaluator.Judge(evaluate.Case{
		Principal: c.caller.ARN, Account: c.caller.Account(), Context: context, Own: own, Boundary: boundary,
		Action: action, Resource: resource, Owner: owner, Policy: policy,
		ServiceControl:  c.tree.Over(types.PolicyTypeServiceControlPolicy, c.caller.Account()),
		ResourceControl: c.tree.Over(types.PolicyTypeResourceControlPolicy, owner),
	})
	if err != nil {
		return Decision{}, err
	}
	d := Decision{Caller: c.caller, Action: action, Resource: resource, Verdict: verdict}
	if via, ok := more["kms:ViaService"].(string); ok {
		d.Through = via
	}
	c.report(d)
	return d, nil
}

// policies are the caller's own, and its permissions boundary. Those of a role that
// was deployed are what was deployed; a role that the settings name has none but those;
// any other principal of the simulation may do everything. A boundary whose document
// is not known allows everything.
func (c *call) policies() (own []any, boundary any) {
	who := c.world.identity(c.caller.ARN)
	switch {
	case who != nil:
		for _, p := range who.Policies {
			own = append(own, p.Document)
		}
		if who.Boundary != nil {
			boundary = who.Boundary.Document
		}
	case !c.isNamed(c.caller.ARN):
		own = []any{role.Administrator().Document}
	}
	return own, boundary
}

// mayUse asks whether the caller may do this to a queue.
func (c *call) mayUse(q *queue.Queue, action string) error {
	d, err := c.ask(action, q.ARN(), q.Account, q.Policy, nil)
	if err != nil {
		return err
	}
	switch {
	case !d.Allowed() && c.caller.ARN == "":
		return &wire.Error{Code: "AccessDenied", Status: http.StatusForbidden,
			Message: "Access to the resource https://" + q.Host() + "/ is denied."}
	case !d.Allowed():
		return &wire.Error{Code: "AccessDenied", Status: http.StatusForbidden, Message: c.refusal(d, q.Account)}
	case q.Encrypted() && (c.caller.ARN == "" || !c.secure):
		return &wire.Error{Code: "InvalidSecurity", Status: http.StatusForbidden,
			Message: "All requests to this queue must use HTTPS and SigV4."}
	}
	return nil
}

// mayUseKey asks whether the caller may do this with a key, for itself or
// through SQS, which calls KMS as the caller.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/access_forward_access_sessions.html
func (c *call) mayUseKey(k *world.Key, action, through string, encryptionContext map[string]string) error {
	context := object{
		"kms:CallerAccount": c.caller.Account(),
	}
	if len(k.Aliases) > 0 { // absent if there is none
		context["kms:ResourceAliases"] = k.Aliases
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
	d, err := c.ask(action, k.ARN, k.Account, keyPolicy(k), context)
	if err != nil || d.Allowed() {
		return err
	}
	return &wire.Error{Code: "AccessDeniedException", Message: c.refusal(d, k.Account)}
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
	within := c.caller.Account() == owner || c.caller.Path != "" && c.caller.organization() == c.tree.Of(owner)
	switch {
	case !within && strings.HasPrefix(action, "kms:") && d.By() == "the key's policy":
		return who + keyMaybeNotThere
	case !within:
		return who + " on resource: " + d.Resource
	case d.Verdict.Explicit():
		return who + " on resource: " + d.Resource + " with " + string(d.Verdict)
	}
	return who + " on resource: " + d.Resource + " because " + string(d.Verdict) + " the " + action + " action"
}

// keyMaybeNotThere is what KMS says of a key in another account, whether it is there or
// not.
const keyMaybeNotThere = " on this resource because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access"
