package driver

import (
	"testing"

	"authsoak/results"
)

func TestFingerprints(t *testing.T) {
	f := newFingerprints()
	for i := range uint64(100_000) {
		if f.seen(fingerprint{i * 0x9e3779b97f4a7c15, 2 * i}) {
			t.Fatalf("id %d is new", i)
		}
	}
	found := 0
	for i := range uint64(100_000) {
		if f.seen(fingerprint{i * 0x9e3779b97f4a7c15, 2 * i}) {
			found++
		}
	}
	if found < 99_000 {
		t.Errorf("%d of 100000 ids that came again were found, want nearly all", found)
	}
	if f.seen(fingerprint{0, 5}) {
		t.Error("half of a fingerprint is no match")
	}
}

func TestChecksCount(t *testing.T) {
	c := newContinuous()
	c.note(0, results.WrongUser, "first")
	c.note(0, results.WrongUser, "second")
	c.note(1, results.CSRF, "other")
	if b := c.breaches[breachKey{0, results.WrongUser}]; b == nil || b.count != 2 || b.first != "first" {
		t.Errorf("got %+v", b)
	}
	if c.breaches[breachKey{0, results.CSRF}] != nil {
		t.Error("targets are mixed up")
	}
}

// What looking for repeated ids costs a login: two hashes and a look into one
// set.
func BenchmarkFingerprints(b *testing.B) {
	f := newFingerprints()
	b.ReportAllocs()
	var i uint64
	for b.Loop() {
		i++
		f.seen(fingerprint{i * 0x9e3779b97f4a7c15, 2 * i})
	}
}
