package organization

import (
	"testing"
	"time"

	"github.com/aws/smithy-go"
)

var (
	start     = time.Date(2026, 11, 29, 8, 0, 0, 0, time.UTC)
	throttled = &smithy.GenericAPIError{Code: "TooManyRequestsException"}
	refused   = &smithy.GenericAPIError{Code: "AccessDeniedException"}
)

func TestBurstThenRate(t *testing.T) {
	p := newPace(start)
	for range burst {
		if wait := p.reserve(start); wait != 0 {
			t.Fatalf("waits %s within the burst", wait)
		}
	}
	for i := range 3 {
		if wait, want := p.reserve(start), time.Duration(i+1)*200*time.Millisecond; wait != want {
			t.Errorf("waits %s, want %s", wait, want)
		}
	}
	if wait := p.reserve(start.Add(time.Second)); wait != 0 {
		t.Errorf("waits %s after a second", wait)
	}
	for range burst {
		if wait := p.reserve(start.Add(time.Hour)); wait != 0 {
			t.Errorf("waits %s after an hour", wait)
		}
	}
	if p.reserve(start.Add(time.Hour)) == 0 {
		t.Error("an hour saves more than the burst")
	}
}

func TestPaceFollowsAWS(t *testing.T) {
	p := newPace(start)
	now := start
	becomes := func(what string, want float64) {
		t.Helper()
		if p.rate < want-0.01 || p.rate > want+0.01 {
			t.Errorf("%s: %.2f a second, want %.2f", what, p.rate, want)
		}
	}
	for range 50 {
		p.learn(now, nil)
	}
	becomes("it grows while AWS answers", rate+50*faster)
	p.learn(now, refused)
	becomes("a refusal says nothing of the rate", rate+50*faster)
	p.learn(now, throttled)
	becomes("AWS asks to slow down", rate)
	p.learn(now, throttled)
	becomes("others at once are told the same", rate)
	p.learn(now, nil)
	becomes("it does not grow again", rate)
	now = now.Add(2 * time.Second)
	p.learn(now, throttled)
	becomes("AWS still asks", rate*slower)
	for range 20 {
		now = now.Add(2 * time.Second)
		p.learn(now, throttled)
	}
	becomes("it does not stop", slowest)
}

func TestWhatIsTriedAgain(t *testing.T) {
	p := newPace(start)
	if _, err := p.RetryDelay(tries-1, refused); err != nil {
		t.Error(err)
	}
	if _, err := p.RetryDelay(tries, refused); err != refused {
		t.Errorf("got %v", err)
	}
	if _, err := p.RetryDelay(tries, throttled); err != nil {
		t.Error(err)
	}
}
