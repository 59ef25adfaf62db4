package check

import (
	"bytes"
	"context"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// Gate sharpens the start of racing requests: it holds the last byte of each
// back until all of them lie at the server but for that byte, and lets them go
// together. A request that is one byte short can't be acted upon, so the way
// through the network and the server's reading no longer spread the starts.
// What isn't racing passes untouched.
//
// It goes on the connections of the targets that are raced:
//
//	targets, err := driver.OpenWrapped(plan, nil, check.Gate)
func Gate(ctx context.Context, conn net.Conn) net.Conn {
	g, ok := ctx.Value(gateKey{}).(*gate)
	if !ok {
		return conn
	}
	g.seen.Store(true)
	return &gated{Conn: conn, gate: g}
}

type gateKey struct{}

// gate lies on the connections of one client. It finds its way to them in the
// context of the request that opens them.
type gate struct {
	next atomic.Pointer[hold]
	seen atomic.Bool // a connection has the gate on it
}

func (g *gate) with(ctx context.Context) context.Context {
	return context.WithValue(ctx, gateKey{}, g)
}

// hold is one client's wait for the start.
type hold struct {
	ready func() // tells that the client has come to the start; called once
	wait  func() // returns when the client may start
	clock *clock
	once  sync.Once
	// passes lets the request through as it is.
	passes bool
	// released is the last moment at which the server can't have acted upon the
	// request yet; 0: not known.
	released atomic.Int64
}

// start waits at the barrier, once.
func (h *hold) start() {
	h.once.Do(func() {
		h.ready()
		h.wait()
	})
}

// free gives the start up for a request that failed before it reached it.
func (h *hold) free() { h.once.Do(h.ready) }

// gated is a connection with a gate on it.
type gated struct {
	net.Conn
	gate *gate
}

// Write holds the last byte of the first write after the gate was set. A
// handshake goes through.
func (c *gated) Write(b []byte) (int, error) {
	if len(b) < 2 || shakes(b) {
		return c.Conn.Write(b)
	}
	h := c.gate.next.Swap(nil)
	switch {
	case h == nil:
		return c.Conn.Write(b)
	case h.passes:
		h.released.Store(h.clock.now())
		return c.Conn.Write(b)
	}
	last := len(b) - 1
	n, err := c.Conn.Write(b[:last])
	if err != nil {
		h.free()
		return n, err
	}
	h.start()
	if inert(b) {
		h.released.Store(h.clock.now())
	}
	m, err := c.Conn.Write(b[last:])
	return n + m, err
}

// Types of TLS records (RFC 8446 section 5.1). No text of HTTP begins so.
const (
	changeCipherSpec = 20
	applicationData  = 23
)

// shakes tells whether a write is part of a handshake: in TLS 1.3 the end of one
// is encrypted, but goes out behind a change of cipher.
func shakes(b []byte) bool { return b[0] >= changeCipherSpec && b[0] < applicationData }

// inert tells whether a server can do nothing with all of it but the last byte:
// a head without a body lacks its end then, and a TLS record its seal. A request
// with a body may be looked at when its head is there, so its interval has to
// begin with its first byte.
func inert(b []byte) bool {
	end := bytes.Index(b, []byte("\r\n\r\n"))
	return b[0] == applicationData || end >= 0 && end+4 == len(b)
}

// clock gives each reading once: of two readings, the one that came first is
// the smaller, also where the system's clock stands still between them.
type clock struct {
	epoch time.Time
	last  atomic.Int64
}

// now is the time since the epoch in nanoseconds.
func (c *clock) now() int64 {
	for {
		last := c.last.Load()
		now := max(int64(time.Since(c.epoch)), last+1)
		if c.last.CompareAndSwap(last, now) {
			return now
		}
	}
}

// barrier lets the clients of a round off together.
type barrier struct {
	coming sync.WaitGroup
	open   chan struct{}
	base   int64 // reading of the clock from which offsets count; set before open closes
}

// lead is how long after the last client came the first one starts: the time
// that waking all of them takes.
const lead = 100 * time.Microsecond

func newBarrier(clients int) *barrier {
	b := &barrier{open: make(chan struct{})}
	b.coming.Add(clients)
	return b
}

// release waits for all clients and opens the barrier.
func (b *barrier) release(c *clock) {
	b.coming.Wait()
	b.base = c.now() + int64(lead)
	close(b.open)
}
