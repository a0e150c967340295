package cdk

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"

	"example.com/shared-queue/policy"
)

// Statements builds each statement once, for all policies of an app that have it:
// in an app with many roles, requests to Node.js take most of the time. The zero
// value is ready to use. It must not outlive the Node.js process.
type Statements struct {
	built map[string]awsiam.PolicyStatement
}

// Of are the document's statements for CDK. As they are shared, nobody may change them.
func (all *Statements) Of(document policy.Document) []awsiam.PolicyStatement {
	if all.built == nil {
		all.built = map[string]awsiam.PolicyStatement{}
	}
	var statements []awsiam.PolicyStatement
	for _, s := range document {
		key := fmt.Sprintf("%#v", s)
		if all.built[key] == nil {
			all.built[key] = Statement(s)
		}
		statements = append(statements, all.built[key])
	}
	return statements
}
