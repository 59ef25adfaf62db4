package scenario

import (
	"strings"
	"testing"
	"time"
)

// What flags alone get wrong is told in whole sentences that name the flag to
// change.
func TestMessagesNameTheFlag(t *testing.T) {
	target := func(url string, o Overrides) Overrides {
		endpoint, url, _ := strings.Cut(url, "=")
		o.Targets = []TargetFlag{{Endpoint: endpoint, URL: url}}
		return o
	}
	few := ptr(ParseAccounts("u{n}:p{n}:10"))
	for _, tt := range []struct {
		name  string
		flags Overrides
		want  string
	}{
		{"accounts", target("octane=http://10.0.0.1", Overrides{}),
			"--target octane: there are no accounts: method json of octane needs user, password, from a CSV file or a pattern such as 'user{n}:pw{n}:1000': name it in --accounts"},
		{"few accounts", target("octane=http://10.0.0.1", Overrides{Accounts: few, Users: ptr(50)}),
			"--accounts: there are 10 accounts for 50 users at once: give more in --accounts, ask for fewer users in --users, or say in a scenario file how they are shared (accounts.policy) or what is done when none is free (accounts.exhausted)"},
		{"few accounts for a population", target("octane=http://10.0.0.1", Overrides{Accounts: few, Population: ptr(50)}),
			"--accounts: there are 10 accounts for 50 sessions at once: give more in --accounts, ask for fewer sessions in --population"},
		{"columns", target("octane=http://10.0.0.1", Overrides{Accounts: few, Method: "api-key"}), ""},
		{"insecure", target("octane=http://10.0.0.1", Overrides{Accounts: few, Insecure: ptr(true)}),
			"--insecure: target octane has an http URL, to which --insecure means nothing: begin the URL with https://, or leave --insecure out"},
		{"ca", target("octane=http://10.0.0.1", Overrides{Accounts: few, CA: "ca.pem"}),
			"--ca: target octane has an http URL, to which --ca means nothing"},
		{"certificate", target("octane=http://10.0.0.1", Overrides{Accounts: few, ClientCert: "me.pem"}),
			"--client-cert: target octane has an http URL, to which --client-cert means nothing"},
		{"no certificate", target("space=https://10.0.0.1", Overrides{Method: "x509"}),
			"--target space: method x509 needs a client certificate: give one with --client-cert, or each account its own in a column client_cert of --accounts"},
		{"certificate over http", target("space=http://10.0.0.1", Overrides{Method: "x509", ClientCert: "me.pem"}),
			"--target space: method x509 presents a client certificate: it needs https, so the URL must begin with https://"},
		{"key alone", target("space=https://10.0.0.1", Overrides{Accounts: few, ClientKey: "me.key"}),
			"--client-key: a key needs its certificate: give --client-cert too"},
		{"HTTP/2", target("octane=http://10.0.0.1", Overrides{Accounts: few, HTTP: "2"}),
			"--http: HTTP/2 needs https, since TLS agrees on it: the URL must begin with https://"},
		{"proxy", target("octane=http://10.0.0.1", Overrides{Accounts: few, Proxy: "socks5://10.0.0.2"}),
			"--proxy: must be a URL that begins with http:// or https:// and names a host"},
		{"window", target("octane=http://10.0.0.1", Overrides{Accounts: few, Rate: ptr(1.0), Duration: ptr(1500 * time.Millisecond), Thresholds: []string{"p99(login) < 1s over 5s"}}),
			"--threshold: p99(login) is judged over windows of 5s, and the hold phase takes 1.5s: no window would ever be full"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, err := FromFlags(tt.flags)
			if err == nil {
				_, err = s.Plan()
			}
			got := ""
			if err != nil {
				got = err.Error()
			}
			if !strings.HasPrefix(got, tt.want) || tt.want == "" && got != "" {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

// A window of the whole hold still fits, and nobody knows how long an endless one
// takes.
func TestWindowsThatFit(t *testing.T) {
	for _, duration := range []time.Duration{5 * time.Second, 0} {
		s, err := FromFlags(octane(Overrides{Rate: ptr(1.0), Duration: ptr(duration), Thresholds: []string{"p99(login) < 1s over 5s"}}))
		if err != nil {
			t.Fatal(err)
		}
		if p := plan(t, s); len(p.Thresholds) != 1 {
			t.Errorf("a hold of %v: thresholds %v", duration, p.Thresholds)
		}
	}
}

func TestURLWithoutScheme(t *testing.T) {
	for _, text := range []string{"127.0.0.1:8480", "h.example:80/x", "h.example", "ftp://h", "http:/h", "://h"} {
		if fault := urlFault(text); fault != "the URL must begin with http:// or https://" {
			t.Errorf("urlFault(%q) = %q", text, fault)
		}
	}
	for _, text := range []string{"http://h", "HTTPS://h:1/x"} {
		if fault := urlFault(text); fault != "" {
			t.Errorf("urlFault(%q) = %q", text, fault)
		}
	}
	_, err := ParseTarget("octane=127.0.0.1:8480")
	if want := `--target "octane=…": the URL must begin with http:// or https://: want ENDPOINT`; err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("ParseTarget: %v, want %s…", err, want)
	}
}

func TestDescribe(t *testing.T) {
	head := strings.Replace(oneTarget(""), ":100'", ":100000'", 1)
	for load, want := range map[string]string{
		"{stages: [{at: 60, for: 20s}], warmup: 2s}":                                           "open, 60 cycles/s for 20 s, warm-up 2 s",
		"{stages: [{at: 0.5, for: 300ms}]}":                                                    "open, 0.5 cycles/s for 300 ms",
		"{stages: [{at: 12345.6, for: 1m30s}]}":                                                "open, 12346 cycles/s for 1 min 30 s",
		"steady":                                                                               "open, up to 50 cycles/s at random (poisson) for 11 min, warm-up 1 min 30 s",
		"{stages: [{at: 5, for: 1m}], endless: true}":                                          "open, 5 cycles/s until stopped",
		"{model: closed, stages: [{at: 50, for: 2h}]}":                                         "closed, 50 users for 2 h",
		"{model: closed, stages: [{to: 1, over: 1m}, {at: 1, for: 1m}]}":                       "closed, up to 1 user for 2 min",
		"{model: population, stages: [{at: 1000, for: 1d}]}":                                   "population, 1000 sessions held for 1 d, warm-up 10 s",
		"{model: population, stages: [{at: 100, for: 1m}, {at: 9, for: 1m}], warmup: 5s}":      "population, up to 100 sessions held for 2 min, warm-up 5 s",
		"{arrivals: {file: times.txt}, warmup: 1s}":                                            "open, 3 recorded arrivals in 1.5 s, warm-up 1 s",
		"{model: population, stages: [{to: 7, over: 10s}, {at: 7, for: 50s}], endless: false}": "population, 7 sessions held for 1 min",
	} {
		s := parse(t, head+"load: "+load+"\n")
		s.World = world(map[string]string{"plans/times.txt": "0\n1\n1.5\n"}, nil)
		if got := plan(t, s).Describe(); got != want {
			t.Errorf("load %s\n got %s\nwant %s", load, got, want)
		}
	}
	if got := (&Plan{}).Describe(); got != "open" {
		t.Errorf("of nothing: %q", got)
	}
}
