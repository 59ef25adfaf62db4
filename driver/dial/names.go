package dial

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"time"
)

const (
	nameTTL    = 30 * time.Second
	failureTTL = time.Second // a name server in trouble is not asked a thousand times a second
)

// Addresses returns the addresses of a host; those of a literal address are
// itself.
func Addresses(ctx context.Context, host string) ([]netip.Addr, error) {
	if a, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{a.Unmap()}, nil
	}
	addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil, err
	}
	for i := range addrs {
		addrs[i] = addrs[i].Unmap()
	}
	return addrs, nil
}

// names remembers the addresses of one host and hands them out in turn. It is
// safe for concurrent use; while one caller asks, the others wait.
type names struct {
	ask func(ctx context.Context, host string) ([]netip.Addr, error)
	// turn holds a token while nobody asks.
	turn chan struct{}

	mu    sync.Mutex
	addrs []netip.Addr
	err   error
	until time.Time
	next  int
	bad   map[netip.Addr]bool // refused since the last lookup
}

func newNames(ask func(context.Context, string) ([]netip.Addr, error)) *names {
	n := &names{ask: ask, turn: make(chan struct{}, 1)}
	n.turn <- struct{}{}
	return n
}

// lookup returns the addresses in the order to try them, and whether that took
// a question to the name server.
func (n *names) lookup(ctx context.Context, host string) (addrs []netip.Addr, asked bool, err error) {
	if a, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{a}, false, nil
	}
	if addrs, err, ok := n.known(); ok {
		return addrs, false, err
	}
	select {
	case <-n.turn:
	case <-ctx.Done():
		return nil, true, ctx.Err()
	}
	defer func() { n.turn <- struct{}{} }()
	if addrs, err, ok := n.known(); ok {
		return addrs, true, err
	}
	addrs, err = n.ask(ctx, host)
	if err != nil && ctx.Err() != nil {
		return nil, true, err
	}
	n.learn(addrs, err)
	addrs, err, _ = n.known()
	return addrs, true, err
}

func (n *names) learn(addrs []netip.Addr, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.addrs, n.err, n.bad = addrs, err, nil
	n.until = time.Now().Add(nameTTL)
	if err != nil {
		n.until = time.Now().Add(failureTTL)
	}
}

// known returns what the last lookup found, each time beginning one further, so
// that the addresses share the load. Those that refused come last.
func (n *names) known() ([]netip.Addr, error, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.until.IsZero() || time.Now().After(n.until) {
		return nil, nil, false
	}
	if n.err != nil || len(n.addrs) == 0 {
		return nil, n.err, true
	}
	var good, bad []netip.Addr
	for i := range n.addrs {
		a := n.addrs[(n.next+i)%len(n.addrs)]
		if n.bad[a] {
			bad = append(bad, a)
		} else {
			good = append(good, a)
		}
	}
	n.next++
	return append(good, bad...), nil, true
}

// avoid puts an address behind the others until the next lookup.
func (n *names) avoid(address string) {
	ap, err := netip.ParseAddrPort(address)
	if err != nil {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.bad == nil {
		n.bad = map[netip.Addr]bool{}
	}
	n.bad[ap.Addr()] = true
}

// pinned is a pin with a port: its own, or the one of the name it stands for.
func pinned(pin, port string) string {
	if a, err := netip.ParseAddr(pin); err == nil {
		return net.JoinHostPort(a.String(), port)
	}
	return pin
}

func addrPort(a netip.Addr) netip.AddrPort { return netip.AddrPortFrom(a, 0) }
