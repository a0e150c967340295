package shared

import (
	"errors"
	"fmt"
	"maps"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"

	"example.com/shared-queue/address"
	"example.com/shared-queue/internal/cdk"
	"example.com/shared-queue/internal/problem"
	"example.com/shared-queue/internal/record"
	"example.com/shared-queue/policy"
)

// Open lets others use the queue on purpose, beside the senders in the OUs: a
// topic, a bucket, a rule, an account. It runs add, in which CDK's constructs or
// AddToResourcePolicy add statements to the policies of Queue, DeadLetterQueue or
// Key. These are declared then, with the reason, in the metadata of the construct.
// Statements that were added otherwise fail the synthesis.
//
// For whoever may send to or receive from a queue by a statement of add, Open
// writes the key's statement too, under the same conditions, for that queue alone.
//
//	err := orders.Open("orders that were uploaded", func() {
//		bucket.AddEventNotification(awss3.EventType_OBJECT_CREATED, awss3notifications.NewSqsDestination(orders.Queue))
//	})
//
// A role that is named here must exist before the deployment: KMS refuses a
// policy with a principal that does not.
//
// The error says that there is no reason, that add failed or opened nothing, or
// that a statement is for a service or for everyone under no condition. What add
// has added then stays, and fails the synthesis.
func (q *Queue) Open(reason string, add func()) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("open queue %s: %w", q.Address.Name, err)
		}
	}()
	if strings.TrimSpace(reason) == "" {
		return errors.New("there is no reason: say why, for whoever reviews it")
	}
	return cdk.Try(func() error {
		documents, err := q.documents()
		if err != nil {
			return err
		}
		stack, before := awscdk.Stack_Of(q), map[string]int{}
		for where, document := range documents {
			before[where] = len(statements(document))
		}
		add()
		opened := 0
		for _, where := range []string{record.WhereQueue, record.WhereDeadLetter, record.WhereKey} {
			for _, s := range statements(documents[where])[before[where]:] {
				if s["Effect"] != "Allow" {
					continue
				}
				opened++
				resolved := unwrap(stack.Resolve(s)).(map[string]any)
				if err := checkOpen(resolved); err != nil {
					return err
				}
				q.declare(reason, where, s)
				if where != record.WhereKey {
					q.openKey(reason, where, s, resolved)
				}
			}
		}
		if opened == 0 {
			return errors.New("nothing was opened: let the function add the statements, by CDK's constructs or AddToResourcePolicy on Queue, DeadLetterQueue or Key")
		}
		return nil
	})
}

// documents are the policies, by where.
func (q *Queue) documents() (map[string]awsiam.PolicyDocument, error) {
	all := map[string]awsiam.PolicyDocument{}
	for where, queue := range map[string]awssqs.Queue{record.WhereQueue: q.Queue, record.WhereDeadLetter: q.DeadLetterQueue} {
		own, ok := queue.Node().TryFindChild(jsii.String("Policy")).(awssqs.QueuePolicy)
		if !ok {
			return nil, fmt.Errorf("the policy of its %s was removed", where)
		}
		all[where] = own.Document()
	}
	key, ok := q.Key.Node().DefaultChild().(awskms.CfnKey).KeyPolicy().(awsiam.PolicyDocument)
	if !ok {
		return nil, errors.New("the policy of its key was replaced")
	}
	all[record.WhereKey] = key
	return all, nil
}

// statements are those of a document, with CDK's tokens.
func statements(document awsiam.PolicyDocument) []map[string]any {
	object, _ := unwrap(document.ToJSON()).(map[string]any)
	list, _ := object["Statement"].([]any)
	all := make([]map[string]any, 0, len(list))
	for _, s := range list {
		statement, _ := s.(map[string]any)
		all = append(all, statement)
	}
	return all
}

// unwrap undoes what jsii wraps around maps that were made in Go and come back.
func unwrap(value any) any {
	switch value := value.(type) {
	case map[string]any:
		if inner, marked := value["$jsii.map"]; marked && len(value) == 1 {
			return unwrap(inner)
		}
		for name := range value {
			value[name] = unwrap(value[name])
		}
	case []any:
		for i := range value {
			value[i] = unwrap(value[i])
		}
	}
	return value
}

