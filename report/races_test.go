package report

import (
	"bytes"
	"strings"
	"testing"

	"authsoak/results"
)

func raceReports() []results.RaceReport {
	us := func(v float64) *float64 { return &v }
	return []results.RaceReport{
		{Target: "alm", Seed: 7, Planned: 200, Rounds: 200, Clients: 6, DurationS: 8.4, Requests: 3120,
			Start:    "connections open, the last byte of each request held back and let off together",
			Sessions: results.RaceSessions{Opened: 512, Closed: 512}, Notes: []string{"no answer renewed a cookie, so none could outlive a logout"}},
		{Target: "octane", Seed: 7, Planned: 200, Rounds: 120, Clients: 6, DurationS: 120, Requests: 2011, Unknown: 3, Unjudged: 1,
			Start: "connections open, requests let off together", Stopped: "the time of 2m0s was up",
			Sessions: results.RaceSessions{Opened: 300, Closed: 298, Left: 2, PossiblyOpen: 1},
			Findings: []results.RaceFinding{
				{Rule: "race.revival", Fault: "a session was accepted although its logout had returned, and lived on",
					Shown: 41, Tried: 131, First: 1, Judged: true, Picture: "race-1.html", History: []results.RaceOperation{
						{Client: 1, Act: "login", Outcome: "accepted, opens A", ToUS: us(612.4)},
						{Client: 1, Act: "logout", Session: "A", Outcome: "accepted", FromUS: 4021.7, ToUS: us(4310)},
						{Client: 3, Act: "call", Session: "A", Outcome: "accepted", FromUS: 25410.2, ToUS: us(26601.5)}}},
				{Rule: "race.logout", Fault: "a session was accepted after its logout had returned, and ended later",
					Shown: 1, Tried: 1, First: 9, History: []results.RaceOperation{
						{Client: 1, Act: "login", Outcome: "accepted, opens A", ToUS: us(612.4)},
						{Client: 2, Act: "refresh", Session: "A'", Outcome: "unknown", FromUS: 4021.7}}},
			}},
	}
}

func TestRaces(t *testing.T) {
	for _, c := range []struct {
		name string
		opt  TextOptions
	}{
		{"races", TextOptions{Folder: folder}},
		{"races-narrow", TextOptions{Width: 50, ASCII: true}},
		{"races-colour", TextOptions{Color: true}},
	} {
		var b bytes.Buffer
		if err := Races(&b, raceReports(), c.opt); err != nil {
			t.Fatal(err)
		}
		golden(t, c.name, b.String())
		for l := range strings.Lines(b.String()) {
			if l = strings.TrimSuffix(l, "\n"); c.opt.Width > 0 && columns(l) > c.opt.Width {
				t.Errorf("%s: line of %d columns, want at most %d: %s", c.name, columns(l), c.opt.Width, l)
			}
		}
	}
}
