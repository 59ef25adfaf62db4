package results

import (
	"errors"
	"io/fs"
)

// Commands that probe sessions and drive no load, as they stand in
// [Summary.Command].
const (
	CheckCommand   = "check"
	TimeoutCommand = "timeout"
)

// WriteProbed writes the summary of a command that drives no load: totals are
// taken from its targets, lists that are missing are empty.
func (f *Folder) WriteProbed(s *Summary) error {
	s.Schema, s.RunID = SummarySchema, f.RunID
	for i := range s.Targets {
		s.Sessions.add(s.Targets[i].Sessions, i == 0)
	}
	if s.Reasons == nil {
		s.Reasons = []string{}
	}
	s.Generator.TaintReasons = []string{}
	s.fillEmpty()
	return f.WriteJSON(SummaryFile, s)
}

// Findings is what files of a run folder hold beside the summary: timeouts that
// were measured, and races. Both are nil where there were none.
type Findings struct {
	Timeout *TimeoutResult `json:"timeout,omitempty"`
	Races   []RaceReport   `json:"races,omitempty"`
}

// Findings reads what the folder holds beside its summary.
func (f *Folder) Findings() (Findings, error) {
	found, t := Findings{}, &TimeoutResult{}
	err := f.ReadJSON(TimeoutFile, t)
	if err == nil {
		found.Timeout = t
	}
	races := f.ReadJSON(RacesFile, &found.Races)
	return found, errors.Join(unlessMissing(err), unlessMissing(races))
}

func unlessMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// Summarized is the verdict of a run folder that holds it.
func (t *TimeoutResult) Summarized() Verdict {
	switch t.Verdict {
	case string(Pass), TimeoutMeasured:
		return Pass
	case string(Failed):
		return Failed
	case string(Interrupted):
		return Interrupted
	}
	return Invalid
}
