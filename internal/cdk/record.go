package cdk

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"example.com/shared-queue/internal/record"
)

// Record writes a record of package record into the metadata of the construct, which
// is in the assembly and in no template.
func Record(of constructs.IConstruct, recordType string, data any) {
	of.Node().AddMetadata(jsii.String(recordType), record.Data(data), nil)
}

// GranteeARN is the ARN of the role or user that gets a grant, nil if it is neither.
func GranteeARN(to awsiam.IGrantable) *string {
	switch p := to.GrantPrincipal().(type) {
	case awsiam.IRole:
		return p.RoleArn()
	case awsiam.IUser:
		return p.UserArn()
	}
	return nil
}
