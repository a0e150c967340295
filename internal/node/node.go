// Package node prepares the Node.js process that jsii starts: it makes the start
// and CDK's validator faster, and says in one line that a version is not
// supported.
package node

import (
	_ "embed"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A release is a major version of Node.js.
type release struct {
	major     string
	endOfLife string // its last day
}

// releases are those that jsii-runtime-go 1.139 and the Flags were tested
// with. https://github.com/nodejs/Release#release-schedule
var releases = []release{
	{"20", "2026-04-30"},
	{"22", "2027-04-30"},
	{"24", "2028-04-30"},
}

// Flags of V8 halve the time that CDK's validator takes to start. Building its
// WebAssembly engine sets off hundreds of garbage collections, in which marking
// on another thread costs more than it saves. Most of the engine does not run long
// enough to repay compiling it a second time, optimized; and Node.js waits at its
// end for a compilation that has begun, up to a quarter of a second.
var Flags = []string{"--no-concurrent-marking", "--wasm-tiering-budget=1000000000"}

// The environment variables of Node.js and jsii that are read or set here.
const (
	options        = "NODE_OPTIONS"
	executable     = "JSII_NODE"
	silenceEnded   = "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION" // major versions, with commas between them
	silenceOld     = "JSII_SILENCE_WARNING_DEPRECATED_NODE_VERSION"
	silenceUnknown = "JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION"
)

// Prepare sets environment variables for a Node.js process that is started
// afterwards. If its version is not supported, and the user has not silenced
// jsii's banner about that, it turns the banner off and returns a remark of one
// line in its place.
func Prepare() (remark string) { return prepare(time.Now()) }

func prepare(today time.Time) (remark string) {
	version := installed()
	major, _, _ := strings.Cut(strings.TrimPrefix(version, "v"), ".")
	if tested(major) {
		own, set := os.LookupEnv(options)
		if !set {
			own = "--max-old-space-size=4069" // as jsii does
		}
		_ = os.Setenv(options, withOptions(own))
	}
	supported := supportedOn(today)
	silenced := os.Getenv(silenceEnded)
	switch {
	case version == "", len(supported) == 0, isNew(major): // nothing to say that jsii does not
		return ""
	case slices.Contains(supported, major), slices.Contains(strings.Split(silenced, ","), major):
		return ""
	}
	_ = os.Setenv(silenceEnded, silenced+","+major)
	_ = os.Setenv(silenceOld, "1")
	_ = os.Setenv(silenceUnknown, "1")
	return fmt.Sprintf("Node.js %s is not supported by AWS CDK: install Node.js %s", version, strings.Join(supported, " or "))
}

// installed is the version of the Node.js that jsii starts, like v24.1.0; empty
// if there is none, which jsii reports.
func installed() string {
	node := os.Getenv(executable)
	if node == "" {
		node = "node"
	}
	version, err := exec.Command(node, "--version").Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(version))
}

// Validates reports whether CDK's validator reads the templates.
func Validates() bool { return os.Getenv("CDK_VALIDATION") != "false" }

// isNew reports whether a major version is newer than all releases.
func isNew(major string) bool {
	n, err := strconv.Atoi(major)
	newest, _ := strconv.Atoi(releases[len(releases)-1].major)
	return err == nil && n > newest
}

// tested reports whether a major version is known to have the flags: V8 prints
// a line about one that it does not have.
func tested(major string) bool {
	return slices.ContainsFunc(releases, func(r release) bool { return r.major == major })
}

// withOptions adds to a user's options for Node.js what makes it faster. A parent
// process may have added it already.
func withOptions(own string) string {
	last := ""
	if runtime.GOOS != "windows" { // which has no /dev/fd
		last = directOptions(programDigest) // nothing is imported after it
	}
	all := []string{strings.TrimSpace(strings.TrimSuffix(own, last))}
	if flags := flagsOption(Flags); Validates() && !strings.Contains(own, flags) {
		all = append(all, flags)
	}
	return strings.TrimSpace(strings.Join(append(all, last), " "))
}

// flagsOption is an option for Node.js that sets flags of V8. Node.js takes few of
// them as its own options, but a module to import first, which can set any.
func flagsOption(flags []string) string {
	module := "import v8 from 'node:v8';"
	for _, flag := range flags {
		module += "v8.setFlagsFromString('" + flag + "');"
	}
	return importOption(module)
}

// programDigest is the SHA-256 of bin/jsii-runtime.js and lib/program.js in
// jsii-runtime-go 1.139.0, one after the other.
const programDigest = "aacf16e63364f2f5e3c93f7a04d59a47f1d06c7b41837dc153406fd6abd04a63"

//go:embed direct.mjs
var directModule string

// directOptions are options for Node.js to run jsii's program in the process that jsii
// starts, if the digest is that of its files.
func directOptions(digest string) string {
	return "--preserve-symlinks " + importOption(strings.Replace(directModule, "SHA-256", digest, 1))
}

// importOption is an option for Node.js to import a module first.
func importOption(module string) string {
	return "--import=data:text/javascript," + url.PathEscape(module)
}

// supportedOn are the major versions that are not at the end of their life on
// the day.
func supportedOn(day time.Time) []string {
	var majors []string
	for _, r := range releases {
		if day.Format(time.DateOnly) <= r.endOfLife {
			majors = append(majors, r.major)
		}
	}
	return majors
}
