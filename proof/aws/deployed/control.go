package deployed

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"example.com/shared-queue/proof/aws/organization"
	"example.com/shared-queue/proof/world"
)

// controls reads the organization's policies above the accounts of what was asked
// for and read.
func (r *reader) controls() {
	if r.Organization == nil {
		return
	}
	config := *r.Organization
	config.Region = r.region()
	o := organizationReader{reader: r, client: organization.NewClient(config, r.Endpoint),
		levels: map[string][]*world.Policy{}, policies: map[string]*world.Policy{}}
	out, err := o.client.DescribeOrganization(r.ctx, &organizations.DescribeOrganizationInput{})
	if err == nil && (out.Organization == nil || aws.ToString(out.Organization.MasterAccountId) == "") {
		err = because("organizations:DescribeOrganization gave no management account")
	}
	if err != nil {
		r.unknown("policies of the organization", err)
		return
	}
	seen := map[string]bool{}
	read := func(account string) {
		if !seen[account] {
			seen[account] = true
			o.account(account, account == *out.Organization.MasterAccountId)
		}
	}
	for _, q := range r.Queues {
		read(q.Account)
	}
	for _, k := range r.world.Keys {
		read(k.Account)
	}
	for _, who := range r.world.Identities {
		read(who.Account)
	}
}

type organizationReader struct {
	*reader
	client   *organizations.Client
	levels   map[string][]*world.Policy // by kind and target
	policies map[string]*world.Policy   // by id
}

// account reads what is above an account. Nothing is above the management account.
func (o *organizationReader) account(id string, management bool) {
	path, ok, err := organization.AccountPath(o.ctx, o.client, id)
	if err == nil && !ok {
		err = because("the account is not in the organization")
	}
	if err != nil {
		o.unknown("policies of the organization above account "+id, err)
		return
	}
	c := &world.Control{Account: id, Path: path}
	o.world.Controls = append(o.world.Controls, c)
	if management {
		return
	}
	targets := append(strings.Split(path, "/")[1:], id)
	if c.Service, err = o.above(types.PolicyTypeServiceControlPolicy, targets); err != nil {
		o.unknown("service control policies above account "+id, err)
	}
	if c.Resource, err = o.above(types.PolicyTypeResourceControlPolicy, targets); err != nil {
		o.unknown("resource control policies above account "+id, err)
	}
}

// above is what is attached to the targets, the root first. It is all or nothing.
func (o *organizationReader) above(kind types.PolicyType, targets []string) ([]world.Level, error) {
	var levels []world.Level
	for _, target := range targets {
		policies, err := o.level(kind, target)
		if err != nil {
			return nil, err
		}
		if len(policies) > 0 {
			levels = append(levels, world.Level{Target: target, Policies: policies})
		}
	}
	return levels, nil
}

// level is what is attached to a root, an OU or an account.
func (o *organizationReader) level(kind types.PolicyType, target string) ([]*world.Policy, error) {
	key := string(kind) + " " + target
	if known, ok := o.levels[key]; ok {
		return known, nil
	}
	var level []*world.Policy
	pages := organizations.NewListPoliciesForTargetPaginator(o.client, &organizations.ListPoliciesForTargetInput{TargetId: &target, Filter: kind})
	for pages.HasMorePages() {
		page, err := pages.NextPage(o.ctx)
		if err != nil {
			return nil, err
		}
		for _, summary := range page.Policies {
			p, err := o.policy(aws.ToString(summary.Id))
			if err != nil {
				return nil, err
			}
			level = append(level, p)
		}
	}
	o.levels[key] = level
	return level, nil
}

func (o *organizationReader) policy(id string) (*world.Policy, error) {
	if known, ok := o.policies[id]; ok {
		return known, nil
	}
	out, err := o.client.DescribePolicy(o.ctx, &organizations.DescribePolicyInput{PolicyId: &id})
	if err != nil {
		return nil, err
	}
	if out.Policy == nil {
		return nil, because("organizations:DescribePolicy gave no policy")
	}
	p, err := document("policy "+id+" of the organization", aws.ToString(out.Policy.Content))
	if err == nil {
		o.policies[id] = p
	}
	return p, err
}
