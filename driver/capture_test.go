package driver

import (
	"regexp"
	"testing"

	"authsoak/driver/exchange"
	"authsoak/profiles"
	"authsoak/rules"
)

// A list is counted as a whole or not at all; a total stands by itself.
func TestListed(t *testing.T) {
	each := regexp.MustCompile(`"user":"([^"]*)"`)
	total := &profiles.Capture{From: profiles.FromJSON, JSON: []string{"total"}}
	owner := profiles.Template{{Literal: []byte("ann")}}
	two := `{"total":3,"list":[{"user":"ann"},{"user":"bob"},{"user":"ann"}]}`
	for _, tc := range []struct {
		name    string
		listing profiles.Listing
		body    string
		more    int64 // bytes of the body that are not held
		want    rules.Listed
	}{
		{"of all users", profiles.Listing{Each: each, Owner: owner}, two, 0, rules.Listed{Own: 2, All: 3}},
		{"of all users, with a total", profiles.Listing{Each: each, Owner: owner, Total: total}, two, 0, rules.Listed{Own: 2, All: 3}},
		{"a page of it", profiles.Listing{Each: each, Owner: owner, Total: total}, `{"total":3,"list":[{"user":"ann"}]}`, 0, rules.Listed{Own: rules.NotCounted, All: 3}},
		{"of one's own", profiles.Listing{Each: each}, two, 0, rules.Listed{Own: 3, All: rules.NotCounted}},
		{"nobody", profiles.Listing{Each: each, Owner: owner}, `{}`, 0, rules.Listed{}},
		{"too long", profiles.Listing{Each: each, Owner: owner}, two, 1, rules.Listed{Own: rules.NotCounted, All: rules.NotCounted}},
		{"a total only", profiles.Listing{Total: total}, two, 0, rules.Listed{Own: rules.NotCounted, All: 3}},
		{"no number", profiles.Listing{Total: total}, `{"total":"many"}`, 0, rules.Listed{Own: rules.NotCounted, All: rules.NotCounted}},
	} {
		a := &exchange.Answer{Body: []byte(tc.body), BodyBytes: int64(len(tc.body)) + tc.more}
		if got := listed(&tc.listing, a, &profiles.Values{}); got != tc.want {
			t.Errorf("%s: %+v, want %+v", tc.name, got, tc.want)
		}
	}
}
