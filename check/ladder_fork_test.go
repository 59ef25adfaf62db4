package check_test

import (
	"bytes"
	"errors"
	"net"
	"sync/atomic"
	"time"
)

// fork is a connection to either of two servers: the cookie of the first request
// decides, and a login goes to one of them.
type fork struct {
	net.Conn
	other   net.Conn
	logins  *atomic.Uint64
	decided bool
}

// Write routes by the node that the session's cookie names.
func (f *fork) Write(b []byte) (int, error) {
	if !f.decided {
		f.decided = true
		second := false
		if bytes.HasPrefix(b, []byte("POST /api/space/user-management/login")) {
			n := f.logins.Add(1)
			second = n*2654435761>>7&1 == 1
		} else {
			second = bytes.Contains(b, []byte(".node-two:"))
		}
		if second {
			f.Conn, f.other = f.other, f.Conn
		}
	}
	return f.Conn.Write(b)
}

func (f *fork) Close() error { return errors.Join(f.Conn.Close(), f.other.Close()) }

func (f *fork) SetDeadline(t time.Time) error { return f.Conn.SetDeadline(t) }
