package report

import (
	"authsoak/results"
)

// times makes a plausible spread around a median.
func times(p50 float64) results.Times {
	return results.Times{Mean: p50 * 1.12, P50: p50, P90: p50 * 1.9, P99: p50 * 3.7, P999: p50 * 9.1, Max: p50 * 31}
}

func series(target, step, kind string, n int64, p50 float64) results.StepSummary {
	s := results.StepSummary{Target: target, Step: step, Kind: kind, Count: n, OK: n,
		RatePerS: float64(n) / 300, Service: times(p50)}
	if kind == "step" || kind == "cycle" {
		r := times(p50)
		r.P99 += 0.01
		s.Response = &r
	}
	return s
}

func fourTargets() []results.TargetInfo {
	c := results.CycleCounts{Planned: 15000, Started: 15000, Completed: 15000, OK: 15000}
	l := results.SessionSummary{Opened: 15512, Closed: 15312, Abandoned: 200, PeakLive: 214, Balanced: true}
	tr := results.Traffic{Requests: 107512, Connections: 64, TLSResumed: 12}
	mk := func(name, version, method, url string) results.TargetInfo {
		return results.TargetInfo{Name: name, Endpoint: name, Version: version, Method: method, URL: url,
			Engine: "fast", HTTP: "1.1", Connections: "shared", Cycles: c, Sessions: l, Traffic: tr}
	}
	all := []results.TargetInfo{
		mk("octane", "current", "json", "https://octane.example.test:8443"),
		mk("alm", "current", "password", "https://alm.example.test/qcbin"),
		mk("space", "current", "x509", "https://space.example.test"),
		mk("lre", "2023", "client-key", "https://lre.example.test/LoadTest/rest"),
	}
	all[0].CSRF = true
	all[1].ClientType = "Soak Tester 1"
	return all
}

// passing is a run of four targets in which everything went well.
func passing() *results.Summary {
	s := &results.Summary{
		Schema: results.SummarySchema, Verdict: results.Pass, RunID: "20261121-101500-quiet-fox",
		Version: "1.0.0", StartedAt: "2026-11-21T10:15:00Z", DurationS: 300, WarmupS: 10, DrainS: 2.14,
		Authorized: "Jane Doe, change 4711", Model: "open", Load: "open, 200 cycles/s for 5 min 10 s, warm-up 10 s", Seed: 42,
		Targets:  fourTargets(),
		Cycles:   results.CycleCounts{Planned: 60000, Started: 60000, Completed: 60000, OK: 60000},
		Lateness: results.Times{Mean: 0.013, P50: 0.009, P90: 0.021, P99: 0.118, P999: 0.61, Max: 3.42},
		Sessions: results.SessionSummary{Opened: 62048, Closed: 61248, Abandoned: 800, PeakLive: 840, Balanced: true},
		Labels:   map[string]string{"build": "24.1.3", "site": "eu"},
		Generator: results.GeneratorSummary{CPUS: 19.62, CPUUsPerRequest: 45.6, MaxRSSBytes: 48_300_000,
			Intervals: 300, PeakWorkers: 64, Cores: 2, OS: "linux", GoVersion: "go1.26",
			Pacer: results.Times{P50: 0.006, P99: 0.031, Max: 0.44}},
		Thresholds: []results.ThresholdResult{
			{Expression: "p99(login) < 500ms", Actual: 163, ActualText: "163 ms", Pass: true},
			{Expression: "rate(fail) < 0.1%", Actual: 0, ActualText: "0 %", Pass: true},
			{Expression: "p999(octane.logout.response) <= 1s", Actual: 0.0109, ActualText: "10.9 ms", Pass: true},
		},
	}
	for i, t := range s.Targets {
		f := 1 + 0.7*float64(i)
		s.Steps = append(s.Steps,
			series(t.Name, "login", "step", 15000, 12.3*f), series(t.Name, "read-defects", "step", 45000, 3.21*f),
			series(t.Name, "update-defect", "step", 30000, 4.56*f), series(t.Name, "logout", "step", 15000, 0.87*f),
			series(t.Name, "cycle", "cycle", 15000, 31.5*f))
	}
	return s
}

// withParts adds the rows of requests, connections and handshakes.
func withParts() *results.Summary {
	s := passing()
	for _, r := range []string{"alm-authenticate", "site-session"} {
		st := series("alm", "login", "request", 15000, 9.8)
		st.Request = r
		s.Steps = append(s.Steps, st)
	}
	for _, t := range s.Targets {
		s.Steps = append(s.Steps, series(t.Name, "tls", "tls", 64, 2.2), series(t.Name, "connect", "connect", 64, 0.31))
	}
	return s
}

