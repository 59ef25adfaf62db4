package rules

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// world is a server of which everything is known, driven by a ladder without
// any delay but latency.
type world struct {
	latency time.Duration // of a request, half of it each way
	// dies is when a session ends that was opened at a time; 0: never.
	dies func(probe int, opened time.Duration) time.Duration
	// replaced is how long a session idles before it is replaced; 0: never.
	replaced time.Duration
	// lost touches get no clear answer.
	lost func(probe int) bool
}

// climbed is how a ladder went.
type climbed struct {
	LadderFinding
	ladder  *Ladder
	end     time.Duration
	peak    int // sessions open at once
	opened  int
	touches map[int]int
}

// climb runs a ladder against the world.
func (w world) climb(t interface{ Fatalf(string, ...any) }, plan LadderPlan) climbed {
	l := NewLadder(plan)
	pending := map[int]LadderOrder{}
	born := map[int]time.Duration{}
	out := climbed{ladder: l, touches: map[int]int{}}
	take := func(orders []LadderOrder) {
		for _, o := range orders {
			pending[o.Probe] = o
		}
	}
	take(l.Start())
	var now time.Duration
	for steps := 0; len(pending) > 0; steps++ {
		if steps > 100_000 {
			t.Fatalf("the ladder does not end")
		}
		next := -1
		for i, o := range pending {
			if next < 0 || o.At < pending[next].At || o.At == pending[next].At && i < next {
				next = i
			}
		}
		o := pending[next]
		delete(pending, next)
		now = max(now, o.At)
		window := Window{now, now + w.latency}
		at := now + w.latency/2
		switch o.Do {
		case LadderOpen:
			born[next] = at
			out.opened++
			out.peak = max(out.peak, len(born))
			take(l.Opened(next, window, window.To))
		case LadderTouch:
			out.touches[next]++
			end, fate := w.dies(next, born[next]), FateAlive
			switch {
			case w.lost != nil && w.lost(next):
				fate = FateUnknown
			case end > 0 && at >= end:
				fate = FateDead
			case w.replaced > 0 && at-born[next] >= w.replaced:
				fate = FateReplaced
			}
			take(l.Touched(next, fate, window, window.To))
		case LadderClose:
			delete(born, next)
		case LadderDrop:
			take(l.Lost(next, now))
		}
	}
	if !l.Done() {
		t.Fatalf("nothing is ordered, and the ladder isn't done")
	}
	out.LadderFinding, out.end = l.Finding(), now
	return out
}

func fixed(timeout time.Duration) func(int, time.Duration) time.Duration {
	return func(_ int, opened time.Duration) time.Duration { return opened + timeout }
}

func planOf(t interface{ Fatalf(string, ...any) }, o LadderOptions) LadderPlan {
	plan, err := PlanLadder(o)
	if err != nil {
		t.Fatalf("PlanLadder(%+v): %v", o, err)
	}
	return plan
}

// promised holds a finding against the promise.
func (c *climbed) promised(t interface{ Errorf(string, ...any) }, plan *LadderPlan, timeout time.Duration) {
	b := c.Answer()
	if !b.Found() || b.Least >= timeout || b.Most < timeout {
		t.Errorf("timeout %v: bracket %v to %v doesn't hold it", timeout, b.Least, b.Most)
	}
	if b.Width() > Resolution(timeout) {
		t.Errorf("timeout %v: bracket is %v wide, promised %v", timeout, b.Width(), Resolution(timeout))
	}
	if by := plan.EndsBy(timeout); c.end > by {
		t.Errorf("timeout %v in %v to %v: took %v = %.3f T, promised %v", timeout, plan.From, plan.To, c.end, float64(c.end)/float64(timeout), by)
	}
	if c.peak > plan.AtOnce || c.opened > plan.Sessions {
		t.Errorf("timeout %v: %d sessions at once and %d in all, announced %d and %d", timeout, c.peak, c.opened, plan.AtOnce, plan.Sessions)
	}
	if c.Death.Irregular {
		t.Errorf("timeout %v: the evidence is called irregular: %+v", timeout, c.Death)
	}
	for i, n := range c.touches {
		if n > 1 {
			t.Errorf("timeout %v: session %d was touched %d times", timeout, i, n)
		}
	}
}

