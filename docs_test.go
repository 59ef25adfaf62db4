//go:build unix

package main

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"authsoak/simulator"
)

// TestDocsCommands runs the commands of README.md and docs/*.md, one page after
// the other, each in a folder of its own that holds the accounts, certificates
// and YAML files the pages speak of. A block ```sh must end with exit code 0 in
// each of its commands; ```sh exit=N says that the last one ends with N. Lines
// that begin with authsoak, ./authsoak or go are run, and jq where there is one.
//
// So that this takes seconds and needs no network, a command is changed before
// it is run, and a YAML file before it is written, by [substitutions].
func TestDocsCommands(t *testing.T) {
	if testing.Short() {
		t.Skip("drives about twenty short runs")
	}
	site := newDocsSite(t)
	for _, page := range pages(t) {
		t.Run(filepath.Base(page.path), func(t *testing.T) {
			site.run(t, page)
		})
	}
}

// docsSite is what the commands are run against.
type docsSite struct {
	plain, secure string // host:port
	authority     []byte
	issue         func(user string) (cert, key []byte, err error)
}

const (
	docsKeys  = 200  // accounts of users.csv and keys.csv
	docsLoads = 2000 // accounts load0001 and on, of the scenario in docs/scenario.md
)

func newDocsSite(t *testing.T) *docsSite {
	t.Helper()
	var rule simulator.AccountRule
	for n := 1; n <= docsKeys; n++ {
		rule.List = append(rule.List, simulator.Account{ClientID: fmt.Sprintf("id%d", n), ClientSecret: fmt.Sprintf("key%d", n)})
	}
	for n := 1; n <= docsLoads; n++ {
		rule.List = append(rule.List, simulator.Account{User: fmt.Sprintf("load%04d", n), Password: "docs"})
	}
	s := &docsSite{}
	s.plain, _ = serveDocs(t, simulator.Options{Seed: 1, Accounts: rule})
	var server *simulator.Server
	s.secure, server = serveDocs(t, simulator.Options{Seed: 2, Accounts: rule, TLS: simulator.TLSOptions{
		Enabled: true, Names: []string{"octane.example.test"}, ClientCertificates: simulator.RequestCertificate}})
	s.authority, s.issue = server.CA(), server.IssueClientCertificate
	return s
}

func serveDocs(t *testing.T, o simulator.Options) (address string, server *simulator.Server) {
	t.Helper()
	server, err := simulator.New(o)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	t.Cleanup(func() {
		if err := errors.Join(server.Close(), <-served); err != nil {
			t.Error(err)
		}
	})
	return listener.Addr().String(), server
}

// docsNightly is the scenario that the README runs without showing it.
const docsNightly = `
targets:
  - {endpoint: octane, url: "https://octane.example.test", accounts: {file: users.csv}}
load:
  stages: [{at: 20, for: 10m}]
thresholds: [rate(fail) == 0%]
`

