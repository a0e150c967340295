// Package principal is who calls AWS for the prover: a profile's credentials, whose they
// are, and clients of the services that are asked.
package principal

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

// MaxAttempts is how often the SDK tries a call: throttling and a lost connection
// pass, a refusal is never tried again.
const MaxAttempts = 3

// plainTimeout is how long an attempt over plain HTTP may take: some networks drop
// what is not TLS without an answer.
const plainTimeout = 5 * time.Second

// A Principal is somebody who calls AWS.
type Principal struct {
	Who     string // in the report, like insider; empty for the sender
	Profile string // as it was asked for; empty is the SDK's chain
	Config  aws.Config
	Known   bool // AWS said who it is, and that is who it must be
	ARN     string
	Account string

	endpoint  string // of -endpoint-url, which goes before every variable of the environment
	once      aws.Retryer
	signInErr error // why it has no credentials
}

// A Source is where principals come from and whom they ask.
type Source struct {
	Region   address.Region // of the queue, whatever the profile says
	Endpoint string         // asked instead of AWS; empty is AWS_ENDPOINT_URL, or AWS
	Timeout  time.Duration  // of a sign-in
	Backoff  retry.BackoffDelayer
	Code     profile.Code
}

// Load finds a principal by the credential chain that all of AWS's tools have, and
// signs it in. Where that fails, [Principal.Identify] says so; the error is of the
// flag that named the profile.
func (s Source) Load(ctx context.Context, flag, who, name string) (*Principal, error) {
	standard := func(more ...func(*retry.StandardOptions)) aws.Retryer {
		return retry.AddWithErrorCodes(retry.NewStandard(append(more, func(r *retry.StandardOptions) {
			r.MaxAttempts, r.Backoff, r.RateLimiter = MaxAttempts, s.Backoff, ratelimit.None
		})...), "KmsThrottled", "KMS.ThrottlingException")
	}
	config, err := profile.Load(ctx, profile.Source{
		Flag: flag, Profile: name, Region: string(s.Region), Endpoint: s.Endpoint, Code: s.Code,
		Retryer: func() aws.Retryer { return standard() },
	})
	if err != nil {
		return nil, err
	}
	// It tries again only what AWS says that it did not do.
	once := standard(func(r *retry.StandardOptions) {
		r.Retryables = []retry.IsErrorRetryable{retry.RetryableErrorCode{Codes: maps.Clone(retry.DefaultThrottleErrorCodes)}}
	})
	p := &Principal{Who: who, Profile: name, Config: config, endpoint: s.Endpoint, once: once}
	ctx, cancel := context.WithTimeout(ctx, s.Timeout)
	defer cancel()
	p.signInErr = profile.SignIn(ctx, &p.Config)
	return p, nil
}

// With is the principal with other credentials, like those of a role that it assumed.
func (p *Principal) With(c aws.CredentialsProvider, who, arn, account string) *Principal {
	other := *p
	other.Config = p.Config.Copy()
	other.Config.Credentials = c
	other.Who, other.ARN, other.Account = who, arn, account
	return &other
}

// Identify asks AWS whose the credentials are.
func (p *Principal) Identify(ctx context.Context) error {
	if p.signInErr != nil {
		return p.signInErr
	}
	identity, err := p.STS().GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return err
	}
	p.ARN, p.Account = aws.ToString(identity.Arn), aws.ToString(identity.Account)
	if p.ARN == "" || p.Account == "" {
		return answer.ErrEmpty
	}
	p.Known = true
	return nil
}

// Secrets are what must never be shown.
func (p *Principal) Secrets() []string {
	if p == nil {
		return nil
	}
	static, ok := p.Config.Credentials.(credentials.StaticCredentialsProvider)
	if !ok {
		return nil
	}
	return []string{static.Value.SecretAccessKey, static.Value.SessionToken}
}

// HasRole reports whether the principal is a session of the role. The ARN of a
// session has the role's name without its path.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
func (p *Principal) HasRole(r address.Role) bool {
	parsed, err := arn.Parse(p.ARN)
	return err == nil && parsed.AccountID == r.Account && strings.HasPrefix(parsed.Resource, "assumed-role/"+r.Name+"/")
}

func (p *Principal) or(endpoint *string) *string {
	if p.endpoint != "" {
		return &p.endpoint
	}
	return endpoint
}

// STS is a client of STS.
func (p *Principal) STS() *sts.Client {
	return sts.NewFromConfig(p.Config, func(o *sts.Options) { o.BaseEndpoint = p.or(o.BaseEndpoint) })
}

// KMS is a client of KMS.
func (p *Principal) KMS() *kms.Client {
	return kms.NewFromConfig(p.Config, func(o *kms.Options) { o.BaseEndpoint = p.or(o.BaseEndpoint) })
}

// SSM is a client of Systems Manager.
func (p *Principal) SSM() *ssm.Client {
	return ssm.NewFromConfig(p.Config, func(o *ssm.Options) { o.BaseEndpoint = p.or(o.BaseEndpoint) })
}

// Organizations is a client of AWS Organizations.
func (p *Principal) Organizations() *organizations.Client {
	return organizations.NewFromConfig(p.Config, func(o *organizations.Options) { o.BaseEndpoint = p.or(o.BaseEndpoint) })
}

// AccessAnalyzer is a client of IAM Access Analyzer.
func (p *Principal) AccessAnalyzer() *accessanalyzer.Client {
	return accessanalyzer.NewFromConfig(p.Config, func(o *accessanalyzer.Options) { o.BaseEndpoint = p.or(o.BaseEndpoint) })
}

// SQS is a client that sends and receives once: where an answer is lost, the SDK
// would send the message again.
func (p *Principal) SQS(region address.Region, more ...func(*sqs.Options)) *sqs.Client {
	return sqs.NewFromConfig(p.Config, append([]func(*sqs.Options){func(o *sqs.Options) {
		o.Region, o.BaseEndpoint, o.Retryer = string(region), p.or(o.BaseEndpoint), p.once
		o.DisableMessageChecksumValidation = true // whatever is in it, an answer without an error is an acceptance
	}}, more...)...)
}

// PlainHTTP has a client of SQS go to the queue's endpoint without TLS. It follows no
// redirect: one to HTTPS would make a call over TLS of it.
func (p *Principal) PlainHTTP(q address.Queue) func(*sqs.Options) {
	plain := *p.SQSEndpoint(q)
	plain.Scheme = "http"
	return func(o *sqs.Options) {
		o.BaseEndpoint = aws.String(plain.String())
		o.HTTPClient = &http.Client{
			Timeout:       plainTimeout,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}
	}
}

// SQSEndpoint is the endpoint that calls about the queue go to.
func (p *Principal) SQSEndpoint(q address.Queue) *url.URL {
	if base := p.SQS(q.Region).Options().BaseEndpoint; base != nil {
		if u, err := url.Parse(*base); err == nil {
			return u
		}
	}
	return &url.URL{Scheme: "https", Host: q.Host()}
}
