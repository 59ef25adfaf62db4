package driver_test

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"authsoak/driver/exchange"
)

// As many workers as were asked for, however many shards share them.
func TestWorkersAsAsked(t *testing.T) {
	for _, test := range []struct{ workers, shards int }{{5, 4}, {1, 4}, {7, 2}, {4, 4}} {
		t.Run(fmt.Sprintf("%d on %d shards", test.workers, test.shards), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var now, most atomic.Int64
				p := plan(onePage())
				p.Workers = test.workers
				steady(p, 100, 2*time.Second)
				server := &stubServer{answer: func(int, *exchange.Request, *exchange.Answer) error {
					n := now.Add(1)
					for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
					}
					time.Sleep(200 * time.Millisecond)
					now.Add(-1)
					return nil
				}}
				s, _ := driveOn(t, test.shards, p, only(p, server), nil)
				if got := int(most.Load()); got != test.workers || s.Generator.PeakWorkers != test.workers {
					t.Errorf("%d requests at once, %d workers, want %d", got, s.Generator.PeakWorkers, test.workers)
				}
			})
		})
	}
}

// Starts that are late because somebody allowed too few workers are the
// generator's fault although nothing is dropped: from the first second in which
// they were, and while a stalled server leaves nothing to measure.
func TestTooFewWorkersTaint(t *testing.T) {
	answers := func(after time.Duration) exchange.Dialer {
		return &stubServer{answer: func(int, *exchange.Request, *exchange.Answer) error {
			time.Sleep(after)
			return nil
		}}
	}
	for _, test := range []struct {
		name    string
		workers int
		server  exchange.Dialer
		tainted int // of six intervals
	}{
		{"enough", 10, answers(50 * time.Millisecond), 0},
		{"too few", 4, answers(50 * time.Millisecond), 6}, // 80 of 100 a second
		{"a stalled server", 2, &hangingServer{}, 6},
		{"a stalled server, and nobody set a number", 0, &hangingServer{}, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := plan(onePage())
				p.Workers, p.StartLimit, p.Timeout = test.workers, time.Minute, 20*time.Second
				steady(p, 100, 6*time.Second)
				s, _ := drive(t, p, only(p, test.server), nil)
				if g := s.Generator; g.TaintedIntervals != test.tainted || g.Intervals != 6 {
					t.Errorf("%d of %d intervals tainted: %v; want %d", g.TaintedIntervals, g.Intervals, g.TaintReasons, test.tainted)
				}
			})
		})
	}
}

// Arrivals dropped for want of a worker are the generator's fault only where
// somebody set the number of workers; else thousands of requests in flight are
// the server's.
func TestWorkerLimitTaints(t *testing.T) {
	for _, test := range []struct {
		workers int
		taints  bool
	}{{10, true}, {0, false}} {
		t.Run(fmt.Sprintf("%d workers", test.workers), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := plan(onePage())
				p.Workers, p.StartLimit, p.Timeout = test.workers, 500*time.Millisecond, 2*time.Second
				steady(p, 3000, 6*time.Second)
				s, _ := drive(t, p, only(p, &hangingServer{}), nil)
				if s.Cycles.Dropped == 0 {
					t.Fatalf("cycles %+v: nothing was dropped", s.Cycles)
				}
				said := strings.Contains(strings.Join(s.Generator.TaintReasons, "\n"), "workers")
				if said != test.taints || (s.Generator.TaintedIntervals > 0) != test.taints {
					t.Errorf("%d intervals tainted: %v; want tainted %v", s.Generator.TaintedIntervals, s.Generator.TaintReasons, test.taints)
				}
			})
		})
	}
}
