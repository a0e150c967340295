package guard_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsappconfig"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudtrail"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatchactions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awseventstargets"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambdadestinations"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambdaeventsources"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3notifications"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsscheduler"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsschedulertargets"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsses"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssesactions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssnssubscriptions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// A stock stack has constructs of CDK alone, which write policies of queues and
// keys, and what the guard says of them: parts of the findings, none if they are
// sound.
type stock struct {
	build func(stack awscdk.Stack)
	want  []string
}

// newApps has the feature flags of new apps that change such policies.
var newApps = []string{
	"@aws-cdk/aws-events:eventsTargetQueueSameAccount", "@aws-cdk/aws-sns-subscriptions:restrictSqsDescryption",
	"@aws-cdk/aws-kms:aliasNameRef", "@aws-cdk/aws-s3:createDefaultLoggingPolicy", "@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy",
	"@aws-cdk/aws-kms:reduceCrossAccountRegionPolicyScope", "@aws-cdk/aws-iam:minimizePolicies",
}

func plainQueue(stack awscdk.Stack) awssqs.Queue {
	return awssqs.NewQueue(stack, jsii.String("Queue"), &awssqs.QueueProps{EnforceSSL: jsii.Bool(true)})
}

func encryptedQueue(stack awscdk.Stack) awssqs.Queue {
	return awssqs.NewQueue(stack, jsii.String("Queue"), &awssqs.QueueProps{Encryption: awssqs.QueueEncryption_KMS, EnforceSSL: jsii.Bool(true)})
}

func encryptedTopic(stack awscdk.Stack) awssns.Topic {
	return awssns.NewTopic(stack, jsii.String("Topic"), &awssns.TopicProps{MasterKey: keyOf(stack), EnforceSSL: jsii.Bool(true)})
}

func keyOf(stack awscdk.Stack) awskms.Key { return awskms.NewKey(stack, jsii.String("Key"), nil) }

func ruleOf(stack awscdk.Stack, target awsevents.IRuleTarget) {
	awsevents.NewRule(stack, jsii.String("Rule"), &awsevents.RuleProps{
		Schedule: awsevents.Schedule_Rate(awscdk.Duration_Hours(jsii.Number(1))), Targets: &[]awsevents.IRuleTarget{target},
	})
}

