package check

import (
	"fmt"
	"slices"
	"time"

	"authsoak/document"
	"authsoak/profiles"
	"authsoak/results"
	"authsoak/rules"
)

// result sums up what is known.
func (r *ladderRun) result() *results.LadderResult {
	f := r.machine.Finding()
	out := &results.LadderResult{
		Plan: LadderPlanned(&r.Plan), Findings: []string{}, Arms: []results.LadderArm{}, Touches: []results.LadderTouch{},
		Timeout: lifeBracket(f.Answer()), Regular: !f.Death.Irregular,
		MeasuredS: r.settled.Seconds(), Interrupted: r.stopping && r.gaveUp == "" || r.ctx.Err() != nil,
	}
	for _, p := range r.everyone() {
		out.Touches = append(out.Touches, p.log...)
		switch {
		case p.state == idling || p.state == busy:
			r.Left++ // the end came at once
		}
	}
	slices.SortStableFunc(out.Touches, func(a, b results.LadderTouch) int {
		return int(time.Duration((a.TouchedS - b.TouchedS) * float64(time.Second)))
	})
	out.Sessions = r.LadderSessions
	flow := r.Prober.Flow()
	if flow.Session.Idle > 0 {
		out.DocumentedS, out.Documented = seconds(flow.Session.Idle), flow.Session.Sources["idle"]
	}
	if f.Change != nil {
		b := lifeBracket(f.Change.Whole())
		out.Replaced = &b
	}
	if f.Rhythm != nil {
		out.Reaper = &results.Reaper{LeastPauseS: f.Rhythm.Least.Seconds(), MostPauseS: f.Rhythm.Most.Seconds(), Timeout: lifeBracket(f.Rhythm.Timeout)}
	}
	kept := r.arm(keptArmName).finding(f.Loss)
	out.Kind = string(rules.KindOf(f.Answer(), kept))
	if r.gaveUp != "" && r.Opened > 0 {
		out.Findings = append(out.Findings, r.gaveUp)
	}
	out.Findings = append(out.Findings, findings(&f)...)
	r.arms(out, &f, flow)
	r.judge(out, &f)
	r.rule(out, &f, flow)
	if r.Opened == 0 && r.refusal != "" {
		out.Reason = ErrNoSession.Error() + ": " + r.refusal
	}
	return out
}

// rule judges the session rules that are about lifetimes.
func (r *ladderRun) rule(out *results.LadderResult, f *rules.LadderFinding, flow *profiles.Flow) {
	l := rules.Lifetimes{Session: &flow.Session, Plan: &r.Plan, Idle: *f, Kept: r.arm(keptArmName).finding(f.Loss), Frozen: r.arm(frozenArmName).finding(f.Loss)}
	if a := r.arm(keptArmName); a != nil {
		l.Renewals = a.renewals
	}
	for _, v := range l.Judge() {
		out.Checks = append(out.Checks, results.CheckResult{ID: v.ID, Verdict: string(v.Ruling), Expected: v.Expected, Observed: v.Observed, Source: v.Source, Judged: v.Ruling != rules.Info})
		worse := v.Ruling == rules.FailedRule && out.Verdict != string(rules.FailedRule) ||
			v.Ruling == rules.Unsure && (out.Verdict == string(rules.Passed) || out.Verdict == results.TimeoutMeasured)
		if worse {
			out.Verdict, out.Reason = string(v.Ruling), v.ID+": "+v.Observed+", expected "+v.Expected
		}
	}
}

// judge says what it all means for the expectation.
func (r *ladderRun) judge(out *results.LadderResult, f *rules.LadderFinding) {
	if r.Plan.Expect > 0 {
		out.ExpectS, out.WithinS = seconds(r.Plan.Expect), seconds(r.Plan.Within)
		ruling, why := rules.JudgeTimeout(f, r.Plan.Expect, r.Plan.Within)
		out.Verdict, out.Reason = string(ruling), why
		return
	}
	b := f.Answer()
	out.Verdict = results.TimeoutUnknown
	switch {
	case f.Alive+f.Dead+f.Replaced == 0:
		out.Reason = "no touch had a clear answer"
	case !b.Found():
		out.Reason = fmt.Sprintf("every session lived, the oldest for %s", brief(b.Least))
	default:
		out.Verdict, out.Reason = results.TimeoutMeasured, fmt.Sprintf("sessions end after more than %s and at most %s", brief(b.Least), brief(b.Most))
	}
}

