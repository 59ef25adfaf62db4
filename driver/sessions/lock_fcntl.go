//go:build aix || solaris || illumos

package sessions

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// lockFile takes a record lock on the whole file. It keeps other processes out,
// not a second use by this one.
func lockFile(f *os.File) error {
	lock := unix.Flock_t{Type: unix.F_WRLCK, Whence: 0}
	err := unix.FcntlFlock(f.Fd(), unix.F_SETLK, &lock)
	if errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.EACCES) {
		return ErrInUse
	}
	return err
}