var stocks = map[string]stock{
	"StockQueue": {build: func(s awscdk.Stack) { plainQueue(s) }},
	"StockQueueOfSQSManagedKey": {build: func(s awscdk.Stack) {
		awssqs.NewQueue(s, jsii.String("Queue"), &awssqs.QueueProps{Encryption: awssqs.QueueEncryption_SQS_MANAGED})
	}},
	"StockQueueWithDeadLetters": {build: func(s awscdk.Stack) {
		awssqs.NewQueue(s, jsii.String("Source"), &awssqs.QueueProps{EnforceSSL: jsii.Bool(true), DeadLetterQueue: &awssqs.DeadLetterQueue{Queue: encryptedQueue(s), MaxReceiveCount: jsii.Number(3)}})
	}},
	"StockGrantToRole": {build: func(s awscdk.Stack) {
		queue := encryptedQueue(s)
		queue.GrantSendMessages(roleOf(s, "Sender"))
		queue.GrantConsumeMessages(roleOf(s, "Consumer"))
	}},
	"StockGrantToAccount": {build: func(s awscdk.Stack) {
		encryptedQueue(s).GrantSendMessages(awsiam.NewAccountPrincipal(jsii.String("222222222222")))
	}},
	"StockGrantToOrganization": {
		build: func(s awscdk.Stack) {
			encryptedQueue(s).GrantSendMessages(awsiam.NewOrganizationPrincipal(jsii.String("o-abc1234567")))
		},
		want: []string{"Guard-Action QueueKey39FCBAE6", "Guard-ViaService QueueKey39FCBAE6"}, // kms:ReEncrypt* for anybody there, on any ciphertext
	},
	"StockSubscription": {build: func(s awscdk.Stack) {
		awssns.NewTopic(s, jsii.String("Topic"), nil).AddSubscription(awssnssubscriptions.NewSqsSubscription(plainQueue(s), nil))
	}},
	"StockSubscriptionToEncrypted": {build: func(s awscdk.Stack) {
		awssns.NewTopic(s, jsii.String("Topic"), nil).AddSubscription(awssnssubscriptions.NewSqsSubscription(encryptedQueue(s), nil))
	}},
	"StockSubscriptionWithNoDeny": {build: func(s awscdk.Stack) {
		awssns.NewTopic(s, jsii.String("Topic"), nil).AddSubscription(awssnssubscriptions.NewSqsSubscription(awssqs.NewQueue(s, jsii.String("Queue"), nil), nil))
	}},
	"StockNotification": {build: func(s awscdk.Stack) {
		awss3.NewBucket(s, jsii.String("Bucket"), nil).AddObjectCreatedNotification(awss3notifications.NewSqsDestination(plainQueue(s)))
	}},
	"StockNotificationToEncrypted": {
		build: func(s awscdk.Stack) {
			awss3.NewBucket(s, jsii.String("Bucket"), nil).AddObjectCreatedNotification(awss3notifications.NewSqsDestination(encryptedQueue(s)))
		},
		want: []string{"Guard-Source QueueKey39FCBAE6"},
	},
	"StockNotificationToEncryptedTopic": {build: func(s awscdk.Stack) { // CDK writes nothing for the key, so that S3 may not send
		awss3.NewBucket(s, jsii.String("Bucket"), nil).AddObjectCreatedNotification(awss3notifications.NewSnsDestination(encryptedTopic(s)))
	}},
	"StockRule":            {build: func(s awscdk.Stack) { ruleOf(s, awseventstargets.NewSqsQueue(plainQueue(s), nil)) }},
	"StockRuleToEncrypted": {build: func(s awscdk.Stack) { ruleOf(s, awseventstargets.NewSqsQueue(encryptedQueue(s), nil)) }},
	"StockRuleToEncryptedTopic": {
		build: func(s awscdk.Stack) { ruleOf(s, awseventstargets.NewSnsTopic(encryptedTopic(s), nil)) },
		want:  []string{"Guard-Source Key961B73FD"},
	},
	"StockRuleWithDeadLetters": {build: func(s awscdk.Stack) {
		ruleOf(s, awseventstargets.NewLambdaFunction(function(s, "Function"), &awseventstargets.LambdaFunctionProps{DeadLetterQueue: plainQueue(s)}))
	}},
	"StockFunctionWithDeadLetters": {build: func(s awscdk.Stack) {
		awslambda.NewFunction(s, jsii.String("Function"), &awslambda.FunctionProps{
			Runtime: awslambda.Runtime_NODEJS_LATEST(), Handler: jsii.String("index.handler"), Code: awslambda.Code_FromInline(jsii.String("x")),
			DeadLetterQueue: encryptedQueue(s), OnSuccess: awslambdadestinations.NewSqsDestination(plainQueueNamed(s, "Done")), EnvironmentEncryption: keyOf(s),
		})
	}},
	"StockTrigger": {build: func(s awscdk.Stack) {
		function(s, "Function").AddEventSource(awslambdaeventsources.NewSqsEventSource(encryptedQueue(s), nil))
	}},
	"StockTriggerOfOrganization": {
		build: func(s awscdk.Stack) {
			queue := encryptedQueue(s)
			forOrganization(queue)
			function(s, "Function").AddEventSource(awslambdaeventsources.NewSqsEventSource(queue, nil))
			queue.GrantConsumeMessages(roleOf(s, "Consumer"))
			queue.GrantSendMessages(roleOf(s, "Sender"))
		},
		want: []string{"Guard-Decrypt ConsumerDefaultPolicyE9A971D5", "Guard-Decrypt FunctionServiceRoleDefaultPolicy2F49994A", "Guard-Decrypt SenderDefaultPolicyA585C63E"},
	},
	"StockStateMachine": {
		build: func(s awscdk.Stack) {
			awsstepfunctions.NewStateMachine(s, jsii.String("Machine"), &awsstepfunctions.StateMachineProps{
				DefinitionBody:          awsstepfunctions.DefinitionBody_FromChainable(awsstepfunctions.NewPass(s, jsii.String("Pass"), nil)),
				EncryptionConfiguration: awsstepfunctions.NewCustomerManagedEncryptionConfiguration(keyOf(s), nil),
				Logs:                    &awsstepfunctions.LogOptions{Destination: awslogs.NewLogGroup(s, jsii.String("Logs"), nil), Level: awsstepfunctions.LogLevel_ALL},
			})
		},
		want: []string{"Guard-Source Key961B73FD"},
	},
	"StockTrail": {build: func(s awscdk.Stack) {
		awscloudtrail.NewTrail(s, jsii.String("Trail"), &awscloudtrail.TrailProps{EncryptionKey: keyOf(s)})
	}},
	"StockLogGroup": {build: func(s awscdk.Stack) {
		key := keyOf(s)
		awslogs.NewLogGroup(s, jsii.String("Logs"), &awslogs.LogGroupProps{EncryptionKey: key})
		key.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(jsii.String("logs.us-east-1.amazonaws.com"), nil)},
			Actions:    jsii.Strings("kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"), Resources: jsii.Strings("*"),
			Conditions: &map[string]any{"ArnLike": map[string]any{"kms:EncryptionContext:aws:logs:arn": *s.FormatArn(&awscdk.ArnComponents{Service: jsii.String("logs"), Resource: jsii.String("*")})}},
		}), nil)
	}},
	"StockAccessLogs": {
		build: func(s awscdk.Stack) {
			logs := awss3.NewBucket(s, jsii.String("Logs"), &awss3.BucketProps{EncryptionKey: keyOf(s)})
			awss3.NewBucket(s, jsii.String("Bucket"), &awss3.BucketProps{ServerAccessLogsBucket: logs})
		},
		want: []string{"Guard-Source Key961B73FD"},
	},
	"StockMail": {build: func(s awscdk.Stack) {
		awsses.NewReceiptRuleSet(s, jsii.String("Rules"), &awsses.ReceiptRuleSetProps{Rules: &[]*awsses.ReceiptRuleOptions{{
			Actions: &[]awsses.IReceiptRuleAction{awssesactions.NewS3(&awssesactions.S3Props{Bucket: awss3.NewBucket(s, jsii.String("Bucket"), nil), KmsKey: keyOf(s)})},
		}}})
	}},
	"StockAppConfig": {build: func(s awscdk.Stack) {
		application := awsappconfig.NewApplication(s, jsii.String("Application"), nil)
		application.OnDeploymentComplete(awsappconfig.NewSqsDestination(encryptedQueue(s)), nil)
	}},
	"StockSchedule": {build: func(s awscdk.Stack) {
		awsscheduler.NewSchedule(s, jsii.String("Schedule"), &awsscheduler.ScheduleProps{
			Schedule: awsscheduler.ScheduleExpression_Rate(awscdk.Duration_Hours(jsii.Number(1))),
			Target:   awsschedulertargets.NewSqsSendMessage(encryptedQueue(s), nil),
			Key:      keyOf(s),
		})
	}},
	"StockAlarm": {build: func(s awscdk.Stack) {
		queue := encryptedQueue(s)
		queue.MetricApproximateAgeOfOldestMessage(nil).CreateAlarm(s, jsii.String("Alarm"), &awscloudwatch.CreateAlarmOptions{Threshold: jsii.Number(1), EvaluationPeriods: jsii.Number(1)}).
			AddAlarmAction(awscloudwatchactions.NewSnsAction(awssns.NewTopic(s, jsii.String("Alarms"), nil)))
	}},
	"StockKeyForServices": {build: func(s awscdk.Stack) {
		key := awskms.NewKey(s, jsii.String("Key"), &awskms.KeyProps{Alias: jsii.String("alias/stock"), EnableKeyRotation: jsii.Bool(true)})
		key.GrantEncryptDecrypt(awskms.NewViaServicePrincipal(jsii.String("secretsmanager.us-east-1.amazonaws.com"), awsiam.NewAccountPrincipal(s.Account())))
		key.GrantAdmin(roleOf(s, "Admin"))
		awslogs.NewLogGroup(s, jsii.String("Logs"), nil)
	}},
}

