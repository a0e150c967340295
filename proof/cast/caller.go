// Package cast is the list of callers that are asked about: who they are, in which
// account, where that is in an organization, and what AWS says of them in a request.
// What they are promised is not said here.
package cast

import (
	"fmt"
	"maps"
	"strings"

	"example.com/shared-queue/proof/asked"
	"example.com/shared-queue/proof/world"
)

// A Kind is what a caller is to a queue.
type Kind int

// The kinds of callers.
const (
	Powerful      Kind = iota // a role of some account that its own account allows everything
	Idle                      // a role of an account of the OU, with no policy of its own
	Publisher                 // a role that was granted to send
	Stranger                  // a role of another queue's
	Borrower                  // a role elsewhere with the permissions of a publisher
	Anonymous                 // nobody, with no signature
	Service                   // a service of AWS, for no resource
	ServiceFor                // a service of AWS that acts for a resource
	LocalIdle                 // a role of the shared account with no policy
	LocalSQS                  // a role of the shared account that may do all of SQS
	Administrator             // a role of the shared account that may do everything
	Worker                    // a role of the shared account with grants on the queue
	Local                     // a role of the shared account with policies of its own
	Named                     // a principal that a policy names
)

// What a caller's own policies allow.
type Powers int

// The powers. Own are the policies of the caller's Identity.
const (
	None Powers = iota
	Everything
	AllOfSQS
	Own
)

// A Caller calls AWS.
type Caller struct {
	Name      string // in a reviewer's words
	Kind      Kind
	Principal string // ARN, or the name of a service; empty is anonymous
	Account   string // of the principal; empty for a service and an anonymous caller
	Path      string // of its account in an organization, or of the account that a service acts for; empty is in none

	Source        string // ARN of the resource that a service acts for
	SourceAccount string

	Powers   Powers
	Identity *world.Identity // with Own
	Grantee  *asked.Grantee  // of a Publisher and a Worker, and of a Borrower the one whose permissions it has
	InOU     bool            // of a role of the shared account: where the account is supposed to be
	Says     map[string]any  // keys that it sets in its requests, like a tag of its own
	Alike    []string        // the names of others whose policies have the same form: they are not asked about one by one
}

// IsService reports whether the caller is a service of AWS.
func (c Caller) IsService() bool { return c.Kind == Service || c.Kind == ServiceFor }

// Organization is the id of the organization of the caller's account, or of the
// account that a service acts for; empty for none.
func (c Caller) Organization() string {
	id, _, _ := strings.Cut(c.Path, "/")
	return id
}

// Context is what AWS says of the caller in a request. In an account of no
// organization the organization's keys are absent.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
func (c Caller) Context() map[string]any {
	context := c.identity()
	for key, value := range c.Says {
		for known := range context {
			if strings.EqualFold(known, key) {
				delete(context, known)
			}
		}
		context[key] = value
	}
	return context
}

func (c Caller) identity() map[string]any {
	switch {
	case c.Principal == "":
		return map[string]any{"aws:PrincipalType": "Anonymous"}
	case c.Account == "":
		return c.serviceContext()
	}
	context := map[string]any{
		"aws:PrincipalAccount":      c.Account,
		"aws:PrincipalArn":          c.Principal,
		"aws:PrincipalIsAWSService": "false",
		"aws:PrincipalType":         c.principalType(),
		"kms:CallerAccount":         c.Account,
	}
	if c.Path != "" {
		context["aws:PrincipalOrgID"] = c.Organization()
		context["aws:PrincipalOrgPaths"] = []string{c.Path + "/"}
	}
	return context
}

func (c Caller) principalType() string {
	if strings.Contains(c.Principal, ":user/") {
		return "User"
	}
	return "AssumedRole"
}

// serviceContext is what AWS says of a service. With no account, it says nothing of
// a resource.
func (c Caller) serviceContext() map[string]any {
	context := map[string]any{"aws:PrincipalIsAWSService": "true", "aws:PrincipalServiceName": c.Principal}
	if c.SourceAccount == "" {
		return context
	}
	maps.Copy(context, map[string]any{"aws:SourceAccount": c.SourceAccount, "aws:SourceArn": c.Source})
	if c.Path != "" {
		context["aws:SourceOrgID"] = c.Organization()
		context["aws:SourceOrgPaths"] = []string{c.Path + "/"}
	}
	return context
}

// Title is the name with how many others it stands for.
func (c Caller) Title() string {
	if len(c.Alike) == 0 {
		return c.Name
	}
	return fmt.Sprintf("%s, and %d more like it", c.Name, len(c.Alike))
}
