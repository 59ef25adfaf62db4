package http1

import (
	"fmt"
	"io"
	"sync"

	"authsoak/driver/exchange"
	"authsoak/results"
)

const (
	firstBuffer = 4 << 10 // holds nearly every answer of a login server
	leastRead   = 512     // less room than this is not worth a read
	emptyReads  = 16      // reads without a byte and without an error, in a row
)

// reader reads one answer. The unread bytes are buf[pos:end]; the head lies
// before them, and after the head the kept part of the body.
type reader struct {
	conn *Conn
	ans  *exchange.Answer
	buf  []byte
	pos  int
	end  int

	inBody bool
	body   int // where the body begins
	kept   int // where its kept part ends; the bytes up to pos are free

	frame
	valueStart int // of the last field, for a continuation
	valueEnd   int

	seen  bool  // at least one byte came
	late  error // came together with the last bytes
	short bool  // the last read had room for more
}

// frame is what a head says about the end of its answer.
type frame struct {
	old       bool // HTTP/1.0
	close     bool
	keepAlive bool
	chunked   bool
	hasLength bool
	digits    int // in Content-Length, to tell 5 from 05
	length    int64
}

// readers are shared, as the memory of answers is: few have work at any time. Each
// in the pool is zero; one whose exchange panicked doesn't come back.
var readers = sync.Pool{New: func() any { return new(reader) }}

// malformed is an answer that breaks the protocol; any other error of a reader
// is one of the connection.
type malformed struct {
	what string
	text string // the offending part, cut short; empty: none
}

func (m *malformed) Error() string {
	if m.text == "" {
		return m.what
	}
	return fmt.Sprintf("%s: %q", m.what, m.text)
}

func wrong(what string, text []byte) error {
	return &malformed{what, string(text[:min(len(text), 80)])}
}

// answer reads to the end of the answer and not a byte further.
func (r *reader) answer(head bool) (results.Class, error) {
	err := r.first()
	if err == nil {
		err = r.heads()
	}
	if err == nil {
		err = r.readBody(head)
	}
	if err == nil {
		return results.NoClass, nil
	}
	if _, ok := err.(*malformed); ok {
		return results.Protocol, err
	}
	if err == io.EOF && r.seen {
		err = io.ErrUnexpectedEOF
	}
	return results.Read, err
}

// first takes over what came in the turn that sent the request.
func (r *reader) first() error {
	if r.conn.stage != answered {
		return nil
	}
	r.conn.stage = unsent
	return r.took(r.conn.got, r.conn.fault)
}

// heads reads the head of the answer and skips the interim ones before it.
func (r *reader) heads() error {
	for range exchange.InterimLimit + 1 {
		if err := r.head(); err != nil {
			return err
		}
		switch {
		case r.ans.Status == 101:
			return wrong("the server changes the protocol unasked (101)", nil)
		case r.ans.Status >= 200:
			return nil
		}
		// The limit on a head holds for each, so the next begins at 0 again.
		r.end = copy(r.buf, r.buf[r.pos:r.end])
		r.pos = 0
	}
	return wrong(fmt.Sprintf("more than %d interim answers (1xx)", exchange.InterimLimit), nil)
}

// fill reads once more, for at least one byte.
func (r *reader) fill() error {
	if r.late != nil {
		return r.late
	}
	if r.buf == nil {
		r.buf = room(r.ans)
	}
	if r.inBody && r.kept < r.pos && (r.pos == r.end || len(r.buf)-r.end < leastRead) {
		r.end = r.kept + copy(r.buf[r.kept:], r.buf[r.pos:r.end])
		r.pos = r.kept
	}
	if len(r.buf)-r.end < leastRead {
		r.grow(2 * len(r.buf))
	}
	for range emptyReads {
		n, err := r.conn.conn.Read(r.buf[r.end:])
		if n > 0 || err != nil {
			r.short = n < len(r.buf)-r.end
			return r.took(n, err)
		}
	}
	return io.ErrNoProgress
}

// room is where the first bytes of an answer go.
func room(ans *exchange.Answer) []byte {
	if len(ans.Buffer()) < firstBuffer {
		ans.SetBuffer(make([]byte, firstBuffer))
	}
	return ans.Held()
}

// grow moves to a bigger buffer. Fields stay where they are: the old buffer
// lives as long as they do.
func (r *reader) grow(size int) {
	if size <= len(r.buf) {
		return
	}
	bigger := make([]byte, size)
	copy(bigger, r.buf[:r.end])
	r.buf = bigger
	r.ans.SetBuffer(bigger)
}

// took notes the outcome of a read into buf[end:]. Nothing read without an
// error is the end of the stream, as the socket tells it.
func (r *reader) took(n int, err error) error {
	if n > 0 {
		r.end += n
		r.seen = true
		r.late = err
		return nil
	}
	if err == nil {
		return io.EOF
	}
	return err
}

// leftover tells whether the connection holds more than the answer, or ended
// with it. What follows an answer unasked would pass for the next one.
func (r *reader) leftover() bool {
	if r.pos < r.end || r.late != nil {
		return true
	}
	g := r.conn.guard
	if g == nil || (r.short && g.oneRecord()) {
		return false
	}
	return g.holds(r.conn.conn, r.conn.probe[:], false)
}
