package comparison

import (
	"errors"
	"fmt"
	"os"
	"time"

	"authsoak/document"
	"authsoak/results"
)

// Run is a run folder that has been read. It is read-only.
type Run struct {
	Folder  string
	Summary *results.Summary
	Held    *results.Held
	// Scenario is the effective scenario as encoding/json would decode it; nil
	// where the folder has none.
	Scenario map[string]any
}

// Read reads the folder of a finished run.
func Read(dir string) (*Run, error) {
	f, err := results.OpenFolder(dir)
	if err != nil {
		return nil, err
	}
	r := &Run{Folder: dir}
	if r.Summary, err = results.ReadSummary(f); err != nil {
		if errors.Is(err, os.ErrNotExist) {
			return nil, fmt.Errorf("run folder %s: it has no %s: the run was killed or still goes on, and can't be compared", dir, results.SummaryFile)
		}
		return nil, err
	}
	if r.Held, err = results.ReadHeld(f); err != nil {
		return nil, err
	}
	text, err := os.ReadFile(f.Path(results.ScenarioFile))
	if errors.Is(err, os.ErrNotExist) {
		return r, nil
	}
	if err == nil {
		r.Scenario, err = scenarioOf(f.Path(results.ScenarioFile), text)
	}
	return r, err
}

func scenarioOf(name string, text []byte) (map[string]any, error) {
	file, err := document.Parse(name, text)
	if err != nil {
		return nil, err
	}
	tree, _ := file.Plain().(map[string]any)
	return tree, nil
}

// started is when the load of the run began.
func (r *Run) started() time.Time {
	t, _ := time.Parse(time.RFC3339, r.Summary.StartedAt)
	return t
}

func (r *Run) brief() results.ComparedRun {
	s := r.Summary
	b := results.ComparedRun{
		RunID: s.RunID, Folder: r.Folder, StartedAt: s.StartedAt, Verdict: s.Verdict, Targets: []string{}, Labels: s.Labels,
		Intervals: r.Held.Intervals, Tainted: r.Held.Tainted,
	}
	for _, t := range s.Targets {
		b.Targets = append(b.Targets, fmt.Sprintf("%s %s %s %s %s", t.Name, t.Endpoint, t.Version, t.Method, t.URL))
	}
	return b
}

// Fits tells, before a run of that effective scenario, why it could not be
// compared with this one: all reasons at once.
func (r *Run) Fits(effective []byte, allow []string) error {
	d := doubter{allow: allow}
	next, err := scenarioOf(results.ScenarioFile, effective)
	if err != nil {
		return err
	}
	if r.Scenario != nil {
		d.scenarios(r.Scenario, next)
	}
	d.finished(r)
	var errs []error
	for _, reason := range Refusals(d.found) {
		errs = append(errs, fmt.Errorf("--baseline %s: not comparable: %s", r.Folder, reason))
	}
	return errors.Join(errs...)
}
