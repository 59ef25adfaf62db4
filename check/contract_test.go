package check_test

import (
	"context"
	"regexp"
	"testing"

	"authsoak/check"
	"authsoak/profiles"
	"authsoak/results"
	"authsoak/rules"
	"authsoak/simulator"
)

// On the honest simulator no rule fails and none stays unknown, for every
// endpoint, version, login method and option, with and without TLS.
func TestHonest(t *testing.T) {
	for _, secure := range []bool{false, true} {
		for seed := range uint64(3) {
			s := newSite(t, simulator.Options{Seed: seed + 1}, secure)
			for _, e := range profiles.Endpoints() {
				for _, c := range e.Matrix() {
					if c.Method == "x509" && !secure {
						continue
					}
					out := try(t, s.target(t, e, c), "")
					for _, bad := range unsound(out) {
						t.Errorf("seed %d, secure %v, %s %s: %s", seed+1, secure, e.Name, options(c), bad)
					}
				}
			}
		}
	}
}

// What a trial is said to cost is what it sends.
func TestCost(t *testing.T) {
	s := newSite(t, simulator.Options{Seed: 1}, true)
	for _, e := range profiles.Endpoints() {
		for _, c := range e.Matrix() {
			target := s.target(t, e, c)
			rows, err := check.Rows(&target, "")
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range rows {
				if r.Settled != "" {
					continue
				}
				out, err := check.Contract(t.Context(), check.ContractConfig{Target: target, Rows: []rules.Row{r}})
				if err != nil {
					t.Fatal(err)
				}
				if out.WrongSecrets != r.Cost.WrongSecrets || r.Judged && out.Requests != r.Cost.Requests || out.Requests > r.Cost.Requests+2 {
					t.Errorf("%s %s %s: %d requests and %d wrong secrets, announced %+v", e.Name, options(c), r.ID, out.Requests, out.WrongSecrets, r.Cost)
				}
			}
		}
	}
	if live := s.server.Stats().Live; live > 0 {
		t.Logf("%d sessions live on: those that a server opened under a token that ended", live)
	}
}

// Two snapshots of one server are equal, whatever its seed; of another they are
// not.
func TestSnapshots(t *testing.T) {
	record := func(o simulator.Options) *results.Contract {
		s := newSite(t, o, false)
		var all results.Contract
		for _, e := range profiles.Endpoints() {
			for _, c := range e.Matrix() {
				if c.Method == "x509" {
					continue
				}
				one := results.TargetContract{Name: e.Name + " " + options(c)}
				one.Settle(try(t, s.target(t, e, c), "").Results)
				all.Targets = append(all.Targets, one)
			}
		}
		return &all
	}
	first := record(simulator.Options{Seed: 1})
	for seed := range uint64(8) {
		d := results.CompareContracts(first, record(simulator.Options{Seed: seed + 2}))
		if len(d.Changes) > 0 || len(d.Missing) > 0 || d.Compared < 1000 {
			t.Errorf("seed %d: %d compared: %+v", seed+2, d.Compared, d)
		}
	}
	other := record(simulator.Options{Octane: simulator.OctaneOptions{DuplicateStatus: 403, SelfContained: true},
		LRE: simulator.LREOptions{BadKeyStatus: 403}, Space: simulator.SpaceOptions{MaxSessions: 2}})
	changed := map[string]bool{}
	for _, c := range results.CompareContracts(first, other).Changes {
		changed[c.Rule] = true
	}
	for _, rule := range []string{"login.duplicate", "logout.revokes", "login.wrong-secret", "session.concurrent"} {
		if !changed[rule] {
			t.Errorf("%s has changed, and nobody noticed", rule)
		}
	}
}

