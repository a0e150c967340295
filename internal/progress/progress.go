// Package progress says how far a long synthesis is.
package progress

import (
	"fmt"
	"io"
	"path/filepath"
	"time"
)

// Report counts at every tick the templates in the folder, until all are there or
// it is done. It reports whether all are there.
func Report(w io.Writer, folder string, stacks int, tick <-chan time.Time, done <-chan struct{}) (all bool) {
	for written := 0; written < stacks; {
		select {
		case <-done:
			return false
		case <-tick:
		}
		files, err := filepath.Glob(filepath.Join(folder, "*.template.json"))
		if err != nil {
			return false
		}
		if len(files) > written {
			written = len(files)
			fmt.Fprintf(w, "%d of %d templates are written\n", written, stacks)
		}
	}
	return true
}
