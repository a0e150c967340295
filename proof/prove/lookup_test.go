package prove

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/accessanalyzer"
	"github.com/aws/aws-sdk-go-v2/service/accessanalyzer/types"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	organizationstypes "github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"example.com/shared-queue/proof/simulation"
)

const devOU = "o-abc1234567/r-wxyz/ou-wxyz-jklm1dev/ou-wxyz-km23jdev"

// unitAt is AWS's answer about an OU.
func unitAt(path string) func(simulation.Request) http.Handler {
	return output(&organizations.DescribeOrganizationalUnitOutput{OrganizationalUnit: &organizationstypes.OrganizationalUnit{
		Id: aws.String("ou-wxyz-km23jdev"), Name: aws.String("Dev"), Path: aws.String(path)}})
}

// accountsAt is AWS's answer about accounts: all are in one OU, but the shared one.
func accountsAt(path string) func(simulation.Request) http.Handler {
	return func(r simulation.Request) http.Handler {
		at := path
		if r.Resource == "111111111111" {
			at = "o-abc1234567/r-wxyz"
		}
		return r.Return(&organizations.DescribeAccountOutput{Account: &organizationstypes.Account{
			Id: &r.Resource, Paths: []string{at + "/" + r.Resource + "/"}}})
	}
}

// asIs is an organization as the settings have it, except for some answers.
func asIs(others script) script {
	s := script{"DescribeOrganizationalUnit": unitAt(devOU + "/"), "DescribeAccount": accountsAt(devOU)}
	for name, f := range others {
		s[name] = f
	}
	return s
}

func TestOrganization(t *testing.T) {
	s := newStage(t)
	const unit, account = "DescribeOrganizationalUnit", "DescribeAccount"
	for _, test := range []struct {
		name    string
		script  script
		step    string
		got     string
		verdict string
		detail  string
	}{
		{"the OU is there", nil, "senders ou-wxyz-km23jdev", "found", "holds", "Dev, " + devOU},
		{"the shared account is in no OU that sends", nil, "shared account", "found", "holds", "111111111111 is at o-abc1234567/r-wxyz; in no OU that sends"},
		{"the publisher's account is in an OU that sends", nil, "publisher's account", "found", "holds", "in an OU that sends"},
		{"the publisher's account is below one", script{account: accountsAt(devOU + "/ou-wxyz-child001")}, "publisher's account", "found", "holds", "in an OU that sends"},
		{"there is no such OU", script{unit: refuse("OrganizationalUnitNotFoundException", "x")}, "senders ou-wxyz-km23jdev", "missing", "fails", "it matches nobody: look it up (go run ./cmd/orgpaths)"},
		{"the OU is at another path", script{unit: unitAt("o-abc1234567/r-wxyz/ou-wxyz-teams123/ou-wxyz-km23jdev/")}, "senders ou-wxyz-km23jdev", "missing", "fails", "Dev is at o-abc1234567/r-wxyz/ou-wxyz-teams123/ou-wxyz-km23jdev"},
		{"the publisher's account is in an OU whose id begins the same", script{account: accountsAt(devOU + "x")}, "publisher's account", "outside", "fails", "so the key refuses it"},
		{"there is no such account", script{account: refuse("AccountNotFoundException", "x")}, "shared account", "missing", "fails", "111111111111"},
		{"not of the management account", script{unit: refuse("AccessDeniedException", "You don't have permissions to access this resource.")}, "senders ou-wxyz-km23jdev", "refused", "unknown", "ask as the management account or a delegated administrator"},
		{"of another organization", script{"DescribeOrganization": output(&organizations.DescribeOrganizationOutput{Organization: &organizationstypes.Organization{Id: aws.String("o-yyyyyyyyyy")}})},
			"organization", "wrong account", "unknown", "name a profile of that one's management account"},
		{"an emulator without paths", script{unit: unitAt("")}, "senders ou-wxyz-km23jdev", "not AWS", "unknown", "gave no path"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s.answer(asIs(test.script))
			all := s.lines(t, append(web, "-organization-profile", "dev-management")...)
			if l := all[test.step]; l.Got != test.got || l.Verdict != test.verdict || !strings.Contains(l.Detail, test.detail) {
				t.Errorf("%+v", l)
			}
		})
	}
}

