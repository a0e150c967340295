package prove

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/retry"

	"example.com/shared-queue/address"
	"example.com/shared-queue/internal/app/settings"
	"example.com/shared-queue/internal/assembly"
	"example.com/shared-queue/internal/fixture"
	"example.com/shared-queue/proof/aws/profile"
	"example.com/shared-queue/proof/evaluate"
	"example.com/shared-queue/proof/simulation"
	"example.com/shared-queue/proof/template"
	"example.com/shared-queue/spec"
)

const root = "../.."

var evaluator = sync.OnceValues(func() (*evaluate.Evaluator, error) { return evaluate.Start(root) })

// A script answers some steps in place of the simulation: by their names, as the
// report has them, or by what is asked of AWS, like DescribeOrganization.
type script map[string]func(simulation.Request) http.Handler

// A stage is the simulation with what the fixture's app deploys, and profiles for
// everybody that prove takes. The process knows nothing else of AWS.
type stage struct {
	*simulation.Simulation
	environments []spec.Environment
	profiles     map[string]simulation.Profile
	stacks       []assembly.Stack // of the fixture
	source       string           // the folder of the package

	mu    sync.Mutex
	calls []string // the steps that AWS was asked for, as they came
}

const callerAccount = "222222222222"

// Profiles beside those of the simulation.
var more = map[string]string{
	"alice": "arn:aws:iam::" + callerAccount + ":user/alice", // in no role
}

func newStage(t *testing.T) *stage {
	t.Helper()
	return newStageOf(t, fixture.Settings, fixture.Assembly())
}

