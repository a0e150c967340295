package trouble

import (
	"context"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	neturl "net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"example.com/shared-queue/proof/aws/profile"
)

// limit is how long a test waits for anything.
const limit = 20 * time.Second

// config is of somebody with credentials whose calls go to the URL, once each.
func config(url string) aws.Config {
	return aws.Config{
		Region: "us-east-1", BaseEndpoint: &url, RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("AKIAEXAMPLE000000000", "secret", ""),
	}
}

func limited(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	t.Cleanup(cancel)
	return ctx
}

func serve(t *testing.T, f http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(f)
	t.Cleanup(s.Close)
	return s.URL
}

// describe asks AWS Organizations.
func describe(t *testing.T, c aws.Config) Trouble {
	t.Helper()
	ctx := limited(t)
	_, err := organizations.NewFromConfig(c).DescribeOrganization(ctx, &organizations.DescribeOrganizationInput{})
	if err == nil {
		t.Fatal("no error")
	}
	return Of(ctx, err)
}

func check(t *testing.T, got Trouble, kind Kind, says ...string) {
	t.Helper()
	line := got.Error()
	if got.Kind != kind || strings.ContainsAny(line, "\n\r\x1b\u202e") {
		t.Errorf("got %q: %s", got.Kind, line)
	}
	for _, s := range says {
		if !strings.Contains(line, s) {
			t.Errorf("%s\ndoes not say %q", line, s)
		}
	}
}

// Texts are AWS's own, with made-up ids.
func TestAnswers(t *testing.T) {
	for _, c := range []struct {
		name, code, message string
		status              int
		kind                Kind
		says                string
	}{
		{"unknown access key", "UnrecognizedClientException", "The security token included in the request is invalid.", 400, BadCredentials, "take other credentials"},
		{"unknown access key, of STS", "InvalidClientTokenId", "The security token included in the request is invalid.", 403, BadCredentials, "take other credentials"},
		{"wrong secret", "InvalidSignatureException", "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method.", 403, BadCredentials, "take other credentials"},
		{"expired", "ExpiredTokenException", "The security token included in the request is expired", 400, Expired, "aws sso login"},
		{"expired, of STS", "ExpiredToken", "The security token included in the request is expired", 403, Expired, "aws sso login"},
		{"clock behind", "InvalidSignatureException", "Signature expired: 20261129T070000Z is now earlier than 20261129T075500Z (20261129T080000Z - 5 min.)", 403, WrongClock, "set it"},
		{"clock ahead", "SignatureDoesNotMatch", "Signature not yet current: 20261129T090000Z is still later than 20261129T080500Z", 403, WrongClock, "set it"},
		{"clock, of other services", "RequestTimeTooSkewed", "The difference between the request time and the current time is too large.", 403, WrongClock, "set it"},
		{"throttled", "TooManyRequestsException", "You have sent too many requests in too short a period of time. Try again later.", 400, Throttled, "try again later"},
		{"throttled, of other services", "ThrottlingException", "Rate exceeded", 400, Throttled, "try again later"},
		{"other Region", "InvalidSignatureException", "Credential should be scoped to a valid region.", 403, WrongRegion, "correct the Region"},
		{"Region to opt in to", "OptInRequired", "The AWS Access Key Id needs a subscription for the service", 403, NotActive, "suspended, closed or not yet set up"},
		{"Region disabled", "RegionDisabledException", "STS is not activated in this region for account:222222222222.", 403, WrongRegion, "enable the Region"},
		{"refused", "AccessDeniedException", "You don't have permissions to access this resource.", 400, Refused, "AWS refused: You don't have permissions to access this resource."},
		{"AWS fails", "ServiceException", "AWS Organizations can't complete your request because of an internal service error. Try again later.", 500, Unavailable, "try again later"},
		{"AWS fails, in its own words", "SomethingBroke", "", 500, Unavailable, "AWS answered SomethingBroke; try again later"},
		{"another error", "ConcurrentModificationException", "The target of the operation is currently being modified by a different request.", 400, Other, "AWS answered ConcurrentModificationException: The target"},
		{"a code with its service", "com.amazonaws.organizations#TooManyRequestsException", "", 400, Throttled, "AWS answered TooManyRequestsException; AWS still"},
		{"a message with an escape sequence", "ValidationException", "no\n\x1b[2J\u202egood", 400, Other, `no \x1b[2J\u202egood`},
	} {
		t.Run(c.name, func(t *testing.T) {
			url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/x-amz-json-1.1")
				w.WriteHeader(c.status)
				fmt.Fprintf(w, `{"__type": %q, "Message": %s}`, c.code, jsonString(c.message))
			})
			got := describe(t, config(url))
			check(t, got, c.kind, c.says)
			if got.Service != "Organizations" {
				t.Errorf("service %q", got.Service)
			}
		})
	}
}

