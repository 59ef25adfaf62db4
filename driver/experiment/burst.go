package experiment

import (
	"slices"
	"time"

	"authsoak/profiles"
	"authsoak/results"
	"authsoak/scenario"
)

// burst judges logins that come at once over a live session.
type burst struct {
	plan              *scenario.ExperimentPlan
	declared          profiles.Declaration
	refused, accepted int64
	unclear           tally // without an answer that tells
	classes           tally // of the refusals
	times             results.Histogram
	began             map[int]int64 // by user: when its burst came
	under             map[int]bool  // by user: does the session still answer after its burst?
}

func (b *burst) at() (int64, bool) { return int64(b.plan.At), true }

// excuses the sessions under a burst, unless no login over them may be let in.
func (b *burst) excuses(user int, opened int64) bool {
	at, ok := b.began[user]
	return ok && b.declared != profiles.Refuse && opened < at
}

func (b *burst) begin(user int, at int64) bool {
	if _, done := b.began[user]; done {
		return false
	}
	b.began[user] = at
	return true
}

func (b *burst) see(e *Event) {
	switch e.Part {
	case Duplicate:
		b.times.Record(e.End - e.Intended)
		switch {
		case e.Outcome == results.OK:
			b.accepted++
		case Refusal(e.Class):
			b.refused++
			b.classes[e.Class]++
		default:
			b.unclear[e.Class]++
		}
	case Call:
		at, ok := b.began[e.User]
		if _, seen := b.under[e.User]; ok && !seen && e.Opened < at && e.Intended > at {
			b.under[e.User] = e.Outcome == results.OK && !e.Over
		}
	}
}

// Refusal tells an answer by which the server refuses a login.
func Refusal(c results.Class) bool {
	switch c {
	case results.RefusedDuplicate, results.BadCredentials, results.UnexpectedReject, results.SessionExpired, results.CSRF,
		results.Redirected, results.Locked:
		return true
	}
	return false
}

func (b *burst) lines() []results.ExperimentLine {
	all := int64(b.plan.Sessions) * int64(b.plan.Logins)
	answered := words{sum(b.refused, " refused, "), sum(b.accepted, " accepted, of "), sum(all, ""), b.classes.phrase(" (", ")")}
	missing := all - b.refused - b.accepted - b.unclear.sum()
	silent := words{sum(b.unclear.sum()+missing, " of "), sum(all, ""), b.unclear.phrase(": ", ""),
		some("; ", missing, " were never sent: no session was live to send them over")}
	held, under := b.lived()
	still := append(slices.Clone(under), text(" still answer"))
	out := []results.ExperimentLine{{}, line("without an answer that tells", b.unclear.sum()+missing == 0, words{text("none")}, silent), {},
		line("worst login", b.times.Count() > 0 && time.Duration(b.times.Max()) <= b.plan.Slowest, within(b.plan.Slowest), words{spread(&b.times)})}
	const policy, live = "logins over a live session", "the sessions under them"
	switch b.declared {
	case profiles.Refuse:
		out[0] = line(policy, b.refused > 0 && b.accepted == 0, words{text("every one is refused, as the profile declares")}, answered)
		out[2] = line(live, held, words{text("all still answer")}, under)
	case profiles.Allow:
		out[0] = line(policy, b.accepted > 0 && b.refused == 0, words{text("every one is accepted, as the profile declares")}, answered)
		out[2] = told(live, still)
	default:
		out[0], out[2] = told(policy, answered), told(live, still)
	}
	return out
}

// lived tells whether the sessions under the bursts still answered. One that made
// no call before the load ended shows neither: the others decide, and there must
// be one.
func (b *burst) lived() (all bool, under words) {
	alive := 0
	for _, ok := range b.under {
		if ok {
			alive++
		}
	}
	asked := len(b.under)
	silent := max(0, b.plan.Sessions-asked)
	return asked > 0 && alive == asked, words{sum(int64(alive), " of "), sum(int64(asked), ""),
		some("; ", int64(silent), " more made no call after their burst: hold the load longer to hear of all")}
}
