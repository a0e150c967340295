package rules

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"example.com/shared-queue/guard/internal/template"
)

// A principal is one that a statement names: "AWS", "Service", "Federated" or
// "CanonicalUser".
type principal struct {
	kind  string
	value any
}

// principals of a statement. The whole of Principal can be "*", or an object of
// lists by kind.
func principals(s *statement) (list []principal) {
	byKind, ok := s.elements["Principal"].(map[string]any)
	if !ok {
		for _, value := range s.listed("Principal") {
			list = append(list, principal{"AWS", value})
		}
		return list
	}
	for _, kind := range slices.Sorted(maps.Keys(byKind)) {
		for _, value := range template.Elements(byKind[kind]) {
			if value != nil {
				list = append(list, principal{kind, value})
			}
		}
	}
	return list
}

// everyone says how the statement lets everyone in, if it does. A principal of "*"
// is every identity in the world, of any account, until a condition says otherwise.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-anonymous
func (s *statement) everyone() (ways []string) {
	if s.has("NotPrincipal") {
		return []string{"everyone but NotPrincipal"}
	}
	for _, p := range s.principals {
		if way := p.everyone(); way != "" && !slices.Contains(ways, way) {
			ways = append(ways, way)
		}
	}
	return ways
}

func (p principal) everyone() string {
	name, literal := template.String(p.value)
	switch {
	case literal && strings.Contains(name, "*"):
		return "everyone"
	// A provider that is a resource of IAM is of one account. With one that has a
	// name, anybody gets a session in an account of their own.
	// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-federated-web-identity
	case literal && p.kind == "Federated" && !strings.HasPrefix(name, "arn:"):
		return fmt.Sprintf("everyone who signs in with %s", name)
	case literal || p.kind == "Service" || namesOne(p.value) || isAccount(p.value):
		return ""
	}
	if text, ok := p.value.(template.Text); ok && strings.HasPrefix(text.Marked(), "arn:") {
		return ""
	}
	return "a principal that is not known before deployment, and may be everyone"
}

// services are the names of services, if the statement is for services alone.
func (s *statement) services() (names []string, only bool) {
	for _, p := range s.principals {
		if p.kind != "Service" {
			return nil, false
		}
		name, _ := template.String(p.value)
		names = append(names, name)
	}
	return names, len(names) > 0
}

// namesOne reports whether the value names one thing, whatever that is: it is an
// attribute of a resource, or an export of another stack, as CDK writes roles and
// topics.
func namesOne(value any) bool {
	text, _ := value.(template.Text)
	part, ok := text.Whole()
	return ok && (part.Kind == template.Attribute || part.Kind == template.Import)
}
