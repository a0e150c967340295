package cdktest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
)

// A Finding is one of CDK's validation report.
type Finding struct {
	Rule        string
	Description string
	Fix         string
	Severity    string
	Construct   string // its path, which begins with the stack
	Reason      string // that it is acknowledged for
}

// Stack is the first element of the construct's path.
func (f Finding) Stack() string {
	stack, _, _ := strings.Cut(f.Construct, "/")
	return stack
}

// ReadReport reads the validation report in an assembly's folder.
func ReadReport(folder string) (findings, acknowledged []Finding, err error) {
	type violation struct {
		RuleName            string
		Description         string
		SuggestedFix        string
		Severity            string
		Reason              string
		ViolatingConstructs []struct{ ConstructPath string }
	}
	var report struct {
		PluginReports []struct {
			Violations           []violation
			SuppressedViolations []violation
		}
	}
	text, err := os.ReadFile(filepath.Join(folder, "validation-report.json"))
	if err != nil {
		return nil, nil, err
	}
	if err := json.Unmarshal(text, &report); err != nil {
		return nil, nil, err
	}
	flat := func(from []violation) (list []Finding) {
		for _, v := range from {
			for _, c := range v.ViolatingConstructs {
				list = append(list, Finding{v.RuleName, v.Description, v.SuggestedFix, v.Severity, c.ConstructPath, v.Reason})
			}
		}
		return list
	}
	for _, plugin := range report.PluginReports {
		findings = append(findings, flat(plugin.Violations)...)
		acknowledged = append(acknowledged, flat(plugin.SuppressedViolations)...)
	}
	return findings, acknowledged, nil
}
