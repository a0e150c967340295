package guard_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3assets"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// Stacks in stacks: what the parent passes is known, and all else is a parameter.
func init() {
	nested := func(build func(parent awscdk.Stack, inner awscdk.NestedStack)) func(app constructs.Construct, id string) error {
		return func(app constructs.Construct, id string) error {
			parent := environment(app, id)
			build(parent, awscdk.NewNestedStack(parent, jsii.String("Inner"), nil))
			return nil
		}
	}
	open := func(_ awscdk.Stack, inner awscdk.NestedStack) {
		queueFor(inner, "Queue", awsiam.NewAnyPrincipal())
	}
	stacks["NestedOpen"] = nested(open)
	stacks["NestedSound"] = nested(func(_ awscdk.Stack, inner awscdk.NestedStack) {
		queueFor(inner, "Queue", awsiam.NewAccountPrincipal(jsii.String("222222222222")))
	})
	stacks["NestedForRoleOfParent"] = nested(func(parent awscdk.Stack, inner awscdk.NestedStack) {
		queueFor(inner, "Queue", awsiam.NewArnPrincipal(roleOf(parent, "Role").RoleArn()))
	})
	stacks["NestedPolicyOfQueueOfParent"] = nested(func(parent awscdk.Stack, inner awscdk.NestedStack) {
		queue := awssqs.NewQueue(parent, jsii.String("Queue"), nil)
		for _, effect := range []awsiam.Effect{awsiam.Effect_ALLOW, awsiam.Effect_DENY} {
			statement := awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
				Effect: effect, Principals: &[]awsiam.IPrincipal{awsiam.NewAccountPrincipal(jsii.String("222222222222"))},
				Actions: jsii.Strings("sqs:SendMessage"), Resources: &[]*string{queue.QueueArn()},
			})
			if effect == awsiam.Effect_DENY {
				statement = awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
					Effect: effect, Principals: &[]awsiam.IPrincipal{awsiam.NewAnyPrincipal()},
					Actions: jsii.Strings("sqs:*"), Resources: &[]*string{queue.QueueArn()},
					Conditions: &map[string]any{"Bool": map[string]any{"aws:SecureTransport": "false"}},
				})
			}
			awssqs.NewQueuePolicy(inner, jsii.String("Policy"+string(effect)), &awssqs.QueuePolicyProps{Queues: &[]awssqs.IQueue{queue}}).Document().AddStatements(statement)
		}
	})
	stacks["NestedForParameterOfParent"] = nested(func(parent awscdk.Stack, inner awscdk.NestedStack) {
		role := awscdk.NewCfnParameter(parent, jsii.String("Role"), nil)
		queueFor(inner, "Queue", awsiam.NewArnPrincipal(role.ValueAsString()))
	})
	stacks["NestedForEveryoneOfParent"] = func(app constructs.Construct, id string) error {
		parent := environment(app, id)
		inner := awscdk.NewNestedStack(parent, jsii.String("Inner"), &awscdk.NestedStackProps{Parameters: &map[string]*string{"Who": jsii.String("*")}})
		queueFor(inner, "Queue", awsiam.NewArnPrincipal(awscdk.NewCfnParameter(inner, jsii.String("Who"), nil).ValueAsString()))
		return nil
	}
	stacks["NestedThatReturnsEveryone"] = nested(func(parent awscdk.Stack, inner awscdk.NestedStack) {
		output := awscdk.NewCfnOutput(inner, jsii.String("Who"), &awscdk.CfnOutputProps{Value: jsii.String("*")})
		queueFor(parent, "Queue", awsiam.NewArnPrincipal(inner.NestedStackResource().GetAtt(jsii.String("Outputs."+*output.LogicalId()), awscdk.ResolutionTypeHint_STRING).ToString()))
	})
	stacks["NestedTwice"] = nested(func(parent awscdk.Stack, inner awscdk.NestedStack) {
		open(parent, awscdk.NewNestedStack(inner, jsii.String("Innermost"), nil))
	})
	stacks["NestedTwins"] = nested(func(parent awscdk.Stack, inner awscdk.NestedStack) {
		open(parent, inner)
		open(parent, awscdk.NewNestedStack(parent, jsii.String("Twin"), nil))
	})
	stacks["NestedOfOldApps"] = func(app constructs.Construct, id string) error {
		parent := awscdk.NewStack(app, &id, &awscdk.StackProps{Synthesizer: awscdk.NewLegacyStackSynthesizer()})
		open(parent, awscdk.NewNestedStack(parent, jsii.String("Inner"), nil))
		return nil
	}
	stacks["NestedApplication"] = func(app constructs.Construct, id string) error {
		awscdk.NewCfnResource(environment(app, id), jsii.String("Inner"), &awscdk.CfnResourceProps{
			Type: jsii.String("AWS::Serverless::Application"), Properties: &map[string]any{"Location": "https://s3.amazonaws.com/bucket/t.json"},
		})
		return nil
	}
	stacks["NestedInStage"] = func(app constructs.Construct, id string) error {
		open(nil, awscdk.NewNestedStack(awscdk.NewStack(awscdk.NewStage(app, &id, nil), jsii.String("Stack"), nil), jsii.String("Inner"), nil))
		return nil
	}
}

