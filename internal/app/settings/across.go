package settings

import (
	"fmt"
	"slices"
	"strings"

	"example.com/shared-queue/address"
	"example.com/shared-queue/internal/problem"
	"example.com/shared-queue/spec"
)

// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cfn-using-console-create-stack-parameters.html
const maxStackName = 128

// checkAcrossEnvironments reports what two environments or publishers both claim,
// what does not fit together in one role, and what they say differently of one
// account, organization or role. Nothing is concluded from a setting that is wrong.
func (r *reader) checkAcrossEnvironments(environments []spec.Environment) {
	r.checkQueues(environments)
	r.checkOrganizations(environments)
	r.checkRoles(environments)
	r.checkEveryAccount(environments)
	r.checkStackNames(environments)
}

// queueIsKnown reports whether the environment's queue has a right address.
func (r *reader) queueIsKnown(e spec.Environment) bool {
	at := environmentPath(e.Name)
	return r.problems.Sound(at+".region", at+".shared.account", at+".shared.queueName")
}

func (r *reader) checkQueues(environments []spec.Environment) {
	queues, aliases := claims{}, claims{}
	for _, e := range environments {
		at := environmentPath(e.Name)
		q := e.QueueAddress()
		place := fmt.Sprintf("in account %s and Region %s", e.Account, e.Region)
		if r.queueIsKnown(e) {
			r.problems.Add(at+".shared.queueName", queues.take(q.ARN(), at, q.Name, "queue names that no other environment has "+place))
			r.problems.Add(at+".shared.queueName", queues.take(q.DeadLetter().ARN(), at, q.Name, "queue names whose dead-letter queue is no other environment's queue "+place))
		}
		if r.problems.Sound(at+".region", at+".shared.account", at+".shared.keyAlias") {
			r.problems.Add(at+".shared.keyAlias", aliases.take(q.KeyAliasARN(), at, q.Alias, "key aliases that no other environment has "+place))
		}
	}
}

func (r *reader) checkStackNames(environments []spec.Environment) {
	stacks := claims{}
	for _, e := range environments {
		if checkName(e.Name) != nil {
			continue
		}
		r.problems.Add(environmentPath(e.Name), stacks.takeStack(e.StackName(), environmentPath(e.Name), e.Name))
		for _, p := range e.Publishers {
			if checkName(p.Name) == nil {
				at := publisherPath(e.Name, p.Name)
				r.problems.Add(at, stacks.takeStack(e.PublisherStackName(p), at, p.Name))
			}
		}
	}
}

// organizationOf is the id of the organization that sends, empty if no path of it
// is right.
func organizationOf(e spec.Environment) string {
	for _, path := range e.Queue.Senders {
		if !path.IsZero() {
			return path.Organization()
		}
	}
	return ""
}

// checkOrganizations reports what cannot be true of one organization or account:
// an organization has one root and one management account, an OU one parent, an
// account is in one organization.
func (r *reader) checkOrganizations(environments []spec.Environment) {
	var known spec.Organizations
	memberships, managers, kinds := facts{}, facts{}, facts{}
	member := func(account, organization, at string) {
		if other, differs := memberships.learn(account, organization, at); differs {
			r.problems.Add(at, problem.New(account, "an account of "+organization+", this one is in "+other.is+" by "+other.at,
				"correct one of the two: an account is in one organization"))
		}
	}
	for _, e := range environments {
		at := environmentPath(e.Name)
		for i, path := range e.Queue.Senders {
			if at := fmt.Sprintf("%s.senders[%d]", at, i); r.problems.Sound(at) {
				r.problems.Add(at, known.Add(path))
			}
		}
		organization := organizationOf(e)
		if organization == "" {
			continue
		}
		for _, p := range e.Publishers {
			if at := publisherPath(e.Name, p.Name) + ".account"; p.Account != "" && r.problems.Sound(at) {
				member(p.Account, organization, at)
			}
		}
		account := e.Organization.Account
		at += ".organization"
		if account == "" || !r.problems.Sound(at+".account") {
			continue
		}
		member(account, organization, at+".account")
		if !r.problems.Sound(at+".account", at+".delegatedAdministrator") {
			continue
		}
		kind := "the management account"
		if e.Organization.Options.DelegatedAdministrator {
			kind = "a delegated administrator"
		} else if other, differs := managers.learn(organization, account, at); differs {
			r.problems.Add(at+".account", problem.New(account, "the management account of "+organization+", which is "+other.is+" by "+other.at,
				"correct one of the two, or set delegatedAdministrator: an organization has one management account"))
		}
		if other, differs := kinds.learn(account, kind, at); differs {
			r.problems.Add(at+".account", problem.New(account, kind+", this one is "+other.is+" by "+other.at,
				"correct delegatedAdministrator in one of the two: it is true for a delegated administrator only"))
		}
	}
}

// facts are what settings say of something, and where.
type facts map[string]fact

type fact struct{ is, at string }

// learn notes what is said of a thing. If something else was said before, it
// returns that.
func (f facts) learn(thing, is, at string) (other fact, differs bool) {
	if earlier, there := f[thing]; there {
		return earlier, earlier.is != is
	}
	f[thing] = fact{is, at}
	return fact{}, false
}

