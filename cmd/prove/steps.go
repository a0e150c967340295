package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"example.com/shared-queue/address"
	"example.com/shared-queue/policy"
	"example.com/shared-queue/spec"
)

// greeting begins every message, as in the article that this project follows.
const greeting = "Hello from publisher account! "

const (
	// sessionName is the assumed role's, as CloudTrail shows it.
	sessionName    = "prove"
	sessionSeconds = 900 // the shortest that STS allows

	// mustNotArrive is in the messages that a queue must not accept.
	mustNotArrive = ", which must not arrive: sent "

	waitSeconds    = 5 // of one long poll
	putBackTimeout = 5 * time.Second

	// maxHidden is the longest visibility timeout that SQS has.
	// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html
	maxHidden = 12 * time.Hour
)

// A proof is one run of the command.
type proof struct {
	target
	pace
	endpoint string
	assume   bool
	timeout  time.Duration
	marker   string // in every message that this run sends

	caller   *principal // who was asked for
	sender   *principal // has the publisher's role; nil until it is known to
	outsider *principal // nil if not asked for
	consumer *principal // nil if not asked for

	sends  int
	sent   bool   // the queue accepted what it must accept
	sentID string // and this is the message's id, for the consumer
	left   []message
	notes  []string
}

// A message is one that the run left in a queue.
type message struct{ id, queue, environment string }

// newProof finds the principals. It asks AWS nothing.
func newProof(ctx context.Context, t target, o options, pace pace) (*proof, error) {
	p := &proof{
		target: t, pace: pace, endpoint: o.endpoint, assume: o.assumeRole, timeout: o.timeout,
		marker: rand.Text(),
	}
	for _, asked := range []struct {
		into          **principal
		flag, profile string
		always        bool
	}{
		{&p.caller, "profile", o.profile, true},
		{&p.outsider, "outsider-profile", o.outsider, false},
		{&p.consumer, "consumer-profile", o.consumer, false},
	} {
		if asked.profile == "" && !asked.always {
			continue
		}
		found, err := load(ctx, asked.flag, asked.profile, t.environment.Region, o, pace)
		if err != nil {
			return nil, err
		}
		*asked.into = found
	}
	return p, nil
}

func (p *proof) queue() address.Queue { return p.environment.QueueAddress() }
func (p *proof) roleARN() string      { return p.publisher.Role.At(p.publisher.Account).ARN() }
func (p *proof) roleStack() string    { return p.environment.PublisherStackName(p.publisher) }

// A step is one thing that is tried.
type step struct {
	name     string
	expected outcome
	try      func(context.Context) answer
}

func (p *proof) steps() []step {
	steps := []step{
		{"caller", identified, p.identifyCaller},
		{"role", assumed, p.assumeRole},
		{"send", accepted, p.asSender(p.send)},
		{"receive", refused, p.asSender(p.receive)},
		{"generate data key", refused, p.asSender(p.generateDataKey)},
		{"decrypt", refused, p.asSender(p.decrypt)},
		{"send over plain HTTP", refused, p.asSender(p.sendPlain)},
	}
	for _, other := range p.others {
		steps = append(steps, step{"send to " + other.Name, refused, p.asSender(func(ctx context.Context) answer {
			return p.sendToOther(ctx, other)
		})})
	}
	if p.outsider == nil {
		steps = append(steps, step{"send as outsider", refused, skip("name a profile outside the OU with -outsider-profile")})
	} else {
		steps = append(steps,
			step{"outsider", identified, p.identifyOutsider},
			step{"send as outsider", refused, p.sendAsOutsider})
	}
	if p.consumer == nil {
		steps = append(steps, step{"receive as consumer", received, skip("name a profile of the shared account with -consumer-profile")})
	} else {
		steps = append(steps,
			step{"consumer", identified, p.identifyConsumer},
			step{"receive as consumer", received, p.receiveAsConsumer})
	}
	return steps
}

// run tries every step and reports each as it happens. Steps that have no time
// left are reported too.
func (p *proof) run(ctx context.Context, r *report) {
	steps := p.steps()
	r.open(p, steps)
	for _, s := range steps {
		a := answer{got: notTried}
		switch {
		case ctx.Err() == nil:
			a = s.try(ctx)
		case context.Cause(ctx) == context.DeadlineExceeded:
			a.detail = "the time was up: give more than " + p.timeout.String() + " with -timeout"
		default:
			a.detail = "interrupted"
		}
		r.step(s, a, p.secrets())
	}
}