// Any timeout in any range is bracketed as promised.
func TestLadderKeepsItsPromise(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		from := time.Duration(rapid.Int64Range(int64(time.Second), int64(3*time.Hour)).Draw(t, "from"))
		by := rapid.Float64Range(1.5, 7200).Draw(t, "by")
		o := LadderOptions{From: from, To: min(scaled(from, by), 24*time.Hour), Replicas: rapid.IntRange(1, 3).Draw(t, "replicas")}
		plan := planOf(t, o)
		in := rapid.Float64Range(0, 1).Draw(t, "where")
		timeout := from + scaled(plan.To-from, in*in)
		w := world{latency: timeout / 2000, dies: fixed(timeout)}
		w.latency = min(w.latency, 5*time.Millisecond)
		got := w.climb(t, plan)
		got.promised(t, &plan, timeout)
	})
}

// Around an expectation, and outside the range on both sides.
func TestLadderOutsideItsRange(t *testing.T) {
	for _, expect := range []time.Duration{2 * time.Second, 5 * time.Second, 20 * time.Second, 30 * time.Minute, 3 * time.Hour} {
		plan := planOf(t, LadderOptions{Expect: expect})
		t.Logf("expect %v: %v to %v, %d rungs, %d sessions, %d at once, ends by %v, at the latest %v",
			expect, plan.From, plan.To, plan.Rungs, plan.Sessions, plan.AtOnce, plan.EndsBy(expect), plan.LatestEnd())
		for _, by := range []float64{0.02, 0.1, 0.15, 0.3, 0.45, 0.499, 0.5, 0.51, 0.8, 0.999, 1, 1.001, 1.2, 1.5, 1.52, 1.7, 2.2, 2.9, 4, 4.4} {
			timeout := scaled(expect, by)
			if timeout < 200*time.Millisecond {
				continue
			}
			got := world{dies: fixed(timeout)}.climb(t, plan)
			inside := timeout >= plan.From && timeout <= plan.To
			b := got.Answer()
			if inside {
				got.promised(t, &plan, timeout)
			} else if b.Least >= timeout || b.Most < timeout || got.end > plan.EndsBy(timeout) || b.Width() > Resolution(timeout) {
				t.Errorf("timeout %v outside: bracket %v to %v (%v wide) after %v, promised %v", timeout, b.Least, b.Most, b.Width(), got.end, plan.EndsBy(timeout))
			}
			if got.opened > plan.Sessions+reserveSessions {
				t.Errorf("timeout %v: %d sessions", timeout, got.opened)
			}
			t.Logf("%8v: %v..%v, %.2f %% wide, %.3f T, %d sessions, %d at once", timeout, b.Least, b.Most,
				100*float64(b.Width())/float64(timeout), float64(got.end)/float64(timeout), got.opened, got.peak)
		}
	}
}

func TestLadderOfUnknown(t *testing.T) {
	plan := planOf(t, LadderOptions{})
	if plan.Basis != UnknownRange || plan.From != time.Second || plan.To != 2*time.Hour {
		t.Fatalf("plan %+v", plan)
	}
	t.Logf("%d rungs, %d sessions, %d at once", plan.Rungs, plan.Sessions, plan.AtOnce)
	for _, timeout := range []time.Duration{time.Second, 1500 * time.Millisecond, 2 * time.Second, 7 * time.Second, time.Minute, time.Hour, 2 * time.Hour} {
		got := world{dies: fixed(timeout)}.climb(t, plan)
		got.promised(t, &plan, timeout)
		t.Logf("%v: %.3f T, %d opened", timeout, float64(got.end)/float64(timeout), got.opened)
	}
}

// A server that never forgets is followed to the last rung, and no further.
func TestLadderNeverDead(t *testing.T) {
	plan := planOf(t, LadderOptions{Expect: 10 * time.Second})
	got := world{dies: func(int, time.Duration) time.Duration { return 0 }}.climb(t, plan)
	if e := got.Death; e.First.Found() || e.Last.Least < plan.Longest || got.end > plan.LatestEnd() {
		t.Errorf("edges %+v after %v", e, got.end)
	}
	if r, why := JudgeTimeout(&got.LadderFinding, 10*time.Second, time.Second); r != FailedRule {
		t.Errorf("%s: %s", r, why)
	}
}

