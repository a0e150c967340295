package guard

import (
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"
)

// What the guard adds to CDK's own validation of an app with 100 queues, each with
// a key and the two policies, as a part of it: it is to be no more than 10 %. The
// time is that of the validation as a whole.
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