// forService is a statement as the cures say to write it.
func forService(service, resource string, condition map[string]any, actions ...string) awsiam.PolicyStatement {
	return awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(&service, nil)},
		Actions:    jsii.Strings(actions...), Resources: jsii.Strings(resource), Conditions: &condition,
	})
}

func forOrganization(queue awssqs.Queue) {
	queue.EncryptionMasterKey().AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Principals: &[]awsiam.IPrincipal{awsiam.NewAnyPrincipal()}, Actions: jsii.Strings("kms:Decrypt", "kms:GenerateDataKey"), Resources: jsii.Strings("*"),
		Conditions: &map[string]any{"StringEquals": map[string]any{"aws:PrincipalOrgID": "o-abc1234567", "kms:ViaService": "sqs.us-east-1.amazonaws.com"}},
	}), nil)
}

// cured are the same with the cure that the finding has.
var cured = map[string]stock{
	"CuredNotificationToEncrypted": {build: func(s awscdk.Stack) {
		queue, bucket := encryptedQueue(s), awss3.NewBucket(s, jsii.String("Bucket"), nil)
		from := map[string]any{"ArnEquals": map[string]any{"aws:SourceArn": bucket.BucketArn()}, "StringEquals": map[string]any{"aws:SourceAccount": s.Account()}}
		queue.AddToResourcePolicy(forService("s3.amazonaws.com", *queue.QueueArn(), from, "sqs:SendMessage"))
		queue.EncryptionMasterKey().AddToResourcePolicy(forService("s3.amazonaws.com", "*", from, "kms:Decrypt", "kms:GenerateDataKey"), nil)
		view := awssqs.Queue_FromQueueArn(s, jsii.String("View"), queue.QueueArn())
		bucket.AddObjectCreatedNotification(awss3notifications.NewSqsDestination(view))
		bucket.Node().FindChild(jsii.String("Notifications")).Node().AddDependency(queue)
	}},
	"CuredRuleToEncryptedTopic": {build: func(s awscdk.Stack) {
		topic, key := encryptedTopic(s), s.Node().FindChild(jsii.String("Key")).(awskms.Key)
		rule := awsevents.NewRule(s, jsii.String("Rule"), &awsevents.RuleProps{Schedule: awsevents.Schedule_Rate(awscdk.Duration_Hours(jsii.Number(1)))})
		rule.AddTarget(awseventstargets.NewSnsTopic(awssns.Topic_FromTopicArn(s, jsii.String("View"), topic.TopicArn()), nil))
		from := map[string]any{"ArnEquals": map[string]any{"aws:SourceArn": rule.RuleArn()}}
		topic.AddToResourcePolicy(forService("events.amazonaws.com", *topic.TopicArn(), from, "sns:Publish"))
		key.AddToResourcePolicy(forService("events.amazonaws.com", "*", from, "kms:Decrypt", "kms:GenerateDataKey"), nil)
	}},
	"CuredStateMachine": {build: func(s awscdk.Stack) {
		key := keyOf(s)
		view := awskms.Key_FromKeyArn(s, jsii.String("View"), key.KeyArn())
		awsstepfunctions.NewStateMachine(s, jsii.String("Machine"), &awsstepfunctions.StateMachineProps{
			DefinitionBody:          awsstepfunctions.DefinitionBody_FromChainable(awsstepfunctions.NewPass(s, jsii.String("Pass"), nil)),
			EncryptionConfiguration: awsstepfunctions.NewCustomerManagedEncryptionConfiguration(view, nil),
			Logs:                    &awsstepfunctions.LogOptions{Destination: awslogs.NewLogGroup(s, jsii.String("Logs"), nil), Level: awsstepfunctions.LogLevel_ALL},
		})
		logs := s.FormatArn(&awscdk.ArnComponents{Service: jsii.String("logs"), Resource: jsii.String("*")})
		key.AddToResourcePolicy(forService("delivery.logs.amazonaws.com", "*", map[string]any{"StringEquals": map[string]any{"kms:EncryptionContext:SourceArn": logs}}, "kms:Decrypt"), nil)
	}},
	"CuredAccessLogs": {build: func(s awscdk.Stack) {
		logs := awss3.NewBucket(s, jsii.String("Logs"), &awss3.BucketProps{Encryption: awss3.BucketEncryption_S3_MANAGED})
		awss3.NewBucket(s, jsii.String("Bucket"), &awss3.BucketProps{ServerAccessLogsBucket: logs, EncryptionKey: keyOf(s)})
	}},
	"CuredGrantToService": {build: func(s awscdk.Stack) {
		encryptedQueue(s).GrantSendMessages(awsiam.NewServicePrincipal(jsii.String("ses.amazonaws.com"), &awsiam.ServicePrincipalOpts{
			Conditions: &map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": s.Account()}},
		}))
	}},
}

