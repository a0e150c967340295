package settings

import (
	"fmt"
	"strings"

	"example.com/shared-queue/internal/problem"
	"example.com/shared-queue/spec"
)

const (
	// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cfn-using-console-create-stack-parameters.html
	maxStackName = 128

	// The limit on a role's inline policies together, in characters.
	// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
	maxInline = 10_240
)

// checkTogether reports what two environments or publishers both claim, and what
// one role has of several.
func checkTogether(environments []spec.Environment) error {
	var problems problem.List
	queues, aliases, roles, stacks := claims{}, claims{}, claims{}, claims{}
	existing := existingRoles(environments)
	inline := map[string]int{} // characters of policies, by role
	for _, e := range environments {
		at := environmentPath(e.Name)
		q := e.QueueAddress()
		place := fmt.Sprintf("in account %s and Region %s", e.Account, e.Region)

		problems.Add(at+".shared.queueName", queues.take(q.ARN(), at, q.Name, "queue names that no other environment has "+place))
		problems.Add(at+".shared.queueName", queues.take(q.DeadLetter().ARN(), at, q.Name, "queue names whose dead-letter queue is no other environment's queue "+place))
		problems.Add(at+".shared.keyAlias", aliases.take(q.KeyAliasARN(), at, q.Alias, "key aliases that no other environment has "+place))
		problems.Add(at, stacks.takeStack(e.StackName(), at, e.Name))
		for _, g := range e.Grants() {
			size := g.Document.Size()
			if inline[g.Role.Key()] += size; inline[g.Role.Key()] > maxInline {
				problems.Add(grantPath(e, g), problem.New(g.Role.ARN(),
					fmt.Sprintf("roles whose inline policies stay within %d characters in all environments together, it would have %d", maxInline, inline[g.Role.Key()]),
					"take another role here"))
			}
		}
		problems.Add("", checkEveryAccount(e, environments))
		for _, p := range e.Publishers {
			at := problem.Join(at+".publishers", problem.Name(p.Name))
			role := p.Role.At(p.Account).Key()
			if by, there := existing[role]; there {
				problems.Add(at+".roleName", problem.New(p.Role.RoleName,
					"names of roles that are not there yet, this is one of "+by, "rename it: a consumer may not send, and an operator is no publisher"))
			}
			if !p.EveryAccount {
				problems.Add(at+".roleName", roles.take(role, at, p.Role.RoleName, "role names that no other publisher has in account "+p.Account))
			}
			problems.Add(at, stacks.takeStack(e.PublisherStackName(p), at, p.Name))
		}
	}
	return problems.Err()
}

// checkEveryAccount reports publishers of e that are in every account of its OUs,
// where another role of the name is in an account that is or may be in them: of e
// itself, or of an environment whose OUs overlap.
func checkEveryAccount(e spec.Environment, environments []spec.Environment) error {
	var problems problem.List
	for _, p := range e.Publishers {
		if !p.EveryAccount {
			continue
		}
		at := problem.Join(environmentPath(e.Name)+".publishers", problem.Name(p.Name)) + ".roleName"
		for _, other := range environments {
			if !overlap(e, other) {
				continue
			}
			for _, g := range other.Grants() {
				if by := grantPath(other, g); strings.EqualFold(g.Role.Name, p.Role.RoleName) && by+".roleName" != at {
					problems.Add(at, problem.New(p.Role.RoleName, "role names that no other role of the OUs' accounts has", "rename it here or in "+by))
				}
			}
		}
	}
	return problems.Err()
}

// overlap reports whether an account can be in the OUs of both.
func overlap(a, b spec.Environment) bool {
	for _, path := range a.Queue.Senders {
		for _, other := range b.Queue.Senders {
			if path.Contains(other) || other.Contains(path) {
				return true
			}
		}
	}
	return false
}

// existingRoles says which setting names each role that is there already.
func existingRoles(environments []spec.Environment) map[string]string {
	existing := map[string]string{}
	for _, e := range environments {
		for _, g := range e.Grants() {
			if g.Kind != spec.Send {
				setting, _, _ := strings.Cut(grantPath(e, g), "[")
				existing[g.Role.Key()] = setting
			}
		}
	}
	return existing
}

// grantPath is where the settings name the role that gets the grant.
func grantPath(e spec.Environment, g spec.Grant) string {
	if g.Kind == spec.Send {
		return problem.Join(environmentPath(e.Name)+".publishers", problem.Name(g.Property))
	}
	return environmentPath(e.Name) + ".shared." + problem.Spell(g.Property)
}

// claims are the holders of things that only one can have.
type claims map[string]string

func (c claims) take(thing, by, got, allowed string) error {
	if holder, taken := c[thing]; taken {
		return problem.New(got, allowed, "rename it here or in "+holder)
	}
	c[thing] = by
	return nil
}

func (c claims) takeStack(stack, by, name string) error {
	if len(stack) > maxStackName {
		return problem.New(name, fmt.Sprintf("stack names of at most %d characters, %s… has %d", maxStackName, stack[:20], len(stack)), "shorten it")
	}
	// Their templates would be one file where file names have no case.
	return c.take(strings.ToLower(stack), by, name, "names that make each stack's name once, whatever the case of letters, not "+stack+" twice")
}
