package check

import (
	"fmt"
	"strings"

	"authsoak/profiles"
	"authsoak/results"
	"authsoak/rules"
)

// raceRule is one rule that the rounds judge.
type raceRule struct {
	id       string
	expected string
	breaches []rules.Breach
	needs    chance
	// source names the declaration that states it; empty: every session server
	// owes it.
	source string
}

// judged tells whether a breach of the rule is a failure.
func (r *raceRule) judged(s *profiles.SessionRules) bool {
	return r.source != "logout_revokes" || s.LogoutRevokes == profiles.Yes
}

var raceRules = []raceRule{
	{"race.revival", "a call in flight during a logout doesn't bring the session back, nor does a cookie it renews",
		[]rules.Breach{rules.Revived, rules.Renewed}, logoutOnce, "logout_revokes"},
	{"race.logout", "no call that begins after a logout was answered is accepted",
		[]rules.Breach{rules.LateLogout}, logoutOnce, "logout_revokes"},
	{"race.shared-id", "no two logins are given one session id",
		[]rules.Breach{rules.SharedID}, loginsAtOnce, ""},
	{"race.history", "the answers to several clients of one session fit some order of their requests",
		[]rules.Breach{rules.Duplicated, rules.Unordered}, anyChance, ""},
}

// faultNames say in one line what a breach was.
var faultNames = map[rules.Breach]string{
	rules.SharedID:   "two logins were given one session id",
	rules.Revived:    "a session was accepted although its logout had returned, and lived on",
	rules.LateLogout: "a session was accepted after its logout had returned, and ended later",
	rules.Renewed:    "a renewed cookie was accepted although the session's logout had returned",
	rules.Duplicated: "a login over the cookies of a session was answered against the declared rule",
	rules.Unordered:  "no order of the requests explains every answer",
}

// mostUnsure is the share of rounds with unknown outcomes, one in so many, from
// which a rule that wasn't broken is unknown.
const mostUnsure = 10

// inapplicable are the results where there is no session.
func (r *races) inapplicable() []results.CheckResult {
	var out []results.CheckResult
	for i := range raceRules {
		out = append(out, results.CheckResult{ID: raceRules[i].id, Target: r.Target, Verdict: string(rules.NotApplicable),
			Expected: raceRules[i].expected, Observed: "every call carries credentials: there is no session"})
	}
	return out
}

// verdicts are the results of the rules.
func (r *races) verdicts() []results.CheckResult {
	var out []results.CheckResult
	for i := range raceRules {
		rule := &raceRules[i]
		c := results.CheckResult{ID: rule.id, Target: r.Target, Expected: rule.expected}
		if rule.source != "" {
			c.Source = r.flow.Session.Sources[rule.source]
		}
		ruling, observed := r.rule(rule)
		c.Verdict, c.Observed = string(ruling), observed
		out = append(out, c)
	}
	return out
}

// rule gives the ruling on one rule: a fault that was seen outweighs all that
// was not, and nothing passes by not having been tried.
func (r *races) rule(rule *raceRule) (rules.Ruling, string) {
	t := &r.tally
	tried := t.rounds[rule.needs]
	judged := rule.judged(&r.flow.Session)
	var faults []string
	for _, f := range r.report.Findings {
		if f.Rule == rule.id {
			faults = append(faults, fmt.Sprintf("%s, in %d of %d rounds%s", f.Fault, f.Shown, tried, where(f.Picture)))
		}
	}
	switch {
	case !judged:
		return rules.Info, r.observed(tried)
	case len(faults) > 0:
		return rules.FailedRule, strings.Join(faults, "; ")
	case r.report.Stopped != "":
		return rules.Unsure, fmt.Sprintf("no fault in %d of %d rounds; then %s", r.report.Rounds, r.report.Planned, r.report.Stopped)
	case tried == 0:
		return rules.Unsure, fmt.Sprintf("none of %d rounds could have shown a fault", r.report.Rounds)
	case t.unjudged > 0:
		return rules.Unsure, fmt.Sprintf("no fault, but %d of %d rounds could not be judged in the time for it", t.unjudged, tried)
	case t.unsure[rule.needs]*mostUnsure > tried:
		return rules.Unsure, fmt.Sprintf("no fault, but in %d of %d rounds requests ended without a clear answer", t.unsure[rule.needs], tried)
	}
	return rules.Passed, fmt.Sprintf("no fault in %d rounds", tried) + r.policy(rule)
}

func where(picture string) string {
	if picture == "" {
		return ""
	}
	return " (" + picture + ")"
}

// observed is what was seen of logouts whose effect nothing states.
func (r *races) observed(tried int) string {
	return fmt.Sprintf("not stated; %d of %d rounds with a logout fit a server whose logout ends the session", r.tally.revoked, tried)
}

// policy is what was seen of logins over a live session where nothing is stated
// of them.
func (r *races) policy(rule *raceRule) string {
	tried := r.tally.rounds[loginOver]
	d := r.flow.Session.DuplicateLogin
	if rule.id != "race.history" || tried == 0 || d == profiles.Refuse || d == profiles.Allow {
		return ""
	}
	names := map[profiles.Declaration]string{profiles.Refuse: "refused", rules.Evict: "ends the others", profiles.Allow: "stands beside the others"}
	var fit []string
	for _, p := range policies {
		if r.tally.fits[p] == tried {
			fit = append(fit, names[p])
		}
	}
	if fit == nil {
		return fmt.Sprintf("; a login over a session follows no one policy in %d rounds", tried)
	}
	return fmt.Sprintf("; a login over a session fits in all of %d rounds: %s", tried, strings.Join(fit, " or "))
}

// notes are what was seen and is no fault.
func (r *races) notes() {
	note := func(format string, args ...any) {
		r.report.Notes = append(r.report.Notes, fmt.Sprintf(format, args...))
	}
	if n := r.tally.reissued; n > 0 {
		note("%d answers set a session cookie although the session's logout had returned; what such a cookie opens was tried", n)
	}
	if r.report.Rounds > 0 && r.tally.rounds[renewal] == 0 {
		note("no answer renewed a cookie, so none could outlive a logout")
	}
	if n := r.report.Sessions.Left; n > 0 {
		note("%d sessions could not be logged out", n)
	}
}
