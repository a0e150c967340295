package verify

import (
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"example.com/shared-queue/internal/record"
	"example.com/shared-queue/policy"
)

// verify judges one queue with its dead-letter queue, key and alias.
func (v *verifier) verify(q *queue) {
	v.encrypted(q, q.queueID, "queue "+q.at.Name, q.at.Name,
		"without its key the whole organization "+q.senders.OUs[0].Organization()+" can send, as the key is the wall of the OU")
	v.encrypted(q, q.deadLetterID, "dead-letter queue "+q.at.DeadLetter().Name, q.at.DeadLetter().Name,
		"without its key whoever in the account may receive can read the messages")
	v.redrive(q)
	v.keyPolicy(q)
	v.queuePolicies(q, q.queueID, record.WhereQueue, q.at.URL(), policy.Queue(q.at, q.senders))
	v.queuePolicies(q, q.deadLetterID, record.WhereDeadLetter, q.at.DeadLetter().URL(), policy.DeadLetterQueue(q.at))
	v.alias(q)
	v.keyElsewhere(q)
}

// restore is the cure of what an escape hatch did.
const restore = "remove the property override, aspect or escape hatch that changes it"

// encrypted sees to it that the queue has its name and is encrypted with the key.
func (v *verifier) encrypted(q *queue, id, what, name, opens string) {
	r, there := q.of.resources[id]
	if !there || r.Type != "AWS::SQS::Queue" {
		v.add("Queue-Missing", q.of, "", fmt.Sprintf("the %s of %s is not in the template", what, q.construct),
			"remove what takes it out of the construct tree, or the whole construct")
		return
	}
	if got := v.text(q.of, r.properties["QueueName"]); got != name {
		v.add("Queue-Name", q.of, id, fmt.Sprintf("the %s is named %s, and no policy is of that name", what, show(got)),
			"name it in QueueProps")
	}
	key := r.properties["KmsMasterKeyId"]
	if got := v.text(q.of, key); !v.isKey(q, q.of, key) {
		v.add("Queue-Key", q.of, id, fmt.Sprintf("the %s is encrypted with %s in the place of its key: %s", what, show(got), opens), restore)
	}
	if managed := r.properties["SqsManagedSseEnabled"]; managed != nil && managed != false {
		v.add("Queue-Key", q.of, id, fmt.Sprintf("the %s has SqsManagedSseEnabled, with a key of SQS's own: %s", what, opens), restore)
	}
}

// isKey reports whether the value names the queue's key.
func (v *verifier) isKey(q *queue, t *template, value any) bool {
	return keyOf(v.text(t, value)) == q.of.place(q.keyID)
}

// keyOf is one text for a key's id and its ARN, put together or not.
func keyOf(text string) string {
	if i := strings.LastIndex(text, "/${"); i >= 0 && strings.HasSuffix(text, "}") && !strings.HasPrefix(text, "${") {
		return text[i+1:]
	}
	return strings.TrimSuffix(text, ".Arn")
}

// redrive sees to it that dead letters go where they are as safe.
func (v *verifier) redrive(q *queue) {
	r, there := q.of.resources[q.queueID]
	if !there {
		return
	}
	redrive, _ := r.properties["RedrivePolicy"].(map[string]any)
	if got := v.text(q.of, redrive["deadLetterTargetArn"]); got != q.at.DeadLetter().ARN() {
		v.add("Queue-DeadLetters", q.of, q.queueID, fmt.Sprintf("dead letters of %s go to %s, which has another policy and perhaps no key",
			q.at.Name, show(got)), restore)
	}
}

func (v *verifier) keyPolicy(q *queue) {
	r, there := q.of.resources[q.keyID]
	if !there || r.Type != "AWS::KMS::Key" {
		v.add("Key-Missing", q.of, "", "the key of "+q.at.Name+" is not in the template: its queues would be encrypted by nothing that asks for the OU",
			"remove what takes it out of the construct tree")
		return
	}
	v.policy(q, q.of, q.keyID, record.WhereKey, r.properties["KeyPolicy"], q.keyStatements(), v.withKey(q)...)
}

// keyStatements are those of the key's policy that the construct wrote for the queue.
func (q *queue) keyStatements() policy.Document {
	if q.SharesKey {
		return append(policy.NewKey(q.at.Region, q.at.Account), policy.UseSharedKey(q.at, q.senders)...)
	}
	return policy.Key(q.at, q.senders)
}

// withKey are the other queues of the queue's key. The key of one queue alone has none.
func (v *verifier) withKey(q *queue) []*queue {
	return slices.DeleteFunc(slices.Clone(v.byKey[q.of.place(q.keyID)]), func(other *queue) bool {
		return other == q || !q.SharesKey || !other.SharesKey
	})
}

// policyTypes are the resources that set the policy of a queue, and the property
// that names the queue.
var policyTypes = map[string]string{"AWS::SQS::QueuePolicy": "Queues", "AWS::SQS::QueueInlinePolicy": "Queue"}