// An existing role is one that a setting names as there already.
type existing struct {
	role address.Role
	at   string
}

// checkRoles reports what one role has of several environments: policies that
// together are too long, two ARNs, two publishers, or a grant beside a publisher.
func (r *reader) checkRoles(environments []spec.Environment) {
	known := map[string]existing{}
	inline := map[string]int{} // characters of policies, by role
	for _, e := range environments {
		for _, g := range e.Grants() {
			at := grantPath(e, g)
			if g.Kind == spec.Send || !r.problems.Sound(at) {
				continue
			}
			if other, there := known[g.Role.Key()]; there {
				r.problems.Add(at, g.Role.CheckSame(other.role, other.at))
			} else {
				known[g.Role.Key()] = existing{g.Role, at}
			}
			if !r.queueIsKnown(e) || !r.problems.Sound(environmentPath(e.Name)+".shared.keyAlias") {
				continue
			}
			if inline[g.Role.Key()] += g.Document.Size(); inline[g.Role.Key()] > spec.MaxInline {
				r.problems.Add(at, problem.New(g.Role.ARN(),
					fmt.Sprintf("roles whose inline policies stay within %d characters in all environments together, it would have %d", spec.MaxInline, inline[g.Role.Key()]),
					"take another role here"))
			}
		}
	}
	roles := claims{}
	for _, e := range environments {
		for _, p := range e.Publishers {
			at := publisherPath(e.Name, p.Name)
			if p.EveryAccount || !r.problems.Sound(at+".roleName", at+".account", at+".everyAccount") {
				continue
			}
			role := p.Role.At(p.Account).Key()
			if other, there := known[role]; there {
				r.problems.Add(at+".roleName", problem.New(p.Role.RoleName,
					"names of roles that are not there yet, this is the one of "+other.at, "rename it: a consumer may not send, and an operator is no publisher"))
			}
			r.problems.Add(at+".roleName", roles.take(role, at, p.Role.RoleName, "role names that no other publisher has in account "+p.Account))
		}
	}
}

// checkEveryAccount reports publishers in every account of the OUs whose role name
// another role has in an account that is, or may be, in these OUs.
func (r *reader) checkEveryAccount(environments []spec.Environment) {
	earlier := map[string]bool{} // publishers in every account that were looked at, by path
	for _, e := range environments {
		for _, p := range e.Publishers {
			at := publisherPath(e.Name, p.Name)
			if !p.EveryAccount {
				continue
			}
			if r.sendersAreKnown(e) && r.problems.Sound(at+".roleName") {
				if by := r.sameName(e, p, environments, earlier); by != "" {
					r.problems.Add(at+".roleName", problem.New(p.Role.RoleName, "role names that no other role of the OUs' accounts has", "rename it here or in "+by))
				}
			}
			earlier[at] = true
		}
	}
}

func (r *reader) sendersAreKnown(e spec.Environment) bool {
	return r.problems.Sound(environmentPath(e.Name) + ".senders")
}

// sameName is where the settings name another role with the name of p, a publisher of e
// in every account: in an account that is known to be in the OUs, or in an environment
// whose OUs overlap. Of two publishers in every account, the later has the problem.
func (r *reader) sameName(e spec.Environment, p spec.Publisher, environments []spec.Environment, earlier map[string]bool) string {
	members := r.membersOf(e, environments)
	own := publisherPath(e.Name, p.Name)
	for _, other := range environments {
		near := r.sendersAreKnown(other) && address.Overlap(e.Queue.Senders, other.Queue.Senders)
		for _, g := range other.Grants() {
			at := grantPath(other, g)
			everywhere := g.Role.Account == ""
			switch {
			case at == own || !strings.EqualFold(g.Role.Name, p.Role.RoleName) || everywhere && !earlier[at]:
			case g.Kind == spec.Send && !r.problems.Sound(at+".roleName", at+".account", at+".everyAccount"):
			case g.Kind != spec.Send && !r.problems.Sound(at):
			case near || members[g.Role.Account]:
				return at
			}
		}
	}
	return ""
}

// membersOf are the accounts that are known to be in the OUs of e: those of its own
// publishers, and of environments that have no other OUs.
func (r *reader) membersOf(e spec.Environment, environments []spec.Environment) map[string]bool {
	members := map[string]bool{}
	for _, other := range environments {
		if !r.sendersAreKnown(other) || !within(other, e) {
			continue
		}
		for _, p := range other.Publishers {
			if r.problems.Sound(publisherPath(other.Name, p.Name) + ".account") {
				members[p.Account] = true
			}
		}
	}
	delete(members, "")
	return members
}

// within reports whether each account of a's OUs is in those of b.
func within(a, b spec.Environment) bool {
	return !slices.ContainsFunc(a.Queue.Senders, func(path address.Path) bool {
		return !slices.ContainsFunc(b.Queue.Senders, func(other address.Path) bool { return other.Contains(path) })
	})
}

// grantPath is where the settings name the role that gets the grant.
func grantPath(e spec.Environment, g spec.Grant) string {
	if g.Kind == spec.Send {
		return publisherPath(e.Name, g.Property)
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
	return c.take(strings.ToLower(stack), by, name, "names that give each stack a name of its own, whatever the case of letters: "+stack+" would be two")
}
