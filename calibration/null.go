package calibration

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// Null is a session server that does as little as one can: it hands out a cookie
// at login, wants one at every other request, and keeps nothing. It speaks
// HTTP/1.1 with and without TLS by a loop over the bytes, and HTTP/2 by the
// standard library.
type Null struct {
	// CA holds the authority to trust, as PEM.
	CA []byte
	// Addresses of the three listeners.
	Plain, Secure, HTTP2 string

	sessions  atomic.Int64
	listeners []net.Listener
	h2        *http.Server
	serving   sync.WaitGroup
	mu        sync.Mutex
	open      map[net.Conn]bool
	closed    bool
}

// CPU tells the processor time of the null server's process.
type CPU func() time.Duration

// NewNull starts the server on free ports of the loopback interface. cpu is told
// at /cpu, in microseconds.
func NewNull(cpu CPU) (*Null, error) {
	n := &Null{open: map[net.Conn]bool{}}
	config, ca, err := certificate()
	if err != nil {
		return nil, err
	}
	n.CA = ca
	for range 3 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, errors.Join(err, n.Close())
		}
		n.listeners = append(n.listeners, l)
	}
	n.Plain, n.Secure, n.HTTP2 = n.listeners[0].Addr().String(), n.listeners[1].Addr().String(), n.listeners[2].Addr().String()
	first := config.Clone()
	first.NextProtos = []string{"http/1.1"}
	n.serve(n.listeners[0], cpu)
	n.serve(tls.NewListener(n.listeners[1], first), cpu)
	n.h2 = &http.Server{Handler: http.HandlerFunc(n.second), TLSConfig: config.Clone(), Protocols: new(http.Protocols)}
	n.h2.Protocols.SetHTTP2(true)
	n.serving.Go(func() { _ = n.h2.ServeTLS(n.listeners[2], "", "") })
	return n, nil
}

// Close ends the server and waits for it.
func (n *Null) Close() error {
	var errs []error
	if n.h2 != nil {
		errs = append(errs, n.h2.Close())
	}
	for _, l := range n.listeners {
		if err := l.Close(); !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	n.mu.Lock()
	n.closed = true
	for c := range n.open {
		c.Close()
	}
	n.mu.Unlock()
	n.serving.Wait()
	return errors.Join(errs...)
}

func (n *Null) serve(l net.Listener, cpu CPU) {
	n.serving.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			if !n.keep(conn) {
				return
			}
			n.serving.Go(func() {
				n.talk(conn, cpu)
				n.mu.Lock()
				delete(n.open, conn)
				n.mu.Unlock()
				conn.Close()
			})
		}
	})
}

func (n *Null) keep(conn net.Conn) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed {
		conn.Close()
		return false
	}
	n.open[conn] = true
	return true
}

var (
	answerOK   = []byte("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
	answerNo   = []byte("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n")
	loginLine  = []byte("POST /login ")
	cpuLine    = []byte("GET /cpu ")
	cookieHead = []byte("\r\nCookie: SID=")
	headEnd    = []byte("\r\n\r\n")
)

// mostHead is the most that a request may have; they have no body.
const mostHead = 8 << 10

// talk answers one connection.
func (n *Null) talk(conn net.Conn, cpu CPU) {
	buf, out, have := make([]byte, mostHead), make([]byte, 0, 256), 0
	for have < len(buf) {
		read, err := conn.Read(buf[have:])
		if err != nil {
			return
		}
		have += read
		end := bytes.Index(buf[:have], headEnd)
		if end < 0 {
			continue
		}
		out = n.answer(out[:0], buf[:end+2], cpu)
		have = copy(buf, buf[end+len(headEnd):have])
		if _, err := conn.Write(out); err != nil {
			return
		}
	}
}

func (n *Null) answer(out, head []byte, cpu CPU) []byte {
	switch {
	case bytes.HasPrefix(head, loginLine):
		out = append(out, "HTTP/1.1 200 OK\r\nSet-Cookie: SID="...)
		out = append(out, n.id()...)
		return append(out, "; Path=/; HttpOnly\r\nContent-Length: 2\r\n\r\nok"...)
	case bytes.Contains(head, cookieHead):
		return append(out, answerOK...)
	case bytes.HasPrefix(head, cpuLine):
		text := strconv.FormatInt(cpu().Microseconds(), 10)
		return fmt.Appendf(out, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(text), text)
	}
	return append(out, answerNo...)
}

// second answers over HTTP/2.
func (n *Null) second(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/login" {
		w.Header()["Set-Cookie"] = []string{"SID=" + n.id() + "; Path=/; HttpOnly"}
	} else if r.Header.Get("Cookie") == "" {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	_, _ = w.Write([]byte("ok"))
}

// id is an id that no other session has. The multiplier is odd, so that the
// products of different numbers differ.
func (n *Null) id() string {
	return fmt.Sprintf("%016x%016x", uint64(n.sessions.Add(1))*0x9e3779b97f4a7c15, uint64(1))
}

// certificate makes a server certificate that is its own authority.
func certificate() (*tls.Config, []byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	now := time.Now()
	template := &x509.Certificate{SerialNumber: big.NewInt(now.UnixNano()), NotBefore: now.Add(-time.Hour), NotAfter: now.Add(24 * time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, IsCA: true, BasicConstraintsValid: true,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, nil, err
	}
	config := &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, MinVersion: tls.VersionTLS12}
	return config, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), nil
}
