package report

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestClean(t *testing.T) {
	for in, want := range map[string]string{
		"plain":                              "plain",
		" a\tb\r\nc ":                        "a b  c",
		"\x1b[31mred\x1b[0m":                 "red",
		"\x1b]0;title\x07x":                  "x",
		"\x1b]8;;http://x\x1b\\link\x1b]8;;": "link",
		"bell\x07 null\x00 c1\u009b31m":      "bell null c131m",
		"turn\u202eed":                       "turned",
		"bad\xffbyte":                        "bad?byte",
		"naïve 日本":                           "naïve 日本",
	} {
		if got := clean(in); got != want {
			t.Errorf("clean(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestColumns(t *testing.T) {
	for in, want := range map[string]int{"": 0, "abc": 3, "µ✓…": 3, "日本": 4, "e\u0301": 1, "🚀": 2} {
		if got := columns(in); got != want {
			t.Errorf("columns(%q) = %d, want %d", in, got, want)
		}
	}
}

func TestCut(t *testing.T) {
	for _, c := range []struct {
		in   string
		n    int
		want string
	}{
		{"abc", 3, "abc"}, {"abcd", 3, "ab…"}, {"abcd", 1, "…"}, {"abcd", 0, ""},
		{"日本語", 5, "日本…"}, {"日本語", 4, "日…"},
	} {
		if got := cut(c.in, c.n, "…"); got != c.want {
			t.Errorf("cut(%q, %d) = %q, want %q", c.in, c.n, got, c.want)
		}
	}
}

func TestWrap(t *testing.T) {
	got := wrap("one two three https://a.long.address/ four", 10)
	want := []string{"one two", "three", "https://a.", "long.addre", "ss/ four"}
	if !slices.Equal(got, want) {
		t.Errorf("wrap = %q, want %q", got, want)
	}
}

func TestWrapLosesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := rapid.StringMatching(`[a-z日 ]{0,80}`).Draw(t, "text")
		n := rapid.IntRange(8, 40).Draw(t, "width")
		lines := wrap(in, n)
		for _, l := range lines {
			if columns(l) > n {
				t.Fatalf("wrap(%q, %d): line %q takes %d columns", in, n, l, columns(l))
			}
		}
		bare := func(s string) string { return strings.ReplaceAll(s, " ", "") }
		if got := bare(strings.Join(lines, "")); got != bare(in) {
			t.Fatalf("wrap(%q, %d) = %q", in, n, lines)
		}
	})
}
