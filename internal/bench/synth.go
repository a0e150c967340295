package main

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"example.com/shared-queue/internal/app/settings"
)

// exampleText is the settings of the row with no number of publishers. It is not
// cdk.json, which may have what the peer does not build.
//
//go:embed example.json
var exampleText string

// A bench runs programs in a temporary folder.
type bench struct {
	project string
	folder  string
	context map[string]any // of cdk.json
}

// A usage is what a process and its children took.
type usage struct{ wall, cpu time.Duration }

func newBench() (*bench, error) {
	project, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	context, err := settings.Context("cdk.json")
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "bench")
	if err != nil {
		return nil, err
	}
	b := &bench{project, folder, context}
	build := exec.Command("go", "build", "-o", b.binary(), ".")
	build.Stderr = os.Stderr
	return b, build.Run()
}

func (b *bench) binary() string { return filepath.Join(b.folder, "app") }

// app is the command that runs the app.
func (b *bench) app(r row) []string {
	if r.goRun {
		return []string{"go", "run", "."}
	}
	return []string{b.binary()}
}

// peer is the command that runs the peer.
func (b *bench) peer(flags ...string) []string {
	return slices.Concat([]string{"node"}, flags, []string{filepath.Join(b.project, "internal", "bench", "peer", "app.js")})
}

// synth measures one synthesis and returns the templates it wrote, by name.
func (b *bench) synth(r row, program []string) (took usage, templates map[string]string, err error) {
	out := filepath.Join(b.folder, "cdk.out")
	if err := os.RemoveAll(out); err != nil {
		return usage{}, nil, err
	}
	command, err := b.command(r, program, out)
	if err != nil {
		return usage{}, nil, err
	}
	start := time.Now()
	output, err := command.CombinedOutput()
	took.wall = time.Since(start)
	if err != nil {
		return usage{}, nil, fmt.Errorf("%w\n%s", err, output)
	}
	took.cpu = command.ProcessState.UserTime() + command.ProcessState.SystemTime()
	templates, err = read(out)
	return took, templates, err
}

func (b *bench) command(r row, program []string, out string) (*exec.Cmd, error) {
	folder, context, err := b.settings(r)
	if err != nil {
		return nil, err
	}
	command := exec.Command(program[0], program[1:]...)
	if r.cli {
		command = exec.Command(filepath.Join(b.project, "node_modules", ".bin", "cdk"),
			"synth", "--quiet", "--no-notices", "--output", out, "--app", strings.Join(program, " "))
	}
	if r.publishers == 0 {
		command.Args = append(command.Args, "-c", settings.ContextKey+"="+strings.Join(strings.Fields(exampleText), " "))
	}
	command.Dir = folder
	// Variables that the user may have set would change the times.
	command.Env = slices.DeleteFunc(os.Environ(), func(v string) bool {
		return strings.HasPrefix(v, "NODE_OPTIONS=") || strings.HasPrefix(v, "CDK_") || strings.HasPrefix(v, "JSII_")
	})
	command.Env = append(command.Env, "CDK_DISABLE_CLI_TELEMETRY=true", fmt.Sprintf("CDK_VALIDATION=%v", r.validator))
	if !r.cli { // as the CLI does
		command.Env = append(command.Env, "CDK_OUTDIR="+out, "CDK_CONTEXT_JSON="+string(context),
			"CONTEXT_OVERFLOW_LOCATION_ENV="+filepath.Join(folder, "overflow.json"))
	}
	return command, nil
}

// settings is the folder whose cdk.json has the row's settings, and the context
// that the CLI hands over for it, without what is in its overflow.json.
func (b *bench) settings(r row) (folder string, context []byte, err error) {
	if r.publishers == 0 {
		return b.project, nil, nil
	}
	folder = filepath.Join(b.folder, fmt.Sprint(r.publishers))
	base := maps.Clone(b.context)
	delete(base, settings.ContextKey)
	overflow := map[string]any{settings.ContextKey: environments(r.publishers)}
	whole := maps.Clone(base)
	maps.Copy(whole, overflow)
	// https://github.com/aws/aws-cdk-cli/blob/main/packages/%40aws-cdk/toolkit-lib/lib/api/cloud-assembly/private/prepare-source.ts
	base["aws:cdk:enable-path-metadata"] = true
	base["aws:cdk:disable-version-reporting"] = true
	base["@aws-cdk/core:failSynthOnValidationErrors"] = false
	if context, err = json.Marshal(base); err != nil {
		return "", nil, err
	}
	return folder, context, errors.Join(
		os.MkdirAll(folder, 0o755),
		write(filepath.Join(folder, "overflow.json"), overflow),
		write(filepath.Join(folder, "cdk.json"), map[string]any{"versionReporting": false, "context": whole}),
	)
}

// environments are settings with one environment, which has all that the
// example's have, and so many publishers.
func environments(publishers int) map[string]any {
	all := map[string]any{}
	for i := range publishers {
		all[fmt.Sprintf("p%04d", i)] = map[string]any{
			"account":   fmt.Sprint(200000000000 + i),
			"roleName":  fmt.Sprintf("shared-app-publisher-%d", i),
			"assumedBy": []string{"lambda.amazonaws.com", "ecs-tasks.amazonaws.com"},
		}
	}
	return map[string]any{"dev": map[string]any{
		"region":  "us-east-1",
		"senders": []string{"o-abc1234567/r-wxyz/ou-wxyz-jklm1dev/ou-wxyz-km23jdev"},
		"shared": map[string]any{
			"account": "111111111111", "queueName": "shared-app-work", "keyAlias": "shared-app",
			"consumers": []string{"arn:aws:iam::111111111111:role/shared-app-worker"},
			"operators": []string{"arn:aws:iam::111111111111:role/shared-app-operator"},
		},
		"alarms":     map[string]any{"maxAge": "15m", "topicArn": "arn:aws:sns:us-east-1:111111111111:shared-app-alarms"},
		"tags":       map[string]any{"team": "platform"},
		"publishers": all,
	}}
}

func write(file string, value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return err
	}
	return os.WriteFile(file, text, 0o644)
}

// read reads the templates in a folder, by name.
func read(folder string) (map[string]string, error) {
	files, err := filepath.Glob(filepath.Join(folder, "*.template.json"))
	if err != nil {
		return nil, err
	}
	templates := map[string]string{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		templates[filepath.Base(file)] = string(text)
	}
	return templates, nil
}

// same is an error unless both programs wrote the same templates: a peer that does less
// cannot be compared.
func same(a, b map[string]string) error {
	if len(a) == 0 {
		return errors.New("there are no templates")
	}
	if maps.Equal(a, b) {
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(a)) {
		if a[name] != b[name] {
			return fmt.Errorf("%s is not the app's", name)
		}
	}
	return fmt.Errorf("it wrote %d templates, the app %d", len(b), len(a))
}
