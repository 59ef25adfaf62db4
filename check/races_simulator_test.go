package check

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"authsoak/accounts"
	"authsoak/driver"
	"authsoak/driver/dial"
	"authsoak/profiles"
	"authsoak/results"
	"authsoak/rules"
	"authsoak/scenario"
	"authsoak/simulator"
)

// simulated is a simulator on loopback and the accounts that it knows.
type simulated struct {
	url      *url.URL
	ca       string // file; empty: no TLS
	accounts accounts.Source
	server   *simulator.Server
}

func simulate(t testing.TB, o simulator.Options) *simulated {
	t.Helper()
	server, err := simulator.New(o)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
		<-done
	})
	s := &simulated{url: &url.URL{Scheme: "http", Host: listener.Addr().String()}, server: server}
	dir := t.TempDir()
	write := func(name string, data []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	rows := "user,password,client_id,client_secret,client_cert,client_key\n"
	for i := range 8 {
		certs := ","
		if o.TLS.Enabled {
			cert, key, err := server.IssueClientCertificate(fmt.Sprintf("user%d", i))
			if err != nil {
				t.Fatal(err)
			}
			certs = write(fmt.Sprintf("user%d.pem", i), cert) + "," + write(fmt.Sprintf("user%d.key", i), key)
		}
		rows += fmt.Sprintf("user%d,pw%d,key%d,secret%d,%s\n", i, i, i, i, certs)
	}
	if o.TLS.Enabled {
		s.url.Scheme, s.ca = "https", write("ca.pem", server.CA())
	}
	if s.accounts, err = accounts.ReadCSV(strings.NewReader(rows), "accounts.csv", nil); err != nil {
		t.Fatal(err)
	}
	return s
}

// race races one combination of an endpoint.
func (s *simulated) race(t testing.TB, e *profiles.Endpoint, choice profiles.Choice, c RacesConfig) ([]results.CheckResult, results.RaceReport) {
	t.Helper()
	f, err := e.Compile(choice)
	if err != nil {
		t.Fatal(err)
	}
	columns, _ := accounts.Resolve(s.accounts, f.AccountFields)
	at := s.url
	if e.Name == "lre" {
		at = at.JoinPath("lre-" + choice.Version)
	}
	target := scenario.TargetPlan{Name: e.Name, Flow: f, Accounts: s.accounts, Columns: columns, Engine: scenario.Fast, URL: at,
		ClientType: choice.ClientType, CSRF: choice.CSRF}
	target.TLS.CA = s.ca
	targets, err := driver.OpenWrapped(&scenario.Plan{Targets: []scenario.TargetPlan{target}}, nil, Gate)
	if err != nil {
		t.Fatal(err)
	}
	if c.Prober, err = driver.NewProber(targets[0], "authsoak/test", 5*time.Second, time.Now()); err != nil {
		t.Fatal(err)
	}
	c.Target = e.Name
	ledger, err := driver.KeepLedger(filepath.Join(t.TempDir(), "ledger"), "races")
	if err != nil {
		t.Fatal(err)
	}
	c.Prober.Keep(ledger, 0, 0)
	checks, report, err := Races(t.Context(), c)
	kept := ledger.Sessions(0)
	if err = errors.Join(err, ledger.Close()); err != nil {
		t.Fatal(err)
	}
	if !kept.Balanced || kept.Orphaned > report.Sessions.Left {
		t.Errorf("the ledger holds %+v, the races count %+v", kept, report.Sessions)
	}
	return checks, report
}

// quick is a short race.
func quick(seed uint64) RacesConfig {
	return RacesConfig{Rounds: 20, Jitter: time.Millisecond, Settle: 2 * time.Millisecond, Seed: seed}
}

