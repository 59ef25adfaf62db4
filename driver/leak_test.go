package driver_test

import (
	"testing"
	"testing/synctest"
	"time"

	"authsoak/driver"
	"authsoak/driver/exchange"
	"authsoak/driver/sessions"
	"authsoak/profiles"
	"authsoak/results"
	"authsoak/scenario"
	"authsoak/simulator"
)

func checkOf(s *results.Summary, id string) results.CheckResult {
	for _, c := range s.Checks {
		if c.ID == id {
			return c
		}
	}
	return results.CheckResult{}
}

// A server that goes on counting sessions that were logged out, or that opens two
// for one login, fails a run; the honest one never does, however long its list.
func TestLeaks(t *testing.T) {
	for _, c := range []struct {
		endpoint, mutant, verdict string
		cycles                    int
	}{
		{"space", "", "pass", 300}, {"space", "session.listed", "fail", 20}, {"space", "session.listed/login", "fail", 20},
		{"space", "session.listed", "fail", 300},
		{"acme", "", "pass", 50}, {"acme", "session.listed", "fail", 50},
	} {
		t.Run(c.endpoint+" "+c.mutant, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				_, network := simulated(t, simulator.Options{Seed: 1, Mutant: c.mutant})
				p := plan(flow(t, c.endpoint, profiles.Choice{}))
				p.Targets = []scenario.TargetPlan{target(p.Targets[0].Flow, generated(t, 20))}
				var arrivals []time.Duration
				for i := range c.cycles {
					arrivals = append(arrivals, time.Duration(i)*50*time.Millisecond)
				}
				p.Arrivals, p.Duration, p.Abandon = scenario.NewTrace(arrivals), time.Minute, 0.2
				targets, err := driver.Open(p, network)
				if err != nil {
					t.Fatal(err)
				}
				s, _ := drive(t, p, targets, nil)
				check := checkOf(s, "session.listed")
				if check.Verdict != c.verdict || (s.Verdict == results.Failed) != (c.verdict == "fail") {
					t.Errorf("%+v, run %s %q", check, s.Verdict, s.Reasons)
				}
				if len(s.Listed) != 1 || s.Listed[0].Held != 0 {
					t.Errorf("listed: %+v", s.Listed)
				}
			})
		})
	}
}

// Abandoned sessions are touched once their idle time is well over: a server that
// keeps them is found out, one that ends them is not accused.
func TestAbandonedTouched(t *testing.T) {
	for _, c := range []struct {
		name    string
		idle    time.Duration
		verdict string
	}{{"ends them", time.Minute, "pass"}, {"keeps them", 0, "fail"}} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := patient(1, time.Second)
				p.Abandon, p.Replay, p.Duration = 1, 1, 10*time.Minute
				p.Arrivals = scenario.NewTrace([]time.Duration{0, 5 * time.Minute})
				server := &clock{idle: c.idle}
				s, _ := drive(t, p, only(p, &stubServer{answer: func(n int, req *exchange.Request, ans *exchange.Answer) error {
					return server.answer(n, req, ans)
				}}), nil)
				if check := checkOf(s, "load.dead-accepted"); check.Verdict != c.verdict {
					t.Errorf("%+v", check)
				}
				if n := s.Targets[0].Traffic.Replays; n != 1 && n != 2 {
					t.Errorf("%d sessions were touched", n)
				}
			})
		})
	}
}

// The sessions that ask for a list stand in a ledger, too: one that can't be logged
// out is left to a cleanup, and counted.
func TestListingsAreKept(t *testing.T) {
	for mutant, want := range map[string]int{"": 0, "logout.accepted": 2} { // of the first account, before and after: then nobody else is asked
		t.Run(mutant, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				_, network := simulated(t, simulator.Options{Seed: 1, Mutant: mutant})
				p := plan(flow(t, "space", profiles.Choice{}))
				p.Arrivals, p.Duration = scenario.NewTrace([]time.Duration{time.Hour}), time.Second
				targets, err := driver.Open(p, network)
				if err != nil {
					t.Fatal(err)
				}
				s, folder := drive(t, p, targets, nil)
				left := 0
				if ledger, err := sessions.Open(folder.Path(results.ListingLedgerFile)); err == nil {
					for range ledger.Entries() {
						left++
					}
					if err := ledger.Close(); err != nil {
						t.Error(err)
					}
				}
				if left != want || s.Sessions.Orphaned != int64(want) {
					t.Errorf("%d sessions in the ledger, %d orphaned, want %d", left, s.Sessions.Orphaned, want)
				}
			})
		})
	}
}
