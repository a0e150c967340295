// Package cdktest synthesizes CDK apps in tests and looks into the templates.
//
// jsii is one Node.js process for a whole test binary and not safe for
// concurrent use: no test that uses this package may call t.Parallel, and
// TestMain must end with Exit.
package cdktest

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"example.com/shared-queue/internal/fixture"
	"example.com/shared-queue/internal/node"
)

// Main runs the tests without CDK's validator, which costs seconds, ends jsii
// and exits.
func Main(m *testing.M) {
	silence()
	node.Start() // before the next line: it speeds up a validator that a test adds
	_ = os.Setenv("CDK_VALIDATION", "false")
	node.Restart()
	node.Exit(m.Run())
}

// MainWithValidator runs the tests, ends jsii and exits.
func MainWithValidator(m *testing.M) {
	silence()
	node.Start()
	node.Exit(m.Run())
}

// silence leaves out jsii's lines about a Node.js that has reached its end of life, in
// this process and in those that tests start.
func silence() { _ = os.Setenv("JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION", "20") }

// NewApp is an app with the context that the CDK CLI gives to a new app.
func NewApp(t testing.TB) awscdk.App {
	t.Helper()
	context, err := fixture.Context()
	if err != nil {
		t.Fatal(err)
	}
	context["aws:cdk:enable-path-metadata"] = true // the CLI's default
	return awscdk.NewApp(&awscdk.AppProps{
		AnalyticsReporting: jsii.Bool(false), // versionReporting in cdk.json
		Context:            &context,
		Outdir:             jsii.String(t.TempDir()),
	})
}

// A Template is a synthesized CloudFormation template.
type Template struct {
	Bytes []byte
	JSON  any
}

// Synth synthesizes the app and reads its templates, by stack name, and the
// manifest of its assembly.
func Synth(t testing.TB, app awscdk.App) (templates map[string]Template, manifest any) {
	t.Helper()
	folder := *app.Synth(nil).Directory()
	const suffix = ".template.json"
	files, err := filepath.Glob(filepath.Join(folder, "*"+suffix))
	if err != nil {
		t.Fatal(err)
	}
	templates = map[string]Template{}
	for _, file := range files {
		text, value := read(t, file)
		templates[strings.TrimSuffix(filepath.Base(file), suffix)] = Template{text, value}
	}
	_, manifest = read(t, filepath.Join(folder, "manifest.json"))
	return templates, manifest
}

func read(t testing.TB, file string) (text []byte, value any) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &value); err != nil {
		t.Fatal(err)
	}
	return text, value
}

// IDs are the logical ids of the template's resources of a type, sorted.
func (tpl Template) IDs(resourceType string) []string {
	var ids []string
	for id, r := range tpl.Get("Resources").(map[string]any) {
		if Get(r, "Type") == resourceType {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// Get is what stands in the template at the path, nil if nothing does.
func (tpl Template) Get(path ...string) any { return Get(tpl.JSON, path...) }

// Statements are the statements of a policy document in the template, by Sid;
// one that has none is under "".
func (tpl Template) Statements(path ...string) map[string]any {
	statements := map[string]any{}
	list, _ := tpl.Get(append(path, "Statement")...).([]any)
	for _, s := range list {
		sid, _ := Get(s, "Sid").(string)
		statements[sid] = s
	}
	return statements
}

// Sids are the Sids of the statements, sorted.
func Sids(statements map[string]any) []string { return slices.Sorted(maps.Keys(statements)) }

// Get is what stands in decoded JSON at the path, nil if nothing does.
func Get(value any, path ...string) any {
	for _, name := range path {
		object, ok := value.(map[string]any)
		if !ok {
			return nil
		}
		value = object[name]
	}
	return value
}

// Same reports whether got is the JSON value that want is as text.
func Same(t testing.TB, got any, want string) {
	t.Helper()
	var wanted any
	if err := json.Unmarshal([]byte(want), &wanted); err != nil {
		t.Fatalf("%s: %v", want, err)
	}
	if g, w := compact(t, got), compact(t, wanted); g != w {
		t.Errorf("got  %s\nwant %s", g, w)
	}
}

func compact(t testing.TB, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
