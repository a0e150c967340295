package access

import (
	"fmt"
	"slices"
	"strings"

	"example.com/shared-queue/address"
	"example.com/shared-queue/policy"
	"example.com/shared-queue/proof/asked"
	"example.com/shared-queue/proof/cast"
	"example.com/shared-queue/proof/evaluate"
	"example.com/shared-queue/proof/world"
)

// A subject is a queue with what belongs to it, as it is deployed.
type subject struct {
	q       *asked.Queue
	at      address.Queue
	control string // id of a resource control policy, if the policies have one

	queue, dead resource
	// queueKey encrypts the queue; its ARN is empty if no customer's key does. key is the
	// construct's, which is another one only if somebody has exchanged it.
	queueKey, key resource
}

// A resource is what is asked for, and the policy that decides.
type resource struct {
	arn, account, policy string
	aliases              []string
}

// leftToIAM is the id of a resource policy by which an account leaves every
// decision to its IAM policies: so decides a resource that has none.
func leftToIAM(account string) string {
	return "a resource policy that leaves all to account " + account
}

func leaveToIAM(account string, region address.Region) map[string]any {
	return evaluate.Document(map[string]any{
		"Effect": "Allow", "Action": "*", "Resource": "*", "Principal": map[string]any{"AWS": region.AccountARN(account)},
	})
}

// newSubject finds what belongs to the queue in the world. Policies that decide are
// added to those.
func (m *Matrix) newSubject(q *asked.Queue, w *world.World) (*subject, []Finding) {
	s := &subject{q: q, at: q.At, control: m.control("resource", q.At.Account)}
	var findings []Finding
	wrong := func(where world.Place, format string, values ...any) {
		findings = append(findings, Finding{Queue: q.At.ARN(), Text: fmt.Sprintf(format, values...), Where: where.Construct})
	}
	queue := cast.Find(w, q)
	if queue == nil && (w.IsUnknown(q.At.ARN()) || w.IsUnknownIn(q.Path) || slices.Contains(w.Unasked, q.At.ARN())) {
		return nil, nil
	}
	if queue == nil {
		wrong(world.Place{Construct: q.Path}, "there is no queue %s", q.At.ARN())
		return nil, findings
	}
	if queue.ARN != q.At.ARN() {
		wrong(queue.Place, "the queue is %s, and senders look for %s", queue.ARN, q.At.ARN())
	}
	s.queue = m.queueResource(queue)
	dead := w.Queue(queue.DeadLetter)
	if queue.DeadLetter != q.At.DeadLetter().ARN() {
		wrong(queue.Place, "messages that fail go to %q, not to %s", queue.DeadLetter, q.At.DeadLetter().ARN())
		dead = w.Queue(q.At.DeadLetter().ARN())
	}
	if dead == nil && (w.IsUnknown(q.At.DeadLetter().ARN()) || w.IsUnknownIn(q.Path)) {
		return nil, findings
	}
	if dead == nil {
		wrong(queue.Place, "there is no dead-letter queue %s", q.At.DeadLetter().ARN())
		return nil, findings
	}
	s.dead = m.queueResource(dead)
	if dead.AnySource || len(dead.Sources) != 1 || dead.Sources[0] != queue.ARN {
		wrong(dead.Place, "%s takes dead letters of other queues than %s", dead.Name, queue.Name)
	}
	for _, each := range []*world.Queue{queue, dead} {
		k := w.KeyOf(each)
		if each.Unread || k != nil && k.Unread || k == nil && each.Key != "" && w.IsUnknown(each.Key) {
			return nil, findings // nothing is computed of what is not known
		}
		if problem := encryption(w, each); problem != "" {
			wrong(each.Place, "%s", problem)
		}
	}
	if k := w.KeyOf(queue); k != nil {
		s.queueKey = m.keyResource(k)
		s.key = s.queueKey
		if k.State != "" && k.State != "Enabled" {
			wrong(k.Place, "the key %s is %s: nobody can send or read", k.ARN, k.State)
		}
		for _, g := range k.Grants {
			wrong(k.Place, "%s may %s by a grant of the key (%s), whatever its policy says", g.Grantee, strings.Join(g.Operations, ", "), g.ID)
		}
	} else if strings.HasSuffix(queue.Key, managedAlias) {
		s.queueKey = m.managedKey(q.At)
	}
	if own := ownKey(w, q); own != nil && s.key.arn == "" {
		s.key = m.keyResource(own)
	}
	return s, findings
}

// encryption says what is wrong with how a queue is encrypted, nothing if it is as the
// construct has it.
func encryption(w *world.World, q *world.Queue) string {
	switch k := w.KeyOf(q); {
	case k != nil:
		return ""
	case q.Key == "":
		return q.Name + " is encrypted with no KMS key: the OU's wall is gone"
	case strings.HasSuffix(q.Key, managedAlias):
		return q.Name + " is encrypted with the key of AWS for SQS: nobody of another account can send"
	default:
		return q.Name + " is encrypted with " + q.Key + ", whose policy is not known"
	}
}

// managedAlias is the key of every account that AWS manages for SQS.
// https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#aws-managed-key
const managedAlias = "alias/aws/sqs"

func (m *Matrix) managedKey(at address.Queue) resource {
	id := "the policy of " + managedAlias + " of account " + at.Account
	m.policies[id] = evaluate.Document(map[string]any{"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*",
		"Condition": map[string]any{"StringEquals": map[string]any{policy.KeyVia: at.ViaService(), "kms:CallerAccount": at.Account}}})
	return resource{arn: at.KeyARN("aws-sqs"), account: at.Account, policy: id, aliases: []string{managedAlias}}
}

// ownKey is the key that the construct made: by its place in the templates, or by the
// alias that was asked for.
func ownKey(w *world.World, q *asked.Queue) *world.Key {
	for _, k := range w.Keys {
		if k.Place.LogicalID != "" && k.Place.Stack == q.Stack && k.Place.LogicalID == q.KeyLogicalID() {
			return k
		}
	}
	return w.Key(q.At.KeyAliasARN())
}

func (m *Matrix) queueResource(q *world.Queue) resource {
	return resource{arn: q.ARN, account: q.Account, policy: m.add(q.Policy, q.Account, q.Region)}
}

func (m *Matrix) keyResource(k *world.Key) resource {
	return resource{arn: k.ARN, account: k.Account, policy: m.add(k.Policy, k.Account, k.Region), aliases: k.Aliases}
}

// add adds a policy of a resource to those that decide, and returns its id.
func (m *Matrix) add(p *world.Policy, account string, region address.Region) string {
	if p == nil {
		m.policies[leftToIAM(account)] = leaveToIAM(account, region)
		return leftToIAM(account)
	}
	m.policies[p.ID], m.places[p.ID] = p.Document, p.Place
	return p.ID
}
