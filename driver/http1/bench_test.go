package http1_test

import (
	"crypto/tls"
	"net"
	"net/url"
	"testing"

	"authsoak/driver/exchange"
	"authsoak/driver/http1"
	"authsoak/driver/standard"
)

const (
	loginRequest = "POST /api/login HTTP/1.1\r\nHost: server.example:8080\r\nContent-Type: application/json\r\n" +
		"Accept: application/json\r\nCookie: LWSSO_COOKIE_KEY=" + cookie200 + "\r\nContent-Length: 37\r\n\r\n" +
		`{"user":"user17","password":"secret"}`
	loginAnswer = "HTTP/1.1 200 OK\r\nServer: stub\r\nDate: Thu, 19 Nov 2026 10:00:00 GMT\r\n" +
		"Content-Type: application/json\r\nSet-Cookie: LWSSO_COOKIE_KEY=" + cookie200 + "; Path=/; HttpOnly; Secure\r\n" +
		"Cache-Control: no-store\r\nContent-Length: 15\r\n\r\n" + `{"user":"us17"}`
	cookie200 = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" +
		"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789abcd"
)

// stub answers each whole request of that length with the same bytes.
func stub(conn net.Conn, request int, answer []byte) {
	defer conn.Close()
	buf := make([]byte, 64<<10)
	for have := 0; ; {
		n, err := conn.Read(buf)
		if err != nil {
			return
		}
		for have += n; have >= request; have -= request {
			if _, err := conn.Write(answer); err != nil {
				return
			}
		}
	}
}

// loopback returns a TCP connection to a server that runs serve once.
func loopback(tb testing.TB, serve func(net.Conn)) *net.TCPConn {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if conn, err := l.Accept(); err == nil {
			serve(conn)
		}
	}()
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { conn.Close(); l.Close(); <-done })
	return conn.(*net.TCPConn)
}

func serveLogin(conn net.Conn) { stub(conn, len(loginRequest), []byte(loginAnswer)) }

func login() *exchange.Request { return &exchange.Request{Wire: []byte(loginRequest)} }

// plainConn hides that a connection is TCP, so that the engine takes the
// ordinary way.
type plainConn struct{ net.Conn }

func BenchmarkDo(b *testing.B) {
	b.Run("raw", func(b *testing.B) {
		benchmark(b, http1.New(loopback(b, serveLogin)))
	})
	b.Run("ordinary", func(b *testing.B) {
		benchmark(b, http1.New(plainConn{loopback(b, serveLogin)}))
	})
	b.Run("tls", func(b *testing.B) {
		server, client := tlsConfigs(b)
		raw := loopback(b, func(c net.Conn) { serveLogin(tls.Server(c, server)) })
		conn := tls.Client(http1.NewGuard(raw), client)
		if err := conn.Handshake(); err != nil {
			b.Fatal(err)
		}
		benchmark(b, http1.New(conn))
	})
	b.Run("standard", func(b *testing.B) {
		engine := standard.New(&url.URL{Scheme: "http", Host: "server.example:8080"}, nil)
		conn, err := engine.Conn(b.Context(), loopback(b, serveLogin))
		if err != nil {
			b.Fatal(err)
		}
		defer conn.Close()
		benchmark(b, conn)
	})
}

func benchmark(b *testing.B, conn exchange.Conn) {
	b.Helper()
	req, ans := login(), new(exchange.Answer)
	b.ReportAllocs()
	for b.Loop() {
		if err := conn.Do(req, ans); err != nil {
			b.Fatal(err)
		}
	}
}

// repeat is a connection of nothing but the same answer, to time the engine
// without the kernel.
type repeat struct {
	net.Conn
	answer []byte
}

func (r repeat) Write(p []byte) (int, error) { return len(p), nil }
func (r repeat) Read(p []byte) (int, error)  { return copy(p, r.answer), nil }

// BenchmarkParse is the engine's own part of an exchange.
func BenchmarkParse(b *testing.B) {
	benchmark(b, http1.New(repeat{answer: []byte(loginAnswer)}))
}

// BenchmarkStale is the price of looking at an idle connection.
func BenchmarkStale(b *testing.B) {
	conn := http1.New(loopback(b, serveLogin))
	for b.Loop() {
		if conn.Stale() {
			b.Fatal("stale")
		}
	}
}
