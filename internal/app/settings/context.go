package settings

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"

	"example.com/shared-queue/spec"
)

// The CDK CLI hands its context (cdk.json, cdk.context.json and -c together)
// to the app in the environment, and in a file what does not fit there.
// https://github.com/aws/aws-cdk/blob/main/packages/aws-cdk-lib/cx-api/lib/cxapi.ts
const (
	contextVariable  = "CDK_CONTEXT_JSON"
	overflowVariable = "CONTEXT_OVERFLOW_LOCATION_ENV"
)

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
	return Parse(context[ContextKey])
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
	return Parse(context[ContextKey])
}

func readObject(file string) (map[string]any, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	object := map[string]any{}
	if err := unmarshal(text, &object); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return object, nil
}
