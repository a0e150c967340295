package simulation_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"example.com/shared-queue/internal/assembly"
	"example.com/shared-queue/internal/fixture"
	"example.com/shared-queue/proof/template"
)

// Two queues of two OUs have one key, which lets senders of each use it for their
// queue alone.
func TestTwoQueuesWithOneKey(t *testing.T) {
	f := start(t)
	stacks, err := assembly.Read(fixture.SharedKeyAssembly())
	if err != nil {
		t.Fatal(err)
	}
	w, _, err := template.Read(stacks)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Deploy(w); err != nil {
		t.Fatal(err)
	}
	const byKey = "because no resource-based policy allows the kms:GenerateDataKey action"
	for _, c := range []struct{ profile, queue, want string }{
		{"dev-insider", "orders", ""},
		{"dev-insider", "invoices", byKey},
		{"prod-insider", "invoices", ""},
		{"prod-insider", "orders", byKey},
	} {
		t.Run(c.profile+" to "+c.queue, func(t *testing.T) {
			_, err := sqs.NewFromConfig(as(t, c.profile)).SendMessage(within(t), &sqs.SendMessageInput{
				QueueUrl: aws.String("https://sqs.us-east-1.amazonaws.com/111111111111/" + c.queue), MessageBody: aws.String("Hello!"),
			})
			if got := code(err); !strings.Contains(got, c.want) || (c.want == "") != (got == "") {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}
