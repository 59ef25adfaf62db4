package driver_test

import (
	"testing"
	"testing/synctest"
	"time"

	"authsoak/driver"
	"authsoak/profiles"
	"authsoak/scenario"
	"authsoak/simulator"
)

// A population that a server has no room for asks again once a second, not as
// fast as it is refused.
func TestPopulationBeyondACap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, network := simulated(t, simulator.Options{MaxSessions: 50, Latency: simulator.LatencyOptions{Mean: time.Millisecond}})
		p := plan(flow(t, "octane", profiles.Choice{Method: "json"}))
		p.Model, p.Arrivals = profiles.Population, nil
		p.Curve = scenario.NewCurve([]scenario.Stage{{From: 51, To: 51, Length: time.Minute}})
		p.Think, p.Turnover, p.Duration = scenario.ConstantTime(time.Hour), scenario.ConstantTime(time.Hour), time.Minute
		targets, err := driver.Open(p, network)
		if err != nil {
			t.Fatal(err)
		}
		s, _ := drive(t, p, targets, nil)
		for _, step := range s.Steps {
			if step.Kind == "step" && step.Step == "login" && (step.OK != 50 || step.Fail < 55 || step.Fail > 61) {
				t.Errorf("%d logins went well and %d were refused, want 50 and one a second", step.OK, step.Fail)
			}
		}
		if s.Sessions.PeakLive != 50 || s.Sessions.LiveAtEnd != 0 {
			t.Errorf("sessions %+v, want a peak of 50 and none at the end", s.Sessions)
		}
	})
}
