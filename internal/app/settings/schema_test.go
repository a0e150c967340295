package settings_test

import (
	"bytes"
	"encoding/json"
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
	"example.com/shared-queue/internal/fixture"
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
	property string // as Go spells its name
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
	_, queue = pick(queue, "key") // which is a construct
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
		s := setting{path: problem.Spell(name), property: name, goType: types.ExprString(field.Type)}
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
		first, _ := sentences(s.text)
		fmt.Fprintf(&table, "| `%s` | %s | %s |\n", s.path, strings.ReplaceAll(first, "|", `\|`), fallback)
	}
	table.WriteString("\nMore on some of them:\n\n")
	for _, s := range documented(t) {
		if _, more := sentences(s.text); more != "" {
			table.WriteString(wrapped("- `"+s.path+"`: "+more+".") + "\n")
		}
	}
	table.WriteString("\n")
	compare(t, tableFile, []byte(before+tableBegin+table.String()+tableEnd+after))
}

// sentences are the first sentence of a text and the others.
func sentences(text string) (first, others string) {
	if end := sentenceEnd.FindStringIndex(text); end != nil {
		return text[:end[0]], text[end[1]-1:]
	}
	return text, ""
}

var sentenceEnd = regexp.MustCompile(`\. [A-Z0-9]`)

// wrapped is an item of a list in lines of at most 130 characters.
func wrapped(item string) string {
	words := strings.Fields(item)
	lines := words[:1]
	for _, word := range words[1:] {
		if last := len(lines) - 1; len(lines[last])+1+len(word) <= 130 {
			lines[last] += " " + word
		} else {
			lines = append(lines, "  "+word)
		}
	}
	return strings.Join(lines, "\n")
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
	type sample struct {
		value any
		ok    bool
	}
	samples := map[string]sample{
		"the variants":             {decode(t, fixture.Variants, nil), true},
		"every setting":            {decode(t, every, nil), true},
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
	}
	for name, c := range atTheEdge() {
		samples[name] = sample{decode(t, good, c), true}
	}
	for name, c := range samples {
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

// An editor marks most of what the app refuses. What it does not is what JSON
// Schema cannot say: what one setting says of another, and of other environments.
func TestTheSchemaMarksMistakes(t *testing.T) {
	resolved, err := schema(documented(t)).Resolve(nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := resolved.Validate(with(t)); err != nil {
		t.Errorf("it marks settings that the app takes: %v", err)
	}
	all := mistakes(t)
	var unmarked []string
	for _, m := range all {
		if resolved.Validate(with(t, m)) == nil {
			unmarked = append(unmarked, fmt.Sprint(m))
		}
	}
	marked := len(all) - len(unmarked)
	t.Logf("of %d wrong settings an editor marks %d by the schema; the app refuses each", len(all), marked)
	if marked*100 < len(all)*98 {
		t.Errorf("it does not mark\n%s", strings.Join(unmarked, "\n"))
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
