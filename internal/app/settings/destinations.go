package settings

import (
	"fmt"
	"slices"
	"strings"

	"example.com/shared-queue/address"
	"example.com/shared-queue/internal/problem"
	"example.com/shared-queue/spec"
)

// sendToOthers gives publishers the queues of the environments that their sendsTo
// names, and reports those to which they could not send. All are the names of
// environments, also of those that could not be read.
func (r *reader) sendToOthers(environments []spec.Environment, all []string) {
	for _, e := range environments {
		for i := range e.Publishers {
			r.sendTo(e, &e.Publishers[i], environments, all)
		}
	}
}

func (r *reader) sendTo(e spec.Environment, p *spec.Publisher, environments []spec.Environment, all []string) {
	at := publisherPath(e.Name, p.Name)
	for i, name := range p.SendsTo {
		element := fmt.Sprintf("%s.sendsTo[%d]", at, i)
		if !r.problems.Sound(element) {
			continue
		}
		r.problems.Add(element, checkSendsTo(e.Name, p.SendsTo[:i], name, all))
		other := slices.IndexFunc(environments, func(other spec.Environment) bool { return other.Name == name })
		if other < 0 || !r.problems.Sound(element) {
			continue
		}
		r.problems.Add(element, r.checkReach(e, *p, environments[other]))
		p.Role.AlsoSendsTo = append(p.Role.AlsoSendsTo, environments[other].Destination())
	}
	if r.queuesAreKnown(e, p.SendsTo) {
		r.problems.Relate(p.Role.CheckInline(), at+".sendsTo")
	}
}

// checkSendsTo reports a name that is of no other environment, or that is there
// twice.
func checkSendsTo(own string, before []string, name string, all []string) error {
	others := slices.DeleteFunc(slices.Clone(all), func(other string) bool { return other == own })
	switch earlier := slices.Index(before, name); {
	case name == own:
		return problem.New(name, "names of other environments than its own, whose queue is always there", "remove it")
	case earlier >= 0:
		return problem.New(name, "each environment once", fmt.Sprintf("remove it: it is sendsTo[%d] again", earlier))
	case slices.Contains(all, name):
		return nil
	case len(others) == 0:
		return problem.New(name, "names of other environments, of which there is none", "add the environment, or remove it")
	}
	cure := "correct the name, or add the environment"
	for _, other := range others {
		if strings.EqualFold(strings.TrimSpace(name), other) {
			cure = "write " + problem.Name(other)
		}
	}
	return problem.New(name, "names of other environments: "+strings.Join(others, ", "), cure)
}

// checkReach reports an environment whose queue would refuse the publisher: an
// account is in one organization and under one OU, and a role in one partition. In
// the queue's own account a role sends by its own policy, wherever the account is.
// Nothing is concluded from a setting that is wrong.
func (r *reader) checkReach(e spec.Environment, p spec.Publisher, other spec.Environment) error {
	from, to, at := environmentPath(e.Name), environmentPath(other.Name), publisherPath(e.Name, p.Name)
	if r.problems.Sound(from+".region", to+".region") && e.Region.Partition() != other.Region.Partition() {
		return problem.New(other.Name, "environments in Regions of the partition "+e.Region.Partition()+", in which the role is",
			"remove it, and make a publisher in "+problem.Name(other.Name))
	}
	if !r.problems.Sound(from+".senders", to+".senders", from+".shared.account", to+".shared.account", at+".account", at+".everyAccount") {
		return nil
	}
	ours, theirs := organizationOf(e), organizationOf(other)
	switch {
	case p.Account == other.Account && !p.EveryAccount:
		return nil
	case ours != theirs:
		return problem.New(other.Name, "environments of the organization "+ours+", in which the publisher is; this one is of "+theirs, "remove it")
	case (p.Account != e.Account || p.EveryAccount) && !address.Overlap(e.Queue.Senders, other.Queue.Senders):
		return problem.New(other.Name, "environments whose OUs have an account in common with those of "+problem.Name(e.Name),
			"remove it, or add the OU of the publisher's account to "+to+".senders")
	}
	return nil
}

// queuesAreKnown reports whether all that the publisher's grants are made of is
// right.
func (r *reader) queuesAreKnown(e spec.Environment, others []string) bool {
	return !slices.ContainsFunc(append([]string{e.Name}, others...), func(name string) bool {
		at := environmentPath(name)
		return !r.problems.Sound(at+".region", at+".shared.account", at+".shared.queueName", at+".shared.keyAlias", at+".shared.senderMayAlso")
	})
}
