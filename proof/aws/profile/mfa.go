package profile

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/mattn/go-isatty"
)

// A Code asks the user of a profile for an MFA code.
type Code func(ctx context.Context, profile string) (string, error)

// ErrNoTerminal means that an MFA code is needed and nobody can be asked for it.
var ErrNoTerminal = errors.New("the profile needs an MFA code, and there is no terminal to ask for it")

// Ask asks on the terminal: the question goes to out, the answer comes from in.
// If in is no terminal the error is ErrNoTerminal.
func Ask(in *os.File, out io.Writer) Code {
	return func(ctx context.Context, profile string) (string, error) {
		if !isatty.IsTerminal(in.Fd()) && !isatty.IsCygwinTerminal(in.Fd()) {
			return "", ErrNoTerminal
		}
		if profile == "" {
			profile = "default"
		}
		fmt.Fprintf(out, "MFA code for profile %s: ", profile)
		return readLine(ctx, in)
	}
}

// readLine does not wait longer than ctx. A read from a terminal cannot be
// given up; it ends with the process.
func readLine(ctx context.Context, in io.Reader) (string, error) {
	type line struct {
		text string
		err  error
	}
	read := make(chan line, 1)
	go func() {
		text, err := bufio.NewReader(in).ReadString('\n')
		read <- line{strings.TrimSpace(text), err}
	}()
	select {
	case l := <-read:
		if l.text == "" && l.err != nil {
			return "", ErrNoTerminal
		}
		return l.text, nil
	case <-ctx.Done():
		return "", ctx.Err()
	}
}
