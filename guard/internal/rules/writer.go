package rules

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"example.com/shared-queue/guard/internal/template"
)

// A writer is a construct of CDK that writes statements for a service and does not
// name the source. Such a statement cannot be edited: there is another cure.
type writer struct {
	service string
	kind    string // of the resource that the construct makes
	of      string // the type of what the policy is of, or what the key encrypts
	what    string
	cure    string
}

const inContext = ` to true under "context" in cdk.json, as in new apps`

var writers = []writer{
	{"s3.amazonaws.com", "Custom::S3BucketNotifications", "AWS::SQS::Queue", "a notification of S3",
		"give NewSqsDestination the queue by Queue_FromQueueArn, so that CDK writes no statement, allow s3.amazonaws.com in the policies of queue and key" +
			" by statements of your own with aws:SourceArn and aws:SourceAccount, and let the bucket's notification depend on them"},
	{"events.amazonaws.com", "AWS::Events::Rule", "AWS::SQS::Queue", "a target of EventBridge",
		`set "@aws-cdk/aws-events:eventsTargetQueueSameAccount"` + inContext},
	{"events.amazonaws.com", "AWS::Events::Rule", "AWS::SNS::Topic", "a target of EventBridge",
		"give NewSnsTopic the topic by Topic_FromTopicArn, so that CDK writes no statement, and allow events.amazonaws.com in the policies of topic and key" +
			" by statements of your own with aws:SourceArn"},
	{"sns.amazonaws.com", "AWS::SNS::Subscription", "AWS::SQS::Queue", "a subscription to SNS",
		`set "@aws-cdk/aws-sns-subscriptions:restrictSqsDescryption"` + inContext},
	// https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html
	{"logging.s3.amazonaws.com", "AWS::S3::Bucket", "AWS::KMS::Key", "the bucket that access logs go to",
		"encrypt that bucket with S3's own keys (BucketEncryption_S3_MANAGED): access logs go to none that has a key of KMS"},
	{"delivery.logs.amazonaws.com", "AWS::StepFunctions::StateMachine", "AWS::KMS::Key", "a state machine that logs",
		"give NewCustomerManagedEncryptionConfiguration the key by Key_FromKeyArn, so that CDK writes no statement, and allow delivery.logs.amazonaws.com" +
			" in the key's policy by a statement of your own with kms:EncryptionContext:SourceArn"},
}

// sourceCure says how the statement gets a source.
func (s *statement) sourceCure(service string) string {
	for _, w := range writers {
		if path := s.writtenFor(w); w.service == service && path != "" {
			return fmt.Sprintf("the statement is of %s, %s: %s", w.what, path, w.cure)
		}
	}
	return "add ArnEquals aws:SourceArn with the ARN of the source, or StringEquals aws:SourceAccount with its account, or aws:SourceOrgID;" +
		" in a grant of CDK, by the Conditions of awsiam.NewServicePrincipal"
}

// writtenFor is the path of the construct that CDK wrote the statement for, which
// refers to what the policy is of. CDK gives no Sid.
func (s *statement) writtenFor(w writer) string {
	if s.sid != "" {
		return ""
	}
	t := s.of.template
	isTarget := func(id string) bool { return t.Resources[id].Type == w.of && slices.Contains(s.of.targets(), id) }
	for _, name := range slices.Sorted(maps.Keys(t.Resources)) {
		if r := t.Resources[name]; r.Type == w.kind && slices.ContainsFunc(t.References(r.Properties), isTarget) {
			return pathOf(r, name)
		}
	}
	return ""
}

// targets are the queues that the policy is of, or the key and what it encrypts.
func (d *document) targets() (ids []string) {
	if d.service == "kms" {
		return append([]string{d.resource}, d.encrypts...)
	}
	for _, value := range d.queues {
		text, _ := value.(template.Text)
		if part, ok := text.Whole(); ok {
			ids = append(ids, part.Resource)
		}
	}
	return ids
}

// pathOf is the path of the construct that the user made.
func pathOf(r template.Resource, id string) string {
	if r.Path() == "" {
		return id
	}
	return strings.TrimSuffix(strings.TrimSuffix(r.Path(), "/Resource"), "/Notifications")
}
