package results

import "time"

// Snapshot is the state of a run at one tick, for screens and live outputs.
type Snapshot struct {
	Elapsed time.Duration // since load began
	Planned time.Duration // of the whole load, warm-up included; 0: until stopped
	Phase   Phase
	Targets []TargetNow
	// Lateness is the 99th percentile of start − intended in the last interval.
	Lateness time.Duration
	Health   Health
	// Tainted says why the last interval was the generator's fault; empty: it wasn't.
	Tainted          string
	TaintedIntervals int
	Workers, Busy    int
	// Broken is the first threshold that failed and asks to stop the run.
	Broken string
	// Result sums the run up as if it ended now. It costs about a millisecond, and
	// is to be called only by whoever is handed the snapshot, before returning.
	Result func() Result
}

// Result is a run so far: its summary, and the times of its hold by series. The
// times hold until the next tick.
type Result struct {
	Summary *Summary
	Times   []SeriesTimes
}

// SeriesTimes are the times of one series. Response is nil where the kind has
// none or nothing was recorded.
type SeriesTimes struct {
	Series
	Service, Response *Histogram
}

// TargetNow is one target in the last interval.
type TargetNow struct {
	Name          string
	CyclesPerSec  float64 // completed
	StepsPerSec   float64
	P50, P99      time.Duration // response time of all steps
	Sessions      SessionCounts
	CyclesPlanned int64 // since load began, warm-up included
	CyclesDone    int64
	Dropped       int64
	Waiting       int   // cycles that wait for an account
	Fail, Unknown int64 // steps, since load began
}
