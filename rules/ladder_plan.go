package rules

import (
	"errors"
	"fmt"
	"math"
	"time"
)

// Resolution is how finely a timeout of that length is bracketed: to 1 %, but
// not finer than 100 ms.
func Resolution(timeout time.Duration) time.Duration {
	return max(timeout/100, 100*time.Millisecond)
}

// DefaultWithin is how far from the expected timeout the measured one may lie
// where nobody says: 2 %, at least a second.
func DefaultWithin(expect time.Duration) time.Duration { return max(expect/50, time.Second) }

// The range where nothing at all is known of a timeout, and what is allowed.
const (
	unknownFrom     = time.Second
	unknownTo       = 2 * time.Hour
	leastFrom       = 100 * time.Millisecond
	mostTo          = 30 * 24 * time.Hour
	mostReplicas    = 10
	defaultReplicas = 2
)

// LadderOptions asks for a timeout ladder. The zero value measures a timeout of
// which nothing is known.
type LadderOptions struct {
	// Expect is what the timeout should be, within Within; 0: nothing is
	// expected. A Within of 0 is [DefaultWithin].
	Expect, Within time.Duration
	// Documented is what the profile says; it serves to find a range only.
	Documented time.Duration
	// From and To are the announced range; 0: around Expect or Documented, else
	// 1 s to 2 h.
	From, To time.Duration
	// Replicas is the number of sessions a rung; 0: 2.
	Replicas int
	// LoginsPerSec bounds the pace of logins further; 0: the plan's own pace.
	LoginsPerSec float64
	// Kept adds sessions that are used all the time, Frozen sessions that are
	// used all the time but refuse renewed cookies. Absolute, if not 0, is how
	// long they are followed, ExpectAbsolute when they should end, ExpectRenewal
	// when those should that refuse renewed cookies. An expectation lets them be
	// followed as long as it takes to judge it.
	Kept, Frozen                            bool
	Absolute, ExpectAbsolute, ExpectRenewal time.Duration
}

// Basis says where the range of a ladder comes from.
type Basis string

// Where a range comes from.
const (
	GivenRange      Basis = "given"
	ExpectedRange   Basis = "expected"
	DocumentedRange Basis = "documented"
	UnknownRange    Basis = "unknown"
)

// Wave says what a session of a ladder is for.
type Wave uint8

// Waves. The first ladder finds a bracket, the second one narrows it. Sessions
// on watch are opened all along, so that lives which depend on the time of the
// login show; reserves stand ready where the first ladder ended without an
// answer; the last wave looks for a rhythm in irregular deaths.
const (
	FirstWave Wave = iota
	WatchWave
	SecondWave
	ReserveWave
	RhythmWave
)

var waveNames = [...]string{"first", "watch", "second", "reserve", "rhythm"}

// String returns the wave's name in timeout.json.
func (w Wave) String() string { return waveNames[w] }

// LadderProbe is one session of a ladder: when it is opened, counted from the
// start, and how long it idles before it is touched (0: decided later).
type LadderProbe struct {
	Wave Wave
	Open time.Duration
	Age  time.Duration
}

// LadderPlan is a ladder before it starts. It is a value.
type LadderPlan struct {
	LadderOptions
	Basis Basis
	// Longest is the age of the oldest rung beyond the range.
	Longest time.Duration
	// Probes are the first ladder and the sessions on watch.
	Probes []LadderProbe
	// Rungs counts the ages of the first ladder.
	Rungs int
	// KeptSessions is the number of sessions in each arm that is used all the
	// time.
	KeptSessions int
	// AtOnce is the number of sessions open at once, and so of accounts where
	// each session has its own. Sessions counts all of them, Irregular those
	// that follow only where the answers contradict each other.
	AtOnce, Sessions, Irregular int
}

// Sessions of the waves that follow the first.
const (
	reserveSessions = 32
	rhythmSessions  = 40
	mostListening   = 3  // waves of them
	usualSecond     = 14 // rungs of a second ladder inside a usual bracket
	keptReplicas    = 2
)

