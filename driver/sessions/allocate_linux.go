package sessions

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// allocate claims disk space for a part of the file. Without it a full disk
// would show as a SIGBUS at some later store into the mapping.
func allocate(f *os.File, at, size int64) error {
	for {
		err := unix.Fallocate(int(f.Fd()), 0, at, size)
		switch {
		case err == nil:
			return nil
		case errors.Is(err, unix.EINTR):
		case errors.Is(err, unix.EOPNOTSUPP), errors.Is(err, unix.ENOSYS):
			return zeros(f, at, size)
		default:
			return fmt.Errorf("disk space: %w", err)
		}
	}
}
