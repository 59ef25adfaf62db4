//go:build !linux

package main

import "time"

// alarm waits for an instant by Go's timers.
type alarm struct{}

func newAlarm() (*alarm, error) { return &alarm{}, nil }

func (*alarm) wait(at time.Time) error {
	time.Sleep(time.Until(at))
	return nil
}
