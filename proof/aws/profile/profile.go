// Package profile finds credentials by the chain that all of AWS's tools have,
// and asks for an MFA code where a profile needs one.
package profile

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/smithy-go/logging"

	"example.com/shared-queue/internal/problem"
)

// A Source is where credentials come from and where calls go to.
type Source struct {
	Flag     string // the flag that named the profile, for messages
	Profile  string // of ~/.aws/config; empty is the SDK's usual chain
	Region   string // goes before the profile's own; empty is the profile's
	Endpoint string // asked instead of AWS; empty is AWS_ENDPOINT_URL, or AWS
	Retryer  func() aws.Retryer
	Code     Code
}

// Load reads the configuration of a profile. It asks AWS nothing. The error is
// a *problem.Problem if there is no such profile.
func Load(ctx context.Context, s Source) (aws.Config, error) {
	options := []func(*config.LoadOptions) error{
		config.WithLogger(logging.Nop{}), // what is worth saying is in the errors
		config.WithAssumeRoleCredentialOptions(func(o *stscreds.AssumeRoleOptions) {
			o.TokenProvider = func() (string, error) { return s.Code(ctx, s.Profile) }
		}),
	}
	if s.Region != "" {
		options = append(options, config.WithRegion(s.Region))
	}
	if s.Retryer != nil {
		options = append(options, config.WithRetryer(s.Retryer))
	}
	if s.Profile != "" {
		options = append(options, config.WithSharedConfigProfile(s.Profile))
	}
	if s.Endpoint != "" {
		options = append(options, config.WithBaseEndpoint(s.Endpoint))
	}
	loaded, err := config.LoadDefaultConfig(ctx, options...)
	if missing := (config.SharedConfigProfileNotExistError{}); errors.As(err, &missing) {
		p := problem.New(missing.Profile, "a profile of ~/.aws/config or ~/.aws/credentials",
			"correct the name, or make the profile with aws configure sso")
		p.Path = "-" + s.Flag
		return aws.Config{}, p
	}
	if err != nil {
		return aws.Config{}, fmt.Errorf("-%s: read the configuration of the AWS SDK: %w", s.Flag, err)
	}
	return loaded, nil
}
