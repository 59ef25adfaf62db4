package driver_test

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"authsoak/driver"
	"authsoak/driver/exchange"
	"authsoak/scenario"
)

// With a slack, starts that are due close to each other begin together, none of
// them later than the slack; the wait is lateness, and no fault of the pacer.
func TestSlack(t *testing.T) {
	for _, test := range []struct {
		slack    time.Duration
		instants int           // at which requests start
		latest   time.Duration // lateness
	}{
		{0, 1000, 0},
		{5500 * time.Microsecond, 170, 5500 * time.Microsecond},
	} {
		synctest.Test(t, func(t *testing.T) {
			var mu sync.Mutex
			instants := map[time.Time]bool{}
			server := &stubServer{answer: func(int, *exchange.Request, *exchange.Answer) error {
				mu.Lock()
				instants[time.Now()] = true
				mu.Unlock()
				return nil
			}}
			p := plan(onePage())
			p.Duration, p.Slack = time.Second, test.slack
			p.Arrivals = scenario.NewArrivals([]scenario.Stage{{From: 1000, To: 1000, Length: time.Second}})
			s, _ := driveOn(t, 1, p, []driver.Target{{TargetPlan: p.Targets[0], Dialer: server}}, nil)
			if s.Cycles.OK != 1000 || len(instants) != test.instants {
				t.Errorf("slack %v: %d cycles started at %d instants, want 1000 at %d", test.slack, s.Cycles.OK, len(instants), test.instants)
			}
			if latest := time.Duration(s.Lateness.Max * float64(time.Millisecond)); latest > test.latest+test.latest/100+time.Microsecond || latest < test.latest*8/10 {
				t.Errorf("slack %v: at most %v late, want about %v", test.slack, latest, test.latest)
			}
			if s.Generator.Pacer.Max > 0.001 {
				t.Errorf("slack %v: the pacer is blamed for %v ms", test.slack, s.Generator.Pacer.Max)
			}
		})
	}
}
