// Package organization holds where accounts are in their organizations, and which
// policies of the organizations are attached above them.
package organization

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"
)

// A Tree is all organizations. It is safe for concurrent use.
type Tree struct {
	mu       sync.Mutex
	paths    map[string]string // of accounts, without the account
	managers map[string]string // management accounts by organization
	attached []Policy
}

// New is a Tree with no account in any organization.
func New() *Tree { return &Tree{paths: map[string]string{}, managers: map[string]string{}} }

// SetPath puts an account into an organization, at the path. An empty path takes it out
// of any.
func (t *Tree) SetPath(account, path string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.paths[account] = path
}

// Path is the path of an account, empty if it is in no organization.
func (t *Tree) Path(account string) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.paths[account]
}

// Of is the id of the account's organization, empty for none.
func (t *Tree) Of(account string) string {
	id, _, _ := strings.Cut(t.Path(account), "/")
	return id
}

// SetManager makes an account the management account of an organization.
func (t *Tree) SetManager(organization, account string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.managers[organization] = account
}

// Manager is the organization's management account, empty if it is not known.
func (t *Tree) Manager(organization string) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.managers[organization]
}

// Find is the path of a root, an OU or an account of the organization, with the account
// at its end; empty if there is none.
func (t *Tree) Find(organization, id string) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	for account, path := range t.paths {
		if !strings.HasPrefix(path, organization+"/") {
			continue
		}
		if account == id {
			return path + "/" + account
		}
		parts := strings.Split(path, "/")
		if i := slices.Index(parts, id); i > 0 {
			return strings.Join(parts[:i+1], "/")
		}
	}
	return ""
}

// A Policy is a service or resource control policy that is attached.
type Policy struct {
	ID       string
	Kind     types.PolicyType
	Target   string // the path of a root or OU, or an account
	Text     string
	Document map[string]any // the same
	Managed  bool           // by AWS
}

// FullAccess are AWS's policies that allow everything, attached to every target.
var FullAccess = map[types.PolicyType]Policy{
	types.PolicyTypeServiceControlPolicy: {ID: "p-FullAWSAccess", Kind: types.PolicyTypeServiceControlPolicy, Managed: true,
		Text: `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`},
	types.PolicyTypeResourceControlPolicy: {ID: "p-RCPFullAWSAccess", Kind: types.PolicyTypeResourceControlPolicy, Managed: true,
		Text: `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}`},
}

// Summary is what Organizations lists of the policy.
func (p Policy) Summary() types.PolicySummary {
	return types.PolicySummary{Id: &p.ID, Name: aws.String(strings.TrimPrefix(p.ID, "p-")), Type: p.Kind, AwsManaged: p.Managed}
}

// Attach attaches the policy and gives it an id.
func (t *Tree) Attach(p Policy) {
	t.mu.Lock()
	defer t.mu.Unlock()
	p.ID = fmt.Sprintf("p-%08d", len(t.attached)+1)
	t.attached = append(t.attached, p)
}

// Detach detaches all but AWS's.
func (t *Tree) Detach() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.attached = nil
}

// Policy is the policy with the id.
func (t *Tree) Policy(id string) (Policy, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, p := range append(slices.Clone(t.attached), FullAccess[types.PolicyTypeServiceControlPolicy], FullAccess[types.PolicyTypeResourceControlPolicy]) {
		if p.ID == id {
			return p, true
		}
	}
	return Policy{}, false
}

// On are the policies of the kind that are attached to a target itself.
func (t *Tree) On(kind types.PolicyType, targets ...string) []Policy {
	t.mu.Lock()
	defer t.mu.Unlock()
	on := []Policy{FullAccess[kind]}
	for _, p := range t.attached {
		if p.Kind == kind && slices.Contains(targets, p.Target) {
			on = append(on, p)
		}
	}
	return on
}

// Over are the documents of the kind on an account and above it, without AWS's. The
// management account has none.
// https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html
func (t *Tree) Over(kind types.PolicyType, account string) []any {
	manager := t.Manager(t.Of(account))
	t.mu.Lock()
	defer t.mu.Unlock()
	path := t.paths[account]
	if path == "" || manager == account {
		return nil
	}
	var documents []any
	for _, p := range t.attached {
		if p.Kind == kind && (p.Target == account || strings.HasPrefix(path+"/", p.Target+"/")) {
			documents = append(documents, p.Document)
		}
	}
	return documents
}
