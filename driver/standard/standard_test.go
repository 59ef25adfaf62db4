package standard_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"authsoak/driver/exchange"
	"authsoak/driver/standard"
	"authsoak/results"
)

// The outcomes of hostile streams are in the oracle test of the fast engine.

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// open returns the engine over one end of a pipe, whose other end serve has.
func open(t *testing.T, proxy *url.URL, serve func(net.Conn)) *standard.Conn {
	t.Helper()
	near, far := net.Pipe()
	go func() {
		defer far.Close()
		serve(far)
	}()
	target := &url.URL{Scheme: "http", Host: "server.example:8080"}
	conn, err := standard.New(target, proxy).Conn(context.Background(), near)
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

// readMessage reads a request as it stands on the wire.
func readMessage(c net.Conn) string {
	var seen bytes.Buffer
	r, err := http.ReadRequest(bufio.NewReader(io.TeeReader(c, &seen)))
	if err != nil {
		return err.Error()
	}
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		return err.Error()
	}
	return seen.String()
}

const answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

// TestWire: net/http adds nothing, drops nothing, and keeps the spelling of
// values.
func TestWire(t *testing.T) {
	for _, tc := range []struct {
		name, wire, want string
		proxy            *url.URL
	}{
		{name: "least", wire: "GET /a?b=c HTTP/1.1\r\nHost: other.example\r\n\r\n",
			want: "GET /a?b=c HTTP/1.1\r\nHost: other.example\r\n\r\n"},
		{name: "user agent", wire: "GET / HTTP/1.1\r\nHost: h\r\nUser-Agent: authsoak\r\n\r\n",
			want: "GET / HTTP/1.1\r\nHost: h\r\nUser-Agent: authsoak\r\n\r\n"},
		{name: "empty cookie, two cookies", wire: "GET / HTTP/1.1\r\nHost: h\r\nCookie: \r\nCookie: a=\"b\"; c\r\n\r\n",
			want: "GET / HTTP/1.1\r\nHost: h\r\nCookie: \r\nCookie: a=\"b\"; c\r\n\r\n"},
		{name: "body", wire: "POST /l HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello",
			want: "POST /l HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello"},
		{name: "empty body", wire: "POST /l HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n",
			want: "POST /l HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n"},
		{name: "escapes and double slash", wire: "GET //a%2Fb/%7Bc%7D HTTP/1.1\r\nHost: h\r\n\r\n",
			want: "GET //a%2Fb/%7Bc%7D HTTP/1.1\r\nHost: h\r\n\r\n"},
		{name: "proxy", wire: "GET /a HTTP/1.1\r\nHost: server.example:8080\r\n\r\n",
			proxy: &url.URL{Scheme: "http", Host: "proxy.example", User: url.UserPassword("u", "p")},
			want:  "GET http://server.example:8080/a HTTP/1.1\r\nHost: server.example:8080\r\nProxy-Authorization: Basic dTpw\r\n\r\n"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				got := ""
				conn := open(t, tc.proxy, func(c net.Conn) { got = readMessage(c); io.WriteString(c, answer) })
				defer conn.Close()
				if err := conn.Do(&exchange.Request{Wire: []byte(tc.wire)}, new(exchange.Answer)); err != nil {
					t.Fatal(err)
				}
				if got != tc.want {
					t.Errorf("on the wire: got %q, want %q", got, tc.want)
				}
			})
		})
	}
}

func get() *exchange.Request {
	return &exchange.Request{Wire: []byte("GET / HTTP/1.1\r\nHost: h\r\n\r\n"), Idempotent: true}
}

