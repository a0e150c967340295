package settings_test

import (
	"bytes"
	"encoding/json"
	"example.com/shared-queue/internal/fixture"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"net/url"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/jsonschema-go/jsonschema"

	"example.com/shared-queue/internal/app/settings"
	"example.com/shared-queue/internal/problem"
	"example.com/shared-queue/spec"
)

var update = flag.Bool("update", false, "write the schema and the table of settings again")

const (
	root       = "../../.."
	schemaFile = root + "/settings.schema.json"
	tableFile  = root + "/docs/settings.md"
	tableBegin = "<!-- settings: written by make snapshots -->\n"
	tableEnd   = "<!-- end of settings -->\n"
)

// A setting is one of the settings as the doc comment of its Go field has it.
type setting struct {
	path     string // in an environment, like shared.queueName
	goType   string
	text     string // what it is
	fallback string // its default; empty if it is required
}

// documented are all settings, in the order of the table: the fields of Go
// structs, with where the settings have them.
func documented(t *testing.T) []setting {
	t.Helper()
	queue := fields(t, "shared/props.go", "QueueProps")
	environment := fields(t, "spec/environment.go", "Environment")
	senders, queue := pick(queue, "senders", "services")
	region, environment := pick(environment, "region")
	account, tags := pick(environment, "account")
	role, _ := pick(fields(t, "publisher/role.go", "RoleProps"), "roleName", "assumedBy", "rolePath", "permissionsBoundary")
	publisher := append(fields(t, "spec/environment.go", "Publisher"), role...)
	return slices.Concat(
		region, senders,
		under("shared", slices.Concat(account, queue, fields(t, "shared/props.go", "Roles"))),
		under("alarms", fields(t, "shared/props.go", "Alarms")),
		tags,
		under("organization", append(fields(t, "spec/environment.go", "Organization"), fields(t, "publisher/stackset.go", "StackSetOptions")...)),
		under("publishers.<name>", publisher),
	)
}

func under(path string, settings []setting) []setting {
	for i := range settings {
		settings[i].path = path + "." + settings[i].path
	}
	return settings
}

// pick takes the settings with the names out of others.
func pick(settings []setting, names ...string) (picked, others []setting) {
	for _, s := range settings {
		if slices.Contains(names, s.path) {
			picked = append(picked, s)
		} else {
			others = append(others, s)
		}
	}
	return picked, others
}

var defaultValue = regexp.MustCompile(` ?Default: ([^.]*)\.`)

// fields are those of a struct that have a doc comment.
func fields(t *testing.T, file, structName string) []setting {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), root+"/"+file, nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	spec, ok := parsed.Scope.Lookup(structName).Decl.(*ast.TypeSpec)
	if !ok {
		t.Fatalf("%s has no struct %s", file, structName)
	}
	var settings []setting
	for _, field := range spec.Type.(*ast.StructType).Fields.List {
		if field.Doc == nil {
			continue
		}
		name := field.Names[0].Name
		text := strings.Join(strings.Fields(field.Doc.Text()), " ")
		text, ok := strings.CutPrefix(text, name+" ")
		if !ok {
			t.Errorf("%s: the comment of %s.%s does not begin with its name", file, structName, name)
		}
		s := setting{path: problem.Spell(name), goType: types.ExprString(field.Type)}
		if m := defaultValue.FindStringSubmatch(text); m != nil {
			s.fallback, text = inJSON(m[1]), strings.Replace(text, m[0], "", 1)
		}
		text = strings.TrimPrefix(strings.TrimPrefix(text, "is "), "are ")
		s.text = strings.TrimSuffix(inJSON(text), ".")
		settings = append(settings, s)
	}
	if len(settings) == 0 {
		t.Fatalf("%s: no field of %s has a comment", file, structName)
	}
	return settings
}

// inJSON is a comment with names of Go properties and constants as settings
// spell them, but for words that are names by chance, like Senders.
func inJSON(text string) string {
	return compound.ReplaceAllStringFunc(text, func(word string) string {
		if slices.Contains(goNames(), word) {
			return problem.Spell(word)
		}
		return word
	})
}

var compound = regexp.MustCompile(`\b(Retain|Destroy|[A-Z][a-z]+[A-Z][A-Za-z]*)\b`)

func goNames() []string {
	names := []string{"Retain", "Destroy"}
	for _, props := range []any{spec.Queue{}, spec.Roles{}, spec.Alarms{}, spec.Role{}, spec.StackSetOptions{}, spec.Publisher{}} {
		for _, field := range reflect.VisibleFields(reflect.TypeOf(props)) {
			names = append(names, field.Name)
		}
	}
	return names
}