// The honest simulator passes in every combination of endpoint, version, login
// method and options, over TLS and without.
func TestRacesPassTheSimulator(t *testing.T) {
	plain := simulate(t, simulator.Options{})
	secure := simulate(t, simulator.Options{TLS: simulator.TLSOptions{Enabled: true, ClientCertificates: simulator.RequestCertificate}})
	seed := uint64(0)
	for _, e := range profiles.Endpoints() {
		for _, choice := range e.Matrix() {
			f, err := e.Compile(choice)
			if err != nil {
				t.Fatal(err)
			}
			site := plain
			if seed++; f.ClientCertificate || seed%5 == 0 {
				site = secure
			}
			checks, report := site.race(t, e, choice, quick(seed))
			expectHonest(t, fmt.Sprintf("%s %+v, seed %d", e.Name, choice, seed), f, checks, &report)
		}
	}
	for _, s := range []*simulated{plain, secure} {
		if n := s.server.Stats().Live; n != 0 {
			t.Errorf("%d sessions are live at the end, want none", n)
		}
	}
}

// expectHonest wants every judged rule to pass.
func expectHonest(t *testing.T, what string, f *profiles.Flow, checks []results.CheckResult, report *results.RaceReport) {
	t.Helper()
	for i, c := range checks {
		want := rules.Passed
		switch {
		case f.Sessionless:
			want = rules.NotApplicable
		case !raceRules[i].judged(&f.Session):
			want = rules.Info
		}
		if c.Verdict != string(want) {
			t.Errorf("%s: %s is %s: %s, want %s\n%s", what, c.ID, c.Verdict, c.Observed, want, show(report))
		}
	}
	if !f.Sessionless && (len(report.Findings) > 0 || report.Sessions.Left > 0 || !strings.Contains(report.Start, "last byte")) {
		t.Errorf("%s: %d findings, sessions %+v, start %q\n%s", what, len(report.Findings), report.Sessions, report.Start, show(report))
	}
}

// It passes whatever its settings, as long as the profile fits them.
func TestRacesPassTheSimulatorsSettings(t *testing.T) {
	for i, c := range []struct {
		endpoint string
		choice   profiles.Choice
		options  simulator.Options
	}{
		{"octane", profiles.Choice{}, simulator.Options{Octane: simulator.OctaneOptions{RefreshAfter: 1}}},
		{"octane", profiles.Choice{CSRF: true}, simulator.Options{Octane: simulator.OctaneOptions{RefreshAfter: 1, SelfContained: true}}},
		{"octane", profiles.Choice{}, simulator.Options{Octane: simulator.OctaneOptions{DuplicateStatus: 401, EmptySetCookie: true}}},
		{"octane", profiles.Choice{}, simulator.Options{Octane: simulator.OctaneOptions{DuplicateStatus: 304}}},
		{"alm", profiles.Choice{Method: "password"}, simulator.Options{ALM: simulator.ALMOptions{AutoSession: true}}},
		{"alm", profiles.Choice{Method: "password", ClientType: "webadmin"}, simulator.Options{ALM: simulator.ALMOptions{ReplaceMismatch: true}}},
		{"alm", profiles.Choice{}, simulator.Options{ALM: simulator.ALMOptions{LoggedOutStatus: 401, StrictXSRF: true, ClearPath: "/qcbin"}}},
		{"alm", profiles.Choice{}, simulator.Options{ALM: simulator.ALMOptions{NoXSRF: true, NoGetLogout: true}}},
		{"space", profiles.Choice{}, simulator.Options{Space: simulator.SpaceOptions{StaleLogoutStatus: 401, Cookies: simulator.Folded}}},
		{"space", profiles.Choice{}, simulator.Options{Space: simulator.SpaceOptions{Cookies: simulator.StrictSeed, MaxSessions: 3}}},
		{"lre", profiles.Choice{Version: "2022"}, simulator.Options{LRE: simulator.LREOptions{Balancer: true}}},
		{"lre", profiles.Choice{Version: "pre-2020"}, simulator.Options{LRE: simulator.LREOptions{SelfContained: true}}},
		{"acme", profiles.Choice{}, simulator.Options{Latency: simulator.LatencyOptions{Mean: 300 * time.Microsecond, Distribution: simulator.Exponential}}},
		{"acme", profiles.Choice{}, simulator.Options{Keepalive: simulator.KeepaliveOptions{MaxRequests: 3}}},
	} {
		for seed := range uint64(2) {
			e, err := profiles.FindEndpoint(c.endpoint)
			if err != nil {
				t.Fatal(err)
			}
			f, err := e.Compile(c.choice)
			if err != nil {
				t.Fatal(err)
			}
			checks, report := simulate(t, c.options).race(t, e, c.choice, quick(seed))
			expectHonest(t, fmt.Sprintf("setting %d, seed %d", i, seed), f, checks, &report)
		}
	}
}

