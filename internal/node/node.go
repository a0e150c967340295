// Package node starts and ends the Node.js process that jsii uses.
package node

import (
	"bytes"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"

	"github.com/aws/jsii-runtime-go"
)

// Flags of V8 halve the time that CDK's validator takes to start. Building its
// WebAssembly engine sets off hundreds of garbage collections, in which marking
// on another thread costs more than it saves. Most of the engine does not run long
// enough to repay compiling it a second time, optimized; and Node.js waits at its
// end for a compilation that has begun, up to a quarter of a second.
var Flags = []string{"--no-concurrent-marking", "--wasm-tiering-budget=1000000000"}

// newest is the newest major version of Node.js with which the Flags were tried. V8
// prints a line about a flag that it does not have, so later versions get none.
const newest = 24

// options is the environment variable that Node.js reads.
const options = "NODE_OPTIONS"

// Start makes the next jsii call start a Node.js process with the Flags, if CDK's
// validator is on. It comes before the first jsii call: jsii takes the environment
// before main begins.
func Start() {
	if Validates() {
		addFlags()
	}
	Restart()
}

// addFlags adds the Flags to the user's options for Node.js.
func addFlags() {
	own, set := os.LookupEnv(options)
	if !set {
		own = "--max-old-space-size=4069" // as jsii does
	}
	if flags := flagsOption(); !strings.Contains(own, flags) { // a parent process may have added them
		_ = os.Setenv(options, strings.TrimSpace(own+" "+flags))
	}
}

// flagsOption is an option for Node.js that sets the Flags. Node.js takes few flags
// of V8 as its own options, but a module to import first, which can set any.
func flagsOption() string {
	module := fmt.Sprintf("import v8 from 'node:v8';if(parseInt(process.versions.node)<=%d){", newest)
	for _, flag := range Flags {
		module += "v8.setFlagsFromString('" + flag + "');"
	}
	return "--import=data:text/javascript," + url.PathEscape(module+"}")
}

// Validates reports whether CDK's validator reads the templates.
func Validates() bool { return os.Getenv("CDK_VALIDATION") != "false" }

// Restart makes the next jsii call start another Node.js process, in the
// environment as it is now. Objects made before are gone.
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

// race is what jsii-runtime-go 1.142 prints when its Close has waited for the
// Node.js process before its own goroutine did, about every second time. It
// means nothing: the process has ended as it should.
const race = "Runtime process exited abnormally: waitid: no child processes"
