package simulator

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// rawClient sends prepared requests and reads answers with as little work as
// a client can do.
type rawClient struct {
	conn net.Conn
	buf  []byte
}

// ask sends a request and returns the answer's head; the body is read too.
func (c *rawClient) ask(b *testing.B, request []byte) []byte {
	if _, err := c.conn.Write(request); err != nil {
		b.Fatal(err)
	}
	n := 0
	for {
		m, err := c.conn.Read(c.buf[n:])
		if err != nil {
			b.Fatal(err)
		}
		n += m
		end := bytes.Index(c.buf[:n], []byte("\r\n\r\n"))
		if end < 0 {
			continue
		}
		_, rest, _ := bytes.Cut(c.buf[:end], []byte("Content-Length: "))
		digits, _, _ := bytes.Cut(rest, []byte("\r\n"))
		length, _ := strconv.Atoi(string(digits))
		if n >= end+4+length {
			return c.buf[:end]
		}
	}
}

// cookieOf is the value of a cookie in an answer's head.
func cookieOf(head []byte, name string) []byte {
	_, rest, _ := bytes.Cut(head, []byte("Set-Cookie: "+name+"="))
	end := bytes.IndexAny(rest, ";\r")
	return rest[:max(end, 0)]
}

// processorTime is what the process has used so far: a steadier measure than
// the wall clock on a machine that others use too.
func processorTime() time.Duration {
	var r syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &r)
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// benchCycle drives login, calls and logout on each of n connections.
func benchCycle(b *testing.B, conns int, calls int, cycle func(c *rawClient, i int)) {
	srv, err := New(Options{Seed: 1})
	if err != nil {
		b.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	go srv.Serve(l)
	defer srv.Close()
	var next atomic.Int64
	done := make(chan struct{})
	before := processorTime()
	b.ResetTimer()
	for range conns {
		go func() {
			defer func() { done <- struct{}{} }()
			conn, err := net.Dial("tcp", l.Addr().String())
			if err != nil {
				b.Error(err)
				return
			}
			defer conn.Close()
			c := &rawClient{conn, make([]byte, 16<<10)}
			for i := next.Add(1); i <= int64(b.N); i = next.Add(1) {
				cycle(c, int(i))
			}
		}()
	}
	for range conns {
		<-done
	}
	b.StopTimer()
	cpu := processorTime() - before
	requests := float64(b.N * (calls + 2))
	b.ReportMetric(requests/b.Elapsed().Seconds(), "requests/s")
	b.ReportMetric(float64(cpu.Nanoseconds())/1000/requests, "cpu-µs/request")
	if s := srv.Stats(); s.Live != 0 || s.Logins != int64(b.N) {
		b.Errorf("Stats = %+v", s)
	}
}

// BenchmarkLoopback is server and client in one process: cpu-µs/request holds
// both sides and the kernel's part of both.
func BenchmarkLoopback(b *testing.B) {
	for _, conns := range []int{1, 50} {
		b.Run(fmt.Sprintf("octane/%d", conns), func(b *testing.B) {
			benchCycle(b, conns, 3, func(c *rawClient, i int) {
				body := fmt.Sprintf(`{"user":"user%d","password":"pw%d"}`, i, i)
				head := c.ask(b, fmt.Appendf(nil, "POST /authentication/sign_in HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body))
				cookie := string(cookieOf(head, "LWSSO_COOKIE_KEY"))
				call := []byte(octaneCall + " HTTP/1.1\r\nHost: a\r\nCookie: LWSSO_COOKIE_KEY=" + cookie + "\r\n\r\n")
				for range 3 {
					if got := c.ask(b, call); !bytes.HasPrefix(got, []byte("HTTP/1.1 200")) {
						b.Errorf("call: %s", got)
					}
				}
				c.ask(b, []byte("POST /authentication/sign_out HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nCookie: LWSSO_COOKIE_KEY="+cookie+"\r\n\r\n"))
			})
		})
	}
	b.Run("space/50", func(b *testing.B) {
		auth := strings.TrimSpace(basicAuth("user7", "pw7"))
		benchCycle(b, 50, 3, func(c *rawClient, i int) {
			head := c.ask(b, []byte(spaceIn+" HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n"+auth+"\r\n\r\n"))
			cookie := "Cookie: JSESSIONIDSSO=" + string(cookieOf(head, "JSESSIONIDSSO"))
			for range 3 {
				c.ask(b, []byte(spaceDevices+" HTTP/1.1\r\nHost: a\r\n"+cookie+"\r\n\r\n"))
			}
			c.ask(b, []byte(spaceOut+" HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n"+cookie+"\r\n\r\n"))
		})
	})
}

// replayed is a connection on which the same request comes n times.
type replayed struct {
	scripted
	request []byte
	left    int
}

func (r *replayed) Read(b []byte) (int, error) {
	if r.left == 0 {
		return 0, io.EOF
	}
	r.left--
	return copy(b, r.request), nil
}

func (r *replayed) Write(b []byte) (int, error) { return len(b), nil }

// BenchmarkHandler is the server's own work on a request, without a kernel.
func BenchmarkHandler(b *testing.B) {
	srv, err := New(Options{Seed: 1})
	if err != nil {
		b.Fatal(err)
	}
	once := func(request string) string {
		conn := &scripted{in: strings.NewReader(request)}
		srv.converse(conn, nil, 1)
		return conn.out.String()
	}
	post := func(target, headers, body string) string {
		return fmt.Sprintf("POST %s HTTP/1.1\r\nHost: a\r\n%sContent-Length: %d\r\n\r\n%s", target, headers, len(body), body)
	}
	cookies := func(text string) string {
		var parts []string
		for line := range strings.SplitSeq(text, "\r\n") {
			if value, ok := strings.CutPrefix(line, "Set-Cookie: "); ok {
				pair, _, _ := strings.Cut(value, ";")
				parts = append(parts, pair)
			}
		}
		return "Cookie: " + strings.Join(parts, "; ") + "\r\n"
	}
	get := func(line, cookie string) string {
		return strings.ReplaceAll(strings.Replace(line, "\n", " HTTP/1.1\nHost: a\n", 1), "\n", "\r\n") + "\r\n" + cookie + "\r\n"
	}
	octaneIn := post("/authentication/sign_in", "Content-Type: application/json\r\n", `{"user":"user7","password":"pw7"}`)
	almIn := post("/qcbin/rest/oauth2/login", "Content-Type: application/json\r\n", `{"clientId":"key2","secret":"secret2"}`)
	spaceLogin := post("/api/space/user-management/login", strings.TrimSpace(basicAuth("user7", "pw7"))+"\r\n", "")
	lreIn := post("/Admin/rest/authentication-point/AuthenticateClient", "Content-Type: application/xml\r\n", lreXML)
	for _, bench := range []struct{ name, request string }{
		{"octane/login", octaneIn},
		{"octane/call", get(octaneCall+"\n", cookies(once(octaneIn)))},
		{"alm/login", almIn},
		{"alm/call", get(almRead, cookies(once(almIn)))},
		{"space/login", spaceLogin},
		{"space/call", get(spaceDevices+"\n", cookies(once(spaceLogin)))},
		{"lre/login", lreIn},
		{"lre/call", get("GET /Admin/rest/v1/users\n", cookies(once(lreIn)))},
	} {
		request := strings.ReplaceAll(bench.request, "\r\n\r\nCookie", "\r\nCookie")
		b.Run(bench.name, func(b *testing.B) {
			if got := once(request); !strings.HasPrefix(got, "HTTP/1.1 200") {
				b.Fatalf("%s\nanswered\n%s", request, got)
			}
			b.ReportAllocs()
			before := processorTime()
			srv.converse(&replayed{request: []byte(request), left: b.N}, nil, 1)
			b.ReportMetric(float64((processorTime()-before).Nanoseconds())/1000/float64(b.N), "cpu-µs/request")
		})
	}
}

// BenchmarkMillionSessions measures what a live session costs the process.
func BenchmarkMillionSessions(b *testing.B) {
	const n = 1_000_000
	for range b.N {
		srv, err := New(Options{Seed: 1})
		if err != nil {
			b.Fatal(err)
		}
		login := fmt.Sprintf("POST /authentication/sign_in HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
			33, `{"user":"user7","password":"pw7"}`)
		srv.converse(&replayed{request: []byte(login), left: n}, nil, 1)
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		if live := srv.store.live.Load(); live != n {
			b.Fatalf("live = %d", live)
		}
		b.ReportMetric(float64(m.Sys)/n, "process-bytes/session")
		began := time.Now()
		runtime.GC()
		b.ReportMetric(float64(time.Since(began).Microseconds()), "GC-µs")
		began = time.Now()
		srv.store.sweep(srv.clock())
		b.ReportMetric(float64(time.Since(began).Microseconds()), "sweep-µs")
		runtime.KeepAlive(srv)
	}
}
