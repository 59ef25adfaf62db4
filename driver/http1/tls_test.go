package http1_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"math/big"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"authsoak/driver/exchange"
	"authsoak/driver/http1"
	"authsoak/results"
)

// tlsConfigs makes a certificate for "server.example" and the two sides that
// use and trust it.
func tlsConfigs(tb testing.TB) (server, client *tls.Config) {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: "server.example"},
		DNSNames:     []string{"server.example"},
		NotBefore:    time.Unix(0, 0),
		NotAfter:     time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		tb.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		tb.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(cert)
	server = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	client = &tls.Config{RootCAs: pool, ServerName: "server.example"}
	return server, client
}

// secured returns the engine over TLS to a server that runs serve once.
func secured(t *testing.T, server, client *tls.Config, serve func(*tls.Conn)) *http1.Conn {
	t.Helper()
	raw := loopback(t, func(c net.Conn) {
		defer c.Close()
		serve(tls.Server(c, server))
	})
	conn := tls.Client(http1.NewGuard(raw), client)
	if err := conn.Handshake(); err != nil {
		t.Fatal(err)
	}
	return http1.New(conn)
}

// TestTLSStale: the session tickets that a server sends unasked after the
// handshake don't make a connection stale; data and an end do.
func TestTLSStale(t *testing.T) {
	server, client := tlsConfigs(t)
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		for _, tc := range []struct {
			name string
			act  func(c *tls.Conn)
		}{
			{"close_notify", func(c *tls.Conn) { c.CloseWrite() }},
			{"cut", func(c *tls.Conn) { c.NetConn().Close() }},
			{"data", func(c *tls.Conn) { io.WriteString(c, "x") }},
		} {
			t.Run(tls.VersionName(version)+" "+tc.name, func(t *testing.T) {
				client := client.Clone()
				client.MaxVersion = version
				client.ClientSessionCache = tls.NewLRUClientSessionCache(1)
				asked := make(chan struct{})
				conn := secured(t, server, client, func(c *tls.Conn) {
					awaitRequest(c)
					io.WriteString(c, honest)
					<-asked
					tc.act(c)
					io.Copy(io.Discard, c)
				})
				for range 3 {
					if conn.Stale() {
						t.Fatal("Stale() after the handshake: got true, want false")
					}
				}
				if got, want := outcomeOf(conn, request(false)), `200 "ok"`; got != want {
					t.Fatalf("Do() got %s, want %s", got, want)
				}
				if conn.Stale() {
					t.Fatal("Stale() after an exchange: got true, want false")
				}
				close(asked)
				awaitStale(conn)
			})
		}
	}
}

// corked holds back what is written until it is let go, all at once.
type corked struct {
	net.Conn
	cork bool
	held []byte
}

func (c *corked) Write(p []byte) (int, error) {
	if !c.cork {
		return c.Conn.Write(p)
	}
	c.held = append(c.held, p...)
	return len(p), nil
}

// TestTLSBytesAfterAnswer: what TLS has read but not handed over counts,
// whichever way the records came.
func TestTLSBytesAfterAnswer(t *testing.T) {
	server, client := tlsConfigs(t)
	server.DynamicRecordSizingDisabled = true // one record a write
	const room = 4 << 10                      // what the first read has
	full := ok + "Content-Length: 2\r\nX: \r\n\r\nok"
	full = strings.Replace(full, "X: ", "X: "+strings.Repeat("p", room-len(full)), 1)
	for _, tc := range []struct {
		name   string
		answer func(c *tls.Conn) // written at once
		pieces bool              // and sent byte by byte
		want   string
	}{
		{"nothing", func(c *tls.Conn) { io.WriteString(c, honest) }, false, `200 "ok"`},
		{"nothing, in pieces", func(c *tls.Conn) { io.WriteString(c, honest) }, true, `200 "ok"`},
		{"nothing, in two records", func(c *tls.Conn) { io.WriteString(c, honest[:20]); io.WriteString(c, honest[20:]) }, false, `200 "ok"`},
		{"a record", func(c *tls.Conn) { io.WriteString(c, honest); io.WriteString(c, honest) }, false, `200 "ok" close`},
		{"in the same record", func(c *tls.Conn) { io.WriteString(c, honest+honest) }, false, `200 "ok" close`},
		{"in the same record, in pieces", func(c *tls.Conn) { io.WriteString(c, honest+honest) }, true, `200 "ok" close`},
		{"more than there is room for", func(c *tls.Conn) { io.WriteString(c, honest+strings.Repeat("x", 2*room)) }, false, `200 "ok" close`},
		{"nothing, and no more room", func(c *tls.Conn) { io.WriteString(c, full) }, false, `200 "ok"`},
		{"in the same record, past the room", func(c *tls.Conn) { io.WriteString(c, full+"x") }, false, `200 "ok" close`},
		{"an end", func(c *tls.Conn) { io.WriteString(c, honest); c.CloseWrite() }, false, `200 "ok" close`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			raw := loopback(t, func(c net.Conn) {
				defer c.Close()
				below := &corked{Conn: c}
				conn := tls.Server(below, server)
				awaitRequest(conn)
				below.cork = true
				tc.answer(conn)
				c.SetWriteDeadline(time.Time{}) // an end lets nothing more be written
				if !tc.pieces {
					c.Write(below.held)
				}
				for i := range below.held {
					if tc.pieces {
						c.Write(below.held[i : i+1])
					}
				}
				io.Copy(io.Discard, c)
			})
			secure := tls.Client(http1.NewGuard(raw), client)
			if err := secure.Handshake(); err != nil {
				t.Fatal(err)
			}
			if got := outcomeOf(http1.New(secure), request(false)); got != tc.want {
				t.Errorf("Do() got %s, want %s", got, tc.want)
			}
		})
	}
}

