//go:build !unix

package health

import (
	"runtime/metrics"
	"time"
)

// usage returns the processor time of the process, by the runtime's own books,
// which are closed at each collection only.
func usage() (cpu time.Duration, maxRSS int64) {
	s := [2]metrics.Sample{
		{Name: "/cpu/classes/total:cpu-seconds"},
		{Name: "/cpu/classes/idle:cpu-seconds"},
	}
	metrics.Read(s[:])
	if s[0].Value.Kind() != metrics.KindFloat64 || s[1].Value.Kind() != metrics.KindFloat64 {
		return 0, 0
	}
	busy := s[0].Value.Float64() - s[1].Value.Float64()
	return time.Duration(busy * float64(time.Second)), 0
}

// These systems have no limit on descriptors that could be asked for.
func fileLimit() (soft, hard uint64) { return 0, 0 }
func raiseFileLimit() error          { return nil }
