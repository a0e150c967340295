package demo

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"example.com/shared-queue/internal/app/settings"
	"example.com/shared-queue/internal/assembly"
	"example.com/shared-queue/proof/asked"
	"example.com/shared-queue/proof/template"
	"example.com/shared-queue/proof/world"
)

// endTime is how long the app's processes may take to end after Ctrl-C.
const endTime = 10 * time.Second

// synthesize runs the app as the CDK CLI does, without its validator, and reads what
// its stacks deploy, and what was asked for.
func synthesize(ctx context.Context, o options) (*world.World, *asked.App, error) {
	handed, err := settings.Context(o.settings)
	if err != nil {
		return nil, nil, err
	}
	text, err := json.Marshal(handed)
	if err != nil {
		return nil, nil, err
	}
	folder, err := os.MkdirTemp("", "demo")
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	file := filepath.Join(folder, "context.json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		return nil, nil, err
	}
	app := exec.CommandContext(ctx, o.app)
	app.Env = append(os.Environ(), "CDK_VALIDATION=false", "CDK_OUTDIR="+folder, "CDK_CONTEXT_JSON={}", "CONTEXT_OVERFLOW_LOCATION_ENV="+file)
	app.WaitDelay = endTime // for its children, which have its output too
	if output, err := app.CombinedOutput(); err != nil {
		return nil, nil, fmt.Errorf("synthesize: %s: %w\n%s", o.app, cmp.Or(context.Cause(ctx), err), output)
	}
	stacks, err := assembly.Read(os.DirFS(folder))
	if err != nil {
		return nil, nil, fmt.Errorf("synthesize: %w", err)
	}
	return template.Read(stacks)
}
