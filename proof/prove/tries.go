package prove

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"example.com/shared-queue/address"
	"example.com/shared-queue/policy"
	"example.com/shared-queue/proof/prove/answer"
	"example.com/shared-queue/proof/prove/principal"
	"example.com/shared-queue/proof/prove/target"
)

const (
	// greeting begins every message, as in the article that this project follows.
	greeting = "Hello from publisher account! "

	// mustNotArrive is in the messages that a queue must not accept.
	mustNotArrive = ", which must not arrive: sent "

	// sessionName is the assumed role's, as CloudTrail shows it.
	sessionName    = "prove"
	sessionSeconds = 900 // the shortest that STS allows
)

// identify asks who a principal is.
func (p *proof) identify(ctx context.Context, who *principal.Principal) result {
	if err := who.Identify(ctx); err != nil {
		r := result{Answer: answer.Read(ctx, err)}
		if who.Profile != "" {
			r.facts = []string{"profile " + who.Profile}
		}
		return r
	}
	return result{Answer: answer.Answer{Got: identified}, facts: []string{who.ARN}}
}

func (p *proof) assume(ctx context.Context, who *principal.Principal) (*sts.AssumeRoleOutput, error) {
	out, err := who.STS().AssumeRole(ctx, &sts.AssumeRoleInput{
		RoleArn:         aws.String(p.Publisher.Role.ARN()),
		RoleSessionName: aws.String(sessionName),
		DurationSeconds: aws.Int32(sessionSeconds),
	})
	if err == nil && out.Credentials == nil {
		err = answer.ErrEmpty
	}
	return out, err
}

// becomePublisher makes the sender of the caller.
func (p *proof) becomePublisher(ctx context.Context) result {
	if !p.flags.assumeRole && p.caller.HasRole(p.Publisher.Role) {
		p.sender = p.caller
		return result{Answer: answer.Answer{Got: assumed}, note: "the caller has the role already"}
	}
	out, err := p.assume(ctx, p.caller)
	if err != nil {
		r := result{Answer: answer.Read(ctx, err)}
		if r.Got == answer.Refused && p.caller.Account != p.Publisher.Role.Account {
			r.facts = []string{"the caller is of account " + p.caller.Account + ", the role of " + p.Publisher.Role.Account}
		}
		return r
	}
	arn := p.Publisher.Role.ARN()
	if out.AssumedRoleUser != nil {
		arn = aws.ToString(out.AssumedRoleUser.Arn)
	}
	session := aws.Credentials{
		AccessKeyID:     aws.ToString(out.Credentials.AccessKeyId),
		SecretAccessKey: aws.ToString(out.Credentials.SecretAccessKey),
		SessionToken:    aws.ToString(out.Credentials.SessionToken),
	}
	p.sender = p.caller.With(credentials.StaticCredentialsProvider{Value: session}, "", arn, p.Publisher.Role.Account)
	return result{Answer: answer.Answer{Got: assumed}, facts: []string{arn}}
}

// tryRole assumes the publisher's role and drops what it gets. AWS says the same if
// the role is not there.
func (p *proof) tryRole(ctx context.Context, who *principal.Principal) result {
	_, err := p.assume(ctx, who)
	r := result{Answer: answer.Read(ctx, err)}
	r.senderUnproven = r.Policy == answer.Unnamed && p.sender == nil
	return r
}

// sendTo sends one message to q, a queue of the environment named. The remark says
// what it is.
func (p *proof) sendTo(ctx context.Context, client *sqs.Client, q address.Queue, environment, remark string) result {
	p.sends++
	in := &sqs.SendMessageInput{
		QueueUrl:    aws.String(q.URL()),
		MessageBody: aws.String(greeting + p.marker + remark),
	}
	fifo := ""
	if q.FIFO() {
		// A group of its own: a message that stays holds up no other.
		id := p.marker + "-" + strconv.Itoa(p.sends)
		in.MessageGroupId, in.MessageDeduplicationId = &id, &id
		fifo = ", group and deduplication id " + id
	}
	out, err := client.SendMessage(ctx, in)
	if err == nil && aws.ToString(out.MessageId) == "" {
		err = answer.ErrEmpty
	}
	if err != nil {
		r := p.readSQS(ctx, err, q)
		if slices.Contains([]answer.Outcome{answer.TimedOut, answer.Interrupted, answer.NoAnswer, answer.NotAWS}, r.Got) {
			p.notes = append(p.notes, "no answer of AWS came for a message to the queue "+q.Name+" of "+environment+": it may be there")
		}
		return r
	}
	id := aws.ToString(out.MessageId)
	p.left = append(p.left, message{id, q.Name, environment})
	return result{Answer: answer.Answer{Got: answer.Accepted}, facts: []string{"message " + id + fifo}}
}

// readSQS reads an error that came from q. After a message was accepted, an answer
// that there is no such queue is a refusal by a policy that AWS does not name.
func (p *proof) readSQS(ctx context.Context, err error, q address.Queue) result {
	r := result{Answer: answer.Read(ctx, err)}
	if r.Got == answer.NoQueue && p.sent && q == p.Queue.At {
		r.Got, r.note = answer.Refused, "the queue is there"
	}
	return r
}