// Deaths on the passes of a reaper are told as such, whatever the phase.
func TestLadderHearsAReaper(t *testing.T) {
	missed := 0
	for _, timeout := range []time.Duration{2 * time.Second, 5 * time.Second, 20 * time.Second} {
		for phase := range 10 {
			pause := time.Second
			at := time.Duration(phase) * pause / 10
			plan := planOf(t, LadderOptions{Expect: timeout})
			got := world{dies: func(_ int, opened time.Duration) time.Duration {
				due := opened + timeout - at
				return (due+pause-1)/pause*pause + at
			}}.climb(t, plan)
			r := got.Rhythm
			if r == nil {
				missed++
				t.Logf("timeout %v, phase %v: no rhythm in %+v", timeout, at, got.Death)
				continue
			}
			if r.Least > pause*11/10 || r.Most < pause*9/10 || r.Timeout.Least > timeout || r.Timeout.Most < timeout {
				t.Errorf("timeout %v, phase %v: %+v", timeout, at, *r)
			}
			t.Logf("timeout %v, phase %v: pause %v to %v, timeout %v to %v; ends %.2f T", timeout, at, r.Least, r.Most, r.Timeout.Least, r.Timeout.Most, float64(got.end)/float64(timeout))
		}
	}
	if missed > 0 {
		t.Errorf("%d of 30 reapers were not heard", missed)
	}
}

// Two nodes that disagree are told apart, not averaged, and are no rhythm.
func TestLadderHearsTwoNodes(t *testing.T) {
	for seed := range 20 {
		plan := planOf(t, LadderOptions{Expect: 20 * time.Second})
		got := world{dies: func(i int, opened time.Duration) time.Duration {
			if spread(i*7+seed) < 0.5 {
				return opened + 20*time.Second
			}
			return opened + 26*time.Second
		}}.climb(t, plan)
		e := got.Death
		first, last := e.First.Most, e.Last.Least
		if !e.Irregular || got.Rhythm != nil || first < 20*time.Second || first > 20800*time.Millisecond || last > 26*time.Second || last < 22*time.Second {
			t.Errorf("seed %d: %+v, rhythm %+v", seed, e, got.Rhythm)
		}
	}
}

// A replaced session shows both clocks, each bracketed as finely.
func TestLadderOfTwoClocks(t *testing.T) {
	for _, death := range []time.Duration{25 * time.Second, 40 * time.Second, time.Minute} {
		plan := planOf(t, LadderOptions{Expect: 20 * time.Second})
		got := world{replaced: 20 * time.Second, dies: fixed(death)}.climb(t, plan)
		if got.Change == nil {
			t.Fatalf("death %v: no change seen", death)
		}
		for name, b := range map[string]Bracket{"change": got.Change.Whole(), "death": got.Answer()} {
			want := map[string]time.Duration{"change": 20 * time.Second, "death": death}[name]
			if b.Least >= want || b.Most < want || b.Width() > Resolution(want)*5/4 {
				t.Errorf("death %v: %s %v to %v", death, name, b.Least, b.Most)
			}
		}
	}
}

// Replicas decide a rung whose touch got lost.
func TestLadderWithLostTouches(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lost := rapid.SliceOfNDistinct(rapid.IntRange(0, 80), 0, 6, rapid.ID).Draw(t, "lost")
		plan := planOf(t, LadderOptions{Expect: 20 * time.Second, Replicas: 3})
		got := world{dies: fixed(19 * time.Second), lost: func(i int) bool { return slices.Contains(lost, i) }}.climb(t, plan)
		if b := got.Answer(); !b.Found() || b.Least >= 19*time.Second || b.Most < 19*time.Second || b.Width() > 3*time.Second {
			t.Fatalf("lost %v: %v to %v", lost, b.Least, b.Most)
		}
	})
}
