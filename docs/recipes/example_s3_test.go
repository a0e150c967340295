package recipes_test

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3notifications"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"
)

// A bucket of the queue's account sends what happens to its objects.
func bucketBeside(app awscdk.App) {
	stack := owner(app)
	orders := newOrders(stack)

	bucket := awss3.NewBucket(stack, jsii.String("Bucket"), &awss3.BucketProps{EnforceSSL: jsii.Bool(true)})
	check(orders.Open("orders are uploaded", func() {
		bucket.AddEventNotification(awss3.EventType_OBJECT_CREATED, awss3notifications.NewSqsDestination(orders.Queue))
	}))
}

// A bucket of another account sends. S3 tries the queue when the notification is
// made, so the queue's stack is deployed first: it names the bucket.
func bucketElsewhere(app awscdk.App) {
	const bucketARN = "arn:aws:s3:::web-orders-222222222222"
	stack := owner(app)
	queue := newOrders(stack)
	check(queue.Open("orders are uploaded to the web shop", func() {
		queue.Queue.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(jsii.String("s3.amazonaws.com"), nil)},
			Actions:    jsii.Strings("sqs:SendMessage"),
			Resources:  jsii.Strings(orders.ARN()),
			Conditions: &map[string]any{
				"ArnEquals":    map[string]any{"aws:SourceArn": bucketARN},
				"StringEquals": map[string]any{"aws:SourceAccount": "222222222222"},
			},
		}))
	}))

	web := sender(app)
	bucket := awss3.NewBucket(web, jsii.String("Bucket"), &awss3.BucketProps{
		BucketName: jsii.String("web-orders-222222222222"), EnforceSSL: jsii.Bool(true),
	})
	imported := awssqs.Queue_FromQueueArn(web, jsii.String("Orders"), jsii.String(orders.ARN()))
	bucket.AddEventNotification(awss3.EventType_OBJECT_CREATED, awss3notifications.NewSqsDestination(imported))
	web.AddStackDependency(stack, jsii.String("S3 tries the queue"))
}

func Example_bucketBeside()    { run(bucketBeside) }
func Example_bucketElsewhere() { run(bucketElsewhere) }