// secrets are all that are known so far.
func (p *proof) secrets() []string {
	var all []string
	for _, who := range []*principal{p.caller, p.sender, p.outsider, p.consumer} {
		if who != nil {
			all = append(all, who.secrets()...)
		}
	}
	return all
}

func skip(how string) func(context.Context) answer {
	return func(context.Context) answer { return answer{got: notAsked, detail: how} }
}

func (p *proof) asSender(try func(context.Context) answer) func(context.Context) answer {
	return func(ctx context.Context) answer {
		if p.sender == nil {
			return answer{got: notTried, detail: "there is no caller with the publisher's role"}
		}
		return try(ctx)
	}
}

// explain adds to an error's explanation what to look at in the environment e.
func (p *proof) explain(ctx context.Context, err error, e spec.Environment) answer {
	a := explain(ctx, err)
	if a.got == noQueue || a.got == noKey {
		a.detail += fmt.Sprintf(": deploy the stack %s, or correct environments.%s", e.StackName(), e.Name)
	}
	return a
}

// identify asks who a principal is. An account of "" takes any.
func (p *proof) identify(ctx context.Context, who *principal) answer {
	if err := who.identify(ctx); err != nil {
		a := p.explain(ctx, err, p.environment)
		if who.profile != "" {
			a.detail = "profile " + who.profile + ": " + a.detail
		}
		return a
	}
	return answer{got: identified, detail: who.arn}
}

func (p *proof) identifyCaller(ctx context.Context) answer { return p.identify(ctx, p.caller) }

// assumeRole makes the sender of the caller.
func (p *proof) assumeRole(ctx context.Context) answer {
	name, account := p.publisher.Role.RoleName, p.publisher.Account
	switch {
	case !p.caller.known:
		return answer{got: notTried, detail: "there is no caller"}
	case !p.assume && p.caller.hasRole(account, name):
		p.sender = p.caller
		return answer{got: assumed, detail: "the caller has the role " + name + " already"}
	}
	out, err := p.caller.sts().AssumeRole(ctx, &sts.AssumeRoleInput{
		RoleArn:         aws.String(p.roleARN()),
		RoleSessionName: aws.String(sessionName),
		DurationSeconds: aws.Int32(sessionSeconds),
	})
	if err != nil {
		return p.explainTrust(p.explain(ctx, err, p.environment))
	}
	if out.Credentials == nil {
		return answer{got: failed, detail: "STS answered without credentials: look at -endpoint-url and AWS_ENDPOINT_URL"}
	}
	session := p.roleARN()
	if out.AssumedRoleUser != nil {
		session = aws.ToString(out.AssumedRoleUser.Arn)
	}
	p.sender = p.caller.as(aws.Credentials{
		AccessKeyID:     aws.ToString(out.Credentials.AccessKeyId),
		SecretAccessKey: aws.ToString(out.Credentials.SecretAccessKey),
		SessionToken:    aws.ToString(out.Credentials.SessionToken),
	}, session)
	return answer{got: assumed, detail: session}
}

// explainTrust says of a role that was refused what would let the caller have
// it. AWS says the same whether the role is there or not.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_roles.html
func (p *proof) explainTrust(a answer) answer {
	if a.got != refused {
		return a
	}
	name := p.publisher.Role.RoleName
	var trusted []string
	for _, t := range p.publisher.Role.AssumedBy {
		trusted = append(trusted, t.String())
	}
	let := fmt.Sprintf("it lets %s assume the role: add the caller to environments.%s.publishers.%s.assumedBy and deploy the stack %s",
		strings.Join(trusted, ", "), p.environment.Name, p.publisher.Name, p.roleStack())
	switch a.policy {
	case trustPolicy:
		a.detail = "by " + a.by() + " of " + name + "; " + let
	case identityPolicy:
		a.detail = "by " + a.by() + ": let the caller do sts:AssumeRole on " + p.roleARN()
	case "":
		a.detail = "by the trust policy of " + name + " or a policy of the caller, or the role is not there: AWS does not say; if by the trust policy, " + let
	}
	if p.caller.account != p.publisher.Account {
		a.got = wrongAccount
		a.detail = fmt.Sprintf("the caller is of account %s, the publisher %s of %s, and its role was refused %s",
			p.caller.account, p.publisher.Name, p.publisher.Account, a.detail)
	}
	return a
}

