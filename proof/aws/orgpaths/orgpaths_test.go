package orgpaths

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/shared-queue/proof/aws/organization"
	"example.com/shared-queue/proof/aws/profile"
)

// limit is how long a test waits for the command.
const limit = 30 * time.Second

type object = map[string]any

// An aws answers as AWS Organizations does, two OUs a page.
type aws struct {
	units        map[string][]object // by their parents' ids
	refuse, code string              // an operation, and the error that it gives
	times        int                 // how often it gives it; 0: always
	page         string              // HTML in place of every answer
	together     int64               // how many requests about OUs' children must be there at once

	mu    sync.Mutex
	asked []string // whose children were asked for
	now   int64    // requests that are not answered yet
	most  int64    // of them at once
}

var units = map[string][]object{
	"r-wxyz": {
		{"Id": "ou-wxyz-nopq1prd", "Name": "Prod"},
		{"Id": "ou-wxyz-jklm1dev", "Name": "Dev"},
		{"Id": "ou-wxyz-sand1box", "Name": "Sand box"},
	},
	"ou-wxyz-jklm1dev": {{"Id": "ou-wxyz-km23jdev", "Name": "Team"}},
	"ou-wxyz-nopq1prd": {{"Id": "ou-wxyz-rs45jprd", "Name": "Team"}},
}

// count counts a request, and says how many were there at once at most.
func (a *aws) count(n int64) (most int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.now += n
	a.most = max(a.most, a.now)
	return a.most
}

