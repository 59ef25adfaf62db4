package dial

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"authsoak/driver/exchange"
	"authsoak/results"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// authority issues certificates for tests.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pool *x509.CertPool
}

func newAuthority(t *testing.T) *authority {
	a := &authority{pool: x509.NewCertPool()}
	made := a.issue(t, "authority")
	cert, err := x509.ParseCertificate(made.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	a.cert, a.key = cert, made.PrivateKey.(*ecdsa.PrivateKey)
	a.pool.AddCert(cert)
	return a
}

// issue makes a certificate of that name; the first one signs itself.
func (a *authority) issue(t *testing.T, name string) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(time.Now().UnixNano()),
		Subject:               pkix.Name{CommonName: name},
		DNSNames:              []string{name},
		IPAddresses:           []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore:             time.Unix(0, 0),
		NotAfter:              time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC),
		IsCA:                  a.cert == nil,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	parent, signer := a.cert, a.key
	if parent == nil {
		parent, signer = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// waiting tells that a request for /wait has come.
var waiting = make(chan struct{}, 1)

// serveTLS starts a server that tells the name of its client's certificate, the
// protocol, and whether the TLS session was resumed.
func serveTLS(t *testing.T, a *authority, http2 bool) *url.URL {
	t.Helper()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/wait":
			waiting <- struct{}{}
			<-r.Context().Done()
		case "/reset":
			panic(http.ErrAbortHandler)
		}
		who := "nobody"
		if certs := r.TLS.PeerCertificates; len(certs) > 0 {
			who = certs[0].Subject.CommonName
		}
		fmt.Fprintf(w, "%s %s %v", who, r.Proto, r.TLS.DidResume)
	}))
	s.EnableHTTP2 = http2
	s.TLS = &tls.Config{
		Certificates: []tls.Certificate{a.issue(t, "server.example")},
		ClientAuth:   tls.VerifyClientCertIfGiven,
		ClientCAs:    a.pool,
	}
	if !http2 {
		s.TLS.NextProtos = []string{"http/1.1"}
	}
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	return parse(t, s.URL)
}

