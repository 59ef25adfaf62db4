package standard

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"authsoak/driver/exchange"
	"authsoak/results"
)

// Conn is one connection. It implements [exchange.Conn].
type Conn struct {
	client *http.ClientConn
	target *url.URL
	http2  bool
	tally  *tally // nil for HTTP/2
	reused bool

	mu      sync.Mutex
	cancel  context.CancelFunc // of the exchange in progress; nil: none
	aborted bool
}

var _ exchange.Conn = (*Conn)(nil)

// exchangeState is what becomes known of one exchange as it goes.
type exchangeState struct {
	wrote, answered atomic.Bool // by the trace; HTTP/2 only
	startOut        int64       // by the tally; HTTP/1.1 only
	startIn         int64
	interim         int
}

// Do sends the request and reads the whole answer into ans. An error is always
// an [*exchange.Error], and the connection is then good for nothing but Close.
func (c *Conn) Do(req *exchange.Request, ans *exchange.Answer) error {
	ans.Reset()
	state := new(exchangeState)
	if c.tally != nil {
		state.startOut, state.startIn = c.tally.wrote.Load(), c.tally.got.Load()
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if !c.begin(cancel) {
		return c.failure(state, context.Canceled)
	}
	defer c.end()
	r, err := c.parse(req.Wire)
	if err != nil {
		return &exchange.Error{Class: results.Write, Reused: c.reused, Err: fmt.Errorf("the request is malformed: %w", err)}
	}
	res, err := c.client.RoundTrip(r.WithContext(httptrace.WithClientTrace(ctx, c.trace(state))))
	if err != nil {
		return c.failure(state, err)
	}
	defer res.Body.Close()
	if err := c.take(r, res, ans); err != nil {
		return c.failure(state, err)
	}
	c.reused = true
	return nil
}

// parse reads the rendered request again. The body is a copy: net/http may
// still be writing it when the answer is already there.
func (c *Conn) parse(wire []byte) (*http.Request, error) {
	r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(wire)))
	if err != nil {
		return nil, err
	}
	r.RequestURI = ""
	r.URL.Scheme, r.URL.Host = c.target.Scheme, c.target.Host
	if r.Body != nil && r.Body != http.NoBody {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	if _, ok := r.Header["User-Agent"]; !ok {
		r.Header["User-Agent"] = []string{""} // net/http's way to send none
	}
	return r, nil
}

func (c *Conn) trace(state *exchangeState) *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		// The trace tells of written headers only after a server may have acted
		// on them. Their encoding comes before the first byte goes out, and a
		// login must rather pass for written than be written twice.
		WroteHeaderField:     func(string, []string) { state.wrote.Store(true) },
		GotFirstResponseByte: func() { state.answered.Store(true) },
		Got1xxResponse: func(int, textproto.MIMEHeader) error {
			if state.interim++; state.interim > exchange.InterimLimit {
				return fmt.Errorf("more than %d interim answers (1xx)", exchange.InterimLimit)
			}
			return nil
		},
	}
}

// broken is an answer that net/http takes and the contract doesn't.
type broken string

func (b broken) Error() string { return string(b) }

// take moves the answer into ans.
func (c *Conn) take(req *http.Request, res *http.Response, ans *exchange.Answer) error {
	ans.Status = res.StatusCode
	ans.HTTP2 = c.http2
	if res.StatusCode == http.StatusSwitchingProtocols {
		return broken("the server changes the protocol unasked (101)")
	}
	if err := fields(res.Header, ans); err != nil {
		return err
	}
	err := body(res.Body, ans)
	ans.Close = res.Close || req.Close
	return err
}

// fields lists the header by name, so that samples of a run look alike.
func fields(h http.Header, ans *exchange.Answer) error {
	names := make([]string, 0, len(h))
	for name := range h {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		for _, value := range h[name] {
			ans.Fields = append(ans.Fields, exchange.Field{Name: []byte(name), Value: []byte(value)})
		}
	}
	if len(ans.Fields) > exchange.FieldLimit {
		return broken(fmt.Sprintf("the answer has more than %d header fields", exchange.FieldLimit))
	}
	return nil
}

// body keeps the first part of the body and counts the rest.
func body(from io.Reader, ans *exchange.Answer) error {
	kept := bytes.NewBuffer(ans.Buffer()[:0])
	n, err := io.Copy(kept, io.LimitReader(from, int64(ans.Kept())))
	ans.Body, ans.BodyBytes = kept.Bytes(), n
	ans.SetBuffer(ans.Body[:cap(ans.Body)])
	if err != nil || n < int64(ans.Kept()) {
		return err
	}
	rest, err := io.Copy(io.Discard, from)
	ans.BodyBytes += rest
	return err
}

// begin notes the exchange in progress, unless the connection was aborted.
func (c *Conn) begin(cancel context.CancelFunc) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cancel = cancel
	return !c.aborted
}

func (c *Conn) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cancel = nil
}

// failure makes the error of an exchange. The layer is what the connection
// itself has seen: net/http's words for it vary with its goroutines' timing.
func (c *Conn) failure(state *exchangeState, err error) error {
	e := &exchange.Error{Class: results.Read, Progress: c.progress(state), Reused: c.reused, Err: err}
	var op *net.OpError
	c.mu.Lock()
	aborted := c.aborted
	c.mu.Unlock()
	switch {
	case aborted:
		e.Class = results.Timeout
	case errors.As(err, &op) && op.Op == "remote error":
		e.Class = results.TLS
	case errors.As(err, new(broken)):
		e.Class = results.Protocol
	case c.http2:
		e.Class = http2Class(e.Progress, err)
	case e.Progress == exchange.NotWritten:
		e.Class = results.Write
	case c.tally.readEnd.Load() != nil:
		e.Class = results.Read
	case c.tally.writeFail.Load() != nil:
		e.Class = results.Write
	default:
		e.Class = results.Protocol
	}
	return e
}

func (c *Conn) progress(state *exchangeState) exchange.Progress {
	wrote, answered := state.wrote.Load(), state.answered.Load()
	if c.tally != nil {
		wrote = c.tally.wrote.Load() > state.startOut
		answered = c.tally.got.Load() > state.startIn
	}
	switch {
	case answered:
		return exchange.Answered
	case wrote:
		return exchange.Written
	}
	return exchange.NotWritten
}

// http2Faults are the words of HTTP/2 errors that blame the other side's frames
// or header fields. Their types are hidden inside net/http.
var http2Faults = []string{"PROTOCOL_ERROR", "FRAME_SIZE_ERROR", "FLOW_CONTROL_ERROR", "COMPRESSION_ERROR", "malformed", "larger than advertised limit", "interim answers"}

// http2Class tells a stream or connection that ended from frames that make no
// sense.
func http2Class(progress exchange.Progress, err error) results.Class {
	if progress == exchange.NotWritten {
		return results.Write
	}
	for _, words := range http2Faults {
		if strings.Contains(err.Error(), words) {
			return results.Protocol
		}
	}
	return results.Read
}

// Stale tells, without waiting, whether the server has closed the idle
// connection or sent something unasked. net/http reads idle connections all the
// time, so it may learn of either a moment late.
func (c *Conn) Stale() bool { return c.client.Err() != nil || c.client.Available() == 0 }

// Abort ends an exchange in progress with a timeout. It may come from any
// goroutine, also just after Do has returned; the connection must then be
// closed, since its next exchange would end at once with a timeout too.
func (c *Conn) Abort() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.aborted = true
	if c.cancel != nil {
		c.cancel()
	}
}

// Close frees the connection.
func (c *Conn) Close() error { return c.client.Close() }
