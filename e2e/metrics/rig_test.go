package metrics

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// run is what all tests look at: one run of authsoak against the simulator,
// scraped by two Prometheus servers and exported to the receiver of the
// OpenTelemetry collector.
type run struct {
	binary          string
	folder          string
	summary         summary
	stderr          string
	native, classic *prometheus
	collected       *receiver
	ended           time.Time
}

// summary is the part of summary.json that is compared.
type summary struct {
	Verdict string
	Cycles  struct{ Planned, Completed, OK, Fail, Unknown int64 }
	Steps   []struct {
		Target, Step, Kind       string
		Count, OK, Fail, Unknown int64
		Service                  map[string]float64 `json:"service_ms"`
		Response                 map[string]float64 `json:"response_ms"`
	}
	Sessions struct{ Opened, Closed int64 }
}

// process is a program that a test has started.
type process struct {
	cmd  *exec.Cmd
	mu   sync.Mutex
	out  bytes.Buffer
	done chan struct{}
}

// start starts a program and stops it at the end of the test.
func start(t *testing.T, env []string, name string, args ...string) *process {
	t.Helper()
	p := &process{cmd: exec.Command(name, args...), done: make(chan struct{})}
	p.cmd.Env = append(os.Environ(), env...)
	pipe, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.cmd.Stderr = p.cmd.Stdout
	if err := p.cmd.Start(); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	go func() {
		defer close(p.done)
		for lines := bufio.NewScanner(pipe); lines.Scan(); {
			p.mu.Lock()
			fmt.Fprintln(&p.out, lines.Text())
			p.mu.Unlock()
		}
		_ = p.cmd.Wait()
	}()
	t.Cleanup(func() {
		_ = p.cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-p.done:
		case <-time.After(20 * time.Second):
			_ = p.cmd.Process.Kill()
			<-p.done
		}
	})
	return p
}

func (p *process) output() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.out.String()
}

// wait waits until the condition holds.
func (p *process) wait(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !condition(); time.Sleep(50 * time.Millisecond) {
		select {
		case <-p.done:
			t.Fatalf("%s ended before it was %s:\n%s", p.cmd.Path, what, p.output())
		default:
		}
		if time.Now().After(end) {
			t.Fatalf("%s was not %s within a minute:\n%s", p.cmd.Path, what, p.output())
		}
	}
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// build compiles a main package.
func build(t *testing.T, dir, pkg, name string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	cmd := exec.Command("go", "build", "-o", path, pkg)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build %s: %v\n%s", pkg, err, out)
	}
	return path
}

var simulatorAt = regexp.MustCompile(`(?m)^simulator at (https?://\S+)`)

// cycles is how many are driven: so many that every quantile of the summary falls
// on a whole rank, where HDR and Prometheus must mean the same sample.
const (
	cyclesPerSecond = 100
	seconds         = 20
	cycles          = cyclesPerSecond * seconds
)

// drive does everything once; the tests look at what it left.
func drive(t *testing.T) *run {
	t.Helper()
	r := &run{binary: build(t, "../..", ".", "authsoak")}
	page := freeAddress(t)
	r.collected = startReceiver(t)
	r.native = startPrometheus(t, page, "--enable-feature=native-histograms")
	r.classic = startPrometheus(t, page)
	simulator := start(t, nil, r.binary, "simulate", "--listen", "127.0.0.1:0", "--latency", "3ms", "--error-rate", "2%", "--seed", "5")
	simulator.wait(t, "serving", func() bool { return simulatorAt.MatchString(simulator.output()) })
	server := simulatorAt.FindStringSubmatch(simulator.output())[1]

	// A connection for each session, so that some are opened all along: the
	// dashboard asks for their rate.
	out := t.TempDir()
	cmd := exec.Command(r.binary, "run", "--json", "--out", out, "--run-id", "e2e", "--label", "build=17",
		"--target", "alm="+server, "--method", "password", "--accounts", "user{n}:pw{n}:2000",
		"--rate", fmt.Sprint(cyclesPerSecond), "--duration", fmt.Sprintf("%ds", seconds), "--think", "50ms", "--calls", "3", "--connections", "per-user", "--metrics", page)
	cmd.Env = append(os.Environ(), "OTEL_EXPORTER_OTLP_ENDPOINT="+r.collected.url, "OTEL_METRIC_EXPORT_INTERVAL=2000",
		"OTEL_EXPORTER_OTLP_COMPRESSION=gzip", "OTEL_RESOURCE_ATTRIBUTES=team=sessions")
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Logf("authsoak run: %v", err) // the verdict is looked at where it matters
	}
	r.ended, r.stderr, r.folder = time.Now(), stderr.String(), filepath.Join(out, "e2e")
	r.native.settle(t)
	r.classic.settle(t)
	if err := json.Unmarshal(stdout.Bytes(), &r.summary); err != nil {
		t.Fatalf("standard output is no summary: %v\n%s%s", err, stdout.String(), r.stderr)
	}
	if strings.Contains(r.stderr, "could not be exported") {
		t.Errorf("the export failed:\n%s", r.stderr)
	}
	return r
}
