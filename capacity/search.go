package capacity

import (
	"fmt"
	"math"
)

// Kind says what a step is for.
type Kind string

// Kinds of step.
const (
	Climb    Kind = "climb"    // looking for a level that is too much
	Narrow   Kind = "narrow"   // halving the range
	Knee     Kind = "knee"     // evidence near the limit
	Cap      Kind = "cap"      // at a supposed cap on sessions
	Recovery Kind = "recovery" // after overload, at a level that was met before
)

// Options say what is searched. All levels are positive.
type Options struct {
	From, Most float64 // where the climb begins, and what is never exceeded
	// Precision is the wanted width of the interval, as a share of the level.
	Precision  float64
	Confidence float64 // of the interval
	MaxSteps   int
	Whole      bool // levels are whole numbers
}

// Step is what to try next.
type Step struct {
	Kind  Kind
	Level float64
	Why   string
	// Pause asks to leave the server alone first: it did not recover at once.
	Pause bool
	// Times is how many times as long as usual the step takes; 0 is once.
	Times int
}

// Long tells whether the step is evidence for the answer; the others find the
// way.
func (s Step) Long() bool { return s.Kind == Knee }

// Outcome is what a step has shown.
type Outcome struct {
	// Margin is the logarithm of the worst value over its limit: negative where all
	// objectives were met.
	Margin float64
	// Unbiased is the margin without the part that comes of the step's being short,
	// to the first order; see [Unbiased].
	Unbiased float64
	// Came and Left are how many cycles a second began and went out; 0: it isn't
	// known.
	Came, Left float64
	// Settled and Judged are how long the step settled and was judged, in seconds.
	Settled, Judged float64
	// Tail is the time constant, in seconds, of an exponential tail that the
	// objective nearest to its limit would just admit; 0: it is none on times.
	Tail float64
	// Rejected says why the step shows the generator, not the server; empty: it
	// doesn't.
	Rejected string
	// Refill asks to drive a step that was rejected once more with so many sessions
	// opened a second; 0: it doesn't. It isn't the generator that was the limit then.
	Refill float64
	// Dead tells that nothing went well at all.
	Dead bool
	// Cap is the number of live sessions at which logins were refused; 0: none.
	Cap int
	// Halt says why no further step may be driven; empty: one may.
	Halt string
}

func (o Outcome) met() bool { return o.Margin < 0 && !o.Dead }

// taken is a step with its outcome.
type taken struct {
	Step
	Outcome
}

// End says why a search is over.
type End string

// Ends of a search.
const (
	Going       End = ""
	Decided     End = "decided"
	AtGuard     End = "guard"     // everything was met up to the highest level
	NothingMet  End = "nothing"   // not even the lowest level
	Generator   End = "generator" // the generator was the limit
	NoRecovery  End = "recovery"  // the server did not come back after overload
	Unreachable End = "dead"      // it never answered, or no longer does
	Halted      End = "halted"    // an outcome asked for it
	OutOfSteps  End = "steps"
)

// Search finds the highest level that is met. It holds no clock and opens
// nothing: it is told outcomes and says what to try next.
type Search struct {
	opt  Options
	past []taken
}

// NewSearch begins a search.
func NewSearch(o Options) *Search { return &Search{opt: o} }

// Take adds the outcome of a step.
func (s *Search) Take(step Step, o Outcome) { s.past = append(s.past, taken{step, o}) }

const (
	// bracketRatio is how close the levels around the limit have to be before
	// evidence is gathered.
	bracketRatio = 1.25
	// lowestShare of From is where a search downwards gives up.
	lowestShare = 1.0 / 64
	// recoveries is how often a server may fail to come back.
	recoveries = 3
)

// Next says what to try, or why the search is over. It depends on nothing but
// the options and the outcomes so far.
func (s *Search) Next() (Step, End) {
	if n := len(s.past); n > 0 {
		if end := s.over(s.past[n-1]); end != Going {
			return Step{}, end
		}
		if step, ok := s.followUp(s.past[n-1]); ok {
			return step, Going
		}
	}
	lo, hi := s.bracket()
	if c, ok := s.sessionCap(); ok {
		return s.tryCap(c)
	}
	switch {
	case math.IsInf(hi, 1) && lo < s.opt.Most:
		return s.climb(lo), Going
	case lo == 0:
		return s.descend(hi)
	case !math.IsInf(hi, 1) && !s.close(lo, hi) && !s.hasKnee():
		return Step{Kind: Narrow, Level: s.level(math.Sqrt(lo * hi)),
			Why: fmt.Sprintf("%s was met and %s was not: between them", s.text(lo), s.text(hi))}, Going
	}
	return s.knee()
}

// over tells whether the last outcome ends the search.
func (s *Search) over(last taken) End {
	tries := 0
	if last.Kind == Recovery {
		tries = s.lost(last.Level)
	}
	switch {
	case last.Halt != "":
		return Halted
	case last.Dead && last.Rejected == "" && len(s.past) == 1:
		return Unreachable
	case s.rejections() >= 2:
		return Generator
	case tries >= recoveries && last.Dead:
		return Unreachable
	case tries >= recoveries && s.clearlyMet(last.Level):
		return NoRecovery
	case len(s.past) >= s.opt.MaxSteps:
		return OutOfSteps
	}
	return Going
}

