package simulator

import (
	"context"
	"net"
	"sync"
)

// PipeListener is a listener in memory, for tests in fake time: connections
// are made by [PipeListener.Dial] and carry no socket. They are those of
// net.Pipe: nothing is buffered, a write waits for its reader.
type PipeListener struct {
	queue chan net.Conn
	done  chan struct{}
	once  sync.Once
}

// NewPipeListener opens a listener in memory.
func NewPipeListener() *PipeListener {
	return &PipeListener{queue: make(chan net.Conn), done: make(chan struct{})}
}

// Dial connects to the listener. It waits for Accept, until ctx ends.
func (l *PipeListener) Dial(ctx context.Context) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case l.queue <- server:
		return client, nil
	case <-l.done:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Accept waits for the next connection.
func (l *PipeListener) Accept() (net.Conn, error) {
	select {
	case conn := <-l.queue:
		return conn, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

// Close ends Accept and Dial; connections made live on.
func (l *PipeListener) Close() error {
	l.once.Do(func() { close(l.done) })
	return nil
}

// Addr is a name, not an address.
func (l *PipeListener) Addr() net.Addr { return pipeAddr{} }

type pipeAddr struct{}

func (pipeAddr) Network() string { return "pipe" }
func (pipeAddr) String() string  { return "pipe" }
