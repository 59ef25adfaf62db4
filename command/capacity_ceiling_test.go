package command

import (
	"testing"

	"authsoak/profiles"
	"authsoak/results"
	"authsoak/scenario"
)

func TestCeilingOf(t *testing.T) {
	two := profiles.Group{Requests: make([]profiles.Request, 2)}
	one := profiles.Group{Requests: make([]profiles.Request, 1)}
	plan := &scenario.Plan{Calls: scenario.ConstantCalls(5), Targets: []scenario.TargetPlan{
		{Flow: &profiles.Flow{Login: one, Logout: one}}, {Flow: &profiles.Flow{Login: two, Logout: one}}}}
	if c := ceilingOf(plan, nil); c != nil {
		t.Errorf("without a calibration: %+v, want none", c)
	}
	c := ceilingOf(plan, []results.Ceiling{{RequestsPerS: 40_000}, {RequestsPerS: 8_000, LowerBound: true}})
	if want := "this machine drives at least 1000 cycles a second like these, as authsoak calibrate measured"; c == nil || c.RatePerS != 1000 || c.Text != want {
		t.Errorf("ceiling %+v, want 1000 cycles a second and %q", c, want)
	}
}
