package simulation

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	orgtypes "github.com/aws/aws-sdk-go-v2/service/organizations/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
)

// describeOrganization is answered in every member account.
func (c *call) describeOrganization(*organizations.DescribeOrganizationInput) (*organizations.DescribeOrganizationOutput, error) {
	if c.caller.Path == "" {
		return nil, invalid("AWSOrganizationsNotInUseException", "Your account is not a member of an organization.")
	}
	return &organizations.DescribeOrganizationOutput{Organization: &orgtypes.Organization{Id: aws.String(c.caller.organization())}}, nil
}

// putParameter is for a SecureString, which Parameter Store encrypts as the
// caller. It keeps none.
// https://docs.aws.amazon.com/systems-manager/latest/userguide/secure-string-parameter-kms-encryption.html
func (c *call) putParameter(in *ssm.PutParameterInput) (*ssm.PutParameterOutput, error) {
	arn := c.region.ARN("ssm", c.caller.Account(), "parameter"+aws.ToString(in.Name))
	d, err := c.ask("ssm:PutParameter", arn, c.caller.Account(), nil, nil)
	if err != nil {
		return nil, err
	}
	if !d.Allowed() {
		return nil, &apiError{code: "AccessDeniedException", message: c.refusal(d, c.caller.Account())}
	}
	k, err := c.namedKey(aws.ToString(in.KeyId), "kms:Encrypt")
	if err == nil {
		err = c.mayUseKey(k, "kms:Encrypt", "ssm."+string(c.region)+".amazonaws.com", map[string]string{"PARAMETER_ARN": arn})
	}
	if err != nil {
		return nil, err
	}
	return &ssm.PutParameterOutput{Version: 1}, nil
}

func (c *call) deleteParameter(*ssm.DeleteParameterInput) (*ssm.DeleteParameterOutput, error) {
	return &ssm.DeleteParameterOutput{}, nil
}

// Own is the name of the queue that accounts outside an environment's
// organization have: it has no policy, so that only the caller's own decides.
const Own = "own-queue"
