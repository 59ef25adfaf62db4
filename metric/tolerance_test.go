package metric

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseTolerance(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"p99(login.response) < 5%", ""},
		{" rate(login)>= -3 %", "rate(login) >= -3%"},
		{"rate(octane.login.fail) < 0.1%", ""},
		{"mean(login.service) <= +2.5%", "mean(login.service) <= 2.5%"},
		{"rate(login) > -0%", "rate(login) > 0%"},
		{"p50(login) < 250%", ""},
	} {
		e, err := ParseTolerance(c.in)
		if c.want == "" {
			c.want = c.in
		}
		if err != nil || e.String() != c.want {
			t.Errorf("ParseTolerance(%q) = %q, %v, want %q", c.in, e, err, c.want)
		}
	}
}

func TestParseToleranceErrors(t *testing.T) {
	for _, c := range []struct{ in, says string }{
		{"", "expected a function"},
		{"p99(login)", "expected a comparison"},
		{"p99(login) < 5ms", `"ms" doesn't fit: write 5%`},
		{"p99(login) < 5", `write 5%`},
		{"p99(login) == 5%", "no two runs are equal"},
		{"p99(login) = 5%", "write =="},
		{"p99(login) < fast", "expected a change"},
		{"p99(login) > -101%", "expected a change"},
		{"p99(login) < 5% over 30s", "has no over"},
		{"count(login) < 5%", "compare a rate"},
	} {
		_, err := ParseTolerance(c.in)
		var e *Error
		if !errors.As(err, &e) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("ParseTolerance(%q): %v, want an *Error that says %q", c.in, err, c.says)
		}
	}
}

func FuzzParseTolerance(f *testing.F) {
	for _, s := range []string{"p99(login) < 5%", "rate(a.b)>-1%", "p50(x) < --1%", "mean(x) <= 1e5%"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		e, err := ParseTolerance(s)
		if err != nil {
			return
		}
		again, err := ParseTolerance(e.String())
		if err != nil {
			t.Fatalf("ParseTolerance(%q).String() = %q: %v", s, e, err)
		}
		if d := cmp.Diff(e, again); d != "" {
			t.Fatalf("ParseTolerance(%q) and again of %q differ:\n%s", s, e, d)
		}
	})
}
