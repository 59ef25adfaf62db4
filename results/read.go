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
	"strconv"
	"strings"
	"time"

	hdr "github.com/HdrHistogram/hdrhistogram-go"
)

// Interval is one line of intervals.jsonl; exactly one member is not nil.
type Interval struct {
	Head   *Head
	Series *SeriesInterval
	Run    *RunInterval
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
	return readFile(f, IntervalsFile, parseInterval)
}

// ReadHistograms yields the lines of latency.hlog in order, under the same rules
// as [ReadIntervals].
func ReadHistograms(f *Folder) iter.Seq2[HistogramInterval, error] {
	return readFile(f, HistogramsFile, parseHistogram)
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

func parseInterval(line []byte) (v Interval, ok bool, err error) {
	kind, err := lineKind(line)
	if err != nil {
		return v, false, err
	}
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

// parseHistogram reads Tag=octane.login.response,12.000,1.000,8.541,HISTF…
func parseHistogram(line []byte) (v HistogramInterval, ok bool, err error) {
	if line[0] == '#' || line[0] == '"' {
		return v, false, nil
	}
	text, ok := strings.CutPrefix(string(line), "Tag=")
	columns := strings.Split(text, ",")
	if !ok || len(columns) != 5 {
		return v, false, errors.New("not a line of an HDR log with a tag")
	}
	v.Phase, v.Tag = cutTag(columns[0])
	var at [2]time.Duration
	for i := range at {
		sec, err := strconv.ParseFloat(columns[i+1], 64)
		if err != nil || !(sec >= 0 && sec < 1e9) {
			return v, false, fmt.Errorf("%q is no time in seconds", columns[i+1])
		}
		at[i] = time.Duration(sec*1e3+0.5) * time.Millisecond
	}
	v.From, v.To = at[0], at[0]+at[1]
	v.Times, err = decodeHistogram([]byte(columns[4]))
	return v, err == nil, err
}

// decodeHistogram reads the V2 compressed form in base64. The library checks the
// geometry and bounds what is inflated.
func decodeHistogram(text []byte) (*Histogram, error) {
	packed, err := hdr.DecodePacked(text)
	if err != nil {
		return nil, fmt.Errorf("histogram: %w", err)
	}
	h := new(Histogram)
	for value, n := range packed.ForEachBucket {
		if n > 1<<60-h.count {
			return nil, errors.New("histogram: counts beyond any run")
		}
		h.add(bucketOf(min(max(value, 0), highestNS)), n)
	}
	return h, nil
}
