//go:build darwin || freebsd || netbsd || openbsd || dragonfly

package sessions

import "os"

// allocate claims disk space for a part of the file. Without it a full disk
// would show as a SIGBUS at some later store into the mapping.
func allocate(f *os.File, at, size int64) error { return zeros(f, at, size) }
