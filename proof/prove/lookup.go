package prove

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
	"example.com/shared-queue/proof/aws/organization"
	"example.com/shared-queue/proof/aws/text"
	"example.com/shared-queue/proof/prove/answer"
	"example.com/shared-queue/spec"
)

// This file looks up what AWS does not check on deployment. A path at which there is
// no OU matches nobody, without any error.

func (p *proof) managerSteps() []step {
	if p.manager == nil {
		return nil
	}
	return []step{{tried: "organization", who: "organization", want: identified, hints: "look up", try: p.identifyManager}}
}

// identifyManager also refuses one of another organization than the senders'.
func (p *proof) identifyManager(ctx context.Context) result {
	r := p.identify(ctx, p.manager)
	if r.Got != identified {
		return r
	}
	p.manager.Known = false
	id, err := organization.ID(ctx, p.manager.Organizations())
	switch {
	case err != nil:
		return result{Answer: answer.Read(ctx, err)}
	case id != p.Queue.Organization():
		r.Got, r.note = wrongAccount, "it is not of the senders' organization: name a profile of that one's management account"
		return r
	}
	p.manager.Known, r.facts = true, append([]string{id}, r.facts...)
	return r
}

// lookUpClaims are about what the settings name; none if nobody is there to ask.
func (p *proof) lookUpClaims() []claim {
	if p.manager == nil {
		return nil
	}
	var claims []claim
	for _, path := range p.Queue.Senders {
		claims = append(claims, ouClaim(path))
	}
	claims = append(claims, claim{"shared-account-found", "the shared account is in the organization", needsOrganization, ""})
	if p.Publisher != nil {
		claims = append(claims, claim{"publisher-account-found", "the account of {sender} is in an OU that sends", needsOrganization, ""})
	}
	return claims
}

func (p *proof) lookUpSteps() []step {
	if p.manager == nil || !p.manager.Known {
		return nil
	}
	var steps []step
	add := func(name, claim string, try func(context.Context) result) {
		steps = append(steps, step{tried: name, claim: claim, want: found, hints: "look up", try: try})
	}
	for _, path := range p.Queue.Senders {
		add("senders "+path.OU(), ouClaim(path).id, p.findOU(path))
	}
	add("shared account", "shared-account-found", p.findAccount(p.Queue.At.Account, false))
	if p.Publisher != nil {
		add("publisher's account", "publisher-account-found", p.findAccount(p.Publisher.Role.Account, true))
	}
	return steps
}

func (p *proof) findOU(path address.Path) func(context.Context) result {
	return func(ctx context.Context) result {
		unit, ok, err := organization.Find(ctx, p.manager.Organizations(), path.OU())
		switch {
		case err != nil:
			return result{Answer: answer.Read(ctx, err)}
		case !ok:
			return result{Answer: answer.Answer{Got: missing}, facts: []string{path.String()}}
		case unit.Path != path.String():
			return result{Answer: answer.Answer{Got: missing}, facts: []string{path.String(), unit.Name + " is at " + unit.Path}}
		}
		return result{Answer: answer.Answer{Got: found}, facts: []string{unit.Name, unit.Path}}
	}
}

// findAccount shows where an account is. One that sends must be in one of the
// senders' OUs.
func (p *proof) findAccount(account string, sends bool) func(context.Context) result {
	return func(ctx context.Context) result {
		path, ok, err := organization.AccountPath(ctx, p.manager.Organizations(), account)
		if err != nil {
			return result{Answer: answer.Read(ctx, err)}
		}
		if !ok {
			return result{Answer: answer.Answer{Got: missing}, facts: []string{account}}
		}
		r := result{Answer: answer.Answer{Got: found}, facts: []string{account + " is at " + path}, note: "in an OU that sends"}
		if !p.maySend(path) {
			r.note = "in no OU that sends"
			if sends {
				r.Got = outside
			}
		}
		return r
	}
}

// maySend reports whether a path is of one of the senders' OUs or below. A root, which
// is no path of an OU, is not.
func (p *proof) maySend(path string) bool {
	place, err := address.ParsePath(path)
	return err == nil && slices.ContainsFunc(p.Queue.Senders, func(sender address.Path) bool { return sender.Contains(place) })
}

// A document is a policy that the stacks deploy, and how Access Analyzer is asked
// about it.
type document struct {
	name     string
	policy   policy.Document
	kind     types.PolicyType
	resource types.ValidatePolicyResourceType // empty for most
	public   types.AccessCheckResourceType    // of what must not be public
}

