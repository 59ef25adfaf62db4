package driver_test

import (
	"testing"
	"testing/synctest"
	"time"

	"authsoak/accounts"
	"authsoak/driver"
	"authsoak/profiles"
	"authsoak/results"
	"authsoak/scenario"
	"authsoak/simulator"
)

// An hour of each load model against the simulator, in fake time. The simulator
// answers in exactly 5 ms, so that every count is known beforehand.
func TestAnHourOfEachModel(t *testing.T) {
	const answer = 5 * time.Millisecond
	hour := func(level float64) []scenario.Stage {
		return []scenario.Stage{{From: level, To: level, Length: time.Hour}}
	}
	tests := []struct {
		name  string
		set   func(*scenario.Plan)
		check func(*testing.T, *results.Summary)
	}{
		{"open", func(p *scenario.Plan) {
			p.Arrivals = scenario.NewArrivals(hour(2))
			p.Calls, p.Think = scenario.ConstantCalls(3), scenario.ConstantTime(time.Second)
		}, func(t *testing.T, s *results.Summary) {
			// A cycle takes 5 answers and 4 pauses, 4.025 s; arrivals are half a
			// second apart, so that the end cuts the last 8.
			wantCycles(t, s, results.CycleCounts{Planned: 7200, Started: 7200, Completed: 7192, OK: 7192, Interrupted: 8})
			wantSteps(t, s, map[string]int64{"login": 7200, "logout": 7192})
		}},
		{"closed", func(p *scenario.Plan) {
			p.Model = profiles.Closed
			p.Curve = scenario.NewCurve(hour(20))
			p.Calls, p.Pacing = scenario.ConstantCalls(3), 10*time.Second
		}, func(t *testing.T, s *results.Summary) {
			// 20 users start a cycle every 10 s, the last at 3590 s.
			wantCycles(t, s, results.CycleCounts{Planned: 7200, Started: 7200, Completed: 7200, OK: 7200})
			wantSteps(t, s, map[string]int64{"login": 7200, "logout": 7200})
		}},
		{"population", func(p *scenario.Plan) {
			p.Model = profiles.Population
			p.Curve = scenario.NewCurve(hour(200))
			p.Think, p.Turnover = scenario.ConstantTime(time.Minute), scenario.ConstantTime(10*time.Minute)
		}, func(t *testing.T, s *results.Summary) {
			// A session lasts 10 min from its login's end, plus the logout: 6 logins
			// each in the hour, the sixth session cut by the end.
			wantCycles(t, s, results.CycleCounts{Planned: 1200, Started: 1200, Completed: 1000, OK: 1000, Interrupted: 200})
			wantSteps(t, s, map[string]int64{"login": 1200, "logout": 1000})
			if got := s.Sessions.PeakLive; got != 200 {
				t.Errorf("peak of live sessions %d, want 200", got)
			}
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				_, network := simulated(t, simulator.Options{Latency: simulator.LatencyOptions{Mean: answer}})
				source, err := accounts.Generate("user{n}:pw{n}:100000")
				if err != nil {
					t.Fatal(err)
				}
				p := plan(onePage())
				p.Duration = time.Hour
				p.Targets = []scenario.TargetPlan{target(flow(t, "octane", profiles.Choice{Method: "json"}), source)}
				test.set(p)
				targets, err := driver.Open(p, network)
				if err != nil {
					t.Fatal(err)
				}
				s, _ := drive(t, p, targets, nil)
				test.check(t, s)
				if s.Verdict != results.Pass {
					t.Errorf("verdict %s %v", s.Verdict, s.Reasons)
				}
				if c := s.Sessions; !c.Balanced || c.LiveAtEnd != 0 || c.Opened != c.Closed || c.Orphaned != 0 {
					t.Errorf("ledger %+v, want all closed", c)
				}
			})
		})
	}
}

func wantCycles(t *testing.T, s *results.Summary, want results.CycleCounts) {
	t.Helper()
	if s.Cycles != want {
		t.Errorf("cycles %+v, want %+v", s.Cycles, want)
	}
}

func wantSteps(t *testing.T, s *results.Summary, want map[string]int64) {
	t.Helper()
	for _, step := range s.Steps {
		if n, ok := want[step.Step]; ok && step.Kind == "step" && (step.OK != n || step.Count != n) {
			t.Errorf("step %s: %d, %d of them ok, want %d\n%+v", step.Step, step.Count, step.OK, n, step.Errors)
		}
	}
}