func jsonString(s string) string {
	return `"` + strings.NewReplacer("\n", `\n`, "\x1b", `\u001b`, `"`, `\"`).Replace(s) + `"`
}

func TestNotAWS(t *testing.T) {
	for _, c := range []struct {
		name, kind, body string
		status           int
		says             string
	}{
		{"a page to sign in to a network", "text/html; charset=utf-8", "<html>Welcome</html>", 200, "with 200 OK and text/html"},
		{"a proxy's page", "text/html", "<html>Blocked</html>", 403, "with 403 Forbidden and text/html"},
		{"a gateway without a server behind it", "text/html", "<html>Bad Gateway</html>", 502, "with 502 Bad Gateway and text/html"},
		{"text", "text/plain", "no", 404, "with 404 Not Found and text/plain"},
		{"JSON of something else", "application/json", `{"error": "unauthorized"}`, 401, "with 401 Unauthorized and application/json"},
		{"a proxy that asks for a password", "text/html", "<html></html>", 407, "the proxy asks for a password (407); write it into HTTPS_PROXY"},
	} {
		t.Run(c.name, func(t *testing.T) {
			url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", c.kind)
				w.WriteHeader(c.status)
				fmt.Fprint(w, c.body)
			})
			got := describe(t, config(url))
			check(t, got, NotAWS, c.says, "HTTPS_PROXY")
			if strings.Contains(got.Error(), "deserialization") {
				t.Error(got)
			}
		})
	}
	t.Run("XML of something else", func(t *testing.T) {
		url := serve(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html></html>") })
		_, err := sts.NewFromConfig(config(url)).GetCallerIdentity(limited(t), &sts.GetCallerIdentityInput{})
		check(t, Of(t.Context(), err), NotAWS, "200 OK")
	})
}

func TestNoAnswer(t *testing.T) {
	plain := serve(t, func(http.ResponseWriter, *http.Request) {})
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = log.New(io.Discard, "", 0) // of handshakes that are to fail
	secure.StartTLS()
	t.Cleanup(secure.Close)
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := "http://" + closed.Addr().String()
	closed.Close()
	password := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusProxyAuthRequired) })
	for name, c := range map[string]struct {
		url, proxy string
		handler    http.HandlerFunc
		says       string
	}{
		"nobody listens":                   {url: nobody, says: "the endpoint refused the connection; look at the network"},
		"no such name":                     {url: "http://sqs.eu-nowhere-1.invalid", says: "the name sqs.eu-nowhere-1.invalid was not found; look at the network, and whether the Region"},
		"no such proxy":                    {url: "https://aws.invalid", proxy: nobody, says: "the proxy did not answer; look at HTTPS_PROXY"},
		"a proxy that asks for a password": {url: "https://aws.invalid", proxy: password, says: "the proxy asks for a password (407)"},
		"a certificate that is not known":  {url: secure.URL, says: "AWS_CA_BUNDLE"},
		"no TLS":                           {url: strings.Replace(plain, "http:", "https:", 1), says: "the endpoint speaks no TLS"},
		"it takes too long":                {handler: func(http.ResponseWriter, *http.Request) { time.Sleep(time.Second) }, says: "no answer came in time"},
		"the connection ends":              {handler: func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, says: "no answer came; look at the network"},
		"the answer is cut off": {handler: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			fmt.Fprint(w, "{")
		}, says: "no answer came; look at the network"},
	} {
		t.Run(name, func(t *testing.T) {
			if c.handler != nil {
				c.url = serve(t, c.handler)
			}
			cfg := config(c.url)
			transport := http.DefaultTransport.(*http.Transport).Clone()
			transport.Proxy = nil
			if c.proxy != "" {
				transport.Proxy = func(r *http.Request) (*neturl.URL, error) { return r.URL.Parse(c.proxy) }
			}
			cfg.HTTPClient = &http.Client{Transport: transport, Timeout: 300 * time.Millisecond}
			check(t, describe(t, cfg), NoAnswer, c.says)
		})
	}
}

func TestTheRunEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	check(t, Of(ctx, errors.New("whatever")), Interrupted, "interrupted before AWS answered")
	ctx, cancel = context.WithTimeout(t.Context(), 0)
	defer cancel()
	check(t, Of(ctx, errors.New("whatever")), TimedOut, "the time was up")
	check(t, Of(t.Context(), errors.New("not of\nAWS")), Other, "not of AWS")
}

const profiles = `
[profile sso]
sso_start_url = https://example.awsapps.com/start
sso_region = us-east-1
sso_account_id = 222222222222
sso_role_name = Admin
[profile session]
sso_session = example
sso_account_id = 222222222222
sso_role_name = Admin
[sso-session example]
sso_start_url = https://example.awsapps.com/start
sso_region = us-east-1
[profile login]
login_session = arn:aws:iam::222222222222:user/alice
[profile alice]
aws_access_key_id = AKIAALICE00000000000
aws_secret_access_key = its-secret
[profile role]
role_arn = arn:aws:iam::222222222222:role/web
source_profile = alice
[profile guarded]
role_arn = arn:aws:iam::222222222222:role/web
mfa_serial = arn:aws:iam::222222222222:mfa/alice
source_profile = alice
[profile process]
credential_process = sh -c 'echo its-secret; exit 1'
`

// A reply is what every service answers while somebody signs in.
type reply struct {
	status     int
	code, body string
}