// TestOneRecord: only a piece that ends one record and leaves nothing behind
// counts, however the stream is cut.
func TestOneRecord(t *testing.T) {
	record := func(n int) []byte { return append([]byte{23, 3, 3, byte(n >> 8), byte(n)}, make([]byte, n)...) }
	a, empty, long := record(3), record(0), record(300)
	alert := append([]byte{21}, a[1:]...)
	for _, tc := range []struct {
		name   string
		pieces [][]byte
		want   bool
	}{
		{"one", [][]byte{a}, true},
		{"an empty one", [][]byte{empty}, true},
		{"a long one", [][]byte{long}, true},
		{"nothing", [][]byte{a, nil}, false},
		{"two", [][]byte{slices.Concat(a, a)}, false},
		{"two pieces of one each", [][]byte{a, long}, true},
		{"the rest of one", [][]byte{long[:200], long[200:]}, true},
		{"half of one", [][]byte{long[:200]}, false},
		{"half a head", [][]byte{a[:4]}, false},
		{"the rest of a head", [][]byte{a[:4], a[4:]}, true},
		{"the rest of one and another", [][]byte{long[:200], slices.Concat(long[200:], a)}, false},
		{"one and part of another's head", [][]byte{slices.Concat(a, long[:2])}, false},
		{"one and part of another", [][]byte{slices.Concat(a, long[:20])}, false},
		{"and an empty one", [][]byte{slices.Concat(a, empty)}, false},
		{"one after an alert", [][]byte{slices.Concat(a, alert), a}, false},
		{"one long after an alert", [][]byte{alert, a, a, a}, false},
	} {
		if got := http1.OneRecord(tc.pieces...); got != tc.want {
			t.Errorf("%s: got %v, want %v", tc.name, got, tc.want)
		}
	}
}

func TestTLSOutcomes(t *testing.T) {
	server, client := tlsConfigs(t)
	demanding := server.Clone()
	demanding.ClientAuth = tls.RequireAnyClientCert
	for _, tc := range []struct {
		name   string
		server *tls.Config
		serve  func(c *tls.Conn, abort func())
		want   string
	}{
		{"no certificate where one is needed", demanding, func(c *tls.Conn, _ func()) { c.Handshake() }, "tls written"},
		{"until close", server, func(c *tls.Conn, _ func()) { awaitRequest(c); io.WriteString(c, ok+"\r\nhello"); c.Close() }, `200 "hello" close`},
		// crypto/tls forgives it, as too many servers do so.
		{"until close, without close_notify", server, func(c *tls.Conn, _ func()) {
			awaitRequest(c)
			io.WriteString(c, ok+"\r\nhello")
			c.NetConn().(*net.TCPConn).Close()
		}, `200 "hello" close`},
		{"aborted", server, func(c *tls.Conn, abort func()) { awaitRequest(c); abort(); awaitRequest(c) }, "timeout written"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var conn *http1.Conn
			ready := make(chan struct{})
			conn = secured(t, tc.server, client, func(c *tls.Conn) {
				if err := c.Handshake(); err != nil && tc.server == server {
					t.Error(err)
				}
				<-ready
				tc.serve(c, conn.Abort)
				io.Copy(io.Discard, c.NetConn())
			})
			close(ready)
			if got := outcomeOf(conn, request(false)); got != tc.want {
				t.Errorf("Do() got %s, want %s", got, tc.want)
			}
			conn.Close()
		})
	}
}

// TestTLSKept: a request that the guard writes inside the wait for its answer
// tells as truly as an ordinary one how far it came.
func TestTLSKept(t *testing.T) {
	server, client := tlsConfigs(t)
	for _, tc := range []struct {
		name     string
		between  func(conn *http1.Conn) // the first and the second request
		serve    func(c *tls.Conn)      // after the first answer
		class    results.Class
		progress exchange.Progress
	}{
		{name: "answered", serve: func(c *tls.Conn) { awaitRequest(c); io.WriteString(c, honest); io.Copy(io.Discard, c) }},
		{name: "closed on the request", serve: func(c *tls.Conn) { awaitRequest(c) },
			class: results.Read, progress: exchange.Written},
		{name: "aborted before", between: (*http1.Conn).Abort, serve: func(c *tls.Conn) { io.Copy(io.Discard, c) },
			class: results.Timeout, progress: exchange.NotWritten},
		{name: "closed before", between: func(c *http1.Conn) { c.Close() }, serve: func(c *tls.Conn) { io.Copy(io.Discard, c) },
			class: results.Write, progress: exchange.NotWritten},
	} {
		t.Run(tc.name, func(t *testing.T) {
			conn := secured(t, server, client, func(c *tls.Conn) {
				awaitRequest(c)
				io.WriteString(c, honest)
				tc.serve(c)
			})
			var ans exchange.Answer
			if err := conn.Do(&exchange.Request{Wire: request(false).Wire}, &ans); err != nil {
				t.Fatal(err)
			}
			if tc.between != nil {
				tc.between(conn)
			}
			err := conn.Do(&exchange.Request{Wire: request(false).Wire}, &ans)
			var failed *exchange.Error
			switch errors.As(err, &failed); {
			case tc.class == results.NoClass && (err != nil || ans.Status != 200):
				t.Errorf("the second Do: %v, status %d, want 200", err, ans.Status)
			case tc.class != results.NoClass && (failed == nil || failed.Class != tc.class || failed.Progress != tc.progress):
				t.Errorf("the second Do: %+v, want class %v and progress %d", failed, tc.class, tc.progress)
			}
		})
	}
}
