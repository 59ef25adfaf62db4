package results

import (
	"fmt"
	"strings"
)

// ComparisonSchema names the format of comparison.json.
const ComparisonSchema = "authsoak/comparison/v1"

// Ways in which runs were compared.
const (
	ByRounds = "rounds" // whole runs, driven in turn
	ByRuns   = "runs"   // whole runs, one side after the other
	ByBlocks = "blocks" // one run on each side, cut in blocks of time
)

// Comparison is comparison.json: what differs between runs of a base and runs of
// something new, how sure that is, and what could have been seen.
type Comparison struct {
	Schema  string   `json:"schema"`
	Version string   `json:"authsoak_version"`
	Verdict Verdict  `json:"verdict"`
	Reasons []string `json:"reasons"` // why not pass, in words

	Method     string  `json:"method"` // rounds, runs, blocks; empty: the runs are not comparable
	Rounds     int     `json:"rounds"` // on the side that has fewer
	Confidence float64 `json:"confidence"`
	// Family is the number of metrics among which the error rate is divided.
	Family int `json:"family"`
	// RunVariationPct is how much one run is taken to differ from the next, where
	// single runs can't show it.
	RunVariationPct float64 `json:"run_variation_pct,omitempty"`

	Base    []ComparedRun     `json:"base"`
	New     []ComparedRun     `json:"new"`
	Doubts  []Doubt           `json:"doubts"`
	Metrics []ComparedMetric  `json:"metrics"`
	Limits  []ToleranceResult `json:"tolerances"`
	Spectra []Spectrum        `json:"spectra"`
}

// ComparedRun is one run of a side.
type ComparedRun struct {
	RunID     string            `json:"run_id"`
	Folder    string            `json:"folder"`
	StartedAt string            `json:"started_at"`
	Verdict   Verdict           `json:"verdict"`
	Targets   []string          `json:"targets"` // name, endpoint, version, method and URL
	Labels    map[string]string `json:"labels,omitempty"`
	Intervals int               `json:"intervals"`
	Tainted   int               `json:"tainted_intervals"`
}

// Doubt is a reason against comparing these runs. A refused one kept them from
// being compared; the others have to be kept in mind.
type Doubt struct {
	Kind    string `json:"kind"`
	Text    string `json:"text"`
	Refused bool   `json:"refused"`
}

// Findings about a metric.
const (
	Worse      = "worse"
	Better     = "better"
	NoFinding  = "~"
	NotMeasure = "none" // nothing to compare: see the note
)

// ComparedMetric is one metric of one step on both sides. Changes are in percent
// of the base, those of shares in percentage points. What is not known is null.
type ComparedMetric struct {
	Target  string `json:"target"`
	Step    string `json:"step"`
	Metric  string `json:"metric"` // p50, p90, p99, throughput, errors
	Unit    string `json:"unit"`   // ms, /s, %
	Finding string `json:"finding"`
	// Base and New are the middle of the runs of a side: the geometric mean, of
	// shares the arithmetic one.
	Base *float64 `json:"base"`
	New  *float64 `json:"new"`

	ChangeUnit string   `json:"change_unit"` // %, points
	Change     *float64 `json:"change"`
	Low        *float64 `json:"low"` // of the interval, simultaneous with those of all metrics
	High       *float64 `json:"high"`
	P          *float64 `json:"p"` // corrected for the family
	// Detectable is the smallest change for the worse that this data would have
	// shown four times in five.
	Detectable *float64 `json:"detectable"`
	// Matters is the change that RoundsNeeded asks about: that many rounds in all
	// would show it four times in five.
	Matters      float64 `json:"matters"`
	RoundsNeeded int     `json:"rounds_needed,omitempty"` // 0: not known
	Units        int     `json:"n"`
	Note         string  `json:"note,omitempty"`
}

// MostRounds is the greatest number of rounds that is looked for; one more stands
// for more than that.
const MostRounds = 1000

// Verdicts on a tolerance, besides pass and fail.
const ToleranceUnknown = "unknown"

// ToleranceResult is a change that was allowed, and what is known of it.
type ToleranceResult struct {
	Expression string   `json:"expression"`
	Verdict    string   `json:"verdict"` // pass, fail, unknown
	ChangeUnit string   `json:"change_unit"`
	Change     *float64 `json:"change"`
	Low        *float64 `json:"low"` // bounds on each side, each missing the truth once in 20
	High       *float64 `json:"high"`
	// RoundsNeeded is how many rounds in all would decide, if the change stays what
	// it seems to be; 0: not known.
	RoundsNeeded int    `json:"rounds_needed,omitempty"`
	Text         string `json:"text"`
}

// Spectrum is the response times of a step on both sides, all runs together.
type Spectrum struct {
	Target string          `json:"target"`
	Step   string          `json:"step"`
	Points []SpectrumPoint `json:"points"`
}

// SpectrumPoint is one percentile, in milliseconds.
type SpectrumPoint struct {
	Percentile float64 `json:"percentile"`
	Base       float64 `json:"base_ms"`
	New        float64 `json:"new_ms"`
}

// ComparisonBrief is what summary.json says of a comparison that was asked for
// together with the run; all of it stands in comparison.json.
type ComparisonBrief struct {
	Baseline   []string          `json:"baseline"` // run ids
	Method     string            `json:"method"`
	Verdict    Verdict           `json:"verdict"`
	Reasons    []string          `json:"reasons"`
	Worse      []string          `json:"worse"`  // metrics shown to be worse
	Better     []string          `json:"better"` // metrics shown to be better
	Tolerances []ToleranceResult `json:"tolerances"`
}

// Brief sums up a comparison for the summary of its run.
func (c *Comparison) Brief() *ComparisonBrief {
	b := &ComparisonBrief{
		Baseline: []string{}, Method: c.Method, Verdict: c.Verdict, Reasons: c.Reasons,
		Worse: c.Found(Worse), Better: c.Found(Better), Tolerances: c.Limits,
	}
	for _, r := range c.Base {
		b.Baseline = append(b.Baseline, r.RunID)
	}
	return b
}

// Found lists the metrics of a finding: octane.login p99.
func (c *Comparison) Found(finding string) []string {
	out := []string{}
	for i := range c.Metrics {
		if m := &c.Metrics[i]; m.Finding == finding {
			out = append(out, m.Target+"."+m.Step+" "+m.Metric)
		}
	}
	return out
}

// Join takes a comparison into the summary of the run that it was made for: a
// run that passed by itself may fail by it.
func (s *Summary) Join(c *Comparison) {
	s.Comparison = c.Brief()
	if s.Verdict == Pass {
		s.Verdict = c.Verdict
	}
	for _, r := range c.Reasons {
		s.Reasons = append(s.Reasons, ofBaseline+r)
	}
}

const ofBaseline = "against the baseline: "

// OwnReasons are those that [Summary.Join] didn't bring.
func (s *Summary) OwnReasons() (own []string) {
	for _, r := range s.Reasons {
		if !strings.HasPrefix(r, ofBaseline) {
			own = append(own, r)
		}
	}
	return own
}

// ReadComparison reads comparison.json.
func ReadComparison(f *Folder) (*Comparison, error) {
	var c Comparison
	if err := f.ReadJSON(ComparisonFile, &c); err != nil {
		return nil, err
	}
	if c.Schema != ComparisonSchema {
		return nil, fmt.Errorf("read %s: schema %q: want %s", f.Path(ComparisonFile), c.Schema, ComparisonSchema)
	}
	return &c, nil
}
