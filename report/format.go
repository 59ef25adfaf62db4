package report

import (
	"bytes"
	"encoding/json"
	"errors"
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
	// Folders are all that the summary was made from: one, or the shards of a run.
	Folders []string
	Text    TextOptions
}

// Format writes a report. The error is w's, or tells what the run folder lacks.
type Format func(w io.Writer, in Input) error

// Formats returns every format by the name a command line gives it.
func Formats() map[string]Format {
	return map[string]Format{
		"terminal": Terminal,
		"json":     func(w io.Writer, in Input) error { return JSON(w, in.Summary, in.Findings) },
		"markdown": func(w io.Writer, in Input) error { return Markdown(w, in.Summary) },
		"junit":    func(w io.Writer, in Input) error { return JUnitRun(w, in.Summary) },
		"csv":      func(w io.Writer, in Input) error { return CSV(w, in.Summary) },
		"intervals-csv": func(w io.Writer, in Input) error {
			return ofOneFolder(in, "intervals-csv", func(f *results.Folder) error { return IntervalsCSV(w, f) })
		},
		"hlog": func(w io.Writer, in Input) error {
			return ofOneFolder(in, "hlog", func(f *results.Folder) error { return results.CopyHistograms(w, f) })
		},
	}
}

// ofOneFolder makes a report that shows more than a summary holds.
func ofOneFolder(in Input, format string, report func(*results.Folder) error) error {
	if in.Folder == "" {
		return fmt.Errorf("format %s: is made of one run folder: give each shard by itself", format)
	}
	f, err := results.OpenFolder(in.Folder)
	if err != nil {
		return err
	}
	return report(f)
}

// Leave writes into a run folder the reports that other programs read, beside
// what the run left by itself: for a CI server, a pull request and a
// spreadsheet.
func Leave(folder *results.Folder, s *results.Summary) error {
	var problems []error
	for _, f := range []struct {
		file  string
		write func(io.Writer, *results.Summary) error
	}{{results.JUnitFile, JUnitRun}, {results.MarkdownFile, Markdown}, {results.CSVFile, CSV}} {
		var b bytes.Buffer
		err := f.write(&b, s)
		if err == nil {
			err = folder.Write(f.file, b.Bytes())
		}
		problems = append(problems, err)
	}
	return errors.Join(problems...)
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