// Shape of the first ladder.
const (
	growth      = 1.10 // from one rung to the next
	shortGrowth = 1.07 // the same, where 100 ms are a large part of the timeout
	shortLimit  = 1400 * time.Millisecond
	leastGrowth = 1.02
	belowRungs  = 7 // down to an eighth of the range's beginning
	below       = 8.0
	aboveRungs  = 4 // up to three times the range's end
	above       = 3.0
	watchFrom   = 0.15 // of the range's beginning, after the start
	watchGrowth = 1.25
)

// PlanLadder completes the options and lays out the first ladder. The error
// names every option that is wrong.
func PlanLadder(o LadderOptions) (LadderPlan, error) {
	p := LadderPlan{LadderOptions: o}
	if p.Replicas == 0 {
		p.Replicas = defaultReplicas
	}
	if p.Expect > 0 && p.Within == 0 {
		p.Within = DefaultWithin(p.Expect)
	}
	p.settleRange()
	p.settleArms()
	if err := p.validate(); err != nil {
		return p, err
	}
	p.Longest = time.Duration(above * float64(p.To))
	p.layOut()
	arms := 0
	for _, on := range []bool{p.Kept, p.Frozen} {
		if on {
			p.KeptSessions = keptReplicas
			arms++
		}
	}
	second := usualSecond * p.Replicas
	p.AtOnce = max(len(p.Probes), second+watchers(p.Probes)+2) + arms*p.KeptSessions
	p.Sessions = len(p.Probes) + second + arms*p.KeptSessions
	p.Irregular = rhythmSessions
	return p, nil
}

// settleRange finds the range around what is known.
func (p *LadderPlan) settleRange() {
	around := p.Documented
	p.Basis = DocumentedRange
	if p.Expect > 0 {
		around, p.Basis = p.Expect, ExpectedRange
	}
	from, to := around/2, around*3/2
	if around <= 0 {
		p.Basis, from, to = UnknownRange, unknownFrom, unknownTo
	}
	if p.From != 0 || p.To != 0 {
		p.Basis = GivenRange
	}
	if p.From == 0 {
		if p.From = max(from, leastFrom); p.To > 0 && p.From >= p.To {
			p.From = max(p.To/10, leastFrom)
		}
	}
	if p.To == 0 {
		if p.To = to; p.To <= p.From {
			p.To = 10 * p.From
		}
	}
}

// settleArms completes what is asked of the sessions in constant use.
func (p *LadderPlan) settleArms() {
	p.Frozen = p.Frozen || p.ExpectRenewal > 0
	if p.Absolute == 0 && p.ExpectAbsolute > 0 {
		p.Absolute = p.toJudge(p.ExpectAbsolute)
	}
	p.Kept = p.Kept || p.Absolute > 0
}

// withinOf is how far from its expected end a session in use may end.
func (p *LadderPlan) withinOf(expect time.Duration) time.Duration {
	return max(DefaultWithin(expect), p.Within)
}

// toJudge is how long sessions have to be followed to find out that they live
// longer than expected.
func (p *LadderPlan) toJudge(expect time.Duration) time.Duration {
	return expect + p.withinOf(expect) + 2*Resolution(expect)
}

// FrozenUntil is how long sessions that refuse renewed cookies are followed; 0:
// until the timeout is known.
func (p *LadderPlan) FrozenUntil() time.Duration {
	if p.ExpectRenewal == 0 {
		return p.Absolute
	}
	return max(p.Absolute, p.toJudge(p.ExpectRenewal))
}

