package access

import (
	"fmt"
	"slices"

	"example.com/shared-queue/address"
	"example.com/shared-queue/proof/asked"
	"example.com/shared-queue/proof/cast"
	"example.com/shared-queue/proof/evaluate"
	"example.com/shared-queue/proof/world"
)

// What a role's own policy may allow, whatever queue and key answer.
const (
	Granted     Operation = "do what it is for"
	OwnOtherSQS Operation = "take other SQS actions"
	OwnKeyAlone Operation = "use the key directly"
	OwnKeyQueue Operation = "use the key for another queue"
	OwnOtherKey Operation = "use another key"
	OwnOtherKMS Operation = "take other KMS actions"
	OwnOther    Operation = "do anything else"
)

var ownOperations = []Operation{Granted, OwnOtherSQS, OwnKeyAlone, OwnKeyQueue, OwnOtherKey, OwnOtherKMS, OwnOther}

// ownTable asks what each grantee's own policy allows. Of a role that the constructs
// have not made it asks only whether that is enough: what else it may do is its
// owner's.
func (m *Matrix) ownTable(stage *cast.Stage, q *asked.Queue, keyARN string) *Table {
	t := &Table{Queue: q, Kind: OwnPolicies, Subject: "What the roles of " + q.At.Name + " are allowed by their own policies", Operations: ownOperations}
	callers := stage.Grantees(q)
	for _, c := range callers {
		words, _ := granted(*c.Grantee)
		_, own := granted(q.Whole(*c.Grantee))
		own.elsewhere = m.grantedElsewhere(q, *c.Grantee)
		operations := ownOperations
		if c.Identity != nil && !c.Identity.Imported && c.Grantee.AssumedBy == nil {
			operations = []Operation{Granted}
		}
		arn := keyARN
		if own.keyByAlias { // the key's id is not known to who sends
			arn = q.At.KeyARN("key-with-alias-" + q.At.Alias)
		}
		row := Row{Caller: c, words: words}
		for _, o := range operations {
			all, requests := ownSteps(o, own, c.Account, q.At, arn)
			row.Cells = append(row.Cells, m.ask(t, c, o, o == Granted, all, requests))
		}
		if c.Identity != nil && c.Grantee.AssumedBy != nil {
			for _, arn := range c.Identity.UnknownPolicies {
				m.structure = append(m.structure, Finding{Queue: q.At.ARN(), Caller: c.Name, More: true, Where: c.Grantee.Path,
					Text: c.Name + " has the policy " + arn + ", which is not known here, and was asked for with none but its own"})
			}
		}
		m.policies[leftToIAM(c.Account)] = leaveToIAM(c.Account, q.At.Region)
		t.Rows = append(t.Rows, row)
	}
	return t
}

// grantedElsewhere is what the grantee's own policies are meant to allow on each other
// queue of the app, by hand from what was asked for.
func (m *Matrix) grantedElsewhere(q *asked.Queue, g asked.Grantee) []elsewhere {
	var all []elsewhere
	for _, other := range m.App.Queues {
		if other != q {
			_, own := granted(other.Whole(g))
			all = append(all, elsewhere{other.At, own, sameKey(q, other)})
		}
	}
	return all
}

// sameKey reports whether two queues were asked for with one key.
func sameKey(a, b *asked.Queue) bool {
	return a.SharesKey && b.SharesKey && a.Stack == b.Stack && a.KeyLogicalID() == b.KeyLogicalID()
}

