package scenario

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxFaults is how many mistakes of one file are shown.
const maxFaults = 20

// ReadTrace reads recorded arrival times, one a line: seconds since the start
// of load, or RFC 3339 instants, of which the earliest is the start. Empty
// lines and lines that begin with # are skipped. The times come back sorted.
func ReadTrace(r io.Reader, name string) ([]time.Duration, error) {
	t := trace{name: name}
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		t.line++
		if text := strings.TrimSpace(lines.Text()); text != "" && text[0] != '#' {
			t.read(strings.TrimPrefix(text, "\ufeff"))
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%s:%d: %w", name, t.line+1, err)
	}
	if len(t.faults) == 0 && len(t.times) == 0 {
		return nil, fmt.Errorf("%s: holds no time", name)
	}
	if t.count > len(t.faults) {
		t.faults = append(t.faults, fmt.Errorf("%s: and %d more", name, t.count-len(t.faults)))
	}
	if err := errors.Join(t.faults...); err != nil {
		return nil, err
	}
	slices.Sort(t.times)
	if t.epoch != nil {
		first := t.times[0]
		for i := range t.times {
			t.times[i] -= first
		}
	}
	return t.times, nil
}

type trace struct {
	name   string
	line   int
	times  []time.Duration
	epoch  *time.Time // the first instant; nil where times are seconds
	faults []error
	count  int
}

func (t *trace) fault(format string, args ...any) {
	if t.count++; t.count <= maxFaults {
		t.faults = append(t.faults, fmt.Errorf("%s:%d: %s", t.name, t.line, fmt.Sprintf(format, args...)))
	}
}

func (t *trace) read(text string) {
	seconds, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.instant(text)
		return
	}
	switch {
	case t.epoch != nil:
		t.fault("%s is a number of seconds, but the lines before are instants", text)
	case math.IsNaN(seconds) || seconds < 0 || seconds > maxTrace.Seconds():
		t.fault("%s is outside 0 to %v seconds", text, maxTrace.Seconds())
	default:
		t.times = append(t.times, time.Duration(math.Round(seconds*1e9)))
	}
}

// maxTrace bounds a trace, so that no time overflows.
const maxTrace = 90 * 24 * time.Hour

func (t *trace) instant(text string) {
	at, err := time.Parse(time.RFC3339Nano, text)
	switch {
	case err != nil:
		t.fault("%q is neither a number of seconds nor an instant such as 2026-11-21T08:00:00.25Z", clip(text))
		return
	case t.epoch == nil && len(t.times) > 0:
		t.fault("%s is an instant, but the lines before are seconds", text)
		return
	case t.epoch == nil:
		t.epoch = &at
	}
	since := at.Sub(*t.epoch)
	if since.Abs() > maxTrace {
		t.fault("%s is more than %v from the first instant", text, maxTrace)
		return
	}
	t.times = append(t.times, since)
}

// clip shortens a text that goes into a message.
func clip(text string) string {
	if r := []rune(text); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return text
}
