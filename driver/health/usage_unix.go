//go:build unix

package health

import (
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// usage returns the processor time of the process and the most memory it had.
func usage() (cpu time.Duration, maxRSS int64) {
	var ru unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &ru) != nil {
		return 0, 0
	}
	cpu = time.Duration(ru.Utime.Nano() + ru.Stime.Nano())
	maxRSS = int64(ru.Maxrss)
	if runtime.GOOS != "darwin" && runtime.GOOS != "ios" {
		maxRSS <<= 10 // kilobytes everywhere else
	}
	return cpu, maxRSS
}

// fileLimit returns how many descriptors the process may have, now and if it
// asks.
func fileLimit() (soft, hard uint64) {
	var l unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &l) != nil {
		return 0, 0
	}
	return uint64(l.Cur), uint64(l.Max)
}

// raiseFileLimit asks for all that may be had. Go does so at the start of a
// program already, unless something lowered it since.
func raiseFileLimit() error {
	var l unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &l); err != nil {
		return err
	}
	if l.Cur >= l.Max || runtime.GOOS == "darwin" {
		return nil // darwin's hard limit is none that it grants; Go asked for the real one
	}
	l.Cur = l.Max
	return unix.Setrlimit(unix.RLIMIT_NOFILE, &l)
}
