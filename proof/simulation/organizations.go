package simulation

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"example.com/shared-queue/proof/simulation/wire"
)

// describeOrganization answers every account of an organization, as AWS does.
func (c *call) describeOrganization(*organizations.DescribeOrganizationInput) (*organizations.DescribeOrganizationOutput, error) {
	id := c.organizationOf(c.caller.Account())
	if id == "" {
		return nil, wire.Invalid("AWSOrganizationsNotInUseException", "Your account is not a member of an organization.")
	}
	if err := c.mayAskOrganization("organizations:DescribeOrganization"); err != nil {
		return nil, err
	}
	o := &types.Organization{Id: &id, FeatureSet: types.OrganizationFeatureSetAll}
	if management := c.managementOf(id); management != "" {
		o.MasterAccountId = &management
		o.MasterAccountArn = aws.String(c.organizationsARN("account/" + id + "/" + management))
		o.Arn = aws.String(c.organizationsARN("organization/" + id))
	}
	return &organizations.DescribeOrganizationOutput{Organization: o}, nil
}

func (c *call) mayAskOrganization(action string) error {
	if c.caller.ARN == "" {
		return wire.Invalid("MissingAuthenticationTokenException", "Missing Authentication Token")
	}
	d, err := c.ask(action, "*", c.caller.Account(), nil, nil)
	if err != nil || d.Allowed() {
		return err
	}
	return wire.Invalid("AccessDeniedException", "%s", c.refusal(d, c.caller.Account()))
}

// organization is the caller's, of which only the management account may ask this.
// https://docs.aws.amazon.com/organizations/latest/APIReference/API_DescribeAccount.html
func (c *call) organization(action string) (id string, err error) {
	id = c.organizationOf(c.caller.Account())
	switch {
	case id == "":
		return "", wire.Invalid("AWSOrganizationsNotInUseException", "Your account is not a member of an organization.")
	case c.managementOf(id) != c.caller.Account():
		return "", wire.Invalid("AccessDeniedException", "You don't have permissions to access this resource.")
	}
	return id, c.mayAskOrganization(action)
}

// organizationsARN is of the account that manages the caller's organization.
func (c *call) organizationsARN(resource string) string {
	id := c.organizationOf(c.caller.Account())
	return "arn:" + c.region.Partition() + ":organizations::" + c.managementOf(id) + ":" + resource
}

func (s *Simulation) managementOf(organization string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.management[organization]
}

// pathOf is the path of a root, an OU or an account of the organization, with the
// account at its end; empty if there is none.
func (s *Simulation) pathOf(organization, id string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	for account, path := range s.paths {
		if !strings.HasPrefix(path, organization+"/") {
			continue
		}
		if account == id {
			return path + "/" + account
		}
		parts := strings.Split(path, "/")
		if i := slices.Index(parts, id); i > 0 {
			return strings.Join(parts[:i+1], "/")
		}
	}
	return ""
}

func (c *call) describeAccount(in *organizations.DescribeAccountInput) (*organizations.DescribeAccountOutput, error) {
	organization, err := c.organization("organizations:DescribeAccount")
	if err != nil {
		return nil, err
	}
	id := aws.ToString(in.AccountId)
	path := c.pathOf(organization, id)
	if len(id) != 12 || path == "" {
		return nil, wire.Invalid("AccountNotFoundException", "You specified an account that doesn't exist.")
	}
	return &organizations.DescribeAccountOutput{Account: &types.Account{
		Id: &id, Arn: aws.String(c.organizationsARN("account/" + organization + "/" + id)), Name: aws.String("account " + id),
		Paths: []string{path + "/"}, State: types.AccountStateActive, Status: types.AccountStatusActive,
	}}, nil
}

