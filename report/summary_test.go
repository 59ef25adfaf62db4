package report

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"authsoak/results"
)

const folder = "runs/20261121-101500-quiet-fox"

func text(t *testing.T, s *results.Summary, opt TextOptions) string {
	t.Helper()
	var b bytes.Buffer
	if err := Summary(&b, s, opt); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestSummary(t *testing.T) {
	for _, c := range []struct {
		name string
		in   *results.Summary
		opt  TextOptions
	}{
		{"pass", passing(), TextOptions{Folder: folder}},
		{"parts", withParts(), TextOptions{Folder: folder}},
		{"compact", withParts(), TextOptions{Folder: folder, Compact: true}},
		{"fail", failing(), TextOptions{Folder: folder}},
		{"fail-wide", failing(), TextOptions{Width: 160, Folder: folder}},
		{"fail-narrow", failing(), TextOptions{Width: 50, Folder: folder}},
		{"fail-colour", failing(), TextOptions{Color: true, Folder: folder}},
		{"fail-ascii", failing(), TextOptions{ASCII: true, Folder: folder}},
		{"fail-brief", failing(), TextOptions{Brief: true, Folder: folder}},
		{"invalid", invalid(), TextOptions{Folder: folder}},
		{"interrupted", interrupted(), TextOptions{Folder: "my runs/it's"}},
		{"interrupted-brief", interrupted(), TextOptions{Brief: true}},
		{"insecure", insecure(), TextOptions{}},
		{"week", week(), TextOptions{Folder: folder}},
		{"no-data", empty(), TextOptions{Folder: folder}},
		{"zero", &results.Summary{}, TextOptions{}},
	} {
		t.Run(c.name, func(t *testing.T) { golden(t, c.name, text(t, c.in, c.opt)) })
	}
}

func TestSummaryFitsItsWidth(t *testing.T) {
	for name, s := range map[string]*results.Summary{"pass": passing(), "parts": withParts(), "fail": failing(),
		"invalid": invalid(), "interrupted": interrupted(), "insecure": insecure(), "week": week(), "empty": empty()} {
		for width := 50; width < 180; width += 1 + width/20 {
			out := text(t, s, TextOptions{Width: width, Folder: folder})
			for l := range strings.Lines(out) {
				l = strings.TrimSuffix(l, "\n")
				if strings.Contains(l, "authsoak cleanup") {
					continue // never broken, so that it can be pasted
				}
				if columns(l) > width {
					t.Errorf("%s at %d columns: line of %d: %q", name, width, columns(l), l)
				}
				if strings.TrimRight(l, " ") != l {
					t.Errorf("%s at %d columns: trailing blanks: %q", name, width, l)
				}
			}
		}
	}
}

func TestSummaryPlain(t *testing.T) {
	for name, s := range map[string]*results.Summary{"pass": passing(), "fail": failing(), "week": week()} {
		out := text(t, s, TextOptions{ASCII: true, Folder: folder})
		for i, r := range out {
			if r > 126 || r < 32 && r != '\n' {
				t.Fatalf("%s: %q at %d is neither ASCII nor printable", name, r, i)
			}
		}
	}
	// Colour changes nothing but the colours.
	coloured := text(t, failing(), TextOptions{Color: true})
	if got, want := escapes.ReplaceAllString(coloured, ""), text(t, failing(), TextOptions{}); strings.ReplaceAll(got, " \n", "\n") != want {
		t.Error("the coloured summary differs from the plain one in more than escapes")
	}
}

// A server's answer must not get at the terminal through an example.
func TestSummaryKeepsEscapesOut(t *testing.T) {
	s := failing()
	const evil = "\x1b]0;owned\x07\x1b[2J\r\n\u202e"
	s.Reasons = append(s.Reasons, evil)
	s.Targets[0].Name, s.Targets[0].URL, s.Model, s.RunID = "a"+evil, evil, evil, evil
	s.Load, s.StartedAt, s.Checks[1].ID = evil, evil, evil
	s.Steps[0].Target, s.Steps[0].Step = "a"+evil, evil
	s.Checks[0].Observed, s.Labels[evil] = evil, evil
	s.Thresholds[0].Expression, s.Thresholds[0].ActualText = evil, evil
	s.Generator.TaintReasons, s.Generator.TaintedIntervals = []string{evil}, 1
	if out := text(t, s, TextOptions{Folder: "x" + evil}); strings.ContainsAny(out, "\x1b\r\a\u202e") {
		t.Errorf("control characters came through: %q", out)
	}
}

func TestSummaryBecomesCompact(t *testing.T) {
	s := withParts()
	for len(s.Steps) <= manySeries {
		s.Steps = append(s.Steps, series("lre", "tls", "tls", 1, 1))
	}
	if out := text(t, s, TextOptions{}); strings.Contains(out, "(tls)") || !strings.Contains(out, "read-defects") {
		t.Errorf("%d series: want steps and no parts, got\n%s", len(s.Steps), out)
	}
}

// Rules that hold are named where they are few, whatever the number of targets.
func TestSummaryNamesRules(t *testing.T) {
	s := passing()
	rule := func(id, target, verdict string) {
		s.Checks = append(s.Checks, results.CheckResult{ID: id, Target: target, Verdict: verdict, Observed: "seen"})
	}
	for _, id := range []string{"load.dead-accepted", "load.live-refused", "load.wrong-user"} {
		for _, target := range []string{"octane", "alm", "space", "lre"} {
			rule(id, target, "pass")
		}
	}
	rule("ledger.balance", "all", "pass")
	rule("load.csrf-stale", "octane", "pass")
	rule("load.csrf-stale", "alm", "fail")
	rule("logout.revokes", "octane", "info")
	out := text(t, s, TextOptions{})
	for _, want := range []string{
		"  14 pass: load.dead-accepted, load.live-refused, load.wrong-user,\n  ledger.balance, load.csrf-stale on octane\n  1 fail\n  1 info: logout.revokes\n",
		"✗ load.csrf-stale on alm\n      observed  seen\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("want\n%s\nin\n%s", want, out)
		}
	}
	for i := range 10 {
		rule("rule."+string(rune('a'+i)), "octane", "pass")
	}
	if out := text(t, s, TextOptions{}); !strings.Contains(out, "\n  24 pass\n") || strings.Contains(out, "rule.a") {
		t.Errorf("many rules are counted, want no names:\n%s", out)
	}
}

