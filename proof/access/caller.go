package access

import (
	"iter"
	"slices"
	"strings"

	"example.com/shared-queue/address"
	"example.com/shared-queue/proof/evaluate"
	"example.com/shared-queue/spec"
)

// A Caller asks for operations; Can are those that the product promises it. The
// promise is written here and nowhere derived from policies.
type Caller struct {
	Name string // in a reviewer's words
	Can  []Operation

	granted string // what its grants are for, where its own policies are asked
	evaluate.Caller
}

// The promises. The queue's policy asks for the organization, the key's for the OU,
// and sending takes both. To look the queue up, where senders may, takes the queue's
// policy alone.
var (
	nothing = []Operation{}
	atQueue = []Operation{QueueAccepts, LookUp}
	send    = []Operation{Send, QueueAccepts, KeyAccepts, LookUp}

	// A service need not come through SQS: no AWS page says that its request names
	// SQS in kms:ViaService.
	serviceAtQueue = []Operation{QueueAccepts}
	serviceSends   = []Operation{Send, QueueAccepts, KeyAccepts, KeyDirectly, KeyByOther, KeyElsewhere}
)

// Policies of callers that are in no template, by id.
var ownPolicies = evaluate.World{
	"everything": evaluate.Document(map[string]any{"Sid": "Everything", "Effect": "Allow", "Action": "*", "Resource": "*"}),
	"all of SQS": evaluate.Document(map[string]any{"Sid": "AllOfSQS", "Effect": "Allow", "Action": "sqs:*", "Resource": "*"}),
}

// leftToIAM is the id of a resource policy by which an account leaves every
// decision to its IAM policies.
func leftToIAM(account string) string {
	return "a resource policy that leaves all to account " + account
}

