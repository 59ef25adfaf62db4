package http1

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"sync/atomic"
	"syscall"
	"time"

	"authsoak/driver/exchange"
	"authsoak/results"
)

// Conn is one HTTP/1.1 connection. It implements [exchange.Conn].
type Conn struct {
	conn  net.Conn
	raw   syscall.RawConn // nil unless plain TCP where sockets tell readiness
	guard *Guard          // nil unless TLS over a Guard

	aborted atomic.Bool
	reused  bool

	// State of turn and peek, the callbacks run on the socket itself. They
	// are bound once, because binding a method allocates.
	turn   func(fd uintptr) bool
	peek   func(fd uintptr)
	wire   []byte
	into   *exchange.Answer
	stage  stage
	wrote  int
	got    int
	fault  error
	peeked peeked
	probe  [1]byte

	before int64         // bytes that the guard had written before this exchange
	begun  time.Duration // when the exchange before began, since epoch
	rested bool          // that is long ago: look before writing
}

var _ exchange.Conn = (*Conn)(nil)

// restful is how long after an exchange a server may be expected to give the
// connection up.
const restful = 100 * time.Millisecond

// epoch makes reading the clock cheap.
var epoch = time.Now()

// stage is how far a turn has come.
type stage uint8

const (
	unsent stage = iota
	unfit        // given up before the request was written
	sent
	answered // a read took place
)

// peeked is what a look at an idle socket finds.
type peeked uint8

const (
	nothing peeked = iota
	data
	closed
)

// New returns the engine over an open connection, which it then owns. A
// *tls.Conn must have shaken hands and must not have agreed on HTTP/2.
func New(conn net.Conn) *Conn {
	c := &Conn{conn: conn, begun: -restful}
	switch t := conn.(type) {
	case *net.TCPConn:
		c.raw = rawConn(t)
	case *tls.Conn:
		c.guard, _ = t.NetConn().(*Guard)
	}
	if c.raw != nil {
		c.turn, c.peek = c.rawTurn, c.rawPeek
	}
	return c
}

// Do writes the request and reads the whole answer into ans. An error is always
// an [*exchange.Error], and the connection is then good for nothing but Close.
// The request is written before the answer is looked at, so a server that
// answers early and reads no further ends in a write error or a timeout.
func (c *Conn) Do(req *exchange.Request, ans *exchange.Answer) error {
	ans.Reset()
	class, progress, err := c.send(req.Wire, ans)
	leftover := false
	if err == nil {
		r := readers.Get().(*reader)
		r.conn, r.ans, r.buf = c, ans, ans.Held()
		class, err = r.answer(req.Head)
		if r.seen {
			progress = exchange.Answered
		}
		leftover = err == nil && (r.close || r.leftover())
		*r = reader{}
		readers.Put(r)
	}
	if c.guard != nil {
		class, progress, err = c.unkept(class, progress, err)
	}
	if err != nil {
		return c.failure(class, progress, err)
	}
	// An abort that came too late has left a deadline in the past behind.
	ans.Close = leftover || c.aborted.Load()
	c.reused = true
	return nil
}

// send writes the request and, where it can do both at once, reads the first
// bytes of the answer.
func (c *Conn) send(wire []byte, ans *exchange.Answer) (results.Class, exchange.Progress, error) {
	if c.raw != nil {
		return c.sendRaw(wire, ans)
	}
	c.before = c.guard.count()
	c.rest()
	if c.guard != nil && c.guard.raw != nil {
		// What came while the connection rested would not end the wait, and a
		// long request is not worth another copy.
		c.guard.keep(!c.rested && len(wire) <= mostKept/2)
	}
	n, err := c.conn.Write(wire)
	if c.guard != nil {
		c.guard.keeping = false
	}
	// TLS counts whole records only; the guard below it counts bytes.
	return written(n > 0 || c.guard.count() > c.before, err)
}

// unkept corrects the fate of a request that the guard kept and that was not
// written whole when TLS came to read.
func (c *Conn) unkept(class results.Class, progress exchange.Progress, err error) (results.Class, exchange.Progress, error) {
	switch g := c.guard; {
	case len(g.kept) > 0 && err == nil: // TLS had an answer already
		return results.Protocol, exchange.NotWritten, errUnasked
	case err != nil && g.count() == c.before:
		return results.Write, exchange.NotWritten, err
	case g.broken != nil:
		return results.Write, exchange.Written, err
	}
	return class, progress, err
}

