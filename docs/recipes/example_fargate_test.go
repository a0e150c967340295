package recipes_test

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapplicationautoscaling"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsecs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsecspatterns"
	"github.com/aws/jsii-runtime-go"
)

func image() awsecs.ContainerImage {
	return awsecs.ContainerImage_FromRegistry(jsii.String("public.ecr.aws/docker/library/busybox:stable"), nil)
}

// CDK's queue-processing service works on the messages and scales on their number.
func fargatePattern(app awscdk.App) {
	stack := owner(app)
	orders := newOrders(stack)

	service := awsecspatterns.NewQueueProcessingFargateService(stack, jsii.String("Worker"), &awsecspatterns.QueueProcessingFargateServiceProps{
		Queue: orders.Queue,
		Image: image(),
	})
	must(orders.GrantConsume(service.TaskDefinition().TaskRole()))
}

// The same by hand.
func fargateByHand(app awscdk.App) {
	stack := owner(app)
	orders := newOrders(stack)

	vpc := awsec2.NewVpc(stack, jsii.String("Network"), &awsec2.VpcProps{MaxAzs: jsii.Number(2)})
	cluster := awsecs.NewCluster(stack, jsii.String("Cluster"), &awsecs.ClusterProps{Vpc: vpc})
	task := awsecs.NewFargateTaskDefinition(stack, jsii.String("Task"), nil)
	task.AddContainer(jsii.String("worker"), &awsecs.ContainerDefinitionOptions{
		Image:       image(),
		Environment: &map[string]*string{"QUEUE_URL": orders.Queue.QueueUrl()},
	})
	must(orders.GrantConsume(task.TaskRole()))
	service := awsecs.NewFargateService(stack, jsii.String("Worker"), &awsecs.FargateServiceProps{Cluster: cluster, TaskDefinition: task})

	service.AutoScaleTaskCount(&awsapplicationautoscaling.EnableScalingProps{
		MinCapacity: jsii.Number(1), MaxCapacity: jsii.Number(10),
	}).ScaleOnMetric(jsii.String("Depth"), &awsapplicationautoscaling.BasicStepScalingPolicyProps{
		Metric: orders.Queue.MetricApproximateNumberOfMessagesVisible(nil),
		ScalingSteps: &[]*awsapplicationautoscaling.ScalingInterval{
			{Upper: jsii.Number(0), Change: jsii.Number(-1)},
			{Lower: jsii.Number(100), Change: jsii.Number(1)},
			{Lower: jsii.Number(500), Change: jsii.Number(5)},
		},
	})
}

func Example_fargatePattern() { run(fargatePattern) }
func Example_fargateByHand()  { run(fargateByHand) }