func (p *proof) send(ctx context.Context, who *principal.Principal) result {
	r := p.sendTo(ctx, who.SQS(p.Queue.At.Region), p.Queue.At, p.Name, "")
	if r.Got == answer.Accepted {
		p.sent, p.sentID = true, p.left[len(p.left)-1].id
		p.aliasFound = p.aliasFound || p.Publisher != nil // whose own policy knows the key by its alias only
	}
	return r
}

// sendAsInsider sends what the consumer deletes with the rest.
func (p *proof) sendAsInsider(ctx context.Context, who *principal.Principal) result {
	r := p.sendTo(ctx, who.SQS(p.Queue.At.Region), p.Queue.At, p.Name, ", sent by an insider")
	p.insiderSent = r.Got == answer.Accepted
	p.sent = p.sent || p.insiderSent
	return r
}

// sendAs sends what the queue must refuse.
func (p *proof) sendAs(ctx context.Context, who *principal.Principal, q address.Queue, how string, options ...func(*sqs.Options)) result {
	return p.sendTo(ctx, who.SQS(q.Region, options...), q, p.Name, mustNotArrive+how)
}

func (p *proof) sendAsConsumer(ctx context.Context, who *principal.Principal) result {
	return p.sendAs(ctx, who, p.Queue.At, "by a consumer")
}

func (p *proof) sendDeadLetter(ctx context.Context, who *principal.Principal) result {
	return p.sendAs(ctx, who, p.Queue.At.DeadLetter(), "to the dead-letter queue")
}

func (p *proof) sendPlain(ctx context.Context, who *principal.Principal) result {
	if !p.sent {
		return result{Answer: answer.Answer{Got: notTried}, note: "the queue did not accept the same over HTTPS, so a refusal would not show what it refuses"}
	}
	return p.sendAs(ctx, who, p.Queue.At, "over plain HTTP", who.PlainHTTP(p.Queue.At))
}

// sendUnsigned has no caller whose policies could refuse: what does is the queue's
// side.
func (p *proof) sendUnsigned(ctx context.Context, nobody *principal.Principal) result {
	r := p.sendAs(ctx, nobody, p.Queue.At, "without a signature")
	if r.Got == answer.BadCredentials { // AWS asks for some
		r.Got, r.Policy = answer.Refused, answer.TheService
	}
	return r
}

// sendToOther sends to another queue.
func (p *proof) sendToOther(o target.Other) act {
	return func(ctx context.Context, who *principal.Principal) result {
		return p.sendTo(ctx, who.SQS(o.At.Region), o.At, o.Name, mustNotArrive+"by a sender of "+p.Name)
	}
}

// receive gives what it receives back at once. It does not ask where one receive
// more would bring a message to the dead-letter queue.
func (p *proof) receive(q address.Queue) act {
	return func(ctx context.Context, who *principal.Principal) result {
		if q == p.Queue.At && p.OneReceive() {
			return result{Answer: answer.Answer{Got: notAsked}, note: "maxReceiveCount is 1: a message that it received would go to the dead-letter queue next"}
		}
		client := who.SQS(q.Region)
		out, err := client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
			QueueUrl:            aws.String(q.URL()),
			MaxNumberOfMessages: 1,
			VisibilityTimeout:   1, // the shortest that the SDK sends: nobody is to miss a message
		})
		if err != nil {
			return p.readSQS(ctx, err, q)
		}
		p.giveBack(ctx, client, q, out.Messages)
		return result{Answer: answer.Answer{Got: answer.Accepted}}
	}
}

// giveBack makes messages visible again, even if the run is over. It returns how many
// stay hidden.
func (p *proof) giveBack(ctx context.Context, client *sqs.Client, q address.Queue, messages []sqstypes.Message) (hidden int) {
	ctx, cancel := afterwards(ctx)
	defer cancel()
	for _, m := range messages {
		_, err := client.ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{
			QueueUrl: aws.String(q.URL()), ReceiptHandle: m.ReceiptHandle, VisibilityTimeout: 0})
		if err != nil {
			hidden++
		}
	}
	return hidden
}

// delete can delete nothing, as no message has such a receipt handle.
func (p *proof) delete(ctx context.Context, who *principal.Principal) result {
	_, err := who.SQS(p.Queue.At.Region).DeleteMessage(ctx, &sqs.DeleteMessageInput{
		QueueUrl: aws.String(p.Queue.At.URL()), ReceiptHandle: aws.String(p.marker)})
	return p.readSQS(ctx, err, p.Queue.At)
}

// changeVisibility changes nothing, as no message has such a receipt handle.
func (p *proof) changeVisibility(ctx context.Context, who *principal.Principal) result {
	_, err := who.SQS(p.Queue.At.Region).ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{
		QueueUrl: aws.String(p.Queue.At.URL()), ReceiptHandle: aws.String(p.marker), VisibilityTimeout: 0})
	return p.readSQS(ctx, err, p.Queue.At)
}

