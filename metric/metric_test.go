package metric

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestParse(t *testing.T) {
	for _, c := range []struct {
		in   string
		want Expression
		text string // canonical; empty: as written
	}{
		{"p99(login) < 500ms", Expression{Func: P99, Path: []string{"login"}, Op: Less, Value: 500, Unit: Milliseconds}, ""},
		{"p999(octane.login.response) <= 1.5s", Expression{Func: P999, Path: []string{"octane", "login", "response"}, Op: LessEqual, Value: 1.5, Unit: Seconds}, ""},
		{" mean ( login . service )<80us ", Expression{Func: Mean, Path: []string{"login", "service"}, Op: Less, Value: 80, Unit: Microseconds}, "mean(login.service) < 80us"},
		{"max(login)<2 m", Expression{Func: Max, Path: []string{"login"}, Op: Less, Value: 2, Unit: Minutes}, "max(login) < 2m"},
		{"p50(get-defects) < 70µs", Expression{Func: P50, Path: []string{"get-defects"}, Op: Less, Value: 70, Unit: Microseconds}, "p50(get-defects) < 70us"},
		{"rate(fail) < 1%", Expression{Func: Rate, Path: []string{"fail"}, Op: Less, Value: 1, Unit: Percent}, ""},
		{"rate(login) >= 200/s", Expression{Func: Rate, Path: []string{"login"}, Op: GreaterEqual, Value: 200, Unit: PerSecond}, ""},
		{"rate(login)>200 /s", Expression{Func: Rate, Path: []string{"login"}, Op: Greater, Value: 200, Unit: PerSecond}, "rate(login) > 200/s"},
		{"count(orphaned) == 0", Expression{Func: Count, Path: []string{"orphaned"}, Op: Equal}, ""},
		{"count(timeout) < 5 stop", Expression{Func: Count, Path: []string{"timeout"}, Op: Less, Value: 5, Stop: true}, ""},
		{"max(live) <= 1000", Expression{Func: Max, Path: []string{"live"}, Op: LessEqual, Value: 1000}, ""},
		{"rate(octane.login.timeout) < 0.01% stop after 10s over 1m30s",
			Expression{Func: Rate, Path: []string{"octane", "login", "timeout"}, Op: Less, Value: 0.01, Unit: Percent, Window: 90 * time.Second, Stop: true, Grace: 10 * time.Second},
			"rate(octane.login.timeout) < 0.01% over 1m30s stop after 10s"},
		{"p90(login) < 1h over 10m", Expression{Func: P90, Path: []string{"login"}, Op: Less, Value: 1, Unit: Hours, Window: 10 * time.Minute}, ""},
	} {
		got, err := Parse(c.in)
		if err != nil {
			t.Errorf("Parse(%q): %v", c.in, err)
			continue
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("Parse(%q): -want +got\n%s", c.in, d)
		}
		want := c.text
		if want == "" {
			want = c.in
		}
		if got.String() != want {
			t.Errorf("Parse(%q).String() = %q, want %q", c.in, got, want)
		}
	}
}

