package main

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strconv"
	"syscall"
)

// loop is the reference: one connection, one goroutine, answers parsed just
// enough to find their end. What a generator costs above it is the price of what
// the generator does besides.
type loop struct {
	conn net.Conn
	turn func() error // writes out, and reads some of the answer into buf[have:]
	out  []byte
	buf  []byte
	have int
}

// newLoop opens a connection: over plain TCP, requests are written inside the
// poller's callback; over TLS, by crypto/tls.
func newLoop(address string, secure *tls.Config) (client, error) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	l := &loop{conn: conn, buf: make([]byte, 4096)}
	if secure != nil {
		l.conn = tls.Client(conn, secure)
		l.turn = l.plainTurn
		return l, nil
	}
	r := &raw{loop: l}
	r.callback = r.step
	l.turn = r.turn
	r.conn, err = conn.(*net.TCPConn).SyscallConn()
	return l, err
}

func (l *loop) close() error { return l.conn.Close() }

// plainTurn is a turn over any connection.
func (l *loop) plainTurn() error {
	if l.have == 0 {
		if _, err := l.conn.Write(l.out); err != nil {
			return err
		}
	}
	n, err := l.conn.Read(l.buf[l.have:])
	l.have += n
	return err
}

// raw is a turn over the socket itself.
type raw struct {
	*loop
	conn     syscall.RawConn
	sent     bool
	failed   error
	callback func(fd uintptr) bool
}

func (r *raw) turn() error {
	r.sent, r.failed = r.have > 0, nil
	if err := r.conn.Read(r.callback); err != nil {
		return err
	}
	return r.failed
}

// step writes the request at its first call and asks to be called again when an
// answer can be read; then it reads.
func (r *raw) step(fd uintptr) bool {
	if !r.sent {
		r.sent = true
		if n, err := syscall.Write(int(fd), r.out); err != nil || n != len(r.out) {
			r.failed = fmt.Errorf("write: %d of %d bytes, %w", n, len(r.out), err)
			return true
		}
		return false
	}
	n, err := syscall.Read(int(fd), r.buf[r.have:])
	switch {
	case err == syscall.EAGAIN:
		return false
	case err != nil || n == 0:
		r.failed = errors.Join(errors.New("read"), err)
		return true
	}
	r.have += n
	return true
}

func (l *loop) do(method, path, cookie string) (string, error) {
	l.out = append(append(append(append(l.out[:0], method...), ' '), path...), " HTTP/1.1\r\nHost: bare\r\n"...)
	if cookie != "" {
		l.out = append(append(append(l.out, "Cookie: SID="...), cookie...), "\r\n"...)
	}
	l.out = append(l.out, "\r\n"...)
	l.have = 0
	for {
		if err := l.turn(); err != nil {
			return "", err
		}
		if set, done := l.parse(); done {
			if set != "" {
				cookie = set
			}
			return cookie, nil
		}
	}
}

var (
	setCookie = []byte("\r\nSet-Cookie: SID=")
	length    = []byte("\r\nContent-Length: ")
)

// parse tells whether the answer is whole, and the cookie it sets.
func (l *loop) parse() (cookie string, done bool) {
	head, body, ok := bytes.Cut(l.buf[:l.have], headEnd)
	if !ok {
		return "", false
	}
	want := 0
	if _, rest, ok := bytes.Cut(head, length); ok {
		digits, _, _ := bytes.Cut(rest, []byte("\r\n"))
		want, _ = strconv.Atoi(string(digits))
	}
	if _, rest, ok := bytes.Cut(head, setCookie); ok {
		value, _, _ := bytes.Cut(rest, []byte{';'})
		cookie = string(value)
	}
	return cookie, len(body) >= want
}
