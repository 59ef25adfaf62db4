package command

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	collector_v1 "go.opentelemetry.io/proto/slim/otlp/collector/metrics/v1"

	"authsoak/results"
	"authsoak/simulator"
)

// outside is an OTLP receiver and a scraper of the metrics page.
type outside struct {
	endpoint string // of the receiver
	address  string // of the page

	mu       sync.Mutex
	received []string // bodies, as they came
	pages    []string
}

// watchOutside starts both for the length of a test.
func watchOutside(t *testing.T) *outside {
	t.Helper()
	l := &outside{}
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err != nil || r.URL.Path != "/v1/metrics" {
			t.Errorf("%s: %v", r.URL, err)
		}
		l.mu.Lock()
		defer l.mu.Unlock()
		l.received = append(l.received, string(b))
	}))
	t.Cleanup(receiver.Close)
	l.endpoint = receiver.URL
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.address = free.Addr().String()
	_ = free.Close()
	stop, stopped := make(chan struct{}), make(chan struct{})
	t.Cleanup(func() {
		close(stop)
		<-stopped
	})
	go func() {
		defer close(stopped)
		client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
		for tick := time.NewTicker(20 * time.Millisecond); ; {
			select {
			case <-tick.C:
				l.scrape(client)
			case <-stop:
				tick.Stop()
				return
			}
		}
	}()
	return l
}

func (l *outside) scrape(client *http.Client) {
	w, err := client.Get("http://" + l.address + "/metrics")
	if err != nil {
		return // the run hasn't begun, or is over
	}
	defer w.Body.Close()
	if b, err := io.ReadAll(w.Body); err == nil {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.pages = append(l.pages, string(b))
	}
}

// last are the last page and the last message.
func (l *outside) last(t *testing.T) (page string, message *collector_v1.ExportMetricsServiceRequest) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.pages) == 0 || len(l.received) == 0 {
		t.Fatalf("%d pages were scraped and %d messages came", len(l.pages), len(l.received))
	}
	message = &collector_v1.ExportMetricsServiceRequest{}
	if err := proto.Unmarshal([]byte(l.received[len(l.received)-1]), message); err != nil {
		t.Fatal(err)
	}
	return l.pages[len(l.pages)-1], message
}

// The last page and the last export hold what the summary says.
func TestMetricsOfARun(t *testing.T) {
	_, address := serveSimulator(t, simulator.Options{})
	l := watchOutside(t)
	code, s, stderr := driveShortly(t, "--target", "octane=http://"+address, "--accounts", "user{n}:pw{n}:50", "--rate", "50",
		"--metrics", l.address, "--otlp", l.endpoint, "--label", "build=7")
	if code != exitPass || !strings.Contains(stderr, "metrics     http://"+l.address+"/metrics\n") || !strings.Contains(stderr, "by OTLP to "+l.endpoint+"/v1/metrics\n") {
		t.Fatalf("exit code %d\n%s", code, stderr)
	}
	page, message := l.last(t)
	for _, want := range []string{
		fmt.Sprintf(`authsoak_steps_total{outcome="ok",phase="hold",step="login",target="octane"} %d`, s.Steps[0].OK),
		fmt.Sprintf(`authsoak_response_time_seconds_count{phase="hold",step="login",target="octane"} %d`, s.Steps[0].OK),
		fmt.Sprintf(`authsoak_sessions{state="closed",target="octane"} %d`, s.Sessions.Closed), `label_build="7"`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page of %d bytes lacks %s", len(page), want)
		}
	}
	for _, m := range message.ResourceMetrics[0].ScopeMetrics[0].Metrics {
		if m.Name == "authsoak.sessions_opened" && m.GetSum().DataPoints[0].GetAsInt() != s.Sessions.Opened {
			t.Errorf("exported %v, want %d", m, s.Sessions.Opened)
		}
	}
}

// An interrupted run still exports how it ended.
func TestInterruptedRunExports(t *testing.T) {
	_, address := serveSimulator(t, simulator.Options{})
	l := watchOutside(t)
	stop := make(chan struct{})
	go func() {
		defer close(stop)
		for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
			l.mu.Lock()
			n := len(l.pages)
			l.mu.Unlock()
			if n > 2 {
				return
			}
		}
	}()
	var out, errs bytes.Buffer
	code := Main(t.Context(), []string{"authsoak", "run", "--json", "--out", t.TempDir(), "--duration", "1m", "--rate", "50", "--target", "octane=http://" + address,
		"--accounts", "user{n}:pw{n}:50", "--metrics", l.address, "--otlp", l.endpoint}, Streams{In: strings.NewReader(""), Out: &out, Err: &errs}, stop)
	var s results.Summary
	if err := json.Unmarshal(out.Bytes(), &s); err != nil || code != exitInterrupted {
		t.Fatalf("exit code %d, %v\n%s", code, err, errs.String())
	}
	_, message := l.last(t)
	for _, m := range message.ResourceMetrics[0].ScopeMetrics[0].Metrics {
		if m.Name == "authsoak.sessions_opened" && m.GetSum().DataPoints[0].GetAsInt() == s.Sessions.Opened {
			return
		}
	}
	t.Errorf("the last export doesn't say that %d sessions were opened: %v", s.Sessions.Opened, message)
}

// What goes wrong with an export never goes wrong with the run.
func TestExportThatFails(t *testing.T) {
	_, address := serveSimulator(t, simulator.Options{})
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
	code, s, stderr := driveShortly(t, "--target", "octane=http://"+address, "--accounts", "user{n}:pw{n}:50", "--rate", "20")
	if code != exitPass || s.Cycles.OK == 0 || strings.Count(stderr, "could not be exported to http://127.0.0.1:1/v1/metrics") != 1 {
		t.Errorf("exit code %d, %+v\n%s", code, s.Cycles, stderr)
	}
}

func TestWrongOutlets(t *testing.T) {
	_, address := serveSimulator(t, simulator.Options{})
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	t.Setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "soon")
	for _, test := range []struct{ flags, says string }{
		{"--metrics nowhere", "--metrics: \"nowhere\" is no port"},
		{"--metrics nowhere --otlp ftp://x", "--otlp: must be a URL, http://127.0.0.1:4318 for example\nOTEL_EXPORTER_OTLP_TIMEOUT: must be a number of milliseconds, not \"soon\""},
		{"--metrics " + taken.Addr().String(), "in use: choose another port"},
	} {
		words := append([]string{"run", "--target", "octane=http://" + address, "--accounts", "u{n}:p{n}:9", "--out", t.TempDir()}, strings.Fields(test.flags)...)
		if code, _, stderr := call(t, words...); code != exitUsage || !strings.Contains(stderr, test.says) {
			t.Errorf("%s: exit code %d, %s\nwant %s", test.flags, code, stderr, test.says)
		}
	}
}
