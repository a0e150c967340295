package demo

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"example.com/shared-queue/address"
	"example.com/shared-queue/proof/simulation"
	"example.com/shared-queue/proof/world"
	"example.com/shared-queue/spec"
)

const (
	greeting = "Hello from publisher account!"
	secret   = "For the consumer only."
)

// requestTimeout ends a request that the simulation does not answer.
const requestTimeout = 10 * time.Second

// A score is the result of a scenario.
type score struct {
	missing []string // who must be allowed and was not
	gained  []string // who can do what nobody else may
}

func (s score) holds() bool { return len(s.missing)+len(s.gained) == 0 }

func (s score) String() string {
	switch {
	case s.holds():
		return "The boundary holds."
	case len(s.gained) > 0:
		return "The boundary is broken: " + strings.Join(s.gained, ", ") + "."
	}
	return "It does not work: " + strings.Join(s.missing, ", ") + " was refused."
}

// A scenario is one run of all callers against what is deployed.
type scenario struct {
	*simulation.Simulation
	ctx      context.Context
	out      io.Writer
	client   *http.Client
	e        spec.Environment
	profiles []simulation.Profile
	score    score

	refused atomic.Pointer[simulation.Decision] // of the last request, by any policy
}

// runScenario deploys the world. A sender of the first environment sends and a
// consumer reads; then everybody who must not tries to. It says what came of each.
func runScenario(ctx context.Context, out io.Writer, s *simulation.Simulation, environments []spec.Environment, w *world.World) (score, error) {
	if err := s.Deploy(w); err != nil {
		return score{}, err
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(s.Certificate)
	e := environments[0]
	t := &scenario{Simulation: s, ctx: ctx, out: out, e: e, profiles: s.AddProfiles(environments), client: &http.Client{
		Timeout:   requestTimeout,
		Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}},
	}}
	defer t.client.CloseIdleConnections()
	s.Watch(func(d simulation.Decision) {
		if !d.Allowed() {
			t.refused.Store(&d)
		}
	})
	defer s.Watch(func(simulation.Decision) {})

	t.play(environments)
	return t.score, ctx.Err()
}

// play lets everybody try.
func (t *scenario) play(environments []spec.Environment) {
	insider := t.profile(simulation.Insider)
	who, sender := insider.Who, t.config(insider)
	if len(t.e.Publishers) > 0 {
		who, sender = "publisher "+t.e.Publishers[0].Name, t.assume(t.e.Publishers[0])
	}
	t.row("", sends, receives)
	sent := t.must(who, t.send(sender, greeting))
	consumer, consumed := t.consume()
	t.row(who, sent, t.mayNotReceive(who, sender, sender))
	t.row(consumer.Who, t.maySend(consumer), consumed)
	if len(t.e.Publishers) > 0 {
		c := t.config(insider)
		t.row(insider.Who, t.must(insider.Who, t.send(c, greeting)), t.mayNotReceive(insider.Who, c, sender))
	}
	for _, outsider := range t.outsiders(environments) {
		t.mayNothing(outsider.Who, t.config(outsider), sender)
	}
	t.mayNothing("an anonymous caller", t.configOf(aws.AnonymousCredentials{}), sender)
}

// profile is that of the environment with the end of its name.
func (t *scenario) profile(name string) simulation.Profile {
	i := slices.IndexFunc(t.profiles, func(p simulation.Profile) bool { return p.Name == t.e.Name+"-"+name })
	return t.profiles[i]
}

func (t *scenario) config(p simulation.Profile) aws.Config {
	return t.configOf(credentials.StaticCredentialsProvider{Value: p.Credentials})
}

// configOf is that of a caller's SDK.
func (t *scenario) configOf(c aws.CredentialsProvider) aws.Config {
	return aws.Config{Region: string(t.e.Region), Credentials: c, BaseEndpoint: aws.String(t.URL), HTTPClient: t.client,
		Retryer: func() aws.Retryer { return retry.AddWithMaxAttempts(retry.NewStandard(), 1) }}
}

// What callers do.
const (
	sends    = "sends"
	receives = "receives"
)

// assume assumes the publisher's role, as one that its trust policy names. If that is
// refused, what it can do is what nobody can.
func (t *scenario) assume(p spec.Publisher) aws.Config {
	trusted := t.profile("publisher-" + p.Name + "-" + simulation.Trusted)
	who, _, _ := strings.Cut(trusted.Who, ",")
	t.refused.Store(nil)
	out, err := sts.NewFromConfig(t.config(trusted)).AssumeRole(t.ctx, &sts.AssumeRoleInput{
		RoleArn: aws.String(p.Role.At(p.Account).ARN()), RoleSessionName: aws.String("demo")})
	fmt.Fprintf(t.out, "  %s assumes the role of publisher %s: %s\n\n", who, p.Name, t.must(who, err))
	if err != nil {
		return t.configOf(aws.AnonymousCredentials{})
	}
	return t.configOf(credentials.NewStaticCredentialsProvider(*out.Credentials.AccessKeyId, *out.Credentials.SecretAccessKey, *out.Credentials.SessionToken))
}

