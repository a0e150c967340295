// Package cdk is the thin layer between the constructs and CDK: it reads a stack's
// account and Region, makes grants from policies, and turns a failed call of CDK
// into an error.
package cdk

import (
	"fmt"
	"strings"
)

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
