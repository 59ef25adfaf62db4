//go:build !race

package http1_test

import (
	"bytes"
	"io"
	"net"
	"testing"

	"authsoak/driver/exchange"
	"authsoak/driver/http1"
)

// The race detector makes a sync.Pool lose things at random, so budgets are held
// without it.

func TestSteadyStateAllocatesNothing(t *testing.T) {
	for _, tc := range []struct {
		name string
		wrap func(*net.TCPConn) net.Conn
		body string
	}{
		{"raw", func(c *net.TCPConn) net.Conn { return c }, loginAnswer},
		{"ordinary", func(c *net.TCPConn) net.Conn { return plainConn{c} }, loginAnswer},
		{"chunked", func(c *net.TCPConn) net.Conn { return c },
			"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n6\r\n world\r\n0\r\nX: y\r\n\r\n"},
		{"long body", func(c *net.TCPConn) net.Conn { return c },
			"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + string(bytes.Repeat([]byte("x"), 100000))},
	} {
		t.Run(tc.name, func(t *testing.T) {
			conn := http1.New(tc.wrap(loopback(t, func(c net.Conn) { stub(c, len(loginRequest), []byte(tc.body)) })))
			req, ans := login(), new(exchange.Answer)
			do := func() {
				if conn.Stale() {
					t.Fatal("Stale() got true, want false")
				}
				if err := conn.Do(req, ans); err != nil {
					t.Fatal(err)
				}
			}
			do() // the answer takes its buffer
			if got := testing.AllocsPerRun(200, do); got != 0 {
				t.Errorf("allocations per exchange: got %v, want 0", got)
			}
		})
	}
}

// What one exchange leaves in its reader, however it ends, the next one must not find.
func TestReaderIsNew(t *testing.T) {
	for _, body := range []string{
		"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokmore",
		"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
		"HTTP/1.1 200 OK\r\nContent-Length: 5, 6\r\n\r\nhello",
		"HTTP/1.1 2",
	} {
		conn := http1.New(plainConn{loopback(t, func(c net.Conn) {
			defer c.Close()
			awaitRequest(c)
			io.WriteString(c, body)
		})})
		_ = conn.Do(request(false), new(exchange.Answer))
		if !http1.ReaderIsZero() {
			t.Errorf("after %q the reader is not zero", body)
		}
	}
}
