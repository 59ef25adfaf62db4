package driver_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"authsoak/driver"
	"authsoak/profiles"
	"authsoak/results"
	"authsoak/scenario"
)

// A restart that is under way when the load is stopped is waited for: to cut it
// between stop and start would leave the target down. Only a second interrupt, or
// two minutes, end the wait.
func TestRestartOutlastsTheLoad(t *testing.T) {
	for _, test := range []struct {
		name    string
		takes   time.Duration
		cut     bool // by a second interrupt
		stopped bool
		waited  time.Duration // from the restart on
		verdict results.Verdict
		fails   error
	}{
		{name: "stopped", takes: 20 * time.Second, stopped: true, waited: 20 * time.Second, verdict: results.Interrupted},
		{name: "stopped twice", takes: 20 * time.Second, stopped: true, cut: true, waited: 4 * time.Second, verdict: results.Interrupted},
		{name: "the load is over", takes: 30 * time.Second, waited: 30 * time.Second, verdict: results.Pass},
		{name: "it fails after that", takes: 30 * time.Second, waited: 30 * time.Second, fails: errors.New("exit status 3"), verdict: results.Invalid},
		{name: "it never ends", takes: time.Hour, waited: 2*time.Minute + 10*time.Second, verdict: results.Invalid},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				_, network := simulated(t, checked())
				p := experimentPlan(t, "space", func(p *scenario.Plan) {
					p.Duration = 40 * time.Second
					p.Arrivals = scenario.NewArrivals([]scenario.Stage{{From: 2, To: 2, Length: p.Duration}})
					p.Experiment = &scenario.ExperimentPlan{Kind: profiles.Restart, At: 30 * time.Second, Within: 10 * time.Second, Factor: 2}
				})
				targets, err := driver.Open(p, network)
				if err != nil {
					t.Fatal(err)
				}
				ctx, cut := context.WithCancel(t.Context())
				defer cut()
				stop := make(chan struct{})
				var waited time.Duration
				s, _ := driveWith(ctx, t, stop, driver.Config{Plan: p, Targets: targets, Shards: 2, Restart: func(ctx context.Context) error {
					began := time.Now()
					defer func() { waited = time.Since(began) }()
					if test.stopped {
						time.AfterFunc(2*time.Second, func() { close(stop) })
					}
					if test.cut {
						time.AfterFunc(4*time.Second, cut)
					}
					select {
					case <-time.After(test.takes):
						return test.fails
					case <-ctx.Done():
						return ctx.Err()
					}
				}})
				if d := waited - test.waited; d < 0 || d > time.Second || s.Verdict != test.verdict {
					t.Errorf("waited %s, %s %v; want %s, %s", waited, s.Verdict, s.Reasons, test.waited, test.verdict)
				}
			})
		})
	}
}
