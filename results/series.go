package results

// Kind tells what a series of numbers measures.
type Kind uint8

// Kinds of series. Response times exist for steps and cycles only: the parts of
// a step have no intended start of their own.
const (
	StepSeries    Kind = iota // a login, call or logout as a whole
	RequestSeries             // one request of a step that has several
	CycleSeries               // login to logout
	ConnectSeries             // opening a TCP connection, DNS included
	TLSSeries                 // the TLS handshake
)

// Series names one row of numbers of a run.
type Series struct {
	Target  string // name of the target in the scenario
	Step    string // login, a call's name, logout, replay; "cycle", "connect", "tls"
	Request string // only of RequestSeries
	Kind    Kind
}

// Phase is the part of a run that a sample belongs to, by its intended start.
type Phase uint8

// Only Hold counts for the verdict.
const (
	Warmup Phase = iota
	Hold
	Drain
	Phases
)

// String returns warmup, hold or drain.
func (p Phase) String() string { return [...]string{"warmup", "hold", "drain"}[p] }

// Sample is one finished step, request, cycle, connect or handshake.
type Sample struct {
	Series            int   // index in the run's list of series
	Service, Response int64 // ns; Response is ignored where the kind has none
	Phase             Phase
	Outcome           Outcome
	Class             Class
}

// Counter is a number that only grows.
type Counter uint8

// Counters, kept per target and phase.
const (
	CyclesPlanned Counter = iota // arrivals due so far
	CyclesStarted
	CyclesCompleted
	CyclesDropped     // arrivals that never started
	CyclesInterrupted // started, cut by the end of the run
	Requests          // written, resends included
	Resends           // requests written a second time under the driver's rule
	Connections       // opened
	ConnectionsStale  // found closed by the server before a request was written
	TLSResumed
	Renewals // cookies renewed by an answer that was no login
	Replays  // logged-out sessions tried again
	Counters
)

// Example is one failure in full, secrets already blanked.
type Example struct {
	At       float64 `json:"at_s"` // seconds since the start of load
	Target   string  `json:"target"`
	Step     string  `json:"step"`
	Request  string  `json:"request,omitempty"`
	Outcome  string  `json:"outcome"`
	Class    string  `json:"class"`
	Message  string  `json:"message"` // one line: what was expected, what came
	Sent     string  `json:"sent"`
	Received string  `json:"received,omitempty"`
}