// sendTo sends one message to the queue of e. The remark says what it is. The
// error is the one that the answer explains.
func (p *proof) sendTo(ctx context.Context, client *sqs.Client, e spec.Environment, remark string) (answer, error) {
	p.sends++
	q := e.QueueAddress()
	in := &sqs.SendMessageInput{
		QueueUrl:    aws.String(q.URL()),
		MessageBody: aws.String(greeting + p.marker + remark),
	}
	fifo := ""
	if q.FIFO() {
		// A group of its own: a message that stays holds up no other.
		id := fmt.Sprintf("%s-%d", p.marker, p.sends)
		in.MessageGroupId, in.MessageDeduplicationId = &id, &id
		fifo = ", group and deduplication id " + id
	}
	out, err := client.SendMessage(ctx, in)
	if err != nil {
		a := p.explain(ctx, err, e)
		if a.got == timedOut || a.got == interrupted {
			p.notes = append(p.notes, fmt.Sprintf("no answer came for a message to the queue %s of %s: it may be there", q.Name, e.Name))
		}
		return a, err
	}
	id := aws.ToString(out.MessageId)
	p.left = append(p.left, message{id, q.Name, e.Name})
	return answer{got: accepted, detail: "message " + id + fifo}, nil
}

func (p *proof) send(ctx context.Context) answer {
	a, _ := p.sendTo(ctx, p.sender.sqs(p.environment.Region), p.environment, "")
	switch a.got {
	case accepted:
		p.sent, p.sentID = true, p.left[len(p.left)-1].id
	case refused:
		a.detail += "; " + p.lookAt(a)
	}
	return a
}

// lookAt says where a refusal of what must be accepted comes from.
func (p *proof) lookAt(a answer) string {
	queue := fmt.Sprintf("statement %s of the queue in the stack %s: is the sender's account in the organization %s?",
		policy.SidSend, p.environment.StackName(), p.environment.Queue.Senders[0].Organization())
	key := fmt.Sprintf("statement %s of the key in the stack %s: is the sender's account in one of environments.%s.senders?",
		policy.SidUseKey, p.environment.StackName(), p.environment.Name)
	role := fmt.Sprintf("statements %s and %s of the role in the stack %s: is it deployed as it is now?",
		policy.Sid(policy.SidGrantSend, p.queue()), policy.Sid(policy.SidGrantKey, p.queue()), p.roleStack())
	switch {
	case p.sender.sqsEndpoint(p.queue()).Scheme == "http" && a.policy == queuePolicy && strings.Contains(a.message, "explicit deny"):
		return "the endpoint is http://, which statement " + policy.SidDenyHTTP + " refuses: take one of https://"
	case a.policy == queuePolicy:
		return "look at " + queue
	case a.policy == keyPolicy:
		return "look at " + key
	case a.policy == identityPolicy:
		return "look at " + role
	case a.policy == "" && strings.HasPrefix(strings.ToLower(a.code), "kms"):
		return "look at " + key + " and at " + role
	case a.policy == "":
		return "look at " + queue + " and at " + role
	}
	return "ask who keeps that policy"
}

func (p *proof) receive(ctx context.Context) answer {
	_, err := p.sender.sqs(p.environment.Region).ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
		QueueUrl:            aws.String(p.queue().URL()),
		MaxNumberOfMessages: 1,
		VisibilityTimeout:   1, // the shortest that the SDK sends: nobody is to miss a message
	})
	if err != nil {
		return p.explain(ctx, err, p.environment)
	}
	return answer{got: accepted, detail: fmt.Sprintf("the publisher can read messages: look for sqs:ReceiveMessage in the policies of the role %s and of the queue %s",
		p.publisher.Role.RoleName, p.queue().Name)}
}

// encryptionContext is what SQS gives KMS with its calls for the queue: with it,
// kms:ViaService is all that keeps a direct call out.
func (p *proof) encryptionContext() map[string]string {
	return map[string]string{strings.TrimPrefix(policy.KeyQueueARN, "kms:EncryptionContext:"): p.queue().ARN()}
}

func (p *proof) generateDataKey(ctx context.Context) answer {
	_, err := p.sender.kms().GenerateDataKey(ctx, &kms.GenerateDataKeyInput{
		KeyId:             aws.String(p.queue().KeyAliasARN()),
		KeySpec:           types.DataKeySpecAes256,
		EncryptionContext: p.encryptionContext(),
		DryRun:            aws.Bool(true),
	})
	return p.directly(ctx, err)
}

// decrypt asks KMS to check nothing but the permission: there is no ciphertext
// that a publisher could have, and with a made-up one KMS may complain of that
// before it looks at the caller.
// https://docs.aws.amazon.com/kms/latest/APIReference/API_Decrypt.html#KMS-Decrypt-request-DryRunModifiers
func (p *proof) decrypt(ctx context.Context) answer {
	_, err := p.sender.kms().Decrypt(ctx, &kms.DecryptInput{
		KeyId:             aws.String(p.queue().KeyAliasARN()),
		EncryptionContext: p.encryptionContext(),
		DryRun:            aws.Bool(true),
		DryRunModifiers:   []types.DryRunModifierType{types.DryRunModifierTypeIgnoreCiphertext},
	})
	return p.directly(ctx, err)
}