// TestNothingIsRepeated: net/http would repeat a GET on another connection if
// it had one; a connection of ours tells instead.
func TestNothingIsRepeated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		conn := open(t, nil, func(c net.Conn) {
			for asked = 1; asked <= 3; asked++ {
				readMessage(c)
				if asked == 3 {
					return
				}
				io.WriteString(c, answer)
			}
		})
		defer conn.Close()
		ans := new(exchange.Answer)
		for range 2 {
			if err := conn.Do(get(), ans); err != nil || string(ans.Body) != "ok" {
				t.Fatalf("Do() got %q, %v, want ok", ans.Body, err)
			}
			if conn.Stale() {
				t.Error("Stale() got true, want false")
			}
		}
		err := conn.Do(get(), ans)
		var failed *exchange.Error
		if !errors.As(err, &failed) || failed.Class != results.Read || failed.Progress != exchange.Written || !failed.MayResend(true) || failed.MayResend(false) {
			t.Errorf("Do() got %#v, want a read error that may be resent if idempotent", err)
		}
		synctest.Wait()
		if asked != 3 || !conn.Stale() {
			t.Errorf("requests got %d, stale %v, want 3, true", asked, conn.Stale())
		}
	})
}

func TestClosedWhileIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn := open(t, nil, func(c net.Conn) { readMessage(c); io.WriteString(c, answer) })
		defer conn.Close()
		ans := new(exchange.Answer)
		if err := conn.Do(get(), ans); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if !conn.Stale() {
			t.Error("Stale() got false, want true")
		}
		var failed *exchange.Error
		if err := conn.Do(get(), ans); !errors.As(err, &failed) || failed.Progress != exchange.NotWritten || !failed.MayResend(false) {
			t.Errorf("Do() got %#v, want an error that may always be resent", err)
		}
	})
}

func TestAbort(t *testing.T) {
	for _, tc := range []struct {
		name  string
		serve func(net.Conn)
		want  exchange.Progress
	}{
		{"while waiting", func(c net.Conn) { readMessage(c); io.Copy(io.Discard, c) }, exchange.Written},
		{"while writing", func(c net.Conn) { time.Sleep(time.Hour) }, exchange.NotWritten},
		{"in the body", func(c net.Conn) { readMessage(c); io.WriteString(c, answer[:len(answer)-1]); io.Copy(io.Discard, c) }, exchange.Answered},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				conn := open(t, nil, tc.serve)
				time.AfterFunc(time.Second, conn.Abort)
				start := time.Now()
				ans := new(exchange.Answer)
				var failed *exchange.Error
				if err := conn.Do(get(), ans); !errors.As(err, &failed) || failed.Class != results.Timeout || failed.Progress != tc.want {
					t.Errorf("Do() got %v, want a timeout after progress %d", err, tc.want)
				}
				if took := time.Since(start); took != time.Second {
					t.Errorf("Do() took %v, want 1s", took)
				}
				if err := conn.Do(get(), ans); !errors.As(err, &failed) || failed.Class != results.Timeout || failed.Progress != exchange.NotWritten {
					t.Errorf("Do() after Abort got %v, want a timeout before the first byte", err)
				}
				conn.Close()
				time.Sleep(2 * time.Hour) // for the server that sleeps
			})
		})
	}
}

// TestBodyIsACopy: the caller may reuse the request as soon as Do returns, even
// if the server answers before it has read everything.
func TestBodyIsACopy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		body := strings.Repeat("x", 100_000)
		wire := fmt.Appendf(nil, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
		rest := ""
		conn := open(t, nil, func(c net.Conn) {
			io.ReadFull(c, make([]byte, 1000))
			io.WriteString(c, answer)
			got, _ := io.ReadAll(c)
			rest = string(got)
		})
		if err := conn.Do(&exchange.Request{Wire: wire}, new(exchange.Answer)); err != nil {
			t.Fatal(err)
		}
		clear(wire)
		synctest.Wait()
		conn.Close()
		synctest.Wait()
		if strings.Contains(rest, "\x00") || rest == "" {
			t.Errorf("rest of the request: got %d bytes with a NUL, want none", len(rest))
		}
	})
}

func TestMalformedRequest(t *testing.T) {
	conn := open(t, nil, func(c net.Conn) { io.Copy(io.Discard, c) })
	defer conn.Close()
	var failed *exchange.Error
	if err := conn.Do(&exchange.Request{Wire: []byte("nonsense")}, new(exchange.Answer)); !errors.As(err, &failed) || failed.Progress != exchange.NotWritten {
		t.Errorf("Do() got %v, want an error before the first byte", err)
	}
}
