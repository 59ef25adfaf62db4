package matrix_test

import (
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"authsoak/accounts"
	"authsoak/check"
	"authsoak/driver"
	"authsoak/profiles"
	"authsoak/results"
	"authsoak/rules"
	"authsoak/simulator"
)

// The lifetimes of the servers on which the ladders stand.
const (
	idleLife  = 20 * second
	wholeLife = 60 * second
)

// rareLadders is how many ladders find a defect of one session in fifty: each
// has two sessions in either of its arms.
const rareLadders = 230

// signs tell from a ladder whether a mutant shows in it.
var signs = map[string]func(*results.LadderResult) bool{
	"lifetime.idle/never":    misses,
	"lifetime.idle/early":    misses,
	"lifetime.idle/late":     misses,
	"lifetime.idle/lazy":     func(r *results.LadderResult) bool { return r.Reaper != nil && within(r.Reaper, second) },
	"lifetime.idle/nodes":    func(r *results.LadderResult) bool { return !r.Regular && r.Reaper == nil },
	"lifetime.idle/replaced": func(r *results.LadderResult) bool { return r.Replaced != nil },
	"lifetime.idle/fixed":    func(r *results.LadderResult) bool { return r.Kind == string(rules.KindTotal) || endsEarly(r, kept) },

	"lifetime.absolute/ignored": func(r *results.LadderResult) bool { return outlives(r, kept, wholeLife) },
	"lifetime.absolute/early":   func(r *results.LadderResult) bool { return endsBefore(r, kept, wholeLife) },
	"lifetime.absolute/late":    func(r *results.LadderResult) bool { return outlives(r, kept, wholeLife) },

	"lifetime.renewal/never":    func(r *results.LadderResult) bool { return endsEarly(r, kept) },
	"lifetime.renewal/vain":     func(r *results.LadderResult) bool { return endsEarly(r, kept) },
	"lifetime.renewal/kills":    func(r *results.LadderResult) bool { return endsBefore(r, refusing, idleLife) },
	"lifetime.renewal/outlives": func(r *results.LadderResult) bool { return outlives(r, refusing, idleLife) },
	"lifetime.maxage":           misses,
}

// The arms of a ladder: the sessions that are touched once, and the others by
// their names in results.
const (
	idleArm  = "idle"
	kept     = "kept-alive"
	refusing = "refused-renewal"
)

func misses(r *results.LadderResult) bool { return r.Verdict == string(rules.FailedRule) }

func within(r *results.Reaper, pause duration) bool {
	return r.LeastPauseS <= pause.Seconds() && r.MostPauseS >= pause.Seconds()
}

func arm(r *results.LadderResult, name string) results.LadderArm {
	for _, a := range r.Arms {
		if a.Name == name {
			return a
		}
	}
	return results.LadderArm{}
}

// answers is the lifetime that an arm tells, as text.
func answers(r *results.LadderResult, name string) string {
	b := arm(r, name).Lifetime
	if name == idleArm {
		b = r.Timeout
	}
	if b.MostS == nil {
		return fmt.Sprint(b.LeastS, " and more")
	}
	return fmt.Sprint(b.LeastS, " to ", *b.MostS)
}

// endsBefore and outlives hold an arm against a lifetime, with a tenth to spare.
// Where its sessions ended at different ages and one lived until the end, the
// bracket has no end. endsEarly tells that use did not extend a session.
func endsBefore(r *results.LadderResult, name string, life duration) bool {
	b := arm(r, name).Lifetime
	return b.MostS != nil && b.LeastS < 0.9*life.Seconds()
}

func outlives(r *results.LadderResult, name string, life duration) bool {
	a := arm(r, name)
	if most := a.Lifetime.MostS; most != nil {
		return *most > 1.1*life.Seconds()
	}
	return !a.Regular || a.Lifetime.LeastS > 1.1*life.Seconds()
}

func endsEarly(r *results.LadderResult, name string) bool { return endsBefore(r, name, wholeLife/2) }