func plainQueueNamed(stack awscdk.Stack, id string) awssqs.Queue {
	return awssqs.NewQueue(stack, &id, &awssqs.QueueProps{EnforceSSL: jsii.Bool(true)})
}

func init() {
	maps.Copy(stocks, cured)
	for id, s := range stocks {
		stacks[id] = func(app constructs.Construct, id string) error {
			stack := environment(app, id)
			stack.Node().SetContext(jsii.String("aws:cdk:enable-path-metadata"), true)
			for _, flag := range newApps {
				stack.Node().SetContext(&flag, true)
			}
			s.build(stack)
			return nil
		}
	}
	// The consumer's stack is another than the queue's.
	stacks["StockTriggerAcrossStacks"] = func(app constructs.Construct, id string) error {
		queues := environment(app, id+"Queues")
		queue := encryptedQueue(queues)
		forOrganization(queue)
		awslambda.NewFunction(environment(app, id), jsii.String("Function"), &awslambda.FunctionProps{
			Runtime: awslambda.Runtime_NODEJS_LATEST(), Handler: jsii.String("index.handler"), Code: awslambda.Code_FromInline(jsii.String("x")),
		}).AddEventSource(awslambdaeventsources.NewSqsEventSource(queue, nil))
		return nil
	}
	// As in an app that has no flags.
	stacks["StockOfOldApps"] = func(app constructs.Construct, id string) error {
		stack := environment(app, id)
		stack.Node().SetContext(jsii.String("aws:cdk:enable-path-metadata"), true)
		queue := encryptedQueue(stack)
		awss3.NewBucket(stack, jsii.String("Bucket"), nil).AddObjectCreatedNotification(awss3notifications.NewSqsDestination(queue))
		awssns.NewTopic(stack, jsii.String("Topic"), nil).AddSubscription(awssnssubscriptions.NewSqsSubscription(queue, nil))
		ruleOf(stack, awseventstargets.NewSqsQueue(queue, nil))
		return nil
	}
}

