package report

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"authsoak/results"
)

// A folder of any command shows what it found, as text and as JSON.
func TestFindings(t *testing.T) {
	target := results.TargetInfo{Name: "alm", Endpoint: "alm", Version: "current", Method: "api-key", URL: "https://alm.test"}
	races := []results.RaceReport{{Target: "alm", Planned: 5, Rounds: 5, Clients: 3, Findings: []results.RaceFinding{{Rule: "race.logout", Fault: "revived",
		Judged: true, Shown: 1, Tried: 5, First: 2, History: []results.RaceOperation{{Client: 1, Act: "logout", Session: "A", Outcome: "accepted"}}}}}}
	left := results.SessionSummary{Opened: 9, Closed: 6, Expired: 1, LiveAtEnd: 2, Orphaned: 2, Balanced: true}
	for name, c := range map[string]struct {
		in          Input
		want, never []string
	}{
		"check": {Input{Summary: &results.Summary{Command: results.CheckCommand, Verdict: results.Failed, Checks: checked(),
			Targets: []results.TargetInfo{target}, Sessions: left}, Findings: results.Findings{Races: races}},
			[]string{"✓ pass login.accepted", "✗ logout.revokes on alm", "received | HTTP 200", "race.logout: revived", "9 opened, 6 logged out, 1 ended by the server, 2 may still be open",
				"FAIL 1 pass", "Run folder runs/x", "Next authsoak cleanup runs/x"}, []string{"cycles", "Generator"}},
		"timeout": {Input{Summary: &results.Summary{Command: results.TimeoutCommand, Verdict: results.Failed, Targets: []results.TargetInfo{target}, Sessions: left},
			Findings: results.Findings{Timeout: ladderFixture()}},
			[]string{"FAIL alm: a session was still alive", "Tested", "Next authsoak cleanup runs/x"}, []string{"cycles", "Generator"}},
		"run": {Input{Summary: &results.Summary{Verdict: results.Pass, Targets: []results.TargetInfo{target}}, Findings: results.Findings{Timeout: ladderFixture(), Races: races}},
			[]string{"Generator", "Timeouts beside the load", "FAIL alm: a session was still alive", "race.logout: revived"}, nil},
	} {
		c.in.Text.Folder = "runs/x"
		var text, data bytes.Buffer
		if err := Terminal(&text, c.in); err != nil {
			t.Fatal(err)
		}
		flat := strings.Join(strings.Fields(text.String()), " ")
		for _, w := range c.want {
			if !strings.Contains(flat, w) {
				t.Errorf("%s lacks %q:\n%s", name, w, text.String())
			}
		}
		for _, w := range c.never {
			if strings.Contains(flat, w) {
				t.Errorf("%s has %q:\n%s", name, w, text.String())
			}
		}
		if err := Formats()["json"](&data, c.in); err != nil {
			t.Fatal(err)
		}
		var back struct {
			Verdict string
			results.Findings
		}
		if err := json.Unmarshal(data.Bytes(), &back); err != nil || back.Verdict == "" ||
			(back.Timeout != nil) != (c.in.Timeout != nil) || len(back.Races) != len(c.in.Races) {
			t.Errorf("%s as JSON: %v, %+v", name, err, back)
		}
	}
}
