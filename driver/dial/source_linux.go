package dial

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// latePort leaves the choice of a port to connect, which may give one port to
// connections to different targets; bind would keep each for itself and run
// out of them early.
func latePort(_, _ string, c syscall.RawConn) error {
	return c.Control(func(fd uintptr) {
		// A kernel that doesn't know the option binds as before.
		_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1)
	})
}
