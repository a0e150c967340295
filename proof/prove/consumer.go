package prove

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"example.com/shared-queue/proof/prove/answer"
	"example.com/shared-queue/proof/prove/principal"
)

const (
	waitSeconds = 5 // of one long poll

	// maxHidden is the longest visibility timeout that SQS has.
	// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html
	maxHidden = 12 * time.Hour
)

// receiveAsConsumer looks for the message, checks and deletes it. Messages of others
// that it meets are hidden until it is done and then given back: given back at once,
// the same ones would come again and again, each time nearer to the dead-letter
// queue.
func (p *proof) receiveAsConsumer(ctx context.Context, who *principal.Principal) result {
	if p.sentID == "" {
		return result{Answer: answer.Answer{Got: notTried}, note: "no message of the sender was accepted"}
	}
	client := who.SQS(p.Queue.At.Region)
	others := map[string]sqstypes.Message{}
	defer func() { p.giveBackOthers(ctx, client, slices.Collect(maps.Values(others))) }()
	for {
		out, err := client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
			QueueUrl:            aws.String(p.Queue.At.URL()),
			MaxNumberOfMessages: 10,
			WaitTimeSeconds:     waitSeconds,
			VisibilityTimeout:   int32(hiddenFor(ctx).Seconds()),
		})
		if err != nil {
			r := result{Answer: answer.Read(ctx, err)}
			if r.Got == answer.TimedOut {
				r = result{Answer: answer.Answer{Got: notReceived},
					note: "the message did not come in time: the queue may delay it (deliveryDelay), or another consumer may have it; give more time with -timeout, or stop the consumers"}
			}
			return r
		}
		var own *result
		for _, m := range out.Messages {
			id := aws.ToString(m.MessageId)
			if id != p.sentID && !strings.HasPrefix(aws.ToString(m.Body), greeting+p.marker) {
				others[id] = m
				continue
			}
			// What must not have arrived is this run's too, and goes.
			r := p.take(ctx, client, m)
			if id == p.sentID {
				own = &r
			}
		}
		if own != nil {
			return *own
		}
		select {
		case <-ctx.Done():
		case <-time.After(p.Poll):
		}
	}
}

// hiddenFor is how long a message that was received has to stay hidden so that it
// cannot come a second time before the run is over.
func hiddenFor(ctx context.Context) time.Duration {
	end, ok := ctx.Deadline()
	if !ok {
		return maxHidden
	}
	return min(time.Until(end)+2*putBackTimeout, maxHidden)
}

// take checks and deletes a message that this run sent.
func (p *proof) take(ctx context.Context, client *sqs.Client, m sqstypes.Message) result {
	id, body := aws.ToString(m.MessageId), aws.ToString(m.Body)
	if id == p.sentID && body != greeting+p.marker {
		return result{Answer: answer.Answer{Got: altered}, facts: []string{"message " + id}, note: "it has another body than was sent, and stays in the queue"}
	}
	_, err := client.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: aws.String(p.Queue.At.URL()), ReceiptHandle: m.ReceiptHandle})
	r := result{Answer: answer.Read(ctx, err), facts: []string{"message " + id}}
	if err != nil {
		r.note = "it came as it was sent, but could not be deleted"
		if r.Got == answer.Accepted {
			r.Got = answer.Failed // the policies allowed it, and yet it stays
		}
		return r
	}
	p.left = slices.DeleteFunc(p.left, func(m message) bool { return m.id == id && m.environment == p.Name })
	r.Got, r.note = received, "as it was sent, and deleted"
	return r
}

// giveBackOthers makes messages of others visible again, and notes what that means.
func (p *proof) giveBackOthers(ctx context.Context, client *sqs.Client, others []sqstypes.Message) {
	hidden := p.giveBack(ctx, client, p.Queue.At, others)
	if len(others) > 0 {
		p.notes = append(p.notes, fmt.Sprintf("%d other messages were received too; each counts one receive more", len(others)))
	}
	if hidden > 0 {
		p.notes = append(p.notes, fmt.Sprintf("%d of them could not be given back: they come back by themselves when the time of -timeout is over", hidden))
	}
}