// A queuePolicy is a resource that sets the policy of queues.
type queuePolicy struct {
	of     *template
	id     string
	queues []any
}

// policiesOf are the app's queue policies, by account and name of their queues as
// in a URL.
func (a *app) policiesOf() map[string][]queuePolicy {
	all := map[string][]queuePolicy{}
	for _, t := range a.templates {
		for _, id := range slices.Sorted(maps.Keys(t.resources)) {
			property, ok := policyTypes[t.resources[id].Type]
			if !ok {
				continue
			}
			p := queuePolicy{t, id, list(t.resources[id].properties[property])}
			for _, queue := range p.queues {
				path := pathOf(a.text(t, queue))
				all[path] = append(all[path], p)
			}
		}
	}
	return all
}

// pathOf is what two URLs of one queue have in common: a Region has several
// endpoints.
func pathOf(text string) string {
	parsed, err := url.Parse(text)
	if err != nil {
		return text
	}
	return parsed.Path
}

// queuePolicies judges all policies of the queue in the app. A queue has one: of
// two resources, the one that is deployed last replaces the other.
func (v *verifier) queuePolicies(q *queue, id, where, of string, want policy.Document) {
	own := ""
	for _, p := range v.policies[pathOf(of)] {
		r := p.of.resources[p.id]
		switch {
		case p.of.Region != "" && p.of.Region != q.Region:
			// It reaches no queue of this Region.
		case !slices.ContainsFunc(p.queues, func(ref any) bool { return v.mayBe(q, id, p.of, ref) }):
			// It is of another queue of the name, which is for names to judge.
		case p.of == q.of && own == "" && v.writes(r, want):
			own = p.id
		default:
			v.add("QueuePolicy-Second", p.of, p.id, fmt.Sprintf("it is a second policy of %s, which replaces that of the construct if it is deployed later", of),
				"remove it, and add its statements in the function that you give to the queue's Open")
		}
	}
	if own == "" {
		if _, there := q.of.resources[id]; there {
			v.add("QueuePolicy-Missing", q.of, id, "the policy that the construct wrote for "+of+" is not in the template, or not for this queue", restore)
		}
		return
	}
	v.policy(q, q.of, own, where, q.of.resources[own].properties["PolicyDocument"], want)
}

// mayBe reports whether the value may name the queue, and not another resource of
// the template.
func (v *verifier) mayBe(q *queue, id string, t *template, value any) bool {
	ref := record.LogicalID(value)
	return ref == "" || t.resources[ref].Type != "AWS::SQS::Queue" || t == q.of && ref == id
}

// writes reports whether the policy has any statement of the document.
func (v *verifier) writes(r resource, document policy.Document) bool {
	return hasSid(r.properties["PolicyDocument"], func(sid string) bool {
		return slices.ContainsFunc(document, func(s policy.Statement) bool { return s.Sid == sid })
	})
}

// speaks reports whether what is wrong with the queue's key is said of this queue: of
// those that share it, of the first.
func (v *verifier) speaks(q *queue) bool { return v.byKey[q.of.place(q.keyID)][0] == q }

// policy judges a document of the queue or key. A key may have other queues too, whose
// statements are theirs.
func (v *verifier) policy(q *queue, t *template, id, where string, document any, want policy.Document, others ...*queue) {
	written, err := v.written(t, want)
	if err != nil {
		v.add("Policy", t, id, err.Error(), restore)
		return
	}
	got := v.permissions(t, document)
	for _, p := range written {
		if !slices.Contains(got, p) {
			v.add("Policy-Missing", t, id, fmt.Sprintf("the construct's statement that %s is gone from the policy of the %s of %s", p, where, q.at.Name), restore)
			break // one says it all
		}
	}
	allowed := append(written, q.declared[where]...)
	for _, other := range others {
		theirs, err := v.written(other.of, other.keyStatements())
		if err != nil {
			v.add("Policy", t, id, err.Error(), restore)
			return
		}
		allowed = slices.Concat(allowed, theirs, other.declared[where])
	}
	reported := map[string]bool{}
	for _, p := range got {
		if p.effect == "Deny" || slices.Contains(allowed, p) || reported[p.principal] || len(others) > 0 && !v.speaks(q) {
			continue // a Deny opens nothing
		}
		reported[p.principal] = true
		v.add("Policy-Undeclared", t, id, fmt.Sprintf("the policy of the %s of %s %s, which neither the construct wrote nor was declared", where, q.at.Name, p), q.cure(where, p))
	}
}

