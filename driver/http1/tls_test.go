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

// TestTLSBytesAfterAnswer: records that TLS has read but not handed over count.
func TestTLSBytesAfterAnswer(t *testing.T) {
	server, client := tlsConfigs(t)
	raw := loopback(t, func(c net.Conn) {
		defer c.Close()
		below := &corked{Conn: c}
		conn := tls.Server(below, server)
		awaitRequest(conn)
		below.cork = true
		io.WriteString(conn, honest)
		io.WriteString(conn, honest)
		c.Write(below.held)
		io.Copy(io.Discard, c)
	})
	secure := tls.Client(http1.NewGuard(raw), client)
	if err := secure.Handshake(); err != nil {
		t.Fatal(err)
	}
	if got, want := outcomeOf(http1.New(secure), request(false)), `200 "ok" close`; got != want {
		t.Errorf("Do() got %s, want %s", got, want)
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
