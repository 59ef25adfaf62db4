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
	Fail, Unknown int64 // steps, since load began
}
