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
