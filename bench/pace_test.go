package main

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// quick is a server that answers at once.
type quick struct{ cycles int }

func (q *quick) do(method, path, cookie string) (string, error) {
	if path == "/login" {
		q.cycles++
	}
	return "cookie", nil
}

func (*quick) close() error { return nil }

// A paced loop starts each cycle of the timetable once, none before its time.
func TestPace(t *testing.T) {
	p := newPace(2*time.Millisecond, 51*time.Millisecond, 1)
	var q quick
	if err := p.drive(1, func() (client, error) { return &q, nil }); err != nil {
		t.Fatal(err)
	}
	if q.cycles != 25 {
		t.Errorf("%d cycles at 500/s in 51 ms, want 25", q.cycles)
	}
	if len(p.late) == 0 {
		t.Fatal("no start was waited for")
	}
	for _, late := range p.late {
		if late < 0 {
			t.Errorf("a start came %v before its time", -late)
		}
	}
}

// The clock starts when the slowest has connected, and nobody is kept from it by
// one who could not.
func TestPaceWaitsForAllToConnect(t *testing.T) {
	p := newPace(time.Millisecond, 5*time.Millisecond, 3)
	var connected time.Time
	others := make(chan struct{})
	var first, last quick
	refused := errors.New("refused")
	dials := []func() (client, error){
		func() (client, error) { return &first, nil },
		func() (client, error) { close(others); return nil, refused },
		func() (client, error) {
			<-others
			connected = time.Now()
			return &last, nil
		},
	}
	errs := make([]error, len(dials))
	var all sync.WaitGroup
	for i, dial := range dials {
		all.Go(func() { errs[i] = p.drive(1, dial) })
	}
	all.Wait()
	if p.start.Before(connected) {
		t.Errorf("the clock started %v before all were connected", connected.Sub(p.start))
	}
	if errs[0] != nil || !errors.Is(errs[1], refused) || errs[2] != nil {
		t.Errorf("errors %v", errs)
	}
	if n := first.cycles + last.cycles; n != 5 {
		t.Errorf("%d cycles at 1000/s in 5 ms, want 5", n)
	}
}

func TestPaceTellsTooHighRate(t *testing.T) {
	if err := new(pace).tell(); err == nil || !strings.Contains(err.Error(), "too high") {
		t.Errorf("a rate nobody could wait for: %v", err)
	}
}

func TestBareSight(t *testing.T) {
	s, err := bareSight(time.Millisecond, 50, strings.NewReader("late p50 5000 p99 70000\n"))
	if err != nil || s.hold != 20 || s.pacer != (times{5, 70}) {
		t.Errorf("sight = %+v, %v", s, err)
	}
	if _, err := bareSight(time.Millisecond, 50, strings.NewReader("")); err == nil {
		t.Error("a loop that says nothing passes")
	}
}

func TestGapsMakeLate(t *testing.T) {
	g := gaps{lengths: slices.Repeat([]time.Duration{2 * time.Millisecond}, 10), length: time.Second}
	// One instant in a hundred falls into the first millisecond of a gap.
	if late := g.late(0.99); (late - time.Millisecond).Abs() > time.Microsecond {
		t.Errorf("late by %v, want 1ms", late)
	}
	if late := g.late(0.9); late > time.Microsecond {
		t.Errorf("late by %v where gaps are rarer than that", late)
	}
}
