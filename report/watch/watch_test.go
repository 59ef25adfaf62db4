package watch

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"authsoak/results"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// rig is a server of a run that a test ticks by hand.
type rig struct {
	*Server
	t        *testing.T
	c        *results.Collector
	recorder *results.Recorder
	now      time.Duration
	stops    atomic.Int32
	client   *http.Client
}

func serve(t *testing.T, addr string) *rig {
	t.Helper()
	series := []results.Series{{Target: "a", Step: "login"}, {Target: "a", Step: "cycle", Kind: results.CycleSeries}}
	folder, err := results.CreateFolder(t.TempDir(), "run")
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{t: t, recorder: results.NewRecorder(series, 1)}
	r.c, err = results.NewCollector(results.Options{Folder: folder, Series: series, Targets: []string{"a"}, Recorders: []*results.Recorder{r.recorder},
		Run: results.RunInfo{Planned: time.Minute, Model: "open", StartedAt: time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)}})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := Listen(addr)
	if err != nil {
		t.Fatal(err)
	}
	r.Server = New(Options{Listener: listener, Folder: folder, Stop: func() { r.stops.Add(1) }})
	jar, _ := cookiejar.New(nil)
	transport := &http.Transport{}
	r.client = &http.Client{Transport: transport, Jar: jar, Timeout: 20 * time.Second}
	t.Cleanup(func() {
		_ = r.Close()
		transport.CloseIdleConnections()
	})
	return r
}

// tick is a second of the run.
func (r *rig) tick() results.Snapshot {
	r.t.Helper()
	r.now += time.Second
	r.recorder.Record(results.Sample{Series: 0, Service: 1e6, Response: 2e6, Phase: results.Hold})
	s, err := r.c.Tick(r.now, results.Hold, results.Gauges{Sessions: make([]results.SessionCounts, 1)})
	if err != nil {
		r.t.Fatal(err)
	}
	r.Update(s)
	return s
}

// ticking goes on until the test is over or stop is called.
func (r *rig) ticking() (stop func()) {
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-quit:
				return
			case <-time.After(20 * time.Millisecond):
				r.tick()
			}
		}
	}()
	return func() {
		close(quit)
		<-done
	}
}

// address is where the server really is, without a token.
func (r *rig) address() string {
	_, port, _ := strings.Cut(r.listener.Addr().String(), "]:")
	if port == "" {
		_, port, _ = strings.Cut(r.listener.Addr().String(), ":")
	}
	return "http://127.0.0.1:" + port + "/"
}

func (r *rig) ask(method, url string, header http.Header) (status int, body string) {
	r.t.Helper()
	request, _ := http.NewRequestWithContext(r.t.Context(), method, url, nil)
	for k, v := range header {
		request.Header[k] = v
	}
	if host := header.Get("Host"); host != "" {
		request.Host = host
	}
	answer, err := r.client.Do(request)
	if err != nil {
		r.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, _ := io.ReadAll(answer.Body)
	return answer.StatusCode, string(text)
}

func TestPageOfARun(t *testing.T) {
	r := serve(t, "0")
	stop := r.ticking()
	defer stop()
	status, body := r.ask("GET", r.URL(), nil)
	if status != 200 || !strings.Contains(body, "RUNNING") || !strings.Contains(body, "data-live") {
		t.Errorf("%d: %.300s", status, body)
	}
}

func TestWhoMayDoWhat(t *testing.T) {
	local, open := serve(t, "127.0.0.1:0"), serve(t, "0.0.0.0:0")
	token := open.token
	for _, c := range []struct {
		name   string
		r      *rig
		method string
		path   string
		header http.Header
		status int
		stops  int32
	}{
		{"another name that leads here", local, "GET", "", http.Header{"Host": {"evil.example"}}, 403, 0},
		{"a button elsewhere", local, "POST", "stop", http.Header{"Origin": {"http://evil.example"}, "Sec-Fetch-Site": {"cross-site"}}, 403, 0},
		{"another port of this machine", local, "POST", "stop", http.Header{"Origin": {"http://127.0.0.1:1"}}, 403, 0},
		{"by link", local, "GET", "stop", nil, 405, 0},
		{"the button", local, "POST", "stop", http.Header{"Origin": {strings.TrimSuffix(local.address(), "/")}, "Sec-Fetch-Site": {"same-origin"}}, 204, 1},
		{"the button once more", local, "POST", "stop", nil, 204, 1},
		{"no token", open, "GET", "", nil, 401, 0},
		{"no token for events", open, "GET", "events", nil, 401, 0},
		{"no token to stop", open, "POST", "stop", nil, 401, 0},
		{"a wrong token", open, "GET", "?token=" + token[1:], nil, 401, 0},
		{"a token in the address does not stop", open, "POST", "stop?token=" + token, nil, 401, 0},
		{"a wrong bearer", open, "POST", "stop", http.Header{"Authorization": {"Bearer x"}}, 401, 0},
		{"the token, elsewhere's button", open, "POST", "stop", http.Header{"Authorization": {"Bearer " + token}, "Origin": {"http://evil.example"}}, 403, 0},
		{"the token", open, "POST", "stop", http.Header{"Authorization": {"Bearer " + token}}, 204, 1},
	} {
		if status, body := c.r.ask(c.method, c.r.address()+c.path, c.header); status != c.status || c.r.stops.Load() != c.stops {
			t.Errorf("%s: status %d and %d stops, want %d and %d: %s", c.name, status, c.r.stops.Load(), c.status, c.stops, body)
		}
	}
}

// TestTokenLeavesTheAddress follows a browser that opens the printed address.
func TestTokenLeavesTheAddress(t *testing.T) {
	r := serve(t, "0.0.0.0:0")
	defer r.ticking()()
	answer, err := r.client.Get(r.address() + "?token=" + r.token)
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(answer.Body)
	_ = answer.Body.Close()
	if answer.StatusCode != 200 || strings.Contains(answer.Request.URL.String(), r.token) || strings.Contains(string(body), r.token) {
		t.Errorf("%d at %s", answer.StatusCode, answer.Request.URL)
	}
	if got := answer.Header.Get("Referrer-Policy"); got != "no-referrer" {
		t.Errorf("Referrer-Policy %q", got)
	}
}

// TestNobodyWatches makes sure that nothing is drawn then.
func TestNobodyWatches(t *testing.T) {
	r := serve(t, "0")
	for range 20 {
		r.tick()
	}
	if sh, _ := r.current(); sh != nil {
		t.Error("a page was made for nobody")
	}
}

// TestSlowBrowserHoldsUpNobody leaves a stream unread while the run goes on.
func TestSlowBrowserHoldsUpNobody(t *testing.T) {
	r := serve(t, "0")
	request, _ := http.NewRequestWithContext(t.Context(), "GET", r.address()+"events", nil)
	answer, err := (&http.Client{Transport: r.client.Transport}).Do(request)
	if err == nil {
		defer answer.Body.Close()
	}
	// An update that waited would stand until the stream's patience is over.
	begin := time.Now()
	for range 300 {
		r.tick()
	}
	if took := time.Since(begin); took > patience {
		t.Errorf("300 ticks took %s", took)
	}
}
