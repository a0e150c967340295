package guard

import (
	"strings"
	"testing"
)

func TestValidatorThatFailsIsAFinding(t *testing.T) {
	report := (&validator{}).Validate(nil) // panics, as CDK's does by jsii
	if *report.Success {
		t.Error("a validator that failed reports success")
	}
	if len(*report.Violations) != 1 {
		t.Fatalf("%d findings, want 1", len(*report.Violations))
	}
	finding := (*report.Violations)[0]
	if *finding.Severity != "fatal" {
		t.Errorf("severity %s, want fatal, which cannot be acknowledged", *finding.Severity)
	}
	if !strings.HasPrefix(*finding.Description, "the templates were not validated: ") {
		t.Errorf("description %q", *finding.Description)
	}
	if len(*finding.ViolatingResources) == 0 {
		t.Error("no resource: the CLI would print nothing")
	}
}
