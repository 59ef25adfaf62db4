package report

import (
	"math"
	"testing"
	"time"
)

func TestNumbers(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, c := range []struct{ call, got, want string }{
		{"millis(0)", millis(0), "0 ms"},
		{"millis(0.0001)", millis(0.0001), "<0.001 ms"},
		{"millis(0.1234)", millis(0.1234), "0.123 ms"},
		{"millis(0.9996)", millis(0.9996), "1.00 ms"},
		{"millis(1.234)", millis(1.234), "1.23 ms"},
		{"millis(9.996)", millis(9.996), "10.0 ms"},
		{"millis(12.34)", millis(12.34), "12.3 ms"},
		{"millis(99.96)", millis(99.96), "100 ms"},
		{"millis(123.4)", millis(123.4), "123 ms"},
		{"millis(999.6)", millis(999.6), "1.00 s"},
		{"millis(1234)", millis(1234), "1.23 s"},
		{"millis(45678)", millis(45678), "45.7 s"},
		{"millis(4567890)", millis(4567890), "4,568 s"},
		{"millis(-1.5)", millis(-1.5), "-1.50 ms"},
		{"millis(NaN)", millis(nan), "-"},
		{"millis(Inf)", millis(inf), "-"},

		{"bareMillis(0)", bareMillis(0), "0"},
		{"bareMillis(0.0001)", bareMillis(0.0001), "<.001"},
		{"bareMillis(0.5)", bareMillis(0.5), "0.500"},
		{"bareMillis(30012)", bareMillis(30012), "30,012"},
		{"bareMillis(NaN)", bareMillis(nan), "-"},

		{"short(0)", short(0, "us"), "-"},
		{"short(300ns)", short(300*time.Nanosecond, "us"), "<1 us"},
		{"short(123us)", short(123*time.Microsecond, "us"), "123 us"},
		{"short(999.6us)", short(999600*time.Nanosecond, "us"), "1.00 ms"},
		{"short(12ms)", short(12*time.Millisecond, "us"), "12.0 ms"},
		{"short(1m)", short(time.Minute, "us"), "60.0 s"},

		{"count(0)", count(0), "0"},
		{"count(999)", count(999), "999"},
		{"count(1000)", count(1000), "1,000"},
		{"count(-1234567)", count(-1234567), "-1,234,567"},
		{"count(min)", count(math.MinInt64), "-9,223,372,036,854,775,808"},

		{"tight(99999)", tight(99999), "99,999"},
		{"tight(100000)", tight(100000), "100k"},
		{"tight(999499)", tight(999499), "999k"},
		{"tight(999500)", tight(999500), "1.00M"},
		{"tight(12345678)", tight(12345678), "12.3M"},
		{"tight(1e12)", tight(1e12), "1,000G"},

		{"perSecond(0)", perSecond(0), "0"},
		{"perSecond(0.251)", perSecond(0.251), "0.25"},
		{"perSecond(9.996)", perSecond(9.996), "10.0"},
		{"perSecond(199.96)", perSecond(199.96), "200.0"},
		{"perSecond(999.96)", perSecond(999.96), "1,000"},
		{"perSecond(40000.4)", perSecond(40000.4), "40,000"},
		{"perSecond(Inf)", perSecond(inf), "-"},

		{"percent(0)", percent(0), "0 %"},
		{"percent(1)", percent(1), "100 %"},
		{"percent(1e-6)", percent(1e-6), "<0.01 %"},
		{"percent(0.99999)", percent(0.99999), ">99.9 %"},
		{"percent(0.0123)", percent(0.0123), "1.23 %"},
		{"percent(0.24)", percent(0.24), "24.0 %"},
		{"percent(NaN)", percent(nan), "-"},

		{"size(0)", size(0), "0 B"},
		{"size(999)", size(999), "999 B"},
		{"size(48.3e6)", size(48_300_000), "48.3 MB"},
		{"size(2e9)", size(2_000_000_000), "2.00 GB"},

		{"clock(-1s)", clock(-time.Second), "0:00"},
		{"clock(83.9s)", clock(83900 * time.Millisecond), "1:23"},
		{"clock(3723s)", clock(3723 * time.Second), "1:02:03"},
		{"clock(183845s)", clock(183845 * time.Second), "2d 03:04:05"},

		{"span(0)", span(0), "0 s"},
		{"span(0.25)", span(0.25), "250 ms"},
		{"span(10)", span(10), "10 s"},
		{"span(2.142)", span(2.142), "2.14 s"},
		{"span(59.97)", span(59.97), "1 min"},
		{"span(300)", span(300), "5 min"},
		{"span(5400)", span(5400), "1 h 30 min"},
		{"span(86405)", span(86405), "1 d"},
		{"span(604800)", span(604800), "7 d"},
		{"span(NaN)", span(nan), "-"},

		{"plural(1)", plural(1, "core", "cores"), "1 core"},
		{"plural(0)", plural(0, "core", "cores"), "0 cores"},
		{"plural(1200)", plural(1200, "core", "cores"), "1,200 cores"},
	} {
		if c.got != c.want {
			t.Errorf("%s = %q, want %q", c.call, c.got, c.want)
		}
	}
}

// Columns of live screens are as wide as the widest of these.
func TestNumbersFitTheirColumns(t *testing.T) {
	for d := time.Nanosecond; d < 24*time.Hour; d += d/7 + 1 {
		if s := short(d, "µs"); columns(s) > 9 || d < 999*time.Second && columns(s) > 7 {
			t.Errorf("short(%v) = %q takes %d columns", d, s, columns(s))
		}
	}
	for n := int64(1); n < 1e12; n += n/7 + 1 {
		if s := tight(n); len(s) > 6 {
			t.Errorf("tight(%d) = %q takes %d columns, want at most 6", n, s, len(s))
		}
		if s := fitRate(float64(n)); len(s) > 8 {
			t.Errorf("fitRate(%d) = %q takes %d columns, want at most 8", n, s, len(s))
		}
	}
}
