package access_test

import (
	"encoding/json"
	"strings"
	"testing"

	"example.com/shared-queue/internal/fixture"
	"example.com/shared-queue/proof/mutant"
)

// What else may stand in the templates of an app: what is sound is as promised, and what
// lets somebody in, or is written only at deployment, is said.
func TestWhatAppsHaveBeside(t *testing.T) {
	for _, c := range []struct {
		name   string
		change mutant.Change // of all resources of the template
		want   string        // in what is said first; empty if all is as promised
	}{
		{"a role for a service that is newer than the evaluator", role(`{"Effect": "Allow", "Action": "newservice:Invoke", "Resource": "*", "Condition": {"StringEquals": {"newservice:Kind": "x"}}}`), ""},
		{"a role for a bucket whose name is a parameter", role(`{"Effect": "Allow", "Action": "s3:GetObject", "Resource": {"Ref": "BucketName"}}`), ""},
		{"a role for a queue whose name is a parameter", role(`{"Effect": "Allow", "Action": "sqs:*", "Resource": {"Ref": "QueueName"}}`), "unknown reference to QueueName"},
		{"a role for all of SQS", role(`{"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}`), "role intern: send to the dead-letter queue"},
		{"a group for all of SQS", resource("Group", `{"Type": "AWS::IAM::Group", "Properties": {"GroupName": "staff", "Policies": [{"PolicyDocument": {"Version": "2012-10-17",
			"Statement": [{"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}]}}]}}`), "user any-member-of-staff: send to the dead-letter queue"},
		{"a group for a bucket", resource("Policy", `{"Type": "AWS::IAM::Policy", "Properties": {"Groups": ["staff"], "PolicyDocument": {"Version": "2012-10-17",
			"Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}}}`), ""},
		{"a delay by a condition that holds", mutant.InResource(queue, mutant.Set(either("Here", 5, nil), "Properties", "DelaySeconds")), ""},
		{"no key by a condition that holds", mutant.InResource(queue, mutant.Set(either("Here", map[string]any{"Ref": "AWS::NoValue"}, "alias/shared-app"), "Properties", "KmsMasterKeyId")), "encrypted with no KMS key"},
		{"the key by a condition that does not hold", mutant.InResource(queue, mutant.Set(either("Elsewhere", map[string]any{"Ref": "AWS::NoValue"}, "alias/shared-app"), "Properties", "KmsMasterKeyId")), ""},
		{"a condition that is not known", mutant.InResource(queue, mutant.Set(either("Nowhere", 5, 6), "Properties", "DelaySeconds")), "unknown condition Nowhere"},
		{"a queue policy under a condition that does not hold", mutant.InResource(queuePolicy, mutant.Set("Elsewhere", "Condition")), "Publisher role shared-app-events of account 555555555555: send: no"},
		{"a queue policy under a condition that holds", mutant.InResource(queuePolicy, mutant.Set("Here", "Condition")), ""},
		{"a key that is turned off", mutant.InResource(key, mutant.Set(false, "Properties", "Enabled")), "is Disabled: nobody can send or read"},
		{"a second queue policy by an older URL", resource("Policy", `{"Type": "AWS::SQS::QueuePolicy", "Properties": {"Queues": ["https://queue.amazonaws.com/111111111111/shared-app-work"],
			"PolicyDocument": {"Statement": []}}}`), "a queue keeps the one that is set last"},
		{"a loop", resource("Fn::ForEach::Policies", `["Name", ["a"], {}]`), "resources that CloudFormation writes at deployment"},
		{"a policy that is included", mutant.InResource(queuePolicy, mutant.Set(map[string]any{"Name": "AWS::Include"}, "Fn::Transform")), "resources that CloudFormation writes at deployment"},
		{"dead letters as JSON text", mutant.InResource(queue, func(_, q map[string]any) {
			properties, _ := q["Properties"].(map[string]any)
			properties["RedrivePolicy"] = map[string]any{"Fn::ToJsonString": properties["RedrivePolicy"]}
		}), ""},
		{"a macro", nil, "the macro Company may change its template at deployment"},
	} {
		t.Run(c.name, func(t *testing.T) {
			stacks := selected(t, fixture.Assembly(), "dev-")
			for i, s := range stacks {
				if s.Name != "dev-shared" {
					continue
				}
				stacks[i].Template = mutant.Clone(s.Template)
				resources, _ := stacks[i].Template["Resources"].(map[string]any)
				stacks[i].Template["Conditions"] = conditions
				if c.change == nil {
					stacks[i].Template["Transform"] = "Company"
				} else {
					c.change(nil, resources)
				}
			}
			got := said(t, stacks)
			if c.want == "" && got != "" || !strings.Contains(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// Resources of the example's shared stack.
const (
	queue       = "SharedQueue2BEF9009"
	queuePolicy = "SharedQueuePolicy09356490"
	key         = "SharedQueueKey41691AD9"
)

var conditions = map[string]any{
	"Here":      map[string]any{"Fn::Equals": []any{map[string]any{"Ref": "AWS::Region"}, "us-east-1"}},
	"Elsewhere": map[string]any{"Fn::And": []any{map[string]any{"Condition": "Here"}, map[string]any{"Fn::Not": []any{map[string]any{"Condition": "Here"}}}}},
}

func either(condition string, yes, no any) map[string]any {
	return map[string]any{"Fn::If": []any{condition, yes, no}}
}

// resource adds a resource.
func resource(id, text string) mutant.Change {
	return func(_, resources map[string]any) {
		var value any
		_ = json.Unmarshal([]byte(text), &value) // it is JSON
		resources[id] = value
	}
}

// role adds a role with the statement in a policy of its own.
func role(statement string) mutant.Change {
	return resource("Intern", `{"Type": "AWS::IAM::Role", "Properties": {"RoleName": "intern",
		"AssumeRolePolicyDocument": {"Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]},
		"Policies": [{"PolicyDocument": {"Version": "2012-10-17", "Statement": [`+statement+`]}}]}}`)
}