func (c *call) describeOrganizationalUnit(in *organizations.DescribeOrganizationalUnitInput) (*organizations.DescribeOrganizationalUnitOutput, error) {
	organization, err := c.organization("organizations:DescribeOrganizationalUnit")
	if err != nil {
		return nil, err
	}
	id := aws.ToString(in.OrganizationalUnitId)
	path := c.pathOf(organization, id)
	if !strings.HasPrefix(id, "ou-") || path == "" {
		return nil, wire.Invalid("OrganizationalUnitNotFoundException", "You specified an organizational unit that doesn't exist.")
	}
	return &organizations.DescribeOrganizationalUnitOutput{OrganizationalUnit: &types.OrganizationalUnit{
		Id: &id, Arn: aws.String(c.organizationsARN("ou/" + organization + "/" + id)), Name: aws.String(id), Path: aws.String(path + "/"),
	}}, nil
}

func (c *call) listParents(in *organizations.ListParentsInput) (*organizations.ListParentsOutput, error) {
	organization, err := c.organization("organizations:ListParents")
	if err != nil {
		return nil, err
	}
	parts := strings.Split(c.pathOf(organization, aws.ToString(in.ChildId)), "/")
	if len(parts) < 3 {
		return nil, wire.Invalid("ChildNotFoundException", "You specified a child that doesn't exist.")
	}
	p := types.Parent{Id: &parts[len(parts)-2], Type: types.ParentTypeOrganizationalUnit}
	if strings.HasPrefix(*p.Id, "r-") {
		p.Type = types.ParentTypeRoot
	}
	return &organizations.ListParentsOutput{Parents: []types.Parent{p}}, nil
}

// fullAccess are AWS's policies that allow everything, attached to every target.
var fullAccess = map[types.PolicyType]struct {
	id, name string
	document string
}{
	types.PolicyTypeServiceControlPolicy: {"p-FullAWSAccess", "FullAWSAccess",
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`},
	types.PolicyTypeResourceControlPolicy: {"p-RCPFullAWSAccess", "RCPFullAWSAccess",
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}`},
}

func (c *call) listPoliciesForTarget(in *organizations.ListPoliciesForTargetInput) (*organizations.ListPoliciesForTargetOutput, error) {
	organization, err := c.organization("organizations:ListPoliciesForTarget")
	if err != nil {
		return nil, err
	}
	full, ok := fullAccess[in.Filter]
	if !ok {
		return nil, wire.Invalid("InvalidInputException", "The simulation of AWS has no policies of the type %s.", in.Filter)
	}
	path := c.pathOf(organization, aws.ToString(in.TargetId))
	if path == "" {
		return nil, wire.Invalid("TargetNotFoundException", "You specified a target that doesn't exist.")
	}
	out := &organizations.ListPoliciesForTargetOutput{Policies: []types.PolicySummary{
		{Id: aws.String(full.id), Name: aws.String(full.name), Type: in.Filter, AwsManaged: true}}}
	for _, p := range c.attachedPolicies() {
		if p.kind == in.Filter && (p.target == path || p.target == *in.TargetId) {
			out.Policies = append(out.Policies, p.summary())
		}
	}
	return out, nil
}

func (c control) summary() types.PolicySummary {
	return types.PolicySummary{Id: &c.id, Name: &c.id, Type: c.kind}
}

func (s *Simulation) attachedPolicies() []control {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.attached)
}

func (c *call) describePolicy(in *organizations.DescribePolicyInput) (*organizations.DescribePolicyOutput, error) {
	if _, err := c.organization("organizations:DescribePolicy"); err != nil {
		return nil, err
	}
	id := aws.ToString(in.PolicyId)
	for kind, full := range fullAccess {
		if full.id == id {
			return &organizations.DescribePolicyOutput{Policy: &types.Policy{Content: aws.String(full.document),
				PolicySummary: &types.PolicySummary{Id: &id, Name: aws.String(full.name), Type: kind, AwsManaged: true}}}, nil
		}
	}
	for _, p := range c.attachedPolicies() {
		if p.id == id {
			summary := p.summary()
			return &organizations.DescribePolicyOutput{Policy: &types.Policy{Content: &p.text, PolicySummary: &summary}}, nil
		}
	}
	return nil, wire.Invalid("PolicyNotFoundException", "You specified a policy that doesn't exist.")
}