// callers are all callers of e's queue and key that are asked about. Others are all
// environments.
func callers(e spec.Environment, others []spec.Environment) []Caller {
	var list []Caller
	add := func(name string, can []Operation, c evaluate.Caller) {
		list = append(list, Caller{Name: name, Can: can, Caller: c})
	}
	partition := e.Region.Partition()
	role := func(account, name, path string, policies ...string) evaluate.Caller {
		return roleCaller(partition, account, name, path, policies)
	}
	insider, outsider := strangers(others)
	powerful := func(path string) evaluate.Caller { return role(outsider, administrator, path, "everything") }
	sender := e.Queue.Senders[0]

	for _, p := range e.Publishers {
		add(title(p), send, publisherCaller(e, p, sender.String()))
	}
	for i, path := range e.Queue.Senders {
		ou := "the OU"
		if i > 0 {
			ou = "sending OU " + path.String()
		}
		add("All-powerful role in "+ou, send, powerful(path.String()))
	}
	for name, path := range ordered(
		"All-powerful role in a child OU", sender.String()+"/ou-wxyz-child001",
		"All-powerful role in a grandchild OU", sender.String()+"/ou-wxyz-child001/ou-wxyz-child002",
		"All-powerful role in a sibling OU whose id begins the same", sender.String()+"x",
		"All-powerful role in the parent OU", parent(sender),
		"All-powerful role at the organization's root", rootOf(sender),
	) {
		add(name, promised(e, path), powerful(path))
	}
	add("Role in the OU with no policy of its own", nothing, role(insider, "idle", sender.String()))
	for _, other := range others {
		if other.Name == e.Name {
			continue
		}
		for _, path := range other.Queue.Senders {
			add("All-powerful role in the OU of "+other.Name, promised(e, path.String()), powerful(path.String()))
		}
		// Their own policies allow nothing here. In this queue's own account they
		// can do what a role with no policy can.
		path := other.Queue.Senders[0].String()
		foreign := func(name, account string, c evaluate.Caller) {
			can := nothing
			if account == e.Account {
				can = promised(e, path)
			}
			add(name+" of "+other.Name, can, c)
		}
		for _, p := range other.Publishers {
			foreign(title(p), p.Account, publisherCaller(other, p, path))
		}
		for _, w := range workers(other) {
			foreign(w.title(), other.Account, role(other.Account, w.name, path, rolePermissionsID(other.Name, w.name)))
		}
	}
	for _, p := range e.Publishers {
		// The same permissions outside the OU.
		add("Role outside the OU with the permissions of "+p.Name, promised(e, rootOf(sender)),
			role(outsider, "sender", rootOf(sender), permissionsID(e.Name, p.Name)))
		add("Role in no organization with the permissions of "+p.Name, nothing,
			role(outsider, "sender", "", permissionsID(e.Name, p.Name)))
	}
	organization, ids, _ := strings.Cut(sender.String(), "/")
	foreign := "o-zzzzzzzzzz"
	if foreign == organization {
		foreign = "o-yyyyyyyyyy"
	}
	add("All-powerful role in an organization whose id begins the same", nothing, powerful(organization+"x/"+ids))
	add("All-powerful role in another organization with the same OU ids", nothing, powerful(foreign+"/"+ids))
	add("All-powerful role in no organization", nothing, powerful(""))
	add("Anonymous", nothing, evaluate.Caller{Context: map[string]any{}})
	for _, name := range services(e) {
		may := func(can []Operation) []Operation {
			if slices.Contains(e.Queue.Services, name) {
				return can
			}
			return nothing
		}
		forResource := func(where, path string) {
			add("Service "+name+" for a resource "+where, may(promisedToServices(e, path)), serviceCaller(name, outsider, path))
		}
		add("Service "+name, nothing, serviceCaller(name, "", ""))
		forResource("in the OU", sender.String())
		if !slices.Contains(e.Queue.Services, name) {
			continue
		}
		for where, path := range ordered(
			"in a child OU", sender.String()+"/ou-wxyz-child001",
			"in a sibling OU whose id begins the same", sender.String()+"x",
			"in the parent OU", parent(sender),
			"at the organization's root", rootOf(sender),
			"in another organization with the same OU ids", foreign+"/"+ids,
			"in no organization", "",
		) {
			forResource(where, path)
		}
		for _, other := range others {
			if other.Name != e.Name {
				forResource("in the OU of "+other.Name, other.Queue.Senders[0].String())
			}
		}
	}

	// The shared account's own roles: in one account, the Allow of either the role or the
	// queue is enough. What they may do differs with the account's place in the
	// organization, which the settings do not say.
	admin := slices.DeleteFunc(slices.Clone(operations), func(o Operation) bool { return o == OverHTTP })
	allOfSQS := []Operation{QueueAccepts, LookUp, SendDeadLetter, OtherQueue, AdministerQueue}
	for _, place := range []struct {
		name, path string
		more       []Operation // what the key's policy also lets principals of the OU do
	}{
		{"Shared account, in the OU: ", sender.String(), []Operation{KeyAccepts}},
		{"Shared account, outside the OU: ", rootOf(sender), nil},
	} {
		local := func(name string, policies ...string) evaluate.Caller {
			return role(e.Account, name, place.path, policies...)
		}
		in := place.more != nil
		add(place.name+"role with no policy", promised(e, place.path), local("idle"))
		all := slices.Concat(allOfSQS, place.more)
		if in {
			// The key's policy lets it decrypt through the queue.
			all = append(all, Send, Read, ReadDeadLetter, Redrive)
		}
		add(place.name+"role with all of SQS", all, local("queues", "all of SQS"))
		add(place.name+"administrator", admin, local(administrator, "everything"))
		for _, w := range workers(e) {
			can := slices.Concat(w.can(), place.more)
			if !slices.Contains(w.kinds, spec.Consume) { // which is denied sending
				can = append(can, promised(e, place.path)...)
			}
			add(place.name+w.String(), can, local(w.name, rolePermissionsID(e.Name, w.name)))
		}
	}
	return list
}

