package check

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"authsoak/driver/pacer"
	"authsoak/results"
	"authsoak/rules"
)

var home = &url.URL{Scheme: "http", Host: "tiny.test"}

// raceTiny races a server in memory and in fake time.
func raceTiny(t *testing.T, s *sessionServer, duplicate, revokes, idle string, c RacesConfig) ([]results.CheckResult, results.RaceReport) {
	t.Helper()
	var checks []results.CheckResult
	var report results.RaceReport
	flow := tinyFlow(t, duplicate, revokes, idle)
	synctest.Test(t, func(t *testing.T) {
		if s.latency == 0 {
			s.latency = 100 * time.Microsecond
		}
		c.Prober = proberOf(t, flow, home, inMemory{s}, "user{n}:pw{n}:20")
		c.Target, c.NewPacer = "tiny", pacer.NewTimer
		free := c.Prober.Accounts().Free()
		var err error
		if checks, report, err = Races(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		if now := c.Prober.Accounts().Free(); now != free {
			t.Errorf("%d accounts are free afterwards, want %d", now, free)
		}
		time.Sleep(time.Second) // what the server still has in hand ends in the bubble
	})
	return checks, report
}

// verdictsOf gives the rulings as "id verdict", of those that aren't passed.
func verdictsOf(checks []results.CheckResult) []string {
	var out []string
	for _, c := range checks {
		if c.Verdict != string(rules.Passed) {
			out = append(out, c.ID+" "+c.Verdict)
		}
	}
	return out
}

// Each defect with a window of a millisecond is found within a hundred rounds,
// by its rule and by no other.
func TestRacesFindDefects(t *testing.T) {
	const window = time.Millisecond
	for _, c := range []struct {
		name      string
		defects   defects
		duplicate string
		renews    bool
		rule      string
		fault     rules.Breach
	}{
		{"a call in flight revives", defects{revive: window}, "observe", false, "race.revival", rules.Revived},
		{"a renewed cookie outlives", defects{renewed: window}, "observe", true, "race.revival", rules.Renewed},
		{"a logout answers first", defects{late: window}, "observe", false, "race.logout", rules.LateLogout},
		{"logins share an id", defects{share: window}, "observe", false, "race.shared-id", rules.SharedID},
		{"logins over one session", defects{duplicate: window}, "refuse", false, "race.history", rules.Duplicated},
		{"refused, then accepted", defects{flap: 2 * window}, "observe", false, "race.history", rules.Unordered},
	} {
		t.Run(strings.ReplaceAll(c.name, " ", "_"), func(t *testing.T) {
			most := 0
			for seed := range uint64(5) {
				s := newSessionServer(seed)
				s.defects, s.renews, s.refuses = c.defects, c.renews, c.duplicate == "refuse"
				checks, report := raceTiny(t, s, c.duplicate, "yes", "30m", RacesConfig{Rounds: 100, Seed: seed})
				if got := verdictsOf(checks); len(got) != 1 || got[0] != c.rule+" fail" {
					t.Errorf("seed %d: verdicts %v, want %s alone to fail\n%s", seed, got, c.rule, show(&report))
					continue
				}
				if f := report.Findings[0]; f.Fault != faultNames[c.fault] || len(f.History) > 6 {
					t.Errorf("seed %d: fault %q, want %q, in at most 6 operations\n%s", seed, f.Fault, faultNames[c.fault], show(&report))
				}
				most = max(most, report.Findings[0].First)
			}
			t.Logf("first seen in round %d at the latest", most)
		})
	}
}

// A defect of one call in fifty is found within 400 rounds.
func TestRacesFindTheRare(t *testing.T) {
	most := 0
	for seed := range uint64(5) {
		s := newSessionServer(seed)
		s.defects = defects{revive: time.Millisecond, once: 50}
		checks, report := raceTiny(t, s, "observe", "yes", "30m", RacesConfig{Rounds: 400, Seed: seed})
		if got := verdictsOf(checks); len(got) != 1 || got[0] != "race.revival fail" {
			t.Errorf("seed %d: verdicts %v, want race.revival alone to fail\n%s", seed, got, show(&report))
			continue
		}
		most = max(most, report.Findings[0].First)
	}
	t.Logf("first seen in round %d at the latest", most)
}

// show writes the findings for a failing test.
func show(r *results.RaceReport) string {
	var b strings.Builder
	for _, f := range r.Findings {
		fmt.Fprintf(&b, "%s: %s, %d of %d, first in %d\n", f.Rule, f.Fault, f.Shown, f.Tried, f.First)
		for _, o := range f.History {
			to := "…"
			if o.ToUS != nil {
				to = fmt.Sprint(*o.ToUS)
			}
			fmt.Fprintf(&b, "  client %d  %8.1f … %-8s  %s %s: %s\n", o.Client, o.FromUS, to, o.Act, o.Session, o.Outcome)
		}
	}
	return b.String()
}

// A server without a defect passes, whatever its rules, as long as the profile
// declares them or leaves them open.
func TestRacesPassTheHonest(t *testing.T) {
	seeds := uint64(8)
	if testing.Short() {
		seeds = 2
	}
	for _, c := range []struct {
		name               string
		duplicate, revokes string
		refuses, lenient   bool
		renews             bool
		want               []string
	}{
		{"plain", "allow", "yes", false, false, false, nil},
		{"renewing", "observe", "yes", false, false, true, nil},
		{"refusing", "refuse", "yes", true, false, false, nil},
		{"refusing, renewing, open", "refuse", "observe", true, false, true, []string{"race.revival info", "race.logout info"}},
		{"refusing, undeclared", "observe", "yes", true, false, true, nil},
		{"self-contained", "allow", "no", false, true, false, []string{"race.revival info", "race.logout info"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for seed := range seeds {
				s := newSessionServer(seed)
				s.refuses, s.lenient, s.renews = c.refuses, c.lenient, c.renews
				checks, report := raceTiny(t, s, c.duplicate, c.revokes, "30m", RacesConfig{Rounds: 100, Seed: seed})
				if got := verdictsOf(checks); !slices.Equal(got, c.want) {
					t.Errorf("seed %d: verdicts %v, want %v\n%s", seed, got, c.want, show(&report))
				}
				if n := report.Sessions; n.Opened == 0 || n.Closed != n.Opened || n.Left != 0 || n.PossiblyOpen != 0 {
					t.Errorf("seed %d: sessions %+v, want all closed", seed, n)
				}
				if live := count(s.live); live != 0 && !c.lenient {
					t.Errorf("seed %d: %d sessions are live at the server, want none", seed, live)
				}
			}
		})
	}
}

func count(m map[string]bool) int {
	n := 0
	for _, is := range m {
		if is {
			n++
		}
	}
	return n
}

// A session may end by its declared clock in the middle of a race, and must not
// before.
func TestRacesKnowLifetimes(t *testing.T) {
	for _, c := range []struct {
		idle, declared, want string
	}{
		{"3ms", "1s", "[]"}, // within the allowance of a declared second
		{"3ms", "30m", "[race.history fail]"},
	} {
		s := newSessionServer(1)
		s.idle, _ = time.ParseDuration(c.idle)
		checks, report := raceTiny(t, s, "allow", "yes", c.declared, RacesConfig{Rounds: 60, Seed: 1})
		if got := fmt.Sprint(verdictsOf(checks)); got != c.want {
			t.Errorf("idle %s, declared %s: verdicts %s, want %s\n%s", c.idle, c.declared, got, c.want, show(&report))
		}
	}
}

// Requests whose outcome nobody knows may or may not have acted: an honest server
// is never accused, and where there are many of them nothing passes but,
// at times, what they touch least: a login has one chance to go wrong.
func TestRacesWithoutAnswers(t *testing.T) {
	for seed := range uint64(6) {
		for _, c := range []defects{{silent: 0.15}, {broken: 0.15}, {silent: 0.01, broken: 0.01}} {
			s := newSessionServer(seed)
			s.defects, s.renews = c, seed%2 == 0
			checks, report := raceTiny(t, s, "allow", "yes", "30m", RacesConfig{Rounds: 60, Seed: seed})
			for _, r := range checks {
				sure := c.silent+c.broken < 0.1 || r.ID == "race.shared-id"
				if r.Verdict == string(rules.FailedRule) || !sure && r.Verdict != string(rules.Unsure) {
					t.Errorf("seed %d, %+v: %s is %s: %s, want unknown\n%s", seed, c, r.ID, r.Verdict, r.Observed, show(&report))
				}
			}
			if c.silent > 0.1 && report.Sessions.PossiblyOpen == 0 {
				t.Errorf("seed %d, %+v: no session is possibly open", seed, c)
			}
		}
	}
}

// A defect is found through answers that are missing.
func TestRacesFindThroughNoise(t *testing.T) {
	s := newSessionServer(3)
	s.defects = defects{revive: time.Millisecond, silent: 0.03}
	checks, report := raceTiny(t, s, "allow", "yes", "30m", RacesConfig{Rounds: 100, Seed: 3})
	if checks[0].Verdict != string(rules.FailedRule) {
		t.Errorf("%+v, want a failure\n%s", checks[0], show(&report))
	}
}

// What was not tried doesn't pass: no time, no account, wrong credentials.
func TestRacesStop(t *testing.T) {
	s := newSessionServer(1)
	checks, report := raceTiny(t, s, "allow", "yes", "30m", RacesConfig{Rounds: 1000, Budget: time.Second, Seed: 1})
	for _, c := range checks {
		if c.Verdict != string(rules.Unsure) || !strings.Contains(c.Observed, "the time of 1s was up") {
			t.Errorf("out of time: %s is %s: %s", c.ID, c.Verdict, c.Observed)
		}
	}
	if report.Rounds == 0 || report.Rounds == 1000 || report.Stopped == "" {
		t.Errorf("out of time: %d rounds, stopped by %q", report.Rounds, report.Stopped)
	}

	p := proberOf(t, tinyFlow(t, "allow", "yes", "30m"), home, inMemory{s}, "user{n}:pw{n}:1")
	if _, ok := p.Accounts().Lease(); !ok {
		t.Fatal("no account")
	}
	if _, _, err := Races(t.Context(), RacesConfig{Prober: p}); err == nil || !strings.Contains(err.Error(), "no account") {
		t.Errorf("without accounts: error %v", err)
	}
	for _, bad := range []RacesConfig{{}, {Prober: p, Clients: 7}, {Prober: p, Clients: 1}, {Prober: p, Rounds: -1}} {
		if _, _, err := Races(t.Context(), bad); err == nil {
			t.Errorf("Races(%+v): no error", bad)
		}
	}
}

// An interrupt ends the rounds, logs out what is open and leaves nothing passed.
func TestRacesInterrupted(t *testing.T) {
	flow := tinyFlow(t, "allow", "yes", "30m")
	synctest.Test(t, func(t *testing.T) {
		s := newSessionServer(1)
		s.latency = 100 * time.Microsecond
		ctx, cancel := context.WithTimeout(t.Context(), 333*time.Millisecond)
		defer cancel()
		checks, report, err := Races(ctx, RacesConfig{Prober: proberOf(t, flow, home, inMemory{s}, "user{n}:pw{n}:20"), NewPacer: pacer.NewTimer})
		if err != nil || report.Stopped != "interrupted" {
			t.Errorf("error %v, stopped by %q", err, report.Stopped)
		}
		for _, c := range checks {
			if c.Verdict != string(rules.Unsure) {
				t.Errorf("%s is %s, want unknown", c.ID, c.Verdict)
			}
		}
		if n := count(s.live); n != 0 || report.Sessions.Opened != report.Sessions.Closed {
			t.Errorf("%d sessions are live, report %+v", n, report.Sessions)
		}
	})
}

// The picture is a page in the run folder, and the finding names it.
func TestRacesDraw(t *testing.T) {
	folder, err := results.CreateFolder(t.TempDir(), "run")
	if err != nil {
		t.Fatal(err)
	}
	s := newSessionServer(1)
	s.defects = defects{revive: time.Millisecond}
	_, report := raceTiny(t, s, "allow", "yes", "30m", RacesConfig{Rounds: 60, Seed: 1, Folder: folder})
	page, err := os.ReadFile(folder.Path(report.Findings[0].Picture))
	if err != nil || !strings.Contains(string(page), "logout A: accepted") {
		t.Errorf("picture %q: error %v, %d bytes", report.Findings[0].Picture, err, len(page))
	}
	if strings.Contains(string(page), "https://") || strings.Contains(string(page), "src=") {
		t.Error("the picture loads something")
	}
}

// Every race rule stands in the catalogue.
func TestRaceRulesAreNamed(t *testing.T) {
	for _, r := range raceRules {
		if _, ok := rules.Find(r.id); !ok {
			t.Errorf("rule %s is not in the catalogue", r.id)
		}
	}
	for _, id := range rules.IDs() {
		if strings.HasPrefix(id, "race.") && !slices.ContainsFunc(raceRules, func(r raceRule) bool { return r.id == id }) {
			t.Errorf("rule %s of the catalogue is not tried", id)
		}
	}
}
