package main

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"strconv"
	"syscall"
)

// raw is the reference: one connection, one goroutine, requests written inside
// the poller's callback, answers parsed just enough to find their end. What a
// generator costs above it is the price of what the generator does besides.
type raw struct {
	conn   syscall.RawConn
	out    []byte
	buf    []byte
	have   int
	sent   bool
	failed error
	turn   func(fd uintptr) bool
}

func newRaw(address string) (client, error) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	r := &raw{buf: make([]byte, 4096)}
	if r.conn, err = conn.(*net.TCPConn).SyscallConn(); err != nil {
		return nil, err
	}
	r.turn = r.step
	return r, nil
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

func (r *raw) do(method, path, cookie string) (string, error) {
	r.out = append(append(append(append(r.out[:0], method...), ' '), path...), " HTTP/1.1\r\nHost: bare\r\n"...)
	if cookie != "" {
		r.out = append(append(append(r.out, "Cookie: SID="...), cookie...), "\r\n"...)
	}
	r.out = append(r.out, "\r\n"...)
	r.sent, r.have, r.failed = false, 0, nil
	for {
		if err := r.conn.Read(r.turn); err != nil {
			return "", err
		}
		if r.failed != nil {
			return "", r.failed
		}
		if set, done := r.parse(); done {
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
func (r *raw) parse() (cookie string, done bool) {
	head, body, ok := bytes.Cut(r.buf[:r.have], headEnd)
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