// documents are the policies of queue and key, of the publisher's role and of each
// kind of grant, written by the same functions as the templates'.
func (p *proof) documents() []document {
	if !p.o.policies {
		return nil
	}
	q := p.Queue.At
	senders := policy.Senders{OUs: p.Queue.Senders, Services: p.Queue.Services, MayAlso: p.Queue.SenderMayAlso, OrgPathsOnQueue: p.Queue.OrgPathsOnQueue}
	all := []document{
		{name: "key", policy: policy.Key(q, senders), kind: types.PolicyTypeResourcePolicy, public: types.AccessCheckResourceTypeKmsKey},
		{name: "queue", policy: policy.Queue(q, senders), kind: types.PolicyTypeResourcePolicy, public: types.AccessCheckResourceTypeSqsQueue},
		{name: "dead-letter queue", policy: policy.DeadLetterQueue(q), kind: types.PolicyTypeResourcePolicy},
	}
	if r := p.Publisher; r != nil {
		all = append(all, document{name: "publisher's role", policy: policy.GrantSend(q, r.MayAlso...), kind: types.PolicyTypeIdentityPolicy})
		if r.AssumedBy != nil {
			var principals []address.Principal
			for _, principal := range r.AssumedBy {
				principals = append(principals, principal.Resolve(r.Role.Account))
			}
			all = append(all, document{name: "publisher's trust", policy: policy.Trust(principals, q.Region),
				kind: types.PolicyTypeResourcePolicy, resource: types.ValidatePolicyResourceTypeRoleTrust})
		}
	}
	for _, kind := range spec.GrantKinds() {
		if slices.ContainsFunc(p.Queue.Workers, func(g asked.Grantee) bool { return g.Has(kind) }) {
			all = append(all, document{name: kind.String() + "'s role", policy: kind.Document(q, q.KeyARN(spec.KeyID)), kind: types.PolicyTypeIdentityPolicy})
		}
	}
	return all
}

func (p *proof) policyClaims() []claim {
	var claims []claim
	for _, d := range p.documents() {
		claims = append(claims, claim{kebab(d.name) + "-policy-valid", "Access Analyzer finds the policy of the " + d.name + " valid", needsAnalyzer, ""})
		if d.public != "" {
			claims = append(claims, claim{d.name + "-not-public", "Access Analyzer finds no public access to the " + d.name, needsAnalyzer, ""})
		}
	}
	return claims
}

// policySteps ask as the caller of -profile, before it has the publisher's role.
func (p *proof) policySteps() []step {
	if !p.caller.Known {
		return nil
	}
	var steps []step
	for _, d := range p.documents() {
		steps = append(steps, step{tried: "policy of the " + d.name, claim: kebab(d.name) + "-policy-valid", want: valid, hints: "policies", try: p.analyze(d, validate)})
		if d.public != "" {
			steps = append(steps, step{tried: "public access to the " + d.name, claim: d.name + "-not-public", want: notPublic, hints: "policies", try: p.analyze(d, checkPublic)})
		}
	}
	return steps
}

func (p *proof) analyze(d document, ask func(context.Context, *accessanalyzer.Client, document, string) (result, error)) func(context.Context) result {
	return func(ctx context.Context) result {
		document, err := json.Marshal(d.policy)
		if err != nil {
			return result{Answer: answer.Read(ctx, err)}
		}
		r, err := ask(ctx, p.caller.AccessAnalyzer(), d, string(document))
		if err != nil {
			return result{Answer: answer.Read(ctx, err)}
		}
		return r
	}
}

// validate asks for AWS's findings. Errors and security warnings count; the rest is
// shown.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-policy-validation.html
func validate(ctx context.Context, client *accessanalyzer.Client, d document, document string) (result, error) {
	r := result{Answer: answer.Answer{Got: valid}}
	pages := accessanalyzer.NewValidatePolicyPaginator(client, &accessanalyzer.ValidatePolicyInput{
		PolicyDocument: &document, PolicyType: d.kind, ValidatePolicyResourceType: d.resource})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return r, err
		}
		if page.Findings == nil {
			return r, answer.ErrEmpty // an empty list says that there are none
		}
		for _, f := range page.Findings {
			if f.FindingType == types.ValidatePolicyFindingTypeError || f.FindingType == types.ValidatePolicyFindingTypeSecurityWarning {
				r.Got = findings
			}
			r.facts = append(r.facts, fmt.Sprintf("%s %s: %s", f.FindingType, aws.ToString(f.IssueCode), text.Line(aws.ToString(f.FindingDetails))))
		}
	}
	return r, nil
}

// checkPublic asks whether a policy lets anybody in. AWS may charge for it.
// https://aws.amazon.com/iam/access-analyzer/pricing/
func checkPublic(ctx context.Context, client *accessanalyzer.Client, d document, document string) (result, error) {
	out, err := client.CheckNoPublicAccess(ctx, &accessanalyzer.CheckNoPublicAccessInput{PolicyDocument: &document, ResourceType: d.public})
	if err != nil {
		return result{}, err
	}
	r := result{}
	switch out.Result {
	case types.CheckNoPublicAccessResultPass:
		r.Got = notPublic
	case types.CheckNoPublicAccessResultFail:
		r.Got = public
		for _, reason := range out.Reasons {
			r.facts = append(r.facts, strings.TrimSpace(text.Line(aws.ToString(reason.Description))+" (statement "+aws.ToString(reason.StatementId)+")"))
		}
	default:
		return r, answer.ErrEmpty
	}
	return r, nil
}
