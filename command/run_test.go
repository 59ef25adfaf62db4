package command

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"authsoak/results"
	"authsoak/scenario"
	"authsoak/simulator"
)

// serveSimulator serves o on loopback for the length of a test.
func serveSimulator(t *testing.T, o simulator.Options) (*simulator.Server, string) {
	t.Helper()
	s, err := simulator.New(o)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	t.Cleanup(func() {
		if err := errors.Join(s.Close(), <-served); err != nil {
			t.Error(err)
		}
	})
	return s, l.Addr().String()
}

// driveShortly runs a short load and returns its summary. The exit code is that
// of a pass also where this machine was too busy to trust the numbers.
func driveShortly(t *testing.T, words ...string) (code int, s results.Summary, stderr string) {
	t.Helper()
	line := append([]string{"run", "--json", "--out", t.TempDir(), "--duration", "300ms", "--think", "10ms"}, words...)
	code, stdout, stderr := call(t, line...)
	if stdout != "" {
		if err := json.Unmarshal([]byte(stdout), &s); err != nil {
			t.Fatalf("authsoak run %s: standard output is no summary: %v\n%s", words, err, stdout)
		}
	}
	if code == exitInvalid && s.Generator.TaintedIntervals > 0 {
		code = exitPass
	}
	return code, s, stderr
}

// TestOverTLS drives a server whose certificate comes from an authority of its
// own, as simulate writes it.
func TestOverTLS(t *testing.T) {
	options := simulator.Options{TLS: simulator.TLSOptions{Enabled: true, ClientCertificates: simulator.RequestCertificate}}
	server, address := serveSimulator(t, options)
	files, err := writePapers(server, options.TLS, filepath.Join(t.TempDir(), "papers"), nil)
	if err != nil {
		t.Fatal(err)
	}
	target := "space=https://" + address
	accounts := []string{"--accounts", files.accounts, "--users", "4"}
	drive := func(words ...string) (int, results.Summary, string) {
		return driveShortly(t, append(append([]string{"--target", target}, accounts...), words...)...)
	}
	if code, _, stderr := drive(); code != exitUsage || !strings.Contains(stderr, "--ca FILE") {
		t.Errorf("untrusted certificate: code %d, stderr %s", code, stderr)
	}
	for _, extra := range [][]string{
		{"--ca", files.ca}, {"--ca", files.ca, "--method", "x509"}, {"--ca", files.ca, "--http", "2"},
		{"--ca", files.ca, "--method", "x509", "--engine", "standard"}, {"--insecure"},
	} {
		code, s, stderr := drive(extra...)
		if code != exitPass || s.Cycles.Completed == 0 || s.Cycles.Fail+s.Cycles.Unknown > 0 {
			t.Errorf("%s: code %d, cycles %+v, stderr %s", extra, code, s.Cycles, stderr)
		}
		if insecure := extra[0] == "--insecure"; insecure != (len(s.Insecure) == 1) || insecure != strings.Contains(stderr, "certificate NOT verified") {
			t.Errorf("%s: insecure %q in the summary, stderr %s", extra, s.Insecure, stderr)
		}
	}
}

// TestBadServers makes sure that a server which answers the connection but
// misbehaves is measured, not refused, and fails.
func TestBadServers(t *testing.T) {
	for name, answer := range map[string]string{
		"closes":   "",
		"garbage":  "SSH-2.0-OpenSSH_9.2\r\n",
		"HTML":     "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>",
		"no login": "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			l := listen(t, answer)
			for _, scheme := range []string{"http", "https"} {
				code, s, stderr := driveShortly(t, "--target", "octane="+scheme+"://"+l, "--accounts", "user{n}:pw{n}:100", "--rate", "50")
				judged := code == exitFailed || s.Generator.TaintedIntervals > 0
				if !judged || s.Cycles.Completed == 0 || s.Cycles.OK > 0 {
					t.Errorf("%s: code %d, cycles %+v, stderr %s", scheme, code, s.Cycles, stderr)
				}
			}
		})
	}
}

