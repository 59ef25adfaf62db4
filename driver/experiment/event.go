package experiment

import (
	"sync"
	"time"

	"authsoak/profiles"
	"authsoak/results"
	"authsoak/scenario"
)

// Part is what a step was.
type Part uint8

// The parts. A Duplicate is a login over a live session. Abandon leaves a session
// without a logout, a Touch is the call that tries it once more, and a Listing
// asks the server which sessions there are after that.
const (
	Login Part = iota
	Call
	Logout
	Duplicate
	Abandon
	Touch
	Listing
)

// Event is one step that ended. Times are nanoseconds since the start of load.
type Event struct {
	Part                 Part
	User                 int    // of a population or closed load
	Session              uint64 // names the record that its session lies in
	Intended, Start, End int64
	Opened               int64 // when its session was opened; of no login
	Outcome              results.Outcome
	Class                results.Class
	// Over says that the server holds the session for ended.
	Over bool
	// Sessions is how many sessions a Listing holds that should be gone.
	Sessions int
	// Judged is false in the warm-up and in the drain.
	Judged bool
}

// lost tells of a step whether its session was refused although it should live.
func (e *Event) lost() bool {
	return e.Over && e.Outcome == results.Fail && e.Class == results.SessionExpired
}

// Judge sees the steps of a run. It is safe for concurrent use.
type Judge struct {
	plan *scenario.ExperimentPlan

	mu sync.Mutex
	of judge
}

// judge is one kind of experiment. The mutex of [Judge] guards it.
type judge interface {
	see(e *Event)
	lines() []results.ExperimentLine
	// at is when it happened, in nanoseconds; false where it never did.
	at() (int64, bool)
	// excuses tells that a session opened then, of that user, may be dead without
	// a fault of the server's.
	excuses(user int, opened int64) bool
}

// New makes the judge of an experiment. declared is what the profiles say of a
// login over a live session; command tells that [Judge.Happened] is to come.
func New(plan *scenario.Plan, declared profiles.Declaration, command bool) *Judge {
	var of judge
	p := plan.Experiment
	switch p.Kind {
	case profiles.Storm:
		of = &storm{plan: p, back: newRecovery(p.Factor)}
	case profiles.MassExpiry:
		of = &expiry{plan: p}
	case profiles.Restart:
		of = &restart{plan: p, calm: newRecovery(p.Factor), command: command}
	case profiles.DuplicateBurst:
		of = &burst{plan: p, declared: declared, began: map[int]int64{}, under: map[int]bool{}}
	default:
		of = &leak{plan: p, begin: int64(plan.Warmup), end: int64(plan.Duration)}
	}
	return &Judge{plan: p, of: of}
}

// See takes a step in.
func (j *Judge) See(e Event) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.of.see(&e)
}

// Excuses tells that a session opened then may have ended by what was done to the
// server.
func (j *Judge) Excuses(user int, opened int64) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.of.excuses(user, opened)
}

// Begin tells that the burst over a user's session is to come then; false: it has
// been already, or none is to come.
func (j *Judge) Begin(user int, at int64) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	b, ok := j.of.(*burst)
	return ok && b.begin(user, at)
}

// Happened tells the judge of a restart that the server was told to restart.
func (j *Judge) Happened(at int64) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if r, ok := j.of.(*restart); ok {
		r.told(at)
	}
}

// Result is what was found so far.
func (j *Judge) Result() *results.Experiment {
	j.mu.Lock()
	defer j.mu.Unlock()
	r := &results.Experiment{Kind: string(j.plan.Kind), About: j.plan.Describe(), Lines: j.of.lines()}
	if x, ok := j.of.(*restart); ok && x.asked > 0 {
		r.About = words{at("the target is restarted by a command, ", time.Duration(x.asked), " after the start")}.String()
	}
	if at, ok := j.of.at(); ok {
		s := float64(at/1e6) / 1e3
		r.AtS = &s
	}
	return r
}
