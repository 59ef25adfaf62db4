package check

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"authsoak/profiles"
	"authsoak/results"
	"authsoak/rules"
)

// chance is what a round could have shown.
type chance uint8

const (
	anyChance    chance = iota
	logoutOnce          // a session was logged out while others used it
	loginsAtOnce        // several logins
	loginOver           // a login over the cookies of a session
	renewal             // an answer renewed a cookie
	chances
)

// shown is one kind of fault: how many rounds showed it, and the shortest
// history.
type shown struct {
	rounds, first int
	fault         rules.Fault
}

// tally is what the rounds judged so far came to.
type tally struct {
	rounds, unsure [chances]int // unsure: something of it ended without an answer
	unjudged       int
	found          map[rules.Breach]*shown
	ambiguous      *shown // logouts that were late or that a call undid
	reissued       int    // answers that set a cookie of a session that was logged out
	revoked        int    // rounds with a logout that fit a server whose logout revokes
	fits           map[profiles.Declaration]int
}

func newTally() tally {
	return tally{found: map[rules.Breach]*shown{}, fits: map[profiles.Declaration]int{}}
}

func (t *tally) faults() int {
	n := 0
	for _, s := range t.found {
		n += s.rounds
	}
	if t.ambiguous != nil {
		n += t.ambiguous.rounds
	}
	return n
}

// judge adds a round to the tally.
func (r *races) judge(one *round) {
	t := &r.tally
	history := rules.History{Operations: one.operations, Settled: one.settled}
	t.take(one, &r.report)
	t.reissued += one.reissues()
	if len(one.shared) > 0 {
		// Whose session is whose can't be told any more, so nothing else is judged.
		f := rules.Fault{Breach: rules.SharedID, History: one.shared[0]}
		t.add(&f, one.number)
		return
	}
	model := rules.Declared(&r.flow.Session)
	check := checker(r.Judging)
	f := rules.FindFault(history.Marked(&r.flow.Session, model), model, check)
	switch f.Breach {
	case rules.Sound:
	case rules.Unjudged:
		t.unjudged++
	default:
		f.History = f.History.Shrink(f.Model, func(h rules.History) bool { return f.Shown(h, check) })
		t.add(&f, one.number)
	}
	r.fit(one, history, model)
}

// fit finds out which rules a round fits where the profile leaves them open.
func (r *races) fit(one *round, h rules.History, m rules.SessionModel) {
	check := checker(r.Judging)
	legal := func(m rules.SessionModel) bool { return check(m, h.Marked(&r.flow.Session, m)) == rules.Legal }
	if !m.Revokes && one.had(logoutOnce) {
		if m := (rules.SessionModel{Revokes: true, Duplicate: m.Duplicate}); legal(m) {
			r.tally.revoked++
		}
	}
	if m.Duplicate != profiles.Refuse && m.Duplicate != profiles.Allow && one.had(loginOver) {
		for _, d := range policies {
			if legal(rules.SessionModel{Revokes: m.Revokes, Duplicate: d}) {
				r.tally.fits[d]++
			}
		}
	}
}

// policies are the ways to take a login over a live session.
var policies = [...]profiles.Declaration{profiles.Refuse, rules.Evict, profiles.Allow}

// take counts what the round could have shown.
func (t *tally) take(one *round, report *results.RaceReport) {
	for c := range chances {
		if one.had(c) {
			t.rounds[c]++
		}
	}
	unsure := map[chance]bool{}
	for i := range one.operations {
		o := &one.operations[i]
		if o.Outcome != rules.AnswerUnknown || o.Excused {
			continue
		}
		report.Unknown++
		unsure[anyChance] = true
		switch o.Act {
		case rules.ActLogin:
			unsure[loginsAtOnce] = true
		case rules.ActLoginAgain:
			unsure[loginOver], unsure[loginsAtOnce] = true, true
		default:
			unsure[logoutOnce], unsure[renewal] = true, true
		}
	}
	for c := range unsure {
		if one.had(c) {
			t.unsure[c]++
		}
	}
}

