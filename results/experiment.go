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
	// Worded is what Expectation and Actual were made of, for those who merge
	// shards; nil: it can't be merged. A summary has none.
	Worded *Worded `json:"worded,omitempty" jsonschema:"-"`
}

// Worded is a line of an experiment in phrases.
type Worded struct {
	Expectation Wording `json:"expectation,omitempty"`
	Actual      Wording `json:"actual"`
}

// NewExperimentLine makes a line that can be merged with those of other shards.
func NewExperimentLine(name string, pass bool, expectation, actual Wording) ExperimentLine {
	return ExperimentLine{Name: name, Expectation: expectation.String(), Actual: actual.String(), Pass: pass, Worded: &Worded{expectation, actual}}
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

// told is the experiment as a summary tells it.
func (e *Experiment) told() *Experiment {
	if e == nil {
		return nil
	}
	out := *e
	out.Lines = make([]ExperimentLine, len(e.Lines))
	for i, l := range e.Lines {
		l.Worded = nil
		out.Lines[i] = l
	}
	return &out
}
