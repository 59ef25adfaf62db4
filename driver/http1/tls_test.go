package http1_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"math/big"
	"net"
	"testing"
	"time"

	"authsoak/driver/http1"
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

