package settings_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/google/jsonschema-go/jsonschema"

	"example.com/shared-queue/address"
	"example.com/shared-queue/internal/app/settings"
	"example.com/shared-queue/internal/problem"
	"example.com/shared-queue/spec"
)

// schema is the JSON Schema of the context key environments. It is made of what
// the checks go by, and marks nothing that the app takes. What a check knows of
// several settings together it has as far as JSON Schema can say it.
func schema(all []setting) *jsonschema.Schema {
	environment := object()
	for _, s := range all {
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
	relate(environment)
	shortest := spec.Environment{}
	return &jsonschema.Schema{
		Schema:               "https://json-schema.org/draft/2020-12/schema",
		Title:                "Settings of the shared queues",
		Description:          `The value of "environments" under "context" in cdk.json: one environment for each shared account and its queue.`,
		Type:                 "object",
		MinProperties:        new(1),
		PropertyNames:        stackName(len(shortest.StackName())),
		AdditionalProperties: environment,
	}
}

// relate adds what settings say of each other.
func relate(environment *jsonschema.Schema) {
	shared, publishers := environment.Properties["shared"], environment.Properties["publishers"]
	publisher := publishers.AdditionalProperties
	shortest := spec.Environment{Name: "x"}
	publishers.PropertyNames = stackName(len(shortest.PublisherStackName(spec.Publisher{})))

	const ofFIFO = `\.fifo$`
	name := "The name of a FIFO queue ends in .fifo, and fifo is true, or neither."
	only := "Only with fifo."
	shared.If = is("fifo")
	shared.Then = properties("queueName", saying(name, &jsonschema.Schema{Pattern: ofFIFO}))
	shared.Else = properties("queueName", saying(name, not(&jsonschema.Schema{Pattern: ofFIFO})),
		"contentBasedDeduplication", saying(only, constant(false)), "highThroughput", saying(only, constant(false)))

	publisher.If = is("everyAccount")
	publisher.Then = properties("account", not(&jsonschema.Schema{}),
		"permissionsBoundary", saying("In every account: account in the place of the id.", not(&jsonschema.Schema{Pattern: `::[0-9]{12}:`})))
	publisher.Else = &jsonschema.Schema{Required: []string{"account"}}

	environment.AllOf = []*jsonschema.Schema{
		{
			If:   properties("shared", is("fifo")),
			Then: properties("services", &jsonschema.Schema{Items: saying("S3 sends nothing to a FIFO queue.", not(constant("s3.amazonaws.com")))}),
		},
		{
			If:   properties("publishers", &jsonschema.Schema{AdditionalProperties: not(is("everyAccount"))}),
			Else: &jsonschema.Schema{Required: []string{"organization"}},
		},
	}
	environment.AllOf[0].If.Required = []string{"shared"}
}

// properties is a schema of names and what their values are.
func properties(pairs ...any) *jsonschema.Schema {
	s := &jsonschema.Schema{Properties: map[string]*jsonschema.Schema{}}
	for i := 0; i < len(pairs); i += 2 {
		add(s, pairs[i].(string), pairs[i+1].(*jsonschema.Schema))
	}
	return s
}

// is says that the setting is there and true.
func is(name string) *jsonschema.Schema {
	s := properties(name, constant(true))
	s.Required = []string{name}
	return s
}

func constant(value any) *jsonschema.Schema { return &jsonschema.Schema{Const: &value} }

func not(s *jsonschema.Schema) *jsonschema.Schema { return &jsonschema.Schema{Not: s} }

// saying adds what Visual Studio Code shows where the schema is not met.
func saying(text string, s *jsonschema.Schema) *jsonschema.Schema {
	s.Extra = map[string]any{"errorMessage": text}
	return s
}

// stackName is a name that is a part of a stack's, beside others.
func stackName(others int) *jsonschema.Schema {
	return saying("A name of letters, digits and -, first a letter: stacks are named after it.",
		&jsonschema.Schema{Pattern: settings.StackNamePart.String(), MaxLength: new(settings.MaxStackName - others)})
}

func object() *jsonschema.Schema {
	return &jsonschema.Schema{Type: "object", Properties: map[string]*jsonschema.Schema{}, AdditionalProperties: not(&jsonschema.Schema{})}
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

// leaf is the schema of one setting, by its type and its rule.
func leaf(s setting) *jsonschema.Schema {
	rule := spec.RuleOf(s.property)
	var l *jsonschema.Schema
	switch s.goType {
	case "bool":
		l = &jsonschema.Schema{Type: "boolean"}
	case "*int":
		l = &jsonschema.Schema{Type: "integer", Minimum: new(float64(rule.Lowest)), Maximum: new(float64(rule.Highest)),
			Default: json.RawMessage(s.fallback)} // which editors insert
	case "*time.Duration":
		l = duration(rule)
	case "[]string", "[]address.Path", "[]address.Principal":
		l = &jsonschema.Schema{Type: "array", Items: text(rule, s), UniqueItems: true}
		if s.fallback == "" {
			l.MinItems = new(1)
		}
	case "map[string]string":
		l = &jsonschema.Schema{Type: "object", MaxProperties: new(settings.MaxTags), PropertyNames: form(settings.TagKey),
			AdditionalProperties: &jsonschema.Schema{Type: "string", Pattern: settings.TagValue.String()}}
	case "string", "address.Region", "RemovalPolicy":
		l = text(rule, s)
	default:
		panic("the schema has no type for " + s.goType)
	}
	l.Description = strings.ToUpper(s.text[:1]) + s.text[1:] + "."
	if s.fallback != "" {
		l.Description += " Default: " + s.fallback + "."
	}
	return l
}

// text is one text by its rule.
func text(rule spec.Rule, s setting) *jsonschema.Schema {
	l := form(rule.Form)
	l.Type = "string"
	if l.Pattern != "" {
		first, _ := sentences(s.text)
		saying("Allowed: "+first+".", l)
	}
	for _, word := range rule.OneOf {
		l.Enum = append(l.Enum, word)
	}
	return l
}

func form(f address.Form) *jsonschema.Schema {
	l := &jsonschema.Schema{}
	if f.Pattern != nil {
		l.Pattern = f.Pattern.String()
	}
	if f.Except != nil {
		l.Not = &jsonschema.Schema{Pattern: f.Except.String()}
	}
	if f.MaxLength > 0 {
		l.MaxLength = &f.MaxLength
	}
	return l
}

// duration is a duration in the notation of Go, in a range.
func duration(rule spec.Rule) *jsonschema.Schema {
	examples := durationExamples(rule)
	return saying(fmt.Sprintf("Allowed: whole seconds from %s to %s, like %q.", inSeconds(rule.Lowest), inSeconds(rule.Highest), examples[0]),
		&jsonschema.Schema{Type: "string", Pattern: durationPattern(rule.Lowest, rule.Highest), Examples: examples})
}

func inSeconds(n int) string { return problem.Duration(time.Duration(n) * time.Second) }

// durationExamples are three durations of the range: its first, its last and one
// between.
func durationExamples(rule spec.Rule) []any {
	var within []any
	for _, n := range []int{5, 20, 60, 90, 300, 900, 3600, 12 * 3600, 24 * 3600, 96 * 3600, 336 * 3600} {
		if n >= rule.Lowest && n <= rule.Highest {
			within = append(within, inSeconds(n))
		}
	}
	return []any{within[0], within[len(within)/2], within[len(within)-1]}
}