// listen answers every connection with the same bytes, once it has sent some.
func listen(t *testing.T, answer string) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var open sync.WaitGroup
	open.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			open.Go(func() {
				defer c.Close()
				_ = c.SetDeadline(time.Now().Add(5 * time.Second))
				_, _ = bufio.NewReader(c).ReadByte()
				_, _ = io.WriteString(c, answer)
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		open.Wait()
	})
	return l.Addr().String()
}

// TestSecondInterrupt stops at once and leaves a ledger, which cleanup empties.
func TestSecondInterrupt(t *testing.T) {
	server, address := serveSimulator(t, simulator.Options{})
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	stop := make(chan struct{})
	var waiting sync.WaitGroup
	waiting.Go(func() {
		// Of everybody's session the server knows: all but the last answers have
		// been read, whoever was slow.
		for server.Stats().Live < 50 {
			time.Sleep(10 * time.Millisecond)
		}
		close(stop)
		cancel()
	})
	var out, errs bytes.Buffer
	code := Main(ctx, []string{"authsoak", "run", "--out", dir, "--run-id", "r", "--json", "--target", "alm=http://" + address,
		"--accounts", "key{n}:secret{n}:1000", "--users", "50", "--think", "1m", "--duration", "1h"},
		Streams{In: strings.NewReader(""), Out: &out, Err: &errs}, stop)
	waiting.Wait()
	var s results.Summary
	if err := json.Unmarshal(out.Bytes(), &s); err != nil || code != exitInterrupted {
		t.Fatalf("code %d, %v, stderr %s", code, err, errs.String())
	}
	if s.Verdict != results.Interrupted || s.Sessions.Orphaned == 0 || !s.Sessions.Balanced {
		t.Errorf("summary: verdict %s, sessions %+v", s.Verdict, s.Sessions)
	}
	if live := server.Stats().Live; live < 20 {
		t.Fatalf("after stopping at once the server holds %d sessions", live)
	}
	code, stdout, stderr := call(t, "cleanup", filepath.Join(dir, "r"))
	if code != exitPass || !strings.Contains(stdout, " 0 may still be open") {
		t.Errorf("cleanup: code %d, stdout %s, stderr %s", code, stdout, stderr)
	}
	if live := server.Stats().Live; live > s.Sessions.PossiblyOpen {
		t.Errorf("after cleanup the server holds %d sessions, %d logins had no answer", live, s.Sessions.PossiblyOpen)
	}
	if _, err := os.Stat(filepath.Join(dir, "r", results.LedgerFile)); err == nil {
		t.Error("cleanup left the ledger")
	}
}

// TestDemonstration makes sure that the built-in scenario fits together, also
// as a population, which needs its accounts and the time to open.
func TestDemonstration(t *testing.T) {
	held := 250_000
	for _, test := range []struct {
		overrides        scenario.Overrides
		accounts         int
		warmup, duration time.Duration
	}{
		{scenario.Overrides{}, fewestAccounts, 2 * time.Second, 20 * time.Second},
		{scenario.Overrides{Population: &held}, held, 250 * time.Second, 20 * time.Second},
	} {
		s, err := demonstration("http://127.0.0.1:1", &test.overrides)
		if err != nil {
			t.Fatal(err)
		}
		length := test.warmup + test.duration
		if test.overrides.Population != nil {
			test.overrides.Duration = &test.duration
		} else {
			length = test.duration
		}
		plan, err := scenarioPlan(s, test.overrides)
		if err != nil {
			t.Fatal(err)
		}
		if plan.Warmup != test.warmup || plan.Duration != length || plan.Targets[0].Accounts.Count() != test.accounts {
			t.Errorf("demonstration: warm-up %v of %v, %d accounts, want %v of %v, %d",
				plan.Warmup, plan.Duration, plan.Targets[0].Accounts.Count(), test.warmup, length, test.accounts)
		}
	}
}

func scenarioPlan(s *scenario.Scenario, o scenario.Overrides) (*scenario.Plan, error) {
	if err := s.Apply(o); err != nil {
		return nil, err
	}
	return s.Plan()
}
