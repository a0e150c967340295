package prove

import (
	"context"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"example.com/shared-queue/address"
	"example.com/shared-queue/spec"
)

// greeting begins every message, as in the article that this project follows.
const greeting = "Hello from publisher account! "

// mustNotArrive is in the messages that a queue must not accept.
const mustNotArrive = ", which must not arrive: sent "

// sendTo sends one message to q, a queue of the environment named. The remark
// says what it is. The error is the one that the answer was read from.
func (p *proof) sendTo(ctx context.Context, client *sqs.Client, q address.Queue, environment, remark string) (answer, error) {
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
	if err != nil {
		a := p.understandAt(ctx, err, q)
		if a.got == timedOut || a.got == interrupted {
			p.notes = append(p.notes, noteMaybeSent(q.Name, environment))
		}
		return a, err
	}
	id := aws.ToString(out.MessageId)
	p.left = append(p.left, message{id, q.Name, environment})
	return answer{got: accepted, facts: []string{"message " + id + fifo}}, nil
}

// understandAt reads an error that came from q. After a message was accepted,
// an answer that there is no such queue is a refusal by a policy that AWS does
// not name.
func (p *proof) understandAt(ctx context.Context, err error, q address.Queue) answer {
	a := understand(ctx, err)
	if a.got == noQueue && p.sent && q == p.queue() {
		a.got, a.because = refused, queueIsThere
	}
	return a
}

func (p *proof) send(ctx context.Context, who *principal) answer {
	a, _ := p.sendTo(ctx, who.sqs(p.environment.Region), p.queue(), p.environment.Name, "")
	if a.got == accepted {
		p.sent, p.sentID = true, p.left[len(p.left)-1].id
	}
	return a
}

// sendAsInsider sends what the consumer deletes with the rest.
func (p *proof) sendAsInsider(ctx context.Context, who *principal) answer {
	a, _ := p.sendTo(ctx, who.sqs(p.environment.Region), p.queue(), p.environment.Name, ", sent by an insider")
	p.insiderSent = a.got == accepted
	p.sent = p.sent || p.insiderSent
	return a
}

func (p *proof) sendDeadLetter(ctx context.Context, who *principal) answer {
	a, _ := p.sendTo(ctx, who.sqs(p.environment.Region), p.queue().DeadLetter(), p.environment.Name, mustNotArrive+"to the dead-letter queue")
	return a
}

// sendToOther sends to the queue of another environment.
func (p *proof) sendToOther(other spec.Environment) act {
	return func(ctx context.Context, who *principal) answer {
		if !p.samePartition(other) {
			return answer{got: notAsked, because: otherPartition}
		}
		a, _ := p.sendTo(ctx, who.sqs(other.Region), other.QueueAddress(), other.Name, mustNotArrive+"by a sender of "+p.environment.Name)
		return a
	}
}

// closed is the wall of another environment: either of its two may refuse.
func closed(other spec.Environment) func() wall {
	return shows(closedTo(other.Name), queuePolicy, keyPolicy)
}

func (p *proof) receive(ctx context.Context, who *principal) answer {
	return p.receiveFrom(ctx, who, p.queue())
}

func (p *proof) receiveDeadLetters(ctx context.Context, who *principal) answer {
	return p.receiveFrom(ctx, who, p.queue().DeadLetter())
}

func (p *proof) receiveFrom(ctx context.Context, who *principal, q address.Queue) answer {
	_, err := who.sqs(q.Region).ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
		QueueUrl:            aws.String(q.URL()),
		MaxNumberOfMessages: 1,
		VisibilityTimeout:   1, // the shortest that the SDK sends: nobody is to miss a message
	})
	if err != nil {
		return p.understandAt(ctx, err, q)
	}
	return answer{got: accepted}
}

// delete can delete nothing, as no message has such a receipt handle.
func (p *proof) delete(ctx context.Context, who *principal) answer {
	_, err := who.sqs(p.environment.Region).DeleteMessage(ctx, &sqs.DeleteMessageInput{
		QueueUrl:      aws.String(p.queue().URL()),
		ReceiptHandle: aws.String(p.marker),
	})
	if err != nil {
		return p.understandAt(ctx, err, p.queue())
	}
	return answer{got: accepted}
}