// services are those that might send by themselves: the usual ones, and those
// that may assume e's roles.
func services(e spec.Environment) []string {
	names := []string{"events.amazonaws.com", "s3.amazonaws.com", "sns.amazonaws.com"}
	for _, p := range e.Publishers {
		for _, principal := range p.Role.AssumedBy {
			if name, ok := principal.Service(); ok {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// promised is what e promises to a principal whose own account allows all, by
// the path of its OU; an empty path is no organization.
func promised(e spec.Environment, path string) []Operation {
	organization, _, _ := strings.Cut(path, "/")
	for _, sender := range e.Queue.Senders {
		if path == sender.String() || strings.HasPrefix(path, sender.String()+"/") {
			return send
		}
	}
	if organization == e.Queue.Senders[0].Organization() && !e.Queue.OrgPathsOnQueue {
		return atQueue
	}
	return nothing
}

// promisedToServices is what e promises to a service that may send, by the path
// of the resource that it acts for.
func promisedToServices(e spec.Environment, path string) []Operation {
	switch promise := promised(e, path); {
	case slices.Contains(promise, Send):
		return serviceSends
	case slices.Contains(promise, QueueAccepts):
		return serviceAtQueue
	}
	return nothing
}

// serviceCaller is a service that acts for a resource of an account at the path,
// with what AWS says of both. With no account, AWS says nothing of a resource; with
// no path, the account is in no organization.
func serviceCaller(name, account, path string) evaluate.Caller {
	context := map[string]any{
		"aws:PrincipalIsAWSService": "true",
		"aws:PrincipalServiceName":  name,
	}
	if account != "" {
		context["aws:SourceAccount"] = account
		context["aws:SourceArn"] = "arn:aws:any:us-east-1:" + account + ":resource"
	}
	if organization, _, ok := strings.Cut(path, "/"); ok {
		context["aws:SourceOrgID"] = organization
		context["aws:SourceOrgPaths"] = []string{path + "/"}
	}
	return evaluate.Caller{Principal: name, Context: context}
}

// organization is that of the caller's account, or of the resource that a service
// acts for; empty for none.
func (c Caller) organization() string {
	for _, key := range []string{"aws:PrincipalOrgID", "aws:SourceOrgID"} {
		if id, ok := c.Context[key].(string); ok {
			return id
		}
	}
	return ""
}

func (c Caller) isService() bool { return c.Context["aws:PrincipalIsAWSService"] == "true" }

// publisherCaller is the role of e's publisher, in an account at the path.
func publisherCaller(e spec.Environment, p spec.Publisher, path string) evaluate.Caller {
	role := p.Role.At(p.Account)
	c := roleCaller(role.Partition, role.Account, strings.TrimPrefix(role.Path, "/")+role.Name, path, []string{permissionsID(e.Name, p.Name)})
	c.Boundary = boundaryID(e.Name, p.Name)
	return c
}

// roleCaller is an IAM role of an account, with what AWS says of it in a
// request. With no path, an account of no organization, the organization's
// keys are absent.
func roleCaller(partition, account, name, path string, policies []string) evaluate.Caller {
	arn := "arn:" + partition + ":iam::" + account + ":role/" + name
	context := map[string]any{
		"aws:PrincipalAccount":      account,
		"aws:PrincipalArn":          arn,
		"aws:PrincipalIsAWSService": "false",
		"aws:PrincipalType":         "AssumedRole",
		"kms:CallerAccount":         account,
	}
	if organization, _, ok := strings.Cut(path, "/"); ok {
		context["aws:PrincipalOrgID"] = organization
		context["aws:PrincipalOrgPaths"] = []string{path + "/"}
	}
	return evaluate.Caller{Principal: arn, Policies: policies, Context: context}
}

func parent(p address.Path) string { return p.String()[:strings.LastIndex(p.String(), "/")] }

func rootOf(p address.Path) string {
	ids := strings.SplitN(p.String(), "/", 3)
	return ids[0] + "/" + ids[1]
}

// ordered yields pairs in the order they are written.
func ordered(pairs ...string) iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for pair := range slices.Chunk(pairs, 2) {
			if !yield(pair[0], pair[1]) {
				return
			}
		}
	}
}
