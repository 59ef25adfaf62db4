package driver

import (
	"testing"

	"authsoak/profiles"
	"authsoak/results"
	"authsoak/scenario"
)

func TestListedCheck(t *testing.T) {
	on := &target{flow: &profiles.Flow{Listing: &profiles.Listing{}}, Target: Target{TargetPlan: scenario.TargetPlan{Name: "acme"}}}
	for _, c := range []struct {
		name    string
		found   results.Listed
		verdict string
	}{
		{"as before", results.Listed{Accounts: 3, OwnBefore: 3, OwnAfter: 3}, "pass"},
		{"left behind", results.Listed{Accounts: 3, OwnBefore: 3, OwnAfter: 5, Surplus: 2}, "fail"},
		{"an answer never came", results.Listed{Accounts: 3, OwnAfter: 5, Surplus: 2, Perhaps: 2}, "pass"},
		{"others came", results.Listed{Accounts: 3, AllKnown: true, AllBefore: 3, AllAfter: 99}, "pass"},
		{"only a total", results.Listed{AllKnown: true, AllBefore: 3, AllAfter: 99}, "info"},
		{"refused", results.Listed{Problem: "list: status 403"}, "info"},
	} {
		if got := listedCheck(on, &c.found); got.Verdict != c.verdict || got.Judged != (c.verdict != "info") {
			t.Errorf("%s: %+v, want %s", c.name, got, c.verdict)
		}
	}
}
