package check

import (
	"math/rand/v2"
	"testing"
	"time"

	"authsoak/profiles"
	"authsoak/rules"
)

// A checker that has no time says so, and so do the rounds.
func TestCheckerGivesUp(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	h := rules.History{Operations: []rules.Operation{{Session: rules.None, Outcome: rules.AnswerAccepted, Returned: 1}}}
	for i := range 2000 {
		op := rules.Operation{Client: i, Act: rules.ActLoginAgain, Opens: 1 + r.IntN(30), Outcome: rules.AnswerUnknown,
			Invoked: 2 + int64(i), Returned: rules.Forever}
		h.Operations = append(h.Operations, op)
	}
	h.Operations = append(h.Operations, rules.Operation{Act: rules.ActCall, Session: 31, Opens: rules.None,
		Outcome: rules.AnswerAccepted, Invoked: 5, Returned: 5000},
		rules.Operation{Act: rules.ActLoginAgain, Session: 31, Opens: 0, Outcome: rules.AnswerUnknown, Invoked: 6, Returned: 5000})
	m := rules.SessionModel{Revokes: true, Duplicate: profiles.Observe}
	if got := checker(time.Millisecond)(m, h); got != rules.Undecided {
		t.Errorf("checker with a millisecond for %d operations at once: %d, want undecided", len(h.Operations), got)
	}
}

// A round as it may be judged while others run.
func BenchmarkJudge(b *testing.B) {
	var h rules.History
	h.Operations = append(h.Operations, rules.Operation{Session: rules.None, Outcome: rules.AnswerAccepted, Returned: 1})
	for i := range 24 {
		op := rules.Operation{Client: i % 6, Act: rules.ActCall, Opens: rules.None, Outcome: rules.AnswerAccepted,
			Invoked: int64(10 + 4*i), Returned: int64(40 + 4*i)}
		if i == 12 {
			op.Act = rules.ActLogout
		} else if i > 16 {
			op.Outcome = rules.AnswerRefused
		}
		h.Operations = append(h.Operations, op)
	}
	check := checker(time.Second)
	for b.Loop() {
		if check(rules.SessionModel{Revokes: true}, h) != rules.Legal {
			b.Fatal("not legal")
		}
	}
}
