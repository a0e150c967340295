package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"example.com/shared-queue/address"
	"example.com/shared-queue/proof/simulation"
	"example.com/shared-queue/spec"
)

const greeting = "Hello from publisher account!"

// A score is what a story comes to.
type score struct {
	missing []string // what must be allowed and was not
	gotIn   []string // who must be refused and was not
}

func (s score) holds() bool { return len(s.missing)+len(s.gotIn) == 0 }

func (s score) String() string {
	switch {
	case s.holds():
		return "The boundary holds."
	case len(s.gotIn) > 0:
		return "The boundary is broken: " + strings.Join(s.gotIn, ", ") + " got in."
	}
	return "It does not work: " + strings.Join(s.missing, ", ") + " was refused."
}

// A story is one run of all callers against what is deployed.
type story struct {
	*simulation.Simulation
	ctx    context.Context
	out    io.Writer
	client *http.Client
	e      spec.Environment
	score  score
	width  int // of the column of what a caller does

	refused simulation.Decision // the last one
}

// tell deploys the templates, lets the publisher send and a consumer read, and
// everybody else try to send. It says each as it happens.
func tell(ctx context.Context, out io.Writer, s *simulation.Simulation, environments []spec.Environment, e spec.Environment, templates map[string]any) (score, error) {
	if err := s.Deploy(environments, templates); err != nil {
		return score{}, err
	}
	profiles := s.Populate(environments)
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(s.Certificate)
	t := &story{Simulation: s, ctx: ctx, out: out, e: e, width: len(assumes(e)), client: &http.Client{
		Timeout:   10 * time.Second,
		Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}},
	}}
	s.Watch(func(d simulation.Decision) {
		if !d.Allowed() {
			t.refused = d
		}
	})
	defer s.Watch(func(simulation.Decision) {})

	t.publish()
	t.consume(profiles)
	for _, outside := range outsiders(e, environments, profiles) {
		t.intrude(outside.who, t.config(outside.credentials))
	}
	t.intrude("an anonymous caller", t.config(nil))
	return t.score, ctx.Err()
}

// config is that of a caller's SDK.
func (t *story) config(c aws.CredentialsProvider) aws.Config {
	if c == nil {
		c = aws.AnonymousCredentials{}
	}
	return aws.Config{Region: string(t.e.Region), Credentials: c, BaseEndpoint: aws.String(t.URL), HTTPClient: t.client,
		Retryer: func() aws.Retryer { return retry.AddWithMaxAttempts(retry.NewStandard(), 1) }}
}

func static(c aws.Credentials) aws.CredentialsProvider {
	return credentials.StaticCredentialsProvider{Value: c}
}

// publish assumes the first publisher's role, as one that its trust policy names,
// and sends.
func (t *story) publish() {
	p := t.e.Publishers[0]
	who, trusted := t.trusted(p)
	out, err := sts.NewFromConfig(t.config(trusted)).AssumeRole(t.ctx, &sts.AssumeRoleInput{
		RoleArn: aws.String(p.Role.At(p.Account).ARN()), RoleSessionName: aws.String("demo")})
	t.must(who, assumes(t.e), err)
	if err != nil {
		return
	}
	session := aws.Credentials{AccessKeyID: *out.Credentials.AccessKeyId, SecretAccessKey: *out.Credentials.SecretAccessKey,
		SessionToken: *out.Credentials.SessionToken}
	t.must("publisher "+p.Name, "sends", t.send(t.config(static(session))))
}

func assumes(e spec.Environment) string {
	return "assumes the role of publisher " + e.Publishers[0].Name
}

// trusted is the first principal that may assume the publisher's role: an account
// is some administrator of it.
func (t *story) trusted(p spec.Publisher) (string, aws.CredentialsProvider) {
	principal := p.Role.AssumedBy[0].Resolve(p.Account)
	if service, ok := principal.Service(); ok {
		return service, static(t.Enter(service, service, ""))
	}
	arn, _ := principal.ARN(t.e.Region)
	arn = strings.Replace(arn, ":root", ":role/admin", 1)
	return principal.String(), static(t.Enter(arn, arn, ""))
}

