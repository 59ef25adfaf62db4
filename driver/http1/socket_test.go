package http1_test

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"runtime"
	"testing"

	"authsoak/driver/exchange"
	"authsoak/driver/http1"
)

// The tests here need real sockets: the way of a raw connection through the
// poller has no like in memory.

// outcomeOf runs one exchange.
func outcomeOf(conn exchange.Conn, req *exchange.Request) string {
	ans := new(exchange.Answer)
	return describe(ans, conn.Do(req, ans)).line
}

// awaitStale waits for what the server did to arrive.
func awaitStale(conn exchange.Conn) {
	for !conn.Stale() {
		runtime.Gosched()
	}
}

// bigRequest is more than a socket takes at once.
func bigRequest() *exchange.Request {
	const size = 16 << 20
	wire := fmt.Appendf(nil, "POST / HTTP/1.1\r\nHost: server.example\r\nContent-Length: %d\r\n\r\n", size)
	return &exchange.Request{Wire: append(wire, make([]byte, size)...)}
}

func TestRequestInPieces(t *testing.T) {
	req := bigRequest()
	conn := http1.New(loopback(t, func(c net.Conn) {
		defer c.Close()
		for range 2 {
			n, _ := io.CopyN(io.Discard, c, int64(len(req.Wire)))
			body := fmt.Sprint(n)
			fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
		}
	}))
	want := fmt.Sprintf("200 %q", fmt.Sprint(len(req.Wire)))
	for range 2 {
		if got := outcomeOf(conn, req); got != want {
			t.Errorf("Do() got %s, want %s", got, want)
		}
	}
}

func TestStale(t *testing.T) {
	for _, tc := range []struct {
		name string
		act  func(c *net.TCPConn) // after an exchange
		want string               // of the next exchange
	}{
		{"closed", func(c *net.TCPConn) { c.Close() }, "read not-written reused"},
		{"half closed", func(c *net.TCPConn) { c.CloseWrite() }, "read not-written reused"},
		{"reset", func(c *net.TCPConn) { c.SetLinger(0); c.Close() }, "read not-written reused"},
		{"unasked answer", func(c *net.TCPConn) { io.WriteString(c, "HTTP/1.1 408 Timeout\r\nContent-Length: 0\r\n\r\n") }, "protocol not-written reused"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			asked := make(chan struct{})
			conn := http1.New(loopback(t, func(c net.Conn) {
				defer c.Close()
				awaitRequest(c)
				io.WriteString(c, honest)
				<-asked
				tc.act(c.(*net.TCPConn))
				io.Copy(io.Discard, c)
			}))
			if got, want := outcomeOf(conn, request(false)), `200 "ok"`; got != want {
				t.Fatalf("Do() got %s, want %s", got, want)
			}
			if conn.Stale() {
				t.Error("Stale() on a fresh connection: got true, want false")
			}
			close(asked)
			awaitStale(conn)
			conn.Rest()
			if got := outcomeOf(conn, request(false)); got != tc.want {
				t.Errorf("Do() on a stale connection: got %s, want %s", got, tc.want)
			}
		})
	}
}

// TestGreeting: what speaks first is no HTTP server, and must not be waited for.
func TestGreeting(t *testing.T) {
	conn := http1.New(loopback(t, func(c net.Conn) {
		defer c.Close()
		io.WriteString(c, "220 mail.example\r\n")
		io.Copy(io.Discard, c)
	}))
	awaitStale(conn)
	if got, want := outcomeOf(conn, request(false)), "protocol answered"; got != want {
		t.Errorf("Do() got %s, want %s", got, want)
	}
}

