package scenario

import (
	"io"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"authsoak/accounts"
	"authsoak/profiles"
)

// world holds files and variables in memory.
func world(files, env map[string]string) World {
	return World{
		Open: func(name string) (io.ReadCloser, error) {
			text, ok := files[name]
			if !ok {
				return nil, &os.PathError{Op: "open", Path: name, Err: os.ErrNotExist}
			}
			return io.NopCloser(strings.NewReader(text)), nil
		},
		Env: func(name string) (string, bool) {
			value, ok := env[name]
			return value, ok
		},
	}
}

const nightly = `
schema: authsoak/scenario/v1
name: nightly
authorized: "J. Doe, change 4711"
labels: {build: "4711"}
seed: 7
targets:
  - endpoint: octane
    method: json
    url: https://octane.example.test:8443/
    weight: 2
    csrf: true
    settings: {workspace: "1002"}
    accounts: {file: users.csv, policy: lease, exhausted: drop}
    calls: {defects: 3, workspaces: 1}
    tls: {ca: pki/ca.pem, server_name: octane}
    resolve: ["octane.example.test:8443:192.0.2.7"]
    source: 10.0.0.1
  - endpoint: octane
    url: http://10.0.0.9
    accounts: {generate: 'user{n}:${env:SECRET}{n}:1000', policy: shared}
  - endpoint: lre
    version: 2021
    url: https://lre.example.test
    accounts: {file: users.csv}
    http: 2
load:
  model: open
  stages:
    - {to: 50, over: 1m}
    - {at: 50, for: 9m}
  arrivals: {process: poisson}
  think: {mean: 2s, sigma: 0.5}
  calls: {min: 1, max: 5}
  abandon: 5%
  warmup: 1m
  workers: 64
  drain: {limit: 30s, rate: 100}
thresholds:
  - p99(login.response) < 500ms
  - {expr: 'rate(octane-2.fail) < 1%', over: 10s, stop: true, after: 5s}
output: {dir: results}
`

const users = "user,password,tenant\nann,p1,t1\nbob,p2,t2\n"

