package metric

import (
	"fmt"
	"strconv"
	"strings"
)

// ParseTolerance reads a metric with the change that is allowed between two
// runs, in percent of the first, or, of a share, in percentage points:
// `p99(login.response) < 5%`, `rate(login) > -3%`, `rate(fail) < 0.1%`. Unlike a
// threshold it may be negative, and has no suffixes. An error is an [*Error].
func ParseTolerance(s string) (Expression, error) {
	p := parser{input: s}
	e, err := p.metric()
	if err != nil {
		return Expression{}, err
	}
	if e.Func == Count {
		return Expression{}, p.failAt(0, "a count grows with the length of a run", "compare a rate")
	}
	if err := p.change(&e); err != nil {
		return Expression{}, err
	}
	p.space()
	if !p.end() {
		return Expression{}, p.fail(fmt.Sprintf("unexpected %q", p.rest()), "a tolerance is of whole runs and has no over, stop or after")
	}
	return e, nil
}

// change reads the comparison and the signed percentage.
func (p *parser) change(e *Expression) error {
	p.space()
	start := p.at
	op := p.word(func(r rune) bool { return strings.ContainsRune("<>=!≤≥", r) })
	switch Op(op) {
	case Less, LessEqual, GreaterEqual, Greater:
		e.Op = Op(op)
	case Equal:
		return p.failAt(start, "no two runs are equal", "say how much may change: < 5%")
	default:
		return p.failAt(start, badOp(op), opHint(op))
	}
	p.space()
	start = p.at
	digits := p.word(func(r rune) bool { return r >= '0' && r <= '9' || r == '.' || r == '-' || r == '+' })
	v, err := strconv.ParseFloat(digits, 64)
	if err != nil || len(digits) > 20 || v > 1e6 || v < -100 {
		return p.failAt(start, fmt.Sprintf("expected a change from -100%% to 1000000%% after %s", e.Op), "such as 5% or -5%")
	}
	e.Value = v + 0 // no -0
	p.space()
	start = p.at
	if unit := p.word(func(r rune) bool { return !strings.ContainsRune(" \t", r) }); unit != string(Percent) {
		return p.failAt(start, fmt.Sprintf("a tolerance is a change in percent, %q doesn't fit", unit), "write "+digits+"%")
	}
	e.Unit = Percent
	return nil
}
