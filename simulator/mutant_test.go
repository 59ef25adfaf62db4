package simulator

import (
	"strings"
	"testing"
)

func TestMutantNames(t *testing.T) {
	seen := map[string]bool{}
	for _, m := range Mutants() {
		if seen[m.Name] || m.About == "" || m.defect == nil || strings.Contains(m.Name, "@") {
			t.Errorf("mutant %+v: must be named once, described, and do something", m)
		}
		seen[m.Name] = true
		for _, name := range []string{m.Name, m.Name + "@50"} {
			if _, err := New(Options{Seed: 1, Mutant: name}); err != nil {
				t.Errorf("New with %s: %v", name, err)
			}
		}
	}
	for name, want := range map[string]string{
		"logout.revoke":          "is not a mutant",
		"lifetime.idle":          "is not a mutant",
		"nothing of the kind":    "is not a mutant",
		"logout.revokes@1":       "a whole number from 2 to 1000000, as in logout.revokes@50",
		"logout.revokes@":        "a whole number",
		"logout.revokes@1000001": "a whole number",
		"@50":                    "is not a mutant",
	} {
		if _, err := New(Options{Mutant: name}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("New with mutant %q: error %v, want %q", name, err, want)
		}
	}
}

func TestMutantShows(t *testing.T) {
	for _, tt := range []struct {
		mutant string
		use    Use
		want   bool
	}{
		{"login.duplicate", Use{Endpoint: "octane", Method: "json"}, true},
		{"login.duplicate", Use{Endpoint: "alm", Method: "password"}, false},
		{"csrf.missing", Use{Endpoint: "octane", Method: "json"}, false},
		{"csrf.missing", Use{Endpoint: "octane", Method: "json", CSRF: true}, true},
		{"logout.revokes", Use{Endpoint: "space", Method: "basic-every-call", Sessionless: true}, false},
		{"every-call.wrong-secret", Use{Endpoint: "space", Method: "basic-every-call", Sessionless: true}, true},
		{"every-call.off", Use{Endpoint: "octane", Method: "basic", BasicOff: true}, true},
		{"logout.revokes", Use{Endpoint: "octane", Method: "basic", BasicOff: true}, false},
	} {
		m, _, err := findMutant(tt.mutant)
		if err != nil {
			t.Fatal(err)
		}
		if got := m.Shows(tt.use); got != tt.want {
			t.Errorf("%s shows with %+v = %v, want %v", tt.mutant, tt.use, got, tt.want)
		}
	}
}

// An intermittent defect strikes about as often as it says, and at the same
// occasions for the same seed.
func TestIntermittent(t *testing.T) {
	const n, every = 50_000, 50
	draw := func(seed uint64) (hits int, first string) {
		srv, err := New(Options{Seed: seed, Mutant: "logout.revokes@50"})
		if err != nil {
			t.Fatal(err)
		}
		for i := range n {
			strikes := srv.policy.defect.strikes()
			if strikes {
				hits++
			}
			if i < 500 {
				first += string("01"[map[bool]int{true: 1}[strikes]])
			}
		}
		return hits, first
	}
	hits, first := draw(7)
	if want := n / every; hits < want*8/10 || hits > want*12/10 {
		t.Errorf("%d of %d occasions struck, want about %d", hits, n, want)
	}
	if _, again := draw(7); again != first {
		t.Errorf("seed 7 strikes differently the second time")
	}
	if _, other := draw(8); other == first {
		t.Errorf("seeds 7 and 8 strike alike")
	}
}

// Which sessions are struck doesn't depend on the order in which accounts log in,
// nor on what is asked meanwhile.
func TestIntermittentSessions(t *testing.T) {
	const people, logins, every = 500, 10, 50
	draw := func(seed uint64, backwards bool) (out [people][logins]bool, hits int) {
		srv, err := New(Options{Seed: seed, Mutant: "lifetime.idle/never@50"})
		if err != nil {
			t.Fatal(err)
		}
		d := srv.policy.defect
		for n := range logins {
			for i := range people {
				if backwards {
					i = people - 1 - i
					d.strikes()
				}
				if out[i][n] = d.strikesSession(accountID(i)); out[i][n] {
					hits++
				}
			}
		}
		return out, hits
	}
	first, hits := draw(7, false)
	if want := people * logins / every; hits < want*7/10 || hits > want*13/10 {
		t.Errorf("%d of %d sessions struck, want about %d", hits, people*logins, want)
	}
	if again, _ := draw(7, true); again != first {
		t.Error("seed 7 strikes other sessions in another order")
	}
	if other, _ := draw(8, false); other == first {
		t.Error("seeds 7 and 8 strike alike")
	}
}

// What a defect remembers is bounded.
func TestMutantMemory(t *testing.T) {
	srv, err := New(Options{Seed: 1, Mutant: "id.fixation"})
	if err != nil {
		t.Fatal(err)
	}
	m := &srv.policy.defect.memory
	for i := range maxMemory + 1 {
		m.alias[cookieText{"a", string(appendInt(nil, int64(i)))}] = nil
	}
	if m.trim(); len(m.alias) != 0 {
		t.Errorf("%d cookies are remembered", len(m.alias))
	}
}
