package simulation

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"example.com/shared-queue/proof/simulation/wire"
)

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
		return nil, &wire.Error{Code: "AccessDeniedException", Message: c.refusal(d, c.caller.Account())}
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
