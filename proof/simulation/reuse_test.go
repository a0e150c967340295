package simulation

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestDataKeysAreReusedForAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &Simulation{world: nothing(), reused: map[string]time.Time{}}
		c := &call{Simulation: s, world: s.world}
		c.reuse("key", time.Minute)
		if !c.reuses("key") || c.reuses("another") {
			t.Error("not reused at once")
		}
		time.Sleep(61 * time.Second)
		if c.reuses("key") {
			t.Error("still reused after a minute")
		}
	})
}
