package pacer

import (
	"fmt"
	"math"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var makers = map[string]func(time.Time) Pacer{"New": New, "NewTimer": NewTimer}

func eachPacer(t *testing.T, f func(t *testing.T, p Pacer)) {
	for name, open := range makers {
		t.Run(name, func(t *testing.T) {
			p := open(time.Now())
			defer func() {
				if err := p.Close(); err != nil {
					t.Errorf("Close: %v", err)
				}
			}()
			f(t, p)
		})
	}
}

func TestNeverEarly(t *testing.T) {
	eachPacer(t, func(t *testing.T, p Pacer) {
		for _, step := range []time.Duration{-time.Second, 0, 1, 100, time.Microsecond, 37 * time.Microsecond, time.Millisecond, 5 * time.Millisecond} {
			for range 5 {
				at := p.Now() + int64(step)
				p.WaitUntil(at)
				if now := p.Now(); now < at {
					t.Errorf("WaitUntil(%v from now) returned %v early", step, time.Duration(at-now))
				}
			}
		}
	})
}

func TestWakeEndsAWait(t *testing.T) {
	eachPacer(t, func(t *testing.T, p Pacer) {
		for range 200 {
			started := make(chan struct{})
			var wait sync.WaitGroup
			wait.Go(func() {
				close(started)
				p.WaitUntil(math.MaxInt64)
			})
			<-started
			p.Wake() // before the wait, during its start, or in the middle of it
			wait.Wait()
		}
	})
}

func TestWakeBeforeAWaitIsNotLost(t *testing.T) {
	eachPacer(t, func(t *testing.T, p Pacer) {
		p.Wake()
		p.Wake() // twice is once
		p.WaitUntil(math.MaxInt64)
		at := p.Now() + int64(3*time.Millisecond)
		p.WaitUntil(at)
		if p.Now() < at {
			t.Error("the second of two Wakes ended another wait")
		}
	})
}

// Wakes from several goroutines meet a waiter that always waits for ever: each
// wait must end, whatever the moment of the Wake.
func TestWakesFromEverywhere(t *testing.T) {
	eachPacer(t, func(t *testing.T, p Pacer) {
		const wakers, rounds = 4, 500
		turns := make(chan struct{})
		var wait sync.WaitGroup
		for range wakers {
			wait.Go(func() {
				for range turns {
					p.Wake()
				}
			})
		}
		for i := range rounds {
			turns <- struct{}{}
			at := int64(math.MaxInt64)
			if i%3 == 0 {
				at = p.Now() + int64(50*time.Microsecond)
			}
			if i%3 != 0 {
				// A Wake that an earlier wait has used up can't end this one.
				turns <- struct{}{}
				p.Wake()
			}
			p.WaitUntil(at)
		}
		close(turns)
		wait.Wait()
	})
}

func TestCloseEndsWaits(t *testing.T) {
	for name, open := range makers {
		t.Run(name, func(t *testing.T) {
			p := open(time.Now())
			started := make(chan struct{})
			var wait sync.WaitGroup
			wait.Go(func() {
				close(started)
				p.WaitUntil(math.MaxInt64)
			})
			<-started
			if err := p.Close(); err != nil {
				t.Errorf("Close: %v", err)
			}
			wait.Wait()
			p.Wake()
			p.WaitUntil(math.MaxInt64)
		})
	}
}

func TestEpochInTheFuture(t *testing.T) {
	for name, open := range makers {
		p := open(time.Now().Add(5 * time.Millisecond))
		if now := p.Now(); now >= 0 {
			t.Errorf("%s: Now before the epoch = %d, want less than 0", name, now)
		}
		p.WaitUntil(0)
		if now := p.Now(); now < 0 {
			t.Errorf("%s: Now after waiting for the epoch = %d", name, now)
		}
		p.Close()
	}
}

func TestWaitAllocatesNothing(t *testing.T) {
	eachPacer(t, func(t *testing.T, p Pacer) {
		n := testing.AllocsPerRun(20, func() {
			p.WaitUntil(p.Now() + int64(50*time.Microsecond))
			p.Wake()
			p.WaitUntil(math.MaxInt64)
		})
		if n != 0 {
			t.Errorf("allocations per wait = %v, want 0", n)
		}
	})
}

func TestTimerInFakeTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewTimer(time.Now())
		defer p.Close()
		for _, at := range []time.Duration{time.Hour, 30 * time.Hour, 400 * 24 * time.Hour} {
			p.WaitUntil(int64(at))
			if now := p.Now(); now != int64(at) {
				t.Errorf("WaitUntil(%v) returned at %v", at, time.Duration(now))
			}
		}
		before := p.Now()
		var wait sync.WaitGroup
		wait.Go(func() {
			time.Sleep(time.Minute)
			p.Wake()
		})
		p.WaitUntil(math.MaxInt64)
		if now := p.Now(); now != before+int64(time.Minute) {
			t.Errorf("woken after %v, want a minute", time.Duration(now-before))
		}
		wait.Wait()
	})
}

// BenchmarkLateness starts 10,000 times a second, as a schedule would, and
// reports how late.
func BenchmarkLateness(b *testing.B) {
	for name, open := range makers {
		b.Run(name, func(b *testing.B) {
			p := open(time.Now())
			defer p.Close()
			const gap = int64(100 * time.Microsecond)
			var late []int64
			at := p.Now()
			for b.Loop() {
				at += gap
				p.WaitUntil(at)
				late = append(late, p.Now()-at)
			}
			slices.Sort(late)
			for _, q := range []int{50, 99} {
				b.ReportMetric(float64(late[len(late)*q/100])/1e3, fmt.Sprintf("late-p%d-µs", q))
			}
		})
	}
}
