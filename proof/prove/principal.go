package prove

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/accessanalyzer"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"example.com/shared-queue/address"
	"example.com/shared-queue/proof/aws/profile"
)

// maxAttempts is how often the SDK tries a call: throttling and a lost
// connection pass, a refusal is never tried again.
const maxAttempts = 3

// A Pace is how long to wait between tries.
type Pace struct {
	Backoff retry.BackoffDelayer // between the attempts of a call
	Poll    time.Duration        // between two looks for a message
}

// A principal is somebody who calls AWS.
type principal struct {
	profile  string // as it was asked for; empty is the SDK's chain
	endpoint string // of -endpoint-url, which goes before every variable of the environment
	config   aws.Config
	loginErr error // why it has no credentials
	known    bool  // AWS said who it is, and that is who it must be
	arn      string
	account  string
}

// load finds a principal by the credential chain that all of AWS's tools have.
// The Region is the queue's, whatever the profile says.
func load(ctx context.Context, flag, name string, region address.Region, o options, pace Pace, code profile.Code) (*principal, error) {
	config, err := profile.Load(ctx, profile.Source{
		Flag: flag, Profile: name, Region: string(region), Endpoint: o.endpoint, Code: code,
		Retryer: func() aws.Retryer {
			r := retry.NewStandard(func(r *retry.StandardOptions) {
				r.MaxAttempts = maxAttempts
				r.Backoff = pace.Backoff
				r.RateLimiter = ratelimit.None
			})
			return retry.AddWithErrorCodes(r, "KmsThrottled", "KMS.ThrottlingException")
		},
	})
	if err != nil {
		return nil, err
	}
	return &principal{profile: name, endpoint: o.endpoint, config: config}, nil
}

// errNoCredentials is that the SDK's chain ended with nothing.
var errNoCredentials = errors.New("no credentials")

// login fixes the principal's credentials: no later call can fail because they
// could not be renewed, which would look like a refusal of that call.
func (p *principal) login(ctx context.Context) {
	c, err := p.config.Credentials.Retrieve(ctx)
	if err != nil {
		p.loginErr = fmt.Errorf("%w: %w", errNoCredentials, err)
		return
	}
	p.use(c)
}

// identify asks AWS whose the credentials are.
func (p *principal) identify(ctx context.Context) error {
	if p.loginErr != nil {
		return p.loginErr
	}
	identity, err := p.sts().GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return err
	}
	p.known, p.arn, p.account = true, aws.ToString(identity.Arn), aws.ToString(identity.Account)
	return nil
}

func (p *principal) use(c aws.Credentials) {
	p.config.Credentials = credentials.StaticCredentialsProvider{Value: c}
}

// as is the principal with the credentials of a role that it assumed.
func (p *principal) as(c aws.Credentials, roleARN string) *principal {
	role := *p
	role.use(c)
	role.arn = roleARN
	role.account = accountOf(roleARN)
	return &role
}

// secrets are what must never be shown.
func (p *principal) secrets() []string {
	static, ok := p.config.Credentials.(credentials.StaticCredentialsProvider)
	if !ok {
		return nil
	}
	return []string{static.Value.SecretAccessKey, static.Value.SessionToken}
}

// hasRole reports whether the principal is a session of the role. The ARN of a
// session has the role's name without its path.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
func (p *principal) hasRole(account, name string) bool {
	parsed, err := arn.Parse(p.arn)
	return err == nil && parsed.AccountID == account &&
		strings.HasPrefix(parsed.Resource, "assumed-role/"+name+"/")
}

func accountOf(s string) string {
	parsed, _ := arn.Parse(s)
	return parsed.AccountID
}

func (p *principal) sts() *sts.Client {
	return sts.NewFromConfig(p.config, func(o *sts.Options) { o.BaseEndpoint = p.or(o.BaseEndpoint) })
}

func (p *principal) kms() *kms.Client {
	return kms.NewFromConfig(p.config, func(o *kms.Options) { o.BaseEndpoint = p.or(o.BaseEndpoint) })
}

func (p *principal) ssm() *ssm.Client {
	return ssm.NewFromConfig(p.config, func(o *ssm.Options) { o.BaseEndpoint = p.or(o.BaseEndpoint) })
}

func (p *principal) organizations() *organizations.Client {
	return organizations.NewFromConfig(p.config, func(o *organizations.Options) { o.BaseEndpoint = p.or(o.BaseEndpoint) })
}

func (p *principal) accessAnalyzer() *accessanalyzer.Client {
	return accessanalyzer.NewFromConfig(p.config, func(o *accessanalyzer.Options) { o.BaseEndpoint = p.or(o.BaseEndpoint) })
}

func (p *principal) sqs(region address.Region, more ...func(*sqs.Options)) *sqs.Client {
	return sqs.NewFromConfig(p.config, append([]func(*sqs.Options){func(o *sqs.Options) {
		o.Region = string(region)
		o.BaseEndpoint = p.or(o.BaseEndpoint)
		// Whatever else is in it, an answer without an error is an acceptance.
		o.DisableMessageChecksumValidation = true
	}}, more...)...)
}

func (p *principal) or(endpoint *string) *string {
	if p.endpoint != "" {
		return &p.endpoint
	}
	return endpoint
}

// sqsEndpoint is the endpoint that calls about the queue go to.
func (p *principal) sqsEndpoint(q address.Queue) *url.URL {
	if base := p.sqs(q.Region).Options().BaseEndpoint; base != nil {
		if u, err := url.Parse(*base); err == nil {
			return u
		}
	}
	return &url.URL{Scheme: "https", Host: q.Host()}
}
