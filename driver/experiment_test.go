package driver_test

import (
	"context"
	"errors"
	"math"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"authsoak/driver"
	"authsoak/profiles"
	"authsoak/results"
	"authsoak/scenario"
	"authsoak/simulator"
)

// trial is an experiment in fake time: how the server is, what is asked, and
// which lines must not hold.
type trial struct {
	name   string
	server simulator.Options
	plan   func(*scenario.Plan)
	fails  string            // names of the lines that don't hold, joined by ;
	says   map[string]string // what a line's text must hold
}

func (r *trial) run(t *testing.T, endpoint string, base func(*scenario.Plan)) {
	synctest.Test(t, func(t *testing.T) {
		_, network := simulated(t, r.server)
		p := experimentPlan(t, endpoint, base)
		if r.plan != nil {
			r.plan(p)
		}
		targets, err := driver.Open(p, network)
		if err != nil {
			t.Fatal(err)
		}
		s, folder := drive(t, p, targets, nil)
		r.check(t, s)
		checkPlannedRates(t, p, folder)
		again, err := results.Rebuild(folder)
		if err != nil || again.Experiment == nil || len(again.Experiment.Lines) != len(s.Experiment.Lines) || again.Verdict != s.Verdict {
			t.Errorf("rebuilt: %+v %v", again, err)
		}
	})
}

// checkPlannedRates holds what the seconds of an open run say was planned in them
// against the plan: a storm is part of it.
func checkPlannedRates(t *testing.T, p *scenario.Plan, folder *results.Folder) {
	t.Helper()
	if p.Arrivals == nil {
		return
	}
	var sum float64
	for line, err := range results.ReadIntervals(folder) {
		if err != nil {
			t.Fatal(err)
		}
		if line.Run != nil {
			sum += line.Run.PlannedPerSec * line.Run.Length
		}
	}
	if want := float64(p.Arrivals.Planned()); math.Abs(sum-want) > 0.5 {
		t.Errorf("the seconds of the run tell of %.1f planned arrivals, the plan of %v", sum, want)
	}
}

func experimentPlan(t *testing.T, endpoint string, base func(*scenario.Plan)) *scenario.Plan {
	p := plan(onePage())
	p.Targets = []scenario.TargetPlan{target(flow(t, endpoint, profiles.Choice{}), generated(t, 5000))}
	p.DrainRate = 10_000
	base(p)
	return p
}

func (r *trial) check(t *testing.T, s *results.Summary) {
	t.Helper()
	if s.Experiment == nil {
		t.Fatal("no experiment in the summary")
	}
	var failed []string
	for _, l := range s.Experiment.Lines {
		t.Logf("%-30s %v  %s  →  %s", l.Name, l.Pass, l.Expectation, l.Actual)
		if !l.Pass {
			failed = append(failed, l.Name)
		}
		if want := r.says[l.Name]; !strings.Contains(l.Expectation+" → "+l.Actual, want) {
			t.Errorf("%s: %q lacks %q", l.Name, l.Expectation+" → "+l.Actual, want)
		}
	}
	if got := strings.Join(failed, ";"); got != r.fails {
		t.Errorf("lines that don't hold: %q, want %q", got, r.fails)
	}
	if want := map[bool]results.Verdict{true: results.Pass, false: results.Failed}[r.fails == ""]; s.Verdict != want {
		t.Errorf("verdict %s %v, want %s", s.Verdict, s.Reasons, want)
	}
}

// checked is a server that checks logins in 20 ms, four at once: 200 a second.
func checked(more ...func(*simulator.Options)) simulator.Options {
	o := simulator.Options{Login: simulator.CostOptions{Mean: 20 * time.Millisecond, Servers: 4}}
	for _, f := range more {
		f(&o)
	}
	return o
}

