package shared

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"

	"example.com/shared-queue/internal/cdk"
	"example.com/shared-queue/internal/record"
	"example.com/shared-queue/spec"
)

// GrantConsume lets the grantee receive and delete messages, change their
// visibility, read the queue's attributes and URL, and decrypt with the key
// through the queue. It denies the grantee sending: otherwise, if the shared
// account is in a sending OU, the policies of the queue and the key would allow
// it. So a consumer cannot be an operator too, and synthesis fails if it is a
// sender by publisher.GrantSend.
//
// The grantee must be a role or user of the shared account. The error says that
// it is not, that it takes no policies, or that it is an operator. For a role
// that was imported as immutable, CDK drops the grant without an error.
func (q *Queue) GrantConsume(to awsiam.IGrantable) (awsiam.Grant, error) {
	return q.grant(to, spec.Consume)
}

// GrantConsumeDeadLetters lets the grantee do with the dead-letter queue what
// GrantConsume lets it do with the queue, and decrypt with the key through both:
// a dead letter is said to stay encrypted as it was sent. It denies nothing, so a
// consumer or an operator may have it too.
//
// The grantee must be a role or user of the shared account. The error says that
// it is not, or that it takes no policies. For a role that was imported as
// immutable, CDK drops the grant without an error.
func (q *Queue) GrantConsumeDeadLetters(to awsiam.IGrantable) (awsiam.Grant, error) {
	return q.grant(to, spec.ConsumeDeadLetters)
}

// GrantRedrive makes the grantee an operator, which moves messages from the
// dead-letter queue back to the queue. It may start, list and cancel message
// move tasks, and do what AWS requires for them: receive from and delete in the
// dead-letter queue, send to the queue, and use the key through both.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html
//
// The grantee must be a role or user of the shared account. The error says that
// it is not, that it takes no policies, or that it is a consumer, which may not
// send.
func (q *Queue) GrantRedrive(to awsiam.IGrantable) (awsiam.Grant, error) {
	return q.grant(to, spec.Redrive)
}

// A granted is a grant on this queue that was made.
type granted struct {
	to   cdk.Grantee
	kind spec.GrantKind
}

func (q *Queue) grant(to awsiam.IGrantable, kind spec.GrantKind) (grant awsiam.Grant, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("grant on queue %s: %w", q.Address.Name, err)
		}
	}()
	if err := cdk.CheckAccount(to, q.Address.Account); err != nil {
		return nil, err
	}
	who := cdk.NewGrantee(to)
	if err := who.CheckReserved(); err != nil {
		return nil, err
	}
	for _, other := range q.grants {
		if err := other.check(who, kind); err != nil {
			return nil, err
		}
	}
	if grant, err = cdk.Grant(to, kind.Document(q.Address, *q.keyARN)); err != nil {
		return nil, err
	}
	q.grants = append(q.grants, granted{who, kind})
	cdk.Record(q, record.GrantType, record.Grant{Kind: kind.String(), Queue: record.Of(q.Address), Grantee: cdk.GranteeARN(to)})
	return grant, nil
}

// check reports a grant of a kind that excludes this one, if both grantees are the same
// role or user, or may be as far as is known before deployment.
func (g granted) check(who cdk.Grantee, kind spec.GrantKind) error {
	switch {
	case !kind.Excludes(g.kind):
		return nil
	case who.Key == "" || g.to.Key == "":
		return fmt.Errorf("%s may be the same as %s, its %s, who cannot be its %s too, and CDK cannot tell: import them by names that are known before deployment",
			who.Label, g.to.Label, g.kind, kind)
	case who.Key == g.to.Key:
		return fmt.Errorf("%s is its %s and cannot be its %s too: grant to another role", who.Label, g.kind, kind)
	}
	return nil
}
