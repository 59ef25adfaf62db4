package main

import (
	"errors"
	"os"
	"syscall"
	"time"
	"unsafe"
)

// alarm waits for an instant by a timer of the kernel that Go's poller watches.
type alarm struct {
	conn   syscall.RawConn
	at     time.Time
	failed error
}

// spec is the kernel's struct itimerspec: when, and no repetition.
type spec struct{ interval, value syscall.Timespec }

func newAlarm() (*alarm, error) {
	const monotonic = 1
	fd, _, errno := syscall.Syscall(syscall.SYS_TIMERFD_CREATE, monotonic, syscall.O_NONBLOCK|syscall.O_CLOEXEC, 0)
	if errno != 0 {
		return nil, errno
	}
	conn, err := os.NewFile(fd, "timerfd").SyscallConn()
	return &alarm{conn: conn}, err
}

func (a *alarm) wait(at time.Time) error {
	a.at = at
	return errors.Join(a.conn.Read(a.set), a.failed)
}

// set is called before the wait and at its end.
func (a *alarm) set(fd uintptr) bool {
	left := time.Until(a.at)
	if left <= 0 {
		return true
	}
	s := spec{value: syscall.NsecToTimespec(int64(left))}
	if _, _, errno := syscall.RawSyscall6(syscall.SYS_TIMERFD_SETTIME, fd, 0, uintptr(unsafe.Pointer(&s)), 0, 0, 0); errno != 0 {
		a.failed = errno
		return true
	}
	return false
}
