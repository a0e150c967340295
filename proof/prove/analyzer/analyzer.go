// Package analyzer asks IAM Access Analyzer about the policies that the stacks deploy.
package analyzer

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/accessanalyzer"
	"github.com/aws/aws-sdk-go-v2/service/accessanalyzer/types"

	"example.com/shared-queue/address"
	"example.com/shared-queue/policy"
	"example.com/shared-queue/proof/asked"
	"example.com/shared-queue/proof/aws/text"
	"example.com/shared-queue/proof/prove/answer"
	"example.com/shared-queue/proof/prove/target"
	"example.com/shared-queue/spec"
)

// A Policy is one that the stacks deploy, and how Access Analyzer is asked about it.
type Policy struct {
	Name     string // like key
	document policy.Document
	kind     types.PolicyType
	resource types.ValidatePolicyResourceType // empty for most
	public   types.AccessCheckResourceType    // of what must not be public
}

// MayBePublic reports whether Access Analyzer can say that anybody is let in.
func (p Policy) MayBePublic() bool { return p.public != "" }

// Policies are those of queue and key, of the publisher's role and of each kind of
// grant, written by the same functions as the templates'.
func Policies(t target.Target) []Policy {
	q := t.Queue.At
	senders := policy.Senders{OUs: t.Queue.Senders, Services: t.Queue.Services, MayAlso: t.Queue.SenderMayAlso, OrgPathsOnQueue: t.Queue.OrgPathsOnQueue}
	all := []Policy{
		{Name: "key", document: policy.Key(q, senders), kind: types.PolicyTypeResourcePolicy, public: types.AccessCheckResourceTypeKmsKey},
		{Name: "queue", document: policy.Queue(q, senders), kind: types.PolicyTypeResourcePolicy, public: types.AccessCheckResourceTypeSqsQueue},
		{Name: "dead-letter queue", document: policy.DeadLetterQueue(q), kind: types.PolicyTypeResourcePolicy},
	}
	if r := t.Publisher; r != nil {
		all = append(all, Policy{Name: "publisher's role", document: policy.GrantSend(q, r.MayAlso...), kind: types.PolicyTypeIdentityPolicy})
		if r.AssumedBy != nil {
			var principals []address.Principal
			for _, principal := range r.AssumedBy {
				principals = append(principals, principal.Resolve(r.Role.Account))
			}
			all = append(all, Policy{Name: "publisher's trust", document: policy.Trust(principals, q.Region),
				kind: types.PolicyTypeResourcePolicy, resource: types.ValidatePolicyResourceTypeRoleTrust})
		}
	}
	for _, kind := range spec.GrantKinds() {
		if slices.ContainsFunc(t.Queue.Workers, func(g asked.Grantee) bool { return g.Has(kind) }) {
			all = append(all, Policy{Name: kind.String() + "'s role", document: kind.Document(q, q.KeyARN(spec.KeyID)), kind: types.PolicyTypeIdentityPolicy})
		}
	}
	return all
}

// Validate asks for AWS's findings. Errors and security warnings count; the rest is
// shown.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-policy-validation.html
func (p Policy) Validate(ctx context.Context, client *accessanalyzer.Client) (facts []string, valid bool, err error) {
	document, err := json.Marshal(p.document)
	if err != nil {
		return nil, false, err
	}
	valid = true
	pages := accessanalyzer.NewValidatePolicyPaginator(client, &accessanalyzer.ValidatePolicyInput{
		PolicyDocument: aws.String(string(document)), PolicyType: p.kind, ValidatePolicyResourceType: p.resource})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return facts, false, err
		}
		if page.Findings == nil {
			return facts, false, answer.ErrEmpty // an empty list says that there are none
		}
		for _, f := range page.Findings {
			if f.FindingType == types.ValidatePolicyFindingTypeError || f.FindingType == types.ValidatePolicyFindingTypeSecurityWarning {
				valid = false
			}
			facts = append(facts, fmt.Sprintf("%s %s: %s", f.FindingType, aws.ToString(f.IssueCode), text.Line(aws.ToString(f.FindingDetails))))
		}
	}
	return facts, valid, nil
}

// CheckPublic asks whether a policy lets anybody in. AWS may charge for it.
// https://aws.amazon.com/iam/access-analyzer/pricing/
func (p Policy) CheckPublic(ctx context.Context, client *accessanalyzer.Client) (reasons []string, public bool, err error) {
	document, err := json.Marshal(p.document)
	if err != nil {
		return nil, false, err
	}
	out, err := client.CheckNoPublicAccess(ctx, &accessanalyzer.CheckNoPublicAccessInput{
		PolicyDocument: aws.String(string(document)), ResourceType: p.public})
	if err != nil {
		return nil, false, err
	}
	switch out.Result {
	case types.CheckNoPublicAccessResultPass:
		return nil, false, nil
	case types.CheckNoPublicAccessResultFail:
		for _, reason := range out.Reasons {
			reasons = append(reasons, strings.TrimSpace(text.Line(aws.ToString(reason.Description))+" (statement "+aws.ToString(reason.StatementId)+")"))
		}
		return reasons, true, nil
	}
	return nil, false, answer.ErrEmpty
}
