package experiment

import (
	"testing"
	"time"

	"authsoak/profiles"
	"authsoak/results"
	"authsoak/scenario"
)

func of(kind profiles.ExperimentKind) *Judge {
	return New(&scenario.Plan{Duration: 400 * time.Second, Experiment: &scenario.ExperimentPlan{Kind: kind, At: 100 * time.Second, Until: 140 * time.Second,
		Users: 10, Sessions: 1, Logins: 1, Idle: 30 * time.Second, Within: 10 * time.Second, Slowest: 10 * time.Second, Factor: 2}}, profiles.Refuse, false)
}

// step is an event at so many seconds, answered after so many milliseconds.
func step(part Part, at float64, ms int64) Event {
	t := int64(at * 1e9)
	return Event{Part: part, Intended: t, Start: t, End: t + ms*1e6, Judged: true}
}

func (e Event) failing(c results.Class) Event {
	e.Outcome, e.Class = results.Fail, c
	return e
}

func holds(t *testing.T, j *Judge, name string) (bool, string) {
	t.Helper()
	for _, l := range j.Result().Lines {
		if l.Name == name {
			return l.Pass, l.Expectation + " → " + l.Actual
		}
	}
	t.Fatalf("no line %q in %+v", name, j.Result().Lines)
	return false, ""
}

// A login whose time grows with the sessions left behind is found; one that
// doesn't, and one that nothing is known of, are told apart.
func TestLoginTimeGrows(t *testing.T) {
	for name, want := range map[string]bool{"grows": false, "stays": true, "unknown": false} {
		j := of(profiles.Leak)
		for at := 0.0; at < 400; at++ {
			ms := int64(20)
			if name == "grows" {
				ms += int64(at / 10)
			}
			if name != "unknown" || at < 300 {
				j.See(step(Login, at, ms))
			}
		}
		if got, text := holds(t, j, "login time"); got != want {
			t.Errorf("%s: %v (%s), want %v", name, got, text, want)
		}
	}
}

// The sessions that everybody opens on their return have to work.
func TestNewSessionsFail(t *testing.T) {
	for name, broken := range map[string]bool{"good": false, "broken": true} {
		j := of(profiles.MassExpiry)
		j.See(step(Login, 50, 20))
		refused := step(Call, 140, 1)
		refused.Opened, refused.Over = 50e9, true
		j.See(refused)
		j.See(step(Login, 140.001, 20))
		call := step(Call, 145, 1)
		call.Opened = 140e9 + 1
		if broken {
			call = call.failing(results.UnexpectedReject)
		}
		j.See(call)
		if got, text := holds(t, j, "the new sessions"); got == broken {
			t.Errorf("%s: %v (%s)", name, got, text)
		}
	}
}

// Logins are back to normal at the first of three seconds in a row with logins of
// which more than half are as before.
func TestRecovery(t *testing.T) {
	tests := []struct {
		name    string
		windows string // by second: . none, f fast, s slow, h half of two slow, m one of three slow
		after   time.Duration
		ok      bool
	}{
		{"at once", "fff", 0, true}, {"after two", "ssfff", 2 * time.Second, true}, {"with gaps", "s.f.f.f", 2 * time.Second, true},
		{"a relapse", "ffsfff", 3 * time.Second, true}, {"half is not normal", "hhhfff", 3 * time.Second, true}, {"most is", "smmm", time.Second, true},
		{"never", "sssss", 0, false}, {"too short", "ff", 0, false}, {"nobody", "", 0, false},
	}
	for _, test := range tests {
		r := newRecovery(2)
		early := step(Login, 1, 20)
		r.login(&early)
		r.begin(10e9)
		for i, w := range test.windows {
			for k, slow := range map[rune][]bool{'f': {false}, 's': {true}, 'h': {true, false}, 'm': {false, true, false}}[w] {
				e := step(Login, 10.1+float64(i)+float64(k)/10, 39)
				if slow {
					e.End += 2e6
				}
				r.login(&e)
			}
		}
		if after, ok := r.after(); after != test.after || ok != test.ok {
			t.Errorf("%s: %v %v, want %v %v", test.name, after, ok, test.after, test.ok)
		}
	}
}

// A failed login is slow however soon the answer came.
func TestFailedLoginsAreSlow(t *testing.T) {
	j := of(profiles.Storm)
	j.See(step(Login, 50, 20))
	for at := 100.5; at < 120; at++ {
		j.See(step(Login, at, 1).failing(results.ServerError))
	}
	if got, text := holds(t, j, "back to normal"); got {
		t.Error(text)
	}
}

// A restart begins with what only a server that is away, or that forgot its
// sessions, does to a step.
func TestWhatBeginsARestart(t *testing.T) {
	lost := step(Call, 50, 1).failing(results.SessionExpired)
	lost.Over = true
	for _, test := range []struct {
		name string
		e    Event
		want bool
	}{
		{"a call that goes well", step(Call, 50, 1), false},
		{"a call answered 500", step(Call, 50, 1).failing(results.ServerError), false},
		{"a wrong password", step(Login, 50, 1).failing(results.BadCredentials), false},
		{"a login answered 503", step(Login, 50, 1).failing(results.Throttled), true},
		{"no connection", step(Call, 50, 1).failing(results.Connect), true},
		{"a lost session", lost, true},
	} {
		j := of(profiles.Restart)
		j.See(test.e)
		if got := j.Result().AtS != nil; got != test.want {
			t.Errorf("%s: began %v, want %v", test.name, got, test.want)
		}
	}
}

// A session that makes no call after its burst says nothing of whether it lives.
func TestSilentSessionsUnderABurst(t *testing.T) {
	const second = int64(time.Second)
	call := func(user int, at int64, outcome results.Outcome) Event {
		return Event{Part: Call, User: user, Opened: second, Intended: at, Start: at, End: at + 1, Outcome: outcome, Over: outcome != results.OK, Judged: true}
	}
	for _, c := range []struct {
		name   string
		events []Event
		pass   bool
		actual string
	}{
		{"both answer", []Event{call(1, 11*second, results.OK), call(2, 12*second, results.OK)}, true, "2 of 2"},
		{"one makes no call", []Event{call(1, 11*second, results.OK), call(2, 9*second, results.OK)}, true,
			"1 of 1; 1 more made no call after their burst: hold the load longer to hear of all"},
		{"one is dead", []Event{call(1, 11*second, results.OK), call(2, 11*second, results.Fail)}, false, "1 of 2"},
		{"nobody makes a call", nil, false, "0 of 0; 2 more made no call after their burst: hold the load longer to hear of all"},
	} {
		j := New(&scenario.Plan{Duration: 60 * time.Second, Experiment: &scenario.ExperimentPlan{Kind: profiles.DuplicateBurst,
			At: 10 * time.Second, Sessions: 2, Logins: 5, Slowest: time.Second}}, profiles.Refuse, false)
		j.Begin(1, 10*second)
		j.Begin(2, 10*second)
		for _, e := range c.events {
			j.See(e)
		}
		for _, l := range j.Result().Lines {
			if l.Name == "the sessions under them" && (l.Pass != c.pass || l.Actual != c.actual) {
				t.Errorf("%s: pass %v, %q; want %v, %q", c.name, l.Pass, l.Actual, c.pass, c.actual)
			}
		}
	}
}
