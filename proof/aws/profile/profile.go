// Package profile finds credentials by the chain that all of AWS's tools have,
// and asks for an MFA code where a profile needs one. Package trouble knows what
// its errors mean.
package profile

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
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

// answerTime is how long one attempt of a call may take. AWS answers in seconds;
// the longest that it is asked to wait is 20 s, for a message to receive.
const answerTime = time.Minute

// Load reads the configuration of a profile. It asks AWS nothing. The error is
// a *problem.Problem if there is no such profile.
func Load(ctx context.Context, s Source) (aws.Config, error) {
	options := []func(*config.LoadOptions) error{
		config.WithLogger(logging.Nop{}), // what is worth saying is in the errors
		config.WithHTTPClient(awshttp.NewBuildableClient().WithTimeout(answerTime)),
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

// ErrSignIn means that no credentials could be had. What it wraps can hold the
// output of a credential_process, which may be secret.
var ErrSignIn = errors.New("no credentials")

// SignIn finds the credentials and keeps them: no later call can fail because
// they could not be renewed, which would look like a refusal of that call. The
// error is [ErrSignIn].
func SignIn(ctx context.Context, c *aws.Config) error {
	if c.Credentials == nil {
		return ErrSignIn
	}
	found, err := c.Credentials.Retrieve(ctx)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrSignIn, err)
	}
	c.Credentials = credentials.StaticCredentialsProvider{Value: found}
	return nil
}

// CheckEndpoint returns an error if the value of -endpoint-url is no URL that the
// SDK could ask. An empty one is AWS's own.
func CheckEndpoint(value string) error {
	if value == "" {
		return nil
	}
	u, err := url.Parse(value)
	if err == nil && u.Hostname() != "" && u.User == nil && (u.Scheme == "http" || u.Scheme == "https") {
		return nil
	}
	if err == nil {
		value = u.Redacted()
	}
	p := problem.New(value, "a URL like https://localhost:4566", "write http:// or https://, a host and no password")
	p.Path = "-endpoint-url"
	return p
}
