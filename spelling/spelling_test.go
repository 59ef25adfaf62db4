package spelling

import (
	"strings"
	"testing"
)

func TestNearest(t *testing.T) {
	words := []string{"octane", "alm", "space", "lre", "stages", "start_limit"}
	versions := []string{"pre-2020", "2020", "2020-sp2", "2021", "2022", "2023"}
	steps := []string{"login", "logout", "timeout", "get-defects"}
	mutants := []string{"lifetime.idle/never", "lifetime.idle/early", "logout.revokes"}
	for _, test := range []struct {
		known []string
		word  string
		want  string
	}{
		{words, "octan", "octane"}, {words, "OCTANE", "octane"}, {words, "ocatne", "octane"}, {words, "octane", ""},
		{words, "apsce", ""}, {words, "spcae", "space"}, {words, "lre ", "lre"}, {words, "stage", "stages"},
		{words, "start-limit", "start_limit"}, {words, "", ""}, {words, "almanach", ""}, {words, "x", ""},
		{words, strings.Repeat("a", 1000), ""},
		{versions, "2022.1", "2022"}, {versions, "2021.1", "2021"}, {versions, "2020sp2", "2020-sp2"},
		{versions, "2020.1", "2020"}, {versions, "24.1", ""},
		{steps, "logn", "login"}, {steps, "lgoin", "login"}, {steps, "logut", "logout"}, {steps, "timeuot", "timeout"},
		{steps, "getdefects", "get-defects"}, {steps, "x", ""}, {steps, "purchase", ""},
		{mutants, "lifetime.idle", "lifetime.idle/never"}, {mutants, "logout.revoke", "logout.revokes"},
		{mutants, "l", ""},
	} {
		if got := Nearest(test.word, test.known); got != test.want {
			t.Errorf("Nearest(%q, %q) = %q, want %q", test.word, test.known, got, test.want)
		}
	}
}
