package simulation

import (
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"
)

// describeOrganization answers every account, as AWS does.
func (c *call) describeOrganization(*organizations.DescribeOrganizationInput) (*organizations.DescribeOrganizationOutput, error) {
	id := c.organizationOf(c.caller.Account())
	if id == "" {
		return nil, &Error{Code: "AWSOrganizationsNotInUseException",
			Message: "Your account is not a member of an organization."}
	}
	return &organizations.DescribeOrganizationOutput{Organization: &types.Organization{Id: &id}}, nil
}
