package simulator

import (
	"io"
	"net"
	"os"
	"syscall"
)

// socket reads and writes a TCP connection without the care that Go's scheduler
// takes of a system call: the socket doesn't block, and the runtime's monitor
// would watch every call: see "Tricks" in docs/performance.md. One goroutine at a
// time may read, and one write.
type socket struct {
	*net.TCPConn
	raw  syscall.RawConn
	in   transfer
	out  transfer
	take func(fd uintptr) bool
	give func(fd uintptr) bool
}

// transfer is a read or a write as the poller runs it.
type transfer struct {
	bytes []byte
	n     int
	err   error
}

// direct returns the connection itself where it is no TCP connection.
func direct(conn net.Conn) net.Conn {
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return conn
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return conn
	}
	s := &socket{TCPConn: tcp, raw: raw}
	s.take, s.give = s.takeSome, s.giveAll
	return s
}

func (s *socket) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	s.in = transfer{bytes: p}
	err := s.raw.Read(s.take)
	s.in.bytes = nil
	if err != nil {
		return 0, err
	}
	if s.in.n == 0 && s.in.err == nil {
		return 0, io.EOF
	}
	return s.in.n, s.in.err
}

func (s *socket) takeSome(fd uintptr) (done bool) {
	n, errno := rawCall(syscall.SYS_READ, fd, s.in.bytes)
	if errno == syscall.EAGAIN {
		return false
	}
	s.in.n, s.in.err = n, failure("read", errno)
	return true
}

func (s *socket) Write(p []byte) (int, error) {
	s.out = transfer{bytes: p}
	err := s.raw.Write(s.give)
	s.out.bytes = nil
	if err != nil {
		return s.out.n, err
	}
	return s.out.n, s.out.err
}

// giveAll writes until all is written or the socket is full.
func (s *socket) giveAll(fd uintptr) (done bool) {
	for s.out.n < len(s.out.bytes) {
		n, errno := rawCall(syscall.SYS_WRITE, fd, s.out.bytes[s.out.n:])
		if errno == syscall.EAGAIN {
			return false
		}
		s.out.n += n
		if s.out.err = failure("write", errno); s.out.err != nil {
			return true
		}
	}
	return true
}

func failure(call string, errno syscall.Errno) error {
	if errno == 0 {
		return nil
	}
	return os.NewSyscallError(call, errno)
}
