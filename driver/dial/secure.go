package dial

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"strings"
	"time"

	"authsoak/driver/exchange"
	"authsoak/driver/http1"
)

// sessionsKept is how many TLS sessions an identity remembers; there is one for
// each server name, of which a target has one.
const sessionsKept = 4

// config makes a TLS client configuration of its own session cache.
func (d *dialer) config(host string, cert *tls.Certificate, protocol string) *tls.Config {
	c := &tls.Config{
		ServerName:         host,
		RootCAs:            d.opts.RootCAs,
		InsecureSkipVerify: d.opts.Insecure,
		MinVersion:         d.opts.MinTLS,
		NextProtos:         []string{protocol},
		ClientSessionCache: tls.NewLRUClientSessionCache(sessionsKept),
	}
	if cert != nil {
		// Given as a list, a certificate whose issuer the server doesn't name
		// would silently stay at home; the refusal is what we want to see.
		c.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			return cert, nil
		}
	}
	return c
}

// identity returns the configuration of one identity, made at its first use.
// Its session cache is its own: a resumed session would speak for the
// certificate that opened it.
func (d *dialer) identity(i int) *tls.Config {
	d.mu.Lock()
	defer d.mu.Unlock()
	if c := d.identities[i]; c != nil {
		return c
	}
	var cert *tls.Certificate
	if i > 0 {
		cert = &d.opts.Certificates[i-1]
	}
	name := d.opts.ServerName
	if name == "" {
		name = d.opts.URL.Hostname()
	}
	protocol := "http/1.1"
	if d.opts.HTTP2 {
		protocol = "h2"
	}
	c := d.config(name, cert, protocol)
	d.identities[i] = c
	return c
}

// secure shakes hands with the target.
func (d *dialer) secure(ctx context.Context, conn net.Conn, identity int, opening *exchange.Opening) (net.Conn, error) {
	if d.standard == nil {
		conn = http1.NewGuard(conn)
	}
	start := time.Now()
	t := tls.Client(conn, d.identity(identity))
	err := t.HandshakeContext(ctx)
	opening.TLS = time.Since(start)
	if err != nil && strings.Contains(err.Error(), "no application protocol") {
		err = d.disagreement()
	}
	if err != nil {
		return nil, err
	}
	state := t.ConnectionState()
	opening.Resumed = state.DidResume
	opening.HTTP2 = state.NegotiatedProtocol == "h2"
	if d.opts.HTTP2 && !opening.HTTP2 {
		return nil, d.disagreement()
	}
	return t, nil
}

// disagreement says that the server speaks another version of HTTP only.
func (d *dialer) disagreement() error {
	if d.opts.HTTP2 {
		return errors.New("the server does not agree on HTTP/2 (use --http 1.1)")
	}
	return errors.New("the server does not agree on HTTP/1.1 (use --http 2)")
}
