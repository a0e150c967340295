package progress_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.com/shared-queue/internal/progress"
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
	var out strings.Builder
	tick, finished := make(chan time.Time), make(chan bool)
	go func() {
		progress.Report(&out, folder, 60, tick, nil)
		finished <- true
	}()
	tick <- time.Time{}
	write(0, 20)
	tick <- time.Time{}
	tick <- time.Time{} // nothing new: nothing is said
	write(20, 60)
	tick <- time.Time{}
	<-finished
	if got, want := out.String(), "20 of 60 templates are written\n60 of 60 templates are written\nValidating them …\n"; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
