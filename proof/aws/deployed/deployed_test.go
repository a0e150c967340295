package deployed_test

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"example.com/shared-queue/address"
	"example.com/shared-queue/internal/app/settings"
	"example.com/shared-queue/internal/assembly"
	"example.com/shared-queue/internal/fixture"
	"example.com/shared-queue/internal/problem"
	"example.com/shared-queue/proof/aws/deployed"
	"example.com/shared-queue/proof/aws/profile"
	"example.com/shared-queue/proof/evaluate"
	"example.com/shared-queue/proof/simulation"
	"example.com/shared-queue/proof/template"
	"example.com/shared-queue/proof/world"
	"example.com/shared-queue/spec"
)

const (
	limit  = time.Minute
	work   = "arn:aws:sqs:us-east-1:111111111111:shared-app-work"
	dead   = "arn:aws:sqs:us-east-1:111111111111:shared-app-work-dlq"
	sender = "arn:aws:iam::222222222222:role/shared-app-publisher"
)

var evaluator *evaluate.Evaluator

func TestMain(m *testing.M) {
	var err error
	if evaluator, err = evaluate.Start("../../.."); err != nil {
		panic(err)
	}
	code := m.Run()
	evaluator.Close()
	os.Exit(code)
}

// A stage is a simulation of the fixture's stacks, with everybody around them.
type stage struct {
	*simulation.Simulation
	synthesized *world.World
	dev         spec.Environment
	asked       []string // the actions that were decided about
}

// deploy deploys the fixture's stacks, changed.
func deploy(t *testing.T, change func(*world.World)) *stage {
	t.Helper()
	environments, err := settings.Parse(fixture.Settings)
	if err != nil {
		t.Fatal(err)
	}
	stacks, err := assembly.Read(fixture.Assembly())
	if err != nil {
		t.Fatal(err)
	}
	s := &stage{dev: environments[0]}
	if s.synthesized, _, err = template.Read(stacks); err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(s.synthesized)
	}
	if s.Simulation, err = simulation.Start(evaluator); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	if err := s.Deploy(s.synthesized); err != nil {
		t.Fatal(err)
	}
	s.Watch(func(d simulation.Decision) { s.asked = append(s.asked, d.Action) })
	file, err := s.WriteConfig(t.TempDir(), s.AddProfiles(environments))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{"AWS_CONFIG_FILE": file, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull,
		"AWS_ACCESS_KEY_ID": "", "AWS_PROFILE": "", "AWS_ENDPOINT_URL": "", "AWS_CA_BUNDLE": "", "AWS_MAX_ATTEMPTS": "1"} {
		t.Setenv(name, value)
	}
	return s
}

// read reads as somebody with these profiles. That of the organization is last, if
// it is not empty.
func (s *stage) read(t *testing.T, organization string, profiles ...string) *world.World {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	ask := deployed.Ask{Queues: []address.Queue{s.dev.QueueAddress()}, Roles: []string{sender}}
	var err error
	if ask.Profiles, err = deployed.SignIn(ctx, sources(profiles...)); err != nil {
		t.Fatal(err)
	}
	if organization != "" {
		of, err := deployed.SignIn(ctx, sources(organization))
		if err != nil {
			t.Fatal(err)
		}
		for _, config := range of {
			ask.Organization = &config
		}
	}
	return deployed.Read(ctx, ask)
}

func sources(profiles ...string) []profile.Source {
	var all []profile.Source
	for _, p := range profiles {
		all = append(all, profile.Source{Flag: "profile", Profile: p, Region: "us-east-1"})
	}
	return all
}

const (
	shared     = "dev-admin"
	publisher  = "dev-publisher-web-admin"
	management = "dev-management"
)

// same compares documents as JSON.
func same(t *testing.T, what string, got, want *world.Policy) {
	t.Helper()
	if got == nil || want == nil {
		t.Errorf("%s: got %v, want %v", what, got, want)
		return
	}
	a, _ := json.Marshal(got.Document)
	b, _ := json.Marshal(want.Document)
	if string(a) != string(b) {
		t.Errorf("%s: got\n%s\nwant\n%s", what, a, b)
	}
}