// directly is the answer to a call to KMS that did not go through SQS.
func (p *proof) directly(ctx context.Context, err error) answer {
	a := answer{got: accepted, detail: "KMS did it"}
	if err != nil {
		a = p.explain(ctx, err, p.environment)
	}
	switch {
	case a.got == accepted:
		a.detail += fmt.Sprintf(": look for %s in statement %s of the key in the stack %s and %s of the role in %s",
			policy.KeyVia, policy.SidUseKey, p.environment.StackName(), policy.Sid(policy.SidGrantKey, p.queue()), p.roleStack())
	case a.got == refused && a.vague && !p.sent:
		// A message that was accepted was encrypted: then the key is there.
		a.got = unclear
		a.detail = "AWS says the same of a key that is not there, and no message was accepted that would show it is"
	}
	return a
}

func (p *proof) sendPlain(ctx context.Context) answer {
	if !p.sent {
		return answer{got: notTried, detail: "the queue did not accept the same over HTTPS, so a refusal would not show what it refuses"}
	}
	a, err := p.sendTo(ctx, p.sender.sqsPlain(p.queue()), p.environment, mustNotArrive+"over plain HTTP")
	endpoint := p.sender.sqsEndpoint(p.queue())
	switch how, ok := noPlainHTTP(err, endpoint.Hostname()); {
	case ok && ctx.Err() == nil:
		a.got, a.detail = refused, "there is no plain HTTP at "+endpoint.Host+": "+how
	case a.got == accepted:
		a.detail += fmt.Sprintf("; look at statement %s of the queue in the stack %s", policy.SidDenyHTTP, p.environment.StackName())
	}
	if endpoint.Scheme == "http" {
		a.detail += "; the endpoint is http:// itself, so every step went over plain HTTP: take one of https:// to tell them apart"
	}
	return a
}

func (p *proof) sendToOther(ctx context.Context, other spec.Environment) answer {
	if other.Region.Partition() != p.environment.Region.Partition() {
		return answer{got: notAsked, detail: "it is in another partition of AWS, where no credentials of this one count"}
	}
	a, _ := p.sendTo(ctx, p.sender.sqs(other.Region), other, mustNotArrive+"by a publisher of "+p.environment.Name)
	switch {
	case a.got == accepted:
		a.detail += fmt.Sprintf(": look at the senders of %s, and at the policies of queue and key in the stack %s", other.Name, other.StackName())
	case a.got == refused && a.policy == identityPolicy:
		a.detail += ", which says nothing of the policies of " + other.Name
	}
	return a
}

// identifyOutsider also refuses one that cannot be outside.
func (p *proof) identifyOutsider(ctx context.Context) answer {
	a := p.identify(ctx, p.outsider)
	inside := []string{p.environment.Account}
	for _, publisher := range p.environment.Publishers {
		inside = append(inside, publisher.Account)
	}
	if a.got == identified && slices.Contains(inside, p.outsider.account) {
		a.got = wrongAccount
		a.detail = fmt.Sprintf("%s is of an account of %s: name a profile outside the OU", p.outsider.arn, p.environment.Name)
		p.outsider.known = false
	}
	return a
}

func (p *proof) sendAsOutsider(ctx context.Context) answer {
	if !p.outsider.known {
		return answer{got: notTried, detail: "there is no outsider"}
	}
	reuse := *p.environment.Queue.WithDefaults().DataKeyReuse
	p.notes = append(p.notes, fmt.Sprintf("a principal that has just left the OU can go on sending for up to %s, the data key's reuse period (dataKeyReuse)", reuse))

	a, _ := p.sendTo(ctx, p.outsider.sqs(p.environment.Region), p.environment, mustNotArrive+"by an outsider")
	switch {
	case a.got == accepted:
		a.detail += fmt.Sprintf(": is it outside of environments.%s.senders, and for longer than %s? If so, look at statement %s of the key in the stack %s",
			p.environment.Name, reuse, policy.SidUseKey, p.environment.StackName())
	case a.got != refused || a.policy == queuePolicy || a.policy == keyPolicy:
	case a.policy == "" && strings.HasPrefix(strings.ToLower(a.code), "kms"):
		a.detail = "by the key, or a policy of the outsider: AWS does not say; be sure that its own let it use the key"
	case a.policy == "":
		a.detail = "by the queue, or a policy of the outsider: AWS does not say; be sure that its own let it send"
	default:
		a.got = unclear
		a.detail = fmt.Sprintf("refused by the outsider's side (%s), so neither queue nor key was put to the test: let it do sqs:SendMessage, kms:GenerateDataKey and kms:Decrypt on every resource", a.policy)
	}
	return a
}