func TestSchema(t *testing.T) {
	got, err := json.MarshalIndent(schema(documented(t)), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	compare(t, schemaFile, append(got, '\n'))
}

// schema is the JSON Schema of the context key environments.
func schema(settings []setting) *jsonschema.Schema {
	environment := object()
	for _, s := range settings {
		at := environment
		names := strings.Split(s.path, ".")
		for _, name := range names[:len(names)-1] {
			at = child(at, name)
		}
		last := names[len(names)-1]
		if s.fallback == "" {
			at.Required = append(at.Required, last)
		}
		add(at, last, leaf(s))
	}
	environment.Required = append(environment.Required, "shared", "publishers")
	return &jsonschema.Schema{
		Schema:               "https://json-schema.org/draft/2020-12/schema",
		Title:                "Settings of the shared queues",
		Description:          `The value of "environments" under "context" in cdk.json: one environment for each shared account and its queue.`,
		Type:                 "object",
		MinProperties:        new(1),
		AdditionalProperties: environment,
	}
}

func object() *jsonschema.Schema {
	return &jsonschema.Schema{Type: "object", Properties: map[string]*jsonschema.Schema{}, AdditionalProperties: &jsonschema.Schema{Not: &jsonschema.Schema{}}}
}

func add(to *jsonschema.Schema, name string, s *jsonschema.Schema) {
	to.Properties[name] = s
	to.PropertyOrder = append(to.PropertyOrder, name)
}

// child is the object inside another, made if it is not there. Under <name> are
// objects that the user names.
func child(of *jsonschema.Schema, name string) *jsonschema.Schema {
	if name == "<name>" {
		if of.AdditionalProperties.Not != nil {
			of.AdditionalProperties = object()
		}
		return of.AdditionalProperties
	}
	if of.Properties[name] == nil {
		add(of, name, object())
	}
	return of.Properties[name]
}

func leaf(s setting) *jsonschema.Schema {
	text := strings.ToUpper(s.text[:1]) + s.text[1:] + "."
	if s.fallback != "" {
		text += " Default: " + s.fallback + "."
	}
	l := &jsonschema.Schema{Description: text, Type: "string"}
	switch s.goType {
	case "bool":
		l.Type = "boolean"
	case "*int":
		l.Type = "integer"
	case "*time.Duration":
		l.Examples = []any{"90s", "5m", "12h"}
	case "RemovalPolicy":
		l.Enum = []any{"retain", "destroy"}
	case "[]string", "[]address.Path", "[]address.Principal":
		l.Type, l.Items = "array", &jsonschema.Schema{Type: "string"}
	case "map[string]string":
		l.Type, l.AdditionalProperties = "object", &jsonschema.Schema{Type: "string"}
	case "string", "address.Region":
	default:
		panic("the schema has no type for " + s.goType)
	}
	return l
}

func TestTableOfSettings(t *testing.T) {
	text, err := os.ReadFile(tableFile)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), tableBegin)
	_, after, ok2 := strings.Cut(rest, tableEnd)
	if !ok || !ok2 {
		t.Fatalf("%s has no lines %s and %s", tableFile, tableBegin, tableEnd)
	}
	var table strings.Builder
	table.WriteString("| Setting | What it is | Default |\n|---|---|---|\n")
	for _, s := range documented(t) {
		fallback := s.fallback
		if fallback == "" {
			fallback = "required"
		}
		fmt.Fprintf(&table, "| `%s` | %s | %s |\n", s.path, strings.ReplaceAll(s.text, "|", `\|`), fallback)
	}
	compare(t, tableFile, []byte(before+tableBegin+table.String()+tableEnd+after))
}

// compare reports a file that has other text, or writes it.
func compare(t *testing.T, file string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is stale: run make snapshots and look at the difference", file)
	}
}

// What the app takes, an editor takes too; what an editor would mark, the app
// refuses.
func TestSchemaAgreesWithTheApp(t *testing.T) {
	resolved, err := schema(documented(t)).Resolve(nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		value any
		ok    bool
	}{
		"the example":              {decode(t, fixture.Settings, nil), true},
		"only what is required":    {decode(t, good, nil), true},
		"no environment":           {map[string]any{}, false},
		"a misspelt setting":       {decode(t, good, set{"dev.regoin": "us-east-1"}), false},
		"a misspelt queue setting": {decode(t, good, set{"dev.shared.queuename": "x"}), false},
		"a required one missing":   {decode(t, good, set{"dev.publishers.web.roleName": absent}), false},
		"no publishers at all":     {decode(t, good, set{"dev.publishers": absent}), false},
		"a number for text":        {decode(t, good, set{"dev.shared.retention": 3600.0}), false},
		"half a receive":           {decode(t, good, set{"dev.shared.maxReceiveCount": 2.5}), false},
		"another removal policy":   {decode(t, good, set{"dev.shared.removalPolicy": "snapshot"}), false},
		"a number as tag":          {decode(t, good, set{"dev.tags": map[string]any{"cost": 7.0}}), false},
	} {
		t.Run(name, func(t *testing.T) {
			if err := resolved.Validate(c.value); (err == nil) != c.ok {
				t.Errorf("the schema says %v", err)
			}
			if _, err := settings.Parse(c.value); (err == nil) != c.ok {
				t.Errorf("the app says %v", err)
			}
		})
	}
}

// cdk.json names its schema, which refers to that of the settings: editors find
// both with nothing to set up.
func TestEditorsCheckTheWholeOfCDKJSON(t *testing.T) {
	var config map[string]any
	read := func(name string, into any) {
		t.Helper()
		text, err := os.ReadFile(root + "/" + name)
		if err == nil {
			err = json.Unmarshal(text, into)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	read("cdk.json", &config)
	name, _ := config["$schema"].(string)
	load := func(at *url.URL) (*jsonschema.Schema, error) {
		s := &jsonschema.Schema{}
		read(at.Path, s)
		return s, nil
	}
	base := &url.URL{Scheme: "file", Path: "/" + strings.TrimPrefix(name, "./")}
	whole, err := load(base)
	if err != nil {
		t.Fatal(err)
	}
	resolved, err := whole.Resolve(&jsonschema.ResolveOptions{BaseURI: base.String(), Loader: load})
	if err != nil {
		t.Fatal(err)
	}
	if err := resolved.Validate(config); err != nil {
		t.Error(err)
	}
	config["context"].(map[string]any)["environments"] = map[string]any{"dev": map[string]any{"regoin": "us-east-1"}}
	if err := resolved.Validate(config); err == nil {
		t.Error("a misspelt setting passes")
	}
}
