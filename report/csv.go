package report

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"sort"
	"strconv"
	"strings"

	"authsoak/results"
)

// csvTimes are the columns of one time.
func csvTimes(name string) []string {
	var out []string
	for _, q := range []string{"mean", "p50", "p90", "p99", "p999", "max"} {
		out = append(out, name+"_"+q+"_ms")
	}
	return out
}

// CSV writes one row for each series of the summary (RFC 4180), with the run's
// labels as the last columns, label_KEY. A text that a spreadsheet would take
// for a formula begins with an apostrophe. The error is w's.
func CSV(w io.Writer, s *results.Summary) error {
	keys := slices.Sorted(maps.Keys(s.Labels))
	head := []string{"run_id", "started_at", "verdict", "target", "step", "request", "kind", "count", "ok", "fail", "unknown", "rate_per_s"}
	head = append(head, csvTimes("service")...)
	head = append(head, csvTimes("response")...)
	head = append(head, "errors")
	for _, k := range keys {
		head = append(head, cellText("label_"+k))
	}
	out := newTable(w)
	out.row(head...)
	for i := range s.Steps {
		st := &s.Steps[i]
		row := []string{cellText(s.RunID), cellText(s.StartedAt), string(s.Verdict), cellText(st.Target), cellText(st.Step), cellText(st.Request), st.Kind,
			whole64(st.Count), whole64(st.OK), whole64(st.Fail), whole64(st.Unknown), decimal(st.RatePerS)}
		row = append(row, timesCells(&st.Service)...)
		row = append(row, timesCells(st.Response)...)
		row = append(row, errorCells(st.Errors))
		for _, k := range keys {
			row = append(row, cellText(s.Labels[k]))
		}
		out.row(row...)
	}
	return out.end()
}

// errorCells says how often each class came: locked=3 timeout=1.
func errorCells(all []results.ErrorCount) string {
	var parts []string
	for _, e := range all {
		parts = append(parts, e.Class+"="+whole64(e.Count))
	}
	return strings.Join(parts, " ")
}

// timesCells are the cells of [csvTimes]; a time that there isn't leaves them empty.
func timesCells(t *results.Times) []string {
	if t == nil {
		return make([]string, 6)
	}
	return []string{decimal(t.Mean), decimal(t.P50), decimal(t.P90), decimal(t.P99), decimal(t.P999), decimal(t.Max)}
}

var intervalColumns = []string{"at_s", "kind", "phase", "target", "step", "request", "count", "ok", "fail", "unknown",
	"service_p50_ms", "service_p99_ms", "service_max_ms", "response_p50_ms", "response_p99_ms", "response_max_ms", "errors",
	"len_s", "lateness_p99_ms", "live_sessions", "cycles_dropped", "workers", "busy", "cpu_share", "rss_bytes", "tainted_by"}

// IntervalsCSV writes the run over time: a row of kind run for each interval,
// with what the run as a whole was like, and before it one for each series that
// had samples in the interval. It goes line by line, whatever the length of the
// run. The error is w's, or tells what can't be read.
func IntervalsCSV(w io.Writer, folder *results.Folder) error {
	out := newTable(w)
	out.row(intervalColumns...)
	for line, err := range results.ReadIntervals(folder) {
		if err != nil {
			return errors.Join(out.end(), err)
		}
		switch {
		case line.Series != nil:
			out.row(seriesCells(line.Series)...)
		case line.Run != nil:
			out.row(runCells(line.Run)...)
		}
	}
	return out.end()
}

func seriesCells(l *results.SeriesInterval) []string {
	row := []string{decimal(l.At), l.Kind, l.Phase, cellText(l.Target), cellText(l.Step), cellText(l.Request),
		whole64(l.Count), whole64(l.OK), whole64(l.Fail), whole64(l.Unknown),
		decimal(l.Service.P50), decimal(l.Service.P99), decimal(l.Service.Max), "", "", ""}
	if l.Response != nil {
		row = append(row[:13], decimal(l.Response.P50), decimal(l.Response.P99), decimal(l.Response.Max))
	}
	var classes []results.ErrorCount
	for class, n := range l.Errors {
		classes = append(classes, results.ErrorCount{Class: class, Count: n})
	}
	sort.Slice(classes, func(a, b int) bool {
		return classes[a].Count > classes[b].Count || classes[a].Count == classes[b].Count && classes[a].Class < classes[b].Class
	})
	return append(append(row, cellText(errorCells(classes))), make([]string, 9)...)
}

func runCells(l *results.RunInterval) []string {
	var live, dropped int64
	for _, t := range l.Targets {
		live += t.Sessions.Live
		for _, counts := range t.Counts {
			dropped += counts[results.CyclesDropped.String()]
		}
	}
	row := append([]string{decimal(l.At), "run", l.Phase}, make([]string, 14)...)
	return append(row, decimal(l.Length), decimal(l.Lateness.P99), whole64(live), whole64(dropped),
		strconv.Itoa(l.Workers), strconv.Itoa(l.Busy), decimal(l.Health.CPUShare), whole64(l.Health.RSS), cellText(l.TaintedBy))
}

// csvTable writes rows of one length.
type csvTable struct {
	w   *csv.Writer
	err error
}

func newTable(w io.Writer) *csvTable {
	t := &csvTable{w: csv.NewWriter(w)}
	t.w.UseCRLF = true // RFC 4180, 2.1
	return t
}

func (t *csvTable) row(cells ...string) {
	if t.err == nil {
		t.err = t.w.Write(cells)
	}
}

func (t *csvTable) end() error {
	t.w.Flush()
	if err := errors.Join(t.err, t.w.Error()); err != nil {
		return fmt.Errorf("csv: %w", err)
	}
	return nil
}

// cellText makes a text from outside safe in a spreadsheet: one that begins like a
// formula is put behind an apostrophe, which spreadsheets take for "this is
// text". Numbers, which are never negative here, are written as they are.
func cellText(s string) string {
	s = clean(s)
	if s != "" && strings.ContainsRune("=+-@|%", rune(s[0])) {
		return "'" + s
	}
	// Full-width twins of these signs are formulas too.
	for _, sign := range []string{"＝", "＋", "－", "＠"} {
		if strings.HasPrefix(s, sign) {
			return "'" + s
		}
	}
	return s
}

func whole64(n int64) string { return strconv.FormatInt(n, 10) }

// decimal writes a number without an exponent, as short as it is exact.
func decimal(v float64) string {
	if !finite(v) {
		return ""
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}
