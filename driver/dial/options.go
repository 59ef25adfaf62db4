package dial

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"time"
)

// Engine is the HTTP client that speaks over a connection.
type Engine uint8

// The engines: our own, and net/http.
const (
	Fast Engine = iota
	Standard
)

// DefaultTimeout is the time that opening a connection may take as a whole.
const DefaultTimeout = 10 * time.Second

// Options say how to reach a target. Only URL is needed.
type Options struct {
	// URL is the target's; scheme (http or https), host and port count.
	URL    *url.URL
	Engine Engine
	// HTTP2 asks for HTTP/2, and a server that doesn't agree is an error. It
	// needs the standard engine and https.
	HTTP2 bool
	// Proxy is the URL of an HTTP proxy, with credentials if need be; nil:
	// none. An https target is reached by CONNECT; an http target needs the
	// standard engine. The environment is never asked.
	Proxy *url.URL
	// Resolve pins a "host:port" to an address ("10.0.0.7" or "10.0.0.7:8443").
	Resolve map[string]string
	// Source is the local address to connect from; zero: any.
	Source netip.Addr
	// RootCAs are the trusted issuers; nil: the system's.
	RootCAs *x509.CertPool
	// Certificates are the client certificates; identity i > 0 is number i-1.
	Certificates []tls.Certificate
	// Insecure accepts any server certificate.
	Insecure bool
	// ServerName is the name that the server's certificate must bear and that
	// is sent in SNI; empty: the URL's host.
	ServerName string
	// MinTLS is the lowest TLS version (tls.VersionTLS12 and so on); zero: 1.2.
	MinTLS uint16
	// Timeout is for opening as a whole; zero: [DefaultTimeout].
	Timeout time.Duration
	// Permit tells whether an address may be connected to; its error says why
	// not. It is asked before each connection, since what a name stands for can
	// change during a run. Nil: any.
	Permit func(netip.Addr) error
	// Network connects instead of the operating system, for tests in memory.
	// It gets "host:port" unresolved, unless Resolve pins it. A TLS 1.3 server
	// writes session tickets unasked; the ends of net.Pipe, which hold nothing,
	// need one that is set to send none.
	Network func(ctx context.Context, network, address string) (net.Conn, error)
	// Wrap gets each connection as it was opened, before a proxy or TLS is
	// spoken on it, and returns what takes its place; nil: nothing does.
	Wrap func(ctx context.Context, conn net.Conn) net.Conn
}

// Validate reports every mistake in the options.
func (o *Options) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if o.URL == nil || o.URL.Hostname() == "" {
		return errors.New("target: a URL with a host is needed")
	}
	secure := o.URL.Scheme == "https"
	if !secure && o.URL.Scheme != "http" {
		bad("target %s: scheme %q: must be http or https", o.URL.Redacted(), o.URL.Scheme)
	}
	if o.HTTP2 && o.Engine == Fast {
		bad("target %s: HTTP/2 needs the standard engine", o.URL.Redacted())
	}
	if o.HTTP2 && !secure {
		bad("target %s: HTTP/2 needs https", o.URL.Redacted())
	}
	if len(o.Certificates) > 0 && !secure {
		bad("target %s: client certificates need https", o.URL.Redacted())
	}
	if o.Timeout < 0 {
		bad("connect timeout %v: must not be negative", o.Timeout)
	}
	errs = append(errs, o.validateProxy(secure), o.validatePins())
	return errors.Join(errs...)
}

func (o *Options) validateProxy(secure bool) error {
	switch {
	case o.Proxy == nil:
		return nil
	case o.Proxy.Hostname() == "" || (o.Proxy.Scheme != "http" && o.Proxy.Scheme != "https"):
		return fmt.Errorf("proxy %s: must be http://HOST:PORT or https://HOST:PORT", o.Proxy.Redacted())
	case !secure && o.Engine == Fast:
		return fmt.Errorf("proxy %s: an http target behind a proxy needs the standard engine", o.Proxy.Redacted())
	}
	return nil
}

func (o *Options) validatePins() error {
	var errs []error
	for name, pin := range o.Resolve {
		if _, _, err := net.SplitHostPort(name); err != nil {
			errs = append(errs, fmt.Errorf("resolve %s: must be HOST:PORT", name))
		}
		_, errAddr := netip.ParseAddr(pin)
		_, errPort := netip.ParseAddrPort(pin)
		if errAddr != nil && errPort != nil {
			errs = append(errs, fmt.Errorf("resolve %s to %s: must be an IP address", name, pin))
		}
	}
	return errors.Join(errs...)
}

// hostPort is a URL's host and port, the port by the scheme if none is named.
func hostPort(u *url.URL) string {
	port := u.Port()
	switch {
	case port != "":
	case u.Scheme == "https":
		port = "443"
	default:
		port = "80"
	}
	return net.JoinHostPort(u.Hostname(), port)
}
