package simulator

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"math"
	"math/rand/v2"
	"net"
	"net/http"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestValidateReportsEverything(t *testing.T) {
	o := Options{ErrorRate: 2, ErrorStatus: 404, Login: CostOptions{Mean: -1, Distribution: "uniform"},
		Latency: LatencyOptions{Mean: 1, Spread: 2, Sigma: math.NaN()}, Stall: StallOptions{For: 1},
		Octane: OctaneOptions{DuplicateStatus: 200, Domain: "a;b"}, LRE: LREOptions{Version: "1999", Tenants: []string{"x"}},
		TLS: TLSOptions{Names: []string{""}, ClientCertificates: "maybe"}, Accounts: AccountRule{List: []Account{{}, {User: "a"}, {ClientID: "a"}}}}
	err := o.Validate()
	for _, part := range []string{"ErrorRate", "ErrorStatus", "Login.Mean", "Login.Distribution", "Latency.Spread", "Latency.Sigma",
		"Stall.For", "DuplicateStatus", "Octane.Domain", "LRE.Version", "LRE.Tenants", "TLS.Names", "ClientCertificates", "List[0]", "List[2]"} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("Validate() = %v, want it to name %s", err, part)
		}
	}
	if err := new(Options).Validate(); err != nil {
		t.Errorf("Validate of the zero value = %v", err)
	}
	if _, err := New(o); err == nil {
		t.Error("New took wrong options")
	}
}

func TestImportsNothingOfThisModule(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", `{{join .Imports "\n"}}`, ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.FieldsSeq(string(out)) {
		if strings.Contains(line, "authsoak") || strings.Contains(line, ".") && !strings.HasPrefix(line, "golang.org/x/sync") {
			t.Errorf("imports %s", line)
		}
	}
}

func TestLockout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Options{Accounts: AccountRule{LockAfter: 3, LockFor: time.Minute}})
		defer w.close()
		login := func(pw string, status int) {
			w.ask(spaceIn+basicAuth("user7", pw), "").want(t, "login with "+pw, status, "")
		}
		login("x", 401)
		login("x", 401)
		login("pw7", 200)
		for range 3 {
			login("x", 401)
		}
		login("pw7", 401)
		w.ask(spaceIn+basicAuth("user7", "pw7")+spaceRef, "").want(t, "locked", 401, `"status_code":4`)
		w.ask(spaceIn+basicAuth("user8", "pw8"), "").want(t, "another user", 200, "")
		time.Sleep(time.Minute)
		login("x", 401)
		login("pw7", 200)
	})
}

func TestLoginQueueHasItsCapacity(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Options{Login: CostOptions{Mean: 100 * time.Millisecond, Servers: 4}})
		defer w.close()
		began := time.Now()
		var group sync.WaitGroup
		for range 40 {
			group.Go(func() { w.ask(spaceIn+basicAuth("user7", "pw7"), "").want(t, "login", 200, "") })
		}
		group.Wait()
		if took := time.Since(began); took != time.Second {
			t.Errorf("40 logins of 100 ms on 4 servers took %v, want 1s", took)
		}
		w.ask(spaceIs, "")
		if took := time.Since(began); took != time.Second {
			t.Errorf("a call waited for the login queue: %v", took)
		}
	})
}

func TestLoginQueueRefusesLongWaits(t *testing.T) {
	q := newQueue(CostOptions{Mean: time.Second, Servers: 1, MaxWait: 2 * time.Second}, 1)
	for i, want := range []bool{true, true, true, false} {
		if _, ok := q.admit(0); ok != want {
			t.Errorf("login %d admitted: %v, want %v", i, ok, want)
		}
	}
}

func TestLatencyMeans(t *testing.T) {
	for _, d := range []Distribution{Constant, Uniform, Exponential, LogNormal} {
		rng := rand.New(rand.NewPCG(1, 2))
		l := LatencyOptions{Mean: time.Second, Spread: time.Second / 2, Sigma: 0.5, Distribution: d}
		var sum time.Duration
		const n = 20000
		for range n {
			got := l.draw(rng)
			if got < 0 || d == Uniform && (got < time.Second/2 || got > 3*time.Second/2) {
				t.Fatalf("%s drew %v", d, got)
			}
			sum += got
		}
		if mean := sum / n; mean < 970*time.Millisecond || mean > 1030*time.Millisecond {
			t.Errorf("%s: mean %v, want 1s", d, mean)
		}
	}
}

func TestLatencyAndStall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Options{Latency: LatencyOptions{Mean: 10 * time.Millisecond}, Stall: StallOptions{Every: time.Minute, For: 5 * time.Second}})
		defer w.close()
		took := func() time.Duration {
			began := time.Now()
			w.ask("GET /", "").want(t, "request", 200, "")
			return time.Since(began)
		}
		if got := took(); got != 10*time.Millisecond {
			t.Errorf("outside a stall: %v", got)
		}
		time.Sleep(62*time.Second - 10*time.Millisecond)
		if got := took(); got != 3*time.Second {
			t.Errorf("2 s into a stall: %v, want 3s", got)
		}
		if got := took(); got != 10*time.Millisecond {
			t.Errorf("after a stall: %v", got)
		}
	})
}