// Stacks in stacks that no NestedStack makes.
func init() {
	stacks["NestedAtURL"] = func(app constructs.Construct, id string) error {
		awscdk.NewCfnStack(environment(app, id), jsii.String("Inner"), &awscdk.CfnStackProps{TemplateUrl: jsii.String("https://s3.amazonaws.com/bucket/t.json")})
		return nil
	}
	stacks["StackSetAtURL"] = func(app constructs.Construct, id string) error {
		awscdk.NewCfnStackSet(environment(app, id), jsii.String("Set"), &awscdk.CfnStackSetProps{
			StackSetName: &id, PermissionModel: jsii.String("SERVICE_MANAGED"), TemplateUrl: jsii.String("https://s3.amazonaws.com/bucket/t.json"),
		})
		return nil
	}
	for id, template := range map[string]string{
		"NestedAssetOpen":   `{"Resources": {"Policy": {"Type": "AWS::SQS::QueueInlinePolicy", "Properties": {"Queue": "https://sqs.us-east-1.amazonaws.com/111111111111/q", "PolicyDocument": ` + statements(`{"Effect": "Allow", "Principal": {"AWS": {"Ref": "Who"}}, "Action": "sqs:SendMessage", "Resource": `+arn+`}`, denyHTTP2) + `}}}, "Parameters": {"Who": {"Type": "CommaDelimitedList"}}}`,
		"NestedAssetSound":  `{"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}`,
		"NestedAssetInYAML": "Resources:\n  Topic:\n    Type: AWS::SNS::Topic\n",
	} {
		stacks[id] = func(app constructs.Construct, id string) error {
			folder, err := os.MkdirTemp("", "nested")
			if err != nil {
				return err
			}
			defer os.RemoveAll(folder)
			file := filepath.Join(folder, "template.json")
			if err := os.WriteFile(file, []byte(template), 0o600); err != nil {
				return err
			}
			parent := environment(app, id)
			asset := awss3assets.NewAsset(parent, jsii.String("Template"), &awss3assets.AssetProps{Path: &file})
			awscdk.NewCfnStack(parent, jsii.String("Inner"), &awscdk.CfnStackProps{
				TemplateUrl: asset.HttpUrl(), Parameters: map[string]*string{"Who": jsii.String("222222222222,*")},
			})
			return nil
		}
	}
}

const denyHTTP2 = `{"Effect": "Deny", "Principal": "*", "Action": "sqs:*", "Resource": ` + arn + `, "Condition": {"Bool": {"aws:SecureTransport": "false"}}}`

func queueFor(scope constructs.Construct, id string, who awsiam.IPrincipal) {
	queue := awssqs.NewQueue(scope, &id, &awssqs.QueueProps{EnforceSSL: jsii.Bool(true)})
	queue.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Principals: &[]awsiam.IPrincipal{who}, Actions: jsii.Strings("sqs:SendMessage"), Resources: &[]*string{queue.QueueArn()},
	}))
}

func TestNestedStacks(t *testing.T) {
	for stack, want := range map[string]string{
		"NestedOpen":                  "allows everyone",
		"NestedSound":                 "",
		"NestedForRoleOfParent":       "",
		"NestedPolicyOfQueueOfParent": "denies it over plain HTTP", // in another policy
		"NestedForParameterOfParent":  "a principal that is not known before deployment",
		"NestedForEveryoneOfParent":   "allows everyone",
		"NestedThatReturnsEveryone":   "allows everyone",
		"NestedTwice":                 "allows everyone",
		"NestedAtURL":                 "the template of a nested stack is at a URL",
		"NestedOfOldApps":             "allows everyone",
		"NestedApplication":           "the template of a serverless application is at a URL",
		"StackSetAtURL":               "the template of a stack set is at a URL",
		"NestedAssetOpen":             "allows everyone",
		"NestedAssetSound":            "",
		"NestedAssetInYAML":           "the template of a nested stack cannot be read",
		"NestedInStage":               "allows everyone",
	} {
		t.Run(stack, func(t *testing.T) {
			in := stack
			if strings.HasPrefix(stack, "NestedAsset") && want != "" && stack != "NestedAssetInYAML" || stack == "NestedInStage" {
				in = "" // no construct of CDK has the resource
			}
			var said []string
			for id, f := range read(t).findings[in] {
				if strings.HasPrefix(id, "Guard-") && strings.Contains(id, "."+stack) {
					said = append(said, id+" "+f.Description)
				}
			}
			if want == "" && len(said) == 0 || want != "" && len(said) == 1 && strings.Contains(said[0], want) {
				return
			}
			t.Errorf("got %q, want %q", said, want)
		})
	}
}

// Two that say the same are two: each finding is of its own construct.
func TestNestedTwins(t *testing.T) {
	var got []string
	for id, f := range read(t).findings["NestedTwins"] {
		if strings.HasPrefix(id, "Guard-") {
			got = append(got, f.Construct)
		}
	}
	slices.Sort(got)
	if want := []string{"NestedTwins/Inner/Queue/Policy/Resource", "NestedTwins/Twin/Queue/Policy/Resource"}; !slices.Equal(got, want) {
		t.Errorf("findings in %q, want %q", got, want)
	}
}
