package prove

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"example.com/shared-queue/address"
)

const plainTimeout = 5 * time.Second

func (p *proof) sendPlain(ctx context.Context, who *principal) answer {
	if !p.sent {
		return answer{got: notTried, because: notSentSecurely}
	}
	a, err := p.sendTo(ctx, who.sqsPlain(p.queue()), p.queue(), p.environment.Name, mustNotArrive+"over plain HTTP")
	if how := noPlainHTTP(err, who.sqsEndpoint(p.queue()).Hostname()); how != "" && ctx.Err() == nil {
		return answer{got: refused, refusal: refusal{policy: service}, because: how}
	}
	return a
}

// sqsPlain goes to the queue's endpoint without TLS. It follows no redirect:
// one to HTTPS would make a call over TLS of it. A network that drops what is
// not TLS without an answer costs it no more than plainTimeout an attempt.
func (p *principal) sqsPlain(q address.Queue) *sqs.Client {
	plain := *p.sqsEndpoint(q)
	plain.Scheme = "http"
	return p.sqs(q.Region, func(o *sqs.Options) {
		o.BaseEndpoint = aws.String(plain.String())
		o.HTTPClient = &http.Client{
			Timeout:       plainTimeout,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}
	})
}

// noPlainHTTP is how an endpoint shows that it serves no plain HTTP, empty if
// it does not: the ways of AWS, and those of Go's, nginx's and other servers on
// a port of TLS.
func noPlainHTTP(err error, host string) because {
	var response *smithyhttp.ResponseError
	var body *smithy.DeserializationError
	var dial *net.OpError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &dial) && dial.Op == "proxyconnect":
		return "" // it was a proxy that did not answer
	case errors.Is(err, syscall.ECONNREFUSED):
		return plainNoConnection
	case errors.As(err, &response) && toHTTPS(response.Response.Header.Get("Location"), host):
		return plainRedirect
	case errors.As(err, &body) && notTLS.Match(body.Snapshot),
		strings.Contains(err.Error(), `malformed HTTP response "\x15\x03`): // an alert of TLS
		return plainTLSOnly
	}
	return ""
}

// toHTTPS reports whether the location is the same host's by HTTPS: another
// host's is a portal's or a proxy's.
func toHTTPS(location, host string) bool {
	u, err := url.Parse(location)
	return err == nil && u.Scheme == "https" && u.Hostname() == host
}

var notTLS = regexp.MustCompile(`HTTP request (was sent )?to (an )?HTTPS (server|port)`)