// The load stands there in words, and its start without fractions of a second.
func TestSummaryTellsTheLoad(t *testing.T) {
	s := passing()
	s.Model, s.Load, s.StartedAt = "open", "open, 60 cycles/s for 20 s, warm-up 2 s", "2026-11-21T10:15:00.123456789Z"
	out := text(t, s, TextOptions{})
	for _, want := range []string{
		"  load        open, 60 cycles/s for 20 s, warm-up 2 s, seed 42\n",
		"  started     2026-11-21T10:15:00Z by authsoak 1.0.0\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("want\n%s\nin\n%s", want, out)
		}
	}
	s.Load, s.StartedAt = "", "yesterday"
	if out := text(t, s, TextOptions{}); !strings.Contains(out, "load        open, seed 42") || !strings.Contains(out, "started     yesterday") {
		t.Errorf("an older summary:\n%s", out)
	}
}

func TestSummaryReportsWriteErrors(t *testing.T) {
	if err := Summary(broken{}, passing(), TextOptions{}); !errors.Is(err, errBroken) {
		t.Errorf("Summary to a broken writer: %v, want %v", err, errBroken)
	}
}

var errBroken = errors.New("broken pipe")

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errBroken }

func TestQuoted(t *testing.T) {
	for in, want := range map[string]string{"runs/a-1_b.c": "runs/a-1_b.c", "": "''", "a b": "'a b'", "it's": `'it'\''s'`, "$(x)": "'$(x)'"} {
		if got := quoted(in); got != want {
			t.Errorf("quoted(%q) = %s, want %s", in, got, want)
		}
	}
}