// findings puts what is out of the ordinary into words.
func findings(f *rules.LadderFinding) (out []string) {
	say := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	d := &f.Death
	if l := f.Loss; l != nil {
		say("%d sessions of every age were lost at one moment, %s to %s after the start: the server restarted or forgot them; they say nothing of the timeout",
			l.Sessions, brief(l.From), brief(l.To))
	}
	switch {
	case !d.Irregular:
	case f.Rhythm != nil:
		say("a reaper runs every %s: sessions die on its next pass only, after %s to %s of the timeout proper",
			roughly(f.Rhythm.Least, f.Rhythm.Most), brief(f.Rhythm.Timeout.Least), brief(f.Rhythm.Timeout.Most))
	default:
		say("sessions disagree: one was dead after %s, another alive after %s; no single timeout and no rhythm explains that, but nodes that disagree would",
			brief(d.First.Most), brief(d.Last.Least))
	}
	if f.Change != nil {
		b := f.Change.Whole()
		say("two clocks: from an idle time of %s to %s on, the session is silently replaced by a new one", brief(b.Least), brief(b.Most))
	}
	if f.Unknown > 0 {
		say("%d touches had no clear answer; their rungs rest on the other sessions", f.Unknown)
	}
	return out
}

// roughly writes a time that is known between two bounds.
func roughly(least, most time.Duration) string {
	if most-least <= least/5 {
		return "~" + brief(((least + most) / 2).Round(max(least/50, time.Millisecond)))
	}
	return brief(least) + " to " + brief(most)
}

// arms reports the sessions in constant use.
func (r *ladderRun) arms(out *results.LadderResult, f *rules.LadderFinding, flow *profiles.Flow) {
	for _, a := range r.kept {
		k := a.finding(f.Loss)
		out.Arms = append(out.Arms, results.LadderArm{
			Name: a.name, Sessions: len(a.probes), Touches: a.touches, Renewals: a.renewals,
			Lifetime: lifeBracket(k.Whole()), Regular: !k.Irregular, Finding: a.says(k, f.Answer(), flow),
		})
	}
}

// says puts what an arm has shown into words.
func (a *keptArm) says(k *rules.KeptFinding, idle rules.Bracket, flow *profiles.Flow) string {
	b := k.Whole()
	lived := fmt.Sprintf("lived until the end, %s", brief(b.Least))
	if b.Found() {
		lived = fmt.Sprintf("ended after %s to %s", brief(b.Least), brief(b.Most))
	}
	switch {
	case k.Touches == 0 || b == rules.Bracket{}:
		return "nothing can be said"
	case a.frozen && b.Found() && idle.Found() && k.LongestPause < idle.Least && b.Most >= idle.Least && b.Least <= idle.Most:
		return fmt.Sprintf("in use, but refusing renewed cookies, a session %s: like an idle one, so use alone extends nothing", lived)
	case a.frozen:
		return fmt.Sprintf("in use, but refusing renewed cookies, a session %s", lived)
	}
	switch rules.KindOf(idle, k) {
	case rules.KindIdle:
		if b.Found() {
			return fmt.Sprintf("in use, a session %s: that is the absolute lifetime, and the timeout above one of idleness", lived)
		}
		return fmt.Sprintf("in use, a session %s: the timeout is one of idleness", lived)
	case rules.KindTotal:
		return fmt.Sprintf("in use, a session %s all the same: the timeout is an absolute lifetime%s", lived, renewalHint(flow, a))
	}
	return fmt.Sprintf("in use, a session %s", lived)
}

func renewalHint(flow *profiles.Flow, a *keptArm) string {
	if flow.Session.ExtendedBy == profiles.Renewal && a.renewals == 0 {
		return ", and no cookie was renewed"
	}
	return ""
}

// LadderPlanned is a plan as it stands in timeout.json.
func LadderPlanned(p *rules.LadderPlan) results.LadderPlanned {
	return results.LadderPlanned{
		Basis: string(p.Basis), FromS: p.From.Seconds(), ToS: p.To.Seconds(), LongestS: p.Longest.Seconds(),
		Rungs: p.Rungs, Replicas: p.Replicas, AtOnce: p.AtOnce, Sessions: p.Sessions,
		EndsByS: p.EndsBy(p.To).Seconds(), LatestS: p.LatestEnd().Seconds(),
	}
}

func lifeBracket(b rules.Bracket) results.LifeBracket {
	out := results.LifeBracket{LeastS: b.Least.Seconds()}
	if b.Found() {
		out.MostS = seconds(b.Most)
	}
	return out
}

func seconds(d time.Duration) *float64 {
	s := d.Seconds()
	return &s
}

// brief writes a time as finely as it is worth.
func brief(d time.Duration) string {
	step := time.Millisecond
	switch {
	case d >= 10*time.Minute:
		step = time.Second
	case d >= 10*time.Second:
		step = 10 * time.Millisecond
	}
	return document.Duration(d.Round(step)).String()
}
