package settings

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"

	"example.com/shared-queue/internal/problem"
	"example.com/shared-queue/spec"
)

// The CDK CLI hands its context (cdk.json, cdk.context.json and -c together)
// to the app in the environment, and in a file what does not fit there.
// https://github.com/aws/aws-cdk/blob/main/packages/aws-cdk-lib/cx-api/lib/cxapi.ts
const (
	contextVariable  = "CDK_CONTEXT_JSON"
	overflowVariable = "CONTEXT_OVERFLOW_LOCATION_ENV"
)

// cacheFile is where the CDK CLI keeps what it looked up, in the folder in which it
// runs the app. The CLI silently drops from it what cdk.json has too.
const cacheFile = "cdk.context.json"

// FromCLI reads the settings that the CDK CLI hands over.
func FromCLI() ([]spec.Environment, error) {
	text, ok := os.LookupEnv(contextVariable)
	if !ok {
		return nil, errors.New("the app runs under the CDK CLI: use make synth, or npx cdk synth")
	}
	context := map[string]any{}
	if err := json.Unmarshal([]byte(text), &context); err != nil {
		return nil, fmt.Errorf("read the context of the CDK CLI: %w", err)
	}
	if file := os.Getenv(overflowVariable); file != "" {
		overflow, err := readObject(file)
		if err != nil {
			return nil, fmt.Errorf("read the context of the CDK CLI: %w", err)
		}
		maps.Copy(context, overflow)
	}
	cached, err := readObject(cacheFile)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var problems problem.List
	if value, there := cached[ContextKey]; there {
		problems.Add(cacheFile, problem.New(map[string]any{ContextKey: value},
			"no settings in this file: the CDK CLI prefers those of cdk.json, and cdk context --clear deletes them", "move them to cdk.json, under context"))
	}
	return parse(context, problems)
}

// parse reads the settings of a context, after problems that were found before.
func parse(context map[string]any, problems problem.List) ([]spec.Environment, error) {
	for _, key := range slices.Sorted(maps.Keys(context)) {
		problems.Add("context key "+problem.Name(key), checkKey(key, context))
	}
	environments, err := Parse(context[ContextKey])
	problems.Add("", err)
	if err := problems.Err(); err != nil {
		return nil, err
	}
	return environments, nil
}

// checkKey refuses a key that looks like a part of the settings. Nothing would read it,
// as all settings are one value.
func checkKey(key string, context map[string]any) error {
	if key == ContextKey {
		return nil
	}
	first, isPath := key, false
	if i := strings.IndexAny(key, ".[/:"); i > 0 {
		first, isPath = key[:i], true
	}
	environments, _ := context[ContextKey].(map[string]any)
	switch _, named := environments[first]; {
	case isPath && (named || similar(first, ContextKey)):
		return problem.New(context[key], "all settings as one value, "+ContextKey,
			`change it in cdk.json, or give all of them: -c environments="$(tr -d '\n' < other.json)"`)
	case !isPath && similar(first, ContextKey):
		return problem.New(context[key], "the key "+ContextKey+", as nothing reads this one", "rename or remove it")
	}
	return nil
}

// Context is the context that a cdk.json holds.
func Context(file string) (map[string]any, error) {
	config, err := readObject(file)
	if err != nil {
		return nil, err
	}
	context, ok := config["context"].(map[string]any)
	if !ok {
		return nil, fmt.Errorf("%s has no object \"context\"", file)
	}
	return context, nil
}

// FromFile reads the settings of a cdk.json.
func FromFile(file string) ([]spec.Environment, error) {
	context, err := Context(file)
	if err != nil {
		return nil, err
	}
	return parse(context, problem.List{})
}

func readObject(file string) (map[string]any, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	object := map[string]any{}
	// The CDK CLI ignores the mark too.
	if err := unmarshal([]byte(strings.TrimPrefix(string(text), byteOrderMark)), &object); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return object, nil
}
