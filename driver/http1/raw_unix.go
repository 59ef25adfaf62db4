//go:build unix

package http1

import (
	"net"
	"os"
	"syscall"
)

// rawConn gives access to the socket itself, or nil.
func rawConn(conn syscall.Conn) syscall.RawConn {
	raw, err := conn.SyscallConn()
	if err != nil {
		return nil
	}
	return raw
}

var _ syscall.Conn = (*net.TCPConn)(nil)

// rawTurn is one exchange as the poller runs it. The first call writes the
// request and says "not readable yet", so that the goroutine parks without a
// read that could only find an empty socket; the poller was armed before the
// write and can't miss the answer. The second call reads. A request that did
// not go out whole ends the turn.
//
// What came before the poller was armed it will not tell again: a server that
// half-closes an idle connection would be waited for in vain. So a connection
// that has rested is looked at first.
func (c *Conn) rawTurn(fd uintptr) bool {
	if c.stage == unsent {
		if c.rested {
			c.rawPeek(fd)
		}
		if c.peeked == closed || (c.peeked == data && c.reused) {
			c.stage = unfit
			return true
		}
		c.stage = sent
		c.wrote, c.fault = writeOnce(int(fd), c.wire)
		// On a fresh connection, bytes that are there already are the answer
		// of something that is no HTTP server.
		return c.wrote < len(c.wire) || c.peeked == data
	}
	n, err := readOnce(int(fd), room(c.into))
	if err == syscall.EAGAIN {
		return false
	}
	if err != nil {
		err = os.NewSyscallError("read", err)
	}
	c.stage, c.got, c.fault = answered, max(n, 0), err
	return true
}

// writeOnce writes what the socket has room for; a full socket is no error.
func writeOnce(fd int, p []byte) (int, error) {
	for {
		n, err := sysWrite(fd, p)
		switch err {
		case nil:
			return n, nil
		case syscall.EINTR:
			continue
		case syscall.EAGAIN:
			return 0, nil
		}
		return 0, os.NewSyscallError("write", err)
	}
}

func readOnce(fd int, p []byte) (int, error) {
	for {
		n, err := sysRead(fd, p)
		if err != syscall.EINTR {
			return n, err
		}
	}
}

// rawPeek looks at what a read would find and leaves it there.
func (c *Conn) rawPeek(fd uintptr) {
	for {
		n, _, err := syscall.Recvfrom(int(fd), c.probe[:], syscall.MSG_PEEK)
		switch {
		case err == syscall.EINTR:
			continue
		case err == syscall.EAGAIN:
			c.peeked = nothing
		case err != nil || n == 0:
			c.peeked = closed
		default:
			c.peeked = data
		}
		return
	}
}

// rawTurn writes what was kept at its first call and reads at its second.
func (g *Guard) rawTurn(fd uintptr) bool {
	if g.got < 0 && g.sent == 0 {
		g.sent, g.broken = writeOnce(int(fd), g.kept)
		return g.sent < len(g.kept)
	}
	g.rawTry(fd)
	return g.fault != errNotYet
}

// rawTry reads what is there without waiting.
func (g *Guard) rawTry(fd uintptr) bool {
	n, err := readOnce(int(fd), g.into)
	switch {
	case err == syscall.EAGAIN:
		g.got, g.fault = 0, errNotYet
	case err != nil:
		g.got, g.fault = 0, os.NewSyscallError("read", err)
	default:
		g.got, g.fault = n, nil
	}
	return true
}
