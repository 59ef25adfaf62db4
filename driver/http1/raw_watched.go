//go:build unix && (!linux || race)

package http1

import "syscall"

// The race detector learns of buffers and of the order of reads and writes from
// these calls alone, so under it Linux takes them too.

func sysWrite(fd int, p []byte) (int, error) { return syscall.Write(fd, p) }
func sysRead(fd int, p []byte) (int, error)  { return syscall.Read(fd, p) }