func (t *story) consume(profiles []simulation.Profile) {
	i := slices.IndexFunc(profiles, func(p simulation.Profile) bool {
		return p.Environment == t.e.Name && strings.HasPrefix(p.Name, t.e.Name+"-"+spec.Consume.String())
	})
	if i < 0 { // the settings have none
		i = slices.IndexFunc(profiles, func(p simulation.Profile) bool { return p.Name == t.e.Name+"-"+simulation.Administrator })
	}
	client := sqs.NewFromConfig(t.config(static(profiles[i].Credentials)))
	out, err := client.ReceiveMessage(t.ctx, &sqs.ReceiveMessageInput{QueueUrl: aws.String(t.e.QueueAddress().URL())})
	if err == nil && (len(out.Messages) != 1 || *out.Messages[0].Body != greeting) {
		err = errors.New("the message is not there")
	}
	t.must(profiles[i].Who, "receives it", err)
	if err == nil {
		_, err = client.DeleteMessage(t.ctx, &sqs.DeleteMessageInput{QueueUrl: aws.String(t.e.QueueAddress().URL()), ReceiptHandle: out.Messages[0].ReceiptHandle})
		t.must(profiles[i].Who, "deletes it", err)
	}
}

func (t *story) send(c aws.Config) error {
	q := t.e.QueueAddress()
	in := &sqs.SendMessageInput{QueueUrl: aws.String(q.URL()), MessageBody: aws.String(greeting)}
	if q.FIFO() {
		in.MessageGroupId, in.MessageDeduplicationId = aws.String("demo"), aws.String(fmt.Sprint(time.Now().UnixNano()))
	}
	_, err := sqs.NewFromConfig(c).SendMessage(t.ctx, in)
	return err
}

// intrude tries to send as somebody who must not.
func (t *story) intrude(who string, c aws.Config) {
	t.refused = simulation.Decision{}
	err := t.send(c)
	var refusal smithy.APIError
	switch {
	case err == nil:
		t.score.gotIn = append(t.score.gotIn, who)
		t.line(who, "sends", "ACCEPTED")
	case errors.As(err, &refusal):
		t.line(who, "sends", "refused by "+t.by(refusal))
	default:
		t.score.missing = append(t.score.missing, who)
		t.line(who, "sends", err.Error())
	}
}

// must says what came of what has to be allowed.
func (t *story) must(who, does string, err error) {
	var refusal smithy.APIError
	switch {
	case err == nil:
		t.line(who, does, "allowed")
		return
	case errors.As(err, &refusal):
		t.line(who, does, "REFUSED by "+t.by(refusal))
	default:
		t.line(who, does, "FAILED: "+err.Error())
	}
	t.score.missing = append(t.score.missing, who)
}

// by says what refused the last request: a policy, or SQS itself.
func (t *story) by(refusal smithy.APIError) string {
	switch {
	case t.refused.By() != "":
		return t.refused.By()
	case refusal.ErrorCode() == "InvalidSecurity":
		return "SQS, as it is not signed"
	}
	return refusal.ErrorMessage()
}

func (t *story) line(who, does, answer string) {
	fmt.Fprintf(t.out, "  %-42s  %-*s  %s\n", who, t.width, does, answer)
}

// An outsider is somebody who must not send.
type outsider struct {
	who         string
	credentials aws.CredentialsProvider
}

// outsiders are the all-powerful callers that must be refused: of the other
// environments' OUs, and of accounts around.
func outsiders(e spec.Environment, environments []spec.Environment, profiles []simulation.Profile) []outsider {
	var list []outsider
	add := func(name, who string) {
		i := slices.IndexFunc(profiles, func(p simulation.Profile) bool { return p.Name == name })
		list = append(list, outsider{who, static(profiles[i].Credentials)})
	}
	for _, other := range environments {
		if !inside(other.Queue.Senders[0], e.Queue.Senders) {
			add(other.Name+"-"+simulation.Insider, "the OU of "+other.Name)
		}
	}
	for _, place := range []string{simulation.SiblingOU, simulation.NearOrganization, simulation.OtherOrganization, simulation.NoOrganization} {
		name := e.Name + "-" + place
		i := slices.IndexFunc(profiles, func(p simulation.Profile) bool { return p.Name == name })
		add(name, profiles[i].Who)
	}
	return list
}

// inside reports whether the OU is one of the senders' or below one.
func inside(path address.Path, senders []address.Path) bool {
	return slices.ContainsFunc(senders, func(s address.Path) bool {
		return path == s || strings.HasPrefix(path.String(), s.String()+"/")
	})
}