// Four hundred logins at once take a server of 200 a second two seconds, and as
// long does a calm login wait for its turn.
func TestStorm(t *testing.T) {
	base := func(p *scenario.Plan) {
		p.Experiment = &scenario.ExperimentPlan{Kind: profiles.Storm, At: 20 * time.Second, Users: 400,
			Within: 3 * time.Second, Slowest: 3 * time.Second, Factor: 2}
		p.Arrivals = scenario.NewArrivals([]scenario.Stage{{From: 5, To: 5, Length: 20 * time.Second}, scenario.Burst(400), {From: 5, To: 5, Length: 40 * time.Second}})
		p.Duration = time.Minute
	}
	set := func(f func(*scenario.ExperimentPlan)) func(*scenario.Plan) {
		return func(p *scenario.Plan) { f(p.Experiment) }
	}
	for _, r := range []trial{
		{name: "pass", server: checked(), says: map[string]string{
			"everybody in": "400 of 400, the last after 2 s", "failed logins": "0 of 400", "back to normal": "(it was 20 ms) after 3 s at most → after 2 s", "worst login": "worst 2 s"}},
		{name: "too slow", server: checked(), plan: set(func(e *scenario.ExperimentPlan) { e.Within = 1900 * time.Millisecond }), fails: "everybody in;back to normal"},
		{name: "a login too slow", server: checked(), plan: set(func(e *scenario.ExperimentPlan) { e.Slowest = 1900 * time.Millisecond }), fails: "worst login"},
		{name: "refused", server: checked(func(o *simulator.Options) { o.Login.MaxWait = time.Second }), fails: "everybody in;failed logins",
			says: map[string]string{"failed logins": "throttled"}},
		{name: "refused, and allowed", server: checked(func(o *simulator.Options) { o.Login.MaxWait = time.Second }),
			plan: set(func(e *scenario.ExperimentPlan) { e.Failures = 0.6 })},
		{name: "never calm again", server: checked(func(o *simulator.Options) { o.Login.Servers = 1; o.Login.Mean = 190 * time.Millisecond }),
			fails: "everybody in;failed logins;worst login;back to normal", plan: func(p *scenario.Plan) { p.StartLimit = time.Second; p.Timeout = 4 * time.Second },
			says: map[string]string{"back to normal": "not within"}},
		{name: "nothing before", server: checked(), plan: func(p *scenario.Plan) {
			p.Experiment.At = 0
			p.Arrivals = scenario.NewArrivals([]scenario.Stage{scenario.Burst(400), {From: 5, To: 5, Length: time.Minute}})
		}, fails: "back to normal", says: map[string]string{"back to normal": "nothing to hold it against"}},
	} {
		t.Run(r.name, func(t *testing.T) { r.run(t, "space", base) })
	}
}

// Two hundred sessions idle for 30 s + 6 s; to let two hundred in again takes the
// server a second.
func TestMassExpiry(t *testing.T) {
	idle := func(d time.Duration) func(*simulator.Options) {
		return func(o *simulator.Options) { o.Space.IdleTimeout = d }
	}
	base := func(p *scenario.Plan) {
		p.Model, p.Warmup, p.Duration = profiles.Population, 10*time.Second, 2*time.Minute
		p.Curve = scenario.NewCurve([]scenario.Stage{{From: 200, To: 200, Length: p.Duration}}).Filled(20)
		p.Think, p.Turnover = scenario.ConstantTime(5*time.Second), scenario.ConstantTime(24*time.Hour)
		p.Experiment = &scenario.ExperimentPlan{Kind: profiles.MassExpiry, At: 30 * time.Second, Until: 66 * time.Second, Idle: 30 * time.Second,
			Within: 2 * time.Second, Slowest: 2 * time.Second, Factor: 2}
		p.Targets[0].Flow.Session.Idle = 30 * time.Second
	}
	for _, r := range []trial{
		{name: "pass", server: checked(idle(30 * time.Second)), says: map[string]string{
			"expired sessions": "after 36 s without use → 200 of 200 refused", "everybody in again": "200 of 200, the last after 1 s",
			"failed logins": "0 of 200", "worst login": "worst 1 s; the first logins took p50 20 ms", "the new sessions": "0 of "}},
		{name: "they live on", server: checked(idle(time.Hour)), fails: "expired sessions;everybody in again;failed logins;worst login;the new sessions",
			says: map[string]string{"expired sessions": "0 of 200 refused, 200 ACCEPTED"}},
		{name: "too slow", server: checked(idle(30*time.Second), func(o *simulator.Options) { o.Login.Servers = 1 }),
			plan: func(p *scenario.Plan) { p.Curve = p.Curve.Filled(1) }, fails: "everybody in again;worst login"},
		{name: "refused", server: checked(idle(30*time.Second), func(o *simulator.Options) { o.Login.MaxWait = 500 * time.Millisecond }), fails: "failed logins"},
	} {
		t.Run(r.name, func(t *testing.T) { r.run(t, "space", base) })
	}
}

