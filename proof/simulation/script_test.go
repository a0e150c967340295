package simulation_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"example.com/shared-queue/proof/simulation"
)

// A test can put an answer of its own in place of one, in every protocol.
func TestScriptedAnswers(t *testing.T) {
	f := start(t)
	ctx := within(t)
	var seen []string
	f.Script(func(r simulation.Request) http.Handler {
		seen = append(seen, strings.Join([]string{r.Caller.Name, r.Service, r.Operation, r.Resource}, " "))
		switch r.Service {
		case "sqs":
			return r.Refuse(simulation.Error{Code: "KMS.DisabledException", Message: "it is disabled."})
		case "kms":
			return r.Refuse(simulation.Error{Code: "ThrottlingException", Message: "Rate exceeded"})
		}
		return r.Refuse(simulation.Error{Code: "ExpiredToken", Message: "The security token included in the request is expired", Status: http.StatusForbidden})
	})
	c := as(t, "dev-insider")
	c.RetryMaxAttempts = 1
	if got, want := code(send(t, "dev-insider")), "KMS.DisabledException: it is disabled."; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	_, err := kms.NewFromConfig(c).DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: aws.String(keyAlias)})
	if got, want := code(err), "ThrottlingException: Rate exceeded"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	_, err = sts.NewFromConfig(c).GetCallerIdentity(ctx, nil)
	if got, want := code(err), "ExpiredToken: The security token included in the request is expired"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	want := "dev-insider sqs SendMessage " + queueURL + "\ndev-insider kms DescribeKey " + keyAlias + "\ndev-insider sts GetCallerIdentity "
	if got := strings.Join(seen, "\n"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// An answer that is lost on its way makes the SDK send again: two messages.
func TestALostAnswer(t *testing.T) {
	f := start(t)
	ctx := within(t)
	lost := false
	f.Script(func(r simulation.Request) http.Handler {
		var in sqs.SendMessageInput
		if r.Operation != "SendMessage" || lost {
			return nil
		}
		if err := r.Read(&in); err != nil || *in.MessageBody != "Hello from dev-insider" {
			t.Errorf("%v, %v", in, err)
		}
		lost = true
		return r.Lost()
	})
	if err := send(t, "dev-insider"); err != nil {
		t.Fatal(err)
	}
	out, err := sqs.NewFromConfig(as(t, "dev-consumer")).ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: aws.String(queueURL), MaxNumberOfMessages: 10})
	if err != nil || len(out.Messages) != 2 {
		t.Errorf("got %v, %v", out, err)
	}
}

// A script may answer values that the simulation has not.
func TestAScriptedOutput(t *testing.T) {
	f := start(t)
	f.Script(func(r simulation.Request) http.Handler {
		return r.Return(&sts.GetCallerIdentityOutput{Arn: aws.String("arn:aws:iam::222222222222:user/alice"), Account: aws.String("222222222222")})
	})
	out, err := sts.NewFromConfig(as(t, "dev-insider")).GetCallerIdentity(within(t), nil)
	if err != nil || *out.Arn != "arn:aws:iam::222222222222:user/alice" {
		t.Errorf("got %v, %v", out, err)
	}
}