func (a *aws) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.count(1)
	defer a.count(-1)
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	var in object
	_ = json.NewDecoder(r.Body).Decode(&in)
	if parent, _ := in["ParentId"].(string); strings.HasPrefix(parent, "ou-") {
		for start := time.Now(); a.count(0) < a.together && time.Since(start) < limit/3; {
			time.Sleep(time.Millisecond)
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.page != "" {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, a.page)
		return
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	fail := func(code, message string) {
		w.WriteHeader(http.StatusBadRequest)
		_ = json.NewEncoder(w).Encode(object{"__type": code, "Message": message})
	}
	if operation == a.refuse {
		if a.times--; a.times == 0 {
			a.refuse = ""
		}
		fail(a.code, "You don't have permissions to access this resource.")
		return
	}
	var out object
	switch operation {
	case "DescribeOrganization":
		out = object{"Organization": object{"Id": "o-abc1234567"}}
	case "ListRoots":
		out = object{"Roots": []object{{"Id": "r-wxyz", "Name": "Root"}}}
	case "ListOrganizationalUnitsForParent":
		parent := in["ParentId"].(string)
		a.asked = append(a.asked, parent)
		all := a.units[parent]
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

// run is the command as somebody without a terminal runs it.
func run(t *testing.T, a *aws, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	if a.units == nil {
		a.units = units
	}
	server := httptest.NewServer(a)
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
	t.Setenv("AWS_PROFILE", "management")
	var out, problems bytes.Buffer
	noTerminal := func(context.Context, string) (string, error) { return "", profile.ErrNoTerminal }
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	code = Run(ctx, append([]string{"-endpoint-url", server.URL}, args...), &out, &problems, noTerminal)
	return code, out.String(), problems.String()
}

const tree = `Root
  Dev       "o-abc1234567/r-wxyz/ou-wxyz-jklm1dev",
    Team    "o-abc1234567/r-wxyz/ou-wxyz-jklm1dev/ou-wxyz-km23jdev",
  Prod      "o-abc1234567/r-wxyz/ou-wxyz-nopq1prd",
    Team    "o-abc1234567/r-wxyz/ou-wxyz-nopq1prd/ou-wxyz-rs45jprd",
  Sand box  "o-abc1234567/r-wxyz/ou-wxyz-sand1box"
`

func TestPaths(t *testing.T) {
	const dev, prod = `"o-abc1234567/r-wxyz/ou-wxyz-jklm1dev`, `"o-abc1234567/r-wxyz/ou-wxyz-nopq1prd`
	for name, c := range map[string]struct {
		wanted []string
		want   string
	}{
		"all":                         {nil, tree},
		"by id":                       {[]string{"ou-wxyz-km23jdev"}, dev + "/ou-wxyz-km23jdev\"\n"},
		"by name":                     {[]string{"Dev"}, dev + "\"\n"},
		"name with a space":           {[]string{"Sand box"}, "\"o-abc1234567/r-wxyz/ou-wxyz-sand1box\"\n"},
		"by names from the root":      {[]string{"/Prod/Team"}, prod + "/ou-wxyz-rs45jprd\"\n"},
		"by one name from the root":   {[]string{"/Dev"}, dev + "\"\n"},
		"name like an OU id":          {[]string{"ou-wxyz-KM23JDEV"}, ""},
		"the root is no OU":           {[]string{"Root"}, ""},
		"names from the root, wrong":  {[]string{"/Team"}, ""},
		"names from the root, beyond": {[]string{"/Prod/Team/More"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			code, stdout, stderr := run(t, &aws{}, c.wanted...)
			if stdout != c.want || (code == printed) != (c.want != "") || (c.want != "" && stderr != "") {
				t.Errorf("exit code %d\n%s%s\nwant\n%s", code, stdout, stderr, c.want)
			}
		})
	}
}

// What is printed goes between the brackets of "senders".
func TestSeveralOfAName(t *testing.T) {
	code, stdout, stderr := run(t, &aws{}, "Team")
	var pasted []string
	if err := json.Unmarshal([]byte("["+stdout+"]"), &pasted); err != nil || code != printed || len(pasted) != 2 {
		t.Errorf("exit code %d, %v\n%s", code, err, stdout)
	}
	if want := "2 OUs have that name: /Dev/Team, /Prod/Team\n"; stderr != want {
		t.Errorf("got %s", stderr)
	}
}

func TestNamesFromTheRootAskLittle(t *testing.T) {
	a := &aws{}
	run(t, a, "/Prod/Team")
	if got := strings.Join(a.asked, " "); got != "r-wxyz r-wxyz ou-wxyz-nopq1prd" { // two pages of the root's
		t.Errorf("asked for the children of %s", got)
	}
}

// The path is there before the rest of the tree is asked for.
func TestNameIsWrittenAtOnce(t *testing.T) {
	a := &aws{units: units}
	server := httptest.NewServer(a)
	defer server.Close()
	var asked []string
	p := &printer{out: writer(func(b []byte) {
		a.mu.Lock()
		defer a.mu.Unlock()
		asked = append(asked, a.asked...)
	})}
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIAMANAGER000000000")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	o := options{source: profile.Source{Flag: "profile", Endpoint: server.URL}, wanted: "Dev"}
	client, err := o.client(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := o.walk(ctx, client, p, &bytes.Buffer{}); err != nil {
		t.Fatal(err)
	}
	if len(asked) != 1 || len(a.asked) != 7 {
		t.Errorf("written after %d of %d questions", len(asked), len(a.asked))
	}
}

type writer func([]byte)

func (w writer) Write(b []byte) (int, error) {
	w(b)
	return len(b), nil
}

func TestJSON(t *testing.T) {
	for name, c := range map[string]struct {
		wanted []string
		want   []string
	}{
		"all":           {nil, []string{"Dev", "Team", "Prod", "Team", "Sand box"}},
		"by id":         {[]string{"ou-wxyz-km23jdev"}, []string{"Team"}},
		"by name":       {[]string{"Dev"}, []string{"Dev"}},
		"several names": {[]string{"Team"}, []string{"Team", "Team"}},
	} {
		t.Run(name, func(t *testing.T) {
			code, stdout, _ := run(t, &aws{}, append([]string{"-json"}, c.wanted...)...)
			var got []struct{ ID, Name, Path string }
			if err := json.Unmarshal([]byte(stdout), &got); err != nil || code != printed || len(got) != len(c.want) {
				t.Fatalf("exit code %d, %v\n%s", code, err, stdout)
			}
			for i, u := range got {
				if u.Name != c.want[i] || !strings.HasSuffix(u.Path, "/"+u.ID) || !strings.HasPrefix(u.Path, "o-abc1234567/r-wxyz/ou-") {
					t.Errorf("%+v", u)
				}
			}
		})
	}
	t.Run("an organization without OUs", func(t *testing.T) {
		if _, stdout, _ := run(t, &aws{units: map[string][]object{}}, "-json"); stdout != "[]\n" {
			t.Error(stdout)
		}
	})
	t.Run("nothing if it fails", func(t *testing.T) {
		code, stdout, _ := run(t, &aws{refuse: "ListOrganizationalUnitsForParent", code: "AccessDeniedException"}, "-json")
		if code != failed || stdout != "" {
			t.Errorf("exit code %d, %s", code, stdout)
		}
	})
}

func TestNamesThatWouldMoveTheCursor(t *testing.T) {
	bad := map[string][]object{"r-wxyz": {{"Id": "ou-wxyz-jklm1dev", "Name": "Dev\n\x1b[2J\u202eProd"}}}
	for _, args := range [][]string{nil, {"-json"}, {"Dev\n\x1b[2J\u202eProd"}, {"No\x1b[2J\u202e"}} {
		_, stdout, stderr := run(t, &aws{units: bad}, args...)
		if all := stdout + stderr; all == "" || strings.ContainsAny(all, "\x1b\u202e") || strings.Contains(all, "Dev\n") {
			t.Errorf("%q: %q", args, all)
		}
	}
	if _, stdout, _ := run(t, &aws{units: bad}); !strings.Contains(stdout, `"Dev\n\x1b[2J\u202eProd"  "o-abc1234567`) {
		t.Error(stdout)
	}
}

func TestSeveralQuestionsAtOnce(t *testing.T) {
	a := &aws{together: 2}
	if code, stdout, _ := run(t, a, "/Dev"); code != printed || a.most != 1 { // nothing to ask at once
		t.Errorf("exit code %d, %d at once, %s", code, a.most, stdout)
	}
	a = &aws{together: 2, units: map[string][]object{"r-wxyz": units["r-wxyz"][:2]}}
	if code, stdout, _ := run(t, a); code != printed || a.most != 2 {
		t.Errorf("exit code %d, %d at once, %s", code, a.most, stdout)
	}
}

// That costs up to a second, the SDK's first pause.
func TestAskedToSlowDown(t *testing.T) {
	a := &aws{refuse: "ListOrganizationalUnitsForParent", code: "TooManyRequestsException", times: 1}
	code, stdout, stderr := run(t, a)
	if code != printed || stdout != tree || strings.Contains(stderr, "Exception") {
		t.Errorf("exit code %d\n%s%s", code, stdout, stderr)
	}
}

// An emulator that gives an OU as its own child ends, too.
func TestNoDeeperThanAnOrganization(t *testing.T) {
	a := &aws{units: map[string][]object{
		"r-wxyz":           {{"Id": "ou-wxyz-jklm1dev", "Name": "Dev"}},
		"ou-wxyz-jklm1dev": {{"Id": "ou-wxyz-jklm1dev", "Name": "Dev"}},
	}}
	if code, stdout, _ := run(t, a); code != printed || strings.Count(stdout, "Dev") != 5 {
		t.Errorf("exit code %d\n%s", code, stdout)
	}
}

func TestProblems(t *testing.T) {
	for name, c := range map[string]struct {
		a    *aws
		args []string
		code int
		want string
	}{
		"no such id":                {args: []string{"ou-wxyz-gone1234"}, code: failed, want: "ou-wxyz-gone1234: the organization has no such OU"},
		"no such name":              {args: []string{"Stage"}, code: failed, want: "Stage: the organization has no such OU"},
		"root is no OU":             {args: []string{"Root"}, code: failed, want: "no such OU"},
		"no such profile":           {args: []string{"-profile", "zoe"}, code: misused, want: `-profile: got "zoe", allowed: a profile of ~/.aws/config`},
		"MFA and no terminal":       {args: []string{"-profile", "guarded"}, code: failed, want: "run the command in a terminal"},
		"no credentials":            {args: []string{"-profile", "broken"}, code: failed, want: "there are no credentials; sign in (aws sso login"},
		"member account":            {a: &aws{refuse: "ListRoots", code: "AccessDeniedException"}, code: failed, want: "name a profile of the management account"},
		"no organization":           {a: &aws{refuse: "DescribeOrganization", code: "AWSOrganizationsNotInUseException"}, code: failed, want: "the account is in no organization: name a profile"},
		"expired":                   {a: &aws{refuse: "DescribeOrganization", code: "ExpiredTokenException"}, code: failed, want: "sign in again (aws sso login"},
		"unknown access key":        {a: &aws{refuse: "DescribeOrganization", code: "UnrecognizedClientException"}, code: failed, want: "take other credentials"},
		"another error of AWS":      {a: &aws{refuse: "ListRoots", code: "ConstraintViolationException"}, code: failed, want: "AWS answered ConstraintViolationException"},
		"a page of something else":  {a: &aws{page: "<html>"}, code: failed, want: "the endpoint did not answer as AWS does, but with 200 OK and text/html"},
		"two names":                 {args: []string{"Sand", "box"}, code: misused, want: "quote a name with spaces"},
		"unknown flag":              {args: []string{"-id", "x"}, code: misused, want: "flag provided but not defined: -id"},
		"no URL":                    {args: []string{"-endpoint-url", "localhost:4566"}, code: misused, want: `-endpoint-url: got "localhost:4566", allowed: a URL like`},
		"a password in the URL":     {args: []string{"-endpoint-url", "https://me:its-secret@localhost"}, code: misused, want: "a host and no password"},
		"an organization with none": {a: &aws{units: map[string][]object{}}, args: []string{"Dev"}, code: failed, want: "no such OU"},
	} {
		t.Run(name, func(t *testing.T) {
			a := c.a
			if a == nil {
				a = &aws{}
			}
			code, stdout, stderr := run(t, a, c.args...)
			if code != c.code || stdout != "" || !strings.Contains(stderr, c.want) || strings.Contains(stderr, "its-secret") ||
				strings.Count(stderr, "\n") > 2 {
				t.Errorf("exit code %d, %s%s", code, stdout, stderr)
			}
		})
	}
}

func TestReport(t *testing.T) {
	var far organization.Progress
	var out bytes.Buffer
	tick, done, ended := make(chan time.Time), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		report(&out, &far, "Team", tick, done)
	}()
	for n := range 7 {
		if n == 3 { // between the first report and the next
			far.Seen.Store(10)
			far.Below.Store(3)
		}
		tick <- time.Time{}
	}
	close(done)
	<-ended
	if want := "AWS has named no OU yet …\n10 OUs seen, looked below 3 of them, for all of the name Team …\n"; out.String() != want {
		t.Errorf("got\n%s", &out)
	}
}

func TestHelp(t *testing.T) {
	code, stdout, _ := run(t, &aws{}, "-h")
	for _, action := range actions {
		if !strings.Contains(stdout, action) {
			t.Errorf("exit code %d, no %s in\n%s", code, action, stdout)
		}
	}
}