func TestReadsWhatTheTemplatesDeploy(t *testing.T) {
	s := deploy(t, nil)
	got := s.read(t, management, shared, publisher)
	for _, u := range got.Unknown {
		if !strings.Contains(u.What, "333333333333") { // prod's, of which there is no profile
			t.Errorf("unknown: %s: %s", u.What, u.Why)
		}
	}
	for _, arn := range []string{work, dead} {
		q, want := got.Queue(arn), s.synthesized.Queue(arn)
		if q == nil {
			t.Fatalf("%s was not read", arn)
		}
		same(t, arn, q.Policy, want.Policy)
		k := got.KeyOf(q)
		if k == nil || k != got.KeyOf(got.Queue(work)) || q.Key != k.ARN || k.State != "Enabled" ||
			!reflect.DeepEqual(k.Aliases, s.synthesized.KeyOf(want).Aliases) {
			t.Errorf("%s: key %+v", arn, k)
		} else {
			same(t, k.ARN, k.Policy, s.synthesized.KeyOf(want).Policy)
		}
		if q.DeadLetter != want.DeadLetter || !slices.Equal(q.Sources, want.Sources) || q.AnySource != want.AnySource {
			t.Errorf("got %+v, want %+v", q, want)
		}
		for name, value := range want.Attributes {
			if name != "KmsMasterKeyId" && name != "Tags" && !reflect.DeepEqual(q.Attributes[name], value) {
				t.Errorf("%s: %s is %#v, want %#v", arn, name, q.Attributes[name], value)
			}
		}
	}
	role, want := got.Identity(sender), s.synthesized.Identity(sender)
	if role == nil || len(role.Policies) != len(want.Policies) || role.Imported {
		t.Fatalf("%+v", role)
	}
	same(t, "trust", role.Trust, want.Trust)
	same(t, "policy", role.Policies[0], want.Policies[0])
	ids := map[string]bool{}
	for _, p := range got.Policies() {
		if ids[p.ID] {
			t.Errorf("two policies are %q", p.ID)
		}
		ids[p.ID] = true
	}
}

// What templates do not say and AWS does.
func TestReadsWhatWasChangedSince(t *testing.T) {
	grant := world.Grant{ID: "0123abcd", Grantee: "arn:aws:iam::111111111111:role/batch", Operations: []string{"Decrypt"},
		Context: map[string]string{"aws:sqs:arn": work}}
	boundary := &world.Policy{ID: "managed policy boundary", Document: map[string]any{"Version": "2012-10-17",
		"Statement": []any{map[string]any{"Effect": "Allow", "Action": "sqs:*", "Resource": "*",
			"Condition": map[string]any{"StringEquals": map[string]any{"aws:PrincipalTag/team": "a b+c%20d"}}}}}}
	other := "arn:aws:kms:us-east-1:111111111111:key/99999999-aaaa-bbbb-cccc-000000000000"
	s := deploy(t, func(w *world.World) {
		k := w.KeyOf(w.Queue(work))
		k.Grants = []world.Grant{grant}
		k.State = "PendingDeletion"
		w.Keys = append(w.Keys, &world.Key{ARN: other, Account: k.Account, Region: k.Region, Policy: &world.Policy{ID: "another", Document: k.Policy.Document}})
		w.Queue(dead).Key = other
		who := w.Identity(sender)
		who.Boundary = boundary
		who.Policies = append(who.Policies, &world.Policy{ID: "managed policy wide", Document: boundary.Document})
	})
	got := s.read(t, "", shared, publisher)
	k := got.KeyOf(got.Queue(work))
	if k == nil || k.State != "PendingDeletion" || !reflect.DeepEqual(k.Grants, []world.Grant{grant}) {
		t.Errorf("%+v", k)
	}
	if q := got.Queue(dead); q == nil || q.Key != other || got.Key(other) == nil {
		t.Errorf("%+v", q)
	}
	who := got.Identity(sender)
	if who == nil || len(who.Policies) != 2 {
		t.Fatalf("%+v", who)
	}
	same(t, "boundary", who.Boundary, boundary)
	same(t, "attached", who.Policies[1], boundary)
	if len(got.Controls) > 0 {
		t.Errorf("the organization was not to be asked: %+v", got.Controls[0])
	}
}

