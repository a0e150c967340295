// Package evaluate asks an independent evaluator of AWS policies, which runs as a
// process of Node.js, what policies allow.
package evaluate

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"
)

//go:embed evaluate.mjs
var script string

// A World is the policies that decide, as documents by id.
type World map[string]any

// What the evaluator reads and writes: see evaluate.mjs.
type (
	// Input asks about each decision in each world. The first world is complete, each
	// other one replaces some of its policies.
	Input struct {
		Worlds    []World    `json:"worlds"`
		Callers   []Caller   `json:"callers"`
		Decisions []Question `json:"decisions"`
	}
	// A Caller asks. With no Principal it is anonymous.
	Caller struct {
		Principal string         `json:"principal"`
		Policies  []string       `json:"policies"`           // ids
		Boundary  string         `json:"boundary,omitempty"` // id of the permissions boundary, if the world has one
		Control   string         `json:"control,omitempty"`  // id of the service control policy, if the world has one
		Context   map[string]any `json:"context"`
	}
	// A Question has the answer yes if one request is allowed, or if all are where All
	// is true. Want is the answer that is expected.
	Question struct {
		Caller   int       `json:"caller"` // index
		All      bool      `json:"all"`
		Want     bool      `json:"want"`
		Requests []Request `json:"requests"`
	}
	// A Request is for one action, or, like sqs:*, for every action of the service on
	// that kind of resource without those in Except.
	Request struct {
		Action   string         `json:"action"`
		Except   []string       `json:"except"`
		Resource string         `json:"resource"`
		Account  string         `json:"account"`
		Policy   string         `json:"policy"`            // id of the resource's policy
		Control  string         `json:"control,omitempty"` // id of the resource control policy, if the world has one
		Context  map[string]any `json:"context"`
	}
	// An Answer has what is wrong with a world's policies, or what was got for each
	// decision. In every world but the first it ends at the first that is not as wanted.
	Answer struct {
		Problems []string `json:"problems"`
		Got      []bool   `json:"got"`
	}
)

// An Evaluator is a process of the evaluator. It answers until it is closed, one
// question at a time.
type Evaluator struct {
	mu     sync.Mutex
	node   *exec.Cmd
	in     io.WriteCloser
	out    *json.Decoder
	stderr bytes.Buffer
	close  func() error // ends it, once
	judged sync.Map     // verdicts by case, as JSON
}

// Package is the npm package of the evaluator, in the version that it was tried with. It
// brings the two others that are asked.
const Package = "@cloud-copilot/iam-simulate@0.1.173"

// Start starts the process, with the modules of Node.js that are installed in the
// folder or above it.
func Start(folder string) (*Evaluator, error) {
	root, err := installed(folder)
	if err != nil {
		return nil, fmt.Errorf("policy evaluator: %w", err)
	}
	e := &Evaluator{node: exec.Command("node", "--input-type=module", "--eval", script)}
	e.node.Dir = root
	e.node.Stderr = &e.stderr
	in, err := e.node.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := e.node.StdoutPipe()
	if err != nil {
		return nil, err
	}
	e.in, e.out, e.close = in, json.NewDecoder(out), sync.OnceValue(e.end)
	if err := e.node.Start(); err != nil {
		return nil, fmt.Errorf("policy evaluator: %w", err)
	}
	return e, nil
}

// installed is the first folder, this one or one above, that has the evaluator.
func installed(folder string) (string, error) {
	at, err := filepath.Abs(folder)
	if err != nil {
		return "", err
	}
	for {
		module := filepath.Join(at, "node_modules", "@cloud-copilot", "iam-simulate", "package.json")
		// With this look at the file, go test does not reuse a result from before it changed.
		if _, err := os.Stat(module); err == nil {
			return at, nil
		}
		if filepath.Dir(at) == at {
			return "", fmt.Errorf("it is not installed: npm install --save-dev --save-exact %s", Package)
		}
		at = filepath.Dir(at)
	}
}

// Close ends the process. Without it the process ends when this one does.
func (e *Evaluator) Close() error { return e.close() }

// endTime is how long the process may take to end.
const endTime = 10 * time.Second

func (e *Evaluator) end() error {
	_ = e.in.Close()
	defer time.AfterFunc(endTime, func() { _ = e.node.Process.Kill() }).Stop()
	if err := e.node.Wait(); err != nil {
		return fmt.Errorf("policy evaluator: %w\n%s", err, e.stderr.Bytes())
	}
	return nil
}

// answerTime is how long one call of Ask may take: many times what a thousand queues
// need. After that the process is ended, and Ask says so.
const answerTime = 5 * time.Minute

// Ask asks about every decision in every world.
func (e *Evaluator) Ask(in Input) ([]Answer, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	defer time.AfterFunc(answerTime, func() { _ = e.node.Process.Kill() }).Stop()
	var answers []Answer
	err := json.NewEncoder(e.in).Encode(in)
	if err == nil {
		err = e.out.Decode(&answers)
	}
	if err == nil {
		return answers, nil
	}
	// Why the process has failed is what matters, if it has.
	if failed := e.Close(); failed != nil {
		return nil, failed
	}
	return nil, fmt.Errorf("policy evaluator: %w", err)
}

// Document is a policy document with the statements.
func Document(statements ...map[string]any) map[string]any {
	list := make([]any, len(statements))
	for i, s := range statements {
		list[i] = s
	}
	return map[string]any{"Version": "2012-10-17", "Statement": list}
}
