package shared

import (
	"regexp"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"example.com/shared-queue/internal/cdk"
	"example.com/shared-queue/internal/problem"
	"example.com/shared-queue/internal/record"
	"example.com/shared-queue/internal/verify"
	"example.com/shared-queue/spec"
)

// A verification fails the synthesis of an app in which a shared queue is not
// what its construct wrote. CDK calls it when all templates are written, so that
// nothing can change them afterwards.
type verification struct{ name string }

// CDK calls one plugin once, in however many Stages and for however many queues
// it was added. It holds nothing of an app.
var verifyQueues = &verification{"shared-queue"}

// Name, Version, RuleIds and Validate are called by CDK.
func (v *verification) Name() *string       { return &v.name }
func (v *verification) Version() *string    { return nil }
func (v *verification) RuleIds() *[]*string { return nil }

// Validate reports what verify finds.
func (v *verification) Validate(context awscdk.IPolicyValidationContext) *awscdk.PolicyValidationPluginReport {
	violations := []*awscdk.PolicyViolation{}
	findings, err := verify.Assembly(*context.AppConstruct().(awscdk.App).Outdir())
	if err != nil {
		violations = append(violations, &awscdk.PolicyViolation{
			RuleName:           jsii.String("Unfinished"),
			Description:        jsii.String("the shared queues were not verified: " + err.Error()),
			Fix:                jsii.String("report this with the assembly"),
			Severity:           jsii.String("fatal"),
			ViolatingResources: &[]*awscdk.PolicyViolatingResource{{Locations: &[]*string{}}},
		})
	}
	for _, f := range findings {
		violations = append(violations, violation(f))
	}
	return &awscdk.PolicyValidationPluginReport{Success: jsii.Bool(len(violations) == 0), Violations: &violations}
}

// verify adds what was asked for to the assembly, and the verification to the app.
func (q *Queue) verify(props spec.Queue) {
	senders := make([]string, len(props.Senders))
	for i, path := range props.Senders {
		senders[i] = path.String()
	}
	resolved := props.WithDefaults()
	cdk.Record(q, record.QueueType, record.Queue{
		Account: q.Address.Account, Region: string(q.Address.Region), QueueName: q.Address.Name, KeyAlias: q.Address.Alias,
		Senders: senders, Services: props.Services, SenderMayAlso: props.SenderMayAlso, OrgPathsOnQueue: props.OrgPathsOnQueue,
		DataKeyReuse: problem.Duration(*resolved.DataKeyReuse), MaxReceiveCount: *resolved.MaxReceiveCount,
		Queue: q.Queue.QueueUrl(), DeadLetterQueue: q.DeadLetterQueue.QueueUrl(), Key: q.Key.KeyId(), SharesKey: q.sharesKey,
	})
	awscdk.Validations_Of(q).AddPlugins(verifyQueues)
}

// noPart matches the characters that a rule's name does not have.
var noPart = regexp.MustCompile(`[^A-Za-z0-9_-]+`)

// violation is fatal, which CDK lets nobody acknowledge: Open is the way.
func violation(f verify.Finding) *awscdk.PolicyViolation {
	resource := &awscdk.PolicyViolatingResource{Locations: &[]*string{}, TemplatePath: &f.Template}
	if id := f.Resource; id != "" {
		if f.InStage {
			// The CLI drops findings in a stack of a Stage that it was not asked for. It
			// keeps those in a construct whose stack it does not know.
			id = f.Stack + "/" + id
		}
		resource.ResourceLogicalId = &id
	}
	return &awscdk.PolicyViolation{
		RuleName:           jsii.String(f.Rule + "." + noPart.ReplaceAllString(f.Stack, "-") + "." + f.Resource),
		Description:        &f.What,
		Fix:                &f.Cure,
		Severity:           jsii.String("fatal"),
		ViolatingResources: &[]*awscdk.PolicyViolatingResource{resource},
	}
}
