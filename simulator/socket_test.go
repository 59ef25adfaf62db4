package simulator

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"
)

// dialed is both ends of a TCP connection, the second one read and written
// directly.
func dialed(t *testing.T) (client, server net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if client, err = net.Dial("tcp", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if server, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close(); server.Close() })
	return client, direct(server)
}

// More than any buffer holds goes through whole, in both directions.
func TestDirectCarriesEverything(t *testing.T) {
	client, server := dialed(t)
	sent := bytes.Repeat([]byte("0123456789abcdef"), 1<<20)
	for name, ends := range map[string][2]net.Conn{"out": {server, client}, "in": {client, server}} {
		failed := make(chan error, 1)
		go func() {
			_, err := ends[0].Write(sent)
			failed <- err
		}()
		got := make([]byte, len(sent))
		if _, err := io.ReadFull(ends[1], got); err != nil || !bytes.Equal(got, sent) {
			t.Errorf("%s: %v, equal: %t", name, err, bytes.Equal(got, sent))
		}
		if err := <-failed; err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Ends and deadlines are told as an ordinary connection tells them.
func TestDirectEnds(t *testing.T) {
	client, server := dialed(t)
	p := make([]byte, 8)
	server.SetReadDeadline(time.Now().Add(10 * time.Millisecond))
	if _, err := server.Read(p); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("read past the deadline: %v", err)
	}
	server.SetReadDeadline(time.Time{})
	client.Close()
	if n, err := server.Read(p); n != 0 || err != io.EOF {
		t.Errorf("read after the end: %d, %v", n, err)
	}
	server.Close()
	if _, err := server.Read(p); !errors.Is(err, net.ErrClosed) {
		t.Errorf("read of a closed connection: %v", err)
	}
	if _, err := server.Write(p); !errors.Is(err, net.ErrClosed) {
		t.Errorf("write to a closed connection: %v", err)
	}
}
