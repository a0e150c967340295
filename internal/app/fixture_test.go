package app

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"

	"example.com/shared-queue/internal/app/settings"
	"example.com/shared-queue/internal/assembly"
	"example.com/shared-queue/internal/cdktest"
	"example.com/shared-queue/internal/fixture"
)

// Package fixture has what the app writes for its settings, and what another app
// writes: the proof's tests start from there, without CDK.
func TestFixture(t *testing.T) {
	of := func(text string) func(*testing.T, awscdk.App) error {
		return func(t *testing.T, cdkApp awscdk.App) error {
			environments, err := settings.Parse(text)
			if err != nil {
				return err
			}
			return Define(cdkApp, environments)
		}
	}
	for folder, c := range map[string]struct {
		define func(*testing.T, awscdk.App) error
		kept   fs.FS
	}{
		"assembly":  {of(fixture.Settings), fixture.Assembly()},
		"variants":  {of(fixture.Variants), fixture.VariantsAssembly()},
		"sharedkey": {defineSharedKey, fixture.SharedKeyAssembly()},
	} {
		t.Run(folder, func(t *testing.T) {
			cdkApp := cdktest.NewApp(t)
			if err := c.define(t, cdkApp); err != nil {
				t.Fatal(err)
			}
			written, err := assembly.Files(os.DirFS(*cdkApp.Synth(nil).Directory()))
			if err != nil {
				t.Fatal(err)
			}
			if *update {
				if err := assembly.Replace(filepath.Join(root, "internal", "fixture", folder), written); err != nil {
					t.Fatal(err)
				}
				return
			}
			kept, err := assembly.Files(c.kept)
			if err != nil {
				t.Fatalf("%v: write it with make snapshots", err)
			}
			for name, text := range written {
				if !bytes.Equal(kept[name], text) {
					t.Errorf("%s differs from what the app writes: look at the difference with make snapshots and git diff", name)
				}
			}
			if len(kept) != len(written) {
				t.Errorf("%d files are kept and %d are written", len(kept), len(written))
			}
		})
	}
}
