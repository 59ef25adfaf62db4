package dial

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// latePort leaves the choice of a port to connect, which may give one port to
// connections to different targets; bind would keep each for itself and run
// out of them early.
func latePort(_, _ string, c syscall.RawConn) error {
	var failed error
	err := c.Control(func(fd uintptr) {
		failed = unix.SetsockoptInt(int(fd), unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1)
	})
	if err != nil {
		return err
	}
	// An old kernel without the option binds as before.
	_ = failed
	return nil
}
