package driver_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"authsoak/driver"
	"authsoak/driver/exchange"
	"authsoak/driver/pacer"
	"authsoak/profiles"
	"authsoak/results"
	"authsoak/scenario"
)

// steady are arrivals at a rate for so long.
func steady(p *scenario.Plan, rate float64, length time.Duration) {
	p.Arrivals = scenario.NewArrivals([]scenario.Stage{{From: rate, To: rate, Length: length}})
	p.Duration = length
}

// users stay at a level for so long.
func users(p *scenario.Plan, model profiles.Model, level float64, length time.Duration) {
	p.Model = model
	p.Curve = scenario.NewCurve([]scenario.Stage{{From: level, To: level, Length: length}})
	p.Duration = length
}

// Whatever is combined, every planned cycle and every opened session is
// accounted for once: drive itself looks at that.
func TestEverythingIsCountedOnce(t *testing.T) {
	for _, model := range []profiles.Model{profiles.Open, profiles.Closed, profiles.Population} {
		for _, flow := range []*profiles.Flow{loginFlow(), onePage()} {
			for _, connections := range []profiles.Connections{profiles.Shared, profiles.PerUser, profiles.PerRequest} {
				for _, abandon := range []float64{0, 0.5} {
					for _, exhausted := range []scenario.Exhausted{scenario.WaitForAccount, scenario.DropCycle, scenario.StopRun} {
						p := mixed(t, model, flow)
						p.Connections, p.Abandon, p.Targets[0].Exhausted = connections, abandon, exhausted
						name := fmt.Sprintf("%s %s %s %v %s", model, flow.Calls[0].Name, connections, abandon, exhausted)
						t.Run(name, func(t *testing.T) {
							synctest.Test(t, func(t *testing.T) {
								s, _ := driveOn(t, 3, p, only(p, &stubServer{answer: troubled}), nil)
								if s.Cycles.Planned == 0 && exhausted != scenario.StopRun {
									t.Error("nothing was planned in the hold")
								}
							})
						})
					}
				}
			}
		}
	}
}

// mixed is a plan with a warm-up, too few accounts, and users that come and go.
func mixed(t *testing.T, model profiles.Model, flow *profiles.Flow) *scenario.Plan {
	p := plan(flow)
	p.Model, p.Warmup, p.Duration, p.Replay = model, 3*time.Second, 20*time.Second, 1
	p.Calls, p.Think = scenario.ConstantCalls(2), scenario.ConstantTime(700*time.Millisecond)
	p.Turnover = scenario.ConstantTime(5 * time.Second)
	p.Targets[0].Accounts = generated(t, 7)
	if model == profiles.Open {
		steady(p, 5, p.Duration)
		return p
	}
	p.Curve = scenario.NewCurve([]scenario.Stage{{From: 0, To: 10, Length: p.Duration / 2}, {From: 10, To: 0, Length: p.Duration / 2}})
	return p
}

// troubled answers with every kind of trouble now and then.
func troubled(n int, req *exchange.Request, ans *exchange.Answer) error {
	time.Sleep(time.Duration(n%17) * 10 * time.Millisecond)
	switch n % 23 {
	case 20:
		return &exchange.Error{Class: results.Read, Progress: exchange.Written, Err: errors.New("reset")}
	case 21:
		return &exchange.Error{Class: results.Write, Progress: exchange.NotWritten, Err: errors.New("broken pipe")}
	case 22:
		ans.Status = 401
		return nil
	}
	return loggedIn(n, req, ans)
}

// Arrivals that still wait for an account at the end are dropped, and once: not
// again by their start limit, which comes during a slow drain.
func TestWaitersAreDroppedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := plan(loginFlow())
		steady(p, 10, 5*time.Second)
		p.Abandon, p.StartLimit, p.DrainRate = 1, 10*time.Second, 1
		p.Targets[0].Accounts = generated(t, 20) // which abandoned sessions keep
		s, _ := driveOn(t, 1, p, only(p, &stubServer{answer: loggedIn}), nil)
		wantCycles(t, s, results.CycleCounts{Planned: 50, Started: 20, Completed: 20, OK: 20, Dropped: 30})
	})
}

// An arrival that can't start within the limit is dropped, whatever it waits
// for.
func TestStartLimit(t *testing.T) {
	slow := func(d time.Duration) *stubServer {
		return &stubServer{answer: func(int, *exchange.Request, *exchange.Answer) error {
			time.Sleep(d)
			return nil
		}}
	}
	tests := []struct {
		name  string
		takes time.Duration
		set   func(*testing.T, *scenario.Plan)
		want  results.CycleCounts
	}{
		// The second starts 2.9 s late; the third and fourth could at 6 s.
		{"a worker", 3 * time.Second, func(_ *testing.T, p *scenario.Plan) { p.Workers = 1 },
			results.CycleCounts{Planned: 5, Started: 3, Completed: 3, OK: 3, Dropped: 2}},
		{"an account", 3 * time.Second, func(t *testing.T, p *scenario.Plan) { p.Targets[0].Accounts = generated(t, 1) },
			results.CycleCounts{Planned: 5, Started: 3, Completed: 3, OK: 3, Dropped: 2}},
		{"neither", 3 * time.Second, func(*testing.T, *scenario.Plan) {},
			results.CycleCounts{Planned: 5, Started: 5, Completed: 5, OK: 5}},
		{"an account, beyond the limit", 4 * time.Second, func(t *testing.T, p *scenario.Plan) {
			p.Targets[0].Accounts, p.StartLimit = generated(t, 1), time.Second
		}, results.CycleCounts{Planned: 5, Started: 2, Completed: 2, OK: 2, Dropped: 3}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := plan(onePage())
				p.Arrivals = scenario.NewTrace([]time.Duration{0, 100 * time.Millisecond, 200 * time.Millisecond,
					300 * time.Millisecond, 5900 * time.Millisecond})
				p.Duration, p.StartLimit = 20*time.Second, 5*time.Second
				test.set(t, p)
				s, _ := driveOn(t, 1, p, only(p, slow(test.takes)), nil)
				wantCycles(t, s, test.want)
			})
		})
	}
}

