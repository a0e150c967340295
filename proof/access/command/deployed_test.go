package command_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.com/shared-queue/internal/app/settings"
	"example.com/shared-queue/internal/assembly"
	"example.com/shared-queue/internal/fixture"
	"example.com/shared-queue/proof/access/command"
	"example.com/shared-queue/proof/mutant"
	"example.com/shared-queue/proof/simulation"
	"example.com/shared-queue/proof/template"
	"example.com/shared-queue/proof/world"
)

// Whatever is deployed in the place of the templates: the command reads it from AWS,
// and a line names who may more or less than promised.
func TestWhatIsDeployed(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a simulation")
	}
	d := newDeployment(t)
	t.Run("as it was synthesized", func(t *testing.T) {
		if status, out := d.access(t, nil); status != 0 || strings.Contains(out, "differs") || strings.Contains(out, "in force and not") {
			t.Errorf("exit status %d\n%s", status, out)
		}
	})
	t.Run("one account alone", func(t *testing.T) {
		one := *d
		one.profiles = []string{"-profile", "dev-admin"}
		if status, out := one.access(t, nil); status != 0 || !strings.Contains(out, "not looked at: arn:aws:sqs:us-east-1:333333333333:shared-app-work") {
			t.Errorf("exit status %d\n%s", status, out)
		}
	})
	t.Run("no account with a queue", func(t *testing.T) {
		none := *d
		none.profiles = []string{"-profile", "dev-publisher-web-admin"}
		if status, out := none.access(t, nil); status != 2 || !strings.Contains(out, "no -profile is of an account that owns a shared queue") {
			t.Errorf("exit status %d\n%s", status, out)
		}
	})
	for _, c := range mutant.Openings() {
		t.Run(c.Name, func(t *testing.T) {
			status, out := d.access(t, c.Change)
			if status != 1 {
				t.Errorf("exit status %d, want 1", status)
			}
			for line := range strings.Lines(out) {
				if c.Text != "" && strings.Contains(line, c.Text) ||
					c.Operation != "" && strings.Contains(line, c.Caller) && strings.Contains(line, c.Operation) && strings.Contains(line, " promised: ") {
					return
				}
			}
			t.Errorf("no line about %s: %s%s in\n%s", c.Caller, c.Operation, c.Text, out)
		})
	}
}

func stacks(t *testing.T) []assembly.Stack {
	t.Helper()
	all, err := assembly.Read(fixture.Assembly())
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// A deployment is a simulation with profiles for all accounts of the example.
type deployment struct {
	*simulation.Simulation
	folder   string // what cdk synth wrote
	profiles []string
}

func newDeployment(t *testing.T) *deployment {
	t.Helper()
	environments, err := settings.Parse(fixture.Settings)
	if err != nil {
		t.Fatal(err)
	}
	s, err := simulation.Start(evaluator(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	w, _, err := template.Read(stacks(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Deploy(w); err != nil {
		t.Fatal(err)
	}
	file, err := s.WriteConfig(t.TempDir(), s.AddProfiles(environments))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{"AWS_CONFIG_FILE": file, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull,
		"AWS_ACCESS_KEY_ID": "", "AWS_PROFILE": "", "AWS_ENDPOINT_URL": "", "AWS_CA_BUNDLE": "", "AWS_MAX_ATTEMPTS": "1"} {
		t.Setenv(name, value)
	}
	d := &deployment{Simulation: s, folder: filepath.Join(t.TempDir(), "cdk.out")}
	files, err := assembly.Files(fixture.Assembly())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(d.folder, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := assembly.Replace(d.folder, files); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"dev-admin", "prod-admin", "stage-admin", "telemetry-admin", "dev-publisher-web-admin"} {
		d.profiles = append(d.profiles, "-profile", name)
	}
	return d
}

// access deploys the example's templates with the change and runs the command.
func (d *deployment) access(t *testing.T, change func(*world.World)) (status int, out string) {
	t.Helper()
	w, _, err := template.Read(stacks(t))
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(w)
	}
	if err := d.Deploy(w); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var text bytes.Buffer
	status = command.Run(ctx, append(append([]string{"-deployed"}, d.profiles...), d.folder), &text, &text, command.Tools{Evaluator: evaluator(t)})
	return status, text.String()
}
