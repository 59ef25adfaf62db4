package main

import (
	"strings"
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
	start := time.Now()
	p := &pace{start: start, every: 2 * time.Millisecond}
	var q quick
	if err := p.drive(1, start.Add(51*time.Millisecond), func() (client, error) { return &q, nil }); err != nil {
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
