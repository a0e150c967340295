package simulation

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// A signature is the header that signs a request.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
type signature struct {
	accessKey, region, service string
	headers                    []string
}

var authorization = regexp.MustCompile(`^AWS4-HMAC-SHA256 Credential=([^/]+)/\d{8}/([^/]+)/([^/]+)/aws4_request, ?SignedHeaders=([^,]+), ?Signature=[0-9a-f]{64}$`)

const (
	amzDate = "20060102T150405Z"
	maxSkew = 15 * time.Minute
)

// signer finds who has signed the request, nobody if it is not signed.
func (s *Simulation) signer(r *http.Request, body []byte) (Caller, signature, error) {
	header := r.Header.Get("Authorization")
	if header == "" {
		return Caller{}, signature{}, nil
	}
	m := authorization.FindStringSubmatch(header)
	if m == nil {
		return Caller{}, signature{}, &apiError{code: "IncompleteSignature", kind: coral + "IncompleteSignatureException", status: http.StatusForbidden,
			message: "Authorization header requires AWS4-HMAC-SHA256 with Credential, SignedHeaders and Signature."}
	}
	sig := signature{accessKey: m[1], region: m[2], service: m[3], headers: strings.Split(m[4], ";")}
	c := s.known(sig.accessKey)
	switch {
	case c == nil || c.token != r.Header.Get("X-Amz-Security-Token"):
		return Caller{}, sig, &apiError{code: "InvalidClientTokenId", kind: coral + "UnrecognizedClientException", status: http.StatusForbidden,
			message: "The security token included in the request is invalid."}
	case !c.expires.IsZero() && time.Now().After(c.expires):
		return Caller{}, sig, &apiError{code: "ExpiredToken", kind: coral + "ExpiredTokenException", status: http.StatusForbidden,
			message: "The security token included in the request is expired"}
	case !sig.matches(r, body, c):
		return Caller{}, sig, &apiError{code: "SignatureDoesNotMatch", kind: coral + "InvalidSignatureException", status: http.StatusForbidden,
			message: "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details."}
	}
	return c.Caller, sig, nil
}

// matches signs what was signed once more, and compares.
func (sig signature) matches(r *http.Request, body []byte, c *caller) bool {
	at, err := time.Parse(amzDate, r.Header.Get("X-Amz-Date"))
	if err != nil || time.Since(at).Abs() > maxSkew {
		return false
	}
	again := &http.Request{Method: r.Method, URL: r.URL, Host: r.Host, Header: http.Header{}}
	for name, values := range r.Header {
		if slices.Contains(sig.headers, strings.ToLower(name)) {
			again.Header[name] = values
		}
	}
	again.Header.Del("Content-Length")
	if slices.Contains(sig.headers, "content-length") {
		again.ContentLength = r.ContentLength
	}
	sum := sha256.Sum256(body)
	credentials := aws.Credentials{AccessKeyID: sig.accessKey, SecretAccessKey: c.secret, SessionToken: c.token}
	if err := v4.NewSigner().SignHTTP(context.Background(), credentials, again, hex.EncodeToString(sum[:]), sig.service, sig.region, at); err != nil {
		return false
	}
	got, want := last(r.Header.Get("Authorization")), last(again.Header.Get("Authorization"))
	return subtle.ConstantTimeCompare([]byte(got), []byte(want)) == 1
}

// last is the hexadecimal signature at a header's end.
func last(header string) string { return header[strings.LastIndex(header, "=")+1:] }