// stock writes what the pages speak of into the folder.
func (s *docsSite) stock(t *testing.T, dir string, page docsPage) {
	t.Helper()
	write := func(name string, data string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	users, keys, certificates := "user,password\n", "client_id,client_secret\n", "user,client_cert,client_key\n"
	for n := 1; n <= docsKeys; n++ {
		users += fmt.Sprintf("user%d,pw%d\n", n, n)
		keys += fmt.Sprintf("id%d,key%d\n", n, n)
	}
	for n := 1; n <= 10; n++ {
		user := fmt.Sprintf("user%d", n)
		cert, key, err := s.issue(user)
		if err != nil {
			t.Fatal(err)
		}
		write(user+".pem", string(cert))
		write(user+".key", string(key))
		certificates += fmt.Sprintf("%s,%s.pem,%s.key\n", user, user, user)
	}
	write("users.csv", users)
	write("keys.csv", keys)
	write("certificates.csv", certificates)
	write("company-ca.pem", string(s.authority))
	write("nightly.yaml", s.change(docsNightly, substitutions.files))
	for _, f := range page.fences {
		if name := f.value("file"); name != "" && f.info[0] != "github-actions" && f.info[0] != "gitlab" {
			write(name, s.change(f.text, substitutions.files))
		}
	}
}

// substitution replaces what a pattern matches. In the replacement PLAIN and
// SECURE are the addresses of the servers.
type substitution struct {
	pattern *regexp.Regexp
	by      string
}

// substitutions are all that is changed.
var substitutions = func() (s struct{ commands, files []substitution }) {
	list := func(pairs ...string) (out []substitution) {
		for i := 0; i < len(pairs); i += 2 {
			out = append(out, substitution{regexp.MustCompile(pairs[i]), pairs[i+1]})
		}
		return out
	}
	hosts := list(
		`octane\.example\.test:443:10\.0\.0\.11`, "localhost:SECUREPORT:127.0.0.1", // --resolve
		`https://[a-z]+\.example\.test`, "https://localhost:SECUREPORT",
		`http://10\.0\.0\.7`, "http://PLAIN",
		`source: 10\.0\.0\.5`, "source: 127.0.0.1",
	)
	s.commands = append(slices.Clone(hosts), list(
		`^go run \. run$`, "authsoak run --duration 600ms --warmup 0s",
		`^go run \. `, "authsoak ",
		`^go (build \.|test \./\.\.\.)$`, "go list .", // this is a test of its own
		`\./authsoak `, "authsoak ",
		`--expect 30m --within 30s`, "--dry-run --expect 30m --within 30s", // half an hour is no test
		`--experiment at=[0-9]+s`, "--experiment at=1500ms", // an experiment needs seconds: three that are calm
		`--experiment users=1000`, "--experiment users=30",
		`--idle 5s`, "--idle 1s", `--experiment idle=5s`, "--experiment idle=1s",
		`--load storm --warmup 5s --duration 40s`, "--load storm --rate 20 --warmup 100ms --duration 6000ms",
		`--load mass-expiry --think 1s --warmup 10s --duration 40s`, "--load mass-expiry --population 30 --think 100ms --warmup 500ms --duration 4000ms",
		`--load leak --rate 10 --warmup 2s --duration 40s`, "--load leak --rate 20 --think 10ms --warmup 100ms --duration 3000ms",
		`--load smoke`, "--load smoke --warmup 5s --duration 1m", // changed again below
		`--duration [0-9]+[smh]\b`, "--duration 600ms",
		`--warmup [0-9]+[smh]\b`, "--warmup 100ms",
		`--metrics [0-9]+`, "--metrics 0",
		`--population [0-9]+`, "--population 20 --think 100ms",
	)...)
	s.files = append(hosts, list(
		`over: 30s, stop: true, after: 10s`, "stop: true", // no window fits into a second
		`\b(for|over|warmup|pacing): *[0-9]+[smh]\b`, "$1: 600ms",
	)...)
	return s
}()

func (s *docsSite) change(text string, by []substitution) string {
	for _, sub := range by {
		text = sub.pattern.ReplaceAllString(text, sub.by)
	}
	_, port, _ := net.SplitHostPort(s.secure)
	return strings.NewReplacer("SECUREPORT", port, "PLAIN", s.plain).Replace(text)
}

// docsRun is one page being run.
type docsRun struct {
	*docsSite
	dir       string
	env       []string
	simulator *docsSimulator // that the page started; nil: none
}

func (s *docsSite) run(t *testing.T, page docsPage) {
	r := &docsRun{docsSite: s, dir: t.TempDir()}
	s.stock(t, r.dir, page)
	for _, name := range []string{"PATH", "HOME", "TMPDIR", "GOPATH", "GOCACHE", "GOMODCACHE", "GOFLAGS"} {
		if value, ok := os.LookupEnv(name); ok {
			r.env = append(r.env, name+"="+value)
		}
	}
	r.env = append(r.env, "SSL_CERT_FILE="+filepath.Join(r.dir, "company-ca.pem"), "LRE_PASSWORD=docs")
	defer r.stopSimulator(t)
	for _, f := range page.fences {
		if f.lang != "sh" {
			continue
		}
		commands := f.commands()
		for i, command := range commands {
			want := 0
			if code := f.value("exit"); code != "" && i == len(commands)-1 {
				want, _ = strconv.Atoi(code)
			}
			r.command(t, fmt.Sprintf("%s:%d", page.path, f.line), command, want)
		}
	}
}

// runnable matches the commands that are run.
var runnable = regexp.MustCompile(`^([A-Z_]+=\S* )*(authsoak|\./authsoak|go|jq) `)

// command runs one command, again where it doesn't end as it should: the
// machine may be busy.
func (r *docsRun) command(t *testing.T, place, command string, want int) {
	if !runnable.MatchString(command) {
		return
	}
	if _, err := exec.LookPath("jq"); err != nil {
		if command, _, _ = strings.Cut(command, " | jq"); strings.HasPrefix(command, "jq ") {
			return
		}
	}
	changed := r.change(command, substitutions.commands)
	if strings.HasPrefix(changed, "authsoak simulate") && !strings.Contains(changed, "--list-") {
		r.startSimulator(t, place, changed)
		return
	}
	if r.simulator != nil {
		changed = strings.ReplaceAll(changed, "127.0.0.1:8480", r.simulator.address)
	}
	began := time.Now()
	defer func() { t.Logf("%4.1f s  %s", time.Since(began).Seconds(), changed) }()
	const tries = 3
	var out []byte
	got := -1
	for try := 0; try < tries && got != want; try++ {
		if i := strings.Index(changed, "--run-id "); i > 0 && try > 0 {
			_ = os.RemoveAll(filepath.Join(r.dir, "runs", strings.Fields(changed[i:])[1]))
		}
		cmd := exec.Command("sh", "-c", changed)
		if cmd.Dir, cmd.Env = r.dir, r.env; strings.HasPrefix(changed, "go ") {
			cmd.Dir = "" // of this module
		}
		var err error
		out, err = cmd.CombinedOutput()
		got = cmd.ProcessState.ExitCode()
		if err != nil && got < 0 {
			t.Fatalf("%s: %s: %v", place, changed, err)
		}
		if got == 2 {
			break
		}
		const invalid = 3
		if got == invalid && want == 0 && bytes.Contains(out, []byte("the generator was the limit")) {
			return // the machine was too busy to measure anything: the command is right all the same
		}
	}
	if got != want {
		t.Errorf("%s: %s\nrun as: %s\nexit code %d, want %d\n%s", place, command, changed, got, want, out)
	}
}

// docsSimulator is authsoak simulate, started by a page.
type docsSimulator struct {
	cmd     *exec.Cmd
	command string
	address string
	out     lockedBuffer
}

// lockedBuffer is a buffer that may be read while it is written.
type lockedBuffer struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.String()
}

