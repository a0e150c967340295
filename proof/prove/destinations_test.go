package prove

import (
	"slices"
	"testing"

	"example.com/shared-queue/proof/mutant"
)

// A publisher that sends to two queues is proved on each: on that of its own
// environment, and on the other under the name of both.
func TestEachQueueOfASender(t *testing.T) {
	s := newStage(t)
	second := []string{"-environment", "telemetry", "-publisher", "dev.web", "-profile", "dev-publisher-web"}
	for name, args := range map[string][]string{"its own": web, "the second": second} {
		t.Run(name, func(t *testing.T) {
			if shown := s.lines(t, args...)[""].Summary.Shown; !slices.Contains(shown, "sender-sends") {
				t.Errorf("shown: %q", shown)
			}
		})
	}
	for _, m := range mutant.Destinations()[:2] { // no grant, and none of the key
		t.Run(m.Name, func(t *testing.T) {
			changed, err := m.Apply(s.stacks)
			if err != nil {
				t.Fatal(err)
			}
			s.deploy(t, changed)
			if sum := s.lines(t, second...)[""].Summary; slices.Contains(sum.Shown, "sender-sends") || sum.ExitCode != exitFails {
				t.Errorf("%+v", sum)
			}
			if shown := s.lines(t, web...)[""].Summary.Shown; !slices.Contains(shown, "sender-sends") {
				t.Errorf("of its own queue: %q", shown)
			}
		})
	}
}
