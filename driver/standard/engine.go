package standard

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"

	"authsoak/driver/exchange"
)

// Engine makes connections to one target. It is safe for concurrent use.
type Engine struct {
	target    *url.URL
	transport *http.Transport
	address   string
}

// givenKey is the context key of the connection that a dial hands over.
type givenKey struct{}

// New returns an engine for the target. The proxy is one that requests to an
// http target are addressed to, with credentials if need be; it plays no part
// for an https target, whose connections come through the proxy already.
func New(target, proxy *url.URL) *Engine {
	given := func(ctx context.Context, _, _ string) (net.Conn, error) {
		conn, ok := ctx.Value(givenKey{}).(net.Conn)
		if !ok {
			return nil, fmt.Errorf("no connection is at hand")
		}
		return conn, nil
	}
	t := &http.Transport{
		DialContext:            given,
		DialTLSContext:         given,
		DisableCompression:     true,
		MaxResponseHeaderBytes: exchange.HeadLimit,
		Protocols:              new(http.Protocols),
	}
	t.Protocols.SetHTTP1(true)
	t.Protocols.SetHTTP2(true)
	if proxy != nil && target.Scheme == "http" {
		t.Proxy = http.ProxyURL(proxy)
	}
	port := target.Port()
	switch {
	case port != "":
	case target.Scheme == "https":
		port = "443"
	default:
		port = "80"
	}
	return &Engine{target: target, transport: t, address: net.JoinHostPort(target.Hostname(), port)}
}

// Conn returns the engine over an open connection, which it then owns. A
// *tls.Conn must have shaken hands; one that agreed on h2 speaks HTTP/2.
func (e *Engine) Conn(ctx context.Context, conn net.Conn) (*Conn, error) {
	c := &Conn{target: e.target, http2: agreedHTTP2(conn)}
	given := conn
	if !c.http2 {
		// HTTP/2 needs the bare *tls.Conn, and its frames would mean nothing
		// to the tally.
		c.tally = &tally{Conn: conn}
		given = c.tally
	}
	var err error
	c.client, err = e.transport.NewClientConn(context.WithValue(ctx, givenKey{}, given), e.target.Scheme, e.address)
	if err != nil {
		return nil, err
	}
	return c, nil
}
