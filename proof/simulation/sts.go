package simulation

import (
	"regexp"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"

	"example.com/shared-queue/proof/simulation/wire"
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
	return &wire.Error{Code: "MissingAuthenticationToken", Message: "Request is missing Authentication Token", Status: 403}
}

// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
var (
	sessionName = regexp.MustCompile(`^[\w+=,.@-]{2,64}$`)
	roleARN     = regexp.MustCompile(`^arn:[\w-]+:iam::\d{12}:role/.+$`)
)

// checkAssumeRole also refuses what would change what a session may do, and which the
// simulation does not do.
func checkAssumeRole(in *sts.AssumeRoleInput) error {
	const failed = "1 validation error detected: Value '%v' at '%s' failed to satisfy constraint: Member must %s"
	n := aws.ToInt32(in.DurationSeconds)
	switch {
	case aws.ToString(in.RoleArn) == "" || aws.ToString(in.RoleSessionName) == "":
		return wire.Invalid("ValidationError", "1 validation error detected: Value null at 'roleArn' or 'roleSessionName' failed to satisfy constraint: Member must not be null")
	case !roleARN.MatchString(*in.RoleArn):
		return wire.Invalid("ValidationError", "%s is invalid", *in.RoleArn)
	case !sessionName.MatchString(*in.RoleSessionName):
		return wire.Invalid("ValidationError", failed, *in.RoleSessionName, "roleSessionName", `satisfy regular expression pattern: [\w+=,.@-]{2,64}`)
	case in.DurationSeconds != nil && (n < 900 || n > 43200):
		return wire.Invalid("ValidationError", failed, n, "durationSeconds", "have value between 900 and 43200")
	case in.Policy != nil || in.SerialNumber != nil || in.TokenCode != nil:
		return wire.Invalid("InvalidAction", "The simulation of AWS does not do sts:AssumeRole with a session policy or MFA.")
	}
	return nil
}

func (c *call) assumeRole(in *sts.AssumeRoleInput) (*sts.AssumeRoleOutput, error) {
	if c.caller.ARN == "" {
		return nil, missingToken()
	}
	if err := checkAssumeRole(in); err != nil {
		return nil, err
	}
	refused := &wire.Error{Code: "AccessDenied", Status: 403, Message: "User: " + c.caller.identity() +
		" is not authorized to perform: sts:AssumeRole on resource: " + aws.ToString(in.RoleArn)}
	r := c.world.Identity(*in.RoleArn)
	if r == nil || r.Trust == nil {
		return nil, refused // AWS says the same of a role that is not there
	}
	keys := object{"sts:RoleSessionName": *in.RoleSessionName}
	if in.ExternalId != nil {
		keys["sts:ExternalId"] = *in.ExternalId
	}
	if in.SourceIdentity != nil {
		keys["sts:SourceIdentity"] = *in.SourceIdentity
	}
	d, err := c.ask("sts:AssumeRole", r.ARN, r.Account, r.Trust.Document, keys)
	if err != nil {
		return nil, err
	}
	if !d.Allowed() {
		return nil, refused
	}
	if chained := c.caller.Session != ""; chained && in.DurationSeconds != nil && *in.DurationSeconds > 3600 {
		return nil, wire.Invalid("ValidationError", "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining")
	}
	lasts := defaultSession
	if in.DurationSeconds != nil {
		lasts = time.Duration(*in.DurationSeconds) * time.Second
	}
	session := c.issue(Caller{Name: c.caller.Name, ARN: r.ARN, Session: aws.ToString(in.RoleSessionName), Path: c.tree.Path(r.Account)}, lasts)
	shown := Caller{ARN: r.ARN, Session: aws.ToString(in.RoleSessionName)}
	return &sts.AssumeRoleOutput{
		AssumedRoleUser: &types.AssumedRoleUser{Arn: aws.String(shown.identity()), AssumedRoleId: aws.String(shown.userID())},
		Credentials: &types.Credentials{AccessKeyId: &session.AccessKeyID, SecretAccessKey: &session.SecretAccessKey,
			SessionToken: &session.SessionToken, Expiration: aws.Time(session.Expires)},
	}, nil
}
