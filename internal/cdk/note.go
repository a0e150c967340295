package cdk

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"

	"example.com/shared-queue/spec"
)

// Say adds notes to a construct, which the CDK CLI prints as warnings when it
// synthesizes. They fail nothing, unless the CLI is told to be strict.
func Say(on constructs.IConstruct, notes []spec.Note) {
	for _, note := range notes {
		awscdk.Annotations_Of(on).AddWarningV2(&note.ID, &note.Text, nil)
	}
}
