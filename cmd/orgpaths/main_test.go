package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/shared-queue/proof/aws/profile"
)

// fakeOrganization answers as AWS Organizations does, two OUs a page.
type fakeOrganization struct{ refuse, code string }

type object = map[string]any

var units = map[string][]object{
	"r-wxyz": {
		{"Id": "ou-wxyz-nopq1prd", "Name": "Prod"},
		{"Id": "ou-wxyz-jklm1dev", "Name": "Dev"},
		{"Id": "ou-wxyz-sand1box", "Name": "Sand box"},
	},
	"ou-wxyz-jklm1dev": {{"Id": "ou-wxyz-km23jdev", "Name": "Team"}},
	"ou-wxyz-nopq1prd": {{"Id": "ou-wxyz-rs45jprd", "Name": "Team"}},
}

func (f fakeOrganization) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	var in object
	_ = json.NewDecoder(r.Body).Decode(&in)
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	fail := func(code, message string) {
		w.WriteHeader(http.StatusBadRequest)
		_ = json.NewEncoder(w).Encode(object{"__type": code, "Message": message})
	}
	if operation == f.refuse {
		fail(f.code, "You don't have permissions to access this resource.")
		return
	}
	var out object
	switch operation {
	case "DescribeOrganization":
		out = object{"Organization": object{"Id": "o-abc1234567"}}
	case "ListRoots":
		out = object{"Roots": []object{{"Id": "r-wxyz", "Name": "Root"}}}
	case "ListOrganizationalUnitsForParent":
		all := units[in["ParentId"].(string)]
		out = object{"OrganizationalUnits": all}
		if len(all) > 2 && in["NextToken"] == nil {
			out = object{"OrganizationalUnits": all[:2], "NextToken": "more"}
		} else if len(all) > 2 {
			out = object{"OrganizationalUnits": all[2:]}
		}
	case "DescribeOrganizationalUnit":
		if in["OrganizationalUnitId"] != "ou-wxyz-km23jdev" {
			fail("OrganizationalUnitNotFoundException", "You specified an organizational unit that doesn't exist.")
			return
		}
		out = object{"OrganizationalUnit": object{"Id": "ou-wxyz-km23jdev", "Name": "Team", "Path": "o-abc1234567/r-wxyz/ou-wxyz-jklm1dev/ou-wxyz-km23jdev/"}}
	}
	_ = json.NewEncoder(w).Encode(out)
}

func orgpaths(t *testing.T, f fakeOrganization, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	server := httptest.NewServer(f)
	defer server.Close()
	dir := t.TempDir()
	config := filepath.Join(dir, "config")
	text := "[profile management]\naws_access_key_id = AKIAMANAGER000000000\naws_secret_access_key = secret\n" +
		"[profile guarded]\nrole_arn = arn:aws:iam::777777777777:role/look-up\nmfa_serial = arn:aws:iam::777777777777:mfa/mia\nsource_profile = management\nregion = us-east-1\n" +
		"[profile broken]\ncredential_process = sh -c 'echo its-secret; exit 1'\n"
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_CONFIG_FILE", config)
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(dir, "none"))
	t.Setenv("AWS_REGION", "")
	var out, problems bytes.Buffer
	noTerminal := func(context.Context, string) (string, error) { return "", profile.ErrNoTerminal }
	code = run(t.Context(), append([]string{"-endpoint-url", server.URL}, args...), &out, &problems, noTerminal)
	return code, out.String(), problems.String()
}

const tree = `Root
  Dev       o-abc1234567/r-wxyz/ou-wxyz-jklm1dev
    Team    o-abc1234567/r-wxyz/ou-wxyz-jklm1dev/ou-wxyz-km23jdev
  Prod      o-abc1234567/r-wxyz/ou-wxyz-nopq1prd
    Team    o-abc1234567/r-wxyz/ou-wxyz-nopq1prd/ou-wxyz-rs45jprd
  Sand box  o-abc1234567/r-wxyz/ou-wxyz-sand1box
`

func TestPaths(t *testing.T) {
	management := []string{"-profile", "management"}
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"all":                {nil, tree},
		"by id":              {[]string{"ou-wxyz-km23jdev"}, "o-abc1234567/r-wxyz/ou-wxyz-jklm1dev/ou-wxyz-km23jdev\n"},
		"by name":            {[]string{"Dev"}, "o-abc1234567/r-wxyz/ou-wxyz-jklm1dev\n"},
		"by a name of two":   {[]string{"Team"}, "o-abc1234567/r-wxyz/ou-wxyz-jklm1dev/ou-wxyz-km23jdev\no-abc1234567/r-wxyz/ou-wxyz-nopq1prd/ou-wxyz-rs45jprd\n"},
		"name with a space":  {[]string{"Sand box"}, "o-abc1234567/r-wxyz/ou-wxyz-sand1box\n"},
		"name like an OU id": {[]string{"ou-wxyz-KM23JDEV"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			code, stdout, stderr := orgpaths(t, fakeOrganization{}, append(management, c.args...)...)
			if stdout != c.want || (code == 0) != (c.want != "") {
				t.Errorf("exit code %d\n%s%s\nwant\n%s", code, stdout, stderr, c.want)
			}
		})
	}
}

func TestProblems(t *testing.T) {
	for name, c := range map[string]struct {
		f    fakeOrganization
		args []string
		code int
		want string
	}{
		"no such id":           {args: []string{"-profile", "management", "ou-wxyz-gone1234"}, code: 1, want: "ou-wxyz-gone1234: the organization has no such OU"},
		"no such name":         {args: []string{"-profile", "management", "Stage"}, code: 1, want: "Stage: the organization has no such OU"},
		"root is no OU":        {args: []string{"-profile", "management", "Root"}, code: 1, want: "no such OU"},
		"no such profile":      {args: []string{"-profile", "zoe"}, code: 2, want: `-profile: got "zoe", allowed: a profile of ~/.aws/config`},
		"MFA and no terminal":  {args: []string{"-profile", "guarded"}, code: 1, want: "run the command in a terminal"},
		"no credentials":       {args: []string{"-profile", "broken"}, code: 1, want: "there are no credentials, or they have expired: sign in"},
		"member account":       {f: fakeOrganization{"ListRoots", "AccessDeniedException"}, args: []string{"-profile", "management"}, code: 1, want: "name a profile of the management account"},
		"no organization":      {f: fakeOrganization{"DescribeOrganization", "AWSOrganizationsNotInUseException"}, args: []string{"-profile", "management"}, code: 1, want: "the account is in no organization: name a profile"},
		"another error of AWS": {f: fakeOrganization{"ListRoots", "ServiceException"}, args: []string{"-profile", "management"}, code: 1, want: "AWS answered ServiceException"},
		"two names":            {args: []string{"Sand", "box"}, code: 2, want: "quote a name with spaces"},
		"unknown flag":         {args: []string{"-id", "x"}, code: 2, want: "flag provided but not defined: -id"},
	} {
		t.Run(name, func(t *testing.T) {
			code, stdout, stderr := orgpaths(t, c.f, c.args...)
			if code != c.code || stdout != "" || !strings.Contains(stderr, c.want) || strings.Contains(stderr, "its-secret") {
				t.Errorf("exit code %d, %s%s", code, stdout, stderr)
			}
		})
	}
}

func TestHelp(t *testing.T) {
	if code, stdout, _ := orgpaths(t, fakeOrganization{}, "-h"); code != 0 || !strings.Contains(stdout, "organizations:DescribeOrganization") {
		t.Errorf("exit code %d\n%s", code, stdout)
	}
}
