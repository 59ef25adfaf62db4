//go:build !race

package http1

import (
	"syscall"
	"unsafe"
)

// A socket that doesn't block needs none of the care that Go's scheduler takes of
// a system call. Without it the runtime's monitor finds no call to watch and
// sleeps, instead of waking every 20 µs and handing the processor to another
// thread in the midst of a write: see "Tricks" in docs/performance.md.

func sysWrite(fd int, p []byte) (int, error) { return rawCall(syscall.SYS_WRITE, fd, p) }
func sysRead(fd int, p []byte) (int, error)  { return rawCall(syscall.SYS_READ, fd, p) }

func rawCall(trap uintptr, fd int, p []byte) (int, error) {
	n, _, errno := syscall.RawSyscall(trap, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)))
	if errno != 0 {
		return -1, errno
	}
	return int(n), nil
}