// checkOpen reports a statement for everybody's resources, or for everybody.
func checkOpen(s map[string]any) error {
	if conditions, _ := s["Condition"].(map[string]any); len(conditions) > 0 {
		return nil
	}
	if kinds, ok := s["Principal"].(map[string]any); ok && kinds["Service"] == nil && kinds["AWS"] != "*" {
		return nil
	}
	return fmt.Errorf("a statement lets %s act for anybody: bind it by aws:SourceArn or aws:SourceAccount, or name an account or role",
		problem.Show(s["Principal"]))
}

func (q *Queue) declare(reason, where string, statement map[string]any) {
	q.Node().AddMetadata(jsii.String(record.DeclaredType),
		map[string]any{"reason": reason, "where": where, "statement": statement}, nil)
}

// openKey lets who may send to or receive from the queue use the key for it.
func (q *Queue) openKey(reason, where string, s, resolved map[string]any) {
	actions := keyActions(resolved["Action"])
	if actions == nil {
		return
	}
	through := policy.Strings{q.Address.ARN()}
	if where == record.WhereDeadLetter {
		through = append(through, q.Address.DeadLetter().ARN()) // encrypted as they were sent
	}
	statement := map[string]any{
		"Effect": "Allow", "Principal": s["Principal"], "Action": actions, "Resource": "*",
		"Condition": q.throughQueue(s, resolved, through.Plain()),
	}
	q.Key.AddToResourcePolicy(awsiam.PolicyStatement_FromJson(statement), nil)
	q.declare(reason, record.WhereKey, statement)
}

// keyActions are what SQS does with the key for a principal that takes the actions.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
func keyActions(actions any) []string {
	list, ok := actions.([]any)
	if !ok {
		list = []any{actions}
	}
	var use []string
	for _, action := range list {
		switch strings.ToLower(fmt.Sprint(action)) {
		case "sqs:sendmessage", "sqs:*", "*":
			return []string{"kms:Decrypt", "kms:GenerateDataKey"}
		case "sqs:receivemessage":
			use = []string{"kms:Decrypt"}
		}
	}
	return use
}

// throughQueue are the statement's own conditions that KMS knows, and the condition
// that the key is used for the queue. Whether a service's request to KMS has
// kms:ViaService is not known, so a service gets no such condition.
func (q *Queue) throughQueue(s, resolved map[string]any, queues any) map[string]any {
	all := map[string]any{}
	conditions, _ := s["Condition"].(map[string]any)
	for operator, keys := range conditions {
		kept := map[string]any{}
		for key, value := range keys.(map[string]any) {
			if strings.HasPrefix(strings.ToLower(key), "aws:") {
				kept[key] = value
			}
		}
		all[operator] = kept
	}
	equals, _ := all["StringEquals"].(map[string]any)
	equals = maps.Clone(equals)
	if equals == nil {
		equals = map[string]any{}
	}
	equals[policy.KeyQueueARN] = queues
	kinds, _ := resolved["Principal"].(map[string]any)
	if kinds["Service"] == nil {
		equals[policy.KeyVia] = q.Address.ViaService()
	}
	if kinds["Service"] == "events.amazonaws.com" {
		breakCircle(all, equals, q.Address)
	}
	all["StringEquals"] = equals
	return all
}

// breakCircle replaces the ARN of a rule of the app by its account, as CDK's target
// does where it sees the queue's key. With the ARN in the key's policy, CloudFormation
// would find a circle: from the key to the rule to the queue to the key.
func breakCircle(all, equals map[string]any, at address.Queue) {
	for operator, keys := range all {
		byKey := keys.(map[string]any)
		for key, value := range byKey {
			if strings.EqualFold(key, "aws:SourceArn") && cdk.IsToken(fmt.Sprint(value)) {
				delete(byKey, key)
				equals["aws:SourceAccount"] = at.Account
			}
		}
		if len(byKey) == 0 {
			delete(all, operator)
		}
	}
}
