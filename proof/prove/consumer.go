package prove

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

const (
	waitSeconds    = 5 // of one long poll
	putBackTimeout = 5 * time.Second

	// maxHidden is the longest visibility timeout that SQS has.
	// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html
	maxHidden = 12 * time.Hour
)

func (p *proof) identifyConsumer(ctx context.Context) answer {
	a := p.identify(ctx, p.consumer)
	if a.got == identified && p.consumer.account != p.environment.Account {
		p.consumer.known = false
		a.got, a.because = wrongAccount, consumerElsewhere
	}
	return a
}

// receiveAsConsumer looks for the message, checks and deletes it. Messages of
// others that it meets are hidden until it is done and then put back: put back
// at once, the same ones would come again and again, each time nearer to the
// dead-letter queue.
func (p *proof) receiveAsConsumer(ctx context.Context) answer {
	switch {
	case p.sentID == "":
		return answer{got: notTried, because: nothingSent}
	case !p.consumer.known:
		return answer{got: notTried, because: noConsumer}
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
			a := understand(ctx, err)
			if a.got == timedOut {
				a = answer{got: notReceived}
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
		case <-time.After(p.Poll):
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
		return answer{got: altered, facts: []string{"message " + id}}
	}
	_, err := client.DeleteMessage(ctx, &sqs.DeleteMessageInput{
		QueueUrl:      aws.String(p.queue().URL()),
		ReceiptHandle: m.ReceiptHandle,
	})
	if err != nil {
		a := understand(ctx, err)
		a.because, a.facts = notDeleted, []string{"message " + id}
		return a
	}
	p.left = slices.DeleteFunc(p.left, func(m message) bool { return m.id == id && m.environment == p.environment.Name })
	return answer{got: received, facts: []string{"message " + id}}
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
		p.notes = append(p.notes, noteReceivedAlong(len(others)))
	}
	if hidden > 0 {
		p.notes = append(p.notes, noteHidden(hidden))
	}
}