func TestParseErrors(t *testing.T) {
	for _, c := range []struct {
		in     string
		column int
		says   []string
	}{
		{"", 1, []string{"expected a function", "p50, p90"}},
		{"p95(login) < 1s", 1, []string{`no function "p95"`, "p90 or p99"}},
		{"P99(login) < 1s", 1, []string{"did you mean p99"}},
		{"cuont(fail) < 1", 1, []string{"did you mean count"}},
		{"avg(login) < 1s", 1, []string{"did you mean mean"}},
		{"p99 login < 1s", 5, []string{"expected ( after p99", "p99(login)"}},
		{"p99() < 1s", 5, []string{"no metric named"}},
		{"p99(login < 1s", 11, []string{"expected )"}},
		{"p99(login", 10, []string{"expected )"}},
		{"p99(login.", 11, []string{"ends too early"}},
		{"p99(lo,gin) < 1s", 7, []string{"expected )"}},
		{"p99(.login) < 1s", 5, []string{"can't stand in a path"}},
		{"p99(login)", 11, []string{"expected a comparison", "one of <"}},
		{"p99(login) = 1s", 12, []string{"write =="}},
		{"p99(login) ≤ 1s", 12, []string{"write <="}},
		{"p99(login) != 1s", 12, []string{"no !="}},
		{"p99(login) < fast", 14, []string{"expected a number", "500ms"}},
		{"p99(login) < -1s", 14, []string{"negative"}},
		{"p99(login) < 1.2.3s", 14, []string{"expected a number"}},
		{"p99(login) < 500", 14, []string{"has no unit", "500ms or 500s"}},
		{"p99(login) < 500 over 30s", 14, []string{"has no unit", "500ms or 500s"}},
		{"p99(login) < 5%", 14, []string{"p99 is a time", "5ms"}},
		{"p99(login) < 500msec", 17, []string{`no unit "msec"`, "500ms"}},
		{"p99(login) < 2sec", 15, []string{"did you mean 2s"}},
		{"p99(login) < 1m30s", 15, []string{`no unit "m30s"`, "90s"}},
		{"rate(fail) < 0.01", 14, []string{"share or a throughput", "0.01% or 0.01/s"}},
		{"rate(fail) < 5ms", 14, []string{"doesn't fit", "5% or 5/s"}},
		{"rate(fail) < 101%", 14, []string{"at most 100%"}},
		{"rate(login) > 100rps", 18, []string{"did you mean 100/s"}},
		{"count(fail) < 5%", 15, []string{"count counts", "write 5"}},
		{"count(fail) < 1.5", 15, []string{"whole number"}},
		{"max(live) < 5ms", 13, []string{"number of sessions"}},
		{"p99(login) < 1s over", 21, []string{`"" is no duration`, "over 30s"}},
		{"p99(login) < 1s over 30", 22, []string{`"30" is no duration`}},
		{"p99(login) < 1s over 100ms", 22, []string{"shorter than a second"}},
		{"p99(login) < 1s over 25h", 22, []string{"longer than a day"}},
		{"p99(login) < 1s stop stop", 22, []string{"stands twice"}},
		{"p99(login) < 1s stpo", 17, []string{"did you mean stop"}},
		{"p99(login) < 1s, stop", 16, []string{"unexpected"}},
		{"p99(lögin) < 1s µ", 17, []string{"unexpected"}}, // columns count characters, not bytes
		{"p99(" + strings.Repeat("x", 2000) + ") < 1s", 1000, []string{"longer than 1000"}},
	} {
		_, err := Parse(c.in)
		var e *Error
		if !errors.As(err, &e) {
			t.Errorf("Parse(%q) = %v, want an *Error", c.in, err)
			continue
		}
		if e.Column != c.column {
			t.Errorf("Parse(%q): column %d, want %d (%v)", c.in, e.Column, c.column, err)
		}
		for _, s := range c.says {
			if !strings.Contains(err.Error(), s) {
				t.Errorf("Parse(%q) = %q, want it to say %q", c.in, err, s)
			}
		}
	}
}

func TestParseMetric(t *testing.T) {
	e, err := ParseMetric(" p99( octane.login ) ")
	if err != nil || e.String() != "p99(octane.login)" || e.Op != None {
		t.Errorf("ParseMetric = %v, %v", e, err)
	}
	if _, err := ParseMetric("p99(login) < 1s"); err == nil {
		t.Error("ParseMetric with a limit: no error")
	}
	if e.Holds(0) {
		t.Error("a metric without limit holds, want that it never does")
	}
}

func TestHolds(t *testing.T) {
	for _, c := range []struct {
		op   Op
		want [3]bool // 4, 5, 6 against 5
	}{
		{Less, [3]bool{true, false, false}},
		{LessEqual, [3]bool{true, true, false}},
		{Equal, [3]bool{false, true, false}},
		{GreaterEqual, [3]bool{false, true, true}},
		{Greater, [3]bool{false, false, true}},
	} {
		e := Expression{Func: Count, Path: []string{"fail"}, Op: c.op, Value: 5}
		for i, want := range c.want {
			if got := e.Holds(float64(4 + i)); got != want {
				t.Errorf("%s holds for %d: %v, want %v", e, 4+i, got, want)
			}
		}
	}
}

