package simulation

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"example.com/shared-queue/proof/evaluate"
	"example.com/shared-queue/proof/world"
)

// A control is a service or resource control policy that an organization has
// attached.
type control struct {
	id       string
	kind     types.PolicyType
	target   string // the organization path of a root or OU, or an account
	text     string
	document object
}

// controlKinds are the names by which the evaluator knows an organization's policies.
var controlKinds = map[types.PolicyType]string{
	types.PolicyTypeServiceControlPolicy:  "service control policy",
	types.PolicyTypeResourceControlPolicy: "resource control policy",
}

// AttachPolicy attaches a service or resource control policy to a target: the path of
// a root or an OU, like o-exampleorgid/r-examplerootid111, or an account's id. Beside
// it each target keeps the policy of AWS that allows everything, so it may only deny.
func (s *Simulation) AttachPolicy(kind types.PolicyType, target, text string) error {
	name, ok := controlKinds[kind]
	if !ok {
		return fmt.Errorf("the simulation attaches service and resource control policies, no %s", kind)
	}
	c := control{kind: kind, target: target, text: text}
	if err := json.Unmarshal([]byte(text), &c.document); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	for _, statement := range world.List(c.document["Statement"]) {
		if s, _ := statement.(object); s["Effect"] != "Deny" {
			return errors.New(name + ": the simulation takes one that denies only")
		}
	}
	problems, err := s.evaluator.Problems(evaluate.World{name: c.document})
	if err != nil {
		return err
	}
	if len(problems) > 0 {
		return fmt.Errorf("%s that AWS would reject, or conditions that never match: %s", name, strings.Join(problems, "; "))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c.id = fmt.Sprintf("p-%08d", len(s.attached)+1)
	s.attached = append(s.attached, c)
	return nil
}

// DetachPolicies detaches all that AttachPolicy has attached.
func (s *Simulation) DetachPolicies() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.attached = nil
}

// controls are the documents over an account. The management account has none.
// https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html
func (s *Simulation) controls(kind types.PolicyType, account string) []any {
	s.mu.Lock()
	defer s.mu.Unlock()
	path := s.paths[account]
	organization, _, _ := strings.Cut(path, "/")
	if path == "" || s.management[organization] == account {
		return nil
	}
	var documents []any
	for _, c := range s.attached {
		if c.kind == kind && (c.target == account || strings.HasPrefix(path+"/", c.target+"/")) {
			documents = append(documents, c.document)
		}
	}
	return documents
}