// fickle is a network to a server that is taken away and put back, with its
// sessions or without.
type fickle struct {
	mu   sync.Mutex
	dial driver.Network
	open []net.Conn
}

func (f *fickle) network(ctx context.Context, network, address string) (net.Conn, error) {
	f.mu.Lock()
	dial := f.dial
	f.mu.Unlock()
	if dial == nil {
		return nil, errors.New("connection refused")
	}
	c, err := dial(ctx, network, address)
	if err == nil {
		f.mu.Lock()
		f.open = append(f.open, c)
		f.mu.Unlock()
	}
	return c, err
}

// set leads to another server, or with nil to none, and cuts what is open.
func (f *fickle) set(dial driver.Network) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.dial = dial
	for _, c := range f.open {
		c.Close()
	}
	f.open = nil
}

func TestRestart(t *testing.T) {
	most, some := 0.9, 0.0
	tests := []struct {
		trial
		down    time.Duration
		forgets bool
		never   bool
		command bool
		again   simulator.Options
	}{
		{trial: trial{name: "sessions survive", says: map[string]string{"not answering": "connect", "sessions that survived": "(100 %)"},
			plan: func(p *scenario.Plan) { p.Experiment.Survive = &most }}, down: 5 * time.Second},
		{trial: trial{name: "sessions are lost", says: map[string]string{"not answering": " connect", "sessions that survived": "0 of "}}, down: 5 * time.Second, forgets: true, again: checked()},
		{trial: trial{name: "and shouldn't", plan: func(p *scenario.Plan) { p.Experiment.Survive = &most }, fails: "sessions that survived"}, down: 5 * time.Second, forgets: true, again: checked()},
		{trial: trial{name: "too long", fails: "not answering;back to normal"}, down: 20 * time.Second},
		{trial: trial{name: "slow ever after", fails: "back to normal"}, down: 2 * time.Second, forgets: true,
			again: checked(func(o *simulator.Options) { o.Latency.Mean = 100 * time.Millisecond })},
		{trial: trial{name: "it never happens", fails: "the restart"}, never: true},
		{trial: trial{name: "by command", plan: func(p *scenario.Plan) { p.Experiment.Survive = &some }, says: map[string]string{"not answering": "after the restart on"}}, down: 3 * time.Second, command: true, forgets: true, again: checked()},
		{trial: trial{name: "at once, and every session lost", says: map[string]string{"not answering": "no step failed", "back to normal": "at once"}}, command: true, forgets: true, again: checked()},
	}
	for _, r := range tests {
		t.Run(r.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				_, first := simulated(t, checked())
				second := first
				if r.forgets {
					_, second = simulated(t, r.again)
				}
				world := &fickle{dial: first}
				p := experimentPlan(t, "space", func(p *scenario.Plan) {
					p.Model, p.Warmup, p.Duration = profiles.Population, 10*time.Second, 90*time.Second
					p.Curve = scenario.NewCurve([]scenario.Stage{{From: 100, To: 100, Length: p.Duration}}).Filled(10)
					p.Think, p.Turnover = scenario.ConstantTime(time.Second), scenario.ExponentialTime(20*time.Second)
					p.Experiment = &scenario.ExperimentPlan{Kind: profiles.Restart, At: 30 * time.Second, Within: 10 * time.Second, Factor: 2}
				})
				if r.plan != nil {
					r.plan(p)
				}
				targets, err := driver.Open(p, world.network)
				if err != nil {
					t.Fatal(err)
				}
				restart := func(ctx context.Context) error {
					if r.down > 0 {
						world.set(nil)
						time.Sleep(r.down)
					}
					world.set(second)
					return nil
				}
				c := driver.Config{Plan: p, Targets: targets, Shards: 2}
				switch {
				case r.command:
					c.Restart = restart
				case !r.never:
					go func() {
						time.Sleep(30 * time.Second)
						restart(t.Context())
					}()
				}
				s, _ := driveWith(t.Context(), t, nil, c)
				r.check(t, s)
			})
		})
	}
}

