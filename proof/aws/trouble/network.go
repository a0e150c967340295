package trouble

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"regexp"
	"strings"
	"syscall"

	smithyhttp "github.com/aws/smithy-go/transport/http"

	"example.com/shared-queue/proof/aws/text"
)

// ended is what the SDK says of tokens that aws sso login and aws login keep in
// files.
var ended = regexp.MustCompile(`(?i)expired|reauthenticate|cached SSO token|SSO session`)

const (
	metadata      = "ec2imds" // the metadata service of EC2, which answers nobody on another computer
	consoleAction = "CreateOAuth2Token"
)

// signIn is for credentials that could not be had, with no error of AWS. What
// the SDK says of it is left out, as it can hold the output of a
// credential_process.
func signIn(err error) Trouble {
	if name := service(err); name != "" && name != metadata {
		return network(err)
	}
	if strings.Contains(err.Error(), consoleAction) {
		return Trouble{Kind: NoCredentials, Message: "aws login may not make credentials", Cure: "allow signin:" + consoleAction}
	}
	if ended.MatchString(err.Error()) {
		return Trouble{Kind: Expired, Message: "the credentials or the session have expired", Cure: cures[Expired]}
	}
	return Trouble{Kind: NoCredentials, Message: "there are no credentials", Cure: cures[NoCredentials]}
}

// network is for what kept an answer from coming, or from being one of AWS.
func network(err error) Trouble {
	var response *smithyhttp.ResponseError
	var unsent *smithyhttp.RequestSendError
	var timeout net.Error
	cut := errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, &timeout) && timeout.Timeout()
	switch {
	case errors.As(err, &response) && response.HTTPStatusCode() != 0 && !cut:
		return notAWS(response)
	case errors.As(err, &unsent), cut:
		message, cure := noAnswer(err)
		return Trouble{Kind: NoAnswer, Message: message, Cure: cure}
	}
	return Trouble{Kind: Other, Message: text.Line(err.Error())}
}

// notAWS is for an answer that cannot be read: a page of a captive portal, of a
// proxy, or of another server.
func notAWS(response *smithyhttp.ResponseError) Trouble {
	status := response.Response.Status
	kind, _, _ := strings.Cut(response.Response.Header.Get("Content-Type"), ";")
	t := Trouble{Kind: NotAWS, Cure: cures[NotAWS], Message: "the endpoint did not answer as AWS does, but with " + text.Line(status)}
	if response.HTTPStatusCode() == 407 {
		t.Message, t.Cure = "the proxy asks for a password (407)", proxyPassword
	} else if kind != "" {
		t.Message += " and " + text.Line(kind)
	}
	return t
}

const (
	proxyPassword = "write it into HTTPS_PROXY as http://user:password@host:port"
	proxyCure     = "look at HTTPS_PROXY and NO_PROXY"
	endpointCure  = "look at -endpoint-url and AWS_ENDPOINT_URL"
)

// noAnswer says why no answer came, and the cure.
func noAnswer(err error) (message, cure string) {
	var dns *net.DNSError
	var dial *net.OpError
	var authority x509.UnknownAuthorityError
	var invalid x509.CertificateInvalidError
	var host x509.HostnameError
	var record tls.RecordHeaderError
	var timeout net.Error
	says := err.Error()
	switch {
	case strings.Contains(says, "Proxy Authentication Required"):
		return "the proxy asks for a password (407)", proxyPassword
	case errors.As(err, &dial) && dial.Op == "proxyconnect":
		return "the proxy did not answer", proxyCure
	case errors.As(err, &dns):
		return "the name " + text.Line(dns.Name) + " was not found", "look at the network, and whether the Region is one of AWS"
	case errors.As(err, &authority):
		return "the certificate is of an authority that this computer does not trust",
			"if a proxy of your network opens TLS, name its authority with AWS_CA_BUNDLE or ca_bundle"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "the certificate is not valid today", "look at the clock of this computer, then at -endpoint-url and proxies"
	case errors.As(err, &host):
		return "the certificate is of another host", endpointCure
	case errors.As(err, &record), strings.Contains(says, "server gave HTTP response to HTTPS client"):
		return "the endpoint speaks no TLS", endpointCure + ": http:// for an emulator without it"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "the endpoint refused the connection", "look at the network, or at -endpoint-url and AWS_ENDPOINT_URL"
	case errors.As(err, &timeout) && timeout.Timeout():
		return "no answer came in time", cures[NoAnswer]
	}
	return "no answer came", cures[NoAnswer]
}
