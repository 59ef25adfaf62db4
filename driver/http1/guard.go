package http1

import (
	"errors"
	"io"
	"net"
	"syscall"
)

// Guard lies between a *tls.Conn and its transport. It makes TLS answer two
// questions that it can't answer by itself: whether anything of a request went
// out, and whether something is there to read, without waiting. And it can hold a
// request back until TLS reads, to write it inside the wait for the answer. It
// belongs to the goroutine that owns the connection.
type Guard struct {
	net.Conn
	raw     syscall.RawConn // nil: only what TLS holds already can be seen
	try     func(fd uintptr) bool
	turn    func(fd uintptr) bool
	mode    guardMode
	written int64

	keeping bool   // writes wait for the next read
	kept    []byte // what waits
	sent    int    // of it, so far
	broken  error  // of writing it

	into  []byte
	got   int
	fault error

	records records
}

type guardMode uint8

const (
	passing guardMode = iota
	holding           // reads find nothing: only what TLS has buffered counts
	peering           // reads don't wait
)

// NewGuard returns a guard over the transport; the TLS connection goes on top.
func NewGuard(conn net.Conn) *Guard {
	g := &Guard{Conn: conn}
	if t, ok := conn.(*net.TCPConn); ok {
		g.raw = rawConn(t)
		g.try, g.turn = g.rawTry, g.rawTurn
	}
	return g
}

// notYet is the answer of a read that would have to wait. TLS takes it for a
// passing trouble and remains usable.
type notYet struct{}

func (notYet) Error() string   { return "nothing to read yet" }
func (notYet) Timeout() bool   { return true }
func (notYet) Temporary() bool { return true }

var errNotYet net.Error = notYet{}

// Read reads, or in a probe only looks.
func (g *Guard) Read(p []byte) (int, error) {
	n, err := g.read(p)
	g.records.follow(p[:max(n, 0)])
	return n, err
}

func (g *Guard) read(p []byte) (int, error) {
	switch {
	case g.mode == passing && len(g.kept) > 0:
		return g.exchange(p)
	case g.mode == passing:
		return g.Conn.Read(p)
	case g.mode == holding || g.raw == nil:
		return 0, errNotYet
	}
	g.into = p
	err := g.raw.Read(g.try)
	g.into = nil
	switch {
	case err != nil:
		return 0, err
	case g.fault != nil:
		return 0, g.fault
	case g.got == 0:
		return 0, io.EOF
	}
	return g.got, nil
}

// exchange writes what was kept and waits for the first bytes of the answer, in
// one turn of the poller: see [Conn.rawTurn]. It saves the read that only finds an
// empty socket, one system call of three.
func (g *Guard) exchange(p []byte) (int, error) {
	g.into, g.got, g.fault, g.sent, g.broken = p, -1, nil, 0, nil
	err := g.raw.Read(g.turn)
	g.into = nil
	rest := g.kept[g.sent:]
	g.kept = g.kept[:0]
	g.written += int64(g.sent)
	switch {
	case g.broken != nil:
		return 0, g.broken
	case err != nil:
		return 0, err
	case len(rest) > 0:
		if _, g.broken = g.Write(rest); g.broken != nil {
			return 0, g.broken
		}
		return g.Conn.Read(p)
	case g.fault != nil:
		return 0, g.fault
	case g.got == 0:
		return 0, io.EOF
	}
	return g.got, nil
}

// keep makes the guard hold back what is written until the next read, or stop
// doing so.
func (g *Guard) keep(on bool) {
	if cap(g.kept) > mostKept {
		g.kept = nil
	}
	g.keeping, g.kept, g.broken = on, g.kept[:0], nil
}

// mostKept is how much memory a connection holds for its next request.
const mostKept = 16 << 10

// Write writes and counts.
func (g *Guard) Write(p []byte) (int, error) {
	if g.keeping {
		g.kept = append(g.kept, p...)
		return len(p), nil
	}
	n, err := g.Conn.Write(p)
	g.written += int64(n)
	return n, err
}

// count returns the bytes written so far; a missing guard counts none.
func (g *Guard) count() int64 {
	if g == nil {
		return 0
	}
	return g.written
}

// oneRecord tells whether TLS got exactly one whole record at its last read, and
// nothing of another. TLS reads when it has used up what it had, so once it has
// handed that record over it holds nothing. Alerts that can be seen as such make an
// exception: crypto/tls takes in one that came with data before it hands the data
// over, drops it if it is but a warning, and reads the next record.
func (g *Guard) oneRecord() bool {
	return g.records.whole == 1 && g.records.left == 0 && g.records.in == 0 && !g.records.alerted
}

// records follows the framing of TLS, whose heads are never encrypted: kind,
// version (2), length (2), RFC 8446, section 5.1.
type records struct {
	in    int // bytes of a head that have come
	left  int // bytes of a record's body that are still to come
	size  int // of that body, as far as the head tells
	whole int // records that ended in the last piece
	// alerted tells that an alert has begun, ever. TLS 1.3 hides the kind of its
	// records, from crypto/tls too before it has opened them.
	alerted bool
}

const (
	recordHead  = 5
	alertRecord = 21
)

// follow takes in the next piece of the stream.
func (r *records) follow(p []byte) {
	for r.whole = 0; len(p) > 0; {
		if r.left > 0 {
			n := min(r.left, len(p))
			r.left -= n
			p = p[n:]
		} else {
			switch {
			case r.in == 0 && p[0] == alertRecord:
				r.alerted = true
			case r.in >= recordHead-2:
				r.size = r.size<<8 | int(p[0])
			}
			r.in++
			p = p[1:]
			if r.in < recordHead {
				continue
			}
			r.in, r.left, r.size = 0, r.size, 0
		}
		if r.left == 0 {
			r.whole++
		}
	}
}

// holds tells whether a read of the TLS connection above would return at once,
// with data or with an end. Session tickets, which a server sends unasked, are
// taken in and do not count. With socket it also looks at the socket, else only
// at what TLS has read already.
func (g *Guard) holds(above io.Reader, p []byte, socket bool) bool {
	g.mode = holding
	if socket {
		g.mode = peering
	}
	n, err := above.Read(p)
	g.mode = passing
	return n > 0 || !errors.Is(err, errNotYet)
}
