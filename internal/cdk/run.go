// Package cdk is the thin layer between this project and CDK: it starts and ends
// jsii, reads a stack's account and Region, and makes grants from policies.
package cdk

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/aws/jsii-runtime-go"

	"example.com/shared-queue/internal/node"
)

// Main runs the program, ends jsii and exits: with status 0, or after printing
// the error with status 1. A failed jsii call, which is a panic, is an error
// like any other. It does not return.
func Main(program func() error) {
	err := Try(program)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		Exit(1)
	}
	Exit(0)
}

// Start prepares Node.js for jsii, and says on standard error if its version is
// not supported. It comes before the first jsii call.
func Start() {
	if remark := node.Prepare(); remark != "" {
		fmt.Fprintln(os.Stderr, remark)
	}
	Restart()
}

// Restart makes the next jsii call start another Node.js process, in the
// environment as it is now: jsii takes it before main begins. Objects made before
// are gone.
func Restart() { jsii.Close() }

// Exit ends jsii, its Node.js process and its temporary folder, then exits with
// the code. Tests call it with the code of testing.M.
func Exit(code int) {
	stderr := os.Stderr
	if r, w, err := os.Pipe(); err == nil {
		// jsii prints to whatever os.Stderr is by then.
		os.Stderr = w
		rest := make(chan []byte)
		go func() {
			text, _ := io.ReadAll(r)
			rest <- text
		}()
		jsii.Close()
		_ = w.Close()
		_, _ = stderr.Write(bytes.ReplaceAll(<-rest, []byte(race), nil))
	} else {
		jsii.Close()
	}
	os.Exit(code)
}

// race is what jsii-runtime-go 1.139 prints when its Close has waited for the
// Node.js process before its own goroutine did, about every second time. It
// means nothing: the process has ended as it should.
const race = "Runtime process exited abnormally: waitid: no child processes"

// Try runs the program. A failed jsii call in it, which is a panic, becomes an
// error.
func Try(program func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("cdk: %s", firstLine(fmt.Sprint(r)))
		}
	}()
	return program()
}

// firstLine drops the JavaScript stack that follows a message of CDK.
func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n    at ")
	return strings.TrimSpace(line)
}
