package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"example.com/shared-queue/internal/app/settings"
)

// synthesize runs the app as the CDK CLI does, without its validator, and reads
// the templates by stack.
func synthesize(ctx context.Context, o options) (map[string]any, error) {
	handed, err := settings.Context(o.settings)
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(handed)
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "demo")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	context := filepath.Join(folder, "context.json")
	if err := os.WriteFile(context, text, 0o600); err != nil {
		return nil, err
	}
	app := exec.CommandContext(ctx, o.app)
	app.Env = append(os.Environ(), "CDK_VALIDATION=false", "CDK_OUTDIR="+folder, "CDK_CONTEXT_JSON={}", "CONTEXT_OVERFLOW_LOCATION_ENV="+context)
	if output, err := app.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("synthesize: %s: %w\n%s", o.app, err, output)
	}
	return readTemplates(folder)
}

func readTemplates(folder string) (map[string]any, error) {
	const suffix = ".template.json"
	files, err := filepath.Glob(filepath.Join(folder, "*"+suffix))
	if err != nil {
		return nil, err
	}
	templates := map[string]any{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		var template any
		if err := json.Unmarshal(text, &template); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		templates[strings.TrimSuffix(filepath.Base(file), suffix)] = template
	}
	return templates, nil
}
