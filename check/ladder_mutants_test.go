package check_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"authsoak/profiles"
	"authsoak/results"
	"authsoak/rules"
	"authsoak/simulator"
)

// lifetimeRules climbs a ladder with all arms and returns the rules that it
// judged, by their name.
func lifetimeRules(t *testing.T, endpoint, mutant string) map[string]results.CheckResult {
	out := map[string]results.CheckResult{}
	synctest.Test(t, func(t *testing.T) {
		o := lifetimes(20*time.Second, 100*time.Second)
		o.Mutant = mutant
		g := ladderRig{endpoint: endpoint, options: o, plan: rules.LadderOptions{
			Expect: 20 * time.Second, Within: 500 * time.Millisecond, Kept: true, Frozen: endpoint == "octane",
			Absolute: 220 * time.Second, ExpectAbsolute: 100 * time.Second}}
		if endpoint == "space" && strings.HasPrefix(mutant, rules.MaxAgeRule) {
			g.choice = profiles.Choice{Settings: map[string]string{"maxage": "1"}}
			g.plan = rules.LadderOptions{Expect: time.Minute}
		}
		r, err := g.climb(t)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range r.Checks {
			if g.choice.Settings != nil && c.ID == rules.IdleRule {
				c.ID = rules.MaxAgeRule
			}
			out[c.ID] = c
		}
	})
	return out
}

// Every defect of lifetimes is caught by the rule named for it, and the honest
// server passes.
func TestLadderCatchesMutants(t *testing.T) {
	for _, endpoint := range []string{"octane", "alm", "space", "lre", "acme"} {
		for id, c := range lifetimeRules(t, endpoint, "") {
			if c.Verdict != "pass" {
				t.Errorf("honest %s: %s %s: expected %s, observed %s", endpoint, id, c.Verdict, c.Expected, c.Observed)
			}
		}
		use := simulator.Use{Endpoint: endpoint, MaxAge: endpoint == "space", Ends: true}
		for _, m := range simulator.Mutants() {
			if !strings.HasPrefix(m.Name, "lifetime.") || !m.Shows(use) {
				continue
			}
			got := lifetimeRules(t, endpoint, m.Name)[m.Rule()]
			t.Logf("%-7s %-26s %-5s %s", endpoint, m.Name, got.Verdict, got.Observed)
			if got.Verdict != "fail" {
				t.Errorf("%s %s: %s %s: expected %s, observed %s", endpoint, m.Name, m.Rule(), got.Verdict, got.Expected, got.Observed)
			}
		}
	}
}