var announcedAddress = regexp.MustCompile(`(?m)^simulator at https?://(\S+)`)

// startSimulator starts the one that the page asks for, on any free port, and
// stops the one before.
func (r *docsRun) startSimulator(t *testing.T, place, command string) {
	r.stopSimulator(t)
	s := &docsSimulator{command: command}
	s.cmd = exec.Command("sh", "-c", "exec "+command+" --listen 127.0.0.1:0")
	s.cmd.Dir, s.cmd.Env, s.cmd.Stdout, s.cmd.Stderr = r.dir, r.env, &s.out, &s.out
	if err := s.cmd.Start(); err != nil {
		t.Fatalf("%s: %s: %v", place, command, err)
	}
	r.simulator = s
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		said := s.out.String()
		if m := announcedAddress.FindStringSubmatch(said); m != nil && strings.Contains(said, "Ctrl-C ends it") {
			s.address = m[1]
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%s: %s: it did not start\n%s", place, command, said)
		}
	}
}

// stopSimulator ends it as Ctrl-C does.
func (r *docsRun) stopSimulator(t *testing.T) {
	s := r.simulator
	if s == nil {
		return
	}
	r.simulator = nil
	if err := errors.Join(s.cmd.Process.Signal(syscall.SIGINT), s.cmd.Wait()); err != nil {
		t.Errorf("%s: %v\n%s", s.command, err, s.out.String())
	}
}