func TestUnits(t *testing.T) {
	for _, c := range []struct {
		u    Unit
		ns   float64
		want float64
		text string
	}{
		{Microseconds, 1500, 1.5, "1.5 us"},
		{Milliseconds, 312_447_000, 312.447, "312.4 ms"},
		{Seconds, 2e9, 2, "2 s"},
		{Minutes, 90e9, 1.5, "1.5 m"},
		{Hours, 3600e9, 1, "1 h"},
		{Milliseconds, 12, 0.000012, "0.000012 ms"},
	} {
		if got := c.u.FromNanoseconds(c.ns); got != c.want {
			t.Errorf("%q.FromNanoseconds(%v) = %v, want %v", c.u, c.ns, got, c.want)
		}
		if got := c.u.From(c.ns / 1e9); got < c.want*0.999999 || got > c.want*1.000001 {
			t.Errorf("%q.From(%v) = %v, want %v", c.u, c.ns/1e9, got, c.want)
		}
		if got := c.u.Text(c.want); got != c.text {
			t.Errorf("%q.Text(%v) = %q, want %q", c.u, c.want, got, c.text)
		}
	}
	for text, got := range map[string]string{
		"1.25%": Percent.Text(1.25), "0%": Percent.Text(0), "1234/s": PerSecond.Text(1234.4), "7": Bare.Text(7),
	} {
		if got != text {
			t.Errorf("Text = %q, want %q", got, text)
		}
	}
}

// expressions draws valid expressions of every kind.
func expressions() *rapid.Generator[Expression] {
	return rapid.Custom(func(t *rapid.T) Expression {
		e := Expression{
			Func: rapid.SampledFrom(funcs).Draw(t, "func"),
			Path: rapid.SliceOfN(rapid.StringMatching(`[a-z0-9_@/:+#~-]{1,8}`), 1, 4).Draw(t, "path"),
			Op:   rapid.SampledFrom([]Op{Less, LessEqual, Equal, GreaterEqual, Greater}).Draw(t, "op"),
			Stop: rapid.Bool().Draw(t, "stop"),
		}
		switch {
		case e.Func == Count || gauge(e):
			e.Value = float64(rapid.IntRange(0, 1e15).Draw(t, "count"))
		case e.Func == Rate && rapid.Bool().Draw(t, "share"):
			e.Value, e.Unit = float64(rapid.IntRange(0, 1000).Draw(t, "permille"))/10, Percent
		case e.Func == Rate:
			e.Value, e.Unit = float64(rapid.IntRange(0, 1e9).Draw(t, "rate"))/1000, PerSecond
		default:
			e.Value = float64(rapid.IntRange(0, 1e9).Draw(t, "time")) / 1000
			e.Unit = rapid.SampledFrom([]Unit{Microseconds, Milliseconds, Seconds, Minutes, Hours}).Draw(t, "unit")
		}
		duration := rapid.OneOf(rapid.Just(time.Duration(0)), rapid.Custom(func(t *rapid.T) time.Duration {
			return time.Duration(rapid.Int64Range(int64(time.Second), int64(24*time.Hour)).Draw(t, "ns"))
		}))
		e.Window, e.Grace = duration.Draw(t, "window"), duration.Draw(t, "grace")
		return e
	})
}

func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := expressions().Draw(t, "expression")
		got, err := Parse(want.String())
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Fatalf("Parse(%q): -want +got\n%s", want, d)
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"p99(login) < 500ms", "rate(fail) <1% over 30s stop after 10s", "count(orphaned)==0", "p99(", "rate(x)>1/s",
		"max(live) < 9", "p50(\xff) < 1s", "mean(a.b.c.d) >= 0.000001h",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		e, err := Parse(s)
		if err != nil {
			var at *Error
			if !errors.As(err, &at) || at.Column < 1 || at.Column > len(s)+1 {
				t.Fatalf("Parse(%q): %v: want an *Error with a column", s, err)
			}
			_, _ = ParseMetric(s)
			return
		}
		again, err := Parse(e.String())
		if err != nil {
			t.Fatalf("Parse(%q).String() = %q: %v", s, e, err)
		}
		if d := cmp.Diff(e, again); d != "" {
			t.Fatalf("Parse(%q) and again of %q differ:\n%s", s, e, d)
		}
	})
}