// ladder tries a mutant of the rules that `authsoak timeout` tries.
func (f *tried) ladder(t *testing.T, all []use) {
	f.how = "timeout"
	if !patternless[f.Name] {
		f.rare = fmt.Sprint(rareLadders, " ladders")
	}
	seen := map[string]bool{}
	for i := range all {
		u := all[i]
		u.Ends = true // the servers here end sessions, whatever the profile says
		if !f.Shows(u.Use) || !plainest(u) || u.TLS || seen[u.Endpoint] || f.Needs != simulator.NeedMaxAge && u.MaxAge {
			continue
		}
		seen[u.Endpoint] = true
		honest := honestLadder(t, u)
		if signs[f.Name](honest) {
			t.Errorf("on %s, the honest server shows %s", u.name(), f.Name)
		}
		f.uses++
		r := u.climb(t, simulator.Options{Seed: 1, Mutant: f.Name})
		for _, name := range []string{idleArm, kept, refusing} {
			f.arms[name] = f.arms[name] || answers(r, name) != answers(honest, name)
		}
		if signs[f.Name](r) {
			f.caught++
		} else {
			t.Errorf("on %s, %s does not show: %s: %s, %v, kind %q, reaper %v, replaced %v, arms %+v", u.name(), f.Name, r.Verdict, r.Reason, r.Findings, r.Kind, r.Reaper, r.Replaced, r.Arms)
		}
		if f.uses > 1 || f.rare == "" {
			continue
		}
		seed := uint64(1)
		for seed <= rareLadders && !signs[f.Name](u.climb(t, simulator.Options{Seed: seed, Mutant: f.Name + "@50"})) {
			seed++
		}
		if seed > rareLadders {
			t.Errorf("on %s, %s@50 is not caught by %d ladders", u.name(), f.Name, rareLadders)
		}
	}
}

// patternless are the mutants whose sign is a pattern in many sessions: one in
// fifty makes none.
var patternless = map[string]bool{"lifetime.idle/lazy": true}

// ladders are those on honest servers, by use: several mutants ask for one.
var ladders sync.Map

func honestLadder(t *testing.T, u use) *results.LadderResult {
	if r, known := ladders.Load(u.name()); known {
		return r.(*results.LadderResult)
	}
	r := u.climb(t, simulator.Options{Seed: 1})
	ladders.Store(u.name(), r)
	return r
}

// climb climbs a ladder in fake time.
func (u *use) climb(t *testing.T, o simulator.Options) (out *results.LadderResult) {
	t.Helper()
	setLifetimes(&o)
	expect := duration(idleLife)
	if u.MaxAge {
		u.choice.Settings = map[string]string{"maxage": "1"}
		expect = time.Minute
	}
	u.users = 400
	u.declare = func(f *profiles.Flow) { f.Session.Absolute, f.Session.Idle = wholeLife, expect }
	plan, err := rules.PlanLadder(rules.LadderOptions{Expect: expect, Within: expect / 10, Kept: true, Frozen: true, Absolute: 3 * wholeLife})
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		s := u.open(t, o)
		defer s.close()
		epoch := time.Now()
		prober, err := driver.NewProber(s.target, "authsoak/test", 10*second, epoch)
		if err != nil {
			t.Fatal(err)
		}
		if out, err = check.Ladder(t.Context(), nil, check.LadderConfig{Prober: prober, Epoch: epoch, Plan: plan,
			Accounts: accounts.NewPool(accounts.Lease, s.target.Accounts.Count(), 0, 1, 1)}); err != nil {
			t.Fatal(err)
		}
	})
	return out
}

// setLifetimes gives every product the lifetimes of the ladders; where a login
// asks for an idle time there is no other end.
func setLifetimes(o *simulator.Options) {
	for _, d := range []*duration{&o.Octane.IdleTimeout, &o.ALM.TokenIdle, &o.ALM.SessionIdle, &o.Space.IdleTimeout, &o.LRE.IdleTimeout, &o.Acme.IdleTimeout} {
		*d = idleLife
	}
	for _, d := range []*duration{&o.Octane.AbsoluteTimeout, &o.ALM.TokenLifetime, &o.LRE.AbsoluteTimeout, &o.Acme.AbsoluteTimeout, &o.Space.AbsoluteTimeout} {
		*d = wholeLife
	}
}