func (p *proof) identifyConsumer(ctx context.Context) answer {
	a := p.identify(ctx, p.consumer)
	if a.got == identified && p.consumer.account != p.environment.Account {
		a.got = wrongAccount
		a.detail = fmt.Sprintf("%s is not of the shared account %s: name a profile of it", p.consumer.arn, p.environment.Account)
		p.consumer.known = false
	}
	return a
}

// receiveAsConsumer looks for the message, checks and deletes it. Messages of
// others that it meets are hidden until it is done and then put back: put back
// at once, the same ones would come again and again, each time nearer to the
// dead-letter queue.
func (p *proof) receiveAsConsumer(ctx context.Context) answer {
	switch {
	case !p.sent:
		return answer{got: notTried, detail: "no message was accepted"}
	case !p.consumer.known:
		return answer{got: notTried, detail: "there is no consumer"}
	}
	client := p.consumer.sqs(p.environment.Region)
	others := map[string]sqstypes.Message{}
	defer func() { p.putBack(ctx, client, others) }()
	for {
		out, err := client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
			QueueUrl:            aws.String(p.queue().URL()),
			MaxNumberOfMessages: 10,
			WaitTimeSeconds:     waitSeconds,
			VisibilityTimeout:   int32(hiddenFor(ctx).Seconds()),
		})
		if err != nil {
			a := p.explain(ctx, err, p.environment)
			if a.got == timedOut {
				a = answer{got: notReceived, detail: "the message did not come in time: another consumer may have it; stop the consumers, or give more time with -timeout"}
			}
			return a
		}
		var found *answer
		for _, m := range out.Messages {
			id := aws.ToString(m.MessageId)
			if id != p.sentID && !strings.HasPrefix(aws.ToString(m.Body), greeting+p.marker) {
				others[id] = m
				continue
			}
			// What must not have arrived is this run's too, and goes.
			a := p.take(ctx, client, m)
			if id == p.sentID {
				found = &a
			}
		}
		if found != nil {
			return *found
		}
		select {
		case <-ctx.Done():
		case <-time.After(p.poll):
		}
	}
}

// hiddenFor is how long a message that was received has to stay hidden so that
// it cannot come a second time before the run is over.
func hiddenFor(ctx context.Context) time.Duration {
	end, ok := ctx.Deadline()
	if !ok {
		return maxHidden
	}
	return min(time.Until(end)+2*putBackTimeout, maxHidden)
}

// take checks and deletes a message that this run sent.
func (p *proof) take(ctx context.Context, client *sqs.Client, m sqstypes.Message) answer {
	id, body := aws.ToString(m.MessageId), aws.ToString(m.Body)
	if id == p.sentID && body != greeting+p.marker {
		return answer{got: altered, detail: "message " + id + " has another body than was sent, and stays in the queue"}
	}
	_, err := client.DeleteMessage(ctx, &sqs.DeleteMessageInput{
		QueueUrl:      aws.String(p.queue().URL()),
		ReceiptHandle: m.ReceiptHandle,
	})
	if err != nil {
		a := p.explain(ctx, err, p.environment)
		a.detail = "message " + id + " came as it was sent, but could not be deleted: " + a.detail
		return a
	}
	p.left = slices.DeleteFunc(p.left, func(m message) bool { return m.id == id && m.environment == p.environment.Name })
	return answer{got: received, detail: "message " + id + " as it was sent, and deleted it"}
}

// putBack makes messages of others visible again, even if the run is over.
func (p *proof) putBack(ctx context.Context, client *sqs.Client, others map[string]sqstypes.Message) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), putBackTimeout)
	defer cancel()
	hidden := 0
	for _, m := range others {
		_, err := client.ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{
			QueueUrl:          aws.String(p.queue().URL()),
			ReceiptHandle:     m.ReceiptHandle,
			VisibilityTimeout: 0,
		})
		if err != nil {
			hidden++
		}
	}
	if len(others) > 0 {
		p.notes = append(p.notes, fmt.Sprintf("%d messages of others were received along, which counts as one receive of each", len(others)))
	}
	if hidden > 0 {
		p.notes = append(p.notes, fmt.Sprintf("%d of them could not be put back: they come back by themselves when the time of -timeout is over", hidden))
	}
}
