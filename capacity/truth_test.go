package capacity_test

import (
	"context"
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"authsoak/capacity"
	"authsoak/driver"
	"authsoak/profiles"
	"authsoak/results"
	"authsoak/scenario"
	"authsoak/simulator"
)

// People who think are no backlog: the highest load that may be tried is met by a
// server that takes it easily, though cycles last longer than steps.
func TestThinkingIsNoBacklog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, network := simulated(t, simulator.Options{Seed: 1, Latency: simulator.LatencyOptions{Mean: 2 * time.Millisecond}})
		c := search(t, network, "rate(fail) < 5%")
		c.Most, c.Driver.Plan.Think, c.Driver.Plan.Calls = 40, scenario.ExponentialTime(2*time.Second), scenario.ConstantCalls(5)
		r, err := capacity.Run(t.Context(), nil, c)
		if err != nil {
			t.Fatal(err)
		}
		nothingLeft(t, server, c, r)
		if r.Verdict != results.Pass || r.Limit.Kind != results.LimitGuard {
			t.Errorf("%s %s: limit %+v, want the guard", r.Verdict, r.Reason, r.Limit)
		}
		for _, s := range r.Steps {
			if s.Level == 40 && math.Abs(s.RatePerS-40) > 4*math.Sqrt(40/s.HoldS) {
				t.Errorf("step %d: %.4g cycles/s ended at 40/s", s.Number, s.RatePerS)
			}
		}
		if l := r.Little; l == nil || !l.Consistent {
			t.Errorf("Little's law: %+v, want it to hold", l)
		}
	})
}

// Logins that can't keep up with the rate at which sessions are opened are no
// limit on sessions.
func TestSlowLoginsAreNoSessionLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, network := simulated(t, simulator.Options{Seed: 1, Latency: simulator.LatencyOptions{Mean: 2 * time.Millisecond},
			Login: simulator.CostOptions{Mean: 20 * time.Millisecond, Servers: 4}}) // 200 logins a second
		c := search(t, network, "p99(response) < 500ms", "rate(fail) < 0.5%")
		c.Whole, c.From, c.Most, c.Fill = true, 500, 2000, 1000
		p := c.Driver.Plan
		p.Think, p.Turnover, p.Model = scenario.ConstantTime(10*time.Second), scenario.ConstantTime(24*time.Hour), profiles.Population
		r, err := capacity.Run(t.Context(), nil, c)
		if err != nil {
			t.Fatal(err)
		}
		nothingLeft(t, server, c, r)
		slower := 0
		for _, s := range r.Steps {
			if strings.Contains(s.Rejected, "sessions a second were opened") {
				slower++
			}
		}
		if r.Verdict != results.Pass || r.Limit.Kind != results.LimitGuard || slower == 0 {
			t.Errorf("%s %s: limit %+v, %d steps rejected for slow logins; want the guard, and one at least", r.Verdict, r.Reason, r.Limit, slower)
		}
	})
}

// A step that failed in the seconds in which the generator was the limit, and only
// there, is no evidence; the same without a word from the generator is.
func TestTaintedSeconds(t *testing.T) {
	for _, tainted := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			began := time.Now()
			const every, pause = 20 * time.Second, 500 * time.Millisecond
			server, network := simulated(t, simulator.Options{Seed: 1, Latency: simulator.LatencyOptions{Mean: 2 * time.Millisecond},
				Stall: simulator.StallOptions{Every: every, For: pause}})
			c := search(t, network, "p99(login.response) < 100ms")
			c.From, c.Most, c.Climb, c.MaxSteps = 50, 100, 20*time.Second, 8
			c.Driver.Health = func() (h results.Health) {
				if since := time.Since(began) % every; tainted && since <= pause+time.Second {
					h.SchedP99 = 500
				}
				return h
			}
			r, err := capacity.Run(t.Context(), nil, c)
			if err != nil {
				t.Fatal(err)
			}
			nothingLeft(t, server, c, r)
			first := r.Steps[0]
			if tainted != strings.HasPrefix(first.Rejected, "without the ") || tainted != (first.Verdict == "rejected") {
				t.Errorf("tainted %v: the first step is %s, %q", tainted, first.Verdict, first.Rejected)
			}
			if tainted && (r.Verdict != results.Invalid || r.Limit.Kind != results.LimitGenerator || r.Answer.Known) {
				t.Errorf("%s %s: limit %+v, want invalid and the generator", r.Verdict, r.Reason, r.Limit)
			}
		})
	}
}

