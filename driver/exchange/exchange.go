// Package exchange holds what every HTTP engine of the driver has in common:
// a request as bytes, an answer, and errors that say how far the request got.
// It opens no connection itself.
package exchange

import (
	"context"
	"fmt"
	"sync"
	"time"

	"authsoak/results"
)

// Request is one HTTP/1.1 message, rendered. Both engines send the same bytes;
// the standard engine parses them again, so that no second renderer can differ.
type Request struct {
	// Wire is the whole message: request line, headers, empty line, body.
	Wire []byte
	// Head says that the method is HEAD: the answer has no body.
	Head bool
	// Idempotent says that the request may be sent twice.
	Idempotent bool
}

// Field is one header field of an answer. Both slices lie in the answer's
// buffer and hold until the next exchange.
type Field struct{ Name, Value []byte }

// mostShared is the largest memory that is shared. A longer answer, such as a list
// of all sessions, is rare, and its memory would stay as long as there is load.
const mostShared = 256 << 10

// Answer is what came back. It is reused: everything in it holds until the next
// exchange on the same Answer begins.
type Answer struct {
	Status int
	// Fields are the header fields in the order of arrival. The standard engine
	// keeps the order only among fields of one name, and may leave out those
	// that frame the message (Connection, Content-Length, Transfer-Encoding,
	// Trailer).
	Fields []Field
	// Body holds the first bytes of the body, [Answer.Kept] at most.
	Body []byte
	// Keep is set by who sends the request: how much of the body to keep; 0:
	// [BodyLimit].
	Keep int
	// BodyBytes is the length of the whole body.
	BodyBytes int64
	// Close says that the connection can't carry another request.
	Close bool
	// Resent says that the request was written a second time, on a connection
	// of its own, under the rule of [Error.MayResend].
	Resent bool
	// HTTP2 says that the answer came over HTTP/2.
	HTTP2 bool

	memory *memory // nil: none is held
}

// memory is what the fields and the body of an answer lie in.
type memory struct {
	fields []Field
	buffer []byte
}

// memories are shared among the answers of all workers, since few of a thousand
// workers have an answer at hand at any time: it then lies in memory that the
// processor still has in its cache.
var memories = sync.Pool{New: func() any { return new(memory) }}

// BodyLimit is how much of a body is kept for judging, in bytes, if nothing else
// is asked for. The rest is read, counted and thrown away.
const BodyLimit = 64 << 10

// Kept is how much of the body is kept.
func (a *Answer) Kept() int {
	if a.Keep > 0 {
		return a.Keep
	}
	return BodyLimit
}

// What no honest server exceeds; beyond it an answer is a protocol error.
const (
	HeadLimit    = 64 << 10 // bytes of status line and header fields together
	FieldLimit   = 512      // header fields
	InterimLimit = 8        // 1xx answers before the real one
)

// Reset empties the answer for the next exchange and gives up its memory, which
// another answer may fill at once.
func (a *Answer) Reset() {
	if m := a.memory; m != nil && cap(m.buffer) <= mostShared {
		m.fields = a.Fields[:0]
		memories.Put(m)
	}
	*a = Answer{Keep: a.Keep}
}

// Buffer returns the memory that an engine puts fields and body into; the answer
// holds it until it is reset. An engine asks for it as late as it can, when the
// answer is there.
func (a *Answer) Buffer() []byte {
	if a.memory == nil {
		a.memory = memories.Get().(*memory)
		if a.Fields == nil {
			a.Fields = a.memory.fields
		}
	}
	return a.memory.buffer
}

// Held is the memory that [Answer.Buffer] has returned since the last reset; nil:
// none.
func (a *Answer) Held() []byte {
	if a.memory == nil {
		return nil
	}
	return a.memory.buffer
}

// SetBuffer gives the answer the memory its fields and body lie in now, in place
// of what [Answer.Buffer] returned.
func (a *Answer) SetBuffer(b []byte) {
	a.Buffer()
	a.memory.buffer = b
}

// Get returns the first field of that name (any case), or nil.
func (a *Answer) Get(name string) []byte {
	for i := range a.Fields {
		if equalFold(a.Fields[i].Name, name) {
			return a.Fields[i].Value
		}
	}
	return nil
}

func equalFold(b []byte, s string) bool {
	if len(b) != len(s) {
		return false
	}
	for i := range b {
		x, y := b[i], s[i]
		if x == y {
			continue
		}
		if x|0x20 != y|0x20 || x|0x20 < 'a' || x|0x20 > 'z' {
			return false
		}
	}
	return true
}

// Progress says how far a request got before an error.
type Progress uint8

// A request that is Written whole or in part may have been acted on.
const (
	NotWritten Progress = iota
	Written             // at least one byte went out
	Answered            // at least one byte of the answer came back
)

// Error is the end of an exchange without an answer.
type Error struct {
	Class    results.Class // the layer: dns, connect, tls, write, read, timeout, protocol, exhausted
	Progress Progress
	Reused   bool // the connection had carried an exchange before
	Err      error
}

func (e *Error) Error() string { return fmt.Sprintf("%s: %v", e.Class, e.Err) }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// MayResend tells whether the request may be written again, on a fresh
// connection: nothing of it was written, or it is idempotent and the server
// closed a reused connection before the first byte of an answer.
func (e *Error) MayResend(idempotent bool) bool {
	if e.Class == results.Timeout || !e.Reused {
		return false
	}
	return e.Progress == NotWritten || (idempotent && e.Progress == Written)
}

// Conn is one connection to one target under one TLS identity. Do and Stale
// belong to one goroutine at a time; Abort may come from any.
type Conn interface {
	// Do writes the request and reads the whole answer into ans. An error is
	// always an [*Error], and the connection is then good for nothing but Close.
	Do(req *Request, ans *Answer) error
	// Stale tells, without waiting, whether the server has closed the idle
	// connection or sent something unasked.
	Stale() bool
	// Abort ends an exchange in progress with a timeout.
	Abort()
	// Close frees the connection.
	Close() error
}

// Opening is how long the parts of opening a connection took; zero: not done.
type Opening struct {
	DNS, Connect, TLS time.Duration
	Resumed           bool // TLS by ticket
	HTTP2             bool
}

// Dialer opens connections to one target. It is safe for concurrent use.
type Dialer interface {
	// Dial opens a connection under the given identity: 0 is none, i > 0 the
	// target's client certificate i. An error is always an [*Error].
	Dial(ctx context.Context, identity int) (Conn, Opening, error)
}

// StatusCode returns the status.
func (a *Answer) StatusCode() int { return a.Status }

// Content returns the kept part of the body.
func (a *Answer) Content() []byte { return a.Body }
