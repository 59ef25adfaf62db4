package driver_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"authsoak/driver"
	"authsoak/profiles"
	"authsoak/results"
	"authsoak/scenario"
	"authsoak/simulator"
)

// killed leaves of a run's folder what a kill at that second would have.
func killed(t *testing.T, f *results.Folder, at float64) {
	t.Helper()
	all, err := os.ReadFile(f.Path(results.IntervalsFile))
	if err != nil {
		t.Fatal(err)
	}
	var kept []byte
	for line := range bytes.Lines(all) {
		var l struct {
			Line string  `json:"line"`
			At   float64 `json:"at_s"`
		}
		if err := json.Unmarshal(line, &l); err != nil {
			t.Fatal(err)
		}
		if l.At <= at && l.Line != results.EndLine {
			kept = append(kept, line...)
		}
	}
	if err := os.WriteFile(f.Path(results.IntervalsFile), kept, 0o600); err != nil {
		t.Fatal(err)
	}
}

// What a run found before it was killed fails it after it went on, on a server that
// has been good since: broken session rules, and sessions left behind.
func TestResumedRunRemembers(t *testing.T) {
	forgetful := simulator.Options{Seed: 1, Space: simulator.SpaceOptions{IdleTimeout: time.Second}}
	for _, test := range []struct {
		name          string
		first, second *simulator.Options // nil: the first one still
		leaves        bool               // sessions, before the kill
		fails         string             // the rule
	}{
		{"all is well", &simulator.Options{Seed: 1}, nil, false, ""},
		{"live sessions were refused", &forgetful, &simulator.Options{Seed: 1}, false, "load.live-refused"},
		{"sessions were left behind", &simulator.Options{Seed: 1}, nil, true, "session.listed"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				_, network := simulated(t, *test.first)
				world := &fickle{dial: network}
				p := plan(flow(t, "space", profiles.Choice{}))
				p.Targets = []scenario.TargetPlan{target(p.Targets[0].Flow, generated(t, 20))}
				var arrivals []time.Duration
				for i := range 30 {
					arrivals = append(arrivals, time.Duration(i)*200*time.Millisecond)
				}
				arrivals = append(arrivals, 50*time.Second)
				p.Arrivals, p.Duration, p.Think = scenario.NewTrace(arrivals), time.Minute, scenario.ConstantTime(2*time.Second)
				run := func(ctx context.Context, c driver.Config) (*results.Summary, *results.Folder) {
					targets, err := driver.Open(p, world.network)
					if err != nil {
						t.Fatal(err)
					}
					c.Plan, c.Targets, c.Shards = p, targets, 2
					return driveWith(ctx, t, nil, c)
				}
				_, folder := run(t.Context(), driver.Config{})
				killed(t, folder, 30)
				if test.leaves { // a run that is stopped at once logs nobody out
					ctx, cut := context.WithTimeout(t.Context(), 3*time.Second)
					defer cut()
					run(ctx, driver.Config{})
				}
				if test.second != nil {
					_, network := simulated(t, *test.second)
					world.set(network)
				}
				earlier, err := results.ReadEarlier(folder)
				if err != nil {
					t.Fatal(err)
				}
				earlier.Settle(&results.Cleaned{})
				s, _ := run(t.Context(), driver.Config{Folder: folder, Earlier: earlier})
				for _, c := range s.Checks {
					if want := map[bool]string{true: "fail", false: "pass"}[c.ID == test.fails]; c.Verdict != want {
						t.Errorf("%s: %s, %s; want %s", c.ID, c.Verdict, c.Observed, want)
					}
				}
				if s.Verdict == results.Pass != (test.fails == "") {
					t.Errorf("%s %q", s.Verdict, s.Reasons)
				}
				if _, err := os.Stat(folder.Path(results.ListingLedgerFile)); err == nil {
					t.Error("the ledger of the listings is left")
				}
			})
		})
	}
}

// Cycles that were due when a run was killed, and that no worker had come to, are
// planned ones that were dropped.
func TestResumedRunCountsWhatWasDue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, network := simulated(t, simulator.Options{Seed: 1, Login: simulator.CostOptions{Mean: 2 * time.Second, Servers: 1}})
		p := plan(flow(t, "space", profiles.Choice{}))
		p.Targets = []scenario.TargetPlan{target(p.Targets[0].Flow, generated(t, 100))}
		var arrivals []time.Duration
		for i := range 30 {
			arrivals = append(arrivals, time.Duration(i)*200*time.Millisecond)
		}
		p.Arrivals, p.Duration, p.Think, p.Workers = scenario.NewTrace(arrivals), 20*time.Second, scenario.ConstantTime(0), 2
		run := func(c driver.Config) (*results.Summary, *results.Folder) {
			targets, err := driver.Open(p, network)
			if err != nil {
				t.Fatal(err)
			}
			c.Plan, c.Targets, c.Shards = p, targets, 2
			return driveWith(t.Context(), t, nil, c)
		}
		_, folder := run(driver.Config{})
		for _, at := range []float64{3, 5} {
			killed(t, folder, at)
			earlier, err := results.ReadEarlier(folder)
			if err != nil {
				t.Fatal(err)
			}
			if due := int64(at)*5 + 1; earlier.Planned[0] >= due && at == 3 {
				t.Fatalf("%d cycles were recorded as due after %v s, want fewer than the %d that were", earlier.Planned[0], at, due)
			}
			earlier.Settle(&results.Cleaned{})
			s, _ := run(driver.Config{Folder: folder, Earlier: earlier})
			c := s.Cycles
			if c.Planned != 30 || c.Planned != c.Completed+c.Dropped+c.Interrupted {
				t.Errorf("killed after %v s: planned %d, want 30; completed %d, dropped %d, interrupted %d", at, c.Planned, c.Completed, c.Dropped, c.Interrupted)
			}
		}
	})
}