// consume lets the first consumer have the message, or an administrator if the settings
// have none.
func (t *scenario) consume() (consumer simulation.Profile, answer string) {
	consumer = t.profile(simulation.Administrator)
	i := slices.IndexFunc(t.profiles, func(p simulation.Profile) bool {
		return p.Environment == t.e.Name && strings.HasPrefix(p.Name, t.e.Name+"-"+simulation.Consumer)
	})
	if i >= 0 {
		consumer = t.profiles[i]
	}
	got, err := t.receive(t.config(consumer))
	if err == nil && (len(got) != 1 || *got[0].Body != greeting) {
		err = errors.New("the message is not there")
	}
	if err == nil {
		_, err = sqs.NewFromConfig(t.config(consumer)).DeleteMessage(t.ctx,
			&sqs.DeleteMessageInput{QueueUrl: aws.String(t.e.QueueAddress().URL()), ReceiptHandle: got[0].ReceiptHandle})
	}
	return consumer, t.must(consumer.Who, err)
}

// maySend tries to send as a consumer, which must not. An administrator of the shared
// account may do what its own policies allow.
func (t *scenario) maySend(consumer simulation.Profile) string {
	if consumer.Name == t.profile(simulation.Administrator).Name {
		return "-"
	}
	return t.mustNot(consumer.Who, sends, t.send(t.config(consumer), greeting))
}

func (t *scenario) send(c aws.Config, body string) error {
	t.refused.Store(nil)
	q := t.e.QueueAddress()
	in := &sqs.SendMessageInput{QueueUrl: aws.String(q.URL()), MessageBody: &body}
	if q.FIFO() {
		in.MessageGroupId, in.MessageDeduplicationId = aws.String(rand.Text()), aws.String(rand.Text())
	}
	_, err := sqs.NewFromConfig(c).SendMessage(t.ctx, in)
	return err
}

func (t *scenario) receive(c aws.Config) ([]types.Message, error) {
	t.refused.Store(nil)
	out, err := sqs.NewFromConfig(c).ReceiveMessage(t.ctx, &sqs.ReceiveMessageInput{QueueUrl: aws.String(t.e.QueueAddress().URL())})
	if err != nil {
		return nil, err
	}
	return out.Messages, nil
}

// mayNothing tries to send and to receive as somebody who must not.
func (t *scenario) mayNothing(who string, c, sender aws.Config) {
	t.row(who, t.mustNot(who, sends, t.send(c, greeting)), t.mayNotReceive(who, c, sender))
}

// mayNotReceive tries to read what a sender has just sent.
func (t *scenario) mayNotReceive(who string, c, sender aws.Config) string {
	_ = t.send(sender, secret) // what was refused has been said
	got, err := t.receive(c)
	answer := t.mustNot(who, receives, err)
	if len(got) > 0 {
		answer = "READS: " + *got[0].Body
	}
	return answer
}

// must says what came of what has to be allowed.
func (t *scenario) must(who string, err error) string {
	if err == nil {
		return "allowed"
	}
	if !slices.Contains(t.score.missing, who) {
		t.score.missing = append(t.score.missing, who)
	}
	if refusal := smithy.APIError(nil); errors.As(err, &refusal) {
		return "REFUSED by " + t.by(refusal)
	}
	return "FAILED: " + err.Error()
}

// mustNot says what came of what has to be refused.
func (t *scenario) mustNot(who, does string, err error) string {
	if err == nil {
		t.score.gained = append(t.score.gained, who+" "+does)
		return "ACCEPTED"
	}
	if refusal := smithy.APIError(nil); errors.As(err, &refusal) {
		return "refused by " + t.by(refusal)
	}
	t.score.missing = append(t.score.missing, who)
	return "FAILED: " + err.Error()
}

// by says what refused the last request: a policy, or SQS itself.
func (t *scenario) by(refusal smithy.APIError) string {
	refused := t.refused.Load()
	switch {
	case refused != nil:
		return refused.By()
	case refusal.ErrorCode() == "InvalidSecurity":
		return "SQS, as it is not signed"
	}
	return refusal.ErrorMessage()
}

func (t *scenario) row(who, sent, received string) {
	fmt.Fprintf(t.out, "  %-42s  %-36s  %s\n", who, sent, received)
}

// outsiders are the all-powerful callers that must be refused: of the other
// environments' OUs, and of accounts around.
func (t *scenario) outsiders(environments []spec.Environment) []simulation.Profile {
	var list []simulation.Profile
	for _, other := range environments[1:] {
		if !slices.ContainsFunc(t.e.Queue.Senders, func(s address.Path) bool { return s.Contains(other.Queue.Senders[0]) }) {
			i := slices.IndexFunc(t.profiles, func(p simulation.Profile) bool { return p.Name == other.Name+"-"+simulation.Insider })
			p := t.profiles[i]
			p.Who = "the OU of " + other.Name
			list = append(list, p)
		}
	}
	for _, place := range []string{simulation.SiblingOU, simulation.NearOrganization, simulation.OtherOrganization, simulation.NoOrganization} {
		list = append(list, t.profile(place))
	}
	return list
}
