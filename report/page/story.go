package page

import (
	"errors"
	"io/fs"
	"os"
	"time"

	"golang.org/x/sync/errgroup"

	"authsoak/report/timeline"
	"authsoak/results"
)

// Story is everything a page tells.
type Story struct {
	Summary  *results.Summary
	Timeline *timeline.Timeline
	// Times are exact percentiles over time; nil while a run goes on, when those of
	// the timeline are shown.
	Times *timeline.Times
	// Hold are the times of the hold by tag; Lateness and pacer are among them.
	Hold     map[string]*results.Histogram
	Examples []results.Example
	Scenario string
	Folder   string // as the reader would type it; empty: not known
	// Live is nil in a report.
	Live *Live
}

// Live is what only a page about a run that goes on shows.
type Live struct {
	Elapsed, Planned float64 // seconds; Planned 0: until stopped
	Phase            string
	Stopping         bool
	Ended            bool // the run is over, and this is its last page
}

// mostPoints bounds every line of a chart over time.
const mostPoints = 600

// mostExamples bounds how many failures are shown in full, and sameExamples how
// many of them of one kind.
const (
	mostExamples = 60
	sameExamples = 2
)

// Pick chooses the examples to show: the first of each kind, n at most.
func Pick(all []results.Example, n int) []results.Example {
	seen := map[results.Example]int{}
	var out []results.Example
	for _, e := range all {
		kind := results.Example{Target: e.Target, Step: e.Step, Request: e.Request, Class: e.Class}
		if seen[kind]++; seen[kind] <= sameExamples && len(out) < n {
			out = append(out, e)
		}
	}
	return out
}

// Read gathers what the folders of one run hold, several where it was cut in
// shards, beside the summary made of them. A killed run is read as far as it
// goes.
func Read(s *results.Summary, dirs ...string) (*Story, error) {
	story := &Story{Summary: s}
	var folders []*results.Folder
	for _, dir := range dirs {
		f, err := results.OpenFolder(dir)
		if err != nil {
			return nil, err
		}
		folders = append(folders, f)
	}
	if len(folders) == 0 {
		return nil, errors.New("a page needs a run folder")
	}
	if len(dirs) == 1 {
		story.Folder = dirs[0]
	}
	starts, every, err := heads(folders)
	if err != nil {
		return nil, err
	}
	var group errgroup.Group
	group.Go(func() (err error) {
		story.Timeline, err = timeline.ReadAll(folders, mostPoints)
		return err
	})
	group.Go(func() (err error) {
		total := s.WarmupS + s.DurationS + s.DrainS
		story.Times, err = timeline.ReadTimes(folders, starts, every, total, pointsOf(len(s.Steps)))
		return err
	})
	if err := group.Wait(); err != nil {
		return nil, err
	}
	story.Hold = story.Times.Hold
	return story, story.readRest(folders)
}

// heads reads when each shard started, and how often it wrote histograms.
func heads(folders []*results.Folder) (starts []time.Time, every float64, err error) {
	for _, f := range folders {
		start := time.Time{}
		for l, err := range results.ReadIntervals(f) {
			if err != nil {
				return nil, 0, err
			}
			if l.Head != nil {
				start, every = l.Head.Run.StartedAt, max(every, l.Head.HistogramEveryS)
			}
			break
		}
		starts = append(starts, start)
	}
	return starts, every, nil
}

// readRest reads the small files. A folder need not have them.
func (st *Story) readRest(folders []*results.Folder) error {
	for _, f := range folders {
		for e, err := range results.ReadSamples(f) {
			if errors.Is(err, fs.ErrNotExist) {
				break
			}
			if err != nil {
				return err
			}
			st.Examples = append(st.Examples, e)
		}
	}
	st.Examples = Pick(st.Examples, mostExamples)
	text, err := os.ReadFile(folders[0].Path(results.ScenarioFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	st.Scenario = string(text)
	return nil
}

// Bounds that keep a page below two megabytes whatever was run.
const (
	pointBudget = 80_000 // of all lines over time together
	linesEach   = 6      // of one chart of times
	mostCharts  = 60     // of times over time; and of spectra
)

// pointsOf is how many points a line may have in a page of so many series.
func pointsOf(series int) int {
	return min(max(pointBudget/linesEach/max(min(series, mostCharts), 1), 60), mostPoints)
}
