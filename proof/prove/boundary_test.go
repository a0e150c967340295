package prove

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// Two deployments that the prover once called a boundary that holds. In both,
// the caller that was refused had been stopped by something else than what the
// step was there to test.
var overclaims = map[string]struct {
	broken  map[string]reply // what such a deployment answers otherwise than ours
	claim   string           // what the run must call broken
	visible []string         // who it takes to see it
}{
	"key without kms:ViaService": {
		// A publisher's own policy asks for kms:ViaService too, so the key is
		// never asked. An insider's does not.
		broken: map[string]reply{
			"generate data key as insider": {code: "DryRunOperationException", message: "The request would have succeeded, but the DryRun option is set."},
			"decrypt as insider":           {code: "DryRunOperationException", message: "The request would have succeeded, but the DryRun option is set."},
			"encrypt as insider":           {code: "DryRunOperationException", message: "The request would have succeeded, but the DryRun option is set."},
		},
		claim:   "the key stops a sender that decrypts without the queue",
		visible: []string{"-insider-profile", "ingrid"},
	},
	"queue open to the world": {
		// The queue lets eve in. The key, which is closed to her, stops her.
		broken: map[string]reply{
			"send as outsider eve": {code: "KMS.AccessDeniedException", message: keyMaybeNotThere},
		},
		claim:   "the queue stops principals of other organizations and of none",
		visible: []string{"-outsider-profile", "eve"},
	},
	"queue that anybody may receive from": {
		broken: map[string]reply{
			"receive as insider": {code: "KMS.AccessDeniedException", message: byResource("kms:Decrypt")},
		},
		claim:   "the queue stops a sender that receives",
		visible: []string{"-insider-profile", "ingrid"},
	},
}

func TestNoOverclaims(t *testing.T) {
	others := []string{"-profile", "web", "-outsider-profile", "mallory", "-consumer-profile", "carol", "-json"}
	f := &fakeAWS{}
	f.start(t)
	setUp(t)
	for _, name := range slices.Sorted(maps.Keys(overclaims)) {
		c := overclaims[name]
		t.Run(name, func(t *testing.T) {
			*f = fakeAWS{URL: f.URL, replies: c.broken}
			code, stdout := prove(t, f, others...)
			if s := lines(t, stdout)[""].Summary; code != 3 || s.Boundary != "is shown in part" || !slices.Contains(s.NotShown, c.claim) {
				t.Errorf("without who can see it: exit code %d, %+v", code, s)
			}
			*f = fakeAWS{URL: f.URL, replies: c.broken}
			code, stdout = prove(t, f, append(others, c.visible...)...)
			if s := lines(t, stdout)[""].Summary; code != 1 || s.Boundary != "does not hold" || !slices.Contains(s.Broken, c.claim) {
				t.Errorf("with who can see it: exit code %d, %+v", code, s)
			}
		})
	}
}

// Whatever one caller is missing, or one step is refused for another reason,
// the run does not say that the boundary holds.
func TestEveryWallIsNeeded(t *testing.T) {
	f := &fakeAWS{}
	f.start(t)
	setUp(t)
	for _, flag := range []string{"-insider-profile", "-outsider-profile mallory", "-outsider-profile eve", "-outsider-queue"} {
		t.Run("without "+flag, func(t *testing.T) {
			*f = fakeAWS{URL: f.URL}
			var args []string
			for pair := range slices.Chunk(everybody, 2) {
				if !strings.HasPrefix(strings.Join(pair, " "), flag) && !(flag == "-outsider-profile eve" && pair[0] == "-outsider-queue") {
					args = append(args, pair...)
				}
			}
			if code, stdout := prove(t, f, args...); code != 3 || strings.Contains(stdout, "The boundary holds") {
				t.Errorf("exit code %d\n%s", code, stdout)
			}
		})
	}
	for _, step := range slices.Sorted(maps.Keys(asDeployed)) {
		if !strings.Contains(step, " as ") && step != "send over plain HTTP" {
			continue // the insider's shows the same
		}
		for reason, r := range map[string]reply{
			"own policy": {code: "AccessDenied", message: byIdentity("sqs:sendmessage")},
			"no reason":  {code: "AccessDenied", message: refusedText("sqs:sendmessage", "with an explicit deny")},
			"error":      {code: "InternalError", message: "try again"},
			"let in":     {},
		} {
			t.Run(step+": "+reason, func(t *testing.T) {
				*f = fakeAWS{URL: f.URL, replies: map[string]reply{step: r}}
				code, stdout := prove(t, f, everybody...)
				if code == 0 || strings.Contains(stdout, "The boundary holds") {
					t.Errorf("exit code %d\n%s", code, stdout)
				}
			})
		}
	}
}

// An insider that is in no OU that sends is refused by the key whatever it
// does, which shows nothing of what a sender may do.
func TestInsiderMustBeASender(t *testing.T) {
	f := &fakeAWS{replies: map[string]reply{"send as insider": {code: "KMS.AccessDeniedException", message: byResource("kms:GenerateDataKey")}}}
	f.start(t)
	setUp(t)
	code, stdout := prove(t, f, append(everybody, "-json")...)
	all := lines(t, stdout)
	if s := all[""].Summary; code != 1 || slices.Contains(s.Shown, "the key stops a sender that decrypts without the queue") {
		t.Errorf("exit code %d, %+v", code, s)
	}
	for _, step := range []string{"decrypt as insider", "receive as insider", "send to prod as insider"} {
		if l := all[step]; l.Verdict != "unknown" || !strings.Contains(l.Detail, "its own send was not accepted") {
			t.Errorf("%+v", l)
		}
	}
}

// What an outsider may send elsewhere shows that the queue refused, not the key.
func TestControlShowsNothingOfTheKey(t *testing.T) {
	f := &fakeAWS{replies: map[string]reply{"send as outsider mallory": {code: "AccessDenied", message: noReason, status: 403}}}
	f.start(t)
	setUp(t)
	code, stdout := prove(t, f, append(everybody, "-outsider-queue", "https://sqs.us-east-1.amazonaws.com/999999999999/hers", "-json")...)
	if l := lines(t, stdout)["send as outsider mallory"]; code != 3 || l.Verdict != "unknown" {
		t.Errorf("exit code %d, %+v", code, l)
	}
}

// With the OU asked for in the queue's policy too, the queue stops a sibling.
func TestOrgPathsOnQueue(t *testing.T) {
	f := &fakeAWS{replies: map[string]reply{"send as outsider mallory": {code: "AccessDenied", message: byResource("sqs:sendmessage"), status: 403}}}
	f.start(t)
	setUp(t)
	settings := strings.Replace(testSettings, `"keyAlias": "shared-app"}`, `"keyAlias": "shared-app", "orgPathsOnQueue": true}`, 1)
	writeSettings(t, settings)
	code, stdout := prove(t, f, append(everybody, "-json")...)
	if l := lines(t, stdout)["send as outsider mallory"]; code != 0 || l.Verdict != "holds" || l.Policy != "queue policy" {
		t.Errorf("exit code %d, %+v", code, l)
	}
	f.replies = nil
	code, stdout = prove(t, f, append(everybody, "-json")...)
	if l := lines(t, stdout)["send as outsider mallory"]; code != 1 || l.Verdict != "fails" {
		t.Errorf("exit code %d, %+v", code, l)
	}
}
