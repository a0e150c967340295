package app

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"example.com/shared-queue/internal/app/settings"
	"example.com/shared-queue/internal/assembly"
	"example.com/shared-queue/internal/cdktest"
	"example.com/shared-queue/internal/fixture"
)

// Package fixture has what the app writes for its settings: the proof's tests start
// from there, without CDK.
func TestFixture(t *testing.T) {
	for folder, c := range map[string]struct {
		settings string
		kept     fs.FS
	}{
		"assembly": {fixture.Settings, fixture.Assembly()},
		"variants": {fixture.Variants, fixture.VariantsAssembly()},
	} {
		t.Run(folder, func(t *testing.T) {
			environments, err := settings.Parse(c.settings)
			if err != nil {
				t.Fatal(err)
			}
			cdkApp := cdktest.NewApp(t)
			if err := Define(cdkApp, environments); err != nil {
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