func (p *proof) getQueueURL(ctx context.Context, who *principal.Principal) result {
	q := p.Queue.At
	out, err := who.SQS(q.Region).GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: &q.Name, QueueOwnerAWSAccountId: &q.Account})
	if err == nil && aws.ToString(out.QueueUrl) == "" {
		err = answer.ErrEmpty
	}
	return p.readSQS(ctx, err, q)
}

func (p *proof) getQueueAttributes(ctx context.Context, who *principal.Principal) result {
	q, name := p.Queue.At, sqstypes.QueueAttributeNameQueueArn
	out, err := who.SQS(q.Region).GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
		QueueUrl: aws.String(q.URL()), AttributeNames: []sqstypes.QueueAttributeName{name}})
	if err == nil && out.Attributes[string(name)] == "" {
		err = answer.ErrEmpty
	}
	return p.readSQS(ctx, err, q)
}

// encryptionContext is what SQS gives KMS with its calls for the queue: with it,
// kms:ViaService is all that keeps a direct call out.
func (p *proof) encryptionContext() map[string]string {
	return map[string]string{strings.TrimPrefix(policy.KeyQueueARN, "kms:EncryptionContext:"): p.Queue.At.ARN()}
}

// byAllPowerful is an act of a caller whose own policies allow everything. AWS may say
// that there is no such key or that the key's policy refuses: where the key is there, it
// was the policy.
func (p *proof) byAllPowerful(isThere *bool, do act) act {
	return func(ctx context.Context, who *principal.Principal) result {
		r := do(ctx, who)
		if r.MaybeAbsent && *isThere {
			r.Policy, r.note = answer.KeyPolicy, "AWS says that, or that there is no such key, and the key is there"
		}
		return r
	}
}

// findAlias looks for the key by its alias, as who may read it: to others AWS says the
// same of an alias that is not there.
func (p *proof) findAlias(ctx context.Context, reader *principal.Principal) result {
	r := p.describeKey(ctx, reader)
	if r.Got == answer.Accepted {
		p.aliasFound, r.Got = true, found
	}
	return r
}

func (p *proof) generateDataKey(ctx context.Context, who *principal.Principal) result {
	_, err := who.KMS().GenerateDataKey(ctx, &kms.GenerateDataKeyInput{
		KeyId: aws.String(p.Queue.At.KeyAliasARN()), KeySpec: types.DataKeySpecAes256, EncryptionContext: p.encryptionContext(), DryRun: aws.Bool(true)})
	return result{Answer: answer.Read(ctx, err)}
}

// decrypt asks KMS to check nothing but the permission: there is no ciphertext that a
// sender could have, and with a made-up one KMS may complain of that before it looks
// at the caller.
// https://docs.aws.amazon.com/kms/latest/APIReference/API_Decrypt.html#KMS-Decrypt-request-DryRunModifiers
func (p *proof) decrypt(ctx context.Context, who *principal.Principal) result {
	_, err := who.KMS().Decrypt(ctx, &kms.DecryptInput{
		KeyId: aws.String(p.Queue.At.KeyAliasARN()), EncryptionContext: p.encryptionContext(), DryRun: aws.Bool(true),
		DryRunModifiers: []types.DryRunModifierType{types.DryRunModifierTypeIgnoreCiphertext}})
	return result{Answer: answer.Read(ctx, err)}
}

func (p *proof) encrypt(ctx context.Context, who *principal.Principal) result {
	_, err := who.KMS().Encrypt(ctx, &kms.EncryptInput{
		KeyId: aws.String(p.Queue.At.KeyAliasARN()), Plaintext: []byte(p.marker), EncryptionContext: p.encryptionContext(), DryRun: aws.Bool(true)})
	return result{Answer: answer.Read(ctx, err)}
}

func (p *proof) describeKey(ctx context.Context, who *principal.Principal) result {
	_, err := who.KMS().DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: aws.String(p.Queue.At.KeyAliasARN())})
	return result{Answer: answer.Read(ctx, err)}
}

// useThroughParameterStore asks another service to use the key for the caller:
// Parameter Store encrypts a parameter in the caller's name. Where the key refuses
// there is no parameter; where it does not, the parameter is deleted.
// https://docs.aws.amazon.com/systems-manager/latest/userguide/secure-string-parameter-kms-encryption.html
func (p *proof) useThroughParameterStore(ctx context.Context, who *principal.Principal) result {
	name := "/prove/" + p.marker
	_, err := who.SSM().PutParameter(ctx, &ssm.PutParameterInput{
		Name: &name, Type: ssmtypes.ParameterTypeSecureString, KeyId: aws.String(p.Queue.At.KeyAliasARN()), Value: aws.String("may be deleted")})
	r := result{Answer: answer.Read(ctx, err)}
	if r.Got == answer.Refused {
		return r
	}
	ctx, cancel := afterwards(ctx) // also where the answer was lost
	defer cancel()
	if _, err := who.SSM().DeleteParameter(ctx, &ssm.DeleteParameterInput{Name: &name}); err != nil {
		p.notes = append(p.notes, "the parameter "+name+" of account "+who.Account+" may be there and could not be deleted: delete it (aws ssm delete-parameter)")
	}
	return r
}
