package rules

import (
	"fmt"
	"strings"

	"example.com/shared-queue/guard/internal/template"
)

// Guard-Organization: an Allow for everyone is bound to an organization by literal
// ids, or to one account or network. A principal of "*" is the whole world.
func organization(s *statement) (flaws []flaw) {
	if !s.public() {
		return nil
	}
	if !s.ofOneOrganization() && !s.ofOneNetwork() {
		for _, everyone := range s.everyone() {
			flaws = append(flaws, flaw{
				fmt.Sprintf("allows %s, and no condition binds it to an organization, an account or a network", everyone),
				s.bindingCure(),
			})
		}
	}
	for _, c := range s.conditions {
		if !isOrgKey(c.name) {
			continue
		}
		called := "an organization's id"
		if hasPaths(c.name) {
			called = "an organization's path"
		}
		for _, value := range c.values {
			switch marked := s.text(value); {
			case strings.ContainsAny(marked, template.UnknownMark+template.PartMark+template.PseudoMark):
				flaws = append(flaws, flaw{
					fmt.Sprintf("has %s with a value that is not known before deployment", c.key),
					fmt.Sprintf("write %s as a literal, or as ${aws:ResourceOrgID}, which is the organization of the queue or key", called),
				})
			case c.base != "null" && !orgForm(c.name).MatchString(marked):
				flaws = append(flaws, flaw{
					fmt.Sprintf("has %s %s, which is not %s", c.key, shown(value), called),
					fmt.Sprintf("write %s whole, with no wildcard in an id", called),
				})
			}
		}
	}
	return flaws
}

// bindingCure is one that does not break what the statement is for.
func (s *statement) bindingCure() string {
	has := func(keys map[string]bool) bool { return s.when(func(c condition) bool { return keys[c.name] }) }
	for _, p := range s.principals {
		if p.kind == "Federated" {
			return "name the role that it gets as Principal"
		}
	}
	switch {
	case has(serviceKeys):
		return `name the service as Principal, like {"Service": "sns.amazonaws.com"}, and its resource by aws:SourceArn, with the account in it`
	case has(accountKeys) || has(arnKeys):
		return `name the account as Principal, like {"AWS": "arn:aws:iam::111111111111:root"}`
	case has(networkKeys):
		return "write the id of the endpoint or network as a literal, like vpce-1a2b3c4d5e6f7890a, or refer to the resource"
	}
	return "add StringEquals aws:PrincipalOrgID with the organization's id, or ForAnyValue:StringLike aws:PrincipalOrgPaths with paths like o-…/r-…/ou-…/*," +
		" or name the accounts or the service as Principal"
}
