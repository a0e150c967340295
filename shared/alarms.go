package shared

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"example.com/shared-queue/internal/problem"
	"example.com/shared-queue/spec"
)

// addAlarms adds an alarm for any message in the dead-letter queue, and one for
// messages that wait too long. Both have a period of one minute, the shortest
// for metrics of SQS.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
func addAlarms(scope constructs.Construct, q *Queue, props *StackProps) {
	maxAge := *spec.Alarms(props.Alarms).WithDefaults(spec.Queue(props.Queue)).MaxAge
	minute := &awscloudwatch.MetricOptions{Period: awscdk.Duration_Minutes(jsii.Number(1)), Statistic: jsii.String("Maximum")}
	alarms := []awscloudwatch.Alarm{
		alarm(scope, "DeadLetters", q.DeadLetterQueue.MetricApproximateNumberOfMessagesVisible(minute), 0,
			"Messages that could not be processed wait in "+q.Address.DeadLetter().Name),
		alarm(scope, "OldMessages", q.Queue.MetricApproximateAgeOfOldestMessage(minute), maxAge.Seconds(),
			"The oldest message in "+q.Address.Name+" has waited for over "+problem.Duration(maxAge)),
	}
	if props.Alarms.TopicARN == "" {
		return
	}
	topic := &topicAction{props.Alarms.TopicARN}
	for _, a := range alarms {
		a.AddAlarmAction(topic)
		a.AddOkAction(topic)
	}
}

func alarm(scope constructs.Construct, id string, metric awscloudwatch.Metric, over float64, description string) awscloudwatch.Alarm {
	return metric.CreateAlarm(scope, &id, &awscloudwatch.CreateAlarmOptions{
		AlarmDescription:   &description,
		ComparisonOperator: awscloudwatch.ComparisonOperator_GREATER_THAN_THRESHOLD,
		Threshold:          &over,
		EvaluationPeriods:  jsii.Number(1),
		// A queue that is not used for hours has no metrics.
		TreatMissingData: awscloudwatch.TreatMissingData_NOT_BREACHING,
	})
}

// A topicAction sends to an SNS topic. CDK's own is in awscloudwatchactions, with
// which the app would depend on 100 packages more.
type topicAction struct{ arn string }

// Bind is called by awscloudwatch.Alarm.
func (a *topicAction) Bind(constructs.Construct, awscloudwatch.IAlarm) *awscloudwatch.AlarmActionConfig {
	return &awscloudwatch.AlarmActionConfig{AlarmActionArn: &a.arn}
}
