package verify

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"example.com/shared-queue/internal/record"
	"example.com/shared-queue/policy"
)

// An identity is a role, user or group with the statements of the app's policies
// for it; or a managed policy by itself, which anybody may get.
type identity struct {
	name       string
	managed    bool // policy
	statements []identityStatement
}

type identityStatement struct {
	permission
	sid string
	t   *template
	id  string // of the policy
}

// identityTypes are the resources with policies of IAM: the properties with
// documents, and those that name who has them, none for the resource itself.
var identityTypes = map[string]struct{ document, roles, users, groups string }{
	"AWS::IAM::Policy":        {"PolicyDocument", "Roles", "Users", "Groups"},
	"AWS::IAM::ManagedPolicy": {"PolicyDocument", "Roles", "Users", "Groups"},
	"AWS::IAM::RolePolicy":    {"PolicyDocument", "RoleName", "", ""},
	"AWS::IAM::UserPolicy":    {"PolicyDocument", "", "UserName", ""},
	"AWS::IAM::GroupPolicy":   {"PolicyDocument", "", "", "GroupName"},
	"AWS::IAM::Role":          {"", "", "", ""},
	"AWS::IAM::User":          {"", "", "", ""},
	"AWS::IAM::Group":         {"", "", "", ""},
}

// identities judges what roles, users and groups of the app may do with the
// queues: CDK's own grants give half of what is needed, or more.
func (v *verifier) identities(queues []*queue) {
	by := map[string][]*identity{} // by what they may do something with
	all := v.readIdentities()
	for _, name := range slices.Sorted(maps.Keys(all)) {
		seen := map[string]bool{}
		for _, s := range all[name].statements {
			for _, on := range append(s.aliases(), keyOf(s.resource)) {
				if !seen[on] {
					seen[on], by[on] = true, append(by[on], all[name])
				}
			}
		}
	}
	for _, q := range queues {
		done := map[*identity]bool{}
		for _, on := range []string{q.at.ARN(), q.at.DeadLetter().ARN(), q.of.place(q.keyID), q.at.KeyAlias()} {
			for _, of := range by[on] {
				if !done[of] {
					done[of] = true
					v.identity(q, of)
				}
			}
		}
	}
}

func (v *verifier) readIdentities() map[string]*identity {
	all := map[string]*identity{}
	add := func(t *template, id, who string, document any) {
		if all[who] == nil {
			all[who] = &identity{name: display(who)}
		}
		object, _ := document.(map[string]any)
		for _, s := range list(object["Statement"]) {
			element, _ := s.(map[string]any)
			sid, _ := element["Sid"].(string)
			for _, p := range v.statement(t, s) {
				all[who].statements = append(all[who].statements, identityStatement{p, sid, t, id})
			}
		}
	}
	for _, t := range v.templates {
		for _, id := range slices.Sorted(maps.Keys(t.resources)) {
			r := t.resources[id]
			kind, ok := identityTypes[r.Type]
			if !ok {
				continue
			}
			for _, inline := range list(r.properties["Policies"]) {
				object, _ := inline.(map[string]any)
				add(t, id, v.who(t, map[string]any{"Ref": id}), object["PolicyDocument"])
			}
			for _, property := range []string{kind.roles, kind.users, kind.groups} {
				for _, who := range list(r.properties[property]) {
					add(t, id, v.who(t, who), r.properties[kind.document])
				}
			}
			if r.Type == "AWS::IAM::ManagedPolicy" {
				add(t, id, t.Account+" "+t.place(id), r.properties[kind.document])
				all[t.Account+" "+t.place(id)].managed = true
			}
			for _, attached := range list(r.properties["ManagedPolicyArns"]) {
				if policy := record.LogicalID(attached); t.resources[policy].Type == "AWS::IAM::ManagedPolicy" {
					add(t, policy, v.who(t, map[string]any{"Ref": id}), t.resources[policy].properties["PolicyDocument"])
				}
			}
		}
	}
	return all
}

// who is one text for a role of the app and what imports it by its name.
func (v *verifier) who(t *template, value any) string {
	name := v.text(t, value)
	if !strings.HasPrefix(name, "${") {
		name = strings.ToLower(name) // as IAM tells names apart
	}
	return t.Account + " " + name
}

// display is who as a message has it.
func display(who string) string {
	account, name, _ := strings.Cut(show(who), " ")
	if account == "" {
		return name
	}
	return name + " of account " + account
}

