package standard

import (
	"crypto/tls"
	"net"
	"sync/atomic"
)

// tally counts what passes a connection and notes how it ended. net/http itself
// doesn't tell a cut connection from a broken message, nor reliably whether any
// of a request went out.
type tally struct {
	net.Conn
	wrote, got         atomic.Int64
	readEnd, writeFail atomic.Pointer[error]
}

func (t *tally) Read(p []byte) (int, error) {
	n, err := t.Conn.Read(p)
	t.got.Add(int64(n))
	if err != nil {
		t.readEnd.CompareAndSwap(nil, &err)
	}
	return n, err
}

func (t *tally) Write(p []byte) (int, error) {
	n, err := t.Conn.Write(p)
	t.wrote.Add(int64(n))
	if err != nil {
		t.writeFail.CompareAndSwap(nil, &err)
	}
	return n, err
}

func agreedHTTP2(conn net.Conn) bool {
	t, ok := conn.(*tls.Conn)
	return ok && t.ConnectionState().NegotiatedProtocol == "h2"
}
