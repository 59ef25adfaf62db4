package results

import "fmt"

// Experiment is what a load that asks a question of its own has found: what
// happened to the server, and a line for each thing that was expected of it.
type Experiment struct {
	Kind  string `json:"kind"`  // storm, mass-expiry, restart, duplicate-burst, leak
	About string `json:"about"` // what was done, in a line
	// AtS is when it happened, in seconds since the start of load; nil where
	// nothing happened at one instant.
	AtS   *float64         `json:"at_s,omitempty"`
	Lines []ExperimentLine `json:"lines"`
}

// ExperimentLine is one thing that was expected, and what was seen instead. One
// without an expectation is told and never fails.
type ExperimentLine struct {
	Name        string `json:"name"`
	Expectation string `json:"expectation,omitempty"`
	Actual      string `json:"actual"`
	Pass        bool   `json:"pass"`
}

// Judged tells whether anything was expected.
func (l *ExperimentLine) Judged() bool { return l.Expectation != "" }

// failures says in words which lines don't hold; of no experiment, none.
func (e *Experiment) failures() (reasons []string) {
	if e == nil {
		return nil
	}
	for i := range e.Lines {
		if l := &e.Lines[i]; l.Judged() && !l.Pass {
			reasons = append(reasons, fmt.Sprintf("%s: %s: expected %s; it was: %s", e.Kind, l.Name, l.Expectation, l.Actual))
		}
	}
	return reasons
}

// with adds what another shard of the same run has found. Each shard was judged
// by what it drove itself, so each keeps its own lines.
func (e *Experiment) with(other *Experiment, who string) *Experiment {
	if other == nil {
		return e
	}
	out := *other
	out.Lines = nil
	if e != nil {
		out = *e
	}
	for _, l := range other.Lines {
		l.Name = who + l.Name
		out.Lines = append(out.Lines, l)
	}
	return &out
}