func TestReadsThePoliciesOfTheOrganization(t *testing.T) {
	s := deploy(t, nil)
	const deny = `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"sqs:DeleteQueue","Resource":"*"}]}`
	const wall = `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"sqs:PurgeQueue","Resource":"*"}]}`
	root := s.dev.Queue.Senders[0].Organization() + "/" + s.dev.Queue.Senders[0].Root()
	if err := s.AttachPolicy(types.PolicyTypeServiceControlPolicy, root, deny); err != nil {
		t.Fatal(err)
	}
	if err := s.AttachPolicy(types.PolicyTypeResourceControlPolicy, "111111111111", wall); err != nil {
		t.Fatal(err)
	}
	got := s.read(t, management, shared, publisher)
	i := slices.IndexFunc(got.Controls, func(c *world.Control) bool { return c.Account == "111111111111" })
	if i < 0 {
		t.Fatalf("%+v, unknown %v", got.Controls, got.Unknown)
	}
	c := got.Controls[i]
	if c.Path != s.dev.Queue.Senders[0].String() || len(c.Service) != len(c.Resource) || len(c.Service) < 3 {
		t.Fatalf("%+v", c)
	}
	service, resource := c.Service[0], c.Resource[len(c.Resource)-1]
	if service.Target != s.dev.Queue.Senders[0].Root() || resource.Target != "111111111111" || len(service.Policies) != 2 || len(resource.Policies) != 2 {
		t.Fatalf("%+v %+v", service, resource)
	}
	want := func(text string) *world.Policy {
		p := &world.Policy{}
		if err := json.Unmarshal([]byte(text), &p.Document); err != nil {
			t.Fatal(err)
		}
		return p
	}
	same(t, "service", service.Policies[1], want(deny))
	same(t, "resource", resource.Policies[1], want(wall))
}

func TestUnknown(t *testing.T) {
	why := func(w *world.World, what string) string {
		for _, u := range w.Unknown {
			if strings.Contains(u.What, what) {
				return u.Why
			}
		}
		return ""
	}
	t.Run("an account without a profile", func(t *testing.T) {
		s := deploy(t, nil)
		got := s.read(t, "", publisher)
		if why(got, work) != "there is no profile of account 111111111111" || len(got.Queues)+len(got.Keys) > 0 || got.Identity(sender) == nil {
			t.Errorf("%+v", got)
		}
	})
	t.Run("a role of an account without a profile", func(t *testing.T) {
		s := deploy(t, nil)
		if got := s.read(t, "", shared); why(got, sender) != "there is no profile of account 222222222222" {
			t.Errorf("%v", got.Unknown)
		}
	})
	t.Run("a profile that may not ask the organization", func(t *testing.T) {
		s := deploy(t, nil)
		got := s.read(t, shared, shared)
		if w := why(got, "policies of the organization above account 111111111111"); !strings.HasPrefix(w, "AWS refused: You don't have permissions") {
			t.Errorf("%v", got.Unknown)
		}
		if len(got.Controls) > 0 {
			t.Errorf("%+v", got.Controls[0])
		}
	})
	t.Run("an alias that is not there is known", func(t *testing.T) {
		s := deploy(t, func(w *world.World) { w.KeyOf(w.Queue(work)).Aliases = nil })
		if got := s.read(t, "", shared); why(got, ":alias/") != "" || got.KeyOf(got.Queue(work)) == nil {
			t.Errorf("%v", got.Unknown)
		}
	})
	t.Run("a key that is gone", func(t *testing.T) {
		s := deploy(t, func(w *world.World) {
			w.Queue(work).Key = "arn:aws:kms:us-east-1:111111111111:key/99999999-aaaa-bbbb-cccc-000000000000"
		})
		if got := s.read(t, "", shared); !strings.HasPrefix(why(got, "key/99999999"), "AWS answered NotFoundException") || got.Queue(work) == nil {
			t.Errorf("%v", got.Unknown)
		}
	})
	t.Run("a user", func(t *testing.T) {
		s := deploy(t, func(w *world.World) {
			k := w.KeyOf(w.Queue(work))
			k.Grants = []world.Grant{{ID: "0123abcd", Grantee: "arn:aws:iam::111111111111:user/bob", Operations: []string{"Decrypt"}}}
		})
		if got := s.read(t, "", shared); why(got, "user/bob") != "the policies of users are not read" {
			t.Errorf("%v", got.Unknown)
		}
	})
	t.Run("a role that is not there is known", func(t *testing.T) {
		s := deploy(t, func(w *world.World) {
			w.Identities = slices.DeleteFunc(w.Identities, func(i *world.Identity) bool { return i.ARN == sender })
		})
		if got := s.read(t, "", shared, publisher); got.Identity(sender) != nil || why(got, sender) != "" {
			t.Errorf("%v", got.Unknown)
		}
	})
	for name, c := range map[string]struct{ operation, what, why string }{
		"queue":     {"GetQueueAttributes", work, "AWS refused: no"},
		"key":       {"DescribeKey", "arn:aws:kms:", "AWS refused: no"},
		"policy":    {"GetKeyPolicy", "key policy of arn:aws:kms:", "AWS refused: no"},
		"grants":    {"ListGrants", "grants of arn:aws:kms:", "AWS refused: no"},
		"aliases":   {"ListAliases", "aliases of arn:aws:kms:", "AWS refused: no"},
		"role":      {"GetRole", sender, "AWS refused: no"},
		"inline":    {"GetRolePolicy", "inline policies of " + sender, "AWS refused: no"},
		"list":      {"ListRolePolicies", "inline policies of " + sender, "AWS refused: no"},
		"attached":  {"ListAttachedRolePolicies", "attached policies of " + sender, "AWS refused: no"},
		"account":   {"DescribeAccount", "above account 111111111111", "AWS refused: no"},
		"targets":   {"ListPoliciesForTarget", "service control policies above account 111111111111", "AWS refused: no"},
		"documents": {"DescribePolicy", "resource control policies above account 111111111111", "AWS refused: no"},
		"none":      {"DescribeOrganization", "policies of the organization", "AWS refused: no"},
	} {
		t.Run("AWS refuses "+name, func(t *testing.T) {
			s := deploy(t, nil)
			s.Script(func(r simulation.Request) http.Handler {
				if r.Operation != c.operation {
					return nil
				}
				return r.Refuse(simulation.Error{Code: "AccessDeniedException", Message: "no"})
			})
			asks := ""
			if strings.Contains(c.what, "organization") || strings.Contains(c.what, "above") {
				asks = management
			}
			got := s.read(t, asks, shared, publisher)
			if w := why(got, c.what); w != c.why {
				t.Errorf("%q: %v", w, got.Unknown)
			}
		})
	}
}

