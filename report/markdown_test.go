package report

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"authsoak/results"
)

// cells splits a row of a table as GitHub Flavored Markdown does: a pipe ends a
// cell unless an odd number of backslashes stands before it.
func cells(row string) []string {
	var out []string
	var now strings.Builder
	slashes := 0
	for _, r := range strings.TrimSpace(row) {
		switch {
		case r == '|' && slashes%2 == 0:
			out = append(out, strings.TrimSpace(now.String()))
			now.Reset()
		default:
			now.WriteRune(r)
		}
		if r == '\\' {
			slashes++
		} else {
			slashes = 0
		}
	}
	return out[1:]
}

// spans matches code spans: fences of one length, nothing of that length between.
func withoutCode(s string) string {
	for {
		fence := regexp.MustCompile("`+").FindString(s)
		if fence == "" {
			return s
		}
		before, rest, _ := strings.Cut(s, fence)
		closing := regexp.MustCompile("(^|[^`])" + fence + "($|[^`])").FindStringIndex(rest)
		if closing == nil {
			return s
		}
		end := closing[0] + strings.Index(rest[closing[0]:], fence) + len(fence)
		s = before + rest[end:]
	}
}

func TestMarkdown(t *testing.T) {
	for name, s := range map[string]*results.Summary{
		"pass": passing(), "fail": failing(), "invalid": invalid(), "interrupted": interrupted(), "empty": empty(), "week": week(), "insecure": insecure(), "hostile": hostile(),
	} {
		var b bytes.Buffer
		if err := Markdown(&b, s); err != nil {
			t.Fatal(err)
		}
		if b.Len() > 65536 {
			t.Errorf("%s: %d bytes: more than a comment may have", name, b.Len())
		}
		width := 0
		for line := range strings.Lines(b.String()) {
			if !strings.HasPrefix(line, "|") {
				width = 0
				if free := withoutCode(line); strings.ContainsAny(free, "<@\x1b\x00`|") {
					t.Errorf("%s: text from outside is free in %q", name, line)
				}
				continue
			}
			got := cells(line)
			if width != 0 && len(got) != width {
				t.Errorf("%s: %d cells, want %d: %s", name, len(got), width, line)
			}
			width = len(got)
			for _, c := range got {
				if free := withoutCode(c); strings.ContainsAny(free, "<@`") {
					t.Errorf("%s: text from outside is free in %q", name, c)
				}
			}
		}
		for i := range s.Thresholds {
			if name != "hostile" && !strings.Contains(b.String(), code(s.Thresholds[i].Expression)) {
				t.Errorf("%s: threshold %s isn't there", name, s.Thresholds[i].Expression)
			}
		}
		if name == "fail" || name == "pass" {
			golden(t, "markdown-"+name, b.String())
		}
	}
	if err := Markdown(broken{}, passing()); err == nil {
		t.Error("the error of the writer is lost")
	}
}
