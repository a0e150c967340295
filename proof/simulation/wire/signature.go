package wire

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// A Signature is the header that signs a request.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
type Signature struct {
	AccessKey, Region, Service string
	headers                    []string
}

var authorization = regexp.MustCompile(`^AWS4-HMAC-SHA256 Credential=([^/]+)/\d{8}/([^/]+)/([^/]+)/aws4_request, ?SignedHeaders=([^,]+), ?Signature=[0-9a-f]{64}$`)

const (
	amzDate = "20060102T150405Z"
	maxSkew = 15 * time.Minute
)

// SignatureOf reads the signature of a request, which is the zero Signature if there is
// none.
func SignatureOf(r *http.Request) (Signature, error) {
	header := r.Header.Get("Authorization")
	if header == "" {
		return Signature{}, nil
	}
	m := authorization.FindStringSubmatch(header)
	if m == nil {
		return Signature{}, &Error{Code: "IncompleteSignature", Status: http.StatusForbidden,
			Message: "Authorization header requires AWS4-HMAC-SHA256 with Credential, SignedHeaders and Signature."}
	}
	return Signature{AccessKey: m[1], Region: m[2], Service: m[3], headers: strings.Split(m[4], ";")}, nil
}

// Check checks the caller's clock, and that whoever has the secret signed this request.
func (sig Signature) Check(r *http.Request, body []byte, secret, token string) error {
	if err := checkDate(r); err != nil {
		return err
	}
	if !sig.matches(r, body, secret, token) {
		return &Error{Code: "SignatureDoesNotMatch", Status: http.StatusForbidden,
			Message: "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details."}
	}
	return nil
}

// checkDate checks the caller's clock.
func checkDate(r *http.Request) error {
	text, now := r.Header.Get("X-Amz-Date"), time.Now().UTC()
	at, err := time.Parse(amzDate, text)
	message := ""
	switch {
	case err != nil:
		return &Error{Code: "IncompleteSignature", Status: http.StatusForbidden, Message: "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."}
	case now.Sub(at) > maxSkew:
		message = fmt.Sprintf("Signature expired: %s is now earlier than %s (%s - 15 min.)", text, now.Add(-maxSkew).Format(amzDate), now.Format(amzDate))
	case at.Sub(now) > maxSkew:
		message = fmt.Sprintf("Signature not yet current: %s is still later than %s (%s + 15 min.)", text, now.Add(maxSkew).Format(amzDate), now.Format(amzDate))
	default:
		return nil
	}
	return &Error{Code: "SignatureDoesNotMatch", Status: http.StatusForbidden, Message: message}
}

// matches signs what was signed once more, and compares.
func (sig Signature) matches(r *http.Request, body []byte, secret, token string) bool {
	at, err := time.Parse(amzDate, r.Header.Get("X-Amz-Date"))
	if err != nil {
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
	credentials := aws.Credentials{AccessKeyID: sig.AccessKey, SecretAccessKey: secret, SessionToken: token}
	if err := v4.NewSigner().SignHTTP(context.Background(), credentials, again, hex.EncodeToString(sum[:]), sig.Service, sig.Region, at); err != nil {
		return false
	}
	got, want := hexSignature(r.Header.Get("Authorization")), hexSignature(again.Header.Get("Authorization"))
	return subtle.ConstantTimeCompare([]byte(got), []byte(want)) == 1
}

// hexSignature is the hexadecimal signature at a header's end.
func hexSignature(header string) string { return header[strings.LastIndex(header, "=")+1:] }
