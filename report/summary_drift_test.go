package report

import (
	"strings"
	"testing"

	"authsoak/results"
	"authsoak/stats"
)

func TestDriftText(t *testing.T) {
	s := &results.Summary{Verdict: results.Pass, RunID: "soak", Drift: &results.Drift{
		Verdict: results.Drifting, HoldS: 86400,
		Series: []results.DriftSeries{
			{Target: "octane", Metric: "login.response.p99", Unit: "ms", Motion: stats.Rises, FromS: 3600, ToS: 86400, Level: 50,
				PerHour: 0.5, LowPerHour: 0.4, HighPerHour: 0.6, Change: 11.5, Floor: 2.5,
				Crosses: &results.DriftLimit{Limit: "p99(login) < 500ms", Value: 500, InS: 864000, EarliestS: 720000, LatestS: 1080000}},
			{Target: "http://10.0.0.7/metrics", Metric: "process_resident_memory_bytes", Unit: "bytes", Motion: stats.Falls, Level: 1e9, PerHour: -1e7, LowPerHour: -2e7, HighPerHour: -1e6, Change: -2e8, Teeth: 20},
			{Target: "octane", Metric: "call.response.p50", Motion: stats.Unclear, Floor: 1, Unit: "ms", Steps: []results.DriftStep{{AtS: 7200, Height: 4}, {AtS: 1, Height: 1.5}}},
			{Target: "octane", Metric: "fail", Motion: stats.Steady},
		},
		Notes: []string{"a doubt\x1b[2J"},
	}, Gaps: []results.Gap{{At: 60, LengthS: 120, From: "2026-11-22T02:03:35Z", To: "2026-11-22T02:05:35Z", LoggedOut: 180, PossiblyOpen: 2}},
		Sessions: results.SessionSummary{Opened: 1, Closed: 1, Balanced: true},
		Listed:   []results.Listed{{Target: "space", Accounts: 10, OwnBefore: 10, OwnAfter: 12, Surplus: 2}, {Target: "acme", Problem: "list: status 403"}}}
	var out strings.Builder
	if err := Summary(&out, s, TextOptions{Width: 400}); err != nil {
		t.Fatal(err)
	}
	text := strings.Join(strings.Fields(out.String()), " ")
	for _, want := range []string{
		"DRIFT: 1 of 4 series grow over 1 d",
		"octane.login.response.p99 +0.500 ms an hour (+0.400 ms to +0.600 ms), +1.00 % of its level: +11.5 ms in the 23 h from 1 h on",
		"it would reach p99(login) < 500ms in 10 d", "an extrapolation, nobody has seen it",
		"by the lower edge of 20 teeth", "octane.call.response.p50 jumped by +4.00 ms at 2 h",
		"unclear octane.call.response.p50", "steady octane.fail", "! a doubt",
		"not driven for 2 min, from 2026-11-22T02:03:35Z", "180 sessions were logged out", "2 may have been opened",
		"space lists 2 sessions that nobody holds any more", "acme's list of sessions could not be read: list: status 403",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
	if strings.Contains(out.String(), "\x1b[2J") || strings.Contains(text, "1.50 ms at") {
		t.Errorf("an escape, or a jump too small:\n%s", out.String())
	}
	lost := results.DriftSeries{Target: "octane", Metric: "live", Motion: stats.Falls, ToS: 86400, Level: 1000, PerHour: -12, LowPerHour: -13, HighPerHour: -11, Change: -280}
	s.Drift = &results.Drift{Verdict: results.Drifting, HoldS: 86400, Series: []results.DriftSeries{lost}}
	out.Reset()
	if err := Summary(&out, s, TextOptions{Width: 400}); err != nil || !strings.Contains(out.String(), "DRIFT: 1 target loses live sessions over 1 d") {
		t.Errorf("lost sessions: %v\n%s", err, out.String())
	}
	s.Drift = &results.Drift{Verdict: results.DriftShort}
	out.Reset()
	if err := Summary(&out, s, TextOptions{}); err != nil || strings.Contains(out.String(), "Drift") {
		t.Errorf("a short run speaks of drift: %v\n%s", err, out.String())
	}
}
