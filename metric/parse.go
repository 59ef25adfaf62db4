package metric

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"authsoak/spelling"
)

// Error is a mistake in an expression, with its place and what was probably
// meant.
type Error struct {
	Input  string
	Column int    // of the first character that is wrong, from 1
	Reason string // what is wrong
	Hint   string // what was probably meant; may be empty
}

// Error returns one line that names the input, the column and the hint.
func (e *Error) Error() string {
	s := fmt.Sprintf("metric %q: column %d: %s", e.Input, e.Column, e.Reason)
	if e.Hint != "" {
		s += ": " + e.Hint
	}
	return s
}

// Parse reads a metric with its limit: `p99(login) < 500ms`, with the suffixes
// `over 30s`, `stop` and `after 10s` in any order. An error is an [*Error].
func Parse(s string) (Expression, error) {
	p := parser{input: s}
	e, err := p.metric()
	if err != nil {
		return Expression{}, err
	}
	if err := p.limit(&e); err != nil {
		return Expression{}, err
	}
	if err := p.suffixes(&e); err != nil {
		return Expression{}, err
	}
	return e, nil
}

// ParseMetric reads a metric alone: `p99(login)`. An error is an [*Error].
func ParseMetric(s string) (Expression, error) {
	p := parser{input: s}
	e, err := p.metric()
	if err != nil {
		return Expression{}, err
	}
	p.space()
	if !p.end() {
		return Expression{}, p.fail("nothing may follow the metric here", "")
	}
	return e, nil
}

// maxInput keeps a hostile file from costing time.
const maxInput = 1000

type parser struct {
	input string
	at    int // bytes
}

func (p *parser) end() bool { return p.at >= len(p.input) }

func (p *parser) rest() string { return p.input[p.at:] }

func (p *parser) space() {
	for !p.end() {
		r, n := utf8.DecodeRuneInString(p.rest())
		if !unicode.IsSpace(r) {
			return
		}
		p.at += n
	}
}

func (p *parser) fail(reason, hint string) error { return p.failAt(p.at, reason, hint) }

func (p *parser) failAt(at int, reason, hint string) error {
	column := utf8.RuneCountInString(p.input[:at]) + 1
	return &Error{Input: p.input, Column: column, Reason: reason, Hint: hint}
}

// word takes the longest run of characters that keep says belong to it.
func (p *parser) word(keep func(rune) bool) string {
	rest := p.rest()
	n := strings.IndexFunc(rest, func(r rune) bool { return !keep(r) })
	if n < 0 {
		n = len(rest)
	}
	p.at += n
	return rest[:n]
}

func letter(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_' }

// inName are the characters of one part of a path: what targets, steps and
// requests may be called.
func inName(r rune) bool {
	if r == utf8.RuneError {
		return false
	}
	return letter(r) || strings.ContainsRune("-@/:+#~", r)
}

func (p *parser) metric() (Expression, error) {
	if len(p.input) > maxInput {
		return Expression{}, &Error{Input: p.input[:40] + "…", Column: maxInput, Reason: "longer than 1000 bytes"}
	}
	p.space()
	f, err := p.function()
	if err != nil {
		return Expression{}, err
	}
	e := Expression{Func: f}
	p.space()
	if !strings.HasPrefix(p.rest(), "(") {
		return Expression{}, p.fail(fmt.Sprintf("expected ( after %s", f), fmt.Sprintf("write %s(login)", f))
	}
	p.at++
	if e.Path, err = p.path(); err != nil {
		return Expression{}, err
	}
	if !strings.HasPrefix(p.rest(), ")") {
		return Expression{}, p.fail("expected ) after the path", "")
	}
	p.at++
	return e, nil
}

func (p *parser) function() (Func, error) {
	start := p.at
	name := p.word(letter)
	names := make([]string, len(funcs))
	for i, f := range funcs {
		if names[i] = string(f); names[i] == name {
			return f, nil
		}
	}
	known := "one of " + strings.Join(names, ", ")
	if name == "" {
		return "", p.failAt(start, "expected a function", known)
	}
	aliases := map[string]string{
		"p95": "p90 or p99", "p999.9": "p999", "avg": "mean", "average": "mean", "median": "p50",
		"med": "p50", "min": "p50", "sum": "count", "total": "count", "share": "rate",
	}
	hint := aliases[strings.ToLower(name)]
	if hint == "" {
		hint = spelling.Nearest(strings.ToLower(name), names)
	}
	if hint != "" {
		return "", p.failAt(start, fmt.Sprintf("no function %q", name), "did you mean "+hint+"? It is "+known)
	}
	return "", p.failAt(start, fmt.Sprintf("no function %q", name), known)
}

func (p *parser) path() ([]string, error) {
	var path []string
	for {
		p.space()
		part := p.word(inName)
		if part == "" {
			if p.end() {
				return nil, p.fail("the path ends too early", "close it with )")
			}
			r, _ := utf8.DecodeRuneInString(p.rest())
			if r == ')' && path == nil {
				return nil, p.fail("no metric named", "name a step, an outcome or an error class: login, fail, timeout")
			}
			return nil, p.fail(fmt.Sprintf("%q can't stand in a path", r), "a path is names joined by dots: octane.login.response")
		}
		path = append(path, part)
		p.space()
		if !strings.HasPrefix(p.rest(), ".") {
			return path, nil
		}
		p.at++
	}
}
