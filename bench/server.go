package main

import (
	"bytes"
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"os/signal"
	"strings"
	"sync/atomic"
	"syscall"
)

// cookieBytes is the length of the session cookie's value.
const cookieBytes = 200

// bare is a session server that does as little as a server can: it hands out a
// new cookie at login, wants one at every other request, and counts.
type bare struct {
	requests, refused, sessions atomic.Int64
}

// serve runs the server until it is told to stop. It prints its address, and at
// the end what it counted.
func serve(args []string) error {
	flags := flag.NewFlagSet("server", flag.ExitOnError)
	listen := flags.String("listen", "127.0.0.1:0", "address")
	ca := flags.String("ca", "", "speak TLS, and write the certificate to this file")
	flags.Parse(args)
	l, err := hear(*listen, *ca)
	if err != nil {
		return err
	}
	fmt.Println(l.Addr())
	s := &bare{}
	go s.accept(l)
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, os.Interrupt, syscall.SIGTERM)
	<-stop
	fmt.Printf(countFormat, s.requests.Load(), s.refused.Load(), s.sessions.Load())
	return l.Close()
}

// hear listens; with a file for the certificate, over TLS.
func hear(address, ca string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	if err != nil || ca == "" {
		return l, err
	}
	secure, err := certify(ca)
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return tls.NewListener(l, secure), nil
}

func (s *bare) accept(l net.Listener) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		go s.talk(conn)
	}
}

// countFormat is the server's last line.
const countFormat = "%d requests, %d refused, %d sessions\n"

var (
	answerOK   = []byte("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")
	answerNo   = []byte("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n")
	loginLine  = []byte("POST /login ")
	cookieHead = []byte("\r\nCookie: SID=")
	headEnd    = []byte("\r\n\r\n")
)

// talk answers one connection. Requests have no body.
func (s *bare) talk(conn net.Conn) {
	defer conn.Close()
	buf, out := make([]byte, 4096), make([]byte, 0, 512)
	have := 0
	for {
		n, err := conn.Read(buf[have:])
		if err != nil {
			return
		}
		have += n
		end := bytes.Index(buf[:have], headEnd)
		if end < 0 {
			continue
		}
		out = s.answer(out[:0], buf[:end+2])
		have = copy(buf, buf[end+4:have])
		if _, err := conn.Write(out); err != nil {
			return
		}
	}
}

func (s *bare) answer(out, head []byte) []byte {
	s.requests.Add(1)
	switch {
	case bytes.HasPrefix(head, loginLine):
		n := s.sessions.Add(1)
		id := fmt.Sprintf("%016x", uint64(n)*0x9e3779b97f4a7c15)
		out = append(out, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nSet-Cookie: SID="...)
		out = append(out, id...)
		out = append(out, padding...)
		return append(out, "; Path=/; HttpOnly\r\nContent-Length: 2\r\n\r\n{}"...)
	case bytes.Contains(head, cookieHead):
		return append(out, answerOK...)
	}
	s.refused.Add(1)
	return append(out, answerNo...)
}

var padding = strings.Repeat("x", cookieBytes-16)