// The list is what is asked for, no more and no less.
func TestActions(t *testing.T) {
	s := deploy(t, func(w *world.World) {
		who := w.Identity(sender)
		who.Policies = append(who.Policies, &world.Policy{ID: "managed policy all", Document: who.Policies[0].Document})
	})
	s.read(t, management, shared, publisher)
	slices.Sort(s.asked)
	got := slices.Compact(slices.DeleteFunc(s.asked, func(a string) bool { return a == "sts:GetCallerIdentity" }))
	want := append(deployed.AccountActions(), deployed.OrganizationActions()...)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("asked for\n%v\nlisted\n%v", got, want)
	}
	var policy map[string]any
	if err := json.Unmarshal([]byte(deployed.Policy(deployed.AccountActions())), &policy); err != nil {
		t.Fatal(err)
	}
	if problems, err := evaluator.Problems(evaluate.World{"policy": policy}); err != nil || len(problems) > 0 {
		t.Errorf("%v %v", problems, err)
	}
}

func TestSignIn(t *testing.T) {
	deploy(t, nil)
	for name, c := range map[string]struct {
		profiles []string
		says     string
		misused  bool
	}{
		"no such profile":         {[]string{"zoe"}, `-profile: got "zoe", allowed: a profile of ~/.aws/config`, true},
		"two of one account":      {[]string{shared, "dev-consumer"}, `-profile: got "dev-consumer", allowed: one profile for an account; leave out dev-admin`, true},
		"credentials of nowhere":  {[]string{"nowhere"}, "-profile nowhere: there are no credentials; sign in (aws sso login", false},
		"credentials that expire": {[]string{"unknown"}, "-profile unknown: AWS answered InvalidClientTokenId", false},
	} {
		t.Run(name, func(t *testing.T) {
			text, err := os.ReadFile(os.Getenv("AWS_CONFIG_FILE"))
			if err != nil {
				t.Fatal(err)
			}
			file := t.TempDir() + "/config"
			first, _, _ := strings.Cut(string(text), "\n\n")
			more := "[profile nowhere]\ncredential_process = sh -c 'echo its-secret; exit 1'\n" +
				strings.NewReplacer(strings.Split(first, "\n")[0], "[profile unknown]", "aws_access_key_id = ", "aws_access_key_id = AKIANOBODY").Replace(first)
			if err := os.WriteFile(file, append(text, more...), 0o600); err != nil {
				t.Fatal(err)
			}
			t.Setenv("AWS_CONFIG_FILE", file)
			ctx, cancel := context.WithTimeout(t.Context(), limit)
			defer cancel()
			_, err = deployed.SignIn(ctx, sources(c.profiles...))
			if err == nil || !strings.HasPrefix(err.Error(), c.says) || strings.Contains(err.Error(), "its-secret") {
				t.Fatalf("got %v", err)
			}
			if wrong, ok := err.(*problem.Problem); ok != c.misused {
				t.Errorf("%v", wrong)
			}
		})
	}
}
