package experiment

import (
	"strings"
	"testing"

	"authsoak/profiles"
	"authsoak/results"
	"authsoak/scenario"
)

// story feeds a judge with steps: calls of one session five times a second, and a
// login each second, from which on they fail and when they go well again.
type story struct {
	j *Judge
}

func (s story) well(from, to float64) {
	for at := from; at < to; at += 0.2 {
		call := step(Call, at, 10)
		call.Opened, call.Session = 50e9, 7
		s.j.See(call)
	}
	for at := from; at < to; at++ {
		s.j.See(step(Login, at, 20))
	}
}

func (s story) fails(from, to float64, c results.Class) {
	for at := from; at < to; at += 0.2 {
		s.j.See(step(Call, at, 1).failing(c))
	}
}

// An outage lasts to the first three good seconds, and the restart is the outage
// that did the most harm.
func TestHowLongARestartTakes(t *testing.T) {
	for _, test := range []struct {
		name    string
		command bool
		tell    func(s story)
		pass    bool
		says    string
	}{
		{name: "a stray failure minutes later", tell: func(s story) {
			s.well(50, 100)
			s.fails(100, 103, results.Connect)
			s.well(103, 340)
			s.fails(340, 340.1, results.Read)
			s.well(341, 350)
		}, pass: true, says: "2.8 s from 100 s after the start on (connect)"},
		{name: "a hiccup before", tell: func(s story) {
			s.well(50, 80)
			s.fails(80, 80.3, results.Read)
			s.well(80.4, 100)
			s.fails(100, 120, results.Connect)
			s.well(120, 140)
		}, pass: false, says: "19.8 s from 100 s after the start on (connect)"},
		{name: "two good seconds are too few", tell: func(s story) {
			s.well(50, 100)
			s.fails(100, 103, results.Connect)
			s.well(103, 105)
			s.fails(105, 112, results.Connect)
			s.well(112, 130)
		}, pass: false, says: "11.8 s from"},
		{name: "nobody tried meanwhile", tell: func(s story) {
			s.well(50, 100)
			s.fails(100, 100.1, results.Connect)
			s.fails(111, 111.1, results.Connect)
			s.well(112, 130)
		}, pass: false, says: "11 s from"},
		{name: "no answer until the timeout", tell: func(s story) {
			s.well(50, 100)
			for at := 100.0; at < 120; at++ { // noticed only while all goes well again
				late := step(Call, at, 30_000).failing(results.Timeout)
				s.well(at+20, at+20.1)
				s.j.See(late)
			}
			s.well(140, 160)
		}, pass: false, says: "19 s from 100 s after the start on (timeout)"},
		{name: "by command, after a hiccup", command: true, tell: func(s story) {
			s.well(50, 80)
			s.fails(80, 95, results.Read)
			s.well(95, 100)
			s.j.Happened(100e9)
			s.well(100, 104) // it takes a while to stop
			s.fails(104, 107, results.Connect)
			s.well(107, 200)
			s.fails(200, 200.1, results.Read)
		}, pass: true, says: "2.8 s from 4 s after the restart on; "},
		{name: "by command, and nothing is noticed", command: true, tell: func(s story) {
			s.well(50, 100)
			s.j.Happened(100e9)
			s.well(100, 130)
		}, pass: true, says: "0 ms from the restart on; no step failed"},
	} {
		t.Run(test.name, func(t *testing.T) {
			plan := of(profiles.Restart).plan
			s := story{New(&scenario.Plan{Experiment: plan}, profiles.Refuse, test.command)}
			test.tell(s)
			got, text := holds(t, s.j, "not answering")
			if got != test.pass || !strings.Contains(text, test.says) {
				t.Errorf("%v (%s), want %v (%s)", got, text, test.pass, test.says)
			}
			if _, text := holds(t, s.j, "sessions that survived"); !strings.Contains(text, "1 of 1 ") {
				t.Errorf("survivors: %s", text)
			}
		})
	}
}

// A session that nobody uses again after a stray failure has survived all the same,
// and the rules on live sessions go on for those opened after a real restart, or
// before the command.
func TestRestartExcuses(t *testing.T) {
	auto := story{of(profiles.Restart)}
	commanded := story{New(&scenario.Plan{Experiment: auto.j.plan}, profiles.Refuse, true)}
	if !auto.j.Excuses(0, 10e9) || commanded.j.Excuses(0, 10e9) {
		t.Error("before anything happened: everything is excused unless a command is to come")
	}
	commanded.j.Happened(100e9)
	auto.well(50, 100)
	auto.fails(100, 100.1, results.Read)
	if !auto.j.Excuses(0, 101e9) {
		t.Error("a hiccup ends the excuse")
	}
	auto.well(101, 110)
	for _, s := range []story{auto, commanded} {
		s.fails(110, 115, results.Connect)
		s.well(115, 130)
		if s.j.Excuses(0, 120e9) || !s.j.Excuses(0, 105e9) {
			t.Error("after the restart those opened before are excused, and no others")
		}
	}
}