// Who manages the organization knows where the outsider is.
func TestOutsiderInOU(t *testing.T) {
	s := newStage(t)
	s.answer(asIs(nil))
	l := s.lines(t, append(web, "-organization-profile", "dev-management", "-outsider-profile", "dev-sibling-ou")...)["outsider dev-sibling-ou"]
	if l.Got != "wrong account" || !strings.Contains(l.Detail, "name a profile outside") {
		t.Errorf("%+v", l)
	}
}

func TestPolicies(t *testing.T) {
	s := newStage(t)
	validation := func(kinds ...types.ValidatePolicyFindingType) func(simulation.Request) http.Handler {
		list := []types.ValidatePolicyFinding{}
		for _, kind := range kinds {
			list = append(list, types.ValidatePolicyFinding{FindingType: kind, IssueCode: aws.String("SOME_ISSUE"), FindingDetails: aws.String("Look here."), LearnMoreLink: aws.String("x"), Locations: []types.Location{}})
		}
		return output(&accessanalyzer.ValidatePolicyOutput{Findings: list})
	}
	public := func(result types.CheckNoPublicAccessResult) func(simulation.Request) http.Handler {
		return output(&accessanalyzer.CheckNoPublicAccessOutput{Result: result, Reasons: []types.ReasonSummary{{Description: aws.String("Anybody may."), StatementId: aws.String("SendersSendMessages")}}})
	}
	for _, test := range []struct {
		name    string
		script  script
		step    string
		got     string
		verdict string
		detail  string
	}{
		{"nothing found", nil, "policy of the key", "valid", "holds", ""},
		{"of a consumer", nil, "policy of the consumer's role", "valid", "holds", ""},
		{"of an operator", nil, "policy of the operator's role", "valid", "holds", ""},
		{"a suggestion is shown", script{"validation": validation(types.ValidatePolicyFindingTypeSuggestion)}, "policy of the publisher's trust", "valid", "holds", "SUGGESTION SOME_ISSUE: Look here."},
		{"a security warning fails", script{"validation": validation(types.ValidatePolicyFindingTypeSecurityWarning)}, "policy of the queue", "findings", "fails", "SECURITY_WARNING SOME_ISSUE: Look here."},
		{"an error fails", script{"validation": validation(types.ValidatePolicyFindingTypeError)}, "policy of the publisher's role", "findings", "fails", "ERROR"},
		{"an empty answer is none", script{"validation": output(&accessanalyzer.ValidatePolicyOutput{})}, "policy of the key", "not AWS", "unknown", "the answer was empty"},
		{"public access", script{"check-no-public-access": public(types.CheckNoPublicAccessResultFail)}, "public access to the queue", "public", "fails", "Anybody may. (statement SendersSendMessages)"},
		{"no public access", nil, "public access to the key", "not public", "holds", ""},
		{"neither", script{"check-no-public-access": public("")}, "public access to the key", "not AWS", "unknown", "the answer was empty"},
		{"not allowed to ask", script{"validation": refuse("AccessDeniedException", byIdentity("access-analyzer:ValidatePolicy"))}, "policy of the key", "refused", "unknown", "let the caller do access-analyzer:ValidatePolicy"},
	} {
		t.Run(test.name, func(t *testing.T) {
			all := script{"validation": validation(), "check-no-public-access": public(types.CheckNoPublicAccessResultPass)}
			for name, f := range test.script {
				all[name] = f
			}
			s.answer(all)
			lines := s.lines(t, append(web, "-policies")...)
			if l := lines[test.step]; l.Got != test.got || l.Verdict != test.verdict || !strings.Contains(l.Detail, test.detail) {
				t.Errorf("%+v", l)
			}
			if test.script == nil && !slices.Contains(lines[""].Summary.Shown, "queue-not-public") {
				t.Errorf("%+v", lines[""].Summary)
			}
		})
	}
}
