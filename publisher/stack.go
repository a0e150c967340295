package publisher

import (
	"fmt"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"example.com/shared-queue/address"
	"example.com/shared-queue/internal/cdk"
	"example.com/shared-queue/policy"
	"example.com/shared-queue/spec"
)

// StackProps are the properties of a publisher account's stack.
type StackProps struct {
	awscdk.StackProps // Env, with account and Region, is required
	Role              RoleProps
}

// NewStack adds a publisher account's stack to the scope: a role, and as outputs
// its ARN and, for each queue, shell commands that send a test message as that
// role. Unless props say otherwise, the stack gets a description. It does not refer
// to the shared account's stack: deploy the two in any order. The error has a line for
// each wrong property; nothing is left in the scope then.
func NewStack(scope constructs.Construct, id string, props *StackProps) (awscdk.Stack, error) {
	if props == nil {
		props = &StackProps{}
	}
	stackProps := props.StackProps
	if stackProps.Description == nil {
		stackProps.Description = jsii.String(describe("Role "+props.Role.RoleName, props.Role))
	}
	return cdk.NewStack(scope, id, stackProps, func(stack awscdk.Stack, account string, _ address.Region) error {
		role, err := newRole(stack, "Publisher", &props.Role, account, partsOf(scope))
		if err != nil {
			return err
		}
		arn := spec.Role(props.Role).At(account).ARN()
		cdk.Output(stack, "RoleARN", role.Role.RoleArn(), "The role that sends")
		const paste = "Paste into a shell whose credentials may assume the role"
		cdk.Output(stack, "SendTestMessage", jsii.String(testCommands(arn, props.Role.Queue)), paste)
		for _, to := range props.Role.AlsoSendsTo {
			cdk.Output(stack, policy.Sid("SendTestMessageTo", to.Queue), jsii.String(testCommands(arn, to.Queue)), paste)
		}
		return nil
	})
}

// describe is the description of a stack with the role.
func describe(what string, role RoleProps) string {
	return what + ", which " + strings.Replace(spec.Role(role).Description(), "Sends", "sends", 1)
}

// testCommands are commands for a POSIX shell. If the role cannot be assumed,
// read gets nothing and nothing is sent.
func testCommands(roleARN string, queue address.Queue) string {
	fifo := ""
	if queue.FIFO() {
		fifo = ` --message-group-id test --message-deduplication-id "test-$(date +%s)"`
	}
	return fmt.Sprintf(`aws sts assume-role --role-arn %s --role-session-name test-message \
  --query 'Credentials.[AccessKeyId,SecretAccessKey,SessionToken]' --output text | (
  read -r id secret token &&
  AWS_ACCESS_KEY_ID=$id AWS_SECRET_ACCESS_KEY=$secret AWS_SESSION_TOKEN=$token \
    aws sqs send-message --region %s --queue-url %s \
      --message-body 'Hello from publisher account!'%s
)`, roleARN, queue.Region, queue.URL(), fifo)
}