// Ten logins at once over each of three sessions.
func TestDuplicateBurst(t *testing.T) {
	base := func(p *scenario.Plan) {
		p.Model, p.Warmup, p.Duration = profiles.Population, 10*time.Second, 40*time.Second
		p.Curve = scenario.NewCurve([]scenario.Stage{{From: 20, To: 20, Length: p.Duration}}).Filled(2)
		p.Think, p.Turnover = scenario.ConstantTime(2*time.Second), scenario.ConstantTime(time.Hour)
		p.Experiment = &scenario.ExperimentPlan{Kind: profiles.DuplicateBurst, At: 20 * time.Second, Sessions: 3, Logins: 10,
			Within: time.Second, Slowest: time.Second, Factor: 2}
	}
	for _, r := range []trial{
		{name: "refused", says: map[string]string{"logins over a live session": "30 refused, 0 accepted, of 30 (30 refused-duplicate)", "the sessions under them": "3 of 3", "without an answer": "0 of 30"}},
		{name: "one in five let in", server: simulator.Options{Mutant: "login.duplicate@5", Seed: 3}, fails: "logins over a live session"},
		{name: "all let in", server: simulator.Options{Octane: simulator.OctaneOptions{AllowDuplicate: true}}, fails: "logins over a live session",
			says: map[string]string{"logins over a live session": "30 accepted"}},
		{name: "too slow", server: simulator.Options{Latency: simulator.LatencyOptions{Mean: 2 * time.Second}}, fails: "worst login"},
		{name: "unanswered", server: simulator.Options{Stall: simulator.StallOptions{Every: 19500 * time.Millisecond, For: 3 * time.Second}}, fails: "without an answer that tells;the sessions under them;worst login",
			plan: func(p *scenario.Plan) { p.Timeout = time.Second }},
		{name: "allowed", plan: func(p *scenario.Plan) { p.Targets[0].Flow.Session.DuplicateLogin = profiles.Allow },
			server: simulator.Options{Octane: simulator.OctaneOptions{AllowDuplicate: true}}},
		{name: "declared allowed, and refused", plan: func(p *scenario.Plan) { p.Targets[0].Flow.Session.DuplicateLogin = profiles.Allow }, fails: "logins over a live session"},
		{name: "observed", plan: func(p *scenario.Plan) { p.Targets[0].Flow.Session.DuplicateLogin = profiles.Observe }},
	} {
		t.Run(r.name, func(t *testing.T) { r.run(t, "octane", base) })
	}
}

func TestLeak(t *testing.T) {
	base := func(p *scenario.Plan) {
		p.Warmup, p.Duration = 10*time.Second, 4*time.Minute+10*time.Second
		p.Arrivals = scenario.NewArrivals([]scenario.Stage{{From: 2, To: 2, Length: p.Duration}})
		p.Abandon = 0.5
		p.Experiment = &scenario.ExperimentPlan{Kind: profiles.Leak, Idle: 30 * time.Second, Within: time.Second, Factor: 2}
		p.Targets[0].Flow.Session.Idle = 30 * time.Second
	}
	idle := func(d time.Duration) func(*simulator.Options) {
		return func(o *simulator.Options) { o.Space.IdleTimeout = d }
	}
	for _, r := range []trial{
		{name: "given up", server: checked(idle(30 * time.Second)), says: map[string]string{
			"sessions left behind": "after 33 s without use", "the server's own list": "0 in", "left sessions at once": "by Little's law", "login time": "p50 20 ms"}},
		{name: "they live on", server: checked(idle(time.Hour)), fails: "sessions left behind", says: map[string]string{"sessions left behind": "STILL LIVE"}},
		{name: "more sessions than it tells of", server: checked(idle(30*time.Second), func(o *simulator.Options) { o.Mutant = "session.listed/login" }), fails: "the server's own list"},
		{name: "none comes of age", server: checked(idle(30 * time.Second)), plan: func(p *scenario.Plan) { p.Abandon = 0 }, fails: "sessions left behind"},
	} {
		t.Run(r.name, func(t *testing.T) { r.run(t, "space", base) })
	}
}