// rest notes whether the connection has been idle for long.
func (c *Conn) rest() {
	now := time.Since(epoch)
	c.rested, c.begun = now-c.begun >= restful, now
}

// sendRaw writes the request inside the wait for the answer (see rawTurn). What
// the socket has no room for is written the ordinary way.
func (c *Conn) sendRaw(wire []byte, ans *exchange.Answer) (results.Class, exchange.Progress, error) {
	c.rest()
	c.wire, c.into = wire, ans
	c.stage, c.wrote, c.got, c.fault, c.peeked = unsent, 0, 0, nil, nothing
	err := c.raw.Read(c.turn)
	c.wire, c.into = nil, nil
	switch {
	case err != nil && c.stage != sent:
		return written(false, err)
	case err != nil:
		progress, err := c.lastWord(err)
		return results.Read, progress, err
	case c.stage == unfit && c.peeked == data:
		return results.Protocol, exchange.NotWritten, errUnasked
	case c.stage == unfit:
		return results.Read, exchange.NotWritten, io.EOF
	case c.stage == sent && c.fault != nil:
		return written(c.wrote > 0, c.fault)
	case c.stage == sent && c.wrote < len(wire):
		n, err := c.conn.Write(wire[c.wrote:])
		return written(c.wrote+n > 0, err)
	}
	return results.NoClass, exchange.Written, nil
}

var errUnasked = wrong("the server sent something before it was asked", nil)

func written(some bool, err error) (results.Class, exchange.Progress, error) {
	if err != nil && !some {
		return results.Write, exchange.NotWritten, err
	}
	return results.Write, exchange.Written, err
}

// lastWord tells what an aborted wait could not see. A server that closes its
// own direction just before the request is written, and reads on, sends nothing
// more that would end the wait; the close is then the cause, not slowness.
func (c *Conn) lastWord(err error) (exchange.Progress, error) {
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		return exchange.Written, err
	}
	switch c.look() {
	case closed:
		return exchange.Written, io.EOF
	case data:
		return exchange.Answered, err
	}
	return exchange.Written, err
}

// failure makes the error of an exchange. The owner of an aborted connection
// may close it before Do has noticed the abort. TLS 1.3 tells of a refused
// client certificate only after the handshake, in place of an answer.
func (c *Conn) failure(class results.Class, progress exchange.Progress, err error) error {
	var op *net.OpError
	switch {
	case errors.As(err, &op) && op.Op == "remote error":
		class = results.TLS
	case errors.Is(err, os.ErrDeadlineExceeded):
		class = results.Timeout
	case c.aborted.Load() && (errors.Is(err, net.ErrClosed) || errors.Is(err, io.ErrClosedPipe)):
		class = results.Timeout
	}
	return &exchange.Error{Class: class, Progress: progress, Reused: c.reused, Err: err}
}

// Stale tells, without waiting, whether the server has closed the idle
// connection or sent something unasked. It costs a system call. It knows TCP
// and TLS over a [Guard]; any other connection passes for fresh. On TCP, Do
// itself looks at a connection that has rested, before it writes a byte.
func (c *Conn) Stale() bool {
	switch {
	case c.aborted.Load():
		return true
	case c.raw != nil:
		return c.look() != nothing
	case c.guard != nil:
		return c.guard.holds(c.conn, c.probe[:], true)
	}
	return false
}

// look peeks at the socket without waiting.
func (c *Conn) look() peeked {
	if err := c.raw.Control(c.peek); err != nil {
		return closed
	}
	return c.peeked
}

// past is a deadline that every clock, also a fake one, has behind it.
var past = time.Unix(1, 0)

// Abort ends an exchange in progress with a timeout. It may come from any
// goroutine, also just after Do has returned; the connection must then be
// closed, since its next exchange would end at once with a timeout too.
func (c *Conn) Abort() {
	c.aborted.Store(true)
	// A connection that can't take the deadline is closed already.
	_ = c.conn.SetDeadline(past)
}

// Close frees the connection.
func (c *Conn) Close() error { return c.conn.Close() }
