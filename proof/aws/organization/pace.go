package organization

import (
	"context"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
)

// How many ListOrganizationalUnitsForParent an account may ask for: a bucket of
// burst tokens, into which AWS puts rate a second. All tools of an account share
// it.
// https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html#throttling-limits
const (
	rate  = 5.0
	burst = 8
)

const (
	faster   = 0.2 // a second more for each answer, until AWS asks to slow down
	slower   = 0.7 // of the rate, each time that AWS still asks to
	slowest  = 0.5 // a second
	attempts = 10  // of one call that is throttled
	tries    = 3   // of one call that fails otherwise
)

// NewClient is a client for many requests at once. It begins at the documented
// rate and becomes faster as long as AWS takes it. When AWS asks to slow down it
// goes back to the documented rate for good, and below that if AWS asks again.
// Calls that were throttled are tried again. Endpoint is asked instead of AWS; it
// may be empty.
func NewClient(config aws.Config, endpoint string) *organizations.Client {
	return organizations.NewFromConfig(config, func(o *organizations.Options) {
		if endpoint != "" {
			o.BaseEndpoint = &endpoint // before every variable of the environment
		}
		o.Retryer = newPace(time.Now())
	})
}

// A pace is a retryer of the SDK, which asks it for a token before each attempt.
type pace struct {
	*retry.Standard
	throttled retry.IsErrorThrottles

	mu     sync.Mutex
	rate   float64 // tokens a second
	grows  bool
	tokens float64 // as of then; below zero if attempts wait for theirs
	then   time.Time
	slowed time.Time // when AWS last asked to slow down
}

func newPace(now time.Time) *pace {
	return &pace{
		Standard: retry.NewStandard(func(o *retry.StandardOptions) {
			o.MaxAttempts = attempts
			o.RateLimiter = ratelimit.None
		}),
		throttled: retry.DefaultThrottles,
		rate:      rate, grows: true, tokens: burst, then: now,
	}
}

// GetAttemptToken waits for a token.
func (p *pace) GetAttemptToken(ctx context.Context) (release func(error) error, err error) {
	wait := time.NewTimer(p.reserve(time.Now()))
	defer wait.Stop()
	select {
	case <-wait.C:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return func(err error) error {
		p.learn(time.Now(), err)
		return nil
	}, nil
}

// RetryDelay is how long to wait before the next attempt; it gives up earlier on
// what does not come of asking too much.
func (p *pace) RetryDelay(attempt int, err error) (time.Duration, error) {
	if attempt >= tries && !p.isThrottle(err) {
		return 0, err
	}
	return p.Standard.RetryDelay(attempt, err)
}

func (p *pace) isThrottle(err error) bool { return p.throttled.IsErrorThrottle(err) == aws.TrueTernary }

// reserve takes a token and says how long to wait for it.
func (p *pace) reserve(now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tokens = min(burst, p.tokens+now.Sub(p.then).Seconds()*p.rate) - 1
	p.then = now
	if p.tokens >= 0 {
		return 0
	}
	return time.Duration(-p.tokens / p.rate * float64(time.Second))
}

// learn adapts the rate to what became of an attempt.
func (p *pace) learn(now time.Time, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	asked := p.isThrottle(err)
	switch {
	case !asked && p.grows && err == nil:
		p.rate += faster
	case !asked, now.Sub(p.slowed) < time.Second: // several attempts at once are told the same
	case p.grows:
		p.rate, p.grows, p.slowed = rate, false, now
		p.tokens = min(p.tokens, 0) // AWS's bucket is empty
	default:
		p.rate, p.slowed = max(slowest, p.rate*slower), now
	}
}