func TestErrorRateIsSeeded(t *testing.T) {
	run := func() (text string) {
		return converse(t, strings.NewReader(strings.Repeat("GET / HTTP/1.1\r\nHost: a\r\n\r\n", 1000)), Options{Seed: 5, ErrorRate: 0.1, ErrorStatus: 503})
	}
	first := run()
	if n := strings.Count(first, "HTTP/1.1 503"); n < 70 || n > 130 {
		t.Errorf("%d of 1000 requests failed, want about 100", n)
	}
	statuses := func(text string) (out string) {
		for line := range strings.SplitSeq(text, "\r\n") {
			if strings.HasPrefix(line, "HTTP/1.1 ") {
				out += line
			}
		}
		return out
	}
	if statuses(first) != statuses(run()) {
		t.Error("the same seed failed other requests")
	}
}

func TestSeedRepeatsIDs(t *testing.T) {
	ids := map[string]int{}
	for _, seed := range []uint64{3, 3, 4} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, Options{Seed: seed})
			defer w.close()
			ids[w.ask(spaceIn+basicAuth("user7", "pw7"), "").cookies["JSESSIONIDSSO"]]++
		})
	}
	if len(ids) != 2 {
		t.Errorf("ids of seeds 3, 3, 4: %v", ids)
	}
}

func TestFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Options{MaxSessions: 2})
		defer w.close()
		login := spaceIn + basicAuth("user7", "pw7")
		w.ask(login, "").want(t, "first", 200, "")
		w.ask(login, "").want(t, "second", 200, "")
		w.ask(login, "").want(t, "third", 503, "")
		time.Sleep(31 * time.Minute)
		w.ask(login, "").want(t, "after expiry", 200, "")
		if s := w.srv.Stats(); s.Peak != 2 || s.Expired != 2 || s.Live != 1 {
			t.Errorf("Stats = %+v", s)
		}
	})
}

// client is an HTTP client of a server, over TLS, that trusts it.
func (w *world) client(user string, h2 bool) *http.Client {
	w.t.Helper()
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(w.srv.CA())
	config := &tls.Config{RootCAs: pool, ServerName: "localhost"}
	if user != "" {
		certPEM, keyPEM, err := w.srv.IssueClientCertificate(user)
		if err != nil {
			w.t.Fatal(err)
		}
		pair, err := tls.X509KeyPair(certPEM, keyPEM)
		if err != nil {
			w.t.Fatal(err)
		}
		config.Certificates = []tls.Certificate{pair}
	}
	transport := &http.Transport{TLSClientConfig: config, ForceAttemptHTTP2: h2,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return w.pipe.Dial(ctx) }}
	w.t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

func do(t *testing.T, c *http.Client, method, url string, header http.Header) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequest(method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if header != nil {
		req.Header = header
	}
	resp, err := c.Do(req)
	if err != nil {
		t.Fatalf("%s %s: %v", method, url, err)
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	return resp, string(body)
}

func TestTLSAndHTTP2(t *testing.T) {
	for _, h2 := range []bool{false, true} {
		w := newWorld(t, Options{TLS: TLSOptions{Enabled: true, ClientCertificates: RequestCertificate}})
		const base = "https://localhost/api/space/user-management/"
		resp, body := do(t, w.client("user9", h2), "POST", base+"login", nil)
		if resp.StatusCode != 200 || body != "User logged in" || (resp.ProtoMajor == 2) != h2 {
			t.Errorf("h2=%v: login by certificate = %s %s %q", h2, resp.Proto, resp.Status, body)
		}
		cookies := http.Header{}
		for _, c := range resp.Cookies() {
			if !c.Secure || !c.HttpOnly {
				t.Errorf("cookie %s lacks Secure or HttpOnly", c.Raw)
			}
			cookies.Add("Cookie", c.Name+"="+c.Value)
		}
		bare := w.client("", h2)
		if resp, body := do(t, bare, "GET", base+"login-status", cookies); resp.StatusCode != 200 {
			t.Errorf("h2=%v: call without certificate = %s %q", h2, resp.Status, body)
		}
		if resp, _ := do(t, bare, "HEAD", base+"login-status", nil); resp.StatusCode != 401 {
			t.Errorf("h2=%v: call of nobody = %s", h2, resp.Status)
		}
		if resp, _ := do(t, w.client("nobody", h2), "POST", base+"login", nil); resp.StatusCode != 401 {
			t.Errorf("h2=%v: unknown certificate = %s", h2, resp.Status)
		}
		w.close()
	}
}

func TestTLSInFakeTime(t *testing.T) {
	for _, h2 := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, Options{TLS: TLSOptions{Enabled: true}})
			client := w.client("", h2)
			const base = "https://localhost/api/space/user-management/"
			auth := http.Header{"Authorization": {strings.TrimPrefix(strings.TrimSpace(basicAuth("user7", "pw7")), "Authorization: ")}}
			resp, _ := do(t, client, "POST", base+"login", auth)
			cookies := http.Header{"Cookie": resp.Header["Set-Cookie"]}
			for _, want := range []int{200, 401} {
				if resp, _ := do(t, client, "GET", base+"login-status", cookies); resp.StatusCode != want {
					t.Errorf("h2=%v: %s, want %d", h2, resp.Status, want)
				}
				time.Sleep(30 * time.Minute)
			}
			if s := w.srv.Stats(); s.Connections != 1 || s.OpenConnections != 1 || s.Expired != 1 {
				t.Errorf("h2=%v: Stats = %+v", h2, s)
			}
			w.close()
			if s := w.srv.Stats(); s.OpenConnections != 0 {
				t.Errorf("h2=%v: %d connections open after Close", h2, s.OpenConnections)
			}
			client.CloseIdleConnections()
		})
	}
}

