package guard

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"

	"example.com/shared-queue/guard/internal/rules"
	"example.com/shared-queue/guard/internal/template"
)

// The time goes up with the statements of a policy, and no faster.
func BenchmarkStatements(b *testing.B) {
	for _, n := range []int{50, 200, 800} {
		var list []string
		for i := range n {
			list = append(list, fmt.Sprintf(`{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::222222222222:role/r%d"}, "Action": "sqs:SendMessage", "Resource": {"Fn::GetAtt": ["Queue", "Arn"]}}`, i))
		}
		text := fmt.Sprintf(`{"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}, "Policy": {"Type": "AWS::SQS::QueuePolicy", "Properties": {
			"Queues": [{"Ref": "Queue"}], "PolicyDocument": {"Version": "2012-10-17", "Statement": [%s]}}}}}`, strings.Join(list, ", "))
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				t, err := template.Parse([]byte(text), "Stack", "", "")
				if err != nil {
					b.Fatal(err)
				}
				if found := rules.Check(t)[0]; len(found) != n {
					b.Fatalf("%d findings, want %d", len(found), n)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*n), "µs/statement")
		})
	}
}

// What the guard adds to CDK's own validation of an app with 100 queues, each with
// a key and the two policies: it is to be no more than 10 %. It is compared with
// Enable and Synth without the guard's part, most of which is the validation.
//
//	go test ./guard -run '^$' -bench 100Queues -benchtime 5x
func Benchmark100Queues(b *testing.B) {
	var whole, ours time.Duration
	for b.Loop() {
		b.StopTimer()
		folder := b.TempDir()
		app := awscdk.NewApp(&awscdk.AppProps{Outdir: &folder})
		b.StartTimer()
		start := time.Now()
		if err := Enable(app); err != nil {
			b.Fatal(err)
		}
		whole += time.Since(start)
		b.StopTimer()
		addQueues(awscdk.NewStack(app, jsii.String("Queues"), nil), 100)
		b.StartTimer()
		start = time.Now()
		app.Synth(nil)
		whole += time.Since(start)
		b.StopTimer()
		start = time.Now()
		stacks, err := readStacks(folder, false)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := judge(stacks, &templates{assembly: folder}); err != nil {
			b.Fatal(err)
		}
		ours += time.Since(start)
		b.StartTimer()
	}
	b.ReportMetric(100*float64(ours)/float64(whole-ours), "%/validation")
	b.ReportMetric(float64(ours.Milliseconds())/float64(b.N), "guard-ms/op")
}

func addQueues(stack awscdk.Stack, n int) {
	for i := range n {
		awssqs.NewQueue(stack, jsii.String(fmt.Sprint("Queue", i)), &awssqs.QueueProps{
			Encryption: awssqs.QueueEncryption_KMS, EnforceSSL: jsii.Bool(true),
		}).GrantSendMessages(awsiam.NewAccountPrincipal(jsii.String("222222222222")))
	}
}
