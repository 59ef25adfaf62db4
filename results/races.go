package results

// RacesFile is the file of a run folder that holds what racing clients found, a
// list of one [RaceReport] for each target.
const RacesFile = "races.json"

// RaceReport is what came of rounds in which several clients used one session
// at once.
type RaceReport struct {
	Target    string  `json:"target"`
	Seed      uint64  `json:"seed"`
	Planned   int     `json:"rounds_planned"`
	Rounds    int     `json:"rounds"`
	Clients   int     `json:"clients"` // at most, in one round
	DurationS float64 `json:"duration_s"`
	// Start says how the clients were let off together.
	Start string `json:"start"`
	// Stopped says why there were fewer rounds than planned; empty: there weren't.
	Stopped  string        `json:"stopped,omitempty"`
	Requests int64         `json:"operations"`
	Unknown  int64         `json:"operations_unknown"` // whose outcome nobody knows
	Unjudged int           `json:"rounds_unjudged"`    // the checker's time was up
	Sessions RaceSessions  `json:"sessions"`
	Findings []RaceFinding `json:"findings"`
	Notes    []string      `json:"notes"` // seen, and no fault
}

// RaceSessions counts the sessions that the rounds opened: opened = closed +
// left, and beside them those that a login without an answer may have opened.
type RaceSessions struct {
	Opened       int64 `json:"opened"`
	Closed       int64 `json:"closed"`
	Left         int64 `json:"left"` // could not be logged out
	PossiblyOpen int64 `json:"possibly_open"`
}

// RaceFinding is one kind of fault with the shortest history that shows it.
type RaceFinding struct {
	Rule   string `json:"rule"`
	Fault  string `json:"fault"`
	Shown  int    `json:"rounds_shown"` // rounds that showed it
	Tried  int    `json:"rounds_tried"` // rounds that could have
	First  int    `json:"first_round"`  // counted from 1
	Judged bool   `json:"judged"`       // false: the profile declares nothing, so it is no failure
	// History is in the order of invocation.
	History []RaceOperation `json:"history"`
	Picture string          `json:"picture,omitempty"` // a file of the run folder
}

// RaceOperation is one line of a history.
type RaceOperation struct {
	Client  int    `json:"client"`
	Act     string `json:"act"`
	Session string `json:"session"` // A, B, …; A' is a renewed cookie of A
	Outcome string `json:"outcome"`
	// FromUS and ToUS are microseconds since the first operation was invoked.
	// ToUS is nil where no answer came.
	FromUS float64  `json:"from_us"`
	ToUS   *float64 `json:"to_us"`
}
