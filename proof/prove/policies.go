package prove

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/accessanalyzer"
	"github.com/aws/aws-sdk-go-v2/service/accessanalyzer/types"

	"example.com/shared-queue/policy"
	"example.com/shared-queue/spec"
)

// A document is a policy that the stacks deploy, and how Access Analyzer is
// asked about it.
type document struct {
	name     string
	policy   policy.Document
	kind     types.PolicyType
	resource types.ValidatePolicyResourceType // empty for most
	public   types.AccessCheckResourceType    // of what must not be public
}

// documents are the policies of the environment and the trust policy of the
// publisher. They are written by the same functions as the templates'. All
// grants of one kind have the same policy.
func (p *proof) documents() []document {
	q, senders := p.queue(), p.environment.Queue.Allowed()
	all := []document{
		{name: "key", policy: policy.Key(q, senders), kind: types.PolicyTypeResourcePolicy, public: types.AccessCheckResourceTypeKmsKey},
		{name: "queue", policy: policy.Queue(q, senders),
			kind: types.PolicyTypeResourcePolicy, public: types.AccessCheckResourceTypeSqsQueue},
		{name: "dead-letter queue", policy: policy.DeadLetterQueue(q), kind: types.PolicyTypeResourcePolicy},
		{name: "publisher's trust", policy: p.publisher.Role.TrustPolicy(p.publisher.Account), kind: types.PolicyTypeResourcePolicy, resource: types.ValidatePolicyResourceTypeRoleTrust},
	}
	seen := map[spec.GrantKind]bool{}
	for _, g := range p.environment.Grants() {
		if !seen[g.Kind] {
			seen[g.Kind] = true
			all = append(all, document{name: g.Kind.String() + "'s role", policy: g.Document, kind: types.PolicyTypeIdentityPolicy})
		}
	}
	return all
}

func (p *proof) policySteps() []step {
	if !p.policies {
		return nil
	}
	var steps []step
	for _, d := range p.documents() {
		steps = append(steps, step{"policy of the " + d.name, valid, shows(fits(d.name)), p.asAnalyst(d, validate), p.hintPolicies})
		if d.public != "" {
			steps = append(steps, step{"public access to the " + d.name, notPublic, shows(closedToAll(d.name)), p.asAnalyst(d, checkPublic), p.hintPolicies})
		}
	}
	return steps
}

// asAnalyst asks as the caller of -profile, before it has the publisher's role.
func (p *proof) asAnalyst(d document, ask func(context.Context, *accessanalyzer.Client, document, string) answer) func(context.Context) answer {
	return func(ctx context.Context) answer {
		if !p.caller.known {
			return answer{got: notTried, because: noCaller}
		}
		text, err := json.Marshal(d.policy)
		if err != nil {
			return answer{got: failed, message: oneLine(err.Error())}
		}
		return ask(ctx, p.caller.accessAnalyzer(), d, string(text))
	}
}

// validate asks for AWS's findings. Errors and security warnings count; the
// rest is shown.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-policy-validation.html
func validate(ctx context.Context, client *accessanalyzer.Client, d document, text string) answer {
	a := answer{got: valid}
	pages := accessanalyzer.NewValidatePolicyPaginator(client, &accessanalyzer.ValidatePolicyInput{
		PolicyDocument:             &text,
		PolicyType:                 d.kind,
		ValidatePolicyResourceType: d.resource,
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return understand(ctx, err)
		}
		for _, f := range page.Findings {
			if f.FindingType == types.ValidatePolicyFindingTypeError || f.FindingType == types.ValidatePolicyFindingTypeSecurityWarning {
				a.got = findings
			}
			a.facts = append(a.facts, fmt.Sprintf("%s %s: %s", f.FindingType, aws.ToString(f.IssueCode), oneLine(aws.ToString(f.FindingDetails))))
		}
	}
	return a
}

// checkPublic asks whether a policy lets anybody in. AWS may charge for it.
// https://aws.amazon.com/iam/access-analyzer/pricing/
func checkPublic(ctx context.Context, client *accessanalyzer.Client, d document, text string) answer {
	out, err := client.CheckNoPublicAccess(ctx, &accessanalyzer.CheckNoPublicAccessInput{PolicyDocument: &text, ResourceType: d.public})
	if err != nil {
		return understand(ctx, err)
	}
	a := answer{got: failed, because: emptyAnswer}
	switch out.Result {
	case types.CheckNoPublicAccessResultPass:
		return answer{got: notPublic}
	case types.CheckNoPublicAccessResultFail:
		a = answer{got: public}
	}
	for _, r := range out.Reasons {
		a.facts = append(a.facts, strings.TrimSpace(oneLine(aws.ToString(r.Description))+" (statement "+aws.ToString(r.StatementId)+")"))
	}
	return a
}