// TestClosedSoonAfter: the server closes so soon after an exchange that the
// connection is not looked at again; its reset tells.
func TestClosedSoonAfter(t *testing.T) {
	conn := http1.New(loopback(t, func(c net.Conn) {
		awaitRequest(c)
		io.WriteString(c, honest)
		c.Close()
	}))
	if got, want := outcomeOf(conn, request(false)), `200 "ok"`; got != want {
		t.Fatalf("Do() got %s, want %s", got, want)
	}
	awaitStale(conn)
	if got := outcomeOf(conn, request(false)); got != "read written reused" && got != "read not-written reused" {
		t.Errorf("Do() got %s, want read", got)
	}
}

func TestResetInsteadOfAnswer(t *testing.T) {
	conn := http1.New(loopback(t, func(c net.Conn) {
		awaitRequest(c)
		c.(*net.TCPConn).SetLinger(0)
		c.Close()
	}))
	if got, want := outcomeOf(conn, request(false)), "read written"; got != want {
		t.Errorf("Do() got %s, want %s", got, want)
	}
}

func TestAbort(t *testing.T) {
	for _, tc := range []struct {
		name  string
		req   *exchange.Request
		serve func(c net.Conn) // returns when it is time
		want  string
	}{
		{"while waiting", request(false), func(c net.Conn) { awaitRequest(c) }, "timeout written"},
		{"while reading", request(false), func(c net.Conn) { awaitRequest(c); io.WriteString(c, "HTTP/1.1 2") }, "timeout"},
		{"while writing", bigRequest(), func(c net.Conn) { io.ReadFull(c, make([]byte, 1)) }, "timeout written"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			done := make(chan struct{})
			var conn *http1.Conn
			ready := make(chan struct{})
			conn = http1.New(loopback(t, func(c net.Conn) {
				defer c.Close()
				<-ready
				tc.serve(c)
				conn.Abort()
				<-done
			}))
			close(ready)
			got := outcomeOf(conn, tc.req)
			close(done)
			if !bytes.HasPrefix([]byte(got), []byte(tc.want)) {
				t.Errorf("Do() got %s, want %s", got, tc.want)
			}
			if !conn.Stale() {
				t.Error("Stale() after Abort: got false, want true")
			}
			if got, want := outcomeOf(conn, request(false)), "timeout not-written"; tc.want[0] == 't' && got != want {
				t.Errorf("Do() after Abort: got %s, want %s", got, want)
			}
		})
	}
}

// TestHalfClosedSoonAfter: nothing tells of a half-close before the abort, but
// it is then not called a timeout.
func TestHalfClosedSoonAfter(t *testing.T) {
	var conn *http1.Conn
	ready := make(chan struct{})
	conn = http1.New(loopback(t, func(c net.Conn) {
		defer c.Close()
		<-ready
		awaitRequest(c)
		io.WriteString(c, honest)
		c.(*net.TCPConn).CloseWrite()
		awaitRequest(c)
		conn.Abort()
	}))
	close(ready)
	if got, want := outcomeOf(conn, request(false)), `200 "ok"`; got != want {
		t.Fatalf("Do() got %s, want %s", got, want)
	}
	awaitStale(conn)
	if got := outcomeOf(conn, request(false)); got != "read written reused" && got != "read not-written reused" {
		t.Errorf("Do() got %s, want read", got)
	}
}

func TestBytesAfterAnswer(t *testing.T) {
	conn := http1.New(loopback(t, func(c net.Conn) {
		defer c.Close()
		awaitRequest(c)
		io.WriteString(c, honest+honest)
		io.Copy(io.Discard, c)
	}))
	if got, want := outcomeOf(conn, request(false)), `200 "ok" close`; got != want {
		t.Errorf("Do() got %s, want %s", got, want)
	}
}

func TestClosedConnection(t *testing.T) {
	conn := http1.New(loopback(t, func(c net.Conn) { c.Close() }))
	conn.Close()
	if got, want := outcomeOf(conn, request(false)), "write not-written"; got != want {
		t.Errorf("Do() got %s, want %s", got, want)
	}
	if !conn.Stale() {
		t.Error("Stale() got false, want true")
	}
}