func TestRequiredCertificate(t *testing.T) {
	w := newWorld(t, Options{TLS: TLSOptions{Enabled: true, HTTP1Only: true, ClientCertificates: RequireCertificate}})
	defer w.close()
	if resp, _ := do(t, w.client("user1", true), "GET", "https://localhost/", nil); resp.StatusCode != 200 || resp.ProtoMajor != 1 {
		t.Errorf("with a certificate: %s %s", resp.Proto, resp.Status)
	}
	if _, err := w.client("", false).Get("https://localhost/"); err == nil {
		t.Error("a client without a certificate was served")
	}
}

func TestHTTP2RequestLimit(t *testing.T) {
	w := newWorld(t, Options{TLS: TLSOptions{Enabled: true}, Keepalive: KeepaliveOptions{MaxRequests: 2}})
	defer w.close()
	client := w.client("", true)
	for range 6 {
		do(t, client, "GET", "https://localhost/acme/login", nil)
	}
	if got := w.srv.Stats().Connections; got != 3 {
		t.Errorf("6 requests took %d connections, want 3", got)
	}
}

func TestSessionsAreSmall(t *testing.T) {
	const n = 100_000
	srv, err := New(Options{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for i := range n {
		if _, ok := srv.store.open(record{account: patternUser | accountID(i), family: space, idle: never / 2, until: never}); !ok {
			t.Fatal("store is full")
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if each := float64(after.HeapAlloc-before.HeapAlloc) / n; each > 200 {
		t.Errorf("%.0f bytes a session, want at most 200", each)
	}
	if got := srv.Stats().Live; got != n {
		t.Errorf("live = %d, want %d", got, n)
	}
}

// Of logins at the same time only as many go well as there is room for.
func TestStoreKeepsItsLimitAmongMany(t *testing.T) {
	const limit, each, callers = 1000, 500, 8
	for range 20 {
		st := newStore(&policy{}, 0, limit)
		var opened atomic.Int64
		var group sync.WaitGroup
		for range callers {
			group.Go(func() {
				for range each {
					if _, ok := st.open(record{family: lre, idle: 10, until: never}); ok {
						opened.Add(1)
					}
				}
			})
		}
		group.Wait()
		if n := opened.Load(); n != limit || st.live.Load() != limit || st.peak.Load() != limit {
			t.Fatalf("%d opened, %d live, peak %d: want %d each", n, st.live.Load(), st.peak.Load(), limit)
		}
	}
}

func TestStoreUsesSlotsAgain(t *testing.T) {
	st := newStore(&policy{}, 0, 1<<30)
	seen := map[ref]bool{}
	for range 100_000 {
		id, _ := st.open(record{family: lre, idle: 10, until: never})
		if seen[id] {
			t.Fatalf("%v was given out twice", id)
		}
		seen[id] = true
		if is := st.end(id, lre, 1); is != live {
			t.Fatalf("end = %v, want live", is)
		}
		if _, is := st.use(id, lre, 1, true); is != loggedOut {
			t.Fatalf("use after end = %v, want logged out", is)
		}
	}
	used := uint32(0)
	for i := range st.shards {
		used += st.shards[i].used
	}
	if used > shards*(spare+2) {
		t.Errorf("%d slots for one session at a time", used)
	}
}

func TestForgottenLogout(t *testing.T) {
	w := newWorld(t, Options{Mutant: "logout.revokes"})
	defer w.close()
	in := w.ask(spaceIn+basicAuth("user7", "pw7"), "")
	w.ask(spaceOut+in.send(), "").want(t, "logout", 200, "")
	w.ask(spaceIs+in.send(), "").want(t, "forgotten logout", 200, "")
}

func TestConcurrentCycles(t *testing.T) {
	w := newWorld(t, Options{})
	defer w.close()
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 50 {
				in := almKey(w, `{"clientId":"key2", "secret":"secret2"}`, "")
				w.ask(almRead+in.send(), "").want(t, "call", 200, "")
				w.ask("GET "+almOut+in.send(), "").want(t, "logout", 200, "")
			}
		})
	}
	group.Wait()
	if s := w.srv.Stats(); s.Live != 0 || s.Logins != 400 || s.Logouts != 400 || s.ALM.Requests != 1200 {
		t.Errorf("Stats = %+v", s)
	}
}
