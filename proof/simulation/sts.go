package simulation

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"
)

const defaultSession = time.Hour

func (c *call) getCallerIdentity(*sts.GetCallerIdentityInput) (*sts.GetCallerIdentityOutput, error) {
	if c.caller.ARN == "" {
		return nil, missingToken()
	}
	return &sts.GetCallerIdentityOutput{Arn: aws.String(c.caller.identity()), Account: aws.String(c.caller.Account()),
		UserId: aws.String(c.caller.userID())}, nil
}

func missingToken() error {
	return &apiError{code: "MissingAuthenticationToken", message: "Request is missing Authentication Token", status: 403}
}

func (c *call) assumeRole(in *sts.AssumeRoleInput) (*sts.AssumeRoleOutput, error) {
	if c.caller.ARN == "" {
		return nil, missingToken()
	}
	refused := &apiError{code: "AccessDenied", status: 403, message: "User: " + c.caller.identity() +
		" is not authorized to perform: sts:AssumeRole on resource: " + aws.ToString(in.RoleArn)}
	r := c.world.roles[aws.ToString(in.RoleArn)]
	if r == nil || r.trust == nil {
		return nil, refused // AWS says the same of a role that is not there
	}
	d, err := c.ask("sts:AssumeRole", r.arn, r.account, r.trust, nil)
	if err != nil {
		return nil, err
	}
	if !d.Allowed() {
		return nil, refused
	}
	lasts := defaultSession
	if in.DurationSeconds != nil {
		lasts = time.Duration(*in.DurationSeconds) * time.Second
	}
	session := c.issue(Caller{Name: c.caller.Name, ARN: r.arn, Session: aws.ToString(in.RoleSessionName), Path: c.organizationPath(r.account)}, lasts)
	shown := Caller{ARN: r.arn, Session: aws.ToString(in.RoleSessionName)}
	return &sts.AssumeRoleOutput{
		AssumedRoleUser: &types.AssumedRoleUser{Arn: aws.String(shown.identity()), AssumedRoleId: aws.String(shown.userID())},
		Credentials: &types.Credentials{AccessKeyId: &session.AccessKeyID, SecretAccessKey: &session.SecretAccessKey,
			SessionToken: &session.SessionToken, Expiration: aws.Time(session.Expires)},
	}, nil
}