// cure says what to do in the place of the permission.
func (q *queue) cure(where string, p permission) string {
	const open = "call what adds it in the function that you give to the queue's Open, with the reason"
	kind, who, _ := strings.Cut(p.principal, ": ")
	switch {
	case kind == "Service" && who == "events.amazonaws.com":
		return "make the queue a target by package publisher/ruletarget, which sends as a role; or " + open
	case kind == "Service":
		return open + ": that writes the key's statement too"
	case where == record.WhereKey || sends(p.action) && p.principal != "AWS: *":
		return fmt.Sprintf("grant to a sender by publisher.GrantSend(role, address), to a consumer of account %s by the queue's GrantConsume; they need no statement here. For others, %s", q.Account, open)
	case receives(p.action) && p.principal != "AWS: *":
		return fmt.Sprintf("grant to a role of account %s by the queue's GrantConsume or GrantConsumeDeadLetters, as reading stays inside; or %s", q.Account, open)
	}
	return open
}

func sends(action string) bool    { return matches(action, "sqs:sendmessage") }
func receives(action string) bool { return matches(action, "sqs:receivemessage") }

// matches reports whether an action of a policy, which may have wildcards, covers
// the action.
func matches(pattern, action string) bool {
	expression := strings.NewReplacer(`\*`, ".*", `\?`, ".").Replace(regexp.QuoteMeta(strings.ToLower(pattern)))
	whole, err := regexp.Compile("^" + expression + "$")
	return err == nil && whole.MatchString(action)
}

// String says what the permission does, like: allows Service: sns.amazonaws.com
// sqs:sendmessage.
func (p permission) String() string {
	verb := "allows "
	if p.effect == "Deny" {
		verb = "denies "
	}
	who := p.principal
	if who == "AWS: *" {
		who = "everyone"
	}
	text := verb + strings.TrimPrefix(strings.TrimPrefix(who, "AWS: "), "Service: ") + " " + p.action
	if p.condition == "" {
		text += " with no condition"
	}
	return text
}

// alias sees to it that senders, whose policies name the key by its alias, find
// the key.
func (v *verifier) alias(q *queue) {
	for _, r := range q.of.resources {
		if r.Type == "AWS::KMS::Alias" && v.text(q.of, r.properties["AliasName"]) == q.at.KeyAlias() && v.isKey(q, q.of, r.properties["TargetKeyId"]) {
			return
		}
	}
	v.add("Alias-Missing", q.of, q.keyID, fmt.Sprintf("%s is not the alias of the key of %s, and senders name the key by it", q.at.KeyAlias(), q.at.Name), restore)
}

// kmsProperty matches the properties by which resources are encrypted: KmsKeyId,
// KMSMasterKeyID, SSEKMSKeyId, KeyArn and others, and that of a replica.
var kmsProperty = regexp.MustCompile(`(?i)kms|cmk|encryptionkey|^primarykeyarn$|^keyarn$|^keyid$`)

// A keyUse is a resource that is encrypted with a key.
type keyUse struct {
	of           *template
	id, property string
}

// keyUses are the app's resources that are encrypted with keys of the app, by key.
func (a *app) keyUses() map[string][]keyUse {
	all := map[string][]keyUse{}
	for _, t := range a.templates {
		for _, id := range slices.Sorted(maps.Keys(t.resources)) {
			if r := t.resources[id]; !strings.HasPrefix(r.Type, "AWS::IAM::") {
				a.addKeyUses(all, t, id, r.properties)
			}
		}
	}
	return all
}

// addKeyUses adds the properties, however deep, that say to encrypt with a key.
func (a *app) addKeyUses(all map[string][]keyUse, t *template, id string, value any) {
	switch value := value.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(value)) {
			switch {
			case name == "Environment": // of a function: text that it reads
			case kmsProperty.MatchString(name):
				key := keyOf(a.text(t, value[name]))
				all[key] = append(all[key], keyUse{t, id, name})
				fallthrough
			default:
				a.addKeyUses(all, t, id, value[name])
			}
		}
	case []any:
		for _, item := range value {
			a.addKeyUses(all, t, id, item)
		}
	}
}

// keyElsewhere sees to it that the key encrypts nothing else: who may use it for
// the queue may not for that.
func (v *verifier) keyElsewhere(q *queue) {
	if !v.speaks(q) {
		return
	}
	for _, use := range v.uses[q.of.place(q.keyID)] {
		if slices.ContainsFunc(append(v.withKey(q), q), func(of *queue) bool {
			return use.of == of.of && (use.id == of.queueID || use.id == of.deadLetterID)
		}) {
			continue
		}
		v.add("Key-Elsewhere", use.of, use.id, fmt.Sprintf("it is encrypted with the key of %s (%s), which lets nobody use it but through that queue; a topic that the key's policy names would be a circle", q.at.Name, use.property),
			"give it a key of its own")
	}
}

// show is a value of a message: nothing, or the name of what it refers to.
func show(text string) string {
	if text == "" {
		return "nothing"
	}
	return place.ReplaceAllString(text, "$1")
}

// place matches what template.place writes.
var place = regexp.MustCompile(`\$\{[^#}]*#([^}]*)\}`)
