package check_test

import (
	"testing"

	"authsoak/profiles"
	"authsoak/simulator"
)

// On the honest simulator no rule fails and none stays unknown, for every
// endpoint, version, login method and option, with and without TLS.
func TestHonest(t *testing.T) {
	for _, secure := range []bool{false, true} {
		for seed := range uint64(3) {
			s := newSite(t, simulator.Options{Seed: seed + 1}, secure)
			for _, e := range profiles.Endpoints() {
				for _, c := range e.Matrix() {
					if c.Method == "x509" && !secure {
						continue
					}
					out := try(t, s.target(t, e, c), "")
					for _, bad := range unsound(out) {
						t.Errorf("seed %d, secure %v, %s %s: %s", seed+1, secure, e.Name, options(c), bad)
					}
				}
			}
		}
	}
}
