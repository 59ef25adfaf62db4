package report

import (
	"bytes"
	"encoding/xml"
	"strings"
	"testing"

	"authsoak/results"
)

// checked is what a check brought: one rule of each kind, with text from a server
// that must not reach the terminal as it is.
func checked() []results.CheckResult {
	return []results.CheckResult{
		{ID: "login.accepted", Target: "alm", Verdict: "pass", Title: "the right credentials open a session, with the stated status",
			Expected: "the login is accepted", Observed: "accepted: status 200", Judged: true},
		{ID: "logout.revokes", Target: "alm", Verdict: "fail", Judged: true, Title: "after a logout the old cookies are refused",
			Expected: "after the logout the old cookies are refused", Observed: "accepted: status 200",
			Source: "a logout ends the session (https://admhelp.example/logout.html)",
			Exchanges: []results.Exchange{{Step: "defects", Request: "defects",
				Sent:     "GET /qcbin/rest/defects HTTP/1.1\r\nHost: alm.test\r\nCookie: LWSSO_COOKIE_KEY=[blanked]\r\n\r\n",
				Received: "HTTP 200\r\nContent-Type: application/json\r\n\r\n{\"entities\":[]}\x1b[2J"}}},
		{ID: "login.again", Target: "alm", Verdict: "unknown", Judged: true, Title: "after a logout a login works again",
			Expected: "a login after the logout is accepted", Observed: "no answer: read timed out"},
		{ID: "logout.twice", Target: "alm", Verdict: "info", Title: "a second logout with the old cookies",
			Observed: "status 500 (server-error), and quite some more words than fit into the line of a terminal"},
		{ID: "lifetime.idle", Target: "alm", Verdict: "not-tried", Judged: true, Title: "an unused session ends after its idle time",
			Observed: "it takes its time: authsoak timeout --target alm=https://alm.example.test --accounts users.csv --expect 1h --arms idle"},
		{ID: "csrf.cookie", Target: "alm", Verdict: "not-applicable", Observed: "the profile has no cookie that is given on request"},
	}
}

func TestChecks(t *testing.T) {
	changed := &results.ContractComparison{Against: "before.json", Compared: 40, Missing: []string{"login.tenant on alm was tried only before"},
		Changes: []results.ContractChange{
			{Target: "alm", Rule: "cookie.attributes", What: "LWSSO_COOKIE_KEY", Old: "httponly; path=/qcbin", New: "httponly; path=/qcbin; samesite=strict; secure"},
			{Target: "alm", Rule: "login.duplicate", What: "second login", Old: "status 200, body: empty", New: ""}}}
	for _, c := range []struct {
		name string
		in   CheckInput
	}{
		{"checks", CheckInput{Checks: checked(), Text: TextOptions{Folder: "runs/x"}}},
		{"checks-ascii", CheckInput{Checks: checked(), Compared: changed, Left: 2, Text: TextOptions{ASCII: true}}},
		{"checks-colour", CheckInput{Checks: checked()[:2], Text: TextOptions{Color: true, Width: 120}}},
		{"checks-changed", CheckInput{Checks: checked()[:1], Compared: changed}},
		{"checks-same", CheckInput{Checks: checked()[:1], Compared: &results.ContractComparison{Against: "before.json", Compared: 1}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var b bytes.Buffer
			for i := range c.in.Checks {
				b.WriteString(CheckLine(&c.in.Checks[i], 0, c.in.Text))
			}
			b.WriteString(CheckTarget("alm", c.in.Checks, 8, c.in.Text))
			c.in.Verdict = results.ChecksVerdict(c.in.Checks, c.in.Compared)
			if err := Checks(&b, c.in); err != nil {
				t.Fatal(err)
			}
			golden(t, c.name, b.String())
		})
	}
}

// A check that was cut short is neither passed nor failed.
func TestChecksInterrupted(t *testing.T) {
	var b bytes.Buffer
	if err := Checks(&b, CheckInput{Verdict: results.Interrupted, Checks: checked()[:1]}); err != nil || !strings.Contains(b.String(), "INTERRUPTED  1 pass") {
		t.Errorf("%v\n%s", err, b.String())
	}
}

func TestJUnit(t *testing.T) {
	var b bytes.Buffer
	thresholds := []results.ThresholdResult{{Expression: "p99(login) < 500ms", ActualText: "612 ms"},
		{Expression: "rate(fail) < 1%", ActualText: "0%", Pass: true}, {Expression: "p50(x) < 1s", NoData: true, ActualText: "nothing was measured"}}
	if err := JUnit(&b, "authsoak check", thresholds, checked()); err != nil {
		t.Fatal(err)
	}
	golden(t, "junit", b.String())
	var back junitSuites
	if err := xml.Unmarshal(b.Bytes(), &back); err != nil {
		t.Fatal(err)
	}
	if back.Tests != 7 || back.Failed != 2 || back.Errors != 2 || back.Suites[1].Skipped != 1 {
		t.Errorf("got %+v", back)
	}
	if strings.Contains(b.String(), "\x1b") {
		t.Error("an escape sequence came through")
	}
}
