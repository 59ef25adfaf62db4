package check_test

import (
	"testing"
	"time"

	"authsoak/profiles"
	"authsoak/results"
	"authsoak/rules"
)

func byUse(s *profiles.SessionRules) { s.Sources["extended_by"] = "any use extends a session" }

// What renewed cookies are worth has a verdict of its own: against what the
// profile states, against an expectation, and none where there is neither.
func TestLadderJudgesRenewal(t *testing.T) {
	for name, test := range map[string]struct {
		endpoint, mutant string
		declare          func(*profiles.SessionRules)
		expect           time.Duration
		want, verdict    string
	}{
		"by renewal":                {endpoint: "octane", want: "pass", verdict: "pass"},
		"by renewal, never renewed": {endpoint: "octane", mutant: "lifetime.renewal/never", want: "fail", verdict: "fail"},
		"by renewal, in vain":       {endpoint: "octane", mutant: "lifetime.renewal/vain", want: "fail", verdict: "fail"},
		"by renewal, old one lives": {endpoint: "octane", mutant: "lifetime.renewal/outlives", want: "fail", verdict: "fail"},
		"expected":                  {endpoint: "octane", expect: 20 * time.Second, want: "pass", verdict: "pass"},
		"expected later":            {endpoint: "octane", expect: 40 * time.Second, want: "fail", verdict: "fail"},
		"expected earlier":          {endpoint: "octane", expect: 15 * time.Second, want: "fail", verdict: "fail"},
		"expected, but it lives on": {endpoint: "octane", mutant: "lifetime.renewal/outlives", expect: 20 * time.Second, want: "fail", verdict: "fail"},
		"by use":                    {endpoint: "space", declare: byUse, want: "pass", verdict: "pass"},
		"by use, which is in vain":  {endpoint: "space", declare: byUse, mutant: "lifetime.idle/fixed", want: "fail", verdict: "fail"},
		"nothing is stated":         {endpoint: "space", want: "info", verdict: "pass"},
		"nothing is stated, but an absolute end expected": {endpoint: "space", expect: 100 * time.Second, want: "pass", verdict: "pass"},
		"nothing is stated, and it ends too early":        {endpoint: "space", expect: 100 * time.Second, mutant: "lifetime.absolute/early", want: "fail", verdict: "fail"},
	} {
		o := lifetimes(20*time.Second, 100*time.Second)
		o.Mutant = test.mutant
		g := ladderRig{endpoint: test.endpoint, options: o, declare: test.declare, plan: rules.LadderOptions{
			Expect: 20 * time.Second, Within: 500 * time.Millisecond, Kept: true, Frozen: true, ExpectRenewal: test.expect}}
		inFakeTime(t, g, func(t *testing.T, r *results.LadderResult, err error) {
			got := results.CheckResult{}
			for _, c := range r.Checks {
				if c.ID == rules.RenewalRule {
					got = c
				}
			}
			if err != nil || got.Verdict != test.want || r.Verdict != test.verdict || got.Judged != (test.want != "info") {
				t.Errorf("%s: %v, %s is %s (judged %v), the ladder %s; want %s and %s: expected %s, observed %s",
					name, err, rules.RenewalRule, got.Verdict, got.Judged, r.Verdict, test.want, test.verdict, got.Expected, got.Observed)
			}
		})
	}
}

// What can't be judged is no pass: sessions in use that are cut off before the
// age at which they should end leave the question open.
func TestLadderUnsureArmIsNoPass(t *testing.T) {
	g := ladderRig{endpoint: "space", options: lifetimes(20*time.Second, 100*time.Second), plan: rules.LadderOptions{
		Expect: 20 * time.Second, ExpectAbsolute: 100 * time.Second, Within: time.Second, Kept: true}}
	inFakeTime(t, g, func(t *testing.T, r *results.LadderResult, err error) {
		if err != nil || r.Verdict != "pass" {
			t.Fatalf("seen to its end: %v, %s: %s", err, r.Verdict, r.Reason)
		}
	})
	g.cutAfter = 60 * time.Second
	inFakeTime(t, g, func(t *testing.T, r *results.LadderResult, err error) {
		if err != nil || r.Verdict != "unknown" || !r.Interrupted {
			t.Errorf("cut off after a minute: %v, %s: %s", err, r.Verdict, r.Reason)
		}
	})
}