func TestSignIn(t *testing.T) {
	token := func(expires string) string {
		return `{"accessToken": "its-secret", "expiresAt": "` + expires + `", "startUrl": "https://example.awsapps.com/start", "region": "us-east-1"}`
	}
	renewable := strings.TrimSuffix(token("2020-01-01T00:00:00Z"), "}") +
		`, "refreshToken": "its-secret", "clientId": "its-secret", "clientSecret": "its-secret", "registrationExpiresAt": "2099-01-01T00:00:00Z"}`
	valid := token("2099-01-01T00:00:00Z")
	xml := func(code, message string) string {
		return "<ErrorResponse><Error><Type>Sender</Type><Code>" + code + "</Code><Message>" + message + "</Message></Error></ErrorResponse>"
	}
	for _, c := range []struct {
		name, profile, token string
		reply                reply
		kind                 Kind
		says                 string
	}{
		{"never signed in", "sso", "", reply{}, Expired, "sign in again (aws sso login"},
		{"never signed in to the session", "session", "", reply{}, Expired, "sign in again (aws sso login"},
		{"signed in last week", "sso", token("2020-01-01T00:00:00Z"), reply{}, Expired, "sign in again"},
		{"signed in last week to the session", "session", token("2020-01-01T00:00:00Z"), reply{}, Expired, "sign in again"},
		{"session ended by an administrator", "sso", valid, reply{401, "UnauthorizedException", `{"message": "Session token not found or invalid"}`},
			Expired, "AWS answered UnauthorizedException: Session token not found or invalid; sign in again (aws sso login"},
		{"session cannot be renewed", "session", renewable, reply{400, "InvalidGrantException", `{"error": "invalid_grant", "error_description": "Invalid refresh token provided"}`},
			Expired, "sign in again (aws sso login"},
		{"registration ended", "session", renewable, reply{401, "InvalidClientException", `{"error": "invalid_client"}`}, Expired, "sign in again"},
		{"role not assigned", "sso", valid, reply{403, "ForbiddenException", `{"message": "No access"}`},
			NotAssigned, "AWS answered ForbiddenException: No access; take a profile whose sso_account_id and sso_role_name are assigned to you"},
		{"Identity Center throttles", "sso", valid, reply{429, "TooManyRequestsException", `{"message": "HTTP 429 Unknown Code"}`}, Throttled, "try again later"},
		{"a portal's page", "sso", valid, reply{200, "", "<html>"}, NotAWS, "sign in to the network"},
		{"never signed in with aws login", "login", "", reply{}, Expired, "aws login"},
		{"role may not be assumed", "role", "", reply{403, "", xml("AccessDenied", "User: arn:aws:iam::222222222222:user/alice is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::222222222222:role/web")},
			NotAssumed, "let the profile's source assume its role_arn"},
		{"unknown access key", "role", "", reply{403, "", xml("InvalidClientTokenId", "The security token included in the request is invalid.")}, BadCredentials, "take other credentials"},
		{"source expired", "role", "", reply{403, "", xml("ExpiredToken", "The security token included in the request is expired")}, Expired, "sign in again"},
		{"clock", "role", "", reply{403, "", xml("SignatureDoesNotMatch", "Signature expired: 20261129T070000Z is now earlier than 20261129T075500Z")}, WrongClock, "set it"},
		{"wrong MFA code", "guarded", "", reply{403, "", xml("AccessDenied", "MultiFactorAuthentication failed with invalid MFA one time pass code. ")}, BadCode, "type the code again"},
		{"no MFA code at all", "guarded", "", reply{400, "", xml("ValidationError", "1 validation error detected: Value 'abc' at 'tokenCode' failed to satisfy constraint")}, BadCode, "type the code again"},
		{"a process fails", "process", "", reply{}, NoCredentials, "there are no credentials; sign in"},
	} {
		t.Run(c.name, func(t *testing.T) {
			server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("X-Amzn-ErrorType", c.reply.code)
				w.WriteHeader(c.reply.status)
				fmt.Fprint(w, c.reply.body)
			})
			home(t, c.token)
			t.Setenv("AWS_MAX_ATTEMPTS", "1")
			t.Setenv("AWS_REGION", "us-east-1")
			ctx := limited(t)
			cfg, err := profile.Load(ctx, profile.Source{Flag: "profile", Profile: c.profile, Endpoint: server,
				Code: func(context.Context, string) (string, error) { return "123456", nil }})
			if err != nil {
				t.Fatal(err)
			}
			err = profile.SignIn(ctx, &cfg)
			if !errors.Is(err, profile.ErrSignIn) {
				t.Fatalf("got %v", err)
			}
			got := Of(ctx, err)
			check(t, got, c.kind, c.says)
			if strings.Contains(got.Error(), "its-secret") {
				t.Error("it shows a secret")
			}
		})
	}
}

// home is a home folder with the profiles and, if there is one, the token of a
// sign-in.
func home(t *testing.T, token string) {
	t.Helper()
	dir := t.TempDir()
	cache := filepath.Join(dir, ".aws", "sso", "cache")
	write := func(path, content string) {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("HOME", dir)
	t.Setenv("USERPROFILE", dir)
	t.Setenv("AWS_CONFIG_FILE", filepath.Join(dir, ".aws", "config"))
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(dir, "none"))
	write(filepath.Join(dir, ".aws", "config"), profiles)
	if token == "" {
		return
	}
	for _, key := range []string{"https://example.awsapps.com/start", "example"} { // AWS's tools name the file so
		sum := sha1.Sum([]byte(key))
		write(filepath.Join(cache, hex.EncodeToString(sum[:])+".json"), token)
	}
}

func TestNoTerminal(t *testing.T) {
	check(t, Of(t.Context(), fmt.Errorf("%w: %w", profile.ErrSignIn, profile.ErrNoTerminal)), NoCode, "run the command in a terminal")
}
