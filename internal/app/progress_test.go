package app

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestProgressOfManyStacks(t *testing.T) {
	folder := t.TempDir()
	write := func(from, to int) {
		for i := from; i < to; i++ {
			if err := os.WriteFile(filepath.Join(folder, fmt.Sprintf("stack%d.template.json", i)), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	r, w := io.Pipe()
	lines := bufio.NewScanner(r)
	tick := make(chan time.Time)
	go func() {
		if !report(w, folder, 60, tick, nil) {
			t.Error("not all are written")
		}
		_ = w.Close()
	}()
	says := func(want string) {
		t.Helper()
		if !lines.Scan() || lines.Text() != want {
			t.Errorf("got %q, want %q", lines.Text(), want)
		}
	}
	write(0, 20)
	tick <- time.Time{}
	says("20 of 60 templates are written")
	write(20, 60)
	tick <- time.Time{}
	says("60 of 60 templates are written")
	if lines.Scan() {
		t.Errorf("and then %q", lines.Text())
	}
}

func TestProgressOfASynthesisThatIsDone(t *testing.T) {
	done := make(chan struct{})
	close(done)
	if report(io.Discard, t.TempDir(), 60, nil, done) {
		t.Error("all are written")
	}
}