func parse(t *testing.T, s string) *url.URL {
	t.Helper()
	u, err := url.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// ask opens a connection under an identity and makes one exchange.
func ask(t *testing.T, d exchange.Dialer, identity int) (string, exchange.Opening) {
	t.Helper()
	conn, opening, err := d.Dial(t.Context(), identity)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	ans := new(exchange.Answer)
	if err := conn.Do(&exchange.Request{Wire: []byte("GET / HTTP/1.1\r\nHost: server.example\r\n\r\n")}, ans); err != nil {
		t.Fatal(err)
	}
	// Session tickets come with or after the answer; a look takes them in.
	conn.Stale()
	return string(ans.Body), opening
}

// wantError checks class and words of an error of opening.
func wantError(t *testing.T, err error, class results.Class, words string) {
	t.Helper()
	var failed *exchange.Error
	if !errors.As(err, &failed) {
		t.Fatalf("got %v (%T), want an *exchange.Error", err, err)
	}
	if failed.Class != class || failed.Progress != exchange.NotWritten || !strings.Contains(err.Error(), words) {
		t.Errorf("got %v, want class %s and %q", err, class, words)
	}
}

// TestIdentities: each certificate has its own sessions. Were they shared, the
// second user would speak for the first.
func TestIdentities(t *testing.T) {
	a := newAuthority(t)
	target := serveTLS(t, a, false)
	for _, engine := range []Engine{Fast, Standard} {
		d, err := New(Options{URL: target, Engine: engine, RootCAs: a.pool, ServerName: "server.example",
			Certificates: []tls.Certificate{a.issue(t, "ann"), a.issue(t, "bob")}})
		if err != nil {
			t.Fatal(err)
		}
		for i, who := range []string{"nobody", "ann", "bob"} {
			for _, resumed := range []bool{false, true} {
				got, opening := ask(t, d, i)
				if want := fmt.Sprintf("%s HTTP/1.1 %v", who, resumed); got != want || opening.Resumed != resumed {
					t.Errorf("engine %d, identity %d: got %q, resumed %v, want %q", engine, i, got, opening.Resumed, want)
				}
				if opening.Connect <= 0 || opening.TLS <= 0 || opening.DNS != 0 {
					t.Errorf("opening got %+v, want times for connect and TLS only", opening)
				}
			}
		}
		_, _, err = d.Dial(t.Context(), 3)
		wantError(t, err, results.TLS, "no client certificate 3")
	}
}

func TestHTTP2(t *testing.T) {
	a := newAuthority(t)
	o := Options{URL: serveTLS(t, a, true), Engine: Standard, HTTP2: true, RootCAs: a.pool}
	d, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	got, opening := ask(t, d, 0)
	if got != "nobody HTTP/2.0 false" || !opening.HTTP2 {
		t.Errorf("got %q, %+v, want HTTP/2", got, opening)
	}
	o.URL = serveTLS(t, a, false)
	wantError(t, Reachable(t.Context(), o), results.TLS, "does not agree on HTTP/2")
}

func TestHTTP2Errors(t *testing.T) {
	a := newAuthority(t)
	d, err := New(Options{URL: serveTLS(t, a, true), Engine: Standard, HTTP2: true, RootCAs: a.pool})
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]results.Class{"/wait": results.Timeout, "/reset": results.Read} {
		conn, _, err := d.Dial(t.Context(), 0)
		if err != nil {
			t.Fatal(err)
		}
		if conn.Stale() {
			t.Error("Stale() on a fresh connection: got true, want false")
		}
		if want == results.Timeout {
			go func() { <-waiting; conn.Abort() }()
		}
		err = conn.Do(&exchange.Request{Wire: []byte("GET " + path + " HTTP/1.1\r\nHost: h\r\n\r\n")}, new(exchange.Answer))
		var failed *exchange.Error
		if !errors.As(err, &failed) || failed.Class != want || failed.Progress != exchange.Written {
			t.Errorf("GET %s: got %v, want class %s after the request was written", path, err, want)
		}
		conn.Close()
	}
}

func TestTLSErrors(t *testing.T) {
	a, other := newAuthority(t), newAuthority(t)
	secure := serveTLS(t, a, false)
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	for _, tc := range []struct {
		name  string
		o     Options
		words string
	}{
		{"unknown issuer", Options{URL: secure, RootCAs: other.pool}, "--ca FILE"},
		{"other name", Options{URL: secure, RootCAs: a.pool, ServerName: "other.example"}, "another name"},
		{"plain HTTP", Options{URL: parse(t, "https"+strings.TrimPrefix(plain.URL, "http"))}, "use http://"},
		{"old version", Options{URL: secure, RootCAs: a.pool, MinTLS: tls.VersionTLS13 + 1}, "tls: "},
	} {
		t.Run(tc.name, func(t *testing.T) {
			wantError(t, Reachable(t.Context(), tc.o), results.TLS, tc.words)
		})
	}
	if err := Reachable(t.Context(), Options{URL: secure, Insecure: true}); err != nil {
		t.Errorf("Reachable() with Insecure: got %v, want nil", err)
	}
}

// TestPlainToTLS: the first exchange tells that the port wants TLS.
func TestPlainToTLS(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if c, err := l.Accept(); err == nil {
			http.ReadRequest(bufio.NewReader(c))
			c.Write([]byte("\x15\x03\x01\x00\x02\x02\x46")) // the alert that OpenSSL sends
			c.Close()
		}
	}()
	defer func() { l.Close(); <-done }()
	d, err := New(Options{URL: &url.URL{Scheme: "http", Host: l.Addr().String()}})
	if err != nil {
		t.Fatal(err)
	}
	conn, _, err := d.Dial(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	err = conn.Do(&exchange.Request{Wire: []byte("GET / HTTP/1.1\r\nHost: h\r\n\r\n")}, new(exchange.Answer))
	var failed *exchange.Error
	if !errors.As(err, &failed) || failed.Class != results.Protocol || !strings.Contains(err.Error(), "use https") {
		t.Errorf("Do() got %v, want advice to use https", err)
	}
}
