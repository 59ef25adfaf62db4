//go:build race

package simulator

import (
	"errors"
	"syscall"
)

// rawCall does one read or write again until no signal interrupts it, by the calls
// that tell the race detector of the buffer and of the order.
func rawCall(trap, fd uintptr, p []byte) (int, syscall.Errno) {
	call := syscall.Read
	if trap == syscall.SYS_WRITE {
		call = syscall.Write
	}
	for {
		n, err := call(int(fd), p)
		var errno syscall.Errno
		switch {
		case err == nil:
			return n, 0
		case !errors.As(err, &errno):
			return 0, syscall.EIO // the package syscall has no errors of another kind
		case errno != syscall.EINTR:
			return 0, errno
		}
	}
}
