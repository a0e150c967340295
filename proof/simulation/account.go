package simulation

import (
	"errors"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	organizationstypes "github.com/aws/aws-sdk-go-v2/service/organizations/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"example.com/shared-queue/address"
)

// describeOrganization answers every account, as AWS does.
func (c *call) describeOrganization(*organizations.DescribeOrganizationInput) (*organizations.DescribeOrganizationOutput, error) {
	id := c.organizationOf(c.caller.Account())
	if id == "" {
		return nil, &apiError{code: "AWSOrganizationsNotInUseException", status: http.StatusBadRequest,
			message: "Your account is not a member of an organization."}
	}
	return &organizations.DescribeOrganizationOutput{Organization: &organizationstypes.Organization{Id: &id}}, nil
}

// putParameter asks for the use of a key through Parameter Store, which calls
// KMS as the caller. The parameter is not kept.
// https://docs.aws.amazon.com/systems-manager/latest/userguide/secure-string-parameter-kms-encryption.html
func (c *call) putParameter(in *ssm.PutParameterInput) (*ssm.PutParameterOutput, error) {
	const action = "kms:Encrypt"
	parameter := c.region.ARN("ssm", c.caller.Account(), "parameter"+aws.ToString(in.Name))
	d, err := c.ask("ssm:PutParameter", parameter, c.caller.Account(), nil, nil)
	if err != nil {
		return nil, err
	}
	if !d.Allowed() {
		return nil, &apiError{code: "AccessDeniedException", message: c.refusal(d, c.caller.Account())}
	}
	k, err := c.namedKey(aws.ToString(in.KeyId), action)
	if err != nil {
		return nil, err
	}
	via := "ssm." + string(c.region) + ".amazonaws.com"
	return &ssm.PutParameterOutput{}, c.mayUseKey(k, action, via, map[string]string{"PARAMETER_ARN": parameter})
}

func (c *call) deleteParameter(*ssm.DeleteParameterInput) (*ssm.DeleteParameterOutput, error) {
	return &ssm.DeleteParameterOutput{}, nil
}

// AddQueue adds a queue with no policy, which its own account's policies
// decide about alone. It stays when something else is deployed.
func (s *Simulation) AddQueue(a address.Queue) error {
	q, err := newQueue(a, map[string]string{})
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.world.queues[a.ARN()] != nil {
		return errors.New("there is a queue " + a.Name + " already")
	}
	s.more = append(s.more, q)
	s.world.queues[a.ARN()] = q
	return nil
}
