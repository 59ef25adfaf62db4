package report

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"authsoak/results"
)

func sec(s float64) *float64 { return &s }

// ladderFixture is a result with everything in it.
func ladderFixture() *results.TimeoutResult {
	return &results.TimeoutResult{Schema: results.TimeoutSchema, Verdict: "fail", Ladders: []results.LadderResult{{
		Target: "alm", Verdict: "fail", Reason: "a session was still alive after 59.7s, expected 20s ± 1s",
		ExpectS: sec(20), WithinS: sec(1), DocumentedS: sec(3600), Documented: "60 minutes by default",
		Timeout: results.LifeBracket{LeastS: 59.7, MostS: sec(60.1)}, Regular: true, Kind: "idle",
		Replaced:  &results.LifeBracket{LeastS: 19.9, MostS: sec(20.05)},
		Reaper:    &results.Reaper{LeastPauseS: 0.99, MostPauseS: 1.01, Timeout: results.LifeBracket{LeastS: 19.9, MostS: sec(20.05)}},
		Findings:  []string{"two clocks: \x1b[31mred\x1b[0m"},
		Arms:      []results.LadderArm{{Name: "kept-alive", Touches: 30, Renewals: 2, Finding: "in use, a session lived until the end, 2m"}},
		Sessions:  results.LadderSessions{Opened: 90, Ended: 30, LoggedOut: 58, Left: 2, PeakLive: 55},
		MeasuredS: 125,
		Touches:   []results.LadderTouch{{Fate: "alive"}, {Fate: "dead"}, {Fate: "alive", Count: 30}},
	}, {Target: "alm", Setting: "maxage=2", Verdict: "unknown", Reason: "every session lived", Timeout: results.LifeBracket{LeastS: 12},
		Touches: []results.LadderTouch{{Fate: "alive"}}, Checks: []results.CheckResult{
			{ID: "lifetime.absolute", Verdict: "fail", Judged: true, Expected: "24h ± 28m48s", Observed: "more than 25h"},
			{ID: "lifetime.renewal", Verdict: "pass", Judged: true, Expected: "the old cookie ends like an idle session"}},
	}, {Target: "lre", Verdict: "unknown", Reason: "no session could be opened: login: status 401", Sessions: results.LadderSessions{Refused: 3}}}}
}

func TestTimeoutText(t *testing.T) {
	var out bytes.Buffer
	if err := Timeout(&out, ladderFixture(), TextOptions{Folder: "runs/x"}); err != nil {
		t.Fatal(err)
	}
	got := out.String()
	flat := strings.Join(strings.Fields(got), " ")
	for _, want := range []string{
		"FAIL alm: a session was still alive", "timeout 59.7s to 1m0.1s of idleness (400ms wide, 0.67 %), known after 2m5s",
		"documented 1h: 60 minutes by default", "replaced after 19.9s to 20.05s of idleness", "reaper every 990ms to 1.01s",
		"! two clocks: red kept", "30 touches, 2 cookies renewed", "2 sessions touched once, 1 alive, 1 dead",
		"2 may still be open", "UNKNOWN alm with maxage=2: every session lived", "more than 12s",
		"✗ lifetime.absolute fail: expected 24h ± 28m48s; observed more than 25h", "✓ lifetime.renewal pass: expected the old cookie",
		"UNKNOWN lre: no session could be opened: login: status 401 sessions 0 opened", "3 failed to open",
		"Run folder runs/x",
	} {
		if !strings.Contains(flat, want) {
			t.Errorf("lacks %q:\n%s", want, got)
		}
	}
	for l := range strings.Lines(got) {
		if columns(strings.TrimSuffix(l, "\n")) > 80 {
			t.Errorf("wider than 80 columns: %s", l)
		}
	}
	out.Reset()
	if err := Timeout(&out, ladderFixture(), TextOptions{Brief: true}); err != nil || strings.Contains(out.String(), "timeout ") {
		t.Errorf("brief: %v\n%s", err, out.String())
	}
}

func TestTimeoutPlanText(t *testing.T) {
	var out bytes.Buffer
	plan := LadderPlan{Target: "space", Irregular: 40, Accounts: 55, ExpectedEndS: 3960, Arms: []string{"idle", "kept-alive"},
		LadderPlanned: results.LadderPlanned{Basis: "expected", FromS: 900, ToS: 2700, LongestS: 8100, Rungs: 25, Replicas: 2, AtOnce: 55, Sessions: 83, EndsByS: 5940, LatestS: 12420}}
	start := time.Date(2026, 11, 21, 9, 30, 0, 0, time.UTC)
	if err := TimeoutPlan(&out, []LadderPlan{plan}, start, TextOptions{}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"15m to 45m (expected)", "55 accounts; 83 sessions, at most 55 at once, and up to 120 more",
		"by 10:36:00 if the timeout is as expected, by 11:09:00 if", "by 12:57:00 at the latest", "idle, kept-alive"} {
		if !strings.Contains(strings.Join(strings.Fields(out.String()), " "), want) {
			t.Errorf("lacks %q:\n%s", want, out.String())
		}
	}
}
