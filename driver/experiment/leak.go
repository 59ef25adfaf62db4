package experiment

import (
	"fmt"
	"time"

	"authsoak/results"
	"authsoak/scenario"
)

// quarters is in how many parts the hold is cut to see login times grow.
const quarters = 4

// leak judges what becomes of sessions that nobody logs out.
type leak struct {
	plan       *scenario.ExperimentPlan
	begin, end int64 // of the hold

	left        int64 // so far
	first       int64 // when the first was left
	held, peak  int64 // not yet touched
	ended       int64 // refused when they were touched
	alive       int64
	unclear     tally
	lists, more int64                       // lists asked for, and sessions on them that should be gone
	logins      [quarters]results.Histogram // response times, by quarters of the hold
}

func (l *leak) at() (int64, bool)       { return 0, false }
func (l *leak) excuses(int, int64) bool { return false }

func (l *leak) see(e *Event) {
	switch e.Part {
	case Abandon:
		if l.left++; l.left == 1 {
			l.first = e.End
		}
		l.held++
		l.peak = max(l.peak, l.held)
	case Touch:
		l.held--
		l.touched(e)
	case Listing:
		l.lists++
		l.more += int64(e.Sessions)
	case Login:
		if length := l.end - l.begin; e.Judged && e.Outcome == results.OK && length > 0 {
			i := (e.Intended - l.begin) * quarters / length
			l.logins[min(max(i, 0), quarters-1)].Record(e.End - e.Intended)
		}
	}
}

func (l *leak) touched(e *Event) {
	switch {
	case e.Over:
		l.ended++
	case e.Outcome == results.OK || e.Class == results.UnexpectedAccept:
		l.alive++
	default:
		l.unclear[e.Class]++
	}
}

func (l *leak) lines() []results.ExperimentLine {
	unused := l.plan.Idle + l.plan.Touched()
	all := l.ended + l.alive + l.unclear.sum()
	actual := words{sum(l.ended, " of "), sum(all, " touched were refused"), some(", ", l.alive, " STILL LIVE"), l.unclear.phrase(", and of ", " nothing is known")}
	if all == 0 {
		actual = words{text("none came of age: "), sum(l.left, " were left")}
	}
	out := []results.ExperimentLine{
		line("sessions left behind", all > 0 && l.ended == all, words{at("every one has ended after ", unused, " without use")}, actual),
	}
	if l.lists > 0 {
		out = append(out, line("the server's own list", l.more == 0, words{text("it holds none of them any more")},
			words{sum(l.more, " in "), sum(l.lists, " lists")}))
	}
	return append(out, l.little(unused), l.growth())
}

// little sets the sessions held against Little's law, L = λW (J. D. C. Little,
// Operations Research 9, 1961): what the server has to hold besides its users.
func (l *leak) little(unused time.Duration) results.ExperimentLine {
	const name = "left sessions at once"
	seconds := time.Duration(l.end - l.first).Seconds()
	if l.left < 2 || seconds <= 0 {
		return told(name, words{sum(l.left, " were left")})
	}
	rate := float64(l.left) / seconds
	out := told(name, words{text(fmt.Sprintf("up to %d; by Little's law %.3g/s left × ", l.peak, rate)), at("", unused, ""), text(fmt.Sprintf(" = %.0f", rate*unused.Seconds()))})
	out.Worded = nil // shards don't have their most at the same time
	return out
}

func (l *leak) growth() results.ExperimentLine {
	const name = "login time"
	first, last := &l.logins[0], &l.logins[quarters-1]
	limit := max(int64(l.plan.Factor*float64(first.Percentile(50))), int64(leastLimit))
	expectation := words{at("the median of the last quarter is within ", time.Duration(limit), ""), at(" (it was ", time.Duration(first.Percentile(50)), " in the first)")}
	if first.Count() == 0 || last.Count() == 0 {
		return line(name, false, expectation, words{text("too few logins to tell: a longer load, or a higher rate")})
	}
	return line(name, last.Percentile(50) <= limit, expectation, words{spread(last)})
}