// rejections counts the steps at the end of the past that showed the generator.
func (s *Search) rejections() (n int) {
	for i := len(s.past) - 1; i >= 0 && s.past[i].Rejected != ""; i-- {
		if s.past[i].Refill == 0 {
			n++
		}
	}
	return n
}

// followUp repeats what was rejected and looks after a server that was
// overloaded.
func (s *Search) followUp(last taken) (Step, bool) {
	lo, _ := s.bracket()
	switch {
	case last.Rejected != "":
		again := last.Step
		again.Why = "once more: that step showed the generator, not the server"
		if last.Refill > 0 {
			again.Why = fmt.Sprintf("once more, with %.3g sessions opened a second", last.Refill)
		}
		return again, true
	case last.Kind == Recovery && !last.met() && s.lost(last.Level) < recoveries:
		return Step{Kind: Recovery, Level: last.Level, Pause: true, Why: "the server has not recovered: once more after a pause"}, true
	case last.Kind == Recovery || last.met() || lo == 0:
		return Step{}, false
	case last.Dead || last.Kind != Cap && !s.recovered():
		level := s.recoveryLevel(lo)
		return Step{Kind: Recovery, Level: level, Why: fmt.Sprintf("%s was too much: does the server recover at %s?", s.text(last.Level), s.text(level))}, true
	}
	return Step{}, false
}

const (
	// recoveryShare of the highest level that was met is where a server must
	// recover: that level itself may have been met by luck.
	recoveryShare = 0.75
	// clearMargin is the margin from which on a level was met clearly: three
	// quarters of each limit.
	clearMargin = -0.29
)

// recoveryLevel is where a server must recover: the highest level that it met
// well below the limit.
func (s *Search) recoveryLevel(lo float64) float64 {
	best := 0.0
	for _, t := range s.past {
		if t.Rejected == "" && t.Kind != Recovery && t.met() && t.Level <= recoveryShare*lo {
			best = max(best, t.Level)
		}
	}
	if best == 0 {
		best = s.level(recoveryShare * lo)
	}
	return best
}

// clearlyMet tells whether a step met the objectives clearly at a level, or above
// it. Only there does a server that no longer does show that it has not
// recovered; elsewhere it shows that the level is too much.
func (s *Search) clearlyMet(level float64) bool {
	for _, t := range s.past {
		if t.Rejected == "" && t.Kind != Recovery && t.met() && t.Level >= level && t.Margin <= clearMargin {
			return true
		}
	}
	return false
}

// recovered tells whether the server has come back after overload once.
func (s *Search) recovered() bool {
	for _, t := range s.past {
		if t.Kind == Recovery && t.Rejected == "" && t.met() {
			return true
		}
	}
	return false
}

// lost counts the steps at a level in which the server has not recovered, since it
// last did.
func (s *Search) lost(level float64) (n int) {
	for _, t := range s.past {
		switch {
		case t.Kind != Recovery || t.Rejected != "" || t.Level != level:
		case t.met():
			n = 0
		default:
			n++
		}
	}
	return n
}

// bracket is the highest level met below the lowest one that was not, judged at
// each level by its steps together; 0 and infinity where there is none.
func (s *Search) bracket() (lo, hi float64) {
	hi = math.Inf(1)
	for _, l := range s.levels() {
		if l.margin >= 0 {
			hi = math.Min(hi, l.level)
		}
	}
	for _, l := range s.levels() {
		if l.margin < 0 && l.level < hi {
			lo = math.Max(lo, l.level)
		}
	}
	return lo, hi
}

func (s *Search) hasKnee() bool {
	for _, t := range s.past {
		if t.Kind == Knee {
			return true
		}
	}
	return false
}

// close tells whether a range needs no more halving.
func (s *Search) close(lo, hi float64) bool {
	return hi <= lo*bracketRatio || s.opt.Whole && hi-lo <= 1
}

func (s *Search) climb(lo float64) Step {
	if lo == 0 {
		return Step{Kind: Climb, Level: s.level(s.opt.From), Why: "the climb begins"}
	}
	step := Step{Kind: Climb, Level: s.level(math.Min(2*lo, s.opt.Most)), Why: fmt.Sprintf("%s was met: twice as much", s.text(lo))}
	if step.Level >= s.opt.Most {
		step.Why = fmt.Sprintf("%s was met: the highest that may be tried", s.text(lo))
	}
	return step
}

// descend goes down where not even the first level was met.
func (s *Search) descend(hi float64) (Step, End) {
	next := s.level(hi / 4)
	if next < s.opt.From*lowestShare || next >= hi {
		return Step{}, NothingMet
	}
	return Step{Kind: Climb, Level: next, Why: fmt.Sprintf("not even %s was met: a quarter of it", s.text(hi))}, Going
}

// level makes a level that can be driven, and be printed as it is: four digits,
// or a whole number, never above the highest.
func (s *Search) level(v float64) float64 {
	if s.opt.Whole {
		return math.Min(math.Max(math.Round(v), 1), s.opt.Most)
	}
	scale := math.Pow(10, 3-math.Floor(math.Log10(v)))
	return math.Min(math.Round(v*scale)/scale, s.opt.Most)
}

func (s *Search) text(level float64) string { return LevelText(level, s.opt.Whole) }

// LevelText writes a level: 187.5/s, or 500 sessions.
func LevelText(level float64, sessions bool) string {
	if sessions {
		return fmt.Sprintf("%.0f sessions", level)
	}
	return fmt.Sprintf("%.4g/s", level)
}