// failing has broken thresholds, errors of several kinds and a broken rule.
func failing() *results.Summary {
	s := passing()
	s.Verdict = results.Failed
	s.Reasons = []string{
		"threshold p99(login) < 500ms failed: 1.23 s",
		"threshold count(lre.read-projects.timeout) == 0 failed: nothing was measured that it names",
		"space accepted 3 dead sessions",
	}
	s.Thresholds[0] = results.ThresholdResult{Expression: "p99(login) < 500ms", Actual: 1230, ActualText: "1.23 s", Stopped: true}
	s.Thresholds[1] = results.ThresholdResult{Expression: "rate(fail) < 0.1%", Actual: 0.31, ActualText: "0.31 %"}
	s.Thresholds = append(s.Thresholds, results.ThresholdResult{Expression: "count(lre.read-projects.timeout) == 0", NoData: true})
	s.Cycles = results.CycleCounts{Planned: 60000, Started: 59988, Completed: 59985, OK: 59795, Fail: 177, Unknown: 13, Dropped: 12, Interrupted: 3}
	s.Targets[2].Cycles = results.CycleCounts{Planned: 15000, Started: 14988, Completed: 14985, OK: 14795, Fail: 177, Unknown: 13, Dropped: 12, Interrupted: 3}
	login := &s.Steps[10]
	login.OK, login.Fail, login.Unknown = 14810, 177, 13
	login.Response.P99, login.Response.P999, login.Response.Max = 1230, 4170, 30012
	login.Service.P99 = 512
	login.Errors = []results.ErrorCount{
		{Class: "timeout", Count: 13, Example: "no answer within 30 s to GET /api/space/user-management/login"},
		{Class: "server-error", Count: 174, Example: "expected status 200, came 503: \x1b[31m<html>Service Unavailable"},
		{Class: "unexpected-accept", Count: 3, Example: "a session that must be dead was accepted"},
	}
	s.Sessions.PossiblyOpen, s.Targets[2].Sessions.PossiblyOpen = 13, 13
	s.Checks = []results.CheckResult{
		{ID: "space.logout-ends-session", Target: "space", Verdict: "fail",
			Expected: "nothing works after logout", Observed: "3 of 15,000 old cookies were still accepted after the logout had been answered",
			Source: "https://www.example.test/space/rest-api/logout.html"},
		{ID: "octane.duplicate-login", Target: "octane", Verdict: "pass"},
		{ID: "lre.idle", Target: "lre", Verdict: "not-tried"},
	}
	return s
}

// invalid is a run in which the generator was the limit.
func invalid() *results.Summary {
	s := passing()
	s.Verdict = results.Invalid
	s.Reasons = []string{"the generator was the limit in 72 of 300 intervals, more than the 5 % allowed"}
	s.Generator.TaintedIntervals = 72
	s.Generator.TaintReasons = []string{
		"lateness p99 41.2 ms is above 10 ms (60 intervals)",
		"processor use 98 % of 2 cores (31 intervals)",
	}
	for i := range s.Steps {
		s.Steps[i].Response.P99 += 41
	}
	return s
}

// interrupted was stopped twice, so that sessions were left open.
func interrupted() *results.Summary {
	s := passing()
	s.Verdict = results.Interrupted
	s.Reasons = []string{"stopped by a second interrupt before everybody was logged out"}
	s.DurationS, s.DrainS = 87.4, 0
	s.Cycles = results.CycleCounts{Planned: 17480, Started: 17480, Completed: 17440, OK: 17440, Interrupted: 40}
	for i := range s.Targets {
		t := &s.Targets[i]
		t.Cycles = results.CycleCounts{Planned: 4370, Started: 4370, Completed: 4360, OK: 4360, Interrupted: 10}
		t.Sessions = results.SessionSummary{Opened: 4502, Closed: 4297, Abandoned: 50, LiveAtEnd: 155, Orphaned: 205, PeakLive: 214, Balanced: true}
	}
	t := &s.Targets[0]
	t.Sessions.Opened, t.Sessions.Expired, t.Sessions.Orphaned = 4504, 2, 206
	for i := range s.Steps {
		st := &s.Steps[i]
		st.Count = st.Count * 4360 / 15000
		st.OK, st.RatePerS = st.Count, float64(st.Count)/87.4
	}
	s.Sessions = results.SessionSummary{Opened: 18010, Closed: 17188, Abandoned: 200, Expired: 2, LiveAtEnd: 620,
		PossiblyOpen: 1, PossiblyClosed: 2, Orphaned: 821, PeakLive: 840, Balanced: true}
	return s
}

// empty measured nothing.
func empty() *results.Summary {
	return &results.Summary{Schema: results.SummarySchema, Verdict: results.Invalid, RunID: "r1",
		Reasons: []string{"nothing was measured in the hold phase"}, Model: "closed", Load: "closed, 10 users for 1 min",
		Targets:  []results.TargetInfo{{Name: "octane", Endpoint: "octane", Engine: "fast", HTTP: "1.1", Connections: "shared", Sessions: results.SessionSummary{Balanced: true}}},
		Sessions: results.SessionSummary{Balanced: true}}
}

// insecure trusted a certificate that it didn't check.
func insecure() *results.Summary {
	s := passing()
	s.Insecure = []string{"alm"}
	s.Targets[3].Insecure = true
	s.Targets[3].Engine, s.Targets[3].HTTP = "standard", "2"
	return s
}

// week is a soak with numbers as large as they come, under long names.
func week() *results.Summary {
	s := failing()
	s.DurationS, s.WarmupS = 7*86400, 600
	for i := range s.Steps {
		st := &s.Steps[i]
		st.Count, st.OK, st.Fail, st.Unknown = 123_456_789, 123_333_333, 123_000, 456
		st.RatePerS = 20413.5
		if st.Step == "read-defects" {
			st.Step = "read-all-defects-of-the-release"
		}
	}
	for i := range s.Targets {
		s.Targets[i].Sessions = results.SessionSummary{Opened: 123_456_789, Closed: 100_000_000, Abandoned: 20_000_000,
			Expired: 3_456_000, LiveAtEnd: 700, Orphaned: 700, PeakLive: 1_000_000}
	}
	s.Sessions.Balanced = false
	s.Generator.Lost, s.Generator.Clamped = 1, 2345
	return s
}