// Several targets whose accounts run out are no server's limit either.
func TestAccountsOfSeveralTargets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, network := simulated(t, simulator.Options{Seed: 1, Latency: simulator.LatencyOptions{Mean: 2 * time.Millisecond}})
		c := search(t, network, "p99(login.response) < 500ms")
		s, err := scenario.Parse("test", []byte(`
targets:
  - {name: a, endpoint: octane, url: http://a.test, accounts: {generate: 'user{n}:pw{n}:10'}}
  - {name: b, endpoint: octane, url: http://b.test, accounts: {generate: 'user{n}:pw{n}:101-110'}}
load: {model: open, calls: {count: 0}, think: {distribution: constant, mean: 1s}, stages: [{at: 1, for: 1m}]}
`))
		if err != nil {
			t.Fatal(err)
		}
		if c.Driver.Plan, err = s.Plan(); err != nil {
			t.Fatal(err)
		}
		if c.Driver.Targets, err = driver.Open(c.Driver.Plan, network); err != nil {
			t.Fatal(err)
		}
		r, err := capacity.Run(t.Context(), nil, c)
		if err != nil {
			t.Fatal(err)
		}
		nothingLeft(t, server, c, r)
		if r.Verdict != results.Invalid || r.Limit.Kind != results.LimitAccounts || !strings.Contains(r.Reason, "accounts of target") {
			t.Errorf("%s %s: limit %+v, want invalid and accounts", r.Verdict, r.Reason, r.Limit)
		}
	})
}

// A class that ends the search ends it in the settling too.
func TestStopOnWhileSettling(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, network := simulated(t, simulator.Options{Seed: 1, Login: simulator.CostOptions{Mean: 200 * time.Millisecond, Servers: 1, MaxWait: time.Millisecond}})
		c := search(t, network, "p99(login.response) < 500ms")
		c.Settle = 30 * time.Second
		throttled, ok := results.ParseClass("throttled")
		if !ok {
			t.Fatal("no class throttled")
		}
		c.StopOn = []results.Class{throttled}
		r, err := capacity.Run(t.Context(), nil, c)
		if err != nil {
			t.Fatal(err)
		}
		nothingLeft(t, server, c, r)
		if r.Verdict != results.Invalid || len(r.Steps) != 1 || r.Steps[0].HoldS > 0 || !strings.Contains(r.Reason, "--stop-on") {
			t.Errorf("%s %q after %d steps, the last judged for %v s; want invalid while the first one settles", r.Verdict, r.Reason, len(r.Steps), r.Steps[len(r.Steps)-1].HoldS)
		}
	})
}

// One bad second while the load settles cuts no step short.
func TestOneBadSecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, network := simulated(t, simulator.Options{Seed: 1, Latency: simulator.LatencyOptions{Mean: 2 * time.Millisecond},
			Stall: simulator.StallOptions{Every: 3 * time.Second, For: 1200 * time.Millisecond}}) // from 3 s to 4.2 s, then in the hold
		c := search(t, network, "p99(login.response) < 100ms")
		c.From, c.Most, c.MaxSteps = 50, 50, 3
		r, err := capacity.Run(t.Context(), nil, c)
		if err != nil {
			t.Fatal(err)
		}
		nothingLeft(t, server, c, r)
		if s := r.Steps[0]; s.HoldS < 1 || s.Verdict != "fail" {
			t.Errorf("the first step was judged for %v s: %s", s.HoldS, s.Verdict)
		}
	})
}

// A search that is ended at once names the sessions it leaves.
func TestLeftOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, network := simulated(t, simulator.Options{Seed: 1, Latency: simulator.LatencyOptions{Mean: 2 * time.Millisecond}})
		c := search(t, network, "p99(login.response) < 500ms")
		c.Driver.Plan.Think = scenario.ConstantTime(20 * time.Second)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		time.AfterFunc(15*time.Second, cancel)
		r, err := capacity.Run(ctx, nil, c)
		if err != nil {
			t.Fatal(err)
		}
		live := server.Stats().Live
		if live == 0 || len(r.Left) != 1 || r.Left[0].Sessions < int64(live) || r.Left[0].Folder == "" || r.Verdict != results.Interrupted {
			t.Errorf("%s: %d sessions are live, named %+v; want all of them", r.Verdict, live, r.Left)
		}
	})
}

// Steps that don't suffice give no answer, and no number of servers.
func TestUndecided(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, network := simulated(t, simulator.Options{Seed: 1, Login: simulator.CostOptions{Mean: 20 * time.Millisecond, Servers: 4}})
		c := search(t, network, "p99(login.response) < 500ms")
		c.From, c.MaxSteps, c.Wanted = 80, 5, 1000
		r, err := capacity.Run(t.Context(), nil, c)
		if err != nil {
			t.Fatal(err)
		}
		nothingLeft(t, server, c, r)
		if r.Verdict != results.Invalid || r.Answer.Known || r.Servers != nil || !strings.Contains(r.Reason, "so far") {
			t.Errorf("%s %q, answer %+v, servers %+v: want invalid, with what is known so far", r.Verdict, r.Reason, r.Answer, r.Servers)
		}
		// The server was back before the step that shows it was judged.
		if k := r.Recovery; len(k) != 1 || !k[0].Recovered || k[0].Level > 0.75*160 || k[0].WithinS > r.Steps[k[0].After].SettleS+0.1 {
			t.Errorf("recovery %+v, want one at 80/s within the 5 s that its step settles", k)
		}
	})
}
