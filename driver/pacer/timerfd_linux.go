package pacer

import (
	"os"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// New returns the most exact pacer of the system: on Linux a timerfd that Go's
// poller watches, some 10 µs late where a Go timer is half a millisecond late. If
// no descriptor can be had it is the one of [NewTimer], whose word on the epoch
// holds here too.
func New(epoch time.Time) Pacer {
	p, err := newTimerfd(epoch)
	if err != nil {
		return NewTimer(epoch)
	}
	return p
}

// timerfdPacer never reads its descriptor. The poller is told of each expiry
// anew (it watches edges), and setting the timer forgets the last one, so that a
// wait costs one system call and the poller's.
type timerfdPacer struct {
	epoch time.Time
	file  *os.File
	conn  syscall.RawConn
	woken atomic.Bool

	// What follows belongs to WaitUntil; it lies here so that a wait allocates
	// nothing.
	at   int64
	spec unix.ItimerSpec
	step func(fd uintptr) bool
}

func newTimerfd(epoch time.Time) (*timerfdPacer, error) {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return nil, err
	}
	f := os.NewFile(uintptr(fd), "timerfd")
	conn, err := f.SyscallConn()
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	p := &timerfdPacer{epoch: epoch, file: f, conn: conn}
	p.step = p.due
	return p, nil
}

func (p *timerfdPacer) Now() int64 { return int64(time.Since(p.epoch)) }

func (p *timerfdPacer) WaitUntil(at int64) {
	if p.seen() || p.Now() >= at {
		return
	}
	p.at = at
	// An error means that the pacer was closed, which ends the wait.
	_ = p.conn.Read(p.step)
}

// due is called before the first wait and after each expiry, and tells whether
// the wait is over. It sets the timer itself, not its caller: an expiry before
// the poller was told to listen would be lost.
func (p *timerfdPacer) due(fd uintptr) bool {
	left := p.at - p.Now()
	if left <= 0 || p.seen() {
		return true
	}
	p.spec.Value = unix.NsecToTimespec(min(left, longest))
	_ = unix.TimerfdSettime(int(fd), 0, &p.spec, nil) // fails for a bad fd or time only
	// Again after setting: a Wake that came in between has had its own setting
	// undone, and is seen here; a Wake after it fires.
	return p.seen()
}

// longest is a time that every system's timespec can hold; a longer wait sets the
// timer again.
const longest = int64(time.Hour)

// seen takes the Wake that came, if any.
func (p *timerfdPacer) seen() bool { return p.woken.Load() && p.woken.Swap(false) }

// soon is the shortest time a timer can be set to; 0 would stop it.
var soon = unix.ItimerSpec{Value: unix.Timespec{Nsec: 1}}

func expireNow(fd uintptr) { _ = unix.TimerfdSettime(int(fd), 0, &soon, nil) }

func (p *timerfdPacer) Wake() {
	if !p.woken.Swap(true) {
		_ = p.conn.Control(expireNow)
	}
}

// Close ends a wait in progress, and every later one at once.
func (p *timerfdPacer) Close() error { return p.file.Close() }
