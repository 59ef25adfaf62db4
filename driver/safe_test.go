package driver

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// The disk is waited for every ten seconds, one time after the other, and never for
// more than a twentieth of the time; not at all where it can't be, and no longer once
// it has failed.
func TestKeepSyncing(t *testing.T) {
	broken := errors.New("input/output error")
	for _, test := range []struct {
		name  string
		takes time.Duration
		err   error
		calls int // in ten minutes
		ends  error
	}{
		{"quick", 0, nil, 60, nil},
		{"half a second", 500 * time.Millisecond, nil, 57, nil},
		{"slow", 3 * time.Second, nil, 10, nil},
		{"no such thing", 0, fmt.Errorf("sync: %w", syscall.EINVAL), 1, nil},
		{"broken", 0, broken, 1, broken},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute+time.Millisecond)
				defer cancel()
				calls, under := 0, 0
				err := keepSyncing(ctx, func() error {
					calls++
					if under++; under > 1 {
						t.Error("two at once")
					}
					time.Sleep(test.takes)
					under--
					return test.err
				})
				if calls != test.calls || !errors.Is(err, test.ends) {
					t.Errorf("%d calls and %v, want %d and %v", calls, err, test.calls, test.ends)
				}
			})
		})
	}
}
