package results

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"time"
)

// Interval is one line of intervals.jsonl; exactly one member is not nil.
type Interval struct {
	Head   *Head
	Series *SeriesInterval
	Run    *RunInterval
	Scrape *ScrapeInterval
	Gap    *Gap
	End    *End
}

// HistogramInterval is one line of latency.hlog.
type HistogramInterval struct {
	Phase    Phase
	Tag      string        // without the phase: octane.login.response, lateness, pacer
	From, To time.Duration // since the start of load
	Times    *Histogram
}

// maxLine bounds what a broken file can cost.
const maxLine = 64 << 20

// ReadSummary reads summary.json.
func ReadSummary(f *Folder) (*Summary, error) {
	var s Summary
	if err := f.ReadJSON(SummaryFile, &s); err != nil {
		return nil, err
	}
	if s.Schema != SummarySchema {
		return nil, fmt.Errorf("read %s: schema %q: want %s", f.Path(SummaryFile), s.Schema, SummarySchema)
	}
	return &s, nil
}

// ReadIntervals yields the lines of intervals.jsonl in order. A last line cut
// short by a kill is left out; lines of a kind unknown to this version are
// skipped. After an error nothing follows.
func ReadIntervals(f *Folder) iter.Seq2[Interval, error] {
	return readFile(f, IntervalsFile, new(intervalParser).parse)
}

// ReadHistograms yields the lines of latency.hlog in order, under the same rules
// as [ReadIntervals].
func ReadHistograms(f *Folder) iter.Seq2[HistogramInterval, error] {
	return readFile(f, HistogramsFile, new(histogramParser).parse)
}

// ReadSamples yields the failures kept in samples.jsonl.
func ReadSamples(f *Folder) iter.Seq2[Example, error] {
	return readFile(f, SamplesFile, func(line []byte) (e Example, ok bool, err error) {
		return e, true, json.Unmarshal(line, &e)
	})
}

func readFile[T any](f *Folder, name string, parse func([]byte) (T, bool, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		file, err := os.Open(f.Path(name))
		if err != nil {
			yield(none, err)
			return
		}
		defer func() { _ = file.Close() }()
		for v, err := range readLines(file, parse) {
			if err != nil {
				yield(none, fmt.Errorf("read %s: %w", f.Path(name), err))
				return
			}
			if !yield(v, nil) {
				return
			}
		}
	}
}

// readLines parses a file of lines, whose last one may be torn: it counts only
// if it parses.
func readLines[T any](r io.Reader, parse func([]byte) (T, bool, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		in := bufio.NewReaderSize(r, 256<<10)
		for number := 1; ; number++ {
			line, err := readLine(in)
			if err != nil && err != io.EOF {
				yield(none, fmt.Errorf("line %d: %w", number, err))
				return
			}
			last := err == io.EOF
			if trimmed := bytes.TrimRight(line, "\r\n"); len(trimmed) > 0 {
				v, ok, err := parse(trimmed)
				switch {
				case err != nil && !last:
					yield(none, fmt.Errorf("line %d: %w", number, err))
					return
				case err == nil && ok && !yield(v, nil):
					return
				}
			}
			if last {
				return
			}
		}
	}
}

var errLongLine = errors.New("longer than 64 MB: not a file of a run")

// readLine returns the next line, which holds until the next call.
func readLine(in *bufio.Reader) ([]byte, error) {
	line, err := in.ReadSlice('\n')
	if err != bufio.ErrBufferFull {
		return line, err
	}
	long := bytes.Clone(line)
	for err == bufio.ErrBufferFull {
		if line, err = in.ReadSlice('\n'); len(long)+len(line) > maxLine {
			return nil, errLongLine
		}
		long = append(long, line...)
	}
	return long, err
}

// lineKind returns the member "line". Ours stands first, where it is found
// without parsing a line of a day's run twice.
func lineKind(line []byte) (string, error) {
	if rest, ok := bytes.CutPrefix(line, []byte(`{"line":"`)); ok {
		if end := bytes.IndexByte(rest, '"'); end > 0 && end < 10 {
			return string(rest[:end]), nil
		}
	}
	var kind struct {
		Line string `json:"line"`
	}
	err := json.Unmarshal(line, &kind)
	return kind.Line, err
}

// intervalParser reads lines of intervals.jsonl, those of our own making without
// encoding/json.
type intervalParser struct{ scanner }

func (p *intervalParser) parse(line []byte) (v Interval, ok bool, err error) {
	kind, err := lineKind(line)
	if err != nil {
		return v, false, err
	}
	switch kind {
	case SeriesLine:
		v.Series = new(SeriesInterval)
		p.start(line)
		p.series(v.Series)
	case RunLine:
		v.Run = new(RunInterval)
		p.start(line)
		p.run(v.Run)
	default:
		return parseInterval(kind, line)
	}
	if p.ended() {
		return v, true, nil
	}
	return parseInterval(kind, line)
}

// parseInterval reads a line of that kind the long way.
func parseInterval(kind string, line []byte) (v Interval, ok bool, err error) {
	var into any
	switch kind {
	case HeadLine:
		v.Head = new(Head)
		into = v.Head
	case SeriesLine:
		v.Series = new(SeriesInterval)
		into = v.Series
	case RunLine:
		v.Run = new(RunInterval)
		into = v.Run
	case ScrapeLine:
		v.Scrape = new(ScrapeInterval)
		into = v.Scrape
	case GapLine:
		v.Gap = new(Gap)
		into = v.Gap
	case EndLine:
		v.End = new(End)
		into = v.End
	default:
		return v, false, nil
	}
	if err := json.Unmarshal(line, into); err != nil {
		return Interval{}, false, err
	}
	if v.Head != nil && v.Head.Schema != IntervalsSchema {
		return Interval{}, false, fmt.Errorf("schema %q: want %s", v.Head.Schema, IntervalsSchema)
	}
	return v, true, nil
}
