// Package pacer waits for instants of a run. It is one of the driver's two
// seams to the world (the dialer is the other).
package pacer

// Pacer waits. WaitUntil belongs to one goroutine at a time, Wake to any.
type Pacer interface {
	// Now returns the time since the run's epoch, in nanoseconds.
	Now() int64
	// WaitUntil returns at that time since the epoch, or at the next Wake;
	// a Wake that came before is not lost. It never returns early otherwise.
	WaitUntil(at int64)
	Wake()
	Close() error
}
