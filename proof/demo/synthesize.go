package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"example.com/shared-queue/internal/app/settings"
	"example.com/shared-queue/internal/assembly"
	"example.com/shared-queue/proof/template"
	"example.com/shared-queue/proof/world"
)

// synthesize runs the app as the CDK CLI does, without its validator, and reads what
// its stacks deploy.
func synthesize(ctx context.Context, o options) (*world.World, error) {
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
	stacks, err := assembly.Read(os.DirFS(folder))
	if err != nil {
		return nil, fmt.Errorf("synthesize: %w", err)
	}
	w, _, err := template.Read(stacks)
	return w, err
}
