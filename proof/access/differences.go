package access

import (
	"slices"

	"example.com/shared-queue/proof/world"
)

// Differences says where what is in force is not what the templates have: a line for
// each policy of a queue, key or role that both have.
func Differences(templates, deployed *world.World) []string {
	var lines []string
	differ := func(what string, a, b *world.Policy) {
		more, fewer := onlyIn(b, a), onlyIn(a, b)
		if len(more) > 0 {
			lines = append(lines, "in force and not in the templates: "+join(more, "and")+" of the policy of "+what)
		}
		if len(fewer) > 0 {
			lines = append(lines, "in the templates and not in force: "+join(fewer, "and")+" of the policy of "+what)
		}
	}
	for _, q := range deployed.Queues {
		if of := templates.Queue(q.ARN); of != nil {
			differ(q.ARN, of.Policy, q.Policy)
			if a, b := templates.KeyOf(of), deployed.KeyOf(q); a != nil && b != nil {
				differ("the key of "+q.ARN, a.Policy, b.Policy)
			}
		}
	}
	for _, i := range deployed.Identities {
		if of := templates.Identity(i.ARN); of != nil && of.Trust != nil {
			differ("who may assume "+i.ARN, of.Trust, i.Trust)
		}
	}
	return lines
}

// onlyIn are the statements of a policy that allow or deny what the other does not, by
// their Sids.
func onlyIn(p, other *world.Policy) []string {
	said := map[string]bool{}
	for _, s := range other.Statements() {
		for _, one := range permissions(s) {
			said[key(one)] = true
		}
	}
	var names []string
	for i, s := range p.Statements() {
		if slices.ContainsFunc(permissions(s), func(one map[string]any) bool { return !said[key(one)] }) {
			names = append(names, nameOf(s, i))
		}
	}
	return names
}
