package matrix_test

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"authsoak/check"
	"authsoak/driver"
	"authsoak/driver/pacer"
	"authsoak/rules"
	"authsoak/simulator"
)

// rounds is how many rounds find a race with a window of a millisecond, and
// rareRaces how many times as many where it is open in one case of fifty.
const (
	rounds    = 100
	rareRaces = 10
)

// race tries a mutant of the rules of `authsoak check --races`.
func (f *tried) race(t *testing.T, all []use) {
	f.how = "check --races"
	f.rare = fmt.Sprint(rounds*rareRaces, " rounds")
	for i := range all {
		u := &all[i]
		if !f.Shows(u.Use) || !plainest(*u) || u.TLS {
			continue
		}
		checks := u.races(t, simulator.Options{Seed: uint64(i + 1), Mutant: f.Name}, 1)
		own := checks[slices.IndexFunc(checks, func(c result) bool { return c.ID == f.Rule() })]
		if own.Verdict == string(rules.Info) {
			continue
		}
		f.uses++
		f.caughtBy(t, u, own, checks)
		if f.uses > 1 {
			continue
		}
		found := false
		for seed := uint64(1); seed <= rareRaces && !found; seed++ {
			found = slices.Contains(failed(u.races(t, simulator.Options{Seed: seed, Mutant: f.Name + "@50"}, seed)), f.Rule())
		}
		if !found {
			t.Errorf("on %s, %s@50 is not caught in %d rounds", u.name(), f.Name, rounds*rareRaces)
		}
	}
}

// caughtBy notes which rules a mutant made fail.
func (f *tried) caughtBy(t *testing.T, u *use, own result, checks []result) {
	if own.Verdict == string(rules.FailedRule) {
		f.caught++
	} else {
		t.Errorf("on %s, %s ends %q: expected %s, observed %s", u.name(), f.Rule(), own.Verdict, own.Expected, own.Observed)
	}
	for _, id := range failed(checks) {
		if id == f.Rule() {
			continue
		}
		f.noticed[id]++
		if consequences[f.Name][id] == "" {
			t.Errorf("on %s, %s fails too: nothing says that it may", u.name(), id)
		}
	}
}

// races races a server in fake time.
func (u *use) races(t *testing.T, o simulator.Options, seed uint64) (checks []result) {
	t.Helper()
	o.Latency = simulator.LatencyOptions{Mean: 100 * time.Microsecond, Distribution: simulator.Uniform, Spread: 50 * time.Microsecond}
	synctest.Test(t, func(t *testing.T) {
		s := u.open(t, o)
		defer s.close()
		prober, err := driver.NewProber(s.target, "authsoak/test", 10*second, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		if checks, _, err = check.Races(t.Context(), check.RacesConfig{Prober: prober, Target: u.Endpoint, Rounds: rounds, Seed: seed,
			Budget: hour, NewPacer: pacer.NewTimer}); err != nil {
			t.Fatal(err)
		}
	})
	return checks
}

// The honest simulator passes every race rule.
func TestHonestRaces(t *testing.T) {
	for _, u := range uses(t) {
		if u.Sessionless || u.BasicOff || u.TLS || !typical(u) {
			continue
		}
		t.Run(u.name(), func(t *testing.T) {
			t.Parallel()
			for seed := range uint64(2) {
				for _, c := range u.races(t, simulator.Options{Seed: seed + 1}, seed) {
					if c.Verdict != string(rules.Passed) && c.Verdict != string(rules.Info) {
						t.Errorf("seed %d: %s: %s: %s", seed, c.ID, c.Verdict, c.Observed)
					}
				}
			}
		})
	}
}