// ownSteps are the requests of an operation, in a world where resources of the
// role's own account leave everything to its IAM policies.
func ownSteps(o Operation, g grant, account string, q address.Queue, keyARN string) (all bool, requests []evaluate.Request) {
	add := func(resource string, context map[string]any, except []string, actions ...string) {
		for _, action := range actions {
			requests = append(requests, evaluate.Request{
				Action: action, Except: except, Resource: resource, Account: account, Policy: leftToIAM(account), Context: context,
			})
		}
	}
	var aliases []string // more, of the same key
	for _, e := range g.elsewhere {
		if e.sameKey {
			aliases = append(aliases, e.at.KeyAlias())
		}
	}
	key := func(via string, of address.Queue, alias string) map[string]any {
		context := map[string]any{"kms:EncryptionContext:aws:sqs:arn": of.ARN()}
		switch alias {
		case "":
		case q.KeyAlias():
			context["kms:ResourceAliases"] = append([]string{alias}, aliases...)
		default:
			context["kms:ResourceAliases"] = []string{alias}
		}
		if via != "" {
			context["kms:ViaService"] = via
		}
		return context
	}
	dead, other := q.DeadLetter(), q
	other.Name = "another-" + q.Name
	sqs, alias := q.ViaService(), q.KeyAlias()
	switch o {
	case Granted:
		add(q.ARN(), nil, nil, g.queue...)
		add(dead.ARN(), nil, nil, g.deadLetter...)
		add(keyARN, key(sqs, q, alias), nil, g.key...)
		add(keyARN, key(sqs, dead, alias), nil, g.keyForDeadLetter...)
		return true, requests
	case OwnOtherSQS:
		add(q.ARN(), nil, g.queue, "sqs:*")
		add(dead.ARN(), nil, g.deadLetter, "sqs:*")
		add(other.ARN(), nil, nil, "sqs:*")
		for _, e := range g.elsewhere {
			add(e.at.ARN(), nil, e.grant.queue, "sqs:*")
			add(e.at.DeadLetter().ARN(), nil, e.grant.deadLetter, "sqs:*")
		}
	case OwnKeyAlone:
		add(keyARN, key("", q, alias), nil, useKey...)
		add(keyARN, key("s3."+string(q.Region)+".amazonaws.com", q, alias), nil, useKey...)
	case OwnKeyQueue:
		add(keyARN, key(sqs, other, alias), nil, useKey...)
		for _, e := range g.elsewhere {
			var theirs, theirsForDeadLetter []string // by a key that is the same
			if e.sameKey {
				theirs, theirsForDeadLetter = e.grant.key, e.grant.keyForDeadLetter
			}
			add(keyARN, key(sqs, e.at, alias), nil, notAmong(useKey, theirs)...)
			add(keyARN, key(sqs, e.at.DeadLetter(), alias), nil, notAmong(useKey, theirsForDeadLetter)...)
		}
	case OwnOtherKey:
		elsewhere := q
		elsewhere.Account = world.Free(map[string]bool{q.Account: true}, 999_999_999_999, -1)
		add(elsewhere.KeyARN("key-with-alias-"+q.Alias), key(sqs, q, alias), nil, useKey...)
		if g.keyByAlias {
			add(keyARN, key(sqs, q, "alias/another-"+q.Alias), nil, useKey...)
			add(keyARN, key(sqs, q, alias+"x"), nil, useKey...)
			add(keyARN, key(sqs, q, ""), nil, useKey...)
		} else {
			add(keyARN+"-another", key(sqs, q, alias), nil, useKey...)
		}
	case OwnOtherKMS:
		add(keyARN, key(sqs, q, alias), g.key, "kms:*")
		add(keyARN, key(sqs, dead, alias), g.keyForDeadLetter, "kms:*")
	case OwnOther:
		add("*", nil, nil, "iam:ListRoles", "kms:CreateKey", "kms:ListAliases", "s3:ListAllMyBuckets", "sqs:ListQueues", "sts:GetFederationToken")
	}
	return false, requests
}

// notAmong are the actions that are not among the others.
func notAmong(actions, others []string) []string {
	return slices.DeleteFunc(slices.Clone(actions), func(action string) bool { return slices.Contains(others, action) })
}

// Assume is to assume a publisher's role.
const Assume Operation = "assume the role"

// sessions are the actions that a service needs, in addition to sts:AssumeRole, to
// assume a role.
// https://docs.aws.amazon.com/eks/latest/userguide/capability-role.html
// https://docs.aws.amazon.com/eks/latest/userguide/pod-id-role.html
// https://docs.aws.amazon.com/rolesanywhere/latest/userguide/trust-model.html
var sessions = map[string][]string{
	"capabilities.eks.amazonaws.com": {"sts:TagSession"},
	"pods.eks.amazonaws.com":         {"sts:TagSession"},
	"rolesanywhere.amazonaws.com":    {"sts:SetSourceIdentity", "sts:TagSession"},
}

// trustTables ask who may assume each publisher's role that the constructs have made.
func (m *Matrix) trustTables(stage *cast.Stage, q *asked.Queue) (tables []*Table, findings []Finding) {
	for _, role := range stage.Trusting(q) {
		g := *role.Grantee
		if g.AssumedBy == nil || slices.Contains(m.world.Unasked, g.ARN) {
			continue
		}
		if role.Identity == nil || role.Identity.Trust == nil {
			findings = append(findings, Finding{Queue: q.At.ARN(), Caller: role.Name, Text: role.Name + ": its trust policy is not known", Where: g.Path, unknown: true})
			continue
		}
		if ous := role.Identity.OUs; !slices.Equal(ous, g.OUs) {
			findings = append(findings, Finding{Queue: q.At.ARN(), Caller: role.Name, Where: g.Path,
				Text: role.Name + " is made in the accounts of " + join(ous, "and") + ", not of " + join(g.OUs, "and")})
		}
		const subject = "Who may assume "
		t := &Table{Queue: q, Kind: Trust, Subject: subject + lower(role.Name), Role: roleName(role), Operations: []Operation{Assume}}
		for _, name := range role.Alike {
			t.alike = append(t.alike, subject+lower(name))
		}
		id := m.add(role.Identity.Trust, role.Account, q.At.Region)
		for _, c := range stage.Assumers(q, role) {
			var requests []evaluate.Request
			for _, action := range append([]string{"sts:AssumeRole"}, sessions[c.Principal]...) {
				requests = append(requests, evaluate.Request{Action: action, Resource: role.Identity.ARN, Account: role.Account, Policy: id})
			}
			t.Rows = append(t.Rows, Row{Caller: c.Caller, Cells: []*Decision{m.ask(t, c.Caller, Assume, c.Trusted, true, requests)}})
		}
		tables = append(tables, t)
	}
	return tables, findings
}

// roleName is the name of the role, with how many others it stands for.
func roleName(role cast.Caller) string {
	if len(role.Alike) == 0 {
		return role.Grantee.Name()
	}
	return fmt.Sprintf("%s, and %d more like it", role.Grantee.Name(), len(role.Alike))
}
