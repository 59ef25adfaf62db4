package report

import (
	"encoding/json"
	"fmt"
	"io"

	"authsoak/results"
)

// Input is what a report is made from.
type Input struct {
	Summary *results.Summary
	results.Findings
	// Folder is the run folder, for formats that show more than the summary
	// holds; empty where there is none, as for runs merged in memory.
	Folder string
	Text   TextOptions
}

// Format writes a report. The error is w's, or tells what the run folder lacks.
type Format func(w io.Writer, in Input) error

// Formats returns every format by the name a command line gives it.
func Formats() map[string]Format {
	return map[string]Format{
		"terminal": Terminal,
		"json":     func(w io.Writer, in Input) error { return JSON(w, in.Summary, in.Findings) },
	}
}

// JSON writes the summary indented, in the order of its schema and the same
// bytes for the same summary; behind its members, those of the findings, if there
// are any. Lists and maps that are nil are written empty.
func JSON(w io.Writer, s *results.Summary, f results.Findings) error {
	full := struct {
		results.Summary
		results.Findings
	}{filled(*s), f}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false) // thresholds are full of < and >
	if err := enc.Encode(&full); err != nil {
		return fmt.Errorf("summary of run %s as JSON: %w", s.RunID, err)
	}
	return nil
}

// filled returns s with empty lists where it has none, so that a reader in any
// language can loop over them. What s points to stays as it is.
func filled(s results.Summary) results.Summary {
	s.Reasons = list(s.Reasons)
	s.Targets = list(s.Targets)
	s.Thresholds = list(s.Thresholds)
	s.Checks = list(s.Checks)
	s.Generator.TaintReasons = list(s.Generator.TaintReasons)
	if s.Labels == nil {
		s.Labels = map[string]string{}
	}
	steps := make([]results.StepSummary, len(s.Steps))
	for i, st := range s.Steps {
		st.Errors = list(st.Errors)
		steps[i] = st
	}
	s.Steps = steps
	return s
}

func list[T any](in []T) []T {
	if in == nil {
		return []T{}
	}
	return in
}
