package simulation

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"example.com/shared-queue/proof/evaluate"
	"example.com/shared-queue/proof/simulation/organization"
	"example.com/shared-queue/proof/simulation/wire"
	"example.com/shared-queue/proof/world"
)

// describeOrganization answers every account of an organization, as AWS does.
func (c *call) describeOrganization(*organizations.DescribeOrganizationInput) (*organizations.DescribeOrganizationOutput, error) {
	id := c.tree.Of(c.caller.Account())
	if id == "" {
		return nil, wire.Invalid("AWSOrganizationsNotInUseException", "Your account is not a member of an organization.")
	}
	if err := c.mayAskOrganization("organizations:DescribeOrganization"); err != nil {
		return nil, err
	}
	o := &types.Organization{Id: &id, FeatureSet: types.OrganizationFeatureSetAll}
	if management := c.tree.Manager(id); management != "" {
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
	id = c.tree.Of(c.caller.Account())
	switch {
	case id == "":
		return "", wire.Invalid("AWSOrganizationsNotInUseException", "Your account is not a member of an organization.")
	case c.tree.Manager(id) != c.caller.Account():
		return "", wire.Invalid("AccessDeniedException", "You don't have permissions to access this resource.")
	}
	return id, c.mayAskOrganization(action)
}

// organizationsARN is of the account that manages the caller's organization.
func (c *call) organizationsARN(resource string) string {
	id := c.tree.Of(c.caller.Account())
	return "arn:" + c.region.Partition() + ":organizations::" + c.tree.Manager(id) + ":" + resource
}

func (c *call) describeAccount(in *organizations.DescribeAccountInput) (*organizations.DescribeAccountOutput, error) {
	own, err := c.organization("organizations:DescribeAccount")
	if err != nil {
		return nil, err
	}
	id := aws.ToString(in.AccountId)
	path := c.tree.Find(own, id)
	if len(id) != 12 || path == "" {
		return nil, wire.Invalid("AccountNotFoundException", "You specified an account that doesn't exist.")
	}
	return &organizations.DescribeAccountOutput{Account: &types.Account{
		Id: &id, Arn: aws.String(c.organizationsARN("account/" + own + "/" + id)), Name: aws.String("account " + id),
		Paths: []string{path + "/"}, State: types.AccountStateActive, Status: types.AccountStatusActive,
	}}, nil
}

func (c *call) describeOrganizationalUnit(in *organizations.DescribeOrganizationalUnitInput) (*organizations.DescribeOrganizationalUnitOutput, error) {
	own, err := c.organization("organizations:DescribeOrganizationalUnit")
	if err != nil {
		return nil, err
	}
	id := aws.ToString(in.OrganizationalUnitId)
	path := c.tree.Find(own, id)
	if !strings.HasPrefix(id, "ou-") || path == "" {
		return nil, wire.Invalid("OrganizationalUnitNotFoundException", "You specified an organizational unit that doesn't exist.")
	}
	return &organizations.DescribeOrganizationalUnitOutput{OrganizationalUnit: &types.OrganizationalUnit{
		Id: &id, Arn: aws.String(c.organizationsARN("ou/" + own + "/" + id)), Name: aws.String(id), Path: aws.String(path + "/"),
	}}, nil
}

func (c *call) listParents(in *organizations.ListParentsInput) (*organizations.ListParentsOutput, error) {
	own, err := c.organization("organizations:ListParents")
	if err != nil {
		return nil, err
	}
	parts := strings.Split(c.tree.Find(own, aws.ToString(in.ChildId)), "/")
	if len(parts) < 3 {
		return nil, wire.Invalid("ChildNotFoundException", "You specified a child that doesn't exist.")
	}
	p := types.Parent{Id: &parts[len(parts)-2], Type: types.ParentTypeOrganizationalUnit}
	if strings.HasPrefix(*p.Id, "r-") {
		p.Type = types.ParentTypeRoot
	}
	return &organizations.ListParentsOutput{Parents: []types.Parent{p}}, nil
}

func (c *call) listPoliciesForTarget(in *organizations.ListPoliciesForTargetInput) (*organizations.ListPoliciesForTargetOutput, error) {
	own, err := c.organization("organizations:ListPoliciesForTarget")
	if err != nil {
		return nil, err
	}
	if _, ok := organization.FullAccess[in.Filter]; !ok {
		return nil, wire.Invalid("InvalidInputException", "The simulation of AWS has no policies of the type %s.", in.Filter)
	}
	target := aws.ToString(in.TargetId)
	path := c.tree.Find(own, target)
	if path == "" {
		return nil, wire.Invalid("TargetNotFoundException", "You specified a target that doesn't exist.")
	}
	out := &organizations.ListPoliciesForTargetOutput{}
	for _, p := range c.tree.On(in.Filter, path, target) {
		out.Policies = append(out.Policies, p.Summary())
	}
	return out, nil
}

func (c *call) describePolicy(in *organizations.DescribePolicyInput) (*organizations.DescribePolicyOutput, error) {
	if _, err := c.organization("organizations:DescribePolicy"); err != nil {
		return nil, err
	}
	p, ok := c.tree.Policy(aws.ToString(in.PolicyId))
	if !ok {
		return nil, wire.Invalid("PolicyNotFoundException", "You specified a policy that doesn't exist.")
	}
	summary := p.Summary()
	return &organizations.DescribePolicyOutput{Policy: &types.Policy{Content: &p.Text, PolicySummary: &summary}}, nil
}

// controlKinds are the names by which the evaluator knows an organization's policies.
var controlKinds = map[types.PolicyType]string{
	types.PolicyTypeServiceControlPolicy:  "service control policy",
	types.PolicyTypeResourceControlPolicy: "resource control policy",
}

// AttachPolicy attaches a service or resource control policy to a target: the path of
// a root or an OU, like o-exampleorgid/r-examplerootid111, or an account's id. Beside
// it each target keeps the policy of AWS that allows everything, so it may only deny.
func (s *Simulation) AttachPolicy(kind types.PolicyType, target, text string) error {
	name, ok := controlKinds[kind]
	if !ok {
		return fmt.Errorf("the simulation attaches service and resource control policies, no %s", kind)
	}
	p := organization.Policy{Kind: kind, Target: target, Text: text}
	if err := json.Unmarshal([]byte(text), &p.Document); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	for _, statement := range world.List(p.Document["Statement"]) {
		if s, _ := statement.(object); s["Effect"] != "Deny" {
			return errors.New(name + ": the simulation takes one that denies only")
		}
	}
	problems, err := s.evaluator.Problems(evaluate.World{name: p.Document})
	if err != nil {
		return err
	}
	if len(problems) > 0 {
		return fmt.Errorf("%s that AWS would reject, or conditions that never match: %s", name, strings.Join(problems, "; "))
	}
	s.tree.Attach(p)
	return nil
}

// DetachPolicies detaches all that AttachPolicy has attached.
func (s *Simulation) DetachPolicies() { s.tree.Detach() }
