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
	"example.com/shared-queue/proof/asked"
	"example.com/shared-queue/proof/cast"
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
	return "It does not work. Refused: " + strings.Join(s.missing, ", ") + "."
}

// A scenario is one run of all callers against what is deployed.
type scenario struct {
	*simulation.Simulation
	ctx      context.Context
	out      io.Writer
	client   *http.Client
	e        spec.Environment
	callers  []cast.Caller
	profiles []simulation.Profile
	score    score

	refused atomic.Pointer[simulation.Decision] // of the last request, by any policy
}

// runScenario deploys the world. A sender of the first environment sends and a
// consumer reads; then everybody who must not tries to. It says what came of each.
func runScenario(ctx context.Context, out io.Writer, s *simulation.Simulation, environments []spec.Environment, w *world.World, app *asked.App) (score, error) {
	if err := s.Deploy(w); err != nil {
		return score{}, err
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(s.Certificate)
	e := environments[0]
	callers, err := callersOf(w, app, e)
	if err != nil {
		return score{}, err
	}
	t := &scenario{Simulation: s, ctx: ctx, out: out, e: e, callers: callers, profiles: s.AddProfiles(environments), client: &http.Client{
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

	t.play()
	return t.score, ctx.Err()
}

// callersOf are the all-powerful callers of the one cast that there is: in and around
// the OU, and whoever a policy names.
func callersOf(w *world.World, app *asked.App, e spec.Environment) ([]cast.Caller, error) {
	i := slices.IndexFunc(app.Queues, func(q *asked.Queue) bool { return q.At.ARN() == e.QueueAddress().ARN() })
	if i < 0 {
		return nil, fmt.Errorf("the app did not record what was asked for of the queue %s", e.QueueAddress().ARN())
	}
	var callers []cast.Caller
	for _, c := range cast.NewStage(app, w).Around(app.Queues[i]) {
		if c.Kind == cast.Powerful || c.Kind == cast.Named || c.Kind == cast.Anonymous {
			c.Name = strings.Replace(c.Name, "All-powerful role", "Role", 1)
			callers = append(callers, c)
		}
	}
	return callers, nil
}

// play lets everybody try. Without publishers, some principal of the OU is the sender.
func (t *scenario) play() {
	who, sender := "Role in the OU", t.config(t.profile(simulation.Insider))
	if len(t.e.Publishers) > 0 {
		who, sender = "Publisher "+t.e.Publishers[0].Name, t.assume(t.e.Publishers[0])
	}
	t.row("", sends, receives)
	sent := t.must(who, t.send(sender, greeting))
	consumer, consumed := t.consume()
	if len(t.e.Publishers) > 0 {
		t.row(who, sent, t.mayNotReceive(who, sender, sender))
	}
	t.row(title(consumer.Who), t.maySend(consumer), consumed)
	for i, c := range t.callers {
		config, answer := t.configOf(t.credentialsOf(c, i)), ""
		err := t.send(config, greeting)
		if t.isSender(c) {
			answer = t.must(c.Name, err)
		} else {
			answer = t.mustNot(c.Name, sends, err)
		}
		t.row(c.Name, answer, t.mayNotReceive(c.Name, config, sender))
	}
}

// isSender reports whether the caller's account is in an OU that sends, or below one.
func (t *scenario) isSender(c cast.Caller) bool {
	return slices.ContainsFunc(t.e.Queue.Senders, func(p address.Path) bool { return strings.HasPrefix(c.Path+"/", p.String()+"/") })
}

// credentialsOf are for a session of the caller's own, since SQS uses a data key again
// for the same session, and the cast has one account in many places.
func (t *scenario) credentialsOf(c cast.Caller, i int) aws.CredentialsProvider {
	if c.Kind == cast.Anonymous {
		return aws.AnonymousCredentials{}
	}
	return credentials.StaticCredentialsProvider{Value: t.Issue(simulation.Caller{
		Name: c.Name, ARN: c.Principal, Session: fmt.Sprint("demo-", i), Path: c.Path})}
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
// refused, the publisher goes on with no credentials.
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
	return consumer, t.must(title(consumer.Who), err)
}

// title is who somebody is, at the beginning of a line.
func title(who string) string {
	_, who, _ = strings.Cut(who, " ") // without A or An
	return strings.ToUpper(who[:1]) + who[1:]
}

// maySend tries to send as a consumer, which must not. An administrator of the shared
// account may do what its own policies allow.
func (t *scenario) maySend(consumer simulation.Profile) string {
	if consumer.Name == t.profile(simulation.Administrator).Name {
		return "-"
	}
	return t.mustNot(title(consumer.Who), sends, t.send(t.config(consumer), greeting))
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
		return "SQS: it is not signed"
	}
	return refusal.ErrorMessage()
}

// width is of the column of names.
func (t *scenario) width() int {
	width := 0
	for _, c := range t.callers {
		width = max(width, len(c.Name))
	}
	return width
}

func (t *scenario) row(who, sent, received string) {
	fmt.Fprintf(t.out, "  %-*s  %-32s  %s\n", t.width(), who, sent, received)
}
