package prove

import (
	"context"
	"maps"
	"net/http"
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
	"example.com/shared-queue/proof/prove/answer"
)

// maxAttempts is how often the SDK tries a call: throttling and a lost connection
// pass, a refusal is never tried again.
const maxAttempts = 3

// plainTimeout is how long an attempt over plain HTTP may take: some networks drop
// what is not TLS without an answer.
const plainTimeout = 5 * time.Second

// A principal is somebody who calls AWS.
type principal struct {
	who      string // in the report, like insider
	profile  string // as it was asked for; empty is the SDK's chain
	endpoint string // of -endpoint-url, which goes before every variable of the environment
	config   aws.Config
	once     aws.Retryer // tries again only what AWS says it did not do
	loginErr error       // why it has no credentials
	known    bool        // AWS said who it is, and that is who it must be
	arn      string
	account  string

	organization string          // of an outsider; empty is none
	placed       bool            // it is known which organization an outsider is of
	allowed      map[string]bool // whether an outsider was let do it with a queue of its own account
}

// load finds a principal by the credential chain that all of AWS's tools have, and
// fixes its credentials: no later call can fail because they could not be renewed,
// which would look like a refusal of that call. The Region is the queue's, whatever
// the profile says.
func (c Command) load(ctx context.Context, flag, who, name string, region address.Region, o options) (*principal, error) {
	standard := func(more ...func(*retry.StandardOptions)) aws.Retryer {
		return retry.AddWithErrorCodes(retry.NewStandard(append(more, func(r *retry.StandardOptions) {
			r.MaxAttempts, r.Backoff, r.RateLimiter = maxAttempts, c.Backoff, ratelimit.None
		})...), "KmsThrottled", "KMS.ThrottlingException")
	}
	config, err := profile.Load(ctx, profile.Source{
		Flag: flag, Profile: name, Region: string(region), Endpoint: o.endpoint, Code: c.Code,
		Retryer: func() aws.Retryer { return standard() },
	})
	if err != nil {
		return nil, err
	}
	once := standard(func(r *retry.StandardOptions) {
		r.Retryables = []retry.IsErrorRetryable{retry.RetryableErrorCode{Codes: maps.Clone(retry.DefaultThrottleErrorCodes)}}
	})
	p := &principal{who: who, profile: name, endpoint: o.endpoint, config: config, once: once, allowed: map[string]bool{}}
	ctx, cancel := context.WithTimeout(ctx, o.timeout)
	defer cancel()
	p.loginErr = profile.SignIn(ctx, &p.config)
	return p, nil
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
	p.arn, p.account = aws.ToString(identity.Arn), aws.ToString(identity.Account)
	if p.arn == "" || p.account == "" {
		return answer.ErrEmpty
	}
	p.known = true
	return nil
}

func (p *principal) use(c aws.Credentials) {
	p.config.Credentials = credentials.StaticCredentialsProvider{Value: c}
}

// secrets are what must never be shown.
func (p *principal) secrets() []string {
	if p == nil {
		return nil
	}
	static, ok := p.config.Credentials.(credentials.StaticCredentialsProvider)
	if !ok {
		return nil
	}
	return []string{static.Value.SecretAccessKey, static.Value.SessionToken}
}

// hasRole reports whether the principal is a session of the role. The ARN of a
// session has the role's name without its path.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
func (p *principal) hasRole(r address.Role) bool {
	parsed, err := arn.Parse(p.arn)
	return err == nil && parsed.AccountID == r.Account && strings.HasPrefix(parsed.Resource, "assumed-role/"+r.Name+"/")
}

func (p *principal) or(endpoint *string) *string {
	if p.endpoint != "" {
		return &p.endpoint
	}
	return endpoint
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

// sqs is a client that sends and receives once: where an answer is lost, the SDK
// would send the message again.
func (p *principal) sqs(region address.Region, more ...func(*sqs.Options)) *sqs.Client {
	return sqs.NewFromConfig(p.config, append([]func(*sqs.Options){func(o *sqs.Options) {
		o.Region, o.BaseEndpoint, o.Retryer = string(region), p.or(o.BaseEndpoint), p.once
		o.DisableMessageChecksumValidation = true // whatever is in it, an answer without an error is an acceptance
	}}, more...)...)
}

// plainHTTP has a client of SQS go to the queue's endpoint without TLS. It follows no
// redirect: one to HTTPS would make a call over TLS of it.
func (p *principal) plainHTTP(q address.Queue) func(*sqs.Options) {
	plain := *p.sqsEndpoint(q)
	plain.Scheme = "http"
	return func(o *sqs.Options) {
		o.BaseEndpoint = aws.String(plain.String())
		o.HTTPClient = &http.Client{
			Timeout:       plainTimeout,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}
	}
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
