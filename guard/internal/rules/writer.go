package rules

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"example.com/shared-queue/guard/internal/template"
)

// A writer is a construct of CDK that writes statements for a service without its
// source, and what there is to do about it. Such a statement cannot be edited.
type writer struct {
	construct string // as the user writes it
	kind      string // of the resource that the construct makes
	cure      string
}

var writers = map[string]writer{
	"s3.amazonaws.com": {"a notification of S3", "Custom::S3BucketNotifications",
		"give NewSqsDestination the queue by Queue_FromQueueArn, so that CDK writes no statement, allow s3.amazonaws.com in the policies of queue and key" +
			" by statements of your own with aws:SourceArn and aws:SourceAccount, and let the bucket's notification depend on them"},
	"events.amazonaws.com": {"a target of EventBridge", "AWS::Events::Rule",
		`set "@aws-cdk/aws-events:eventsTargetQueueSameAccount" to true under "context" in cdk.json, as in new apps`},
	"sns.amazonaws.com": {"a subscription to SNS", "AWS::SNS::Subscription",
		`set "@aws-cdk/aws-sns-subscriptions:restrictSqsDescryption" to true under "context" in cdk.json, as in new apps`},
}

// sourceCure says how the statement gets a source.
func (s *statement) sourceCure(service string) string {
	if by, path := s.writer(service); path != "" {
		return fmt.Sprintf("the statement is of %s, %s: %s", by.construct, path, by.cure)
	}
	return "add ArnEquals aws:SourceArn with the ARN of the source, or StringEquals aws:SourceAccount with its account, or aws:SourceOrgID;" +
		" in a grant of CDK, by the Conditions of awsiam.NewServicePrincipal"
}

// writer is the construct that CDK wrote the statement for, with its path: one of
// the service's that refers to what the policy is of. CDK gives no Sid.
func (s *statement) writer(service string) (writer, string) {
	by, ok := writers[service]
	if !ok || s.sid != "" {
		return writer{}, ""
	}
	t := s.of.template
	targets := s.of.targets()
	for _, name := range slices.Sorted(maps.Keys(t.Resources)) {
		r := t.Resources[name]
		if r.Type == by.kind && slices.ContainsFunc(t.References(r.Properties), func(id string) bool { return slices.Contains(targets, id) }) {
			return by, pathOf(r, name)
		}
	}
	return writer{}, ""
}

// targets are the queues that the policy is of, or what the key encrypts.
func (d *document) targets() (ids []string) {
	if d.service == "kms" {
		return d.encrypts
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
