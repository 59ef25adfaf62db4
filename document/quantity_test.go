package document

import (
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestParseDuration(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"0": 0, "0s": 0, "500ms": 500 * time.Millisecond, "30s": 30 * time.Second, "5m": 5 * time.Minute,
		"1h30m": 90 * time.Minute, "3h": 3 * time.Hour, "2d": 48 * time.Hour, "1d12h": 36 * time.Hour,
		"1.5h": 90 * time.Minute, "0.5d": 12 * time.Hour, "10us": 10 * time.Microsecond,
	} {
		got, err := ParseDuration(text)
		if err != nil || time.Duration(got) != want {
			t.Errorf("ParseDuration(%q) = %v, %v, want %v", text, got, err, want)
		}
	}
	for text, hint := range map[string]string{
		"30": "30s", "5 min": "5m", "5min": "5m", "10 seconds": "10s", "2 days": "2d", "3 hours": "3h", "20msec": "20ms",
		"": "", "s": "", "-5s": "", "+5s": "", "1w": "", "d": "", "1d1d": "", "1e9h": "", "999999999999d": "", "NaNs": "",
		"0x10s": "", "9223372036854775807h": "", "100000d9000000h": "",
	} {
		got, err := ParseDuration(text)
		var bad *InvalidText
		if !errors.As(err, &bad) || got != 0 {
			t.Errorf("ParseDuration(%q) = %v, %v, want an InvalidText", text, got, err)
		} else if bad.Hint != hint {
			t.Errorf("ParseDuration(%q): hint %q, want %q", text, bad.Hint, hint)
		}
	}
}

func TestDurationString(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0s", time.Minute: "1m", 90 * time.Minute: "1h30m", time.Hour: "1h", 48 * time.Hour: "48h",
		10 * time.Second: "10s", 70 * time.Second: "1m10s", time.Hour + time.Second: "1h0m1s", 20 * time.Minute: "20m",
	} {
		if got := Duration(d).String(); got != want {
			t.Errorf("Duration(%d).String() = %q, want %q", d, got, want)
		}
	}
}

func TestQuantitiesReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := Duration(rapid.Int64Range(0, int64(200*365*24*time.Hour)/2).Draw(t, "d"))
		if back, err := ParseDuration(d.String()); err != nil || back != d {
			t.Errorf("ParseDuration(%q) = %v, %v", d, back, err)
		}
		s := Share(rapid.Float64Range(0, 1).Draw(t, "s"))
		if back, err := ParseShare(s.String()); err != nil || back != s {
			t.Errorf("ParseShare(%q) = %v, %v, want %v", s, float64(back), err, float64(s))
		}
	})
}

func TestParseShare(t *testing.T) {
	for text, want := range map[string]Share{"5%": 0.05, "0.05": 0.05, "0": 0, "1": 1, "0%": 0, "100%": 1, "0.1%": 0.001, ".5": .5} {
		if got, err := ParseShare(text); err != nil || got != want {
			t.Errorf("ParseShare(%q) = %v, %v, want %v", text, float64(got), err, float64(want))
		}
	}
	for text, hint := range map[string]string{"5": "5%", "101%": "", "-1%": "", "-0.1": "", "": "", "%": "", "05%": "", "a": "", "500": "", "nan": ""} {
		_, err := ParseShare(text)
		var bad *InvalidText
		if !errors.As(err, &bad) || bad.Hint != hint {
			t.Errorf("ParseShare(%q): %#v, want the hint %q", text, err, hint)
		}
	}
}

func FuzzQuantities(f *testing.F) {
	for _, seed := range []string{"30s", "1h30m", "2d", "1d12h", "5%", "0.05", "1e-9", "∞s", "5 min", "-1d", "1.5d.5h"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if d, err := ParseDuration(text); err == nil {
			if back, err := ParseDuration(d.String()); d < 0 || err != nil || back != d {
				t.Errorf("ParseDuration(%q) = %v, which reads back as %v, %v", text, d, back, err)
			}
		}
		if s, err := ParseShare(text); err == nil {
			if back, err := ParseShare(s.String()); s < 0 || s > 1 || err != nil || back != s {
				t.Errorf("ParseShare(%q) = %v, which reads back as %v, %v", text, s, back, err)
			}
		}
	})
}
