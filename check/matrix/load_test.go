package matrix_test

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"

	"authsoak/profiles"
	"authsoak/rules"
	"authsoak/scenario"
	"authsoak/simulator"
)

// rareCycles is how many cycles find a defect of one answer in fifty.
const rareCycles = tries

// load tries a mutant of the rules that every run applies.
func (f *tried) load(t *testing.T, all []use) {
	f.how = "run"
	f.rare = fmt.Sprint(rareCycles, " cycles")
	for i := range all {
		u := &all[i]
		if !f.Shows(u.Use) || !plainest(*u) || u.TLS || f.Name == "load.dead-accepted" && !u.revokes(t) {
			continue
		}
		if honest := failed(u.crowd(t, simulator.Options{Seed: 1}, 40)); len(honest) > 0 {
			t.Errorf("on %s, the honest server fails %v", u.name(), honest)
		}
		checks := u.crowd(t, simulator.Options{Seed: 1, Mutant: f.Name}, 40)
		f.uses++
		f.caughtBy(t, u, checks[slices.IndexFunc(checks, func(c result) bool { return c.ID == f.Rule() })], checks)
		if f.uses == 1 && f.caught == 1 && !slices.Contains(failed(u.crowd(t, simulator.Options{Seed: 1, Mutant: f.Name + "@50"}, rareCycles)), f.Rule()) {
			t.Errorf("on %s, %s@50 is not caught in %d cycles", u.name(), f.Name, rareCycles)
		}
	}
}

// revokes tells whether a logout is declared to end the session: where it isn't,
// nothing under load must be dead.
func (u *use) revokes(t *testing.T) bool {
	f, err := u.endpoint.Compile(u.choice)
	if err != nil {
		t.Fatal(err)
	}
	return f.Session.LogoutRevokes == profiles.Yes
}

// crowd drives cycles that overlap, each with a replay of its cookies after the
// logout, and returns the verdicts of the run.
func (u *use) crowd(t *testing.T, o simulator.Options, cycles int) (checks []result) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		o.Latency.Mean = second / 100
		s := u.open(t, o)
		defer s.close()
		s.plan.Replay = 1
		var starts []duration
		for i := range cycles {
			starts = append(starts, duration(i)*second/20)
		}
		s.plan.Calls = scenario.ConstantCalls(10)
		sum := s.run(t, starts)
		checks = sum.Checks
		if !slices.ContainsFunc(checks, func(c result) bool { return c.Verdict == string(rules.FailedRule) }) && sum.Cycles.OK != int64(cycles) && o.Mutant == "" {
			t.Errorf("%s: cycles %+v %v", u.name(), sum.Cycles, failures(sum))
		}
	})
	return checks
}

// A stale value against forged requests is told from a session that ended, with
// whichever status it is refused.
func TestStaleCSRFByEitherStatus(t *testing.T) {
	for _, u := range uses(t) {
		if u.Endpoint != "octane" || !u.CSRF || u.TLS {
			continue
		}
		for _, status := range []int{401, 403} {
			o := simulator.Options{Seed: 1, Octane: simulator.OctaneOptions{CSRFStatus: status}}
			if honest := failed(u.crowd(t, o, 20)); len(honest) > 0 {
				t.Errorf("on %s, the honest server with status %d fails %v", u.name(), status, honest)
			}
			o.Mutant = "load.csrf-stale/octane"
			if got := failed(u.crowd(t, o, 20)); !slices.Equal(got, []string{"load.csrf-stale"}) {
				t.Errorf("on %s, with status %d %v fail, want load.csrf-stale alone", u.name(), status, got)
			}
		}
	}
}