// identity judges what one may do with one queue.
func (v *verifier) identity(q *queue, of *identity) {
	for _, s := range of.statements {
		if s.effect == "Allow" && v.usesKeyFreely(q, s) {
			if !v.speaks(q) {
				return
			}
			v.add("Key-Direct", s.t, s.id, fmt.Sprintf("%s may %s with the key of %s for any purpose, not through the queue alone", of.name, s.action, q.at.Name),
				"in the place of the grant on the key: publisher.GrantSend for a sender, the queue's GrantConsume for a consumer; for other things encrypted with it, another key")
			return
		}
	}
	if of.managed {
		return
	}
	dead := q.at.DeadLetter()
	denied := slices.ContainsFunc(of.statements, func(s identityStatement) bool { return s.sid == policy.Sid(policy.SidNoSend, q.at) })
	for _, s := range of.statements {
		sends, receives := s.action == "sqs:sendmessage", s.action == "sqs:receivemessage"
		switch {
		case s.effect != "Allow":
		case s.resource == q.at.ARN() && sends && denied:
			v.add("Grant-Excluded", s.t, s.id, fmt.Sprintf("%s is a consumer of %s, which is denied sending, and a sender to it: it could not send", of.name, q.at.Name),
				"grant to two roles")
			return
		case s.resource == q.at.ARN() && sends && !v.mayUseKey(q, of, "kms:generatedatakey", q.at.ARN()):
			v.add("Grant-Half", s.t, s.id, fmt.Sprintf("%s may send to %s and not use its key, so that it cannot send", of.name, q.at.Name),
				"add publisher.GrantSend(role, address) for it, or let publisher.NewRole make it: CDK's grants cannot know the key")
		case s.resource == q.at.ARN() && receives && !v.mayUseKey(q, of, "kms:decrypt", q.at.ARN()):
			v.add("Grant-Half", s.t, s.id, fmt.Sprintf("%s may receive from %s and not use its key, so that it reads nothing", of.name, q.at.Name),
				"add the queue's GrantConsume for it (for a function also by package shared/eventsource): CDK's grants cannot know the key")
		case s.resource == dead.ARN() && receives && !v.mayUseKey(q, of, "kms:decrypt", dead.ARN()):
			v.add("Grant-Half", s.t, s.id, fmt.Sprintf("%s may receive from %s and not use its key, so that it reads nothing", of.name, dead.Name),
				"add the queue's GrantConsumeDeadLetters for it")
		case s.resource == dead.ARN() && sends:
			v.add("Grant-Half", s.t, s.id, fmt.Sprintf("%s may send to %s, where only SQS moves messages, and not use its key", of.name, dead.Name),
				"give it a dead-letter queue of its own")
		}
	}
}

// mayUseKey reports whether any statement lets one take the action with the key for
// the queue with the ARN. It names the key, or keys of the account by a pattern.
func (v *verifier) mayUseKey(q *queue, of *identity, action, queueARN string) bool {
	return slices.ContainsFunc(of.statements, func(s identityStatement) bool {
		names := keyOf(s.resource) == q.of.place(q.keyID) || matches(s.resource, strings.ToLower(q.at.KeyARN("x")))
		through, aliases := s.conditions()["StringEquals "+strings.ToLower(policy.KeyQueueARN)], s.aliases()
		return s.effect == "Allow" && names && matches(s.action, action) &&
			(through == nil || slices.Contains(through, queueARN)) &&
			(aliases == nil || slices.Contains(aliases, q.at.KeyAlias()))
	})
}

// usingKey are the actions that use a key, or let others.
var usingKey = []string{"kms:decrypt", "kms:encrypt", "kms:generatedatakey", "kms:reencryptfrom", "kms:reencryptto", "kms:creategrant"}

// usesKeyFreely reports whether the statement names the queue's key and lets use
// it otherwise than through one queue that it encrypts.
func (v *verifier) usesKeyFreely(q *queue, s identityStatement) bool {
	byAlias := s.t.Account == q.Account && slices.Contains(s.aliases(), q.at.KeyAlias())
	if keyOf(s.resource) != q.of.place(q.keyID) && !byAlias {
		return false
	}
	uses := strings.HasPrefix(s.action, allBut) ||
		slices.ContainsFunc(usingKey, func(action string) bool { return matches(s.action, action) })
	through := slices.ContainsFunc(append(v.withKey(q), q), func(of *queue) bool {
		return s.bound(policy.KeyQueueARN, of.at.ARN(), of.at.DeadLetter().ARN())
	})
	return uses && !(through && s.bound(policy.KeyVia, q.at.ViaService()))
}

// bound reports whether the permission holds only if the condition key equals one
// of the values.
func (p permission) bound(key string, values ...string) bool {
	got := p.conditions()["StringEquals "+strings.ToLower(key)]
	return len(got) > 0 && !slices.ContainsFunc(got, func(value string) bool { return !slices.Contains(values, value) })
}

// conditions are the permission's, as condition wrote them.
func (p permission) conditions() map[string][]string {
	var conditions map[string][]string
	if p.condition == "" || json.Unmarshal([]byte(p.condition), &conditions) != nil {
		return nil
	}
	return conditions
}

// aliases are those of the keys that a condition names so.
func (p permission) aliases() []string {
	var aliases []string
	if strings.Contains(p.condition, strings.ToLower(policy.KeyAliases)) { // seldom
		for name, values := range p.conditions() {
			if strings.HasSuffix(name, " "+strings.ToLower(policy.KeyAliases)) {
				aliases = append(aliases, values...)
			}
		}
	}
	return aliases
}
