package check_test

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"authsoak/accounts"
	"authsoak/check"
	"authsoak/driver"
	"authsoak/profiles"
	"authsoak/results"
	"authsoak/scenario"
	"authsoak/simulator"
)

// site is a simulator on a loopback port with accounts that suit every login
// method.
type site struct {
	server   *simulator.Server
	url      *url.URL
	ca       string // file; empty: plain http
	accounts accounts.Source
}

func newSite(t testing.TB, o simulator.Options, secure bool) *site {
	t.Helper()
	scheme := "http"
	if secure {
		scheme = "https"
		o.TLS = simulator.TLSOptions{Enabled: true, ClientCertificates: simulator.RequestCertificate}
	}
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
		server.Close()
		<-done
	})
	s := &site{server: server, url: &url.URL{Scheme: scheme, Host: listener.Addr().String()}}
	s.papers(t, secure)
	return s
}

// papers writes accounts, and certificates where they are asked for.
func (s *site) papers(t testing.TB, secure bool) {
	dir := t.TempDir()
	write := func(name string, data []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	rows := "user,password,client_id,client_secret,inactive_client_id,inactive_client_secret,client_cert,client_key\n"
	if secure {
		s.ca = write("ca.pem", s.server.CA())
	}
	for i := range 6 {
		var certFile, keyFile string
		user := fmt.Sprintf("user%d", i)
		if secure {
			cert, key, err := s.server.IssueClientCertificate(user)
			if err != nil {
				t.Fatal(err)
			}
			certFile, keyFile = write(user+".pem", cert), write(user+".key", key)
		}
		rows += fmt.Sprintf("%s,pw%d,key%d,secret%d,inactive1,secret1,%s,%s\n", user, i, i, i, certFile, keyFile)
	}
	var err error
	if s.accounts, err = accounts.ReadCSV(strings.NewReader(rows), "accounts.csv", nil); err != nil {
		t.Fatal(err)
	}
}

// target is the flow of an endpoint at the site.
func (s *site) target(t testing.TB, e *profiles.Endpoint, c profiles.Choice) driver.Target {
	t.Helper()
	f, err := e.Compile(c)
	if err != nil {
		t.Fatal(err)
	}
	columns, missing := accounts.Resolve(s.accounts, f.AccountFields)
	if len(missing) > 0 {
		t.Fatalf("accounts lack %v", missing)
	}
	p := scenario.TargetPlan{Name: e.Name, Flow: f, Weight: 1, Accounts: s.accounts, Columns: columns,
		Engine: scenario.Fast, URL: s.url, ClientType: c.ClientType, CSRF: c.CSRF}
	p.TLS.CA = s.ca
	if e.Name == "lre" {
		p.URL = s.url.JoinPath("lre-" + c.Version)
	}
	targets, err := driver.Open(&scenario.Plan{Targets: []scenario.TargetPlan{p}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return targets[0]
}

// try tries the whole table of a target, or what fits a pattern.
func try(t testing.TB, target driver.Target, pattern string) check.Outcome {
	t.Helper()
	rows, err := check.Rows(&target, pattern)
	if err != nil {
		t.Fatal(err)
	}
	ledger, err := driver.KeepLedger(filepath.Join(t.TempDir(), "ledger"), "site")
	if err != nil {
		t.Fatal(err)
	}
	out, err := check.Contract(t.Context(), check.ContractConfig{Target: target, Rows: rows, Timeout: 10 * time.Second,
		WrongSecrets: 100, Ledger: ledger})
	kept := ledger.Sessions(0)
	if err = errors.Join(err, ledger.Close()); err != nil {
		t.Fatal(err)
	}
	// What counts as over must stand as over in the ledger, or a cleanup would
	// be asked for where nothing is left.
	if !kept.Balanced || kept.Orphaned > int64(out.Left) {
		t.Errorf("%s: the ledger holds %+v, the check counts %d left", target.Name, kept, out.Left)
	}
	return out
}

// options says which of a choice's options are on.
func options(c profiles.Choice) string {
	text := c.Version + " " + c.Method
	if c.ClientType != "" {
		text += " client-type"
	}
	if c.Tenant != "" {
		text += " tenant"
	}
	if c.CSRF {
		text += " csrf"
	}
	return text
}

// unsound lists what an honest server must not bring about.
func unsound(out check.Outcome) []string {
	var bad []string
	for _, r := range out.Results {
		if r.Verdict == "fail" || r.Verdict == "unknown" {
			bad = append(bad, fmt.Sprintf("%s is %s: expected %s; observed %s%s", r.ID, r.Verdict, r.Expected, r.Observed, exchanges(r)))
		}
	}
	if out.Left > 0 {
		bad = append(bad, fmt.Sprintf("%d sessions are left", out.Left))
	}
	return bad
}

func exchanges(r results.CheckResult) (text string) {
	for _, x := range r.Exchanges {
		text += "\n" + x.Sent + "\n" + x.Received
	}
	return text
}
