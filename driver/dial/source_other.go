//go:build !linux

package dial

import "syscall"

// latePort does nothing where a port can't be chosen late.
func latePort(_, _ string, _ syscall.RawConn) error { return nil }
