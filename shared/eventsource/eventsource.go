// Package eventsource makes a shared queue the event source of a Lambda function.
// It is apart from package shared, as CDK's awslambdaeventsources is from awssqs:
// awslambda brings some 100 packages, which an app without functions need not
// build.
package eventsource

import (
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambdaeventsources"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"

	"example.com/shared-queue/internal/cdk"
	"example.com/shared-queue/internal/problem"
	"example.com/shared-queue/shared"
)

// Add makes the queue an event source of the function, as CDK's SqsEventSource
// does, and grants the function's role what [shared.Queue.GrantConsume] does.
// CDK's own grants on the queue alone. Options are those of CDK, and may be nil.
//
// The error says what is wrong with the grant or with the options, or that the
// function may run longer than the queue's VisibilityTimeout, which Lambda
// refuses.
func Add(queue *shared.Queue, to awslambda.IFunction, options *awslambdaeventsources.SqsEventSourceProps) (awslambda.EventSourceMapping, error) {
	return add(source{queue, queue.Queue, queue.Address.Name, queue.GrantConsume}, to, options)
}

// AddDeadLetter does for the dead-letter queue what Add does for the queue, with
// the grant of [shared.Queue.GrantConsumeDeadLetters]. A dead letter that the
// function fails to process comes back to the dead-letter queue, until it has
// been kept for 14 days.
func AddDeadLetter(queue *shared.Queue, to awslambda.IFunction, options *awslambdaeventsources.SqsEventSourceProps) (awslambda.EventSourceMapping, error) {
	return add(source{queue, queue.DeadLetterQueue, queue.Address.DeadLetter().Name, queue.GrantConsumeDeadLetters}, to, options)
}

// A source is one of the two queues of a shared queue.
type source struct {
	of    *shared.Queue
	queue awssqs.Queue
	name  string
	grant func(to awsiam.IGrantable) (awsiam.Grant, error)
}

func add(from source, to awslambda.IFunction, options *awslambdaeventsources.SqsEventSourceProps) (mapping awslambda.EventSourceMapping, err error) {
	if options == nil {
		options = &awslambdaeventsources.SqsEventSourceProps{}
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("event source %s: %w", from.name, err)
		}
	}()
	if to == nil {
		return nil, errors.New("there is no function")
	}
	id := "EventSource-" + from.name
	if to.Node().TryFindChild(&id) != nil {
		return nil, errors.New("the function has this event source already: remove one of the two")
	}
	if err := checkFunction(to, from.of); err != nil {
		return nil, err
	}
	if key := options.FilterEncryption; key != nil && *key.KeyArn() == *from.of.Key.KeyArn() {
		return nil, errors.New("FilterEncryption is the queue's key, with which CDK would let Lambda decrypt everything: use another key")
	}
	// CDK checks the options here.
	if err := cdk.Try(func() error { awslambdaeventsources.NewSqsEventSource(from.queue, options); return nil }); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			to.Node().TryRemoveChild(&id) // a mapping whose grant was not made, or only in part
		}
	}()
	err = cdk.Try(func() error {
		mapping = to.AddEventSourceMapping(&id, &awslambda.EventSourceMappingOptions{
			EventSourceArn:          from.queue.QueueArn(),
			BatchSize:               options.BatchSize,
			Enabled:                 options.Enabled,
			FilterEncryption:        options.FilterEncryption,
			Filters:                 options.Filters,
			MaxBatchingWindow:       options.MaxBatchingWindow,
			MaxConcurrency:          options.MaxConcurrency,
			MetricsConfig:           options.MetricsConfig,
			ProvisionedPollerConfig: options.ProvisionedPollerConfig,
			ReportBatchItemFailures: options.ReportBatchItemFailures,
		})
		return nil
	})
	if err != nil {
		return nil, err
	}
	grant, err := from.grant(to)
	if err != nil {
		return nil, err
	}
	grant.ApplyBefore(mapping) // Lambda looks at the role's policy when it makes the mapping
	return mapping, nil
}

// checkFunction reports a function that Lambda would not let poll the queue.
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
func checkFunction(to awslambda.IFunction, queue *shared.Queue) error {
	if region := *to.Env().Region; region != string(queue.Address.Region) {
		return fmt.Errorf("the function is of Region %s: an event source is of the function's Region, %s", region, queue.Address.Region)
	}
	function, ok := to.(awslambda.Function)
	if !ok {
		return nil // an imported one, whose timeout is not known
	}
	timeout := 3 * time.Second // Lambda's default
	if set := function.Timeout(); set != nil {
		if *set.IsUnresolved() {
			return nil
		}
		timeout = time.Duration(*set.ToSeconds(nil)) * time.Second
	}
	if timeout > queue.VisibilityTimeout {
		return fmt.Errorf("the function may run for %s, longer than the queue's VisibilityTimeout of %s, which Lambda refuses: let VisibilityTimeout be six times as long as the function's timeout, as AWS recommends",
			problem.Duration(timeout), problem.Duration(queue.VisibilityTimeout))
	}
	return nil
}