// Each race mutant of the simulator is caught by its rule alone, on every
// endpoint; where the profile leaves logouts open they are seen, and not judged.
func TestRacesFindTheMutants(t *testing.T) {
	for _, id := range []string{"race.revival", "race.logout", "race.shared-id", "race.history"} {
		for i, name := range []string{"octane", "alm", "space", "lre", "acme"} {
			e, err := profiles.FindEndpoint(name)
			if err != nil {
				t.Fatal(err)
			}
			choice := profiles.Choice{}
			if name == "lre" {
				choice.Version = "2023"
			}
			c := RacesConfig{Rounds: 30, Seed: uint64(i), Settle: 5 * time.Millisecond}
			checks, report := simulate(t, simulator.Options{Mutant: id}).race(t, e, choice, c)
			want := []string{id + " fail"}
			if name == "octane" {
				want = append([]string{"race.revival info", "race.logout info"}, want...)
			}
			got := verdictsOf(checks)
			if name == "octane" && (id == "race.revival" || id == "race.logout") {
				want = want[:2]
				var fit, of int
				if _, err := fmt.Sscanf(checks[0].Observed, "not stated; %d of %d rounds", &fit, &of); err != nil || fit >= of {
					t.Errorf("%s on %s: observed %s, want fewer than all", id, name, checks[0].Observed)
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s on %s: verdicts %v, want %v\n%s", id, name, got, want, show(&report))
			}
			for _, f := range report.Findings {
				t.Logf("%s on %s: in %d of %d rounds, first in %d", f.Rule, name, f.Shown, f.Tried, f.First)
			}
		}
	}
}

// Server errors accuse nobody.
func TestRacesThroughErrors(t *testing.T) {
	for _, name := range []string{"octane", "alm", "space", "lre", "acme"} {
		for _, status := range []int{500, 503} {
			e, err := profiles.FindEndpoint(name)
			if err != nil {
				t.Fatal(err)
			}
			choice := e.Matrix()[0]
			checks, report := simulate(t, simulator.Options{ErrorRate: 0.1, ErrorStatus: status}).race(t, e, choice, quick(1))
			for _, c := range checks {
				if c.Verdict == string(rules.FailedRule) {
					t.Errorf("%s, errors %d: %s failed: %s\n%s", name, status, c.ID, c.Observed, show(&report))
				}
			}
		}
	}
}

// serveTCP serves a handler on loopback and returns a prober that reaches it
// through a gate.
func serveTCP(t testing.TB, h http.Handler) *driver.Prober {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: h}
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
		<-done
	})
	at := &url.URL{Scheme: "http", Host: listener.Addr().String()}
	dialer, err := dial.New(dial.Options{URL: at, Wrap: Gate})
	if err != nil {
		t.Fatal(err)
	}
	return proberOf(t, tinyFlow(t, "observe", "yes", "30m"), at, dialer, "user{n}:pw{n}:20")
}

// BenchmarkRaceWindow counts the rounds and the time until a window of a
// millisecond is first seen, over loopback.
func BenchmarkRaceWindow(b *testing.B) {
	const window = time.Millisecond
	for name, d := range map[string]defects{"revival": {revive: window}, "logout": {late: window}, "shared-id": {share: window}} {
		b.Run(name, func(b *testing.B) {
			rounds := 0
			var worst time.Duration
			for i := range b.N {
				s := newSessionServer(uint64(i))
				s.defects = d
				p := serveTCP(b, s)
				began := time.Now()
				var report results.RaceReport
				for n := 4; len(report.Findings) == 0 && n < 1000; n *= 2 {
					var err error
					if _, report, err = Races(b.Context(), RacesConfig{Prober: p, Rounds: n, Seed: uint64(i)}); err != nil {
						b.Fatal(err)
					}
				}
				if len(report.Findings) == 0 {
					b.Fatal("not found")
				}
				rounds += report.Findings[0].First
				worst = max(worst, time.Since(began))
			}
			b.ReportMetric(float64(rounds)/float64(b.N), "rounds/found")
			b.ReportMetric(worst.Seconds(), "s/worst")
		})
	}
}