func TestStockStacks(t *testing.T) {
	for id, s := range stocks {
		t.Run(id, func(t *testing.T) {
			var got []string
			for rule := range read(t).findings[id] {
				if name, rest, ok := strings.Cut(rule, "."+id+"."); ok && strings.HasPrefix(rule, "Guard-") {
					resource, _, _ := strings.Cut(rest, ".")
					got = append(got, name+" "+resource)
				}
			}
			slices.Sort(got)
			want := slices.Sorted(slices.Values(s.want))
			if !slices.Equal(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

// Nobody can edit a statement of CDK's: the finding says which construct it is of,
// and what to do there.
func TestFindingsInStatementsOfCDK(t *testing.T) {
	for stack, wants := range map[string][]string{
		"StockOfOldApps": {
			"the statement is of a notification of S3, StockOfOldApps/Bucket: give NewSqsDestination the queue by Queue_FromQueueArn",
			`the statement is of a subscription to SNS, StockOfOldApps/Queue/StockOfOldAppsTopicB92D161A: set "@aws-cdk/aws-sns-subscriptions:restrictSqsDescryption" to true`,
			`the statement is of a target of EventBridge, StockOfOldApps/Rule: set "@aws-cdk/aws-events:eventsTargetQueueSameAccount" to true`,
		},
		"StockRuleToEncryptedTopic": {"the statement is of a target of EventBridge, StockRuleToEncryptedTopic/Rule: give NewSnsTopic the topic by Topic_FromTopicArn"},
		"StockStateMachine":         {"the statement is of a state machine that logs, StockStateMachine/Machine: give NewCustomerManagedEncryptionConfiguration the key by Key_FromKeyArn"},
		"StockTriggerOfOrganization": {
			"CDK wrote the statement for StockTriggerOfOrganization/Function/ServiceRole: trigger a function by eventsource.Add",
			"CDK wrote the statement for StockTriggerOfOrganization/Sender: let a role send by publisher.GrantSend;",
		},
		"StockAccessLogs": {"the statement is of the bucket that access logs go to, StockAccessLogs/Logs: encrypt that bucket with S3's own keys"},
	} {
		said := ""
		for rule, f := range read(t).findings[stack] {
			if strings.HasPrefix(rule, "Guard-") {
				said += f.Fix + "\n"
			}
		}
		for _, want := range wants {
			if !strings.Contains(said, want) {
				t.Errorf("in %s: want %q in\n%s", stack, want, said)
			}
		}
	}
}

func TestDecryptAcrossStacks(t *testing.T) {
	var got []string
	for id := range read(t).findings["StockTriggerAcrossStacks"] {
		if rule, _, _ := strings.Cut(id, "."); strings.HasPrefix(rule, "Guard-") {
			got = append(got, rule)
		}
	}
	if !slices.Equal(got, []string{"Guard-Decrypt"}) {
		t.Errorf("got %q, want Guard-Decrypt", got)
	}
}
