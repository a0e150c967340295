package access

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

//go:embed evaluate.mjs
var script string

// A World is the policies that decide, as documents by id.
type World map[string]any

// What the evaluator reads and writes: see evaluate.mjs.
type (
	input struct {
		Worlds    []World    `json:"worlds"`
		Callers   []caller   `json:"callers"`
		Decisions []question `json:"decisions"`
	}
	caller struct {
		Principal string         `json:"principal"`
		Policies  []string       `json:"policies"`
		Boundary  string         `json:"boundary,omitempty"` // permissions boundary, if the world has one
		Context   map[string]any `json:"context"`
	}
	question struct {
		Caller   int       `json:"caller"`
		All      bool      `json:"all"`
		Want     bool      `json:"want"`
		Requests []request `json:"requests"`
	}
	request struct {
		Action   string         `json:"action"`
		Except   []string       `json:"except"`
		Resource string         `json:"resource"`
		Account  string         `json:"account"`
		Policy   string         `json:"policy"`
		Control  string         `json:"control,omitempty"` // resource control policy, if the world has one
		Context  map[string]any `json:"context"`
	}
	answer struct {
		Problems []string `json:"problems"`
		Got      []bool   `json:"got"`
	}
)

// evaluate asks the evaluator, in one process, about every decision in every
// world. Root is the folder of node_modules.
func evaluate(root string, in input) ([]answer, error) {
	// Looked at also so that go test asks again when it has changed.
	if _, err := os.Stat(filepath.Join(root, "node_modules", ".package-lock.json")); err != nil {
		return nil, fmt.Errorf("policy evaluator: it is not installed: use make test: %w", err)
	}
	text, err := json.Marshal(in)
	if err != nil {
		return nil, err
	}
	node := exec.Command("node", "--input-type=module", "--eval", script)
	node.Dir = root // where it finds its modules
	node.Stdin = bytes.NewReader(text)
	var stdout, stderr bytes.Buffer
	node.Stdout, node.Stderr = &stdout, &stderr
	if err := node.Run(); err != nil {
		return nil, fmt.Errorf("policy evaluator: %w\n%s", err, stderr.Bytes())
	}
	var answers []answer
	if err := json.Unmarshal(stdout.Bytes(), &answers); err != nil {
		return nil, fmt.Errorf("policy evaluator: %w", err)
	}
	return answers, nil
}