func newStageOf(t *testing.T, environments string, templates fs.FS) *stage {
	t.Helper()
	by, err := evaluator()
	if err != nil {
		t.Fatal(err)
	}
	s := &stage{profiles: map[string]simulation.Profile{}}
	if s.source, err = os.Getwd(); err != nil {
		t.Fatal(err)
	}
	if s.Simulation, err = simulation.Start(by); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	if s.environments, err = settings.Parse(environments); err != nil {
		t.Fatal(err)
	}
	profiles := s.AddProfiles(s.environments)
	for name, arn := range more {
		profiles = append(profiles, simulation.Profile{Name: name, Region: "ap-south-1", Credentials: s.NewCredentials(name, arn, ""),
			Caller: simulation.Caller{ARN: arn}})
	}
	for _, p := range profiles {
		s.profiles[p.Name] = p
	}
	if s.stacks, err = assembly.Read(templates); err != nil {
		t.Fatal(err)
	}
	s.deploy(t, s.stacks)
	dir := t.TempDir()
	config, err := s.WriteConfig(dir, profiles)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	text = append(text, "[profile nobody]\nregion = us-east-1\n"+
		"[profile guarded]\nrole_arn = arn:aws:iam::222222222222:role/shared-app-publisher\nmfa_serial = arn:aws:iam::222222222222:mfa/alice\nsource_profile = alice\n"...)
	for _, variable := range os.Environ() {
		if name, _, _ := strings.Cut(variable, "="); strings.HasPrefix(name, "AWS_") {
			t.Setenv(name, "")
			os.Unsetenv(name)
		}
	}
	t.Chdir(dir)
	write(t, "config", string(text))
	write(t, "cdk.json", `{"context": {"environments": `+environments+`}}`)
	t.Setenv("AWS_CONFIG_FILE", config)
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", os.DevNull)
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	t.Setenv("AWS_CA_BUNDLE", simulation.CertificateFile(dir))
	return s
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Clean(name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// deploy deploys the stacks in place of what was there.
func (s *stage) deploy(t *testing.T, stacks []assembly.Stack) {
	t.Helper()
	w, _, err := template.Read(stacks)
	if err == nil {
		err = s.Deploy(w)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// answer has the script answer from now on.
func (s *stage) answer(script script) {
	s.calls = nil
	s.Script(func(r simulation.Request) http.Handler {
		name := s.stepOf(r)
		s.mu.Lock()
		s.calls = append(s.calls, name)
		s.mu.Unlock()
		if f := script[name]; f != nil {
			return f(r)
		}
		return nil
	})
}

// stepOf is the step that asks for it.
func (s *stage) stepOf(r simulation.Request) string {
	who := map[string]string{"dev-insider": "insider", "dev-consumer": "consumer", "": "nobody"}[r.Caller.Name]
	if p, ok := s.profiles[r.Caller.Name]; ok && strings.HasSuffix(p.Caller.ARN, ":role/admin") && who == "" && r.Caller.Name != "dev-management" {
		who = "outsider " + r.Caller.Name
	}
	name := s.nameOf(r, who)
	if who == "" || name == who {
		return name
	}
	return name + " as " + who
}

func (s *stage) nameOf(r simulation.Request, who string) string {
	dead := strings.Contains(r.Resource, "-dlq")
	switch r.Operation {
	case "GetCallerIdentity":
		if who == "" {
			return map[string]string{"dev-management": "organization"}[r.Caller.Name]
		}
		return who
	case "AssumeRole":
		if who == "" {
			return "role"
		}
		return "assume the role"
	case "GenerateDataKey":
		return "generate a data key"
	case "Decrypt", "Encrypt":
		return strings.ToLower(r.Operation)
	case "DescribeKey":
		return "describe the key"
	case "PutParameter":
		return "use the key through Parameter Store"
	case "ReceiveMessage":
		if dead {
			return "receive dead letters"
		}
		return "receive"
	case "DeleteMessage":
		return "delete"
	case "ChangeMessageVisibility":
		return "change the visibility"
	case "SendMessage":
		switch {
		case !r.Secure:
			return "send over plain HTTP"
		case strings.HasSuffix(r.Resource, simulation.OwnQueue):
			return "send to its own queue"
		case strings.Contains(r.Resource, "333333333333"):
			return "send to prod"
		case strings.Contains(r.Resource, "101010101010"):
			return "send to stage"
		case dead:
			return "send a dead letter"
		}
		return "send"
	}
	return strings.TrimPrefix(r.Operation, "/policy/")
}

// refuse is a script's answer that is an error.
func refuse(code, message string) func(simulation.Request) http.Handler {
	return func(r simulation.Request) http.Handler {
		return r.Refuse(simulation.Error{Code: code, Message: message, Status: http.StatusForbidden})
	}
}

// output is a script's answer that is an output of the SDK.
func output(out any) func(simulation.Request) http.Handler {
	return func(r simulation.Request) http.Handler { return r.Return(out) }
}

// dropped ends the connection, and AWS did nothing.
func dropped(simulation.Request) http.Handler {
	return http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
}

func noTerminal(context.Context, string) (string, error) { return "", profile.ErrNoTerminal }

// command writes to out and waits for nothing.
func command(out, problems *bytes.Buffer) Command {
	return Command{Stdout: out, Stderr: problems, Code: noTerminal, Poll: time.Millisecond, Evaluate: evaluator,
		Backoff: retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })}
}

// web is the least that proves the publisher web of dev.
var web = []string{"-environment", "dev", "-publisher", "web", "-profile", "dev-publisher-web"}

// readers have computed what the policies in force come to.
var readers = []string{"-shared-profile", "dev-admin", "-shared-profile", "dev-publisher-web-admin"}

// everybody is who it takes to try everything.
func (s *stage) everybody() []string {
	args := append([]string{}, web...)
	args = append(args, "-insider-profile", "dev-insider", "-consumer-profile", "dev-consumer")
	for _, name := range []string{"dev-sibling-ou", "dev-other-organization", "dev-no-organization"} {
		args = append(args, s.outsider(name)...)
	}
	return args
}

// argsFor are the flags for an environment, with an insider and with all that computing
// reads.
func (s *stage) argsFor(e spec.Environment) []string {
	args := []string{"-environment", e.Name, "-insider-profile", e.Name + "-insider", "-shared-profile", e.Name + "-admin"}
	if len(e.Publishers) == 0 {
		return append(args, "-profile", e.Name+"-insider")
	}
	name := e.Name + "-publisher-" + e.Publishers[0].Name
	args = append(args, "-publisher", e.Publishers[0].Name, "-profile", name, "-shared-profile", name+"-admin")
	if e.Publishers[0].EveryAccount {
		args = append(args, "-account", s.profiles[name].Caller.Account())
	}
	return args
}

// whoTries are the flags for those who try a step, and no more.
func (s *stage) whoTries(step string) []string {
	args := slices.Clone(web)
	for name := range s.profiles {
		if strings.HasSuffix(step, "outsider "+name) {
			args = append(args, s.outsider(name)...)
		}
	}
	for flag, who := range map[string]string{"-insider-profile": "insider", "-consumer-profile": "consumer"} {
		if strings.HasSuffix(step, who) {
			args = append(args, flag, "dev-"+who)
		}
	}
	return args
}

// outsider are the flags for an outsider with a queue of its own.
func (s *stage) outsider(name string) []string {
	q := address.Queue{Region: "us-east-1", Account: s.profiles[name].Caller.Account(), Name: simulation.OwnQueue}
	return []string{"-outsider-profile", name, "-outsider-queue", q.URL()}
}

// prove runs the command.
func (s *stage) prove(t *testing.T, args ...string) (code int, stdout string) {
	t.Helper()
	var out, problems bytes.Buffer
	code = command(&out, &problems).Run(t.Context(), append([]string{"-endpoint-url", s.URL, "-timeout", "20s"}, args...))
	for _, p := range s.profiles {
		for _, secret := range []string{p.Credentials.SecretAccessKey, p.Credentials.SessionToken} {
			if secret != "" && strings.Contains(out.String()+problems.String(), secret) {
				t.Errorf("the output has a secret of %s", p.Name)
			}
		}
	}
	if problems.Len() > 0 {
		t.Errorf("wrote to standard error: %s", &problems)
	}
	return code, out.String()
}

type line struct {
	Step, Claim, Who, Expected, Got, Verdict, Policy, Side, Deny, PolicyARN, Detail, Service, Code, Message string

	Summary *struct {
		Boundary                                            string
		Computed                                            bool
		Claims                                              []struct{ ID, Sentence, Verdict, How string }
		Shown, Broken, NotShown                             []string
		Holds, Fails, NotTested, Unknown, Skipped, ExitCode int
		Notes                                               []string
	}
}

// lines are what -json writes, by the names of the steps; the summary is "".
func (s *stage) lines(t *testing.T, args ...string) map[string]line {
	t.Helper()
	_, stdout := s.prove(t, append(args, "-json")...)
	return parseLines(t, stdout)
}

func parseLines(t *testing.T, stdout string) map[string]line {
	t.Helper()
	all := map[string]line{}
	for text := range strings.Lines(stdout) {
		var l line
		if err := json.Unmarshal([]byte(text), &l); err != nil {
			t.Fatalf("%v in %s", err, text)
		}
		all[l.Step] = l
	}
	if all[""].Summary == nil {
		t.Fatalf("no summary in\n%s", stdout)
	}
	return all
}

// Texts of refusals, in the forms that the IAM User Guide gives.
func byIdentity(action string) string {
	return refused(action, "because no identity-based policy allows the "+action+" action")
}

func byResource(action string) string {
	return refused(action, "because no resource-based policy allows the "+action+" action")
}

func refused(action, why string) string {
	return fmt.Sprintf("User: arn:aws:sts::222222222222:assumed-role/shared-app-publisher/prove is not authorized to perform: %s on resource: arn:aws:sqs:us-east-1:111111111111:shared-app-work %s", action, why)
}

const noReason = "Access to the resource https://sqs.us-east-1.amazonaws.com/ is denied."

// testdata is a file of the package, wherever the test runs.
func (s *stage) testdata(name string) string { return filepath.Join(s.source, "testdata", name) }

// client trusts the simulation.
func (s *stage) client(t *testing.T) *http.Client {
	t.Helper()
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(s.Certificate) {
		t.Fatal("no certificate")
	}
	return &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}}}
}

// claim is what a summary says of a claim.
func (l line) claim(id string) (sentence, how string) {
	for _, c := range l.Summary.Claims {
		if c.ID == id {
			return c.Sentence, c.How
		}
	}
	return "", ""
}
