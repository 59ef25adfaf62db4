package dial

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"authsoak/driver/exchange"
	"authsoak/driver/http1"
	"authsoak/driver/standard"
	"authsoak/results"
)

// dialer opens connections to one target. It implements [exchange.Dialer].
type dialer struct {
	opts     Options
	target   string // host:port
	hop      string // host:port of what is connected to: the target or the proxy
	names    *names // nil: Network takes names
	net      net.Dialer
	standard *standard.Engine

	mu         sync.Mutex
	identities map[int]*tls.Config
	proxyTLS   *tls.Config
}

// New returns a dialer for the target, safe for concurrent use. It opens
// nothing.
func New(o Options) (exchange.Dialer, error) {
	return newDialer(o)
}

func newDialer(o Options) (*dialer, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	if o.Timeout == 0 {
		o.Timeout = DefaultTimeout
	}
	d := &dialer{opts: o, target: hostPort(o.URL), identities: map[int]*tls.Config{}}
	d.hop = d.target
	if o.Proxy != nil {
		d.hop = hostPort(o.Proxy)
		d.proxyTLS = d.config(o.Proxy.Hostname(), nil, "http/1.1")
	}
	if o.Network == nil {
		d.names = newNames(Addresses)
	}
	// Keep-alive probes would cost three system calls for each connection, and
	// an idle one is looked at before it is used again anyway.
	d.net.KeepAlive = -1
	if o.Source.IsValid() {
		d.net.LocalAddr = net.TCPAddrFromAddrPort(addrPort(o.Source))
		d.net.Control = latePort
	}
	if o.Engine == Standard {
		d.standard = standard.New(o.URL, o.Proxy)
	}
	return d, nil
}

// Dial opens a connection under the given identity: 0 is none, i > 0 the client
// certificate i. An error is always an [*exchange.Error].
func (d *dialer) Dial(ctx context.Context, identity int) (exchange.Conn, exchange.Opening, error) {
	var opening exchange.Opening
	ctx, cancel := context.WithTimeout(ctx, d.opts.Timeout)
	defer cancel()
	conn, err := d.open(ctx, identity, &opening)
	if err != nil {
		return nil, opening, err
	}
	if d.standard == nil {
		return http1.New(conn), opening, nil
	}
	c, err := d.standard.Conn(ctx, conn)
	if err != nil {
		conn.Close()
		return nil, opening, d.failure(ctx, results.Connect, err)
	}
	return c, opening, nil
}

// open connects, passes the proxy and shakes hands.
func (d *dialer) open(ctx context.Context, identity int, opening *exchange.Opening) (net.Conn, error) {
	if identity < 0 || identity > len(d.opts.Certificates) {
		return nil, &exchange.Error{Class: results.TLS, Err: fmt.Errorf("no client certificate %d", identity)}
	}
	conn, err := d.connect(ctx, opening)
	if err != nil {
		return nil, err
	}
	if d.opts.URL.Scheme != "https" {
		return conn, nil
	}
	secure, err := d.secure(ctx, conn, identity, opening)
	if err != nil {
		conn.Close()
		return nil, d.failure(ctx, results.TLS, err)
	}
	return secure, nil
}

// connect reaches the target over TCP, through the proxy if there is one.
func (d *dialer) connect(ctx context.Context, opening *exchange.Opening) (net.Conn, error) {
	tries, err := d.candidates(ctx, opening)
	if err != nil {
		return nil, d.failure(ctx, results.DNS, err)
	}
	start := time.Now()
	conn, err := d.try(ctx, tries)
	if err == nil && d.opts.Proxy != nil {
		conn, err = d.passProxy(ctx, conn)
	}
	opening.Connect = time.Since(start)
	if err != nil {
		return nil, d.failure(ctx, results.Connect, err)
	}
	return conn, nil
}

// candidates lists the addresses to try, in this order.
func (d *dialer) candidates(ctx context.Context, opening *exchange.Opening) ([]string, error) {
	host, port, err := net.SplitHostPort(d.hop)
	if err != nil {
		return nil, err
	}
	if pin, ok := d.opts.Resolve[d.hop]; ok {
		return []string{pinned(pin, port)}, nil
	}
	if d.names == nil {
		return []string{d.hop}, nil
	}
	start := time.Now()
	addrs, asked, err := d.names.lookup(ctx, host)
	if asked {
		opening.DNS = time.Since(start)
	}
	if err != nil {
		return nil, err
	}
	tries := make([]string, 0, len(addrs))
	for _, a := range addrs {
		if s := d.opts.Source; !s.IsValid() || s.Is4() == a.Is4() {
			tries = append(tries, net.JoinHostPort(a.String(), port))
		}
	}
	if len(tries) == 0 {
		return nil, fmt.Errorf("%s has no address of the kind of the source address %s", host, d.opts.Source)
	}
	return tries, nil
}

// permitted asks whether "address:port" may be connected to.
func (d *dialer) permitted(address string) error {
	if d.opts.Permit == nil {
		return nil
	}
	a, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("%s is no address: it can't be told whether it may be driven", address)
	}
	return d.opts.Permit(a.Addr())
}

// try connects to the first address that answers.
func (d *dialer) try(ctx context.Context, tries []string) (net.Conn, error) {
	dial := d.net.DialContext
	if d.opts.Network != nil {
		dial = d.opts.Network
	}
	var errs []error
	for _, address := range tries {
		if err := d.permitted(address); err != nil {
			errs = append(errs, err)
			continue
		}
		conn, err := dial(ctx, "tcp", address)
		if err == nil && d.opts.Wrap != nil {
			conn = d.opts.Wrap(ctx, conn)
		}
		if err == nil {
			return conn, nil
		}
		errs = append(errs, err)
		if d.names != nil {
			d.names.avoid(address)
		}
		if ctx.Err() != nil || exhausted(err) {
			break
		}
	}
	return nil, errors.Join(errs...)
}