func parse(t *testing.T, text string) *Scenario {
	t.Helper()
	s, err := Parse("plans/night.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	s.World = world(map[string]string{"plans/users.csv": users}, map[string]string{"SECRET": "hunter2"})
	return s
}

func plan(t *testing.T, s *Scenario) *Plan {
	t.Helper()
	if err := s.Validate(); err != nil {
		t.Errorf("Validate() = %v", err)
	}
	p, err := s.Plan()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestPlan(t *testing.T) {
	p := plan(t, parse(t, nightly))
	if p.Name != "nightly" || p.Seed != 7 || p.Labels["build"] != "4711" || p.Authorized == "" {
		t.Errorf("header is %q, %d, %v, %q", p.Name, p.Seed, p.Labels, p.Authorized)
	}
	type numbers struct {
		Warmup, Duration, Timeout, StartLimit, DrainLimit time.Duration
		DrainRate, Abandon, Replay                        float64
		Workers                                           int
		Model                                             Model
		Connections                                       Connections
	}
	got := numbers{p.Warmup, p.Duration, p.Timeout, p.StartLimit, p.DrainLimit, p.DrainRate, p.Abandon, p.Replay, p.Workers, p.Model, p.Connections}
	want := numbers{time.Minute, 10 * time.Minute, 30 * time.Second, 10 * time.Second, 30 * time.Second, 100, 0.05, 0.01, 64, profiles.Open, profiles.Shared}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if p.Think != LognormalTime(2*time.Second, 0.5) || p.Calls != UniformCalls(1, 5) {
		t.Errorf("think %v, calls %v", p.Think, p.Calls)
	}
	if p.Curve != nil || p.Arrivals.Process() != Poisson || p.Arrivals.Planned() != 50*30+50*540 {
		t.Errorf("arrivals %v, %d planned", p.Arrivals.Process(), p.Arrivals.Planned())
	}
	if len(p.Thresholds) != 2 || p.Thresholds[1].String() != "rate(octane-2.fail) < 1% over 10s stop after 5s" {
		t.Errorf("thresholds %v", p.Thresholds)
	}
	counts := [3]int{}
	for k := range int64(4000) {
		counts[p.Mix.Pick(k)]++
	}
	if counts[0] < 1995 || counts[1] < 995 || counts[2] < 995 {
		t.Errorf("weights 2, 1, 1 give %v of 4000", counts)
	}
}

func TestPlanTargets(t *testing.T) {
	p := plan(t, parse(t, nightly))
	first, second, third := p.Targets[0], p.Targets[1], p.Targets[2]
	if first.Name != "octane" || second.Name != "octane-2" || third.Name != "lre" {
		t.Errorf("names %s, %s, %s", first.Name, second.Name, third.Name)
	}
	if got := first.URL.String(); got != "https://octane.example.test:8443" {
		t.Errorf("URL %s", got)
	}
	if first.TLS != (TLSPlan{CA: "plans/pki/ca.pem", ServerName: "octane"}) {
		t.Errorf("TLS %+v", first.TLS)
	}
	if diff := cmp.Diff([]Resolve{{"octane.example.test", 8443, netip.MustParseAddr("192.0.2.7")}}, first.Resolve, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" {
		t.Error(diff)
	}
	if first.Source != netip.MustParseAddr("10.0.0.1") || first.Engine != Fast || first.HTTP2 || first.Exhausted != DropCycle {
		t.Errorf("source %v, engine %s, HTTP/2 %v, exhausted %s", first.Source, first.Engine, first.HTTP2, first.Exhausted)
	}
	var names []string
	for _, c := range first.Calls {
		names = append(names, first.Flow.Calls[c].Name)
	}
	if diff := cmp.Diff([]string{"defects", "workspaces"}, names); diff != "" {
		t.Errorf("calls: %s", diff)
	}
	if first.Accounts != third.Accounts || first.Accounts.Count() != 2 {
		t.Errorf("accounts %v and %v, want the same 2", first.Accounts, third.Accounts)
	}
	var scratch accounts.Scratch
	if f := second.Accounts.Fields(6, second.Columns, &scratch); string(f[0]) != "user7" || string(f[1]) != "hunter27" || second.Policy != accounts.Shared {
		t.Errorf("account 7 is %q, %q by %s", f[0], f[1], second.Policy)
	}
	if !third.HTTP2 || third.Engine != Standard || third.Flow.Version != "2021" {
		t.Errorf("HTTP/2 %v, engine %s, version %s", third.HTTP2, third.Engine, third.Flow.Version)
	}
	if f := third.Flow.AccountFields; !contains(f, "tenant") {
		t.Errorf("the tenant column of the accounts is not used: %v", f)
	}
}

func contains(list []string, word string) bool {
	for _, x := range list {
		if x == word {
			return true
		}
	}
	return false
}

func oneTarget(extra string) string {
	return "targets: [{endpoint: octane, url: 'https://h', accounts: {generate: 'u{n}:p{n}:100'}" + extra + "}]\n"
}

const oneLoad = "load: {stages: [{at: 5, for: 1m}]}\n"

// okWith is a scenario in order, but for what is added to its target.
func okWith(extra string) string { return oneTarget(extra) + oneLoad }

var mistakes = []struct {
	name, text string
	want       []string
}{
	{"empty", "", []string{"night.yaml:1:1: the document is empty"}},
	{"unknown key", okWith(", weigth: 2"), []string{`targets[0].weigth: is not a known key (did you mean "weight"?)`}},
	{"no target", oneLoad, []string{"targets: no server is named: give at least one in targets, or with --target"}},
	{"no load", oneTarget(""), []string{"load.stages: there are no stages"}},
	{"unknown endpoint", "targets: [{endpoint: octan, url: 'http://h'}]\n" + oneLoad, []string{`night.yaml:1:22: targets[0].endpoint: endpoint "octan" is not known (did you mean "octane"?)`}},
	{"unknown method", okWith(", method: jsn"), []string{`targets[0].method: endpoint octane: method "jsn" is not known (did you mean "json"?)`}},
	{"unknown version", okWith(", version: '9'"), []string{`targets[0].version: endpoint octane: version "9" is not known`}},
	{"impossible option", okWith(", client_type: x"), []string{"targets[0].client_type: endpoint octane: client_type can't be used"}},
	{"unknown setting", okWith(", settings: {spase: '1'}"), []string{`targets[0].settings: endpoint octane: setting "spase" is not known`}},
	{"unknown call", okWith(", calls: {defect: 1}"), []string{`targets[0].calls.defect: is no call of octane`, `did you mean "defects"?`}},
	{"no call", okWith(", calls: {defects: 0}"), []string{"targets[0].calls: must give at least one call a weight above 0"}},
	{"bad weight", okWith(", weight: -1"), []string{"targets[0].weight: must lie between"}},
	{"all weights 0", okWith(", weight: 0"), []string{"targets: no target has a part in the load"}},
	{"URL without scheme", strings.Replace(okWith(""), "https://h", "h.example", 1), []string{"targets[0].url: the URL must begin with http:// or https://"}},
	{"URL with credentials", strings.Replace(okWith(""), "https://h", "https://u:hunter2@h", 1), []string{"targets[0].url: the URL holds credentials"}},
	{"URL with a query", strings.Replace(okWith(""), "https://h", "https://h?x=1", 1), []string{"a query or fragment"}},
	{"HTTP/2 by the fast engine", okWith(", http: '2', engine: fast"), []string{"targets[0].engine: the fast engine can't do HTTP/2"}},
	{"HTTP/2 without TLS", strings.Replace(okWith(", http: '2'"), "https", "http", 1), []string{"targets[0].http: HTTP/2 needs https"}},
	{"proxy by the fast engine", okWith(", proxy: 'http://u:hunter2@p', engine: fast"), []string{"the fast engine can't do a proxy"}},
	{"bad proxy", okWith(", proxy: 'ftp://u:hunter2@p'"), []string{"targets[0].proxy: must be a URL"}},
	{"TLS without TLS", strings.Replace(okWith(", tls: {insecure: true}"), "https", "http", 1), []string{"targets[0].tls.insecure: target octane has an http URL, to which tls.insecure means nothing: begin the URL with https://"}},
	{"key without certificate", okWith(", tls: {client_key: k}"), []string{"targets[0].tls.client_key: a key needs its certificate: give tls.client_cert too"}},
	{"bad resolve", okWith(", resolve: ['h:443:x']"), []string{`targets[0].resolve[0]: resolve "h:443:x": "x" is no IP address`}},
	{"bad source", okWith(", source: eth0"), []string{`targets[0].source: "eth0" is no IP address`}},
	{"bad policy", strings.Replace(okWith(""), "accounts: {", "accounts: {policy: least, ", 1), []string{`targets[0].accounts.policy`, `did you mean "lease"?`}},
	{"both kinds of accounts", strings.Replace(okWith(""), "accounts: {", "accounts: {file: users.csv, ", 1), []string{"targets[0].accounts: has both file and generate"}},
	{"bad pattern", strings.Replace(okWith(""), "p{n}", "hunter2{m}{n:x}", 1), []string{"targets[0].accounts.generate: accounts pattern: secret part"}},
	{"no accounts", strings.Replace(okWith(""), ", accounts: {generate: 'u{n}:p{n}:100'}", "", 1), []string{"targets[0].accounts: there are no accounts: method json of octane needs user, password", "name it in accounts"}},
	{"two names", "targets:\n- {name: a, endpoint: octane, url: 'http://h', accounts: {generate: 'a:b:1'}}\n- {name: a, endpoint: octane, url: 'http://h', accounts: {generate: 'a:b:1'}}\n" + oneLoad, []string{`night.yaml:3:10: targets[1].name: "a" is the name of targets[0] too`}},
	{"bad name", okWith(", name: 'a.b'"), []string{`targets[0].name: "a.b" is no name`}},
	{"x509 over http", "targets: [{endpoint: space, method: x509, url: 'http://h', tls: {}}]\n" + oneLoad, []string{"targets[0].url: method x509 presents a client certificate: it needs https"}},
	{"x509 without certificate", "targets: [{endpoint: space, method: x509, url: 'https://h'}]\n" + oneLoad, []string{"targets[0].tls.client_cert: method x509 needs a client certificate: give one with tls.client_cert"}},
	{"missing variable", okWith(", tenant: '${env:NOPE}'") + "authorized: ${env:NEITHER}\n", []string{"targets[0].tenant: environment variable NOPE is not set", "authorized: environment variable NEITHER is not set"}},
	{"bad label", okWith("") + "labels: {a b: c}\n", []string{"labels.a b: a key holds letters"}},
	{"threshold's grammar", okWith("") + "thresholds: ['p98(login) < 1s']\n", []string{"thresholds[0]: column 1: no function"}},
	{"threshold's name", okWith("") + "thresholds: ['p99(logn) < 1s']\n", []string{"thresholds[0]", `did you mean "login"?`}},
	{"threshold says it twice", okWith("") + "thresholds: [{expr: 'p99(login) < 1s over 10s', over: 20s}]\n", []string{"thresholds[0].expr: says over"}},
	{"threshold never judged", okWith("") + "thresholds: [{expr: 'p99(login) < 1s', after: 2m}]\n", []string{"thresholds[0]: p99(login) is not judged in the first 2m of a hold phase of 1m: never, that is"}},
	{"threshold without a window", okWith("") + "thresholds: ['p99(login) < 1s over 61s', 'p99(login) < 1s over 60s']\n", []string{"thresholds[0]: p99(login) is judged over windows of 1m1s, and the hold phase takes 1m: no window would ever be full"}},
	{"threshold without a window left", okWith("") + "thresholds: [{expr: 'p99(login) < 1s over 50s', after: 11s}]\n", []string{"windows of 50s after the first 11s, and the hold phase takes 1m"}},
	{"unknown load", oneTarget("") + "load: stedy\n", []string{`load.use: load profile "stedy" is not known`}},
	{"no load at all", strings.Replace(okWith(""), "at: 5", "at: 0", 1), []string{"load.stages: every level is 0: that is no load at all"}},
	{"insane rate", strings.Replace(okWith(""), "at: 5", "at: 50000000", 1), []string{"at most 10000000 are possible"}},
	{"endless ramp", strings.Replace(okWith(""), "{at: 5, for: 1m}]", "{to: 5, over: 1m}], endless: true", 1), []string{"load.endless: needs a last stage that holds a level"}},
	{"too few accounts", strings.Replace(okWith(""), "stages: [{at: 5,", "model: closed, stages: [{at: 101,", 1), []string{"targets[0].accounts: there are 100 accounts for 101 users at once: give more in accounts, ask for fewer users in load.stages, or say how they are shared (accounts.policy)"}},
	{"population that can't be opened", strings.Replace(okWith(""), "stages: [{at: 5, for: 1m}]", "model: population, stages: [{at: 100, for: 1s}]", 1), []string{"load.stages: the load is over before the population is there: 100 sessions take 1s at 100 a second"}},
	{"population opened in too short a hold", strings.Replace(okWith(""), "stages: [{at: 5, for: 1m}]", "model: population, warmup: 0s, stages: [{at: 100, for: 1s}]", 1), []string{"load.stages: the load is over before the population is there"}},
	{"population with calls", strings.Replace(okWith(""), "stages: [{at: 5,", "calls: {count: 3}, model: population, stages: [{at: 5,", 1), []string{"load.calls: a population takes no number of calls: how many a held session makes follows from think and turnover"}},
	{"long warm-up", strings.Replace(okWith(""), "load: {", "load: {warmup: 61s, ", 1), []string{"load.warmup: the warm-up takes 1m1s of a run of 1m"}},
	{"no trace", strings.Replace(okWith(""), "stages: [{at: 5, for: 1m}]", "arrivals: {file: times.txt}", 1), []string{"load.arrivals.file: open plans/times.txt"}},
	{"no accounts file", strings.Replace(okWith(""), "generate: 'u{n}:p{n}:100'", "file: nobody.csv", 1), []string{"targets[0].accounts.file: open plans/nobody.csv"}},
	{"missing column", strings.Replace(okWith(", method: api-key"), "generate: 'u{n}:p{n}:100'", "file: users.csv", 1), []string{"targets[0].accounts.file: there is no column client_id, client_secret, which method api-key of octane needs: there are user, password, tenant"}},
	{"bad accounts file", strings.Replace(okWith(""), "generate: 'u{n}:p{n}:100'", "file: broken.csv", 1), []string{"plans/broken.csv:2: has 1 values"}},
	{"account that can't be sent", strings.Replace(okWith(", method: basic"), "u{n}:p{n}", "{n:02}x:p", 1), nil},
	{"empty value", strings.Replace(okWith(""), "generate: 'u{n}:p{n}:100'", "file: empty.csv", 1), []string{`targets[0].accounts.file: account 2: column "password" is empty`}},
	{"many at once", "targets: [{endpoint: octan, url: 'h', http: 3}, {endpoint: octane, url: 'https://h', weight: x}]\nload: {stages: []}\n", []string{"targets[0].http", "targets[1].weight"}},
}

// Every mistake comes with its place, and all of them at once.
func TestMistakes(t *testing.T) {
	for _, tt := range mistakes {
		t.Run(tt.name, func(t *testing.T) {
			s, err := Parse("plans/night.yaml", []byte(tt.text))
			if err == nil {
				s.World = world(map[string]string{
					"plans/users.csv": users, "plans/broken.csv": "user,password\nhunter2\n",
					"plans/empty.csv": "user,password\na,b\nc,\n",
				}, nil)
				_, err = s.Plan()
			}
			if tt.want == nil {
				if err != nil {
					t.Fatalf("got %v, want a plan", err)
				}
				return
			}
			if err == nil {
				t.Fatalf("no error, want %q", tt.want)
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("got\n%v\nwant %q", err, want)
				}
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("a secret is shown: %v", err)
			}
		})
	}
}

func TestValidateReadsNoAccounts(t *testing.T) {
	s := parse(t, nightly)
	s.World.Open = func(string) (io.ReadCloser, error) {
		t.Error("a file was opened")
		return nil, os.ErrNotExist
	}
	if err := s.Validate(); err != nil {
		t.Error(err)
	}
}

func TestLoginByCertificateNeedsNoAccounts(t *testing.T) {
	p := plan(t, parse(t, "targets: [{endpoint: space, method: x509, url: 'https://h', tls: {client_cert: me.pem}}]\nload: {model: closed, stages: [{at: 50, for: 1m}]}\n"))
	target := p.Targets[0]
	pool := accounts.NewPool(target.Policy, target.Accounts.Count(), 0, 1, 1)
	for range 50 {
		if i, ok := pool.Lease(); i != 0 || !ok {
			t.Fatalf("Lease() = %d, %v", i, ok)
		}
	}
	if target.TLS.ClientCert != "plans/me.pem" || target.TLS.ClientKey != "plans/me.pem" {
		t.Errorf("certificate %+v", target.TLS)
	}
	var scratch accounts.Scratch
	if f := target.Accounts.Fields(0, target.Columns, &scratch); len(f) != len(target.Columns) {
		t.Errorf("Fields = %q", f)
	}
}

func TestModels(t *testing.T) {
	head := "targets: [{endpoint: octane, url: 'http://h', accounts: {generate: 'u{n}:p{n}:100000'}}]\n"
	t.Run("closed", func(t *testing.T) {
		p := plan(t, parse(t, head+"load: {model: closed, stages: [{to: 50, over: 10s}, {at: 50, for: 50s}], pacing: 3s}\n"))
		if p.Arrivals != nil || p.Curve.Peak() != 50 || p.Duration != time.Minute || p.Pacing != 3*time.Second {
			t.Errorf("arrivals %v, peak %d, %v, pacing %v", p.Arrivals, p.Curve.Peak(), p.Duration, p.Pacing)
		}
	})
	t.Run("population is filled in the warm-up", func(t *testing.T) {
		p := plan(t, parse(t, head+"load: {model: population, stages: [{at: 10000, for: 10m}], warmup: 50s}\n"))
		if got := p.Curve.At(25 * time.Second); got != 5000 || p.Duration != 10*time.Minute {
			t.Errorf("level %v after 25 s, %v", got, p.Duration)
		}
		if p.Turnover.Mean() != maxDraw || p.Think != ExponentialTime(idleThink) {
			t.Errorf("turnover %v, think %v", p.Turnover, p.Think)
		}
	})
	t.Run("population without a warm-up", func(t *testing.T) {
		p := plan(t, parse(t, head+"load: {model: population, stages: [{at: 10000, for: 10m}]}\n"))
		if got := p.Curve.At(10 * time.Second); got != 5000 || p.Warmup != 20*time.Second {
			t.Errorf("level %v after 10 s, warm-up %v", got, p.Warmup)
		}
	})
	t.Run("population with a quick turnover", func(t *testing.T) {
		p := plan(t, parse(t, head+"load: {model: population, stages: [{at: 10000, for: 10m}], turnover: {mean: 10s}}\n"))
		if p.Warmup != 10*time.Second {
			t.Errorf("warm-up %v, want as quick as the turnover", p.Warmup)
		}
	})
	t.Run("trace", func(t *testing.T) {
		s := parse(t, head+"load: {arrivals: {file: times.txt}}\n")
		s.World = world(map[string]string{"plans/times.txt": "0\n1.5\n2\n"}, nil)
		p := plan(t, s)
		// Nobody thinks here: what is left for the last cycle is the start limit
		// and the timeout of a request.
		if p.Arrivals.Planned() != 3 || p.Duration != 42*time.Second+1 {
			t.Errorf("%d planned in %v", p.Arrivals.Planned(), p.Duration)
		}
	})
	t.Run("endless", func(t *testing.T) {
		p := plan(t, parse(t, head+"load: {stages: [{at: 5, for: 1m}], endless: true}\n"))
		if p.Duration != Forever || p.Arrivals.Planned() != -1 {
			t.Errorf("%v, %d planned", p.Duration, p.Arrivals.Planned())
		}
	})
	t.Run("built-in loads", func(t *testing.T) {
		for _, l := range profiles.Loads() {
			p := plan(t, parse(t, head+"load: "+l.Name+"\n"))
			want := l.Load.Length()
			switch l.Load.Experiment.Kind {
			case profiles.MassExpiry, profiles.Leak: // and until a session unused must have ended
				want += 3*time.Hour + 2*18*time.Minute
			}
			if p.Duration != want {
				t.Errorf("%s takes %v, want %v", l.Name, p.Duration, want)
			}
		}
	})
}

func TestNeedsAuthorization(t *testing.T) {
	for _, tt := range []struct {
		addrs string
		want  bool
	}{
		{"", false}, {"127.0.0.1", false}, {"127.8.9.1", false}, {"::1", false}, {"10.1.2.3", false},
		{"172.16.0.1", false}, {"172.31.255.255", false}, {"192.168.1.1", false}, {"fd00::1", false},
		{"fe80::1%eth0", true}, {"169.254.1.1", true}, {"0.0.0.0", false}, {"::ffff:10.0.0.1", false},
		{"8.8.8.8", true}, {"172.32.0.1", true}, {"100.64.0.1", true}, {"2001:db8::1", true},
		{"::ffff:8.8.8.8", true}, {"127.0.0.1 8.8.8.8", true}, {"224.0.0.1", true},
	} {
		var addrs []netip.Addr
		for _, a := range strings.Fields(tt.addrs) {
			addrs = append(addrs, netip.MustParseAddr(a))
		}
		if got := NeedsAuthorization(addrs); got != tt.want {
			t.Errorf("NeedsAuthorization(%s) = %v, want %v", tt.addrs, got, tt.want)
		}
	}
}