// Wrong secrets are spread, and never more than allowed.
func TestWrongSecrets(t *testing.T) {
	s := newSite(t, simulator.Options{Seed: 1, Accounts: simulator.AccountRule{LockAfter: 3}}, false)
	e, err := profiles.FindEndpoint("octane")
	if err != nil {
		t.Fatal(err)
	}
	target := s.target(t, e, profiles.Choice{Method: "json"})
	rows, err := check.Rows(&target, "login.wrong-secret*")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ repeat, limit, sent int }{{5, 1, 5}, {6, 1, 6}, {7, 1, 6}, {12, 2, 12}, {13, 2, 12}} {
		out, err := check.Contract(t.Context(), check.ContractConfig{Target: target, Rows: rows, Repeat: c.repeat, WrongSecrets: c.limit})
		if err != nil {
			t.Fatal(err)
		}
		if out.WrongSecrets != c.sent {
			t.Errorf("repeat %d, limit %d: %d wrong secrets were sent, want %d", c.repeat, c.limit, out.WrongSecrets, c.sent)
		}
		try(t, target, "call.accepted") // sets the counters back: nobody is locked
	}
}

// An interrupt leaves nothing behind, and nothing undecided looks decided.
func TestInterrupted(t *testing.T) {
	s := newSite(t, simulator.Options{Seed: 1}, false)
	e, err := profiles.FindEndpoint("octane")
	if err != nil {
		t.Fatal(err)
	}
	target := s.target(t, e, profiles.Choice{Method: "json"})
	rows, err := check.Rows(&target, "")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	out, err := check.Contract(ctx, check.ContractConfig{Target: target, Rows: rows, Progress: func(done, _ int, _ results.CheckResult) {
		if done == 15 {
			cancel()
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range out.Results {
		if i >= 15 && r.Verdict != "not-tried" && r.Verdict != "not-applicable" {
			// What shares a trial that was made before has its verdict.
			if r.Verdict != "pass" && r.Verdict != "info" {
				t.Errorf("%s is %s: %s", r.ID, r.Verdict, r.Observed)
			}
		}
	}
	if live := s.server.Stats().Live; live != 0 || out.Left != 0 {
		t.Errorf("%d sessions live on, %d known to be left", live, out.Left)
	}
}

// A server that is gone, or only errs, fails no rule and passes none.
func TestUnreachable(t *testing.T) {
	s := newSite(t, simulator.Options{Seed: 1, ErrorRate: 1}, false)
	e, err := profiles.FindEndpoint("space")
	if err != nil {
		t.Fatal(err)
	}
	target := s.target(t, e, profiles.Choice{Method: "basic"})
	for name, prepare := range map[string]func(){"errs": func() {}, "gone": func() { s.server.Close() }} {
		prepare()
		for _, r := range try(t, target, "").Results {
			if r.Verdict == "pass" || r.Verdict == "fail" {
				t.Errorf("%s: %s is %s: %s", name, r.ID, r.Verdict, r.Observed)
			}
		}
	}
}

// No secret is in what a failure shows.
func TestShownIsBlanked(t *testing.T) {
	s := newSite(t, simulator.Options{Seed: 1}, false)
	for _, e := range profiles.Endpoints() {
		for _, c := range e.Matrix() {
			if c.Method == "x509" {
				continue
			}
			target := s.target(t, e, c)
			rows, err := check.Rows(&target, "")
			if err != nil {
				t.Fatal(err)
			}
			for i := range rows { // every rule fails, so that everything is shown
				judge := rows[i].Judge
				rows[i].Judge = func(e rules.Evidence) rules.Finding {
					f := judge(e)
					f.Failed = len(e.Replies) - 1
					return f
				}
			}
			out, err := check.Contract(t.Context(), check.ContractConfig{Target: target, Rows: rows})
			if err != nil {
				t.Fatal(err)
			}
			shown := exchanges(results.CheckResult{})
			for _, r := range out.Results {
				shown += exchanges(r)
			}
			if secret := regexp.MustCompile(`pw\d|secret\d|(LWSSO[A-Z_]*|ADM_LWSSO|J?SESSIONID[A-Z]*|QCSession[^=]*|XSRF-TOKEN|ACMESID)=[^[\s;"]`).FindString(shown); secret != "" || len(shown) < 1000 {
				t.Errorf("%s %s shows %q in %d bytes", e.Name, options(c), secret, len(shown))
			}
		}
	}
}
