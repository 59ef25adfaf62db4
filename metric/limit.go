package metric

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"authsoak/spelling"
)

// limit reads the comparison and the value, and refuses a unit that doesn't fit.
func (p *parser) limit(e *Expression) error {
	p.space()
	start := p.at
	op := p.word(func(r rune) bool { return strings.ContainsRune("<>=!≤≥", r) })
	switch Op(op) {
	case Less, LessEqual, Equal, GreaterEqual, Greater:
		e.Op = Op(op)
	default:
		return p.failAt(start, badOp(op), opHint(op))
	}
	p.space()
	start = p.at
	digits := p.word(func(r rune) bool { return r >= '0' && r <= '9' || r == '.' })
	v, err := strconv.ParseFloat(digits, 64)
	if err != nil || len(digits) > 20 || v > 1e15 { // beyond, a float64 no longer holds each whole number
		if strings.HasPrefix(p.rest(), "-") {
			return p.failAt(start, "a limit can't be negative", "")
		}
		return p.failAt(start, fmt.Sprintf("expected a number after %s", e.Op), "such as 500ms, 1% or 20/s")
	}
	e.Value = v
	p.space()
	return p.unit(e, start, digits)
}

func badOp(op string) string {
	if op == "" {
		return "expected a comparison after the metric"
	}
	return fmt.Sprintf("no comparison %q", op)
}

func opHint(op string) string {
	switch op {
	case "=":
		return "write =="
	case "=<", "≤":
		return "write <="
	case "=>", "≥":
		return "write >="
	case "!=":
		return "there is no !=; state the limit with < or >"
	}
	return "one of <, <=, ==, >=, >"
}

var units = map[string]Unit{
	"": Bare, "us": Microseconds, "µs": Microseconds, "μs": Microseconds, "ms": Milliseconds,
	"s": Seconds, "m": Minutes, "h": Hours, "%": Percent, "/s": PerSecond,
}

var unitHints = map[string]string{
	"sec": "s", "secs": "s", "second": "s", "seconds": "s", "S": "s", "min": "m", "mins": "m", "minutes": "m",
	"hour": "h", "hours": "h", "MS": "ms", "Ms": "ms", "msec": "ms", "millis": "ms", "usec": "us",
	"ns": "us", "rps": "/s", "/sec": "/s", "ps": "/s", "percent": "%", "pct": "%", "/m": "/s", "/min": "/s",
}

func (p *parser) unit(e *Expression, number int, digits string) error {
	start := p.at
	name := p.word(func(r rune) bool { return letter(r) || r == '%' || r == '/' || r == '-' })
	if isSuffix(name) { // a bare number before a suffix
		p.at, name = start, ""
	}
	u, ok := units[name]
	if !ok {
		hint := "units are us, ms, s, m, h, %, /s"
		if meant := unitHints[name]; meant != "" {
			hint = "did you mean " + digits + meant + "?"
		} else if strings.IndexFunc(name, func(r rune) bool { return r >= '0' && r <= '9' }) >= 0 {
			hint = "write it as one number with one unit, such as 90s"
		}
		return p.failAt(start, fmt.Sprintf("no unit %q", name), hint)
	}
	e.Unit = u
	if reason, hint := misfit(*e, digits); reason != "" {
		return p.failAt(number, reason, hint)
	}
	return nil
}

// misfit says why the value can't be a limit of the metric; empty: it can.
func misfit(e Expression, digits string) (reason, hint string) {
	written := digits + string(e.Unit)
	switch {
	case e.Func == Count:
		if e.Unit != Bare {
			return fmt.Sprintf("%s counts, %s doesn't fit", e.Func, written), fmt.Sprintf("write %s, or use rate for a share or a throughput", digits)
		}
		if e.Value != float64(int64(e.Value)) {
			return "a count is a whole number", ""
		}
	case e.Func == Rate:
		if e.Unit != Percent && e.Unit != PerSecond {
			return fmt.Sprintf("rate is a share or a throughput, %s doesn't fit", written), fmt.Sprintf("write %s%% or %s/s", digits, digits)
		}
		if e.Unit == Percent && e.Value > 100 {
			return "a share is at most 100%", ""
		}
	case gauge(e) && e.Unit != Bare:
		return fmt.Sprintf("%s is a number of sessions, %s doesn't fit", e.Metric(), written), "write " + digits
	case !gauge(e) && !e.Unit.OfTime():
		if e.Unit == Bare {
			return fmt.Sprintf("%s is a time and %s has no unit", e.Func, digits), fmt.Sprintf("did you mean %sms or %ss?", digits, digits)
		}
		return fmt.Sprintf("%s is a time, %s doesn't fit", e.Func, written), fmt.Sprintf("write %sms, or use rate for a share or a throughput", digits)
	}
	return "", ""
}

// gauge tells whether the metric is a level, which max takes and which is no
// time: the live sessions.
func gauge(e Expression) bool {
	return e.Func == Max && e.Path[len(e.Path)-1] == "live"
}

func isSuffix(word string) bool { return word == "over" || word == "stop" || word == "after" }

func (p *parser) suffixes(e *Expression) error {
	seen := map[string]bool{}
	for {
		p.space()
		if p.end() {
			return nil
		}
		start := p.at
		word := p.word(letter)
		if !isSuffix(word) {
			hint := "over 30s, stop, after 10s"
			if near := spelling.Nearest(word, []string{"over", "stop", "after"}); near != "" {
				hint = "did you mean " + near + "?"
			}
			return p.failAt(start, fmt.Sprintf("unexpected %q", p.input[start:]), hint)
		}
		if seen[word] {
			return p.failAt(start, word+" stands twice", "")
		}
		seen[word] = true
		var err error
		switch word {
		case "over":
			e.Window, err = p.duration(word)
		case "after":
			e.Grace, err = p.duration(word)
		case "stop":
			e.Stop = true
		}
		if err != nil {
			return err
		}
	}
}

// duration reads the time after over or after: a second at least, since a run
// is looked at once a second.
func (p *parser) duration(after string) (time.Duration, error) {
	p.space()
	start := p.at
	text := p.word(func(r rune) bool { return letter(r) || r == '.' || r == '-' })
	d, err := time.ParseDuration(text)
	switch {
	case err != nil:
		return 0, p.failAt(start, fmt.Sprintf("%q is no duration", text), "write "+after+" 30s")
	case d < time.Second:
		return 0, p.failAt(start, text+" is shorter than a second", "write "+after+" 1s or more")
	case d > 24*time.Hour:
		return 0, p.failAt(start, text+" is longer than a day", "")
	}
	return d, nil
}