// What was meant to start in the warm-up is in no count of the hold: no cycle,
// no step, no connection.
func TestWarmup(t *testing.T) {
	models := []struct {
		name string
		set  func(*scenario.Plan)
	}{
		{"open", func(p *scenario.Plan) { steady(p, 10, 10*time.Second) }},
		{"closed", func(p *scenario.Plan) {
			users(p, profiles.Closed, 1, 10*time.Second)
			p.Pacing = 100 * time.Millisecond
		}},
	}
	for _, m := range models {
		t.Run(m.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := plan(loginFlow())
				m.set(p)
				p.Warmup = 3 * time.Second
				s, _ := driveOn(t, 1, p, only(p, &stubServer{answer: loggedIn}), nil)
				wantCycles(t, s, results.CycleCounts{Planned: 70, Started: 70, Completed: 70, OK: 70})
				wantSteps(t, s, map[string]int64{"login": 70, "get": 70, "logout": 70})
				if s.WarmupS != 3 || s.DurationS != 7 || s.Sessions.Opened != 100 {
					t.Errorf("warm-up %v s, hold %v s, %d sessions; want 3, 7, 100 in all", s.WarmupS, s.DurationS, s.Sessions.Opened)
				}
				if got := seriesOf(s, "connect").Count; got != 0 {
					t.Errorf("%d connections opened in the hold, want 0: the one was opened in the warm-up", got)
				}
			})
		})
	}
}

// seriesOf is the first series of a kind.
func seriesOf(s *results.Summary, kind string) results.StepSummary {
	for _, x := range s.Steps {
		if x.Kind == kind {
			return x
		}
	}
	return results.StepSummary{}
}

// The pacer's lateness holds only what the pacer did: not the wait for a busy
// worker, which is the fault of those who allow only one.
func TestPacerLateness(t *testing.T) {
	tests := []struct {
		name            string
		stall, late     time.Duration // of the server's first answer; of the pacer
		pacer, lateness float64       // ms, at most 1 % more
		tainted         string        // the reason; empty: not
	}{
		{"nobody", 0, 0, 0, 0, ""},
		{"the server", 500 * time.Millisecond, 0, 0, 490, "all workers were busy"},
		{"the pacer", 0, 30 * time.Millisecond, 30, 30, "late by the pacer"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := plan(onePage())
				p.Workers = 1
				steady(p, 20, 10*time.Second)
				server := &stubServer{answer: func(n int, _ *exchange.Request, _ *exchange.Answer) error {
					if n == 0 {
						time.Sleep(test.stall)
					}
					return nil
				}}
				slow := func(epoch time.Time) pacer.Pacer { return latePacer{pacer.NewTimer(epoch), test.late} }
				s, _ := driveWith(t.Context(), t, nil, driver.Config{Plan: p, Targets: only(p, server), Shards: 1, NewPacer: slow})
				near := func(got, want float64) bool { return got >= want*0.9 && got <= want*1.01+0.01 }
				reasons := strings.Join(s.Generator.TaintReasons, "; ")
				if !near(s.Generator.Pacer.Max, test.pacer) || (reasons == "") != (test.tainted == "") || !strings.Contains(reasons, test.tainted) {
					t.Errorf("pacer %+v, tainted: %s; want at most %v ms, tainted: %s", s.Generator.Pacer, reasons, test.pacer, test.tainted)
				}
				if !near(s.Lateness.Max, test.lateness) {
					t.Errorf("lateness %+v, want at most %v ms", s.Lateness, test.lateness)
				}
			})
		})
	}
}

// latePacer comes back late from every wait.
type latePacer struct {
	pacer.Pacer
	by time.Duration
}

func (p latePacer) WaitUntil(at int64) {
	p.Pacer.WaitUntil(at)
	if p.by > 0 && p.Now() >= at {
		time.Sleep(p.by)
	}
}

// A connection that could not be opened is in the series of the layer at fault.
func TestFailedDials(t *testing.T) {
	for _, test := range []struct {
		class results.Class
		kind  string
	}{{results.Connect, "connect"}, {results.DNS, "connect"}, {results.Timeout, "connect"}, {results.TLS, "tls"}} {
		t.Run(test.class.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := single()
				server := &stubServer{answer: loggedIn, dial: func(context.Context, int) error {
					return &exchange.Error{Class: test.class, Err: errors.New("made to fail")}
				}}
				s, _ := drive(t, p, only(p, server), nil)
				got := seriesOf(s, test.kind)
				if got.Count != 1 || got.Fail != 1 || len(got.Errors) != 1 || got.Errors[0].Class != test.class.String() {
					t.Errorf("%s series %+v, want one failure of class %s", test.kind, got, test.class)
				}
				if login := stepOf(t, s, "login"); login.Fail != 1 || s.Targets[0].Traffic.Connections != 0 {
					t.Errorf("login %+v, %d connections, want one failure, none", login, s.Targets[0].Traffic.Connections)
				}
			})
		})
	}
}
