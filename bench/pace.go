package main

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// pace is a timetable at a fixed rate: whoever is free takes the next instant and
// waits for it with a timer of its own. It is the open model at its barest: what
// authsoak costs above it and how much later it is are its own doing, the rest
// the machine's.
type pace struct {
	every  time.Duration
	length time.Duration
	// dialing holds everybody back until all are connected: a clock that ran
	// meanwhile would make the first starts late by it.
	dialing sync.WaitGroup
	begin   sync.Once
	start   time.Time
	next    atomic.Int64
	mu      sync.Mutex
	late    []time.Duration // of starts for which somebody was waiting
}

// newPace makes a timetable for a number of connections. It begins once each of
// them has come to drive, and has connected or failed to.
func newPace(every, length time.Duration, connections int) *pace {
	p := &pace{every: every, length: length}
	p.dialing.Add(connections)
	return p
}

// drive runs cycles on one connection, each at the next instant of the timetable.
func (p *pace) drive(calls int, dial func() (client, error)) error {
	c, err := dial()
	alarm, failed := newAlarm()
	err = errors.Join(err, failed)
	p.dialing.Done()
	p.dialing.Wait()
	p.begin.Do(func() { p.start = time.Now() })
	var late []time.Duration
	for err == nil {
		planned := time.Duration(p.next.Add(1)) * p.every
		if planned > p.length {
			break
		}
		at := p.start.Add(planned)
		if time.Now().Before(at) {
			err = alarm.wait(at)
			late = append(late, time.Since(at))
		}
		if err == nil {
			err = cycle(c, calls)
		}
	}
	p.mu.Lock()
	p.late = append(p.late, late...)
	p.mu.Unlock()
	return err
}

// lateFormat is how late starts were at the median and the 99th percentile, in
// nanoseconds.
const lateFormat = "late p50 %d p99 %d\n"

func (p *pace) tell() error {
	if len(p.late) == 0 {
		return errors.New("nobody ever waited for a start: the rate is too high")
	}
	slices.Sort(p.late)
	n := len(p.late)
	_, err := fmt.Printf(lateFormat, p.late[n/2], p.late[n*99/100])
	return err
}