// had tells whether the round could have shown something of that kind.
func (r *round) had(c chance) bool {
	if c == anyChance {
		return true
	}
	logins := 0
	for i := range r.operations[:r.raced] {
		o := &r.operations[i]
		login := o.Act == rules.ActLogin || o.Act == rules.ActLoginAgain
		if login && o.Opens != rules.None {
			logins++
		}
		switch {
		case c == logoutOnce && o.Act == rules.ActLogout && o.Outcome != rules.AnswerRefused,
			c == loginOver && o.Act == rules.ActLoginAgain,
			c == renewal && o.Reissue > 0 && o.Outcome == rules.AnswerAccepted:
			return true
		}
	}
	return c == loginsAtOnce && logins > 1
}

// add keeps a fault if it is the shortest of its kind.
func (t *tally) add(f *rules.Fault, round int) {
	if f.Ambiguous {
		if t.ambiguous == nil {
			t.ambiguous = &shown{first: round}
		}
		t.ambiguous.add(f)
		return
	}
	if t.found[f.Breach] == nil {
		t.found[f.Breach] = &shown{first: round}
	}
	t.found[f.Breach].add(f)
}

func (s *shown) add(f *rules.Fault) {
	if s.rounds++; s.rounds == 1 || shorter(f.History, s.fault.History) {
		s.fault = *f
	}
}

// shorter tells whether a history has fewer operations, or as many in less time.
func shorter(a, b rules.History) bool {
	if len(a.Operations) != len(b.Operations) {
		return len(a.Operations) < len(b.Operations)
	}
	return length(a) < length(b)
}

func length(h rules.History) int64 {
	var end int64
	for _, o := range h.Operations {
		if o.Returned != rules.Forever {
			end = max(end, o.Returned)
		}
	}
	return end - h.Operations[0].Invoked
}

// resolve says of the faults that may be either whether the logouts were late or
// undone: what the rounds with one logout showed, and undone where they don't
// tell.
func (t *tally) resolve() {
	if t.ambiguous == nil {
		return
	}
	as := rules.Revived
	if t.found[rules.Revived] == nil && t.found[rules.LateLogout] != nil {
		as = rules.LateLogout
	}
	have := t.found[as]
	if have == nil {
		have = &shown{first: t.ambiguous.first, fault: t.ambiguous.fault}
		t.found[as] = have
	} else if shorter(t.ambiguous.fault.History, have.fault.History) {
		have.fault = t.ambiguous.fault
	}
	have.rounds += t.ambiguous.rounds
	have.first = min(have.first, t.ambiguous.first)
	t.ambiguous = nil
}

// conclude makes the findings, with their pictures.
func (r *races) conclude() error {
	t := &r.tally
	t.resolve()
	for _, rule := range raceRules {
		for _, breach := range rule.breaches {
			s := t.found[breach]
			if s == nil {
				continue
			}
			f := results.RaceFinding{Rule: rule.id, Fault: faultNames[breach], Shown: s.rounds, Tried: t.rounds[rule.needs],
				First: s.first + 1, Judged: rule.judged(&r.flow.Session), History: lines(s.fault.History)}
			if r.Folder != nil {
				page, err := picture(s.fault.Model, s.fault.History, r.Judging)
				if err != nil {
					return err
				}
				if f.Picture, err = r.keep(page); err != nil {
					return err
				}
			}
			r.report.Findings = append(r.report.Findings, f)
		}
	}
	r.report.Requests += r.Prober.Resends()
	r.report.Unjudged = t.unjudged
	r.notes()
	return nil
}

// keep writes a picture under the first number that is free: a folder may hold
// those of other targets.
func (r *races) keep(page []byte) (string, error) {
	for n := 1; ; n++ {
		name := fmt.Sprintf("race-%d.html", n)
		if _, err := os.Stat(r.Folder.Path(name)); errors.Is(err, fs.ErrNotExist) {
			return name, r.Folder.Write(name, page)
		} else if err != nil {
			return "", err
		}
	}
}

// lines writes a history with times since its first operation.
func lines(h rules.History) []results.RaceOperation {
	start := h.Operations[0].Invoked
	us := func(at int64) float64 { return float64((at-start)/100) / 10 }
	var out []results.RaceOperation
	for i := range h.Operations {
		o := &h.Operations[i]
		line := results.RaceOperation{Client: o.Client + 1, Act: actNames[o.Act], Outcome: describeOutcome(o), FromUS: us(o.Invoked)}
		if o.Session != rules.None {
			line.Session = cookieName(o.Session, o.Cookie)
		}
		if o.Returned != rules.Forever {
			to := us(o.Returned)
			line.ToUS = &to
		}
		out = append(out, line)
	}
	return out
}