func (p *LadderPlan) validate() error {
	var errs []error
	bad := func(is bool, format string, args ...any) {
		if is {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	bad(p.Expect < 0, "expected timeout %v: must be positive", p.Expect)
	bad(p.Within < 0, "tolerance %v: must be positive", p.Within)
	bad(p.Within > 0 && p.Expect == 0, "tolerance %v: says nothing without an expected timeout", p.Within)
	bad(p.Expect > 0 && p.Within >= p.Expect, "tolerance %v: must be less than the expected %v", p.Within, p.Expect)
	bad(p.From < leastFrom, "range from %v: must not begin below %v", p.From, leastFrom)
	bad(p.To <= p.From, "range to %v: must end above its beginning, %v", p.To, p.From)
	bad(p.To > mostTo, "range to %v: must not end above %v", p.To, mostTo)
	bad(p.Replicas < 1 || p.Replicas > mostReplicas, "%d replicas: must be 1 to %d", p.Replicas, mostReplicas)
	bad(p.Absolute < 0, "limit of the absolute lifetime %v: must be positive", p.Absolute)
	bad(p.ExpectAbsolute < 0, "expected absolute lifetime %v: must be positive", p.ExpectAbsolute)
	bad(p.ExpectAbsolute > 0 && p.Absolute > 0 && p.Absolute < p.toJudge(p.ExpectAbsolute),
		"expected absolute lifetime %v: to judge it, sessions must be followed for %v at least, not for %v", p.ExpectAbsolute, p.toJudge(p.ExpectAbsolute), p.Absolute)
	bad(p.ExpectRenewal < 0, "expected end without renewed cookies %v: must be positive", p.ExpectRenewal)
	bad(p.LoginsPerSec < 0, "%g logins a second: must be positive", p.LoginsPerSec)
	return errors.Join(errs...)
}

// gap is the pause between two logins of the first ladder: short where the rung
// is young, since every delay counts there, and slow where there is time.
func (p *LadderPlan) gap(age time.Duration) time.Duration {
	gap := min(max(age/2000, 2*time.Millisecond), 250*time.Millisecond)
	if p.LoginsPerSec > 0 {
		gap = max(gap, time.Duration(float64(time.Second)/p.LoginsPerSec))
	}
	return gap
}

// layOut makes the rungs. A session that is opened late is touched late, so
// each rung lies as much closer to the one below: whatever the timeout is, the
// first rung above it is touched no later than growth × timeout after the start.
func (p *LadderPlan) layOut() {
	var at time.Duration
	rung := func(age time.Duration, replicas int) {
		p.Rungs++
		for range replicas {
			p.Probes = append(p.Probes, LadderProbe{Wave: FirstWave, Open: at, Age: age})
			at += p.gap(age)
		}
	}
	age, last := p.From*99/100, p.To+p.To/100
	rung(age, p.Replicas)
	for i := range belowRungs {
		below := scaled(p.From, math.Pow(below, float64(i)/belowRungs-1))
		if below >= leastFrom/2 {
			rung(below, 1)
		}
	}
	for age < last {
		g := growth
		if age < shortLimit {
			g = shortGrowth
		}
		next := scaled(age, g) - at - time.Duration(p.Replicas-1)*p.gap(age)
		age = min(max(next, scaled(age, leastGrowth)), last)
		rung(age, p.Replicas)
	}
	for i := range aboveRungs {
		rung(scaled(p.To, math.Pow(above, float64(i+1)/aboveRungs)), 1)
	}
	for open := scaled(p.From, watchFrom); open < p.To; open = scaled(open, watchGrowth) {
		p.Probes = append(p.Probes, LadderProbe{Wave: WatchWave, Open: open})
	}
}

func scaled(d time.Duration, by float64) time.Duration {
	return time.Duration(float64(d) * by)
}

func watchers(probes []LadderProbe) (n int) {
	for _, p := range probes {
		if p.Wave == WatchWave {
			n++
		}
	}
	return n
}

// EndsBy is when the answer is there, counted from the start, if the timeout is
// what is given: 2.2 times that inside the range, else the range's end (above
// it) or beginning (below it) and 1.2 times that.
func (p *LadderPlan) EndsBy(timeout time.Duration) time.Duration {
	end := scaled(timeout, 2.2)
	switch {
	case timeout > p.To:
		end = p.To + scaled(timeout, 1.2)
	case timeout < p.From:
		end = p.From + scaled(timeout, 1.2)
	}
	if p.Frozen {
		end = max(end, p.FrozenUntil())
	}
	return max(end, p.Absolute)
}

// LatestEnd is when the ladder has ended whatever the server does, unless its
// answers contradict each other.
func (p *LadderPlan) LatestEnd() time.Duration { return p.EndsBy(p.Longest) }
