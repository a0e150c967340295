package template

import (
	"fmt"
	"strings"

	"example.com/shared-queue/address"
)

// Properties with the name that a user gives to a resource.
var physicalName = map[string]string{
	"AWS::SQS::Queue":                      "QueueName",
	"AWS::SNS::Topic":                      "TopicName",
	"AWS::S3::Bucket":                      "BucketName",
	"AWS::IAM::Role":                       "RoleName",
	"AWS::IAM::User":                       "UserName",
	"AWS::IAM::Group":                      "GroupName",
	"AWS::IAM::ManagedPolicy":              "ManagedPolicyName",
	"AWS::Lambda::Function":                "FunctionName",
	"AWS::Events::Rule":                    "Name",
	"AWS::Events::EventBus":                "Name",
	"AWS::Scheduler::Schedule":             "Name",
	"AWS::Pipes::Pipe":                     "Name",
	"AWS::StepFunctions::StateMachine":     "StateMachineName",
	"AWS::CloudWatch::Alarm":               "AlarmName",
	"AWS::Logs::LogGroup":                  "LogGroupName",
	"AWS::DynamoDB::Table":                 "TableName",
	"AWS::AppConfig::Extension":            "Name",
	"AWS::ECS::Service":                    "ServiceName",
	"AWS::CloudTrail::Trail":               "TrailName",
	"AWS::IoT::TopicRule":                  "RuleName",
	"AWS::ApiGateway::RestApi":             "Name",
	"AWS::KinesisFirehose::DeliveryStream": "DeliveryStreamName",
}

// Parts of ARNs that differ from arn:aws:service:region:account:name.
var arnForm = map[string]struct{ service, before string }{
	"AWS::Lambda::Function":            {"lambda", "function:"},
	"AWS::Events::Rule":                {"events", "rule/"},
	"AWS::Events::EventBus":            {"events", "event-bus/"},
	"AWS::Scheduler::Schedule":         {"scheduler", "schedule/default/"},
	"AWS::Pipes::Pipe":                 {"pipes", "pipe/"},
	"AWS::StepFunctions::StateMachine": {"states", "stateMachine:"},
	"AWS::CloudWatch::Alarm":           {"cloudwatch", "alarm:"},
	"AWS::Logs::LogGroup":              {"logs", "log-group:"},
	"AWS::DynamoDB::Table":             {"dynamodb", "table/"},
	"AWS::CloudTrail::Trail":           {"cloudtrail", "trail/"},
	"AWS::IoT::TopicRule":              {"iot", "rule/"},
}

func (s *stack) kind(id string) string {
	kind, _ := object(s.resources[id])["Type"].(string)
	return kind
}

func (s *stack) properties(id string) map[string]any {
	return object(object(s.resources[id])["Properties"])
}

// nameOf is the name that the resource has, or one that CloudFormation could make up.
func (s *stack) nameOf(id string) (string, error) {
	if property, ok := physicalName[s.kind(id)]; ok {
		if name, ok := s.properties(id)[property]; ok {
			return s.text(name)
		}
	}
	name := s.Name + "-" + id
	if fifo, _ := s.properties(id)["FifoQueue"].(bool); fifo {
		name += ".fifo"
	}
	if s.kind(id) == "AWS::S3::Bucket" {
		name = strings.ToLower(name)
	}
	return name, nil
}

// refOf is what Ref of a resource comes to. What is not known here is the name.
func (s *stack) refOf(id string) (any, error) {
	name, err := s.nameOf(id)
	if err != nil {
		return nil, err
	}
	switch s.kind(id) {
	case "AWS::KMS::Key":
		return s.keyID(id), nil
	case "AWS::SQS::Queue":
		return s.queue(name).URL(), nil
	case "AWS::SNS::Topic", "AWS::IAM::ManagedPolicy", "AWS::StepFunctions::StateMachine":
		return s.arnOf(id, name)
	case "AWS::KMS::Alias":
		return s.resolve(s.properties(id)["AliasName"])
	}
	return name, nil
}

// attributeOf is what Fn::GetAtt comes to. An attribute that is not known here is
// text that no policy has by accident.
func (s *stack) attributeOf(id, attribute string) (any, error) {
	name, err := s.nameOf(id)
	if err != nil {
		return nil, err
	}
	switch {
	case s.kind(id) == "AWS::KMS::Key" && attribute == "KeyId":
		return s.keyID(id), nil
	case attribute == "QueueName", attribute == "TopicName":
		return name, nil
	case attribute == "QueueUrl":
		return s.queue(name).URL(), nil
	case attribute == "Arn", attribute == "TopicArn", strings.HasSuffix(attribute, "Arn"):
		return s.arnOf(id, name)
	}
	return fmt.Sprintf("%s-%s.%s", s.Name, id, attribute), nil
}

// arnOf is the resource's ARN.
func (s *stack) arnOf(id, name string) (any, error) {
	kind := s.kind(id)
	iam := func(resource string) (any, error) {
		path := "/"
		if p, ok := s.properties(id)["Path"]; ok {
			var err error
			if path, err = s.text(p); err != nil {
				return nil, err
			}
		}
		return s.region.IAMARN(s.Account, resource+path+name), nil
	}
	switch kind {
	case "AWS::KMS::Key", "AWS::KMS::ReplicaKey":
		return s.region.ARN("kms", s.Account, "key/"+s.keyID(id)), nil
	case "AWS::S3::Bucket":
		return "arn:" + s.region.Partition() + ":s3:::" + name, nil
	case "AWS::IAM::Role":
		return iam("role")
	case "AWS::IAM::User":
		return iam("user")
	case "AWS::IAM::ManagedPolicy":
		return iam("policy")
	}
	if form, ok := arnForm[kind]; ok {
		return s.region.ARN(form.service, s.Account, form.before+name), nil
	}
	parts := strings.Split(kind, "::")
	service := strings.ToLower(parts[min(1, len(parts)-1)])
	return s.region.ARN(service, s.Account, name), nil
}

// keyID stands for the id that KMS gives to the key on deployment.
func (s *stack) keyID(id string) string { return madeUpID(s.Path + "/" + id) }

func (s *stack) queue(name string) address.Queue {
	return address.Queue{Region: s.region, Account: s.Account, Name: name}
}
