package prove

import (
	"slices"
	"strings"
	"testing"

	"example.com/shared-queue/internal/assembly"
	"example.com/shared-queue/internal/fixture"
	"example.com/shared-queue/proof/mutant"
	"example.com/shared-queue/proof/prove/computed"
	"example.com/shared-queue/proof/template"
)

// untried are the mutants that nobody notices by trying, by the reason why. All of
// them are noticed with -shared-profile, which computes what the policies come to.
var untried = []struct {
	why     string
	mutants []string
}{
	{"a consumer receives, deletes and tries to send; what else it may do is not tried", []string{
		"consumer: all of SQS", "consumer: any key", "consumer: any queue", "consumer: key for any queue", "consumer: key not only through SQS",
		"consumer: may encrypt", "consumer: may purge", "consumer: no use of the key", "consumer: queues whose ARN begins the same",
	}},
	{"no operator is tried: a redrive would move the messages of others", []string{
		"operator: all of SQS", "operator: decrypts for any queue", "operator: encrypts for any queue", "operator: may not send",
		"operator: may not start", "operator: reads the queue too", "operator: sends to any queue", "operator: uses the key directly",
	}},
	{"what a publisher's own policy allows too much, queue and key refuse", []string{
		"role: all of KMS", "role: key by aliases that begin the same", "role: key by any alias", "role: key for any queue",
		"role: key not only through SQS", "role: keys of all aliases", "role: keys of any account", "role: may do all of SQS", "role: may do anything",
		"role: may receive", "role: may send to any queue", "role: may send to any queue of the account", "role: queues whose ARN begins the same",
		"template: role with a managed policy",
	}},
	{"SQS itself refuses plain HTTP to an encrypted queue, whatever its policy says", []string{
		"dead-letter queue: HTTPS denied instead", "dead-letter queue: only tagging denied over plain HTTP", "dead-letter queue: plain HTTP not denied",
		"queue: only sending denied over plain HTTP", "queue: plain HTTP allowed by name", "queue: plain HTTP denied on another queue",
		"queue: plain HTTP denied to one account", "queue: plain HTTP not denied",
	}},
	{"principals of other organizations and of none do not get past the queue, and it takes its encryption context to use the key", []string{
		"key: ForAllValues for the OU and no organization", "key: organizations whose id begins the same, paths too",
	}},
	{"an organization has one root", []string{"key: OUs of any root that begins the same"}},
	{"nobody administers the key while prove runs", []string{"key: administration gone", "key: another account administers", "key: nobody administers"}},
	{"it takes a queue of one's own with this key, which prove does not make", []string{
		"key: for any queue", "key: for any queue of the account", "key: for queues whose ARN begins the same",
		"key: through SQS of Regions whose code begins the same", "key: through SQS of any Region",
	}},
	{"the encryption context stops Parameter Store all the same, and no other service is tried", []string{
		"key: through another service too", "key: through any service", "key: through services whose name begins the same",
	}},
	{"SQS does not use kms:Encrypt for a sender", []string{"key: no Encrypt"}},
	{"it is allowed through SQS only, which asks for nothing of the kind", []string{
		"key: data keys of every kind", "key: senders may all", "key: senders may all but", "key: senders may describe",
		"key: senders may grant", "key: senders may re-encrypt",
	}},
	{"the insider is in the OU itself, not below it", []string{"key: the OU alone, not below it"}},
	{"nothing fails while prove runs, so nothing becomes a dead letter", []string{"template: dead letters of any queue", "template: dead-letter queue with no key"}},
	{"the dead-letter queue's policy denies plain HTTP alone", []string{"template: no policy of the dead letters"}},
	{"to purge does harm", []string{"queue: senders may purge"}},
	{"the publisher has its role already, and those that the trust policy is about are not there", []string{
		"trust: a service less", "trust: another service too", "trust: nobody", "trust: the publisher's whole account",
		"template: role of another name",
	}},
}

// Of a policy that was broken, one thing at a time, prove says that it is: by trying,
// or by what it computes.
func TestProveOnEveryMutant(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long, and the race detector sees as much in other tests")
	}
	s := newStage(t)
	everybody := append(append(s.everybody(), s.outsider("dev-near-organization")...), s.outsider("prod-insider")...)
	compute := append(append([]string{}, web...), readers...)
	reasons := map[string]string{}
	for _, u := range untried {
		for _, name := range u.mutants {
			reasons[name] = u.why
		}
	}
	tried, refused, n := 0, 0, 0
	for _, m := range mutant.Example(s.stacks) {
		if m.Equivalent != "" { // AWS decides the same
			continue
		}
		n++
		stacks, err := m.Apply(s.stacks)
		if err != nil {
			t.Fatal(err)
		}
		if !s.deploys(stacks) {
			refused++
			continue
		}
		seen := s.finds(t, everybody, false)
		switch why, listed := reasons[m.Name]; {
		case seen && listed:
			t.Errorf("%s: is noticed by trying, and listed as if not: %s", m.Name, why)
		case seen:
			tried++
		case !listed:
			t.Errorf("%s: is not noticed by trying", m.Name)
		}
		if !seen && !s.finds(t, compute, true) {
			t.Errorf("%s: is not noticed with -shared-profile", m.Name)
		}
		delete(reasons, m.Name)
	}
	for name := range reasons {
		t.Errorf("%s is listed, and is no mutant", name)
	}
	t.Logf("of %d mutants %d cannot be deployed; prove notices %d of the others by trying, and all with -shared-profile", n, refused, tried)
}

// deploys reports whether AWS would take the stacks.
func (s *stage) deploys(stacks []assembly.Stack) bool {
	w, _, err := template.Read(stacks)
	if err != nil {
		return false
	}
	return s.Deploy(w) == nil
}

// finds reports whether a claim that is tried, or computed, is not shown.
func (s *stage) finds(t *testing.T, args []string, compute bool) bool {
	t.Helper()
	for _, c := range s.lines(t, args...)[""].Summary.Claims {
		if strings.HasPrefix(c.ID, computed.Prefix) == compute && c.Verdict != string(holds) {
			return true
		}
	}
	return false
}

// elsewhere are the mutants of a stack set that makes its role in the accounts of other
// OUs: prove looks at the role in one account.
var elsewhere = []string{"stack set: the root", "stack set: an OU less", "stack set: an OU too many"}

// Mutants of what the example does not have are noticed, too.
func TestProveOnMutantsOfVariants(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long, and the race detector sees as much in other tests")
	}
	s := newStageOf(t, fixture.Variants, fixture.VariantsAssembly())
	lists := map[string][]mutant.Mutant{
		"fifo": mutant.LookUps(), "grants": mutant.Grants(), "services": mutant.Services(), "paths": mutant.Paths(),
		"everywhere": slices.Concat(mutant.Everywhere(), mutant.StackSets()),
	}
	for _, e := range s.environments {
		for _, m := range lists[e.Name] {
			if m.Equivalent != "" {
				continue
			}
			stacks, err := m.Apply(s.stacks)
			if err != nil {
				t.Fatal(err)
			}
			if !s.deploys(stacks) {
				continue
			}
			if noticed := s.finds(t, s.argsFor(e), true); noticed == slices.Contains(elsewhere, m.Name) {
				t.Errorf("%s of %s: noticed is %v", m.Name, e.Name, noticed)
			}
		}
		delete(lists, e.Name)
	}
	for name := range lists {
		t.Errorf("there is no variant %s", name)
	}
}
